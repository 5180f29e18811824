/** What kube-proxy would write on a node for a cluster's objects, in its iptables mode. */

import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { NodeRecord, ServiceRecord } from '../../cluster/objects.ts';
import { nodeAddress } from '../proxy/node-address.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { baseChains, baseRules, nodePortJumps } from './base-rules.ts';
import { chooseEndpoints, type EndpointChoice, endpointsOf, type ProxyEndpoint } from './endpoints.ts';
import { firstRule, type NodeFacts, portRuleSteps } from './port-rules.ts';
import type { ExpectedRule } from './rule.ts';
import { type ProxiedPort, proxiedPorts } from './service-ports.ts';

/** With more endpoints than these, kube-proxy leaves comments out (largeClusterEndpointsThreshold). */
export const largeClusterEndpoints = 1000;

const portsBetweenPauses = 64;

/** A Service port, the endpoints that the node may send its traffic to, and its rules. */
export interface ExpectedPort {
  readonly port: ProxiedPort;
  /** All of them, ready or not. */
  readonly endpoints: readonly ProxyEndpoint[];
  readonly choice: EndpointChoice;
  /** Made when asked for. Pauses every thousand rules. */
  readonly ruleSteps: () => Steps<readonly ExpectedRule[]>;
  /** The same without pauses. */
  readonly rules: () => readonly ExpectedRule[];
  /** The first of the rules, for traffic to the clusterIP. */
  readonly firstRule: () => ExpectedRule | undefined;
  /** The same port as if these were its endpoints. */
  readonly withEndpoints: (endpoints: readonly ProxyEndpoint[]) => ExpectedPort;
}

export interface ExpectedNode {
  readonly options: ProxyOptions;
  readonly largeCluster: boolean;
  /** By namespace and Service name, a Service's ports in the order of its spec. */
  readonly ports: readonly ExpectedPort[];
}

/** By table, then chain: chains in the order of their names, rules in the order in which packets meet them. */
export type ExpectedTables = Readonly<Record<ExpectedRule['table'], ReadonlyMap<string, readonly ExpectedRule[]>>>;

function byName(a: ProxiedPort['service'], b: ProxiedPort['service']): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The zone by which hints are for a node. */
function zoneOf(node: NodeRecord | undefined): string {
  return node?.labels['topology.kubernetes.io/zone'] ?? '';
}

function expectedPort(port: ProxiedPort, endpoints: readonly ProxyEndpoint[], zone: string, facts: NodeFacts): ExpectedPort {
  const choice = chooseEndpoints(port, endpoints, zone, facts.options);
  return {
    port,
    endpoints,
    choice,
    ruleSteps: () => portRuleSteps(port, choice, facts),
    rules: () => runToEnd(portRuleSteps(port, choice, facts)),
    firstRule: () => firstRule(port, choice, facts),
    withEndpoints: (others) => expectedPort(port, others, zone, facts),
  };
}

/** The ports of one Service, as if there were few endpoints in all: with comments everywhere. */
export function expectedPortsOf(cluster: Cluster, service: ServiceRecord, options: ProxyOptions): readonly ExpectedPort[] {
  return runToEnd(expectedPortSteps(cluster, service, options));
}

/** The same; pauses where endpoints are thousands. */
export function* expectedPortSteps(
  cluster: Cluster,
  service: ServiceRecord,
  options: ProxyOptions,
): Steps<readonly ExpectedPort[]> {
  const node = cluster.node(options.node);
  const facts: NodeFacts = { options, nodeIP: nodeAddress(node, options), largeCluster: false };
  const ports: ExpectedPort[] = [];
  for (const port of proxiedPorts(service, options))
    ports.push(expectedPort(port, yield* endpointsOf(cluster, port, options), zoneOf(node), facts));
  return ports;
}

/** Every Service port that kube-proxy on a node has rules for. Pauses every few dozen ports. */
export function* expectedNode(cluster: Cluster, options: ProxyOptions): Steps<ExpectedNode> {
  const node = cluster.node(options.node);
  const seen: { readonly port: ProxiedPort; readonly endpoints: readonly ProxyEndpoint[] }[] = [];
  let total = 0;
  for (const service of cluster.services.toSorted(byName)) {
    // A snapshot may hold an object twice; the later one counts.
    if (cluster.service(service.namespace, service.name) !== service) continue;
    for (const port of proxiedPorts(service, options)) {
      const endpoints = yield* endpointsOf(cluster, port, options);
      total += endpoints.length;
      seen.push({ port, endpoints });
      if (seen.length % portsBetweenPauses === 0) yield;
    }
  }
  const largeCluster = total > largeClusterEndpoints;
  const facts: NodeFacts = { options, nodeIP: nodeAddress(node, options), largeCluster };
  const ports: ExpectedPort[] = [];
  for (const { port, endpoints } of seen) {
    ports.push(expectedPort(port, endpoints, zoneOf(node), facts));
    if (ports.length % portsBetweenPauses === 0) yield;
  }
  return { options, largeCluster, ports };
}

/** All rules that kube-proxy on a node would write into nat and filter, and its chains without rules. */
export function* expectedTables(cluster: Cluster, options: ProxyOptions): Steps<ExpectedTables> {
  const node = yield* expectedNode(cluster, options);
  const tables = { nat: new Map<string, ExpectedRule[]>(), filter: new Map<string, ExpectedRule[]>() };
  const add = (rule: ExpectedRule): void => {
    const chain = tables[rule.table].get(rule.chain);
    if (chain === undefined) tables[rule.table].set(rule.chain, [rule]);
    else chain.push(rule);
  };
  for (const table of ['nat', 'filter'] as const) {
    for (const chain of baseChains(options)[table]) tables[table].set(chain, []);
  }
  for (const rule of baseRules(options)) add(rule);
  for (const [index, port] of node.ports.entries()) {
    for (const rule of yield* port.ruleSteps()) add(rule);
    if (index % portsBetweenPauses === portsBetweenPauses - 1) yield;
  }
  for (const rule of nodePortJumps(options)) add(rule);
  const sorted = (chains: ReadonlyMap<string, readonly ExpectedRule[]>): ReadonlyMap<string, readonly ExpectedRule[]> =>
    new Map([...chains].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { nat: sorted(tables.nat), filter: sorted(tables.filter) };
}

/** The same without pauses. */
export function expectedRules(cluster: Cluster, options: ProxyOptions): ExpectedTables {
  return runToEnd(expectedTables(cluster, options));
}
