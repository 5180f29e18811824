import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { flowAnswer } from '../../webview/src/model/answer.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { clusterWith, node, service, slice } from '../kube/objects.ts';
import { rulesetOf } from '../support/dumps.ts';

/** All that the answer says of shop/web on node-a, a line each: how it is, what of it, and where packets end. */
function answerLines(objects: readonly object[], given: Partial<ProxyOptions> = {}): readonly string[] {
  const nodes = ['a', 'b', 'c'].map((letter, at) =>
    node(`node-${letter}`, { ips: [`172.18.0.${at + 2}`], zone: `eu-1${letter}` }),
  );
  const cluster = clusterWith(...nodes, ...objects);
  const podTraffic = { by: 'source', cidr: '10.244.0.0/16' } as const;
  const options = proxyOptions({ node: 'node-a', family: 'ipv4', podTraffic, ...given });
  const rules = rulesetOf(runToEnd(expectedText(cluster, options)));
  const flow = runToEnd(flowWithState(resolveChains(rules, cluster, { node: 'node-a' }), 'shop/web'));
  if (!flow.ok) throw new Error(flow.reason);
  const answer = flowAnswer(indexGraph(flow.graph));
  if (answer === null) throw new Error('no answer');
  const said = (list: readonly { readonly text: string }[]): string => list.map(({ text }) => text).join(', ');
  return [
    answer.state.text,
    said([...answer.facts, ...answer.details]),
    ...answer.routes.map(({ entries, from, ends, source }) => `${said(entries)} <- ${from}: ${said(ends)}; ${source}`),
  ];
}

const nodePort = [{ name: 'http', port: 80, nodePort: 30080 }];
const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32001 };
const healthCheck =
  'health check port 32001/tcp <- a Pod, this node, outside: kube-proxy itself: HTTP 200 with a ready endpoint on this node, else 503; ';

