import { select, type ZoomTransform, zoomIdentity } from 'd3';
import { headingElement } from '../export/svg-elements.ts';
import type { Box, Layout } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { buildElement, element, svgElement } from './dom.ts';
import { type Emphasis, noEmphasis } from './emphasis.ts';
import { keepInView } from './keep-in-view.ts';
import { type Band, createLayers, emphasizeLayers, type Layers, renderBand } from './layers.ts';
import { type Behaviour, type Canvas, panZoom, type Size, type View, wheelPan } from './pan-zoom.ts';
import { type PlacedLabel, type Target, targetOf } from './target.ts';
import { fittedView, headingHeight, isInView, revealingView, transformOf, widthRevealingView } from './views.ts';

export interface DrawingEvents {
  /** A click, the second of a double click included. */
  click(target: Target, double: boolean): void;
  /** A menu is asked for with the pointer; null: on the ground. Where, in the window's pixels. */
  menu(target: Target | null, x: number, y: number): void;
  /** The pointer came onto something, or off everything (null); where it is, in the window's pixels. */
  hover(target: Target | null, x: number, y: number): void;
  /** Panned or zoomed, from where it was before; by the user, or by the page itself. */
  view(view: View, byUser: boolean, before: View): void;
}

/** Up to so many boxes everything is in the document; above, only what is near the view. */
const drawnWhole = 300;
const everything: Band = { top: Number.NEGATIVE_INFINITY, bottom: Number.POSITIVE_INFINITY };

/** The drawing: an SVG element that pans and zooms. */
export class Drawing {
  readonly element: HTMLElement;
  readonly #events: DrawingEvents;
  readonly #world: SVGGElement;
  readonly #layers: Layers;
  readonly #headings: SVGGElement;
  readonly #headingBack: SVGRectElement;
  readonly #svg: SVGSVGElement;
  readonly #canvas: Canvas;
  readonly #behaviour: Behaviour;

  #index: GraphIndex | null = null;
  #layout: Layout | null = null;
  #labels: readonly PlacedLabel[] = [];
  #emphasis = noEmphasis;
  #transform: ZoomTransform = zoomIdentity;
  /** What of the drawing is in the document. */
  #rendered: Band = { top: 0, bottom: 0 };
  #frame = 0;
  /** Asked for in every frame of a pan, so it must not make the browser lay the page out. */
  #size: Size | null = null;

