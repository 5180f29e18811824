import { describe, expect, it } from 'vitest';
import type { FlowGraph, FlowNode } from '../../server/src/kube/flow/graph.ts';
import { flowAnswer } from '../../webview/src/model/answer.ts';
import type { AnswerWords } from '../../webview/src/model/answer-words.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { chainGraph, edge, graphOf, manyEndpoints, node, pod, richGraph } from './fixtures.ts';

function answerOf(graph: FlowGraph) {
  const answer = flowAnswer(indexGraph(graph));
  if (answer === null) throw new Error('no answer');
  return answer;
}

const said = ({ text, tone }: AnswerWords): string => (tone === 'plain' ? text : `${tone}: ${text}`);

const verdict = (label: string, detail: string, line: number | null = null): FlowNode =>
  node('end', 'verdict', { label, detail, line, shares: { e: 1 } });

/** A clusterIP whose packets all end at some node. */
function oneEnd(end: FlowNode): FlowGraph {
  return graphOf([node('e', 'entry', { label: '10.96.0.1:80/tcp' }), end], [edge('e', end.id)], {
    entries: [{ id: 'e', kind: 'cluster-ip', ip: '10.96.0.1', port: 80, protocol: 'tcp', label: '10.96.0.1:80/tcp' }],
    routes: [{ entry: 'e', origins: [{ words: 'anywhere', masqueraded: 0 }], ends: null }],
  });
}

