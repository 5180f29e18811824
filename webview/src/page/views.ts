/** Where a view has to be so that something of the drawing is seen. */
import { type ZoomTransform, zoomIdentity } from 'd3';
import type { Box, Layout } from '../layout/model.ts';
import { leastLegible, leastScale } from './choose-form.ts';
import type { Size, View } from './pan-zoom.ts';

/** The height of the columns' names, which stay above what is panned. */
export const headingHeight = 30;

/** A view as d3's zoom has it. */
export function transformOf({ x, y, k }: View): ZoomTransform {
  return zoomIdentity.translate(x, y).scale(k);
}

/** Where the first endpoint's box ends, with some space below; 0 where there is none. */
function firstEndpointEnd({ boxes }: Layout): number {
  const ends = boxes.flatMap(({ node, group, y, height }) => (node?.kind === 'endpoint' || group !== null ? [y + height] : []));
  return ends.length === 0 ? 0 : Math.min(...ends) + 8;
}

/** Where all begins: the uppermost box of the first column. */
function startOf({ boxes, form }: Layout): { readonly y: number; readonly height: number } {
  const firsts = form === 'columns' ? boxes.filter(({ column }) => column === 0) : [];
  return firsts.reduce((top, box) => (box.y < top.y ? box : top), firsts[0] ?? { y: 0, height: 0 });
}

/**
 * Everything in view where it stays legible, else its width or its top left; null where there is no room or nothing. An outline, and
 * where there is little height (`isLow`) columns too, is panned down to the first endpoint that is beyond what is seen.
 */
export function fittedView(layout: Layout, { width, height }: Size, isLow: boolean): View | null {
  if (width === 0 || layout.width === 0) return null;
  const byWidth = Math.min(1, width / layout.width);
  const least = Math.max(leastScale(width), Math.min(leastLegible, byWidth));
  const whole = Math.min(byWidth, height / layout.height);
  const readable = whole >= least ? whole : Math.min(1, Math.max(byWidth, least));
  const first = firstEndpointEnd(layout);
  // A little smaller, if that is what brings an endpoint into sight.
  const k = first * readable <= height ? readable : Math.min(readable, Math.max(least, height / first));
  const x = Math.max(0, (width - layout.width * k) / 2);
  // What leads to endpoints is named above the drawing.
  const beyond = height - first * k;
  const start = startOf(layout);
  const y =
    (isLow || layout.form === 'outline') && beyond < 0
      ? beyond
      : (start.y + start.height) * k > height
        ? Math.max(height - layout.height * k, height / 3 - start.y * k)
        : Math.max(0, Math.min((height - layout.height * k) / 2, 36));
  return { x, y, k };
}

/** Whether all of the box is in view. */
export function isInView(box: Box, { x, y, k }: View, { width, height }: Size): boolean {
  const inWidth = box.x * k + x >= 0 && (box.x + box.width) * k + x <= width;
  return inWidth && box.y * k + y >= 0 && (box.y + box.height) * k + y <= height;
}

/** The view panned so far that the box is seen; the same one where it is. */
export function revealingView(box: Box, view: View, { width, height }: Size): View {
  const { x, y, k } = view;
  const left = box.x * k + x;
  const top = box.y * k + y;
  const right = left + box.width * k;
  const bottom = top + box.height * k;
  const pad = 24;
  const above = headingHeight + 10;
  const dx = left < pad ? pad - left : right > width - pad ? Math.max(width - pad - right, pad - left) : 0;
  const dy = top < above ? above - top : bottom > height - pad ? Math.max(height - pad - bottom, above - top) : 0;
  return dx === 0 && dy === 0 ? view : { x: x + dx, y: y + dy, k };
}

/** The view panned to the left so far that the box's width is seen, as far as its left end stays in view. */
export function widthRevealingView(box: Box, view: View, { width }: Size): View {
  const left = box.x * view.k + view.x;
  const beyond = left + box.width * view.k + 16 - width;
  const shift = Math.min(beyond, left - 24);
  return shift > 0 ? { ...view, x: view.x - shift } : view;
}
