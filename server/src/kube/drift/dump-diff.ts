/** What differs between two dumps in meaning: not in order, counters, or the way a rule is spelled. */

import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { type Cluster, emptyCluster } from '../../cluster/cluster.ts';
import { canonicalRules } from '../../ruleset/canonical.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { portName } from '../identity/chain-names.ts';
import { serviceComment } from '../identity/comments.ts';
import { resolveChains } from '../identity/resolve.ts';
import { endpointAddress } from '../identity/titles.ts';
import { endpointShares } from '../proxy/endpoint-shares.ts';
import { commentOf } from '../proxy/rule-values.ts';

export type DiffChange = 'added' | 'removed' | 'changed';

export interface ServiceDiff {
  /** "shop/web:http". */
  readonly service: string;
  readonly protocol: string;
  readonly family: Family;
  readonly change: DiffChange;
  /** "10.244.0.11:8080", of those that only one dump has. */
  readonly endpointsAdded: readonly string[];
  readonly endpointsRemoved: readonly string[];
  /** null where it is the same in both. */
  readonly clusterIP: { readonly before: string | null; readonly after: string | null } | null;
}

export interface ChainDiff {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** `changed` is another policy. */
  readonly change: DiffChange;
  /** 1-based, in the first and in the second dump; null where it has no such chain. */
  readonly before: number | null;
  readonly after: number | null;
  readonly policy: { readonly before: string | null; readonly after: string | null } | null;
}

export interface RuleDiff {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly change: 'added' | 'removed';
  /** As iptables-save prints it, without counters. */
  readonly rule: string;
  /** 1-based, in the dump that has it. */
  readonly line: number;
}

export interface DumpDiff {
  readonly services: readonly ServiceDiff[];
  readonly chains: readonly ChainDiff[];
  readonly rules: readonly RuleDiff[];
}

const chainsBetweenPauses = 64;

interface ServiceState {
  readonly service: string;
  readonly protocol: string;
  readonly family: Family;
  clusterIP: string | null;
  readonly endpoints: Set<string>;
}

function* servicesOf(ruleset: Ruleset, cluster: Cluster): Steps<ReadonlyMap<string, ServiceState>> {
  const resolution = resolveChains(ruleset, cluster);
  const services = new Map<string, ServiceState>();
  const stateOf = (service: string, protocol: string, family: Family): ServiceState => {
    const key = `${family} ${service} ${protocol}`;
    let state = services.get(key);
    if (state === undefined) {
      state = { service, protocol, family, clusterIP: null, endpoints: new Set() };
      services.set(key, state);
    }
    return state;
  };
  let count = 0;
  for (const table of ruleset.tables) {
    const { family } = table.dump;
    for (const chain of table.chains.values()) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      if (chain.name.startsWith('KUBE-SV') || chain.name.startsWith('KUBE-EXT-') || chain.name.startsWith('KUBE-XLB-')) {
        const { service } = resolution.chain(chain);
        if (service === null) continue;
        const state = stateOf(portName(service.namespace, service.name, service.port), service.protocol, family);
        state.clusterIP ??= service.clusterIP;
        for (const { target } of endpointShares(ruleset, chain)) {
          const endpointChain = table.chains.get(target);
          const endpoint = endpointChain === undefined ? null : resolution.chain(endpointChain).endpoint;
          state.endpoints.add(endpoint === null ? target : endpointAddress(endpoint));
        }
      } else if (table.name === 'filter' && (chain.name === 'KUBE-SERVICES' || chain.name === 'KUBE-EXTERNAL-SERVICES')) {
        for (const line of chain.rules) {
          const rule = ruleAt(ruleset, line);
          const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
          if (rule === undefined || comment === undefined) continue;
          const protocol = rule.options.find((option) => option.name === '--protocol')?.values[0]?.text ?? '';
          stateOf(portName(comment.namespace, comment.service, comment.port), protocol, family);
        }
      }
    }
  }
  return services;
}

function compareServices(
  before: ReadonlyMap<string, ServiceState>,
  after: ReadonlyMap<string, ServiceState>,
): readonly ServiceDiff[] {
  const diffs: ServiceDiff[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key);
    const now = after.get(key);
    const state = now ?? old;
    if (state === undefined) continue;
    const endpointsAdded = [...(now?.endpoints ?? [])].filter((endpoint) => old?.endpoints.has(endpoint) !== true);
    const endpointsRemoved = [...(old?.endpoints ?? [])].filter((endpoint) => now?.endpoints.has(endpoint) !== true);
    const sameAddress = (old?.clusterIP ?? null) === (now?.clusterIP ?? null);
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    if (change === 'changed' && sameAddress && endpointsAdded.length === 0 && endpointsRemoved.length === 0) continue;
    const { service, protocol, family } = state;
    const clusterIP = sameAddress ? null : { before: old?.clusterIP ?? null, after: now?.clusterIP ?? null };
    diffs.push({ service, protocol, family, change, endpointsAdded, endpointsRemoved, clusterIP });
  }
  return diffs.sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
}

