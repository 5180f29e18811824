/** What is drawn of a map as a graph of its own, for formats that lay a graph out themselves. */
import { emptyNode, type FlowEdge, type FlowGraph } from '../../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../layout/layout.ts';
import type { LayoutOptions } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';

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
  return {
    ...same,
    nodes: boxes.map(({ id, node, content }) => node ?? emptyNode(id, 'chain', content.label, content.detail)),
    edges: drawn,
  };
}
