import { describe, expect, it } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type LayoutOptions, plainOptions } from '../../webview/src/layout/model.ts';
import { foldPorts, portFoldOf } from '../../webview/src/model/fold-ports.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { flowOfPorts } from './many-ports.ts';

function labels(graph: FlowGraph, more: Partial<LayoutOptions> = {}): readonly string[] {
  return layoutFlow(indexGraph(graph), { ...plainOptions, ...more }).boxes.map(({ node: of }) => of?.label ?? '');
}

describe('ports that are alike', () => {
  it('are drawn as one, which says how many more there are', () => {
    expect(labels(flowOfPorts(20)).toSorted()).toEqual([
      '10.244.0.1:8000 +19 ports',
      '10.244.0.2:8000 +19 ports',
      '10.96.0.20:8000/tcp +19 ports',
      'KUBE-NODEPORTS',
      'KUBE-SERVICES',
      'NodePort 31000/tcp +19 ports',
      'bus-0',
      'bus-1',
      'shop/bus:p0 +19 ports',
      'shop/bus:p0 +19 ports',
    ]);
  });

  it('are so in IPv6, too, and as an outline', () => {
    expect(labels(flowOfPorts(20, [], 'ipv6'), { form: 'outline', room: 700 })).toContain('[fd00:244::1]:8000 +19 ports');
    expect(labels(flowOfPorts(20, [], 'ipv6'))).toHaveLength(10);
  });

  it('are drawn apart where they are few', () => {
    expect(foldPorts(indexGraph(flowOfPorts(3)), new Set())).toBeNull();
  });

  it('leave out one that fares otherwise, which is drawn by itself', () => {
    const drawn = labels(flowOfPorts(20, ['p7']));
    expect(drawn).toContain('10.96.0.20:8007/tcp');
    expect(drawn).toContain('10.96.0.20:8000/tcp +18 ports');
    expect(drawn).toContain('REJECT');
  });

  it('leave out one whose endpoint no longer exists, or got no packet', () => {
    const graph = flowOfPorts(20);
    const of = (port: string, kind: string) => graph.nodes.find((at) => at.kind === kind && at.service?.port === port);
    const stale = of('p3', 'endpoint');
    const changed = { ...graph, nodes: graph.nodes.map((at) => (at === stale ? { ...at, drift: 'stale' as const } : at)) };
    expect(labels(changed)).toContain('shop/bus:p3');
    const idle = of('p4', 'endpoint');
    const edges = graph.edges.map((edge) => ({ ...edge, packets: edge.to === idle?.id ? 0 : 5 }));
    expect(labels({ ...graph, edges })).toContain('shop/bus:p4');
  });

  it('are found by each of them: its node is folded into the one that is drawn, its rules into the edges', () => {
    const graph = flowOfPorts(20);
    const layout = layoutFlow(indexGraph(graph), plainOptions);
    const chain = (port: string) => graph.nodes.find((at) => at.kind === 'service' && at.service?.port === port)?.id ?? '';
    expect(layout.foldedInto?.(chain('p7'))).toBe(chain('p0'));
    expect(layout.foldedInto?.(chain('p0'))).toBeUndefined();
    const drawn = new Set(layout.edges.flatMap(({ edges }) => edges));
    expect(graph.edges.filter((edge) => !drawn.has(edge))).toEqual([]);
  });

  it('open in place, by the entry that stands for them, and close again', () => {
    const graph = flowOfPorts(20);
    const folded = foldPorts(indexGraph(graph), new Set())?.index.graph.nodes ?? [];
    const folds = folded.flatMap((node) => portFoldOf(node) ?? []);
    // Those of the clusterIP and of the NodePort.
    expect(folds.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    expect(new Set(folds.map(({ id }) => id)).size).toBe(1);
    const open = new Set(folds.map(({ id }) => id));
    const opened = foldPorts(indexGraph(graph), open);
    expect(opened?.index.graph.nodes.map(({ label }) => label)).toEqual(graph.nodes.map(({ label }) => label));
    expect(opened?.index.graph.nodes.flatMap((node) => portFoldOf(node) ?? [])).toEqual(
      folds.map(({ id }) => ({ id, isOpen: true })),
    );
    expect(labels(graph, { open })).toContain('shop/bus:p7');
    const state = (more: Partial<LayoutOptions>) =>
      layoutFlow(indexGraph(graph), { ...plainOptions, ...more }).boxes.map(({ content }) => content.state);
    expect(state({}).filter((each) => each === 'closed')).toHaveLength(2);
    expect(state({ open, grouping: null }).filter((each) => each === 'open')).toHaveLength(2);
  });

  it('add up what their rules counted', () => {
    const graph = flowOfPorts(20);
    const counted = { ...graph, edges: graph.edges.map((edge) => ({ ...edge, packets: edge.line === null ? null : 3 })) };
    const folded = foldPorts(indexGraph(counted), new Set());
    const picks = folded?.index.graph.edges.filter(({ from, to }) => from.includes('KUBE-SVC-') && to.includes('KUBE-SEP-'));
    expect(picks?.map(({ packets }) => packets)).toEqual([60, 60]);
  });

  it('are all drawn for who filters', () => {
    const graph = flowOfPorts(20);
    const all = new Set(graph.nodes.map(({ id }) => id));
    expect(labels(graph, { keep: all })).toContain('shop/bus:p7');
  });
});
