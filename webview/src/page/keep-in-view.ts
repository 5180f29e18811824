import { type ZoomTransform, zoomIdentity } from 'd3';
import type { Layout } from '../layout/model.ts';

/** So much of the drawing stays in view however far it is panned. */
const keptInView = 80;

/** The view that is wanted, or the nearest one that does not lose the drawing. */
export function keepInView(
  wanted: ZoomTransform,
  layout: Layout | null,
  { width, height }: { readonly width: number; readonly height: number },
): ZoomTransform {
  if (layout === null || width === 0) return wanted;
  const clamp = (value: number, extent: number, room: number): number => {
    const kept = Math.min(keptInView, extent, room);
    return Math.min(Math.max(value, kept - extent), room - kept);
  };
  const x = clamp(wanted.x, layout.width * wanted.k, width);
  const y = clamp(wanted.y, layout.height * wanted.k, height);
  return x === wanted.x && y === wanted.y ? wanted : zoomIdentity.translate(x, y).scale(wanted.k);
}
