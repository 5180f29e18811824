import { type Selection, select } from 'd3';
import { boxElement, edgeElement, frameElement, labelElement } from '../export/svg-elements.ts';
import type { Box, DrawnEdge, Frame, Layout } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { buildElement, svgElement } from './dom.ts';
import type { Emphasis, StepNumbers } from './emphasis.ts';
import { joinElements } from './join-elements.ts';
import type { PlacedLabel } from './target.ts';

type Layer = Selection<SVGGElement, unknown, null, undefined>;

/** The drawing's layers, from back to front. */
export interface Layers {
  readonly frames: Layer;
  readonly edges: Layer;
  readonly labels: Layer;
  readonly boxes: Layer;
  readonly steps: Layer;
}

/** Empty layers in an element. */
export function createLayers(world: SVGGElement): Layers {
  const layer = (name: string): Layer => {
    const made = svgElement('g', { class: name });
    world.append(made);
    return select<SVGGElement, unknown>(made);
  };
  return {
    frames: layer('frames'),
    edges: layer('edges'),
    labels: layer('labels'),
    boxes: layer('boxes'),
    steps: layer('steps'),
  };
}

/** A part of the drawing from a top to a bottom, in its own pixels. */
export interface Band {
  readonly top: number;
  readonly bottom: number;
}

/** Puts what of a layout lies in a band into the layers; what is there already stays. */
export function renderBand(layers: Layers, index: GraphIndex, layout: Layout, labels: readonly PlacedLabel[], band: Band): void {
  const shows = (from: number, to: number): boolean => to >= band.top && from <= band.bottom;
  const { nodes } = index;
  joinElements<Frame>(
    layers.frames,
    layout.frames.filter((item) => shows(item.y, item.y + item.height)),
    frameElement,
    null,
  );
  joinElements<DrawnEdge>(
    layers.edges,
    layout.edges.filter((item) => shows(item.top, item.bottom)),
    (item) => edgeElement(item, nodes.get(item.to)),
    'edge',
  );
  joinElements<PlacedLabel>(
    layers.labels,
    labels.filter(({ label }) => shows(label.y, label.y + label.height)),
    ({ label }) => labelElement(label),
    'label',
  );
  joinElements<Box>(
    layers.boxes,
    layout.boxes.filter((item) => shows(item.y, item.y + item.height)),
    boxElement,
    'box',
  ).attr('transform', (item) => `translate(${item.x},${item.y})`);
}

const stepHeight = 16;
const digitWidth = 7;

/** The number of a step, at the upper right corner of the box that it leads to. */
function stepNumber({ x, y, width }: Box, { text, isCurrent }: StepNumbers): SVGGElement {
  const wide = text.length * digitWidth + 10;
  const left = x + width - wide + 8;
  const top = y - stepHeight / 2;
  return svgElement(
    'g',
    { class: isCurrent ? 'step current' : 'step' },
    svgElement('rect', { class: 'step-back', x: left, y: top, width: wide, height: stepHeight, rx: 5 }),
    buildElement({
      tag: 'text',
      classes: ['step-text'],
      attributes: { x: left + wide / 2, y: top + 12, 'text-anchor': 'middle' },
      text,
      children: [],
    }),
  );
}

/** Sets the classes that say what stands out; lit edges come to the front and are drawn whole. */
export function emphasizeLayers(
  { edges, labels, boxes, steps: numbers }: Layers,
  { lit, selected, matches, cursor, steps }: Emphasis,
): void {
  numbers.selectChildren().remove();
  boxes
    .selectChildren<SVGGElement, Box>()
    .classed('lit', (box) => lit?.boxes.has(box.id) ?? false)
    .classed('selected', (box) => box.id === selected)
    .classed('match', (box) => matches.has(box.id))
    .filter((box) => steps.has(box.id))
    .each((box) => {
      const step = steps.get(box.id);
      if (step !== undefined) numbers.node()?.append(stepNumber(box, step));
    });
  edges
    .selectChildren<SVGGElement, DrawnEdge>()
    .classed('lit', (drawn) => lit?.edges.has(drawn.id) ?? false)
    .each(function (drawn) {
      if (drawn.wholePath === undefined) return;
      this.querySelector('.line')?.setAttribute('d', lit?.edges.has(drawn.id) === true ? drawn.wholePath : drawn.path);
    })
    .filter((drawn) => lit?.edges.has(drawn.id) ?? false)
    .raise();
  labels
    .selectChildren<SVGGElement, PlacedLabel>()
    .classed('lit', ({ drawn }) => lit?.edges.has(drawn.id) ?? false)
    .classed('at-cursor', ({ label }) => label.edges.some((edge) => cursor.has(edge)));
}
