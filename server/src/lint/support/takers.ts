import type { NormalizedOption } from '../../catalog/extension.ts';
import { prefixMask } from '../../catalog/values/addresses.ts';
import type { NormalizedRule } from '../../ruleset/normalize-rule.ts';

/** A rule that ends its packets' way through a chain. */
export interface Taker {
  /** 0-based. */
  readonly line: number;
  readonly rule: NormalizedRule;
}

/** Rules that are looked at for one below them, at most, of each kind: a chain may have thousands that end. */
const mostOfAKind = 32;

/**
 * The rules of a chain that may take the packets of those below. They are kept by what a rule below must ask for, too, to be covered: one destination,
 * one source, one port. Of each only the first ones are kept, so that work does not grow with the square of a chain.
 */
export type Takers = Map<string, Taker[]>;

/** Keeps a rule among those that may take the packets of the ones below, unless there are 32 of its kind. */
export function addTaker(takers: Takers, taker: Taker): void {
  const [kind = ''] = kindsOf(taker.rule);
  const kept = takers.get(kind);
  if (kept === undefined) takers.set(kind, [taker]);
  else if (kept.length < mostOfAKind) kept.push(taker);
}

/** The uppermost of those that may take the packets of `rule`, and of which `takes` is true. */
export function firstTaker(takers: Takers, rule: NormalizedRule, takes: (taker: Taker) => boolean): Taker | undefined {
  let found: Taker | undefined;
  for (const kind of [...kindsOf(rule), '']) {
    for (const taker of takers.get(kind) ?? []) {
      if (found !== undefined && taker.line > found.line) break;
      if (takes(taker)) found = taker;
    }
  }
  return found;
}

/** What a rule asks for that only rules with the same are covered by: "d 10.96.0.10", the rarest first. */
function kindsOf({ destination, source, matches }: NormalizedRule): readonly string[] {
  const kinds: string[] = [];
  if (isOneHost(destination)) kinds.push(`d ${destination?.value?.text}`);
  if (isOneHost(source)) kinds.push(`s ${source?.value?.text}`);
  for (const { options } of matches) {
    for (const { name, negated, value } of options) {
      const [range, more] = value?.type === 'ports' ? value.ranges : [];
      if (negated || range === undefined || more !== undefined || range.from !== range.to) continue;
      if (name === '--dport' || name === '--dports') kinds.push(`p ${range.from}`);
    }
  }
  return kinds;
}

function isOneHost(option: NormalizedOption | undefined): boolean {
  if (option === undefined || option.negated || option.value?.type !== 'networks') return false;
  const [network, more] = option.value.networks;
  if (network === undefined || more !== undefined) return false;
  return network.mask === prefixMask(network.family, network.family === 'ipv4' ? 32 : 128);
}
