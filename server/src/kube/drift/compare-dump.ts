/** Compares a dump of one family with a cluster. */

import type { Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type ExpectedPort, expectedNode } from '../expected/expected.ts';
import { type ProxyLayout, proxyLayout } from '../proxy/detect-version.ts';
import type { DumpNode } from '../proxy/dump-node.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { oldestVersion, proxyVersionText } from '../proxy/version.ts';
import { causeOf, type Programmed } from './cause.ts';
import { comparePort } from './compare-port.ts';
import { type DumpSide, readDumpSide } from './dump-side.ts';
import type { DriftFinding } from './finding.ts';
import { goneServices, unusedChains } from './gone.ts';
import { missingFindings } from './missing.ts';
import { otherCluster } from './other-cluster.ts';
import { portRulesOf } from './port-rules.ts';
import { comparedOptions, type DriftOptions } from './settings.ts';

/** What a dump of one family was compared as. */
export interface ComparedDump {
  readonly dump: Dump;
  readonly layout: ProxyLayout;
  readonly options: ProxyOptions;
  /** Why the node is taken to be that one. */
  readonly nodeReason: string;
  /** What could not be compared, and why; sentences. */
  readonly notes: readonly string[];
  /** Why what is new in the cluster is not in the dump; empty where that cannot be told. */
  readonly cause: string;
}

export interface Comparison {
  readonly compared: ComparedDump;
  readonly findings: readonly DriftFinding[];
  /** Services that were compared, whether they differ or not. */
  readonly services: Iterable<ServiceRecord>;
}

const portsBetweenPauses = 64;

/** Why a dump cannot be compared at all; undefined where it can. */
function obstacle(layout: ProxyLayout, side: DumpSide, cluster: Cluster): string | undefined {
  if (layout.mode === null) return 'Nothing in the dump is kube-proxy’s.';
  if (layout.mode === 'ipvs')
    return 'kube-proxy runs in ipvs mode on this node: its Services are in the kernel’s ipvs tables and in ipsets, which the dump does not show.';
  if (layout.mode === 'userspace') return 'kube-proxy ran in userspace mode, in which the rules do not name endpoints.';
  if (side.nat === undefined) return 'The dump has no nat table, where kube-proxy’s Services are.';
  if (layout.newest !== null && layout.newest < oldestVersion)
    return `The rules are those of kube-proxy ${proxyVersionText(layout.newest)} or earlier, whose chains were laid out in another way; from ${proxyVersionText(oldestVersion)} on they can be compared.`;
  if (side.changedNames > side.portChains.size + side.endpointChains.length)
    return 'The names of chains were changed, so that they do not tell which Service they are for.';
  return otherCluster(side, cluster);
}

/** What a dump that is not all does not show. */
function gaps({ nat, filter }: DumpSide): readonly string[] {
  const notes: string[] = [];
  if (nat?.whole !== true)
    notes.push('The nat table is an excerpt: what is not in it may still be on the node, so nothing is called missing.');
  if (filter === undefined) notes.push('The dump has no filter table: what it rejects or drops was not compared.');
  else if (!filter.whole) notes.push('The filter table is an excerpt: what it should reject or drop was not looked for.');
  return notes;
}

/** Whether the rules of a port that are not as expected may be so because too little is known of the node. */
function dependsOnNode({ port, endpoints }: ExpectedPort, node: string, cluster: Cluster): boolean {
  if (cluster.node(node) !== undefined) return false;
  const byZone = endpoints.some(({ ref }) => (ref.endpoint.hintZones?.length ?? 0) > 0);
  const byAddress = port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0;
  if (node !== '') return byZone || byAddress;
  return byZone || byAddress || port.usesLocal || endpoints.some(({ ref }) => (ref.endpoint.hintNodes?.length ?? 0) > 0);
}

/** Says how many ports were left out for want of a node. */
function nodeNote(count: number, { name: node, reason }: DumpNode): string {
  const why = node === '' ? reason : `The cluster does not have node ${node}, whose zone and addresses would be needed.`;
  const what = node === '' ? 'traffic policy Local, topology hints or source ranges' : 'topology hints or source ranges';
  return `${why} ${count === 1 ? '1 Service port' : `${count} Service ports`} with ${what} ${count === 1 ? 'was' : 'were'} not compared.`;
}

