import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { isRuleShownWhole } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Place } from './finding.ts';
import { targetPlace } from './line-place.ts';

/** Whether the rule on a line (0-based) is for every packet: it has a target, and but for a comment nothing else, shown or hidden. */
export function takesAll(ruleset: Ruleset, number: number): boolean {
  if (ruleset.lines.at(number)?.command !== 'append') return false;
  const rule = ruleAt(ruleset, number);
  if (rule === undefined || rule.isGoto) return false;
  const isPlain = rule.options.every(
    ({ name, values, instance }) =>
      instance === -1 ||
      name === '--jump' ||
      name === '--comment' ||
      (name === '--match' && values[0]?.text === 'comment') ||
      name === '--set-counters',
  );
  return isPlain && isRuleShownWhole(ruleset, number);
}

/** Where the policy DROP of a built-in chain stands; undefined for another policy or none. */
function dropPolicyOf(ruleset: Ruleset, chain: Chain): Place | undefined {
  for (const number of [...chain.mentions, ...chain.declarations]) {
    const line = ruleset.lines.at(number);
    const statement = line === undefined ? undefined : statementOf(line);
    const policy =
      statement?.kind === 'chain'
        ? statement.policy
        : statement?.kind === 'chain-command' && statement.command === 'policy'
          ? statement.argument
          : undefined;
    if (policy !== undefined) return policy.text === 'DROP' ? { line: number, start: policy.start, end: policy.end } : undefined;
  }
  return undefined;
}

/**
 * Where a built-in chain refuses what none of its rules has let go: the target of its own rule that rejects or drops every packet, else its policy
 * DROP; undefined where it does neither. Where rules are put in or taken away the order is another one than in the text: the policy alone counts then.
 */
export function* droppingEndOf(ruleset: Ruleset, chain: Chain): Steps<Place | undefined> {
  if (!chain.rules.every((number) => ruleset.lines.at(number)?.command === 'append')) return dropPolicyOf(ruleset, chain);
  for (const [index, number] of chain.rules.entries()) {
    if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const target = ruleset.lines.at(number)?.target;
    // What returns, or goes on elsewhere for good, meets the policy and no rule below.
    if (target === 'RETURN') break;
    const rule = ruleAt(ruleset, number);
    if (rule === undefined || rule.isGoto) break;
    if ((target === 'REJECT' || target === 'DROP') && takesAll(ruleset, number)) return targetPlace(number, rule);
  }
  return dropPolicyOf(ruleset, chain);
}
