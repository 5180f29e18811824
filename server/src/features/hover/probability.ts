import { percentText } from '../../base/percent.ts';
import { areSharesKnown, endpointShares } from '../../kube/proxy/endpoint-shares.ts';
import { probabilityOf } from '../../kube/proxy/rule-values.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import type { Block } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';

/** What the number of `--probability` on a line (0-based) means: the share of what is left, and of all that enters the chain. */
export function probabilityBlocks(state: DumpState, line: number): readonly Block[] {
  const rule = ruleAt(state.ruleset, line);
  const probability = rule === undefined ? undefined : probabilityOf(rule);
  if (rule === undefined || probability === undefined) return [];
  const own = `Takes ${percentText(probability)} of the packets that the rules above left over.`;
  const chain = tableAt(state.ruleset, line)?.chains.get(rule.chain.text);
  const isKnown = chain !== undefined && areSharesKnown(state.ruleset, chain);
  const shares = isKnown ? endpointShares(state.ruleset, chain) : [];
  const share = shares.find((candidate) => candidate.line === line);
  if (share === undefined) return [{ kind: 'paragraph', text: own }];
  return [
    { kind: 'paragraph', text: [{ strong: percentText(share.share) }, ` of new connections: 1 of ${shares.length} endpoints`] },
    { kind: 'paragraph', text: own },
  ];
}