  constructor(events: DrawingEvents) {
    this.#events = events;
    this.#world = svgElement('g');
    this.#layers = createLayers(this.#world);
    this.#headingBack = svgElement('rect', { class: 'heading-back', height: headingHeight });
    this.#headings = svgElement('g', { class: 'headings' }, this.#headingBack);
    this.#svg = svgElement('svg', { class: 'canvas', 'aria-hidden': true, focusable: 'false' }, this.#world, this.#headings);
    this.element = element('div', { class: 'drawing' }, this.#svg);
    this.#canvas = select(this.#svg);
    this.#behaviour = panZoom(this.element, {
      layout: () => this.#layout,
      size: () => this.size(),
      moved: (transform, byUser) => this.#moved(transform, byUser),
    });
    this.#canvas.call(this.#behaviour).on('dblclick.zoom', null);
    this.#listen();
  }

  show(index: GraphIndex, layout: Layout): void {
    // It may have come into the document, or to another place in it, since.
    this.#size = null;
    this.#index = index;
    this.#layout = layout;
    this.#labels = layout.edges.flatMap((drawn) => drawn.labels.map((label, at) => ({ id: `${drawn.id}\n${at}`, label, drawn })));
    const headings = layout.headings.map((heading) => {
      const made = buildElement(headingElement(heading));
      made.setAttribute('data-x', String(heading.x + heading.width / 2));
      return made;
    });
    this.#headings.replaceChildren(this.#headingBack, ...headings);
    this.#headingBack.setAttribute('width', headings.length === 0 ? '0' : '100%');
    this.#placeHeadings();
    this.#render();
  }

  emphasize(emphasis: Emphasis): void {
    this.#emphasis = emphasis;
    this.#svg.classList.toggle('has-lit', emphasis.lit !== null);
    emphasizeLayers(this.#layers, emphasis);
  }

  /** Everything into view where it stays legible, else its width or its top left. */
  fit(smooth: boolean): void {
    const fitted = this.#layout === null ? null : fittedView(this.#layout, this.size(), document.body.classList.contains('low'));
    if (fitted !== null) this.#move(fitted, smooth);
  }

  /** Around the middle. */
  zoomBy(factor: number): void {
    this.#canvas.call(this.#behaviour.scaleBy, factor);
  }

  panBy(dx: number, dy: number): void {
    const { k } = this.#transform;
    this.#canvas.call(this.#behaviour.translateBy, dx / k, dy / k);
  }

  setView(view: View): void {
    this.#move(view, false);
  }

  /** As `setView`, but never so far that the drawing is lost. */
  follow(view: View): void {
    const { x, y, k } = keepInView(transformOf(view), this.#layout, this.size());
    this.setView({ x, y, k });
  }

  view(): View {
    const { x, y, k } = this.#transform;
    return { x, y, k };
  }

  /** Whether all of the box is in view. */
  shows(box: Box): boolean {
    return isInView(box, this.#transform, this.size());
  }

  /** Pans so far that the box is in view. */
  reveal(box: Box): void {
    // A bar above the drawing may just have come or gone.
    this.#size = null;
    const before = this.view();
    const after = revealingView(box, before, this.size());
    if (after !== before) this.#move(after, true);
  }

  /** Pans to the side only, at once, as far as the box's left end stays in view. */
  revealWidth(box: Box): void {
    const before = this.view();
    const after = widthRevealingView(box, before, this.size());
    if (after !== before) this.#move(after, false);
  }

  size(): Size {
    this.#size ??= { width: this.element.clientWidth, height: this.element.clientHeight };
    return this.#size;
  }

  #listen(): void {
    new ResizeObserver(() => {
      this.#size = null;
      if (this.#isBeyondRendered()) this.#schedule();
    }).observe(this.element);
    this.#canvas.on(
      'wheel.pan',
      (event: WheelEvent) => {
        if (event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const before = this.view();
        const { dx, dy } = wheelPan(event, this.size().height);
        this.panBy(dx, dy);
        this.#events.view(this.view(), true, before);
      },
      { passive: false },
    );
    this.#svg.addEventListener('click', (event) => {
      const target = targetOf(event);
      if (target !== null) this.#events.click(target, event.detail > 1);
    });
    this.#svg.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      this.#events.menu(targetOf(event), event.clientX, event.clientY);
    });
    this.#svg.addEventListener('pointermove', (event) => {
      if (event.buttons === 0) this.#events.hover(targetOf(event), event.clientX, event.clientY);
    });
    this.#svg.addEventListener('pointerleave', () => this.#events.hover(null, 0, 0));
    this.#svg.addEventListener('pointerdown', () => this.#events.hover(null, 0, 0));
  }

  #moved(transform: ZoomTransform, byUser: boolean): void {
    const before = this.view();
    this.#transform = transform;
    this.#world.setAttribute('transform', transform.toString());
    this.#placeHeadings();
    if (this.#isBeyondRendered()) this.#schedule();
    this.#events.view(this.view(), byUser, before);
  }

  #move(wanted: View, smooth: boolean): void {
    // The editor has a setting of its own for what the system's says elsewhere.
    const still = document.body.classList.contains('vscode-reduce-motion');
    const transform = transformOf(wanted);
    if (smooth && !still && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#canvas.transition().duration(180).call(this.#behaviour.transform, transform);
    } else {
      this.#canvas.interrupt();
      this.#canvas.call(this.#behaviour.transform, transform);
    }
  }

  #isBeyondRendered(): boolean {
    const { y, k } = this.#transform;
    const top = -y / k;
    return top < this.#rendered.top || top + this.size().height / k > this.#rendered.bottom;
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #placeHeadings(): void {
    const { x, k } = this.#transform;
    for (const child of this.#headings.querySelectorAll('text')) {
      const at = Number(child.getAttribute('data-x'));
      child.setAttribute('x', String(at * k + x));
    }
  }

  #render(): void {
    if (this.#index === null || this.#layout === null) return;
    const { y, k } = this.#transform;
    const visible = Math.max(this.size().height / k, 200);
    const top = -y / k;
    this.#rendered = this.#layout.boxes.length <= drawnWhole ? everything : { top: top - visible, bottom: top + 2 * visible };
    renderBand(this.#layers, this.#index, this.#layout, this.#labels, this.#rendered);
    this.emphasize(this.#emphasis);
  }
}
