import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowEdge, FlowGraph, FlowNode } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { compareFlows, type FlowComparison } from '../../webview/src/model/compare-flows.ts';
import type { FlowDifference } from '../../webview/src/model/flow-difference.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { chainGraph, edge, graphOf, manyEndpoints, node, pod, richGraph } from './fixtures.ts';

const a = (graph: FlowGraph) => ({ name: 'node-a', graph });
const b = (graph: FlowGraph) => ({ name: 'node-b', graph });

function compared(before: FlowGraph, after: FlowGraph): FlowComparison {
  return compareFlows(a(before), b(after));
}

const texts = ({ differences }: FlowComparison): readonly string[] => differences.map(({ text }) => text);

/** The same difference as it is told when the flows change places; texts name the first flow first. */
function turned({ kind, side, before, after, about }: FlowDifference): unknown {
  return { kind, side: side === null ? null : side === 'before' ? 'after' : 'before', before: after, after: before, about };
}

function expectSymmetric(one: FlowGraph, other: FlowGraph): void {
  const forth = compared(one, other);
  const back = compareFlows(b(other), a(one));
  expect(back.differences.map(turned)).toEqual(forth.differences.map(({ text: _, ...rest }) => rest));
  expect(back.before.graph).toEqual(forth.after.graph);
  expect(back.after.graph).toEqual(forth.before.graph);
}

const service = node('svc', 'service', { label: 'shop/web:http', chain: 'KUBE-SVC-A', table: 'nat' });
const endpoint = (id: string): FlowNode =>
  node(`sep:${id}`, 'endpoint', { label: `10.0.0.${id}:80`, pod: pod(`web-${id}`, 'node-a') });
const behind = (id: string): FlowNode => node(`pod:${id}`, 'pod', { label: `web-${id}`, pod: pod(`web-${id}`, 'node-a') });

/** A Service's chain with some endpoints, each with the same share. */
function serving(...ids: readonly string[]): FlowGraph {
  return graphOf(
    [service, ...ids.flatMap((id) => [endpoint(id), behind(id)])],
    ids.flatMap((id) => [
      edge('svc', `sep:${id}`, { probability: 1 / ids.length, line: Number(id) }),
      edge(`sep:${id}`, `pod:${id}`),
    ]),
  );
}

describe('two flows that are compared', () => {
  it('differ in an endpoint, and in the shares of the others', () => {
    const comparison = compared(serving('1', '2', '3'), serving('1', '2'));
    expect(texts(comparison)).toEqual([
      'Service chain of shop/web:http: 2 targets get 33.3 % in node-a, 50 % in node-b',
      'Endpoint 10.0.0.3:80 (web-3) is only in node-a',
    ]);
    expect(comparison.summary).toBe('2 differences: 1 endpoint only in node-a, changed shares in 1 chain.');
    const contrasts = ({ nodes, edges }: FlowGraph) => [
      ...nodes.flatMap(({ id, contrast }) => (contrast === undefined ? [] : [`${id}: ${contrast.words}`])),
      ...edges.flatMap(({ to, contrast }) => (contrast === undefined ? [] : [`to ${to}: ${contrast.words}`])),
    ];
    expect(contrasts(comparison.before.graph)).toEqual([
      'sep:3: only here',
      'pod:3: only here',
      'to sep:1: 50 % there',
      'to sep:2: 50 % there',
      'to sep:3: ',
      'to pod:3: ',
    ]);
    expect(contrasts(comparison.after.graph)).toEqual(['to sep:1: 33.3 % there', 'to sep:2: 33.3 % there']);
    expect(comparison.differences[1]?.before).toEqual(['sep:3', 'pod:3']);
  });

  it('say that a place leads elsewhere, once', () => {
    expect(texts(compared(serving('1'), serving('2')))).toEqual([
      'Service chain of shop/web:http leads to endpoint 10.0.0.1:80 (web-1) in node-a, to endpoint 10.0.0.2:80 (web-2) in node-b',
    ]);
  });

  it('tell conditions, jumps, badges and readiness', () => {
    const one = serving('1', '2');
    const other: FlowGraph = {
      ...one,
      nodes: one.nodes.map((each) =>
        each.id === 'svc'
          ? { ...each, badges: [{ kind: 'affinity', label: 'affinity 10800 s', condition: '', line: 3 }] }
          : each.pod?.name === 'web-2'
            ? { ...each, pod: { ...each.pod, ready: false } }
            : each,
      ),
      edges: [
        ...one.edges.map((each) => (each.to === 'sep:1' ? { ...each, probability: null, condition: 'from 192.0.2.0/24' } : each)),
        edge('svc', 'sep:2', { probability: null, condition: 'returning client' }),
      ],
    };
    expect(texts(compared(one, other))).toEqual([
      'Service chain of shop/web:http to endpoint 10.0.0.1:80 (web-1): 50 % in node-a, from 192.0.2.0/24 in node-b',
      'The jump from service chain of shop/web:http to endpoint 10.0.0.2:80 (web-2), returning client, is only in node-b',
      'Service chain of shop/web:http: nothing of it in node-a, affinity 10800 s in node-b',
      'Endpoint 10.0.0.2:80 (web-2): ready in node-a, not ready in node-b',
    ]);
  });

  it('tell whose source address is kept', () => {
    const one = richGraph();
    const other: FlowGraph = {
      ...one,
      routes: (one.routes ?? []).map((route) => ({
        ...route,
        origins: route.origins.map((origin) => (origin.words === 'outside' ? { ...origin, masqueraded: 0.5 } : origin)),
      })),
    };
    expect(texts(compared(one, other))).toEqual([
      'clusterIP 10.96.20.10:80/tcp: the source is from outside rewritten in node-a, rewritten for 50 % in node-b'.replace(
        /^c/,
        'C',
      ),
      'NodePort 30080/tcp: the source is from outside kept in node-a, rewritten for 50 % in node-b',
    ]);
  });

  it('do not have what is drawn as missing from the dump', () => {
    const gone = serving('1', '2');
    const drawn: FlowGraph = {
      ...gone,
      nodes: gone.nodes.map((each) => (each.id.endsWith(':2') ? { ...each, drift: 'missing' } : each)),
      edges: gone.edges.map((each) => (each.to === 'sep:1' ? { ...each, probability: 1 } : each)),
    };
    expect(texts(compared(drawn, serving('1')))).toEqual([]);
    expect(texts(compared(drawn, gone))).toContain('Endpoint 10.0.0.2:80 (web-2) is only in node-b');
  });

  it('have no differences in counters and lines', () => {
    const one = richGraph();
    const later: FlowGraph = {
      ...one,
      nodes: one.nodes.map((each) => ({ ...each, line: null, packets: 7 })),
      edges: one.edges.map((each) => ({ ...each, line: null, packets: null, rule: null })),
    };
    const { differences, summary, remarks } = compared(one, later);
    expect(differences).toEqual([]);
    expect(summary).toBe('No differences: node-a and node-b have the same boxes, jumps and shares.');
    expect(remarks).toEqual([]);
  });

  it('are not sure where one of them does not show what decides', () => {
    const unsure: FlowGraph = {
      ...serving('1'),
      state: { kind: 'unknown', words: 'FORWARD is not shown', line: null, remarks: [] },
    };
    expect(compared(serving('1'), unsure).remarks).toEqual([
      'node-b does not show all that decides: what is missing there may be there all the same.',
    ]);
  });

  it('may have a state that alone differs', () => {
    const state = (kind: 'serves' | 'refuses', words: string) => ({ kind, words, line: null, remarks: [] });
    const one: FlowGraph = { ...serving('1'), state: state('serves', '1 endpoint') };
    const other: FlowGraph = { ...serving('1'), state: state('refuses', 'dropped in FORWARD') };
    expect(compared(one, other).summary).toBe('1 difference: another state.');
    expect(texts(compared(one, other))).toEqual([
      'The state is "serves: 1 endpoint" in node-a, "refuses: dropped in FORWARD" in node-b',
    ]);
  });

  it('are told in time as they are large', () => {
    const { differences } = compared(manyEndpoints(2000), manyEndpoints(1990));
    expect(differences.filter(({ kind }) => kind === 'only')).toHaveLength(10);
  });
});