interface ComparedPorts {
  readonly findings: readonly DriftFinding[];
  readonly services: ReadonlySet<ServiceRecord>;
  readonly cause: string;
  /** Ports that were left out for want of a node. */
  readonly skipped: number;
}

/** Compares every Service port that kube-proxy would have rules for, and looks for rules that are for none of them. */
function* comparePorts(side: DumpSide, cluster: Cluster, layout: ProxyLayout, options: ProxyOptions): Steps<ComparedPorts> {
  const { node } = options;
  const expected = yield* expectedNode(cluster, options);
  const findings: DriftFinding[] = [];
  const services = new Set<ServiceRecord>();
  const programmed: Programmed[] = [];
  const absent = new Map<ServiceRecord, ExpectedPort[]>();
  const portCounts = new Map<ServiceRecord, number>();
  const used = { hashes: new Set<string>(), names: new Set<string>(), chains: new Set<string>() };
  let skipped = 0;
  for (const [index, port] of expected.ports.entries()) {
    if (index % portsBetweenPauses === portsBetweenPauses - 1) yield;
    const { service, hash, name } = port.port;
    portCounts.set(service, (portCounts.get(service) ?? 0) + 1);
    used.hashes.add(hash);
    used.names.add(name);
    const written = port.rules();
    let chain = '';
    for (const rule of written) {
      if (rule.chain !== chain) used.chains.add(rule.chain);
      chain = rule.chain;
    }
    const rules = portRulesOf(side, port, written);
    if (rules === undefined) {
      services.add(service);
      programmed.push({ port, findings: [] });
      continue;
    }
    for (const endpoint of rules.endpoints.keys()) used.chains.add(endpoint);
    for (const rule of rules.actual) used.chains.add(rule.chain);
    if (rules.actual.length === 0) {
      if (rules.missing.length === 0) continue;
      services.add(service);
      const ports = absent.get(service);
      if (ports === undefined) absent.set(service, [port]);
      else ports.push(port);
    } else if (dependsOnNode(port, node, cluster)) {
      skipped += 1;
    } else {
      services.add(service);
      const found = comparePort(side, cluster, rules, node);
      findings.push(...found);
      programmed.push({ port, findings: found });
    }
  }
  for (const [service, ports] of absent) {
    const missing = missingFindings(side, ports, portCounts.get(service) === ports.length);
    findings.push(...missing);
    for (const port of ports) programmed.push({ port, findings: missing });
  }
  yield;
  for (const gone of goneServices(side, cluster, used)) findings.push(gone);
  for (const chain of unusedChains(side, cluster, used, layout.largeCluster)) findings.push(chain);
  return { findings, services, skipped, cause: causeOf(cluster, side.dump, node, programmed) };
}

/** Compares one dump with a cluster. `node` is the one that it was taken on. Pauses every few dozen Services. */
export function* compareDump(
  ruleset: Ruleset,
  dump: Dump,
  cluster: Cluster,
  given: DriftOptions,
  node: DumpNode,
): Steps<Comparison> {
  const layout = proxyLayout(ruleset, dump);
  yield;
  const side = yield* readDumpSide(ruleset, dump);
  const options = yield* comparedOptions(side, cluster, layout, given, node.name);
  const asWhat = { dump, layout, options, nodeReason: node.reason };
  const obstruction = obstacle(layout, side, cluster);
  if (obstruction !== undefined) return { compared: { ...asWhat, notes: [obstruction], cause: '' }, findings: [], services: [] };
  const { findings, services, cause, skipped } = yield* comparePorts(side, cluster, layout, options);
  return {
    compared: { ...asWhat, notes: [...gaps(side), ...(skipped > 0 ? [nodeNote(skipped, node)] : [])], cause },
    findings: findings.map((finding) => (finding.cause === '' ? { ...finding, cause } : finding)),
    services,
  };
}
