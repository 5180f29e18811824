/**
 * A dump against a cluster, Service by Service: which rules are missing, which are for something that is gone, and which differ from what
 * kube-proxy would write. Comments, counters and the order of Services make no difference.
 */
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { isIPv6 } from '../../cluster/ip.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { Steps } from '../../syntax/steps.ts';
import { type ExpectedPort, expectedNode } from '../expected/expected.ts';
import type { ProxyOptions } from '../expected/options.ts';
import { ruleText } from '../expected/rule.ts';
import { oldestVersion, proxyVersionText } from '../expected/version.ts';
import { type ProxyLayout, proxyLayout } from '../layout.ts';
import { causeOf, type Programmed } from './cause.ts';
import { comparePort } from './compare-port.ts';
import { type DumpSide, readDumpSide } from './dump-side.ts';
import { type DriftFinding, type DriftStatus, worstStatus } from './finding.ts';
import { goneServices, unusedChains } from './gone.ts';
import { guessNode, type NodeGuess } from './node.ts';
import { otherCluster } from './other-cluster.ts';
import { portRulesOf } from './port-rules.ts';
import { comparedOptions, type DriftOptions } from './settings.ts';

export interface ServiceDrift {
  readonly namespace: string;
  readonly name: string;
  readonly status: DriftStatus;
  /** In the order of their lines. */
  readonly findings: readonly DriftFinding[];
}

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

export interface Drift {
  /** By namespace and name; Services that kube-proxy has nothing to do with are not among them. */
  readonly services: readonly ServiceDrift[];
  readonly dumps: readonly ComparedDump[];
  /** What holds for all dumps: that there is no cluster, or not enough of one. */
  readonly notes: readonly string[];
}

const portsBetweenPauses = 64;

/** Whether the rules of a port that are not as expected may be so because too little is known of the node. */
function dependsOnNode({ port, endpoints }: ExpectedPort, node: string, cluster: Cluster): boolean {
  if (cluster.node(node) !== undefined) return false;
  const byZone = endpoints.some(({ ref }) => (ref.endpoint.hintZones?.length ?? 0) > 0);
  const byAddress = port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0;
  if (node !== '') return byZone || byAddress;
  return byZone || byAddress || port.usesLocal || endpoints.some(({ ref }) => (ref.endpoint.hintNodes?.length ?? 0) > 0);
}

