/** Whether a dump is of another cluster than the one at hand: an editor finds snapshots by itself, and people keep several. */

import { isIPv6 } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { type Cluster, createCluster, emptyCluster } from '../../cluster/cluster.ts';
import { isTableWhole, mayBeHalf } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { isProxied } from '../expected/service-ports.ts';
import { portHash, portName, splitHashedName } from '../identity/chain-names.ts';
import { portHashSteps } from '../identity/hash-index.ts';
import { dnatDestination, singleAddress } from '../proxy/rule-values.ts';
import { type PortTally, portTally } from './port-tally.ts';

/** What of a dump tells its cluster. */
interface Told {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly tally: PortTally;
}

/** Every cluster has these. */
const everywhere: ReadonlySet<string> = new Set(['default/kubernetes', 'kube-system/kube-dns']);
const fewestTold = 4;
const leastShare = 0.25;

let apiServerHash: string | undefined;

/** The hash in the chains of the API server's Service. */
function hashOfApiServer(): string {
  apiServerHash ??= portHash(portName('default', 'kubernetes', 'https'), 'tcp');
  return apiServerHash;
}

/** Where the dump has the API server's Service, whose address a cluster keeps for life. */
function apiServerIP({ tally, ruleset }: Told): string | undefined {
  const wanted = hashOfApiServer();
  if (!tally.counts.has(wanted)) return undefined;
  for (const [at, hash] of tally.hashes.entries()) {
    const line = tally.numbers[at] ?? -1;
    const rule = hash === wanted && !mayBeHalf(ruleset, line) ? ruleAt(ruleset, line) : undefined;
    const ip = rule === undefined ? undefined : singleAddress(rule, '--destination');
    if (ip !== undefined) return ip;
  }
  return undefined;
}

/** The addresses of the API servers that the dump's rules lead to. */
function apiServers({ ruleset, dump }: Told): readonly string[] {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const endpoints = nat?.chains.get(`KUBE-SVC-${hashOfApiServer()}`)?.jumps ?? [];
  return endpoints.flatMap(({ rules }) =>
    rules.flatMap((line) => {
      const rule = ruleAt(ruleset, line);
      return (rule === undefined ? undefined : dnatDestination(rule)?.ip) ?? [];
    }),
  );
}

/** Whether the dump's API servers are all others than the cluster's; false where either has none. */
function hasOtherApiServers(side: Told, cluster: Cluster): boolean {
  const slices = cluster.slicesOf('default', 'kubernetes');
  const own = new Set(slices.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses)));
  const dumped = apiServers(side);
  return own.size > 0 && dumped.length > 0 && !dumped.some((ip) => own.has(ip));
}

/** The hashes of the Service ports whose chains an excerpt names that has no rules which lead to them. */
function* portHashesIn({ dump }: Told): Generator<string> {
  const hashes = new Set<string>();
  for (const name of dump.tables.find((table) => table.name === 'nat')?.chains.keys() ?? []) {
    const split = splitHashedName(name);
    if (split === undefined || split.prefix === 'KUBE-SEP-' || hashes.has(split.hash)) continue;
    hashes.add(split.hash);
    yield split.hash;
  }
}

/** Whether a dump has neither rules nor chains for any Service port: it may be of every cluster, whose ports need not be hashed for it. */
function namesNoPort(told: Told): boolean {
  return told.tally.counts.size === 0 && portHashesIn(told).next().done === true;
}

/** How many Service ports a dump has of those that every cluster has, how many others, and how many of these a cluster has. */
interface Compared {
  readonly common: number;
  readonly others: number;
  readonly shared: number;
}

const comparedBefore = createMemory<object, { readonly inCluster: ClusterHashes; readonly compared: Compared }>();

function compareWith(inCluster: ClusterHashes, told: Told): Compared {
  const { counts, ports } = told.tally;
  if (counts.size === 0) return compare(portHashesIn(told), inCluster);
  const before = comparedBefore.get(ports);
  if (before?.inCluster === inCluster) return before.compared;
  const compared = compare(counts.keys(), inCluster);
  comparedBefore.set(ports, { inCluster, compared });
  return compared;
}

function compare(hashesInDump: Iterable<string>, { common, hashes }: ClusterHashes): Compared {
  const compared = { common: 0, others: 0, shared: 0 };
  for (const hash of hashesInDump) {
    if (common.has(hash)) {
      compared.common += 1;
      continue;
    }
    compared.others += 1;
    if (hashes.has(hash)) compared.shared += 1;
  }
  return compared;
}

function isNatWhole({ ruleset, dump }: Told): boolean {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  return nat !== undefined && isTableWhole(ruleset, nat);
}

/** The hashes of a cluster's Service ports: of those that every cluster has, and of the others. */
interface ClusterHashes {
  readonly common: ReadonlySet<string>;
  readonly hashes: ReadonlySet<string>;
}

const hashesKnown = createMemory<Cluster, ClusterHashes>();

const servicesBetweenPauses = 256;

function hashesOf(cluster: Cluster): ClusterHashes {
  return hashesKnown.get(cluster) ?? runToEnd(hashSteps(cluster));
}