function tableKey(table: Table): string {
  return `${table.dump.family} ${table.name}`;
}

/** Of several tables of one name and family the last counts, as it does when they are loaded one after the other. */
function tablesOf(ruleset: Ruleset): ReadonlyMap<string, Table> {
  return new Map(ruleset.tables.map((table) => [tableKey(table), table]));
}

function exists(chain: Chain | undefined): chain is Chain {
  return chain !== undefined && (chain.builtin || chain.declarations.length > 0 || chain.rules.length > 0);
}

function policyOf(ruleset: Ruleset, chain: Chain | undefined): string | null {
  const line = chain?.builtin === true ? chain.declarations[0] : undefined;
  return line === undefined ? null : (/^:\S+\s+(\S+)/.exec(ruleset.lines[line]?.text ?? '')?.[1] ?? null);
}

function lineOf(chain: Chain): number | null {
  const line = chain.declarations[0] ?? chain.rules[0];
  return line === undefined ? null : line + 1;
}

/** The canonical rules of a chain with the lines (0-based) that say them; a rule may stand there more than once. */
function rulesOf(ruleset: Ruleset, chain: Chain | undefined): Map<string, number[]> {
  const rules = new Map<string, number[]>();
  for (const line of chain?.rules ?? []) {
    const rule = ruleAt(ruleset, line);
    const context = ruleset.lines[line]?.context;
    if (rule === undefined || context === undefined || rule.command === 'delete' || rule.command === 'check') continue;
    for (const text of canonicalRules(rule, context)) {
      const lines = rules.get(text);
      if (lines === undefined) rules.set(text, [line]);
      else lines.push(line);
    }
  }
  return rules;
}

/** Whether two chains have the same text line by line, which most have and which is told without reading a rule. */
function sameText(a: Ruleset, before: Chain | undefined, b: Ruleset, after: Chain | undefined): boolean {
  const old = before?.rules ?? [];
  const now = after?.rules ?? [];
  return old.length === now.length && old.every((line, index) => a.lines[line]?.text === b.lines[now[index] ?? -1]?.text);
}

/**
 * What the second dump has and the first does not, and the other way round. Services are known by comments, and by the cluster where one
 * is given. Pauses every few dozen chains.
 */
export function* diffDumps(before: Ruleset, after: Ruleset, cluster: Cluster = emptyCluster): Steps<DumpDiff> {
  const services = compareServices(yield* servicesOf(before, cluster), yield* servicesOf(after, cluster));
  const chains: ChainDiff[] = [];
  const rules: RuleDiff[] = [];
  const oldTables = tablesOf(before);
  const newTables = tablesOf(after);
  let count = 0;
  for (const key of new Set([...oldTables.keys(), ...newTables.keys()])) {
    const oldTable = oldTables.get(key);
    const newTable = newTables.get(key);
    const table = newTable ?? oldTable;
    if (table === undefined) continue;
    const place = { family: table.dump.family, table: table.name };
    for (const name of new Set([...(oldTable?.chains.keys() ?? []), ...(newTable?.chains.keys() ?? [])])) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      const found = [oldTable?.chains.get(name), newTable?.chains.get(name)] as const;
      const old = exists(found[0]) ? found[0] : undefined;
      const now = exists(found[1]) ? found[1] : undefined;
      if (old === undefined && now === undefined) continue;
      const policy = { before: policyOf(before, old), after: policyOf(after, now) };
      const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
      const only = now ?? old;
      // A built-in chain that lets everything through is there whether or not a dump shows it.
      if (
        change !== 'changed' &&
        only?.builtin === true &&
        only.rules.length === 0 &&
        (policy.after ?? policy.before) === 'ACCEPT'
      ) {
        continue;
      }
      const otherPolicy = policy.before !== policy.after && policy.before !== null && policy.after !== null;
      if (change !== 'changed' || otherPolicy) {
        const lines = { before: old === undefined ? null : lineOf(old), after: now === undefined ? null : lineOf(now) };
        chains.push({ ...place, chain: name, change, ...lines, policy: otherPolicy ? policy : null });
      }
      if (sameText(before, old, after, now)) continue;
      const oldRules = rulesOf(before, old);
      const newRules = rulesOf(after, now);
      for (const [rule, lines] of oldRules) {
        const kept = newRules.get(rule)?.length ?? 0;
        for (const line of lines.slice(kept)) rules.push({ ...place, chain: name, change: 'removed', rule, line: line + 1 });
      }
      for (const [rule, lines] of newRules) {
        const kept = oldRules.get(rule)?.length ?? 0;
        for (const line of lines.slice(kept)) rules.push({ ...place, chain: name, change: 'added', rule, line: line + 1 });
      }
    }
  }
  return { services, chains, rules };
}