function plural(count: number, one: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${one}s`;
}

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

interface Comparison {
  readonly compared: ComparedDump;
  readonly findings: readonly DriftFinding[];
  /** Services that were compared, whether they differ or not. */
  readonly services: Iterable<ServiceRecord>;
}

function* compareDump(ruleset: Ruleset, dump: Dump, cluster: Cluster, given: DriftOptions, guess: NodeGuess): Steps<Comparison> {
  const layout = proxyLayout(ruleset, dump);
  const side = yield* readDumpSide(ruleset, dump);
  const options = yield* comparedOptions(side, cluster, layout, given, guess.node);
  const notes: string[] = [];
  const finish = (findings: readonly DriftFinding[], services: Iterable<ServiceRecord>, cause: string): Comparison => ({
    compared: { dump, layout, options, nodeReason: guess.reason, notes, cause },
    findings,
    services,
  });
  const obstruction = obstacle(layout, side, cluster);
  if (obstruction !== undefined) {
    notes.push(obstruction);
    return finish([], [], '');
  }
  if (side.nat?.whole !== true)
    notes.push('The nat table is an excerpt: what is not in it may still be on the node, so nothing is called missing.');
  if (side.filter === undefined) notes.push('The dump has no filter table: what it rejects or drops was not compared.');
  else if (!side.filter.whole) notes.push('The filter table is an excerpt: what it should reject or drop was not looked for.');

  const node = yield* expectedNode(cluster, options);
  const findings: DriftFinding[] = [];
  const services = new Set<ServiceRecord>();
  const programmed: Programmed[] = [];
  const absent = new Map<ServiceRecord, ExpectedPort[]>();
  const portsOf = new Map<ServiceRecord, number>();
  const used = { hashes: new Set<string>(), names: new Set<string>(), chains: new Set<string>() };
  let unknownNode = 0;
  for (const [index, expected] of node.ports.entries()) {
    if (index % portsBetweenPauses === portsBetweenPauses - 1) yield;
    const { port } = expected;
    const { service } = port;
    portsOf.set(service, (portsOf.get(service) ?? 0) + 1);
    used.hashes.add(port.hash);
    used.names.add(port.name);
    const written = expected.rules();
    let chain = '';
    for (const rule of written) {
      if (rule.chain !== chain) used.chains.add(rule.chain);
      chain = rule.chain;
    }
    const rules = portRulesOf(side, expected, written);
    if (rules === undefined) {
      services.add(service);
      programmed.push({ port: expected, findings: [] });
      continue;
    }
    for (const name of rules.endpoints.keys()) used.chains.add(name);
    for (const { chain } of rules.actual) used.chains.add(chain);
    if (rules.actual.length === 0) {
      if (rules.missing.length === 0) continue;
      services.add(service);
      const ports = absent.get(service);
      if (ports === undefined) absent.set(service, [expected]);
      else ports.push(expected);
      continue;
    }
    if (dependsOnNode(expected, guess.node, cluster)) {
      unknownNode += 1;
      continue;
    }
    services.add(service);
    const found = comparePort(side, cluster, rules, guess.node);
    findings.push(...found);
    programmed.push({ port: expected, findings: found });
  }
  if (unknownNode > 0) {
    const why =
      guess.node === ''
        ? guess.reason
        : `The cluster does not have node ${guess.node}, whose zone and addresses would be needed.`;
    const what = guess.node === '' ? 'traffic policy Local, topology hints or source ranges' : 'topology hints or source ranges';
    notes.push(`${why} ${plural(unknownNode, 'Service port')} with ${what} ${unknownNode === 1 ? 'was' : 'were'} not compared.`);
  }
  for (const [service, ports] of absent) {
    const isWhole = portsOf.get(service) === ports.length;
    const missing = missingFindings(side, ports, isWhole, dump.family);
    findings.push(...missing);
    for (const port of ports) programmed.push({ port, findings: missing });
  }
  yield;
  for (const gone of goneServices(side, cluster, used)) findings.push({ ...gone, family: dump.family });
  for (const chain of unusedChains(side, cluster, used, layout.largeCluster)) findings.push({ ...chain, family: dump.family });
  const cause = causeOf(cluster, dump, guess.node, programmed);
  return finish(
    cause === '' ? findings : findings.map((finding) => (finding.cause === '' ? { ...finding, cause } : finding)),
    services,
    cause,
  );
}

/** The findings for ports of a Service that have no rules at all: one for the Service, or one for each port where others have rules. */
function missingFindings(
  side: DumpSide,
  ports: readonly ExpectedPort[],
  isWhole: boolean,
  family: Family,
): readonly DriftFinding[] {
  const services = side.nat?.table.chains.get('KUBE-SERVICES');
  const tail = services?.rules.at(-1) ?? services?.declarations[0] ?? null;
  const finding = (expected: ExpectedPort, kind: DriftFinding['kind'], what: string, addresses: string): DriftFinding => {
    const { port } = expected;
    const rules = expected.rules();
    const first = rules.find(({ purpose }) => purpose === 'cluster-ip') ?? rules[0];
    return {
      kind,
      status: 'missing',
      message: `${what} has no rules in the dump: ${addresses} leads nowhere`,
      cause: '',
      namespace: port.service.namespace,
      service: port.service.name,
      port: port.port.name,
      family,
      line: tail,
      endpoint: null,
      replacedBy: null,
      expected: first === undefined ? null : ruleText(first),
      actual: null,
    };
  };
  const address = ({ port }: ExpectedPort): string =>
    `${isIPv6(port.clusterIP) ? `[${port.clusterIP}]` : port.clusterIP}:${port.port.port}`;
  const [first] = ports;
  if (isWhole && first !== undefined) {
    const { namespace, name } = first.port.service;
    return [finding(first, 'service-missing', `Service ${namespace}/${name}`, ports.map(address).join(', '))];
  }
  return ports.map((port) => finding(port, 'port-missing', port.port.name, address(port)));
}

function nodeOf(ruleset: Ruleset, dump: Dump, cluster: Cluster, { node, fileName }: DriftOptions): NodeGuess {
  return node === undefined ? guessNode(ruleset, dump, cluster, fileName ?? '') : { node, reason: 'The node was given.' };
}

/** What of a cluster is needed to compare anything; what is lacking, in sentences. */
function lacking(cluster: Cluster): readonly string[] {
  if (cluster.source.kind === 'none') return ['No cluster is known to compare the dump with.'];
  const notes: string[] = [];
  if (!cluster.kinds.has('Service')) notes.push(`${cluster.source.label} has no Services: nothing was compared.`);
  if (!cluster.kinds.has('EndpointSlice')) notes.push(`${cluster.source.label} has no EndpointSlices: nothing was compared.`);
  return notes;
}

/** Compares the dumps of a ruleset with a cluster. Pauses every few dozen Services; never throws. */
export function* driftSteps(ruleset: Ruleset, cluster: Cluster, options: DriftOptions = {}): Steps<Drift> {
  const notes = lacking(cluster);
  if (notes.length > 0) return { services: [], dumps: [], notes };
  const byService = new Map<string, { readonly namespace: string; readonly name: string; readonly findings: DriftFinding[] }>();
  const entry = (namespace: string, name: string): DriftFinding[] => {
    const key = `${namespace}/${name}`;
    let found = byService.get(key);
    if (found === undefined) {
      found = { namespace, name, findings: [] };
      byService.set(key, found);
    }
    return found.findings;
  };
  const dumps: ComparedDump[] = [];
  const guesses = ruleset.dumps.map((dump) => nodeOf(ruleset, dump, cluster, options));
  for (const [index, dump] of ruleset.dumps.entries()) {
    // What tells the node in IPv4's rules holds for IPv6's beside them.
    const own = guesses[index];
    const guess = own === undefined || own.node === '' ? (guesses.find(({ node }) => node !== '') ?? own) : own;
    if (guess === undefined) continue;
    const { compared, findings, services } = yield* compareDump(ruleset, dump, cluster, options, guess);
    dumps.push(compared);
    for (const { namespace, name } of services) entry(namespace, name);
    for (const finding of findings) entry(finding.namespace, finding.service).push(finding);
  }
  const services = [...byService.values()].map(({ namespace, name, findings }): ServiceDrift => {
    const sorted = findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
    return { namespace, name, status: worstStatus(sorted), findings: sorted };
  });
  services.sort((a, b) => (a.namespace === b.namespace ? (a.name < b.name ? -1 : 1) : a.namespace < b.namespace ? -1 : 1));
  return { services, dumps, notes: ruleset.dumps.length === 0 ? ['The dump has no tables.'] : [] };
}
