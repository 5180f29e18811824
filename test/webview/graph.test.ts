import { describe, expect, it } from 'vitest';
import { percentText } from '../../server/src/base/percent.ts';
import { edgeLines, lineOf, nodeFacts, nodeName, seenShares } from '../../webview/src/model/describe.ts';
import { findPlace, indexGraph, pathsThrough } from '../../webview/src/model/graph-index.ts';
import { nodeShares, routeFacts, routeLine } from '../../webview/src/model/routes.ts';
import { filterOf, findNodes } from '../../webview/src/model/search.ts';
import { chainGraph, manyEndpoints, richGraph } from './fixtures.ts';

const rich = indexGraph(richGraph());

function nodeOf(id: string) {
  const found = rich.nodes.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

describe('the path through a place', () => {
  it('runs from every entry to every end', () => {
    const lit = pathsThrough(rich, ['svl']);
    expect([...lit.nodes].toSorted()).toEqual(
      ['e:ip', 'e:lb', 'e:np', 'ext', 'fw', 'nodeports', 'pod:1', 'sep:1', 'services', 'svl'].toSorted(),
    );
  });

  it('goes along one rule only when the cursor is on it', () => {
    const { nodes, edges } = findPlace(rich, { line: 82, table: 'nat', chain: 'KUBE-SVL-LNITJ2S4TDGKMAA3' });
    expect(nodes).toEqual([]);
    expect(edges.map((edge) => edge.to)).toEqual(['sep:1']);
    expect(pathsThrough(rich, nodes, edges).nodes.has('svc')).toBe(false);
  });

  it('falls back to the declaration, a badge’s rule, and the chain', () => {
    const at = (line: number | null, chain: string | null) => findPlace(rich, { line, table: 'nat', chain }).nodes;
    expect(at(33, null)).toEqual(['svc']);
    expect(at(74, null)).toEqual(['svc']);
    expect(at(999, 'KUBE-SEP-2XZJVPRY2PQVE3B3')).toEqual(['sep:1']);
    expect(at(999, 'ELSEWHERE')).toEqual([]);
    expect(at(null, null)).toEqual([]);
  });

  it('ends in a loop', () => {
    expect(pathsThrough(indexGraph(chainGraph()), ['AGAIN']).nodes.has('DOCKER-FORWARD')).toBe(true);
  });
});

describe('search', () => {
  const ids = (query: string) => findNodes(rich, query).map((node) => node.id);

  it('finds chains, addresses, Pods, nodes and states, all words in any order', () => {
    expect(ids('kube-svl')).toEqual(['svl']);
    expect(ids('10.244.1.7')).toEqual(['sep:2', 'pod:2']);
    expect(ids('NODE-B m8r')).toEqual(['pod:2']);
    expect(ids('not ready')).toEqual(['pod:2']);
    expect(ids('stale')).toEqual(['sep:3', 'addr:3']);
    expect(ids('  ')).toEqual([]);
    expect(ids('.*')).toEqual([]);
  });

  it('filters endpoints together with their Pods', () => {
    expect(filterOf(rich, '10.244.1.7')).toEqual(new Set(['sep:2', 'pod:2']));
    expect(filterOf(rich, 'm8r7t')).toEqual(new Set(['sep:2', 'pod:2']));
    expect(filterOf(rich, '')).toBeNull();
    expect(filterOf(rich, 'nothing like it')).toEqual(new Set());
    expect(filterOf(indexGraph(manyEndpoints(100)), 'node-7')?.size).toBe(16);
  });
});

describe('words', () => {
  it('tell an endpoint’s share for each entry, and what was seen', () => {
    expect(nodeShares(rich, nodeOf('sep:1')).map(({ entry, from, share }) => [entry, from, percentText(share)])).toEqual([
      ['10.96.20.10:80/tcp', '', '33.3 %'],
      ['NodePort 30080/tcp', 'from outside', '100 %'],
      ['NodePort 30080/tcp', 'from a Pod, this node', '33.3 %'],
      ['203.0.113.80:80/tcp', 'from 203.0.113.0/24', '100 %'],
      ['203.0.113.80:80/tcp', 'from elsewhere', '0 %'],
    ]);
    // What only other origins reach, and what no graph says of.
    expect(nodeShares(rich, nodeOf('drop')).map(({ from, share }) => [from, share])).toEqual([
      ['from 203.0.113.0/24', 0],
      ['from elsewhere', 1],
    ]);
    expect(nodeShares(indexGraph({ ...richGraph(), routes: [] }), nodeOf('sep:1')).map(({ share }) => share)).toEqual([
      1 / 3,
      1,
      1,
    ]);
    expect(seenShares(rich, nodeOf('sep:1'))).toEqual([
      { chain: 'KUBE-SVC-LNITJ2S4TDGKMAA3', expected: 1 / 3, seen: 412 / 830, packets: 412 },
    ]);
  });

  it('say where packets end, by where they come from and how they are changed', () => {
    expect(routeFacts(richGraph()).map((fact) => `${fact.label} ${routeLine(fact)}`)).toEqual([
      '10.96.20.10:80/tcp from a Pod: 3 endpoints, 33.3 % each',
      '10.96.20.10:80/tcp from this node, outside: 3 endpoints, 33.3 % each, masqueraded',
      'NodePort 30080/tcp from outside: web-7d9c-x2x4z',
      'NodePort 30080/tcp from a Pod: 3 endpoints, 33.3 % each',
      'NodePort 30080/tcp from this node: 3 endpoints, 33.3 % each, masqueraded',
      '203.0.113.80:80/tcp from 203.0.113.0/24: web-7d9c-x2x4z',
      '203.0.113.80:80/tcp from elsewhere: DROP',
    ]);
    expect(routeFacts(manyEndpoints(3))).toEqual([]);
  });

  it('name the rule that a click shows', () => {
    // A chain's first rule, not its declaration.
    expect(lineOf(rich, nodeOf('svc'))).toBe(74);
    expect(lineOf(rich, { ...nodeOf('svc'), id: 'alone', badges: [] })).toBe(33);
    // A Pod's own, which sends packets there.
    expect(lineOf(rich, { ...nodeOf('pod:1'), line: 91 })).toBe(91);
    // An entry has no rule of its own, and none leads to it.
    expect(lineOf(rich, nodeOf('e:ip'))).toBeNull();
    expect(lineOf(rich, nodeOf('pod:1'))).toBe(85);
  });

  it('call an entry by its address, also where it has a chain', () => {
    expect(nodeName({ ...nodeOf('e:ip'), chain: 'KUBE-SERVICES' })).toBe('10.96.20.10:80/tcp');
    expect(nodeName(nodeOf('svl'))).toBe('KUBE-SVL-LNITJ2S4TDGKMAA3');
  });

  it('give the facts of a Pod', () => {
    expect(nodeFacts(nodeOf('pod:2')).map(({ term, text }) => `${term}: ${text}`)).toEqual([
      'Detail: 10.244.1.7:8080',
      'Address: 10.244.1.7:8080',
      'Pod: shop/web-7d9c-m8r7t on node-b',
      'Readiness: not ready',
    ]);
  });

  it('quote the rule at an edge', () => {
    expect(edgeLines(rich, rich.in('sep:1').slice(0, 1))).toEqual([
      'line 75: client seen within 10800 s to KUBE-SEP-2XZJVPRY2PQVE3B3 (200 packets)',
    ]);
    expect(edgeLines(rich, rich.in('fw'))[0]).toMatch(/^line 51: -A KUBE-SERVICES -d 203\.0\.113\.80\/32 .* \(75 packets\)$/);
    expect(
      edgeLines(
        rich,
        Array.from({ length: 9 }, () => rich.graph.edges[0]).filter((e) => e !== undefined),
      ).at(-1),
    ).toBe('and 3 more rules');
  });
});