describe('the answer of a flow', () => {
  const pod1 = node('end', 'pod', { label: 'web-1', pod: pod('web-1', 'node-a'), shares: { e: 1 } });

  it.each([
    [{ kind: 'serves', words: '1 endpoint' }, 'good: Serves'],
    [{ kind: 'leads', words: '1 endpoint, as far as shown' }, 'unsure: Serves: 1 endpoint, as far as shown'],
    [
      { kind: 'leads', words: 'KUBE-SVC-A is not in the dump at NodePort 30080/tcp' },
      'unsure: Serves, as far as shown: KUBE-SVC-A is not in the dump at NodePort 30080/tcp',
    ],
    [{ kind: 'limited', words: 'only from 192.0.2.0/24' }, 'warning: Serves some: only from 192.0.2.0/24'],
    [{ kind: 'no-endpoints', words: 'no endpoints' }, 'bad: Refuses: no endpoints'],
    [{ kind: 'refuses', words: 'dropped in FORWARD' }, 'bad: Refuses: dropped in FORWARD'],
    [{ kind: 'unreached', words: 'no rule leads to it' }, 'bad: Not reached: no rule leads to it'],
    [{ kind: 'unknown', words: 'FORWARD is not shown' }, 'unsure: Not known: FORWARD is not shown'],
  ] as const)('says what the list of Services says of it', (state, expected) => {
    expect(said(answerOf({ ...oneEnd(pod1), state: { ...state, line: null, remarks: [] } }).state)).toBe(expected);
  });

  it('is not that all is well where something is wrong', () => {
    const graph: FlowGraph = {
      ...oneEnd({ ...pod1, drift: 'stale' }),
      state: { kind: 'serves', words: '1 endpoint', line: null, remarks: [] },
    };
    expect(said(answerOf(graph).state)).toBe('warning: Serves, with 1 fault');
  });

  it('is not that all is well where no endpoint is ready', () => {
    const graph: FlowGraph = {
      ...oneEnd({ ...pod1, pod: pod('web-1', 'node-a', false) }),
      state: { kind: 'serves', words: '1 endpoint', line: null, remarks: [] },
    };
    expect(said(answerOf(graph).state)).toBe('warning: Serves, no endpoint ready');
  });

  it('says of a Service whose last Pods terminate that they alone serve', () => {
    const graph: FlowGraph = {
      ...oneEnd({ ...pod1, pod: { ...pod('web-1', 'node-a', false), terminating: true } }),
      state: { kind: 'serves', words: '1 endpoint', line: null, remarks: [] },
    };
    const { state, facts } = answerOf(graph);
    expect(said(state)).toBe('warning: Serves, by terminating Pods alone');
    expect(facts.map(said)).toEqual(['1 endpoint: node-a 1', 'warning: 0 of 1 ready', 'warning: 1 terminating']);
  });

  it('does not say that no endpoint is reached where that is not known', () => {
    const facts = (end: FlowNode) => answerOf(oneEnd(end)).facts.map(said);
    expect(facts(verdict('not known', 'the dump does not show all of KUBE-SERVICES'))).toEqual(['unsure: endpoints not known']);
    expect(facts(verdict('REJECT', 'no endpoints', 12))).toEqual(['bad: no endpoint is reached']);
  });

  it('says which endpoints of the Service get no packets, and why', () => {
    const graph: FlowGraph = { ...oneEnd(pod1), leftOut: { notReady: 2, terminating: 1, elsewhere: 0 } };
    expect(answerOf(graph).facts.map(said)).toEqual(['1 endpoint: node-a 1', 'not used: 2 not ready, 1 terminating']);
    const hinted: FlowGraph = { ...oneEnd(pod1), leftOut: { notReady: 0, terminating: 0, elsewhere: 3 } };
    expect(answerOf(hinted).facts.map(said)).toContain('not used: 3 for other zones or nodes');
  });

  it.each([
    [pod1, 'unsure: Serves, as far as is drawn'],
    [verdict('REJECT', 'no endpoints', 12), 'bad: Refuses everything: no endpoints'],
    [verdict('DROP', 'policy of FORWARD in table filter'), 'bad: Drops everything: policy of FORWARD in table filter'],
    [verdict('not redirected', ''), 'warning: Redirects nothing'],
    [verdict('not known', 'KUBE-SVC-X is not shown'), 'unsure: Not known: KUBE-SVC-X is not shown'],
  ])('says what the drawing shows where nobody looked at the whole', (end, expected) => {
    expect(said(answerOf(oneEnd(end)).state)).toBe(expected);
  });

  it('leads from a refusal to its rule', () => {
    const { state } = answerOf(oneEnd(verdict('REJECT', 'no endpoints', 12)));
    expect([state.node, state.line]).toEqual(['end', 12]);
  });

  it('has no complaint about what kube-proxy itself answers', () => {
    const served = oneEnd(node('end', 'pod', { label: 'web-1', pod: pod('web-1', null), shares: { e: 1 } }));
    const graph: FlowGraph = {
      ...served,
      nodes: [...served.nodes, node('yes', 'verdict', { label: 'ACCEPT', line: 9, shares: { hc: 1 } })],
      entries: [
        ...served.entries,
        { id: 'hc', kind: 'health-check', ip: null, port: 32000, protocol: 'tcp', label: 'health check port 32000/tcp' },
      ],
      routes: [...(served.routes ?? []), { entry: 'hc', origins: [{ words: 'outside', masqueraded: 0 }], ends: null }],
    };
    const { routes } = answerOf(graph);
    expect(routes.map(({ entries: [entry], ends }) => [entry?.text, ...ends.map(said)])).toEqual([
      ['clusterIP 10.96.0.1:80/tcp', 'web-1'],
      ['health check port 32000/tcp', 'kube-proxy itself: HTTP 200 with a ready endpoint on this node, else 503'],
    ]);
  });

  it('says for each entry and origin where packets end and whose address they keep', () => {
    const { state, facts, details, routes, faults } = answerOf(richGraph());
    expect(said(state)).toBe('warning: Serves some: only from 203.0.113.0/24 at 203.0.113.80:80/tcp');
    expect(facts.map(said)).toEqual(['3 endpoints: node-a 1, node-b 1, no known Pod 1', 'warning: 1 of 2 ready']);
    expect(details.map(said)).toEqual([
      '2 source ranges',
      'local endpoints only from outside',
      'affinity 10800 s',
      'no endpoint left: rejected; none on this node: dropped',
    ]);
    const again = 'all 3 endpoints, 33.3 % each';
    const all = 'web-7d9c-x2x4z on node-a, web-7d9c-m8r7t on node-b, bad: 10.244.2.9:8080, 33.3 % each';
    expect(
      routes.map(({ entries: [entry], from, ends, source }) => [entry?.text, from, ends.map(said).join(', '), source]),
    ).toEqual([
      ['clusterIP 10.96.20.10:80/tcp', 'a Pod', all, "client's address kept"],
      ['clusterIP 10.96.20.10:80/tcp', 'this node, outside', again, 'source rewritten'],
      ['NodePort 30080/tcp', 'outside', 'web-7d9c-x2x4z on node-a', "client's address kept"],
      ['NodePort 30080/tcp', 'a Pod', again, "client's address kept"],
      ['NodePort 30080/tcp', 'this node', again, 'source rewritten'],
      ['load-balancer IP 203.0.113.80:80/tcp', '203.0.113.0/24', 'web-7d9c-x2x4z on node-a', "client's address kept"],
      ['load-balancer IP 203.0.113.80:80/tcp', 'elsewhere', 'bad: DROP (KUBE-PROXY-FIREWALL)', ''],
    ]);
    expect(faults.map(said)).toEqual([
      'bad: Endpoint 10.244.2.9:8080 is no longer in the cluster.',
      'bad: Pod web-7d9c-q9kkl missing: in the cluster, not in the dump',
      'warning: 10.244.1.7:8080 got no packet of 830 packets, where 33.3 % were expected',
    ]);
  });

  it('says that the client’s address is kept as far as shown, where not all is', () => {
    const source = (kind: 'serves' | 'leads'): readonly string[] =>
      answerOf({ ...oneEnd(pod1), state: { kind, words: '1 endpoint', line: null, remarks: [] } }).routes.map(
        (route) => route.source,
      );
    expect(source('serves')).toEqual(["client's address kept"]);
    expect(source('leads')).toEqual(["client's address kept, as far as shown"]);
  });

  it('says that there is no affinity, and what comes without endpoints, where all is shown and kube-proxy serves', () => {
    const service = node('svc', 'service', { label: 'shop/web' });
    const base = oneEnd(pod1);
    const serving = (kind: 'serves' | 'leads' | 'unknown', more: readonly FlowNode[]): FlowGraph => ({
      ...base,
      nodes: [...base.nodes, ...more],
      state: { kind, words: '1 endpoint', line: null, remarks: [] },
    });
    const details = (graph: FlowGraph) => answerOf(graph).details.map(said);
    expect(details(serving('serves', [service]))).toEqual(['no affinity', 'no endpoint left: rejected']);
    expect(details(serving('leads', [service]))).toEqual([]);
    expect(details(serving('unknown', [service]))).toEqual([]);
    expect(details(serving('serves', []))).toEqual([]);
    const badge = { kind: 'local-only', label: 'endpoints of this node', condition: '', line: 3 } as const;
    const local = node('svl', 'service-local', { label: 'shop/web', badges: [badge] });
    const dispatch = node('services', 'dispatch');
    // Local for clients in the cluster: the clusterIP leads straight to it.
    const inside = serving('serves', [local, dispatch]);
    expect(details({ ...inside, edges: [...inside.edges, edge('services', 'svl')] })).toEqual([
      'local endpoints only',
      'no affinity',
      'no endpoint left: rejected; none on this node: dropped',
    ]);
  });

  it('counts by node what is too much to name', () => {
    const graph: FlowGraph = {
      ...manyEndpoints(1000, 3),
      routes: [{ entry: 'e', origins: [{ words: 'anywhere', masqueraded: 0 }], ends: null }],
    };
    const [route] = answerOf(graph).routes;
    expect(route?.ends.map(said)).toEqual([
      'node-1: 334 endpoints 33.4 %',
      'node-2: 333 endpoints 33.3 %',
      'node-3: 333 endpoints 33.3 %',
    ]);
  });

  it('counts a Pod once that has an endpoint for each of several ports', () => {
    const two = [1, 2].map((at) =>
      node(`end${at}`, 'pod', { label: 'web-1', pod: { ...pod('web-1', 'node-a'), ready: false }, shares: { e: 0.5 } }),
    );
    const base = oneEnd(pod1);
    const graph: FlowGraph = { ...base, nodes: [...base.nodes.filter(({ kind }) => kind === 'entry'), ...two] };
    expect(answerOf(graph).facts.map(said)).toEqual(['2 endpoints of 1 Pod: node-a 2', 'warning: 0 of 1 ready']);
  });

  it('does not list nodes again, and never hundreds of them', () => {
    const anywhere = (masqueraded: number) => ({ words: masqueraded === 0 ? 'a Pod' : 'outside', masqueraded });
    const routesOf = (graph: FlowGraph) =>
      answerOf({ ...graph, routes: [{ entry: 'e', origins: [anywhere(0), anywhere(1)], ends: null }] }).routes;
    const ends = (graph: FlowGraph) => routesOf(graph).map((route) => route.ends.map(said).join(', '));
    expect(ends(manyEndpoints(9, 3))).toEqual([
      'node-1: 3 endpoints 33.3 %, node-2: 3 endpoints 33.3 %, node-3: 3 endpoints 33.3 %',
      'all 9 endpoints, 11.1 % each',
    ]);
    expect(ends(manyEndpoints(1000, 500))).toEqual(['all 1,000 endpoints, 0.1 % each', 'all 1,000 endpoints, 0.1 % each']);
  });

  it('is one for entries whose packets all fare alike', () => {
    const base = oneEnd(pod1);
    const ports = Array.from({ length: 20 }, (_, at) => `10.96.0.1:${9000 + at}/tcp`);
    const alike = (count: number): FlowGraph => ({
      ...base,
      nodes: [
        ...ports.map((label, at) => node(`e${at}`, 'entry', { label })),
        { ...pod1, shares: Object.fromEntries(ports.map((_, at) => [`e${at}`, 1])) },
      ],
      entries: ports
        .slice(0, count)
        .map((label, at) => ({ id: `e${at}`, kind: 'cluster-ip', ip: '10.96.0.1', port: 9000 + at, protocol: 'tcp', label })),
      routes: ports
        .slice(0, count)
        .map((_, at) => ({ entry: `e${at}`, origins: [{ words: 'anywhere', masqueraded: 0 }], ends: null })),
    });
    const named = (graph: FlowGraph) => answerOf(graph).routes.map(({ entries }) => entries.map(said).join(', '));
    expect(named(alike(3))).toEqual(['clusterIP 10.96.0.1:9000/tcp, 10.96.0.1:9001/tcp, 10.96.0.1:9002/tcp']);
    expect(named(alike(20))).toEqual(['clusterIP 10.96.0.1:9000/tcp, 10.96.0.1:9001/tcp, 10.96.0.1:9002/tcp, and 17 more']);
    // One that keeps the client's address no longer fares alike.
    const [first, second, ...others] = alike(3).routes ?? [];
    const apart: FlowGraph = {
      ...alike(3),
      routes: [first, { entry: 'e1', origins: [{ words: 'anywhere', masqueraded: 1 }], ends: null }, ...others].flatMap(
        (route) => route ?? [],
      ),
    };
    expect(second?.entry).toBe('e1');
    expect(named(apart)).toEqual(['clusterIP 10.96.0.1:9000/tcp, 10.96.0.1:9002/tcp', 'clusterIP 10.96.0.1:9001/tcp']);
  });

  it('names the beginning and the end of a very long name', () => {
    const name = `${'pod-with-a-long-name.'.repeat(12)}x7`;
    const [route] = answerOf(oneEnd({ ...pod1, label: name })).routes;
    const [end] = route?.ends ?? [];
    expect(end?.text.length).toBeLessThan(160);
    expect(end?.text).toMatch(/^pod-with-a-long-name.*….*x7 on node-a$/);
  });

  it('is none for a graph of chains', () => {
    expect(flowAnswer(indexGraph(chainGraph()))).toBeNull();
  });
});
