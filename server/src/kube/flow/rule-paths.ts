/** Which packets come to a rule at all: the paths to it, with the conditions of the rules that lead along them. */
import { ruleConditions } from '../../netfilter/compile-rule.ts';
import { rulesInOrder } from '../../netfilter/rule-order.ts';
import { conditionText } from '../../netfilter/rule-reasons.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { areSharesKnown, endpointShares } from '../proxy/endpoint-shares.ts';

/** A rule that a packet has met, and what it asked. */
export interface RulePathStep {
  readonly chain: string;
  /** 0-based. */
  readonly line: number;
  /** "-d 10.96.0.10/32", "-m udp --dport 53"; none where it is for every packet. */
  readonly conditions: readonly string[];
  /** Of the packets that come to its chain, where chance decides and shares are known: 0 to 1; else null. */
  readonly share: number | null;
}

export interface RulePath {
  /** The built-in chain that it begins in, or a chain that nothing shown leads to. */
  readonly start: string;
  readonly steps: readonly RulePathStep[];
}

export interface RulePaths {
  readonly paths: readonly RulePath[];
  /** How many rules lead to chains on whose way no path was followed, as there are too many. */
  readonly left: number;
  /** Chains to which more rules may lead than the text shows. */
  readonly unsure: readonly string[];
}

const mostPaths = 12;
const mostLooked = 64;
const deepest = 24;
const mostRules = 4096;

const none: ReadonlyMap<number, number> = new Map();

/** The shares of the rules of a Service chain that picks by chance, by line; none for another chain. */
export function sharesOf(ruleset: Ruleset, chain: Chain): ReadonlyMap<number, number> {
  if (!/^KUBE-SV[CL]-/.test(chain.name) || chain.rules.length > mostRules || !areSharesKnown(ruleset, chain)) return none;
  // A client that was sent somewhere before is sent there again: the shares are those of others.
  const hasAffinity = chain.rules.some((line) => / --(?:rcheck|update)\b/.test(ruleset.lines.at(line)?.text ?? ''));
  if (hasAffinity) return none;
  return new Map(endpointShares(ruleset, chain).map(({ line, share }) => [line, share]));
}

/** A rule as a step of a path: its conditions without comments, and where it picks by chance its share in place of that condition. */
export function stepOf(ruleset: Ruleset, chain: Chain, line: number, shares = sharesOf(ruleset, chain)): RulePathStep {
  const source = ruleset.lines.at(line);
  const share = shares.get(line) ?? null;
  const conditions = source === undefined ? [] : ruleConditions(source, chain.table.dump.family);
  return {
    chain: chain.name,
    line,
    conditions: conditions
      .filter(({ match }) => match !== 'comment' && (share === null || match !== 'statistic'))
      .map(conditionText),
    share,
  };
}

interface Climbing {
  readonly ruleset: Ruleset;
  readonly paths: RulePath[];
  readonly unsure: Set<string>;
  left: number;
  looked: number;
}

function climb(climbing: Climbing, chain: Chain, steps: readonly RulePathStep[], above: ReadonlySet<Chain>): void {
  const { ruleset, paths } = climbing;
  if (chain.builtin) {
    paths.push({ start: chain.name, steps });
    return;
  }
  if (mayHaveMoreReferences(ruleset, chain)) climbing.unsure.add(chain.name);
  const references = chain.references;
  if (references.length === 0 && mayHaveMoreReferences(ruleset, chain)) paths.push({ start: chain.name, steps });
  for (const [at, line] of references.entries()) {
    climbing.looked += 1;
    if (paths.length >= mostPaths || climbing.looked > mostLooked || above.size >= deepest) {
      climbing.left += references.length - at;
      return;
    }
    const name = ruleset.lines.at(line)?.name ?? '';
    const from = chain.table.chains.get(name);
    // Rules that delete or only check lead nowhere, and loops neither.
    if (from === undefined || above.has(from) || !rulesInOrder(ruleset, from).includes(line)) continue;
    climb(climbing, from, [stepOf(ruleset, from, line), ...steps], new Set([...above, from]));
  }
}

/** The paths to the rules of a chain, a few of them where there are many; bounded in work. */
export function pathsTo(ruleset: Ruleset, chain: Chain): RulePaths {
  const climbing: Climbing = { ruleset, paths: [], unsure: new Set(), left: 0, looked: 0 };
  climb(climbing, chain, [], new Set([chain]));
  const { paths, left, unsure } = climbing;
  return { paths, left, unsure: [...unsure] };
}
