/** What is drawn of a map as a graph of its own, for formats that lay a graph out themselves. */
import type { FlowEdge, FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../layout/layout.ts';
import type { Box, LayoutOptions } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';

/** A box that stands for several nodes as one node. */
function foldNode({ id, content }: Box): FlowNode {
  return {
    id,
    kind: 'chain',
    label: content.label,
    detail: content.detail,
    table: null,
    chain: null,
    line: null,
    service: null,
    pod: null,
    address: null,
    shares: {},
    share: null,
    badges: [],
    drift: null,
    packets: null,
  };
}

/** A graph as it is, or of a map what is drawn of it: a node for each box, and from a namespace to its Services. */
export function drawnGraph(index: GraphIndex, options: LayoutOptions): FlowGraph {
  if (index.map === null) return index.graph;
  const { boxes, edges } = layoutFlow(index, { ...options, form: 'columns' });
  const { map: _, ...same } = index.graph;
  const bare = { line: null, rule: null, packets: null, condition: '' } as const;
  const drawn = edges.map(({ from, to, edges: own }): FlowEdge => {
    const isDead = own.length > 0 && own.every(({ probability }) => probability === 0);
    return { ...bare, from, to, probability: isDead ? 0 : null };
  });
  return { ...same, nodes: boxes.map((box) => box.node ?? foldNode(box)), edges: drawn };
}
