/** Two dumps by meaning, for a tree and for two texts side by side. */
import type { Steps } from '../base/steps.ts';
import { type Cluster, emptyCluster } from '../cluster/cluster.ts';
import { type CanonicalDump, canonicalDump, chainKey, ruleKey } from '../kube/drift/canonical-dump.ts';
import { diffDumps, haveCommonTable } from '../kube/drift/dump-diff.ts';
import type { ChainDiff, RuleDiff, ServiceDiff } from '../kube/drift/dump-difference.ts';
import { expectedSides } from '../kube/drift/expected-side.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { chainTitle } from '../kube/identity/titles.ts';
import type { ComparedChain, ComparedRule, ComparedService, ComparedTable, CompareResult } from '../protocol/compare.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { DumpState } from './support/state.ts';

/** Compares a dump with what kube-proxy would write on its node. Pauses often. */
export function* compareWithExpected({
  uri,
  ruleset,
  cluster,
}: Pick<DumpState, 'uri' | 'ruleset' | 'cluster'>): Steps<CompareResult> {
  if (cluster.source.kind === 'none')
    return { kind: 'nothing', reason: 'No cluster is known: choose a snapshot or a context first.' };
  const { expected, actual, notes } = yield* expectedSides(ruleset, cluster, { fileName: uri });
  if (actual.tables.length === 0) return { kind: 'nothing', reason: notes.join(' ') || 'The dump has no rules of kube-proxy.' };
  return yield* compareRulesets(expected, actual, cluster, notes);
}

/**
 * Compares two rulesets; `cluster` names chains and Services. Pauses often.
 * @param notes what else is to be said of it
 */
export function* compareRulesets(
  before: Ruleset,
  after: Ruleset,
  cluster: Cluster = emptyCluster,
  notes: readonly string[] = [],
): Steps<CompareResult> {
  if (!haveCommonTable(before, after))
    return { kind: 'nothing', reason: 'Nothing to compare: the dumps have no table in common.' };
  const own = clusterOfDump(after, cluster);
  const diff = yield* diffDumps(before, after, own);
  const sides: Sides = {
    before: yield* canonicalDump(before),
    after: yield* canonicalDump(after),
    names: [resolveChains(after, own), resolveChains(before, own)],
  };
  return {
    kind: 'compared',
    before: sides.before.text,
    after: sides.after.text,
    services: diff.services.map(serviceOf),
    tables: tablesOf(sides, diff.chains, diff.rules),
    notes: [...notes, ...(diff.notCompared ?? [])],
  };
}

interface Sides {
  readonly before: CanonicalDump;
  readonly after: CanonicalDump;
  readonly names: readonly Resolution[];
}

function serviceOf({
  service,
  protocol,
  family,
  change,
  clusterIP,
  endpointsAdded,
  endpointsRemoved,
}: ServiceDiff): ComparedService {
  const address =
    clusterIP === null || change !== 'changed' ? [] : [`clusterIP ${clusterIP.before ?? 'none'} -> ${clusterIP.after ?? 'none'}`];
  const details = [
    ...address,
    ...endpointsAdded.map((endpoint) => `+${endpoint}`),
    ...endpointsRemoved.map((endpoint) => `-${endpoint}`),
  ];
  return { name: protocol === '' ? service : `${service}/${protocol}`, family, change, details };
}

interface ChainParts {
  chain: ChainDiff | undefined;
  readonly rules: RuleDiff[];
}

function tablesOf(sides: Sides, chains: readonly ChainDiff[], rules: readonly RuleDiff[]): readonly ComparedTable[] {
  const tables = new Map<
    string,
    { readonly place: Pick<ChainDiff, 'family' | 'table'>; readonly chains: Map<string, ChainParts> }
  >();
  const partsOf = ({ family, table, chain }: Pick<ChainDiff, 'family' | 'table' | 'chain'>): ChainParts => {
    const entry = tables.get(`${family} ${table}`) ?? { place: { family, table }, chains: new Map<string, ChainParts>() };
    tables.set(`${family} ${table}`, entry);
    const parts = entry.chains.get(chain) ?? { chain: undefined, rules: [] };
    entry.chains.set(chain, parts);
    return parts;
  };
  for (const chain of chains) partsOf(chain).chain = chain;
  for (const rule of rules) partsOf(rule).rules.push(rule);
  return [...tables.values()].map(({ place, chains: own }) => ({
    name: place.table,
    family: place.family,
    chains: [...own].map(([name, parts]) => chainOf(sides, place, name, parts)),
  }));
}

function chainOf(
  sides: Sides,
  { family, table }: Pick<ChainDiff, 'family' | 'table'>,
  name: string,
  { chain, rules }: ChainParts,
): ComparedChain {
  const key = chainKey(family, table, name);
  const line = sides.after.chains.get(key) ?? sides.before.chains.get(key) ?? 0;
  const policy = chain?.policy ?? null;
  const shown = rules.map(({ change, rule }): ComparedRule => {
    const side = change === 'added' ? sides.after : sides.before;
    return { change, rule, line: side.rules.get(ruleKey(family, table, rule))?.[0] ?? line };
  });
  return {
    name,
    title: titleOf(sides, family, table, name),
    change: chain === undefined || chain.change === 'changed' ? 'changed' : chain.change,
    detail: policy === null ? '' : `policy ${policy.before} -> ${policy.after}`,
    line,
    rules: shown,
  };
}

function titleOf({ names }: Sides, family: ChainDiff['family'], table: string, name: string): string {
  for (const resolution of names) {
    const found = resolution.ruleset.tables.find((each) => each.name === table && each.dump.family === family)?.chains.get(name);
    const title = found === undefined ? '' : chainTitle(resolution, found);
    if (title !== '') return title;
  }
  return '';
}
