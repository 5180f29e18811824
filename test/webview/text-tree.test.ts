import { describe, expect, it } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { itemLine, textItems } from '../../webview/src/export/text-tree.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { arrange } from '../../webview/src/model/groups.ts';
import { chainGraph, edge, graphOf, manyEndpoints, node, richGraph } from './fixtures.ts';

function listed(graph: FlowGraph, open: readonly string[] = [], collapsed: readonly string[] = []): readonly string[] {
  const index = indexGraph(graph);
  const items = textItems(index, arrange(index, null, null), new Set(open), new Set(collapsed));
  return items.map((item) => {
    const sign = item.expanded === null ? ' ' : item.expanded ? '-' : '+';
    return `${'  '.repeat(item.level - 1)}${sign} ${itemLine(item)}`;
  });
}

describe('the flow as a list', () => {
  it('says all that the drawing shows, along the flow', () => {
    expect(listed(richGraph())).toEqual([
      '- Entry 10.96.20.10:80/tcp, clusterIP',
      '  - Dispatch chain KUBE-SERVICES, 1,830 packets',
      '    - Service chain shop/web:http, KUBE-SVC-LNITJ2S4TDGKMAA3, masquerade unless from 10.244.0.0/16, affinity 10800 s, 1,830 packets',
      '      - client seen within 10800 s; 33.3 %: Endpoint chain 10.244.0.11:8080, KUBE-SEP-2XZJVPRY2PQVE3B3, hairpin from 10.244.0.11, 612 packets',
      '          Pod shop/web-7d9c-x2x4z on node-a, 10.244.0.11:8080, ready, 612 packets',
      '      - client seen within 10800 s; 33.3 %: Endpoint chain 10.244.1.7:8080, KUBE-SEP-OYPFS5VJICHGATKP, hairpin from 10.244.1.7, 0 packets',
      '          Pod shop/web-7d9c-m8r7t on node-b, 10.244.1.7:8080, not ready, 0 packets',
      '      - client seen within 10800 s; 33.3 %: Endpoint chain 10.244.2.9:8080, KUBE-SEP-WJZ4QK2MHBA3SRUX, stale: no longer in the cluster, hairpin from 10.244.2.9, 1,218 packets',
      '          Address 10.244.2.9:8080, no Pod has this address, stale: no longer in the cluster, 1,218 packets',
      '    - Source range filter shop/web:http, KUBE-FW-LNITJ2S4TDGKMAA3, 2 source ranges, 75 packets',
      '      - from 203.0.113.0/24; from 198.51.100.0/24: External traffic chain shop/web:http, KUBE-EXT-LNITJ2S4TDGKMAA3, local only external traffic, masquerade from this node, 75 packets',
      '          from a Pod; from this node: Service chain shop/web:http, KUBE-SVC-LNITJ2S4TDGKMAA3, masquerade unless from 10.244.0.0/16, affinity 10800 s, 0 packets (see above)',
      '        - from outside: Service chain, local endpoints shop/web:http, KUBE-SVL-LNITJ2S4TDGKMAA3, 195 packets',
      '            Endpoint chain 10.244.0.11:8080, KUBE-SEP-2XZJVPRY2PQVE3B3, hairpin from 10.244.0.11, 195 packets (see above)',
      '        from elsewhere: Verdict DROP, KUBE-PROXY-FIREWALL, 0 packets',
      '    - to an address of this node: Dispatch chain KUBE-NODEPORTS, 120 packets',
      '        External traffic chain shop/web:http, KUBE-EXT-LNITJ2S4TDGKMAA3, local only external traffic, masquerade from this node, 120 packets (see above)',
      '- Entry NodePort 30080/tcp, any address of node-a',
      '    Dispatch chain KUBE-SERVICES, 120 packets (see above)',
      '- Entry 203.0.113.80:80/tcp, load-balancer IP',
      '    Dispatch chain KUBE-SERVICES, 75 packets (see above)',
      '  Pod shop/web-7d9c-q9kkl on node-b, 10.244.1.31:8080, ready, missing: in the cluster, not in the dump',
    ]);
  });

  it('keeps groups closed until they are opened', () => {
    expect(listed(manyEndpoints(40, 2))).toEqual([
      '- Entry 10.96.77.7:443/tcp, clusterIP',
      '  - Dispatch chain KUBE-SERVICES',
      '    - Service chain big/fleet:https, KUBE-SVC-4N57TFCL4MD7ZTDA, masquerade unless from 10.128.0.0/9',
      '      + 50 %: node-1, 20 endpoints',
      '      + 50 %: node-2, 20 endpoints',
    ]);
    const open = listed(manyEndpoints(40, 2), ['group:node:node-2']);
    expect(open).toHaveLength(5 + 2 * 20);
    expect(open[5]).toMatch(/^ {8}- 2\.5 %: Endpoint chain 10\.128\.0\.1:8443/);
    expect(open[6]).toMatch(/^ {12}Pod big\/fleet-6b8f-00001 on node-2/);
  });

  it('folds what is folded', () => {
    expect(listed(manyEndpoints(3), [], ['services'])).toEqual([
      '- Entry 10.96.77.7:443/tcp, clusterIP',
      '  + Dispatch chain KUBE-SERVICES',
    ]);
  });

  it('ends loops, also one that nothing leads to', () => {
    const lines = listed(chainGraph()).map((line) => line.trim());
    expect(lines.filter((line) => line.startsWith('- ') && line.includes('Chain DOCKER-FORWARD'))).toHaveLength(1);
    expect(lines).toContain('mark 0x2: Chain DOCKER-FORWARD, filter, line 5 (see above)');
    const ring = graphOf([node('A', 'chain'), node('B', 'chain')], [edge('A', 'B', { line: 1 }), edge('B', 'A', { line: 2 })]);
    expect(listed(ring)).toEqual(['- Chain A', '  - Chain B', '      Chain A (see above)']);
  });

  it('gives every item a key and a place of its own', () => {
    const index = indexGraph(richGraph());
    const items = textItems(index, arrange(index, null, null), new Set(), new Set());
    expect(new Set(items.map((item) => item.key)).size).toBe(items.length);
    const endpoints = items.filter((item) => item.parent?.endsWith('/svc') === true);
    expect(endpoints.map((item) => [item.place, item.siblings])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });
});
