/** Where a dump's layout is read from: kube-proxy's own chains and the first few dozen of the Services', so that a dump of any size is told at once. */
import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';

const mostChainsLookedAt = 60;
const mostRulesLookedAt = 40;
const namesBetweenPauses = 8_192;

/** One dump's tables as far as kube-proxy writes into them. */
export interface LayoutSource {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly nat: Table | undefined;
  readonly filter: Table | undefined;
  /** nat's KUBE-SERVICES. */
  readonly services: Chain | undefined;
  /** nat's chains by the beginning of their names, "KUBE-SVC-", a few dozen of each. */
  readonly byPrefix: ReadonlyMap<string, readonly Chain[]>;
}

/** What was concluded, and from what. */
export interface LayoutReason {
  readonly about:
    | 'mode'
    | 'version'
    | 'large-cluster'
    | 'masquerade-all'
    | 'pod-traffic'
    | 'localhost-node-ports'
    | 'node-port-addresses';
  /** One sentence. */
  readonly text: string;
  /** The line that shows it, 0-based; null where it shows by what is not there. */
  readonly line: number | null;
}

export interface LineRule {
  /** 0-based. */
  readonly line: number;
  readonly rule: RuleStatement;
}

function* chainsByPrefix(table: Table | undefined): Steps<ReadonlyMap<string, readonly Chain[]>> {
  const found = new Map<string, Chain[]>();
  if (table === undefined) return found;
  // By name: of 50,000 chains a few dozen are made.
  for (let place = 0; place < table.chains.size; place += 1) {
    if (place % namesBetweenPauses === namesBetweenPauses - 1) yield;
    const name = table.chains.nameAt(place);
    if (!name.startsWith('KUBE-')) continue;
    const prefix = name.slice(0, name.indexOf('-', 5) + 1);
    const chains = found.get(prefix);
    if (chains !== undefined && chains.length >= mostChainsLookedAt) continue;
    const chain = table.chains.at(place);
    if (chain === undefined) continue;
    if (chains === undefined) found.set(prefix, [chain]);
    else chains.push(chain);
  }
  return found;
}

/** The tables and chains of a dump that show how kube-proxy was set up. Looks at every chain of nat once, with pauses. */
export function* layoutSource(ruleset: Ruleset, dump: Dump): Steps<LayoutSource> {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const filter = dump.tables.find(({ name }) => name === 'filter');
  const byPrefix = yield* chainsByPrefix(nat);
  return { ruleset, dump, nat, filter, services: nat?.chains.get('KUBE-SERVICES'), byPrefix };
}

/** nat's chains whose names begin so: "KUBE-SVC-". */
export function chainsLike({ byPrefix }: LayoutSource, prefix: string): readonly Chain[] {
  return byPrefix.get(prefix) ?? [];
}

/** A chain's first few dozen rules. */
export function* firstRules(ruleset: Ruleset, chain: Chain | undefined): Generator<LineRule> {
  for (const line of chain?.rules.slice(0, mostRulesLookedAt) ?? []) {
    const rule = ruleAt(ruleset, line);
    if (rule !== undefined) yield { line, rule };
  }
}

/** The rules of a chain that jump to one target; cheap in a chain of any length. */
export function* rulesTo(ruleset: Ruleset, chain: Chain | undefined, target: string): Generator<LineRule> {
  for (const line of chain?.rules ?? []) {
    if (ruleset.lines.targetAt(line) !== target) continue;
    const rule = ruleAt(ruleset, line);
    if (rule !== undefined) yield { line, rule };
  }
}