function* hashSteps(cluster: Cluster): Steps<ClusterHashes> {
  let found = hashesKnown.get(cluster);
  if (found === undefined) {
    const common = new Set<string>();
    const hashes = new Set<string>();
    for (const [at, service] of cluster.services.entries()) {
      if (at % servicesBetweenPauses === servicesBetweenPauses - 1) yield;
      const names = everywhere.has(`${service.namespace}/${service.name}`) ? common : hashes;
      if (isProxied(service)) for (const { hash } of yield* portHashSteps(service)) names.add(hash);
    }
    found = { common, hashes };
    hashesKnown.set(cluster, found);
  }
  return found;
}

/** Why a dump cannot be of this cluster, in a sentence; undefined where it may be. */
export function otherCluster(ruleset: Ruleset, dump: Dump, cluster: Cluster): string | undefined {
  const { label } = cluster.source;
  const told: Told = { ruleset, dump, tally: portTally(ruleset, dump) };
  const dumped = apiServerIP(told);
  const known = cluster.service('default', 'kubernetes')?.clusterIPs.filter((ip) => isIPv6(ip) === (dump.family === 'ipv6'));
  if (dumped !== undefined && known !== undefined && known.length > 0 && !known.includes(dumped))
    return `The dump is of another cluster than ${label}: there default/kubernetes is ${dumped}, here ${known.join(', ')}.`;
  if (namesNoPort(told)) return undefined;
  const inCluster = hashesOf(cluster);
  const { hashes } = inCluster;
  const { common, others, shared } = compareWith(inCluster, told);
  const seems = `The dump seems to be of another cluster than ${label}: of the ${others} Service ports that it has rules for, ${shared} are there`;
  if (others > 0 && hashes.size > 0 && shared === 0) {
    if (hasOtherApiServers(told, cluster)) return `${seems}, and its API servers are others.`;
    // An excerpt without a single Service in common: nothing tells that they belong together, as long as the API server's is not shown.
    if (dumped === undefined && !cluster.onlyIn.has('Service') && common === 0 && !isNatWhole(told)) {
      const ports = others === 1 ? 'the one Service port' : `none of the ${others} Service ports`;
      return `Nothing tells that the dump is of ${label}: ${ports} that it shows is ${others === 1 ? 'not ' : ''}there.`;
    }
  }
  if (others < fewestTold || hashes.size < fewestTold) return undefined;
  if (shared >= others * leastShare || shared >= hashes.size * leastShare) return undefined;
  return `${seems}.`;
}

const known = createMemory<Ruleset, { readonly given: Cluster; readonly own: Cluster; readonly reason: string | undefined }>();

/**
 * The cluster to take names and details of a ruleset's chains from: the one given, or, where the dump cannot be of it, one that knows nothing and
 * whose warning says why.
 */
export function clusterOfDump(ruleset: Ruleset, cluster: Cluster): Cluster {
  return knownCluster(ruleset, cluster) ?? runToEnd(clusterOfDumpSteps(ruleset, cluster));
}

/** What `clusterOfDump` gives, where that was looked for already, or is clear. */
export function knownCluster(ruleset: Ruleset, cluster: Cluster): Cluster | undefined {
  if (cluster.source.kind === 'none') return cluster;
  const before = known.get(ruleset);
  return before?.given === cluster ? before.own : undefined;
}

/** The same as `clusterOfDump`, which then knows it; pauses at each dump, of which a file may hold thousands, and every few hundred Services. */
export function* clusterOfDumpSteps(ruleset: Ruleset, cluster: Cluster): Steps<Cluster> {
  const before = knownCluster(ruleset, cluster);
  if (before !== undefined) return before;
  let reason: string | undefined;
  for (const dump of ruleset.dumps) {
    if (!namesNoPort({ ruleset, dump, tally: portTally(ruleset, dump) })) yield* hashSteps(cluster);
    reason = otherCluster(ruleset, dump, cluster);
    if (reason !== undefined) break;
    yield;
  }
  const own =
    reason === undefined
      ? cluster
      : createCluster({ source: emptyCluster.source, warnings: [`${reason} Nothing is taken from it.`] });
  known.set(ruleset, { given: cluster, own, reason });
  return own;
}

/** Why a dump is not compared with a cluster, in a sentence: it, or another dump of its file, which is of the same node or its neighbours, cannot be of it. */
export function whyOtherCluster(ruleset: Ruleset, dump: Dump, cluster: Cluster): string | undefined {
  const own = otherCluster(ruleset, dump, cluster);
  if (own !== undefined || clusterOfDump(ruleset, cluster) === cluster) return own;
  return known.get(ruleset)?.reason;
}

/**
 * Whether all Services and endpoints of a namespace are in a cluster, so that what is not there is gone. A snapshot without default/kubernetes, of which the
 * dump has rules, is of its own namespaces alone.
 */
export function knowsServices({ dumps }: Ruleset, cluster: Cluster, namespace: string): boolean {
  if (!cluster.knows('Service', namespace) || !cluster.knows('EndpointSlice', namespace)) return false;
  if (cluster.namespaces === null || cluster.namespaces.has(namespace)) return true;
  const chain = `KUBE-SVC-${hashOfApiServer()}`;
  return !dumps.some(({ tables }) => tables.some(({ name, chains }) => name === 'nat' && chains.has(chain)));
}