describe('the answer of Services of all kinds, by the rules that kube-proxy writes', () => {
  it('of internal traffic policy Local without an endpoint here: the clusterIP is dropped, the NodePort is not', () => {
    const spec = { type: 'NodePort', internalTrafficPolicy: 'Local' };
    const endpoints = { '10.244.1.2': { node: 'node-b', pod: 'b' }, '10.244.2.2': { node: 'node-c', pod: 'c' } };
    expect(answerLines([service('shop/web', { ports: nodePort, spec }), slice('shop/web', endpoints)])).toEqual([
      'Serves some: no endpoints on this node at 10.96.0.1:80/tcp',
      '2 endpoints: node-b 1, node-c 1, no affinity, no endpoint left: rejected',
      'NodePort 30080/tcp <- a Pod, this node, this node to 127.0.0.1, outside: b on node-b, c on node-c, 50 % each; source rewritten',
      'clusterIP 10.96.0.1:80/tcp <- a Pod, this node, outside: DROP (no endpoints on this node, by KUBE-SERVICES in table filter); ',
    ]);
  });

  it('of hints to zones: which endpoints are left to others', () => {
    const endpoints = Object.fromEntries(
      ['a', 'b', 'c'].map((letter, at) => [`10.244.${at}.2`, { node: `node-${letter}`, pod: letter, zones: [`eu-1${letter}`] }]),
    );
    const spec = { trafficDistribution: 'PreferClose' };
    expect(answerLines([service('shop/web', { spec }), slice('shop/web', endpoints)])).toEqual([
      'Serves',
      '1 endpoint: node-a 1, not used: 2 for other zones or nodes, no affinity, no endpoint left: rejected',
      "clusterIP 10.96.0.1:80/tcp <- a Pod: a on node-a; client's address kept",
      'clusterIP 10.96.0.1:80/tcp <- this node, outside: a on node-a; source rewritten',
    ]);
  });

  it('of Pods that terminate, with policy Local: they serve, and one that does not is not used', () => {
    const endpoints = {
      '10.244.0.2': { node: 'node-a', pod: 'a', terminating: true },
      '10.244.1.2': { node: 'node-b', pod: 'b', terminating: true, serving: false },
    };
    const lines = answerLines([
      service('shop/web', { ports: nodePort, spec: local, ingress: [{ ip: '192.0.2.1' }] }),
      slice('shop/web', endpoints),
    ]);
    expect(lines.slice(0, 2)).toEqual([
      'Serves, by terminating Pods alone',
      '1 endpoint: node-a 1, 0 of 1 ready, 1 terminating, not used: 1 terminating, local endpoints only from outside, ' +
        'no affinity, no endpoint left: rejected; none on this node: dropped',
    ]);
    expect(lines).toContain("load-balancer IP 192.0.2.1:80/tcp <- a Pod, outside: a on node-a; client's address kept");
    expect(lines.at(-1)).toBe(healthCheck);
  });

  it('of policy Local without an endpoint here: who comes through, and who is dropped', () => {
    const endpoints = { '10.244.1.2': { node: 'node-b', pod: 'b' } };
    expect(
      answerLines([
        service('shop/web', { ports: nodePort, spec: local, ingress: [{ ip: '192.0.2.1' }] }),
        slice('shop/web', endpoints),
      ]),
    ).toEqual([
      'Serves some: only from a Pod, this node at 192.0.2.1:80/tcp and 1 more',
      '1 endpoint: node-b 1, no affinity, no endpoint left: rejected',
      "clusterIP 10.96.0.1:80/tcp <- a Pod: b on node-b; client's address kept",
      'clusterIP 10.96.0.1:80/tcp <- this node, outside: b on node-b; source rewritten',
      "load-balancer IP 192.0.2.1:80/tcp <- a Pod: b on node-b; client's address kept",
      'load-balancer IP 192.0.2.1:80/tcp <- this node: b on node-b; source rewritten',
      'load-balancer IP 192.0.2.1:80/tcp <- outside: DROP (no endpoints on this node, by KUBE-EXTERNAL-SERVICES in table filter); ',
      "NodePort 30080/tcp <- a Pod: b on node-b; client's address kept",
      'NodePort 30080/tcp <- this node, this node to 127.0.0.1: b on node-b; source rewritten',
      'NodePort 30080/tcp <- outside: DROP (no endpoints on this node, by KUBE-EXTERNAL-SERVICES in table filter); ',
      healthCheck,
    ]);
  });

  it('of Pods none of which is ready: it is refused, and why', () => {
    const endpoints = { '10.244.0.2': { ready: false, serving: false }, '10.244.1.2': { ready: false, serving: false } };
    expect(answerLines([service('shop/web'), slice('shop/web', endpoints)])).toEqual([
      'Refuses: no endpoints',
      'no endpoint is reached, not used: 2 not ready',
      'clusterIP 10.96.0.1:80/tcp <- a Pod, this node, outside: ' +
        'REJECT (no endpoints, icmp-port-unreachable, by KUBE-SERVICES in table filter); ',
    ]);
  });

  it('of IPv6, with source ranges of both families: those of its own', () => {
    const ranges = ['2001:db8:1::/48', '203.0.113.0/24'];
    const spec = { type: 'LoadBalancer', loadBalancerSourceRanges: ranges, ipFamilies: ['IPv4', 'IPv6'] };
    const endpoints = { 'fd00:244::2': { node: 'node-a', pod: 'a' } };
    const podTraffic = { by: 'source', cidr: 'fd00:244::/48' } as const;
    const objects = [
      service('shop/web', { ip: ['10.96.0.1', 'fd00:96::1'], spec, ingress: [{ ip: '2001:db8::1' }] }),
      slice('shop/web', endpoints),
    ];
    expect(answerLines(objects, { family: 'ipv6', podTraffic })).toEqual([
      'Serves some: only from 2001:db8:1::/48 at [2001:db8::1]:80/tcp',
      '1 endpoint: node-a 1, only from 2001:db8:1::/48, no affinity, no endpoint left: rejected',
      "clusterIP [fd00:96::1]:80/tcp <- a Pod: a on node-a; client's address kept",
      'clusterIP [fd00:96::1]:80/tcp <- this node, outside: a on node-a; source rewritten',
      'load-balancer IP [2001:db8::1]:80/tcp <- 2001:db8:1::/48: a on node-a; source rewritten',
      'load-balancer IP [2001:db8::1]:80/tcp <- a Pod, this node, elsewhere: ' +
        'DROP (outside the source ranges, by KUBE-PROXY-FIREWALL in table filter); ',
    ]);
  });
});
