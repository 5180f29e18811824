import { type D3ZoomEvent, type Selection, select, type ZoomTransform, zoom, zoomIdentity } from 'd3';
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import { boxElement, edgeElement, frameElement, headingElement, labelElement } from '../export/svg-elements.ts';
import type { Box, DrawnEdge, EdgeLabel, Frame, Layout } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { buildElement, element, svgElement } from './dom.ts';
import { joinElements } from './join-elements.ts';
import { keepInView } from './keep-in-view.ts';
import type { Emphasis } from './shown.ts';

/** Pan and zoom: a place (x, y) of the drawing is at x * k + this x in the window. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

/** What the pointer is on. */
export type Target =
  | { readonly kind: 'box'; readonly box: Box }
  | { readonly kind: 'edge'; readonly edges: readonly FlowEdge[]; readonly drawn: DrawnEdge };

export interface DrawingEvents {
  /** A click, the second of a double click included. */
  click(target: Target, double: boolean): void;
  /** The pointer came onto something, or off everything (null); where it is, in the window's pixels. */
  hover(target: Target | null, x: number, y: number): void;
  /** Panned or zoomed; by the user, or by the page itself. */
  view(view: View, byUser: boolean): void;
}

export interface Drawing {
  readonly element: HTMLElement;
  show(index: GraphIndex, layout: Layout): void;
  emphasize(emphasis: Emphasis): void;
  /** Everything into view where it stays legible, else its width or its top left. */
  fit(smooth: boolean): void;
  /** Around the middle. */
  zoomBy(factor: number): void;
  panBy(dx: number, dy: number): void;
  setView(view: View): void;
  view(): View;
  /** Pans so far that the box is in view. */
  reveal(box: Box): void;
  /** Whether all of the box is in view. */
  shows(box: Box): boolean;
  /** Pans to the side only, at once, as far as the box's left end stays in view. */
  revealWidth(box: Box): void;
  size(): { readonly width: number; readonly height: number };
}

interface PlacedLabel {
  readonly id: string;
  readonly label: EdgeLabel;
  readonly drawn: DrawnEdge;
}

/** Below this scale small text cannot be read: a fit stops here and lets the reader pan. */
export const leastLegible = 0.75;
const zoomRange: [number, number] = [0.08, 4];
const stickyHeight = 30;
/** Up to so many boxes everything is in the document; above, only what is near the view. */
const drawnWhole = 300;

const noEmphasis: Emphasis = { selected: null, lit: null, cursor: new Set(), matches: new Set() };

