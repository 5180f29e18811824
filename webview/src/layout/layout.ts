/**
 * Where everything of a flow's drawing is, in pixels. Without a DOM: the page, the command line and the exported files share it.
 */
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import { type FoldedPorts, foldPorts } from '../model/fold-ports.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { arrange } from '../model/groups.ts';
import { isLoopOfChains, layoutChains } from './chain-layout.ts';
import { layoutColumns } from './columns-layout.ts';
import { layoutMap } from './map-layout.ts';
import type { Layout, LayoutOptions } from './model.ts';
import { layoutOutline } from './outline-layout.ts';

/** Lays a flow out; ports that are alike are one. Never fails: a graph with loops, or without entries, is drawn as well as it goes. */
export function layoutFlow(index: GraphIndex, options: LayoutOptions): Layout {
  if (index.map !== null) return layoutMap(index.map, options);
  // A filter picks ports out by name.
  const folded = options.keep === null ? foldPorts(index, options.open) : null;
  return folded === null ? layoutWhole(index, options) : withFolded(layoutWhole(folded.index, options), folded);
}

function layoutWhole(index: GraphIndex, options: LayoutOptions): Layout {
  const arrangement = arrange(index, options.grouping, options.keep);
  if (options.form === 'outline') return layoutOutline(index, arrangement, options);
  return isLoopOfChains(index) ? layoutChains(index, arrangement, options) : layoutColumns(index, arrangement, options);
}

/** What is drawn stands for all that is folded into it, so that it is found and lit by each. */
function withFolded(layout: Layout, { index, into, edges }: FoldedPorts): Layout {
  const all = (own: readonly FlowEdge[]): readonly FlowEdge[] => own.flatMap((edge) => edges.get(edge) ?? [edge]);
  return {
    ...layout,
    drawn: index,
    foldedInto: (id) => into.get(id),
    edges: layout.edges.map((drawn) => ({
      ...drawn,
      edges: all(drawn.edges),
      labels: drawn.labels.map((label) => ({ ...label, edges: all(label.edges) })),
    })),
  };
}
