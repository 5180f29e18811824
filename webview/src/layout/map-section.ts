/** What maps in columns and in an outline have in common: namespaces below each other, each with a head and a frame around its Services. */
import type { MapPlan } from '../model/map-plan.ts';
import { headContent, restContent } from './map-boxes.ts';
import { foldedInto, type MapSection, noArrangement, type ServiceItems } from './map-parts.ts';
import { type Box, type DrawnEdge, type Frame, type Layout, margin } from './model.ts';
import type { Measure } from './text-metrics.ts';

/** Between the boxes of one Service and of the next. */
export const rowGap = 12;
const namespaceGap = 14;

/** What is drawn so far, and down to where. */
export interface DrawnMap {
  readonly boxes: Box[];
  readonly edges: DrawnEdge[];
  readonly frames: Frame[];
  y: number;
}

/** How a namespace is drawn, in pixels. */
export interface SectionForm {
  readonly width: number;
  /** Between the frame and what is in it. */
  readonly inset: number;
  /** The column that its head is taken for by the keyboard. */
  readonly column: number;
  readonly measure: Measure;
  /** Draws a Service below what is there. */
  readonly drawService: (drawn: DrawnMap, items: ServiceItems) => void;
}

/** Draws a namespace below what is there. */
export function drawSection(drawn: DrawnMap, { planned, services, behind }: MapSection, form: SectionForm): void {
  const { width, inset, column, measure, drawService } = form;
  const { namespace, rest } = planned;
  const { node } = namespace;
  const { id } = node;
  const top = drawn.y;
  const frames = drawn.frames.length;
  const content = headContent(planned, width, measure);
  const { height } = content;
  drawn.boxes.push({ id, node, group: null, column, opens: id, x: margin, y: top, width, height, content });
  drawn.y += height + rowGap;
  for (const items of services) drawService(drawn, items);
  if (rest !== null) {
    const inner = width - 2 * inset;
    const text = restContent(rest, inner, measure);
    const place = { x: margin + inset, y: drawn.y, width: inner, height: text.height };
    drawn.boxes.push({ id: rest.id, node: null, group: null, column: 1, opens: rest.id, ...place, content: text });
    drawn.y += text.height + rowGap;
  }
  for (const items of behind) drawService(drawn, items);
  const isBare = services.length === 0 && rest === null;
  if (isBare) drawn.y = top + height;
  else
    drawn.frames.splice(frames, 0, { id, kind: 'group', label: '', detail: '', x: margin, y: top, width, height: drawn.y - top });
  drawn.y += namespaceGap;
}

/** The layout of a map all of whose namespaces are drawn. */
export function mapLayout(
  { boxes, edges, frames, y }: DrawnMap,
  sections: readonly MapSection[],
  plan: MapPlan,
  form: Pick<Layout, 'form' | 'headings' | 'width'>,
): Layout {
  const height = y - namespaceGap + margin;
  return { ...form, boxes, edges, frames, height, arrangement: noArrangement, foldedInto: foldedInto(plan, sections, boxes) };
}