/** The drawing: marks in an SVG element that pans and zooms. */
export function createDrawing(events: DrawingEvents): Drawing {
  const world = svgElement('g');
  const layers = ['frames', 'edges', 'labels', 'boxes'].map((name) => svgElement('g', { class: name }));
  world.append(...layers);
  const [frameLayer, edgeLayer, labelLayer, boxLayer] = layers.map((layer) => select<SVGGElement, unknown>(layer));
  const headingBack = svgElement('rect', { class: 'heading-back', height: stickyHeight });
  const headingLayer = svgElement('g', { class: 'headings' }, headingBack);
  const svg = svgElement('svg', { class: 'canvas', 'aria-hidden': true, focusable: 'false' }, world, headingLayer);
  const host = element('div', { class: 'drawing' }, svg);
  const canvas: Selection<SVGSVGElement, unknown, null, undefined> = select(svg);

  let index: GraphIndex | null = null;
  let layout: Layout | null = null;
  let labels: readonly PlacedLabel[] = [];
  let emphasis = noEmphasis;
  let transform: ZoomTransform = zoomIdentity;
  /** What of the drawing is in the document, top and bottom; everything where it is small. */
  let drawn = { top: 0, bottom: 0 };
  let frame = 0;

  // Asked for in every frame of a pan, so it must not make the browser lay the page out.
  let known: { readonly width: number; readonly height: number } | null = null;
  const size = () => {
    known ??= { width: host.clientWidth, height: host.clientHeight };
    return known;
  };
  new ResizeObserver(() => {
    known = null;
    if (isBeyondDrawn()) schedule();
  }).observe(host);

  const behaviour = zoom<SVGSVGElement, unknown>()
    .scaleExtent(zoomRange)
    .extent(() => [
      [0, 0],
      [size().width, size().height],
    ])
    .constrain((wanted) => keepInView(wanted, layout, size()))
    .filter((event: MouseEvent | WheelEvent) =>
      event.type === 'wheel' ? event.ctrlKey || event.metaKey : event.button === 0 && !event.ctrlKey,
    )
    // As quick as in the editor, whatever the wheel's unit.
    .wheelDelta((event) => -event.deltaY * (event.deltaMode === 1 ? 0.05 : event.deltaMode === 2 ? 1 : 0.004))
    .clickDistance(4)
    .on('start', () => host.classList.add('moving'))
    .on('end', () => host.classList.remove('moving'))
    .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
      transform = event.transform;
      world.setAttribute('transform', transform.toString());
      placeHeadings();
      if (isBeyondDrawn()) schedule();
      events.view({ x: transform.x, y: transform.y, k: transform.k }, event.sourceEvent instanceof Event);
    });
  canvas.call(behaviour).on('dblclick.zoom', null);
  canvas.on(
    'wheel.pan',
    (event: WheelEvent) => {
      if (event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? size().height : 1;
      const sideways = event.shiftKey && event.deltaX === 0;
      const dx = (sideways ? event.deltaY : event.deltaX) * unit;
      const dy = (sideways ? 0 : event.deltaY) * unit;
      canvas.call(behaviour.translateBy, -dx / transform.k, -dy / transform.k);
      events.view({ x: transform.x, y: transform.y, k: transform.k }, true);
    },
    { passive: false },
  );

  function targetOf(event: Event): Target | null {
    const found = event.target instanceof Element ? event.target.closest('[data-what]') : null;
    if (found === null) return null;
    switch (found.getAttribute('data-what')) {
      case 'box':
        return { kind: 'box', box: select<Element, Box>(found).datum() };
      case 'edge': {
        const drawn = select<Element, DrawnEdge>(found).datum();
        return { kind: 'edge', edges: drawn.edges, drawn };
      }
      case 'label': {
        const { label, drawn } = select<Element, PlacedLabel>(found).datum();
        return { kind: 'edge', edges: label.edges, drawn };
      }
      default:
        return null;
    }
  }
  svg.addEventListener('click', (event) => {
    const target = targetOf(event);
    if (target !== null) events.click(target, event.detail > 1);
  });
  svg.addEventListener('pointermove', (event) => {
    if (event.buttons === 0) events.hover(targetOf(event), event.clientX, event.clientY);
  });
  svg.addEventListener('pointerleave', () => events.hover(null, 0, 0));
  svg.addEventListener('pointerdown', () => events.hover(null, 0, 0));

  function isBeyondDrawn(): boolean {
    const top = -transform.y / transform.k;
    return top < drawn.top || top + size().height / transform.k > drawn.bottom;
  }

  function schedule(): void {
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      render();
    });
  }

  function placeHeadings(): void {
    const { x, k } = transform;
    for (const child of headingLayer.querySelectorAll('text')) {
      const at = Number(child.getAttribute('data-x'));
      child.setAttribute('x', String(at * k + x));
    }
  }

  function render(): void {
    if (index === null || layout === null) return;
    const { height } = size();
    const top = -transform.y / transform.k;
    const visible = Math.max(height / transform.k, 200);
    drawn =
      layout.boxes.length <= drawnWhole
        ? { top: Number.NEGATIVE_INFINITY, bottom: Number.POSITIVE_INFINITY }
        : { top: top - visible, bottom: top + 2 * visible };
    const shows = (from: number, to: number): boolean => to >= drawn.top && from <= drawn.bottom;
    const { nodes } = index;
    if (frameLayer === undefined || edgeLayer === undefined || labelLayer === undefined || boxLayer === undefined) return;
    joinElements<Frame>(
      frameLayer,
      layout.frames.filter((item) => shows(item.y, item.y + item.height)),
      frameElement,
      null,
    );
    joinElements<DrawnEdge>(
      edgeLayer,
      layout.edges.filter((item) => shows(item.top, item.bottom)),
      (item) => edgeElement(item, nodes.get(item.to)),
      'edge',
    );
    joinElements<PlacedLabel>(
      labelLayer,
      labels.filter(({ label }) => shows(label.y, label.y + label.height)),
      ({ label }) => labelElement(label),
      'label',
    );
    joinElements<Box>(
      boxLayer,
      layout.boxes.filter((item) => shows(item.y, item.y + item.height)),
      boxElement,
      'box',
    ).attr('transform', (item) => `translate(${item.x},${item.y})`);
    applyEmphasis();
  }

  function applyEmphasis(): void {
    const { lit, selected, matches, cursor } = emphasis;
    svg.classList.toggle('has-lit', lit !== null);
    boxLayer
      ?.selectChildren<SVGGElement, Box>()
      .classed('lit', (box) => lit?.boxes.has(box.id) ?? false)
      .classed('selected', (box) => box.id === selected)
      .classed('match', (box) => matches.has(box.id));
    edgeLayer
      ?.selectChildren<SVGGElement, DrawnEdge>()
      .classed('lit', (drawn) => lit?.edges.has(drawn.id) ?? false)
      .each(function (drawn) {
        if (drawn.wholePath === undefined) return;
        this.querySelector('.line')?.setAttribute('d', lit?.edges.has(drawn.id) === true ? drawn.wholePath : drawn.path);
      })
      .filter((drawn) => lit?.edges.has(drawn.id) ?? false)
      .raise();
    labelLayer
      ?.selectChildren<SVGGElement, PlacedLabel>()
      .classed('lit', ({ drawn }) => lit?.edges.has(drawn.id) ?? false)
      .classed('at-cursor', ({ label }) => label.edges.some((edge) => cursor.has(edge)));
  }

  function move(wanted: ZoomTransform, smooth: boolean): void {
    // The editor has a setting of its own for what the system's says elsewhere.
    const still = document.body.classList.contains('vscode-reduce-motion');
    if (smooth && !still && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      canvas.transition().duration(180).call(behaviour.transform, wanted);
    } else {
      canvas.interrupt();
      canvas.call(behaviour.transform, wanted);
    }
  }

  const drawing: Drawing = {
    element: host,
    show(nextIndex, nextLayout) {
      index = nextIndex;
      layout = nextLayout;
      labels = layout.edges.flatMap((drawn) => drawn.labels.map((label, at) => ({ id: `${drawn.id}\n${at}`, label, drawn })));
      headingLayer.replaceChildren(
        headingBack,
        ...layout.headings.map((heading) => {
          const made = buildElement(headingElement(heading));
          made.setAttribute('data-x', String(heading.x + heading.width / 2));
          return made;
        }),
      );
      headingBack.setAttribute('width', layout.headings.length === 0 ? '0' : '100%');
      placeHeadings();
      render();
    },
    emphasize(next) {
      emphasis = next;
      applyEmphasis();
    },
    fit(smooth) {
      if (layout === null) return;
      const { width, height } = size();
      if (width === 0 || layout.width === 0) return;
      const byWidth = Math.min(1, width / layout.width);
      const whole = Math.min(byWidth, height / layout.height);
      const k = whole >= leastLegible ? whole : Math.min(1, Math.max(byWidth, leastLegible));
      const x = Math.max(0, (width - layout.width * k) / 2);
      const y = Math.max(0, Math.min((height - layout.height * k) / 2, 36));
      move(zoomIdentity.translate(x, y).scale(k), smooth);
    },
    zoomBy(factor) {
      canvas.call(behaviour.scaleBy, factor);
    },
    panBy(dx, dy) {
      canvas.call(behaviour.translateBy, dx / transform.k, dy / transform.k);
    },
    setView(view) {
      move(zoomIdentity.translate(view.x, view.y).scale(view.k), false);
    },
    view: () => ({ x: transform.x, y: transform.y, k: transform.k }),
    shows(box) {
      const { x, y, k } = transform;
      const { width, height } = size();
      const inWidth = box.x * k + x >= 0 && (box.x + box.width) * k + x <= width;
      return inWidth && box.y * k + y >= 0 && (box.y + box.height) * k + y <= height;
    },
    revealWidth(box) {
      const left = box.x * transform.k + transform.x;
      const beyond = left + box.width * transform.k + 16 - size().width;
      const shift = Math.min(beyond, left - 24);
      if (shift > 0) move(zoomIdentity.translate(transform.x - shift, transform.y).scale(transform.k), false);
    },
    reveal(box) {
      const { width, height } = size();
      const left = box.x * transform.k + transform.x;
      const top = box.y * transform.k + transform.y;
      const right = left + box.width * transform.k;
      const bottom = top + box.height * transform.k;
      const pad = 24;
      const above = stickyHeight + 10;
      const dx = left < pad ? pad - left : right > width - pad ? Math.max(width - pad - right, pad - left) : 0;
      const dy = top < above ? above - top : bottom > height - pad ? Math.max(height - pad - bottom, above - top) : 0;
      if (dx !== 0 || dy !== 0) move(zoomIdentity.translate(transform.x + dx, transform.y + dy).scale(transform.k), true);
    },
    size,
  };
  return drawing;
}
