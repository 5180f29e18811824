/** What tests of layouts ask for: a graph as it is laid out, and what stands where. */
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Box, type Layout, type LayoutOptions, plainOptions } from '../../webview/src/layout/model.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';

/** Its layout; in columns, groups closed, where nothing else is said. */
export function layout(graph: FlowGraph, options: Partial<LayoutOptions> = {}): Layout {
  return layoutFlow(indexGraph(graph), { ...plainOptions, ...options });
}

/** The box of a node or group, which must be there. */
export function box(layout: Layout, id: string): Box {
  const found = layout.boxes.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no box ${id}`);
  return found;
}

/** All lines of the labels at the edge between two boxes. */
export function labelTexts(layout: Layout, from: string, to: string): readonly string[] {
  const drawn = layout.edges.find((candidate) => candidate.from === from && candidate.to === to);
  return drawn?.labels.flatMap((label) => label.lines.map((line) => line.text)) ?? [];
}
