import type { ChainLists } from './chain-lists.ts';

/**
 * How many of some chains, by their indices, have rules, and none that jumps to them. In one go over the typed arrays: a table of a large cluster has 50,000
 * such chains, and is asked after each edit.
 */
export function countLeftOver({ rules, references }: ChainLists, chains: readonly number[]): number {
  if (rules.count === 0) return 0;
  const { starts: ruleStarts } = rules;
  const { starts: referenceStarts } = references;
  const hasReferences = referenceStarts.length > 1;
  let left = 0;
  for (const chain of chains) {
    if (!((ruleStarts[chain + 1] as number) > (ruleStarts[chain] as number))) continue;
    if (!hasReferences || referenceStarts[chain + 1] === referenceStarts[chain]) left += 1;
  }
  return left;
}
