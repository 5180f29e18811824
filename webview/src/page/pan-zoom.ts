import { type D3ZoomEvent, type Selection, type ZoomBehavior, type ZoomTransform, zoom } from 'd3';
import type { Layout } from '../layout/model.ts';
import { keepInView } from './keep-in-view.ts';

/** Pan and zoom: a place (x, y) of the drawing is at x * k + this x in the window. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Canvas = Selection<SVGSVGElement, unknown, null, undefined>;
export type Behaviour = ZoomBehavior<SVGSVGElement, unknown>;

const zoomRange: [number, number] = [0.08, 4];

/** What panning and zooming need to know of the drawing, asked anew each time. */
export interface PanZoomed {
  layout(): Layout | null;
  size(): Size;
  /** Panned or zoomed, by the user or by the page itself. */
  moved(transform: ZoomTransform, byUser: boolean): void;
}

/** D3's behaviour for dragging, pinching and the wheel with Ctrl. `host` has the class "moving" meanwhile. */
export function panZoom(host: HTMLElement, of: PanZoomed): Behaviour {
  return (
    zoom<SVGSVGElement, unknown>()
      .scaleExtent(zoomRange)
      .extent(() => [
        [0, 0],
        [of.size().width, of.size().height],
      ])
      .constrain((wanted) => keepInView(wanted, of.layout(), of.size()))
      .filter((event: MouseEvent | WheelEvent) =>
        event.type === 'wheel' ? event.ctrlKey || event.metaKey : event.button === 0 && !event.ctrlKey,
      )
      // As quick as in the editor, whatever the wheel's unit.
      .wheelDelta((event) => -event.deltaY * (event.deltaMode === 1 ? 0.05 : event.deltaMode === 2 ? 1 : 0.004))
      .clickDistance(4)
      .on('start', () => host.classList.add('moving'))
      .on('end', () => host.classList.remove('moving'))
      .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => of.moved(event.transform, event.sourceEvent instanceof Event))
  );
}

/** How far a turn of the wheel pans, in pixels of the window; sideways with Shift. */
export function wheelPan(event: WheelEvent, pageHeight: number): { readonly dx: number; readonly dy: number } {
  const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? pageHeight : 1;
  const sideways = event.shiftKey && event.deltaX === 0;
  return { dx: -(sideways ? event.deltaY : event.deltaX) * unit, dy: -(sideways ? 0 : event.deltaY) * unit };
}
