import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterWith, node, service, slice } from '../kube/objects.ts';
import { rulesetOf } from '../support/dumps.ts';

/** A NodePort Service with that many ports and two endpoints; ports in `missing` have no endpoint. */
export function flowOfPorts(count: number, missing: readonly string[] = [], family: 'ipv4' | 'ipv6' = 'ipv4'): FlowGraph {
  const name = 'shop/bus';
  const ports = Array.from({ length: count }, (_, at) => ({
    name: `p${at}`,
    protocol: 'TCP',
    port: 8000 + at,
    nodePort: 31000 + at,
  }));
  const prefix = family === 'ipv4' ? '10.244.0.' : 'fd00:244::';
  const endpoints = Object.fromEntries(
    ['node-a', 'node-b'].map((on, at) => [`${prefix}${at + 1}`, { node: on, pod: `bus-${at}` }]),
  );
  const cluster = clusterWith(
    node('node-a'),
    node('node-b', { ips: ['172.18.0.3'] }),
    service(name, { ip: ['10.96.0.20', 'fd00:96::20'], ports, spec: { type: 'NodePort' } }),
    slice(
      name,
      endpoints,
      ports.filter((port) => !missing.includes(port.name)),
    ),
  );
  const rules = rulesetOf(runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family, podTraffic: null }))));
  const answer = flowGraph(resolveChains(rules, cluster), { kind: 'service', namespace: 'shop', name: 'bus', port: null });
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}
