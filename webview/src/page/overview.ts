import type { Box, Layout } from '../layout/model.ts';
import { element, svgElement } from './dom.ts';
import type { View } from './pan-zoom.ts';

/** The whole drawing in small, with the part that is in view. */
export interface Overview {
  readonly element: HTMLElement;
  show(layout: Layout): void;
  /** The window's part of the drawing; hides the overview where that is all of it. */
  view(view: View, width: number, height: number): void;
}

const most = { width: 168, height: 132 };
const least = 26;

/** `move` is called with the place of the drawing, in its pixels, that the user wants in the middle. */
export function createOverview(move: (x: number, y: number) => void): Overview {
  // A bitmap: thousands of boxes under a window that moves in every frame would be painted again each time.
  const map = element('canvas', { class: 'overview-map', 'aria-hidden': true });
  const window = svgElement('rect', { class: 'overview-window', rx: 2 });
  const svg = svgElement('svg', { 'aria-hidden': true, focusable: 'false' }, window);
  const host = element('div', { class: 'overview', hidden: true }, map, svg);
  let layout: Layout | null = null;
  let scale = { x: 1, y: 1 };

  const drag = (event: PointerEvent): void => {
    const area = svg.getBoundingClientRect();
    move((event.clientX - area.left) / scale.x, (event.clientY - area.top) / scale.y);
  };
  svg.addEventListener('pointerdown', (event) => {
    svg.setPointerCapture(event.pointerId);
    drag(event);
    event.preventDefault();
  });
  svg.addEventListener('pointermove', (event) => {
    if (svg.hasPointerCapture(event.pointerId)) drag(event);
  });

  return {
    element: host,
    show(next) {
      layout = next;
      const fitted = Math.min(most.width / next.width, most.height / next.height, 0.2);
      // A drawing of thousands of rows would be a hair: each axis has its own scale then.
      const width = Math.min(most.width, Math.max(least, next.width * fitted));
      const height = Math.min(most.height, Math.max(least, next.height * fitted));
      scale = { x: width / next.width, y: height / next.height };
      svg.setAttribute('width', String(width));
      svg.setAttribute('height', String(height));
      paint(map, next.boxes, width, height, scale);
    },
    view(view, width, height) {
      if (layout === null) return;
      const left = Math.max(0, -view.x / view.k);
      const top = Math.max(0, -view.y / view.k);
      const right = Math.min(layout.width, (width - view.x) / view.k);
      const bottom = Math.min(layout.height, (height - view.y) / view.k);
      host.hidden = left <= 8 && top <= 8 && right >= layout.width - 8 && bottom >= layout.height - 8;
      window.setAttribute('x', String(left * scale.x));
      window.setAttribute('y', String(top * scale.y));
      window.setAttribute('width', String(Math.max(4, (right - left) * scale.x)));
      window.setAttribute('height', String(Math.max(4, (bottom - top) * scale.y)));
    },
  };
}

function paint(
  map: HTMLCanvasElement,
  boxes: readonly Box[],
  width: number,
  height: number,
  scale: { readonly x: number; readonly y: number },
): void {
  const dots = Math.min(2, devicePixelRatio);
  map.width = Math.ceil(width * dots);
  map.height = Math.ceil(height * dots);
  map.style.width = `${width}px`;
  map.style.height = `${height}px`;
  const context = map.getContext('2d');
  if (context === null) return;
  context.scale(dots, dots);
  context.fillStyle = getComputedStyle(map).color;
  context.globalAlpha = 0.7;
  let before = -1;
  for (const box of boxes) {
    const top = box.y * scale.y;
    // Thousands of boxes fall on the same pixels.
    const place = Math.round(top * dots) * 10_000 + Math.round(box.x * scale.x);
    if (place === before) continue;
    before = place;
    context.fillRect(box.x * scale.x, top, Math.max(1, box.width * scale.x), Math.max(0.6, box.height * scale.y));
  }
}
