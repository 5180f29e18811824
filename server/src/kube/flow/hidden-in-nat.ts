/** Whether it is known that no rule redirects a packet: what nat has on its way may not be shown. */
import type { TraceStep } from '../../netfilter/outcome.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { serviceComment } from '../identity/comments.ts';
import { isAllShown } from '../proxy/endpoint-shares.ts';
import { commentOf } from '../proxy/rule-values.ts';

/** Whether a chain of nat may have more rules than the text shows. */
export function isHiddenInNat(ruleset: Ruleset, chain: Chain): boolean {
  return chain.table.name === 'nat' && !isAllShown(ruleset, chain);
}

/**
 * The chain of nat, of those on a packet's way, that may have more rules than the text shows; undefined where each is shown whole. Where no rule is
 * seen to redirect the packet, and there is one, nobody knows whether one does.
 */
export function hiddenInNat(ruleset: Ruleset, last: TraceStep | null): Chain | undefined {
  for (let step = last; step !== null; step = step.previous) {
    const { chain, target } = step;
    if (target !== null && isHiddenInNat(ruleset, target)) return target;
    if (isHiddenInNat(ruleset, chain)) return chain;
  }
  return undefined;
}

/** Whether a rule refuses a Service's packets as it has no endpoint, by kube-proxy's own words. */
export function saysNoEndpoints(ruleset: Ruleset, step: TraceStep | null | undefined): boolean {
  const rule = step?.line === null || step?.line === undefined ? undefined : ruleAt(ruleset, step.line);
  const use = rule === undefined ? undefined : serviceComment(commentOf(rule))?.use;
  return use === 'no-endpoints' || use === 'no-local-endpoints';
}
