import { type Selection, select } from 'd3';
import { boxElement, edgeElement, frameElement, labelElement } from '../export/svg-elements.ts';
import type { Box, DrawnEdge, Frame, Layout } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { svgElement } from './dom.ts';
import type { Emphasis } from './emphasis.ts';
import { joinElements } from './join-elements.ts';
import type { PlacedLabel } from './target.ts';

type Layer = Selection<SVGGElement, unknown, null, undefined>;

/** The drawing's layers, from back to front. */
export interface Layers {
  readonly frames: Layer;
  readonly edges: Layer;
  readonly labels: Layer;
  readonly boxes: Layer;
}

/** Empty layers in an element. */
export function createLayers(world: SVGGElement): Layers {
  const layer = (name: string): Layer => {
    const made = svgElement('g', { class: name });
    world.append(made);
    return select<SVGGElement, unknown>(made);
  };
  return { frames: layer('frames'), edges: layer('edges'), labels: layer('labels'), boxes: layer('boxes') };
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

/** Sets the classes that say what stands out; lit edges come to the front and are drawn whole. */
export function emphasizeLayers({ edges, labels, boxes }: Layers, { lit, selected, matches, cursor }: Emphasis): void {
  boxes
    .selectChildren<SVGGElement, Box>()
    .classed('lit', (box) => lit?.boxes.has(box.id) ?? false)
    .classed('selected', (box) => box.id === selected)
    .classed('match', (box) => matches.has(box.id));
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
