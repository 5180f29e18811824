import { drawingText, xmlText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph } from '../../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../layout/layout.ts';
import { boldness } from '../layout/merged-edges.ts';
import { type Layout, type LayoutOptions, plainOptions } from '../layout/model.ts';
import { type Measure, type TextStyle, wrap } from '../layout/text-metrics.ts';
import { graphTitle } from '../model/format.ts';
import { type GraphIndex, indexGraph } from '../model/graph-index.ts';
import { routeFacts, routeLine } from '../model/routes.ts';
import { paint, paletteOf, sansFont, type Theme } from './palette.ts';
import { boxElement, type ElementSpec, edgeElement, frameElement, headingElement, labelElement } from './svg-elements.ts';

/** How an exported drawing is made. What is left out is as in `plainOptions`, in light colours. */
export interface SvgOptions extends Partial<LayoutOptions> {
  readonly theme?: Theme;
  /** What stands under the title: the dump's file name. */
  readonly subtitle?: string;
  /** Without title, notes and source, where they stand beside the drawing. */
  readonly bare?: boolean;
  /** Of two flows what `keep` is for the first, for the second. */
  readonly otherKeep?: LayoutOptions['keep'];
}

const side = 20;
const head = 62;
const noteHeight = 17;

/**
 * A flow's drawing as a whole SVG document, title, notes and source included: an XML text without scripts, styles or links, with the
 * same elements as on the page. Never fails; whatever text the graph holds stays text.
 */
export function flowSvg(graph: FlowGraph, options: SvgOptions = {}): string {
  const index = indexGraph(graph);
  const layout = layoutFlow(index, { ...plainOptions, ...options });
  const theme = options.theme ?? 'light';
  const palette = paletteOf(theme);
  const measure = options.measure ?? plainOptions.measure;
  const title = drawingText(graph.title).slice(0, 200);
  const subtitle = [options.subtitle ?? '', graph.source]
    .map((part) => drawingText(part))
    .filter((part) => part !== '')
    .join(' · ')
    .slice(0, 300);
  const least = options.bare === true ? 0 : Math.max(measure(title, 'label') * 1.4, measure(subtitle, 'edge'), 320);
  const width = Math.ceil(Math.max(layout.width, least) + 2 * side);
  const above = options.bare === true ? 0 : head;
  const notes = (options.bare === true ? [] : footLines(graph)).flatMap(({ text, tone }) =>
    wrap(text, 'edge', width - 2 * side, 3, measure).map((line, at) => ({ line: at === 0 ? line : `   ${line}`, tone })),
  );
  const foot = notes.length === 0 ? 0 : notes.length * noteHeight + 14;
  const height = Math.ceil(above + layout.height + foot + side / 2);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="${xmlText(sansFont)}">`,
    `<title id="title">${xmlText(graphTitle({ ...graph, title }))}</title>`,
    `<rect width="${width}" height="${height}" fill="${palette.canvas}"/>`,
    ...(options.bare === true
      ? []
      : [
          `<text x="${side}" y="32" font-size="18" font-weight="600" fill="${palette.text}"${bounded(measure(title, 'label') * 1.4)}>${xmlText(title)}</text>`,
          `<text x="${side}" y="51" font-size="11" fill="${palette.muted}"${bounded(measure(subtitle, 'edge'))}>${xmlText(subtitle)}</text>`,
        ]),
    `<g transform="translate(${side - 8},${above})">`,
    ...layoutLines(index, layout, theme, measure),
    '</g>',
    ...notes.map(
      ({ line, tone }, at) =>
        `<text x="${side}" y="${above + layout.height + 16 + at * noteHeight}" font-size="11" xml:space="preserve" fill="${palette[tone]}"${bounded(measure(line, 'edge'))}>${xmlText(line)}</text>`,
    ),
    '</svg>',
    '',
  ];
  return lines.join('\n');
}

const mostRoutes = 24;
const mostNotes = 20;

/** What stands under the drawing: where packets end by where they come from, and the notes. */
function footLines(graph: FlowGraph): readonly { readonly text: string; readonly tone: 'text' | 'muted' | 'warningText' }[] {
  const routes = routeFacts(graph).map((route) => ({ text: `${route.label} ${routeLine(route)}`, tone: 'text' as const }));
  const notes = graph.notes.map(({ severity, message }) => ({
    text: `${severity === 'warning' ? '⚠ ' : ''}${drawingText(message)}`,
    tone: severity === 'warning' ? ('warningText' as const) : ('muted' as const),
  }));
  return [...routes.slice(0, mostRoutes), ...notes.slice(0, mostNotes)];
}

/** All elements of a layout from back to front, each with where it goes. */
function layoutElements(
  index: GraphIndex,
  layout: Layout,
): readonly { readonly element: ElementSpec; readonly x: number; readonly y: number }[] {
  const inPlace = (element: ElementSpec) => ({ element, x: 0, y: 0 });
  const round = (value: number): number => Math.round(value * 10) / 10;
  return [
    ...layout.frames.map((frame) => inPlace(frameElement(frame))),
    ...layout.edges.map((drawn) => inPlace(edgeElement(drawn, index.nodes.get(drawn.to)))),
    ...layout.edges.flatMap((drawn) => drawn.labels.map((label) => inPlace(labelElement(label)))),
    ...layout.boxes.map((box) => ({ element: boxElement(box), x: round(box.x), y: round(box.y) })),
    ...layout.headings.map((heading) => inPlace(headingElement(heading))),
  ];
}

/** In which style a text is measured, by its class; others may be as wide as they are. */
const styles: Readonly<Record<string, TextStyle>> = {
  name: 'label',
  detail: 'detail',
  'group-count': 'chip',
  'chip-text': 'chip',
  'label-main': 'edge',
  'label-counter': 'edge',
  'label-warning': 'edge',
  'frame-label': 'edge',
  'frame-detail': 'edge',
};

/** A layout as lines of SVG, without a document around them. */
export function layoutLines(index: GraphIndex, layout: Layout, theme: Theme, measure: Measure): readonly string[] {
  return layoutElements(index, layout).map(({ element, x, y }) => {
    const text = spell(element, [], theme, measure);
    return x === 0 && y === 0 ? text : `<g transform="translate(${x},${y})">${text}</g>`;
  });
}

/** The width that a text was given room for, as attributes: whoever has none of the fonts sees it in that width all the same. */
export function bounded(width: number): string {
  return width === 0 ? '' : ` textLength="${Math.round(width * 10) / 10}" lengthAdjust="spacingAndGlyphs"`;
}

function boundOf({ classes, text }: ElementSpec, measure: Measure): string {
  const style = styles[classes[0] ?? ''];
  if (style === undefined || text === null) return '';
  return bounded(measure(text, style) * (classes.includes('label-warning') || classes.includes('frame-label') ? boldness : 1));
}

function spell(element: ElementSpec, inherited: readonly string[], theme: Theme, measure: Measure): string {
  // Only for pointing at.
  if (element.classes.includes('hit')) return '';
  const attributes = { ...element.attributes, ...paint(element, inherited, theme) };
  const written = Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('');
  const classes = [...inherited, ...element.classes];
  const content =
    element.text === null
      ? element.children.map((child) => spell(child, classes, theme, measure)).join('')
      : xmlText(element.text);
  const bound = boundOf(element, measure);
  return content === '' ? `<${element.tag}${written}/>` : `<${element.tag}${written}${bound}>${content}</${element.tag}>`;
}
