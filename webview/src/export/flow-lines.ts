import type { FlowGraph } from '../../../server/src/kube/flow/graph.ts';
import { indexGraph } from '../model/graph-index.ts';
import { arrange } from '../model/groups.ts';
import { allMapItems } from './map-items.ts';
import { type TextItem, textItems } from './text-tree.ts';

/** A flow as an indented list with every endpoint of it, for a terminal. */
export function flowLines(graph: FlowGraph): readonly TextItem[] {
  const index = indexGraph(graph);
  if (index.map !== null) return allMapItems(index.map);
  const arrangement = arrange(index, null, null);
  const open = new Set((arrangement.groups ?? []).map((group) => group.id));
  return textItems(index, arrangement, open, new Set());
}
