import { Graph, layout as runDagre } from '@dagrejs/dagre';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import { boxContent, nameWidth, naturalWidth } from './box-content.ts';
import { alongPoints, type Point } from './edge-path.ts';
import { labelsOf, mergeGraph } from './merged-edges.ts';
import { type Box, type DrawnEdge, type EdgeLabel, type Layout, type LayoutOptions, margin } from './model.ts';

const widestBox = 260;
const widestLabel = 150;

interface Placed {
  readonly x: number;
  readonly y: number;
}

/**
 * True for a graph of chains and verdicts with a loop, which columns in rule order draw badly, of a size for which dagre is quick enough
 * (about 300 boxes).
 */
export function isLoopOfChains(index: GraphIndex): boolean {
  const { nodes, edges } = index.graph;
  if (nodes.length > 300 || edges.length > 600) return false;
  return nodes.every((node) => node.kind === 'chain' || node.kind === 'verdict') && hasLoop(index);
}

/** Takes away, as long as there is one, a node that nothing leads to: what remains is in loops or behind them. */
function hasLoop(index: GraphIndex): boolean {
  const incoming = new Map(index.graph.nodes.map((node) => [node.id, index.in(node.id).length]));
  const free = index.roots.map((node) => node.id);
  let left = incoming.size;
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left -= 1;
    for (const edge of index.out(id)) {
      const others = (incoming.get(edge.to) ?? 0) - 1;
      incoming.set(edge.to, others);
      if (others === 0) free.push(edge.to);
    }
  }
  return left > 0;
}

/** Chains from left to right by who jumps to whom, with as few crossings as dagre finds; what closes a loop runs back. */
export function layoutChains(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): Layout {
  const parts = mergeGraph(index, arrangement);
  const graph = new Graph<object, object, object>();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, edgesep: 14, ranksep: 34, marginx: margin, marginy: margin });
  const contents = new Map<string, { readonly width: number; readonly content: Box['content'] }>();
  for (const { id, node } of parts.vertices) {
    if (node === null) continue;
    const width = Math.min(naturalWidth(node, false, options.measure), Math.max(widestBox, nameWidth(node, options.measure)));
    const content = boxContent(node, false, width, options.measure);
    contents.set(id, { width, content });
    graph.setNode(id, { width, height: content.height });
  }
  const texts = new Map(
    parts.mergedEdges.map((merged) => [merged.id, labelsOf(index, merged.branches, widestLabel, options.measure)]),
  );
  for (const merged of parts.mergedEdges) {
    const labels = texts.get(merged.id) ?? [];
    const height = labels.reduce((sum, label) => sum + label.height + 3, 0);
    const width = Math.max(0, ...labels.map((label) => label.width + 12));
    graph.setEdge(merged.from, merged.to, { width, height, labelpos: 'c' });
  }
  runDagre(graph);

  const boxes: Box[] = [];
  for (const { id, node } of parts.vertices) {
    const made = contents.get(id);
    const at = placeOf(graph.node(id));
    if (node === null || made === undefined || at === null) continue;
    const { width, content } = made;
    const { height } = content;
    boxes.push({ id, node, group: null, x: at.x - width / 2, y: at.y - height / 2, width, height, content, column: 0 });
  }
  const edges: DrawnEdge[] = [];
  for (const merged of parts.mergedEdges) {
    const edge: unknown = graph.edge(merged.from, merged.to);
    const points = pointsOf(edge);
    const at = placeOf(edge);
    const placed: EdgeLabel[] = [];
    const labels = texts.get(merged.id) ?? [];
    let y = (at?.y ?? 0) - labels.reduce((sum, label) => sum + label.height + 3, -3) / 2;
    for (const label of labels) {
      placed.push({ ...label, x: (at?.x ?? 0) - label.width / 2, y });
      y += label.height + 3;
    }
    const heights = points.map((point) => point.y);
    edges.push({
      id: merged.id,
      from: merged.from,
      to: merged.to,
      edges: merged.edges,
      path: alongPoints(points),
      labels: placed,
      top: Math.min(...heights),
      bottom: Math.max(...heights),
    });
  }
  const right = Math.max(
    ...boxes.map((box) => box.x + box.width),
    ...edges.flatMap((drawn) => drawn.labels.map((label) => label.x + label.width)),
  );
  const bottom = Math.max(
    ...boxes.map((box) => box.y + box.height),
    ...edges.flatMap((drawn) => [drawn.bottom, ...drawn.labels.map((label) => label.y + label.height)]),
  );
  return {
    form: 'columns',
    boxes: inColumns(boxes),
    edges,
    frames: [],
    headings: [],
    width: right + margin,
    height: bottom + margin,
    arrangement,
  };
}

/** Boxes of one rank have their middles on one line: that is their column, for who walks up and down. */
function inColumns(boxes: readonly Box[]): readonly Box[] {
  const middles = [...new Set(boxes.map((box) => Math.round(box.x + box.width / 2)))].toSorted((a, b) => a - b);
  return boxes.map((box) => ({ ...box, column: middles.indexOf(Math.round(box.x + box.width / 2)) }));
}

function isPlaced(value: unknown): value is Placed {
  return (
    typeof value === 'object' &&
    value !== null &&
    'x' in value &&
    'y' in value &&
    typeof value.x === 'number' &&
    typeof value.y === 'number'
  );
}

function placeOf(value: unknown): Placed | null {
  return isPlaced(value) ? value : null;
}

function pointsOf(value: unknown): readonly Point[] {
  return typeof value === 'object' && value !== null && 'points' in value && Array.isArray(value.points)
    ? value.points.filter(isPlaced)
    : [];
}
