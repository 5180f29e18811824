import { count } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import { readyPods } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement } from '../model/groups.ts';
import { columnEdges } from './column-edges.ts';
import { type ColumnPlan, framePad, hostOf, planColumns } from './column-plan.ts';
import { assignColumns } from './columns.ts';
import { type FilledColumns, fillColumns } from './fill-columns.ts';
import { type MergedGraph, mergeGraph, topologicalOrder } from './merged-edges.ts';
import { type Box, type DrawnEdge, type Frame, type Heading, type Layout, type LayoutOptions, margin } from './model.ts';
import { fitName } from './text-metrics.ts';

/** Columns by meaning from left to right, rows in rule order. */
export function layoutColumns(index: GraphIndex, arrangement: Arrangement, options: LayoutOptions): Layout {
  const parts = mergeGraph(index, arrangement);
  if (parts.vertices.length === 0) {
    return { form: 'columns', boxes: [], edges: [], frames: [], headings: [], width: 0, height: 0, arrangement };
  }
  const order = topologicalOrder(parts);
  const plan = planColumns(index, parts, [assignColumns(parts, order, true), assignColumns(parts, order, false)], options);
  const filled = fillColumns(index, parts, order, arrangement, plan, options);
  const { boxes, edges, frames } = drawBoxes(parts, plan, filled);
  return {
    form: 'columns',
    boxes,
    edges: [...edges, ...columnEdges(parts, plan, filled)],
    frames: [...frames, ...hostFrames(plan, filled, options)],
    headings: headingsOf(plan, filled),
    width: plan.right + margin,
    height: filled.bottom + margin,
    arrangement,
  };
}

/** Every vertex's box, and what is inside an open group. */
function drawBoxes(
  parts: MergedGraph,
  { framed, widths, lefts }: ColumnPlan,
  { columnAt, contents, groups, heightAt, middleAt }: FilledColumns,
): { readonly boxes: readonly Box[]; readonly edges: readonly DrawnEdge[]; readonly frames: readonly Frame[] } {
  const boxes: Box[] = [];
  const edges: DrawnEdge[] = [];
  const frames: Frame[] = [];
  for (const { id, node, group } of parts.vertices) {
    const column = columnAt(id);
    const content = contents.get(id);
    if (content === undefined) continue;
    const inset = column === framed ? framePad : 0;
    const height = heightAt(id);
    const x = (lefts[column] ?? 0) + inset;
    const y = middleAt(id) - height / 2;
    const width = (widths[column] ?? 0) - 2 * inset;
    boxes.push({ id, node, group, x, y, width, height, content, column });
    const inside = groups.get(id);
    if (inside === undefined || inside.boxes.length === 0) continue;
    const top = y + height;
    for (const box of inside.boxes) boxes.push({ ...box, x: x + box.x, y: top + box.y, column: column + box.column });
    edges.push(...inside.edges(x, top));
    frames.push({ id, kind: 'group', label: '', detail: '', x, y, width, height: height + inside.height });
  }
  return { boxes, edges, frames };
}

/** The cluster's nodes around their Pods. */
function hostFrames({ widths, lefts }: ColumnPlan, { items }: FilledColumns, options: LayoutOptions): readonly Frame[] {
  return items.flatMap(({ item, vertices }) => {
    const host = vertices[0] === undefined || !item.id.startsWith('host:') ? null : hostOf(vertices[0]);
    if (host === null) return [];
    const { ready, known } = readyPods(vertices.flatMap(({ node }) => node ?? []));
    const detail = known === 0 ? '' : `${count(ready)} of ${count(known)} ready`;
    const width = widths[item.column] ?? 0;
    const label = fitName(drawingText(host), 'label', width - 30 - options.measure(detail, 'chip'), options.measure);
    return [{ id: item.id, kind: 'host', label, detail, x: lefts[item.column] ?? 0, y: item.top, width, height: item.height }];
  });
}

/** The columns' names; an open group in the last column has one of its own for its Pods. */
function headingsOf({ titles, widths, lefts }: ColumnPlan, { columnAt, groups }: FilledColumns): readonly Heading[] {
  const headings: Heading[] = titles.map((text, column) => ({ text, x: lefts[column] ?? 0, width: widths[column] ?? 0 }));
  const last = titles.length - 1;
  const open = [...groups].find(([id, inside]) => inside.podColumn !== null && columnAt(id) === last)?.[1];
  if (open !== undefined && open.podColumn !== null) {
    const left = lefts[last] ?? 0;
    headings[last] = {
      text: titles[last] ?? '',
      x: left + open.endpointLeft,
      width: open.podColumn.x - open.endpointLeft,
    };
    headings.push({ text: 'Pod', x: left + open.podColumn.x, width: open.podColumn.width });
  }
  return headings.filter((heading) => heading.text !== '');
}