describe('real flows', () => {
  const flows = ['shop', 'shop-stale'].map((folder) => {
    const cluster = clusterFrom(labPath(`${folder}/cluster.json`));
    const resolution = resolveChains(rulesetFrom(labPath(`${folder}/node-a.iptables`)), cluster);
    return (name: string): FlowGraph => {
      const answer = flowGraph(resolution, { kind: 'service', namespace: 'shop', name, port: null });
      return answer.ok ? answer.graph : graphOf([], []);
    };
  });

  it.each(['web', 'api', 'checkout', 'cart', 'payments', 'orders', 'search'])('of shop/%s', (name) => {
    const [before = graphOf([], []), after = graphOf([], [])] = flows.map((flow) => flow(name));
    expect(texts(compared(before, before))).toEqual([]);
    expect(texts(compared(after, after))).toEqual([]);
    expectSymmetric(before, after);
  });
});

/** Changes of a graph that leave it one: no other ids, no edge to what is not there. */
const changed = (graph: FlowGraph): fc.Arbitrary<FlowGraph> =>
  fc
    .record({
      gone: fc.subarray([...graph.nodes]),
      shares: fc.array(fc.constantFrom(null, 0, 0.25, 0.5, 1), { minLength: 1, maxLength: 7 }),
      conditions: fc.array(fc.constantFrom('', 'from a Pod', 'to 192.0.2.1'), { minLength: 1, maxLength: 5 }),
      bare: fc.boolean(),
    })
    .map(({ gone, shares, conditions, bare }) => {
      const away = new Set(gone.map(({ id }) => id));
      const nodes = graph.nodes.filter(({ id }) => !away.has(id)).map((each) => (bare ? { ...each, badges: [] } : each));
      const edges = graph.edges
        .filter(({ from, to }) => !away.has(from) && !away.has(to))
        .map(
          (each, at): FlowEdge => ({
            ...each,
            probability: shares[at % shares.length] ?? null,
            condition: conditions[at % conditions.length] ?? '',
          }),
        );
      return { ...graph, nodes, edges };
    });

describe('comparing', () => {
  const graphs = fc.constantFrom(richGraph(), chainGraph(), serving('1', '2', '3'), manyEndpoints(30));

  it('finds nothing between a flow and itself', () => {
    fc.assert(
      fc.property(graphs.chain(changed), (graph) => {
        const { differences, before, after } = compared(graph, structuredClone(graph));
        expect(differences).toEqual([]);
        expect(before.graph).toEqual(graph);
        expect(after.graph).toEqual(graph);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the same whichever flow comes first, and something wherever boxes or jumps differ', () => {
    fc.assert(
      fc.property(
        graphs.chain((graph) => fc.tuple(changed(graph), changed(graph))),
        ([one, other]) => {
          expectSymmetric(one, other);
          const ids = ({ nodes }: FlowGraph) => nodes.flatMap(({ id, drift }) => (drift === 'missing' ? [] : [id])).toSorted();
          if (ids(one).join() !== ids(other).join()) expect(compared(one, other).differences).not.toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
