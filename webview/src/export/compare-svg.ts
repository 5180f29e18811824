import { counted } from '../../../server/src/base/counted.ts';
import { drawingText, xmlText } from '../../../server/src/base/safe-text.ts';
import { layoutFlow } from '../layout/layout.ts';
import { type Layout, plainOptions } from '../layout/model.ts';
import { fitText, type Measure, wrap } from '../layout/text-metrics.ts';
import { flowAnswer } from '../model/answer.ts';
import type { FlowComparison } from '../model/compare-flows.ts';
import type { ComparedFlow } from '../model/flow-difference.ts';
import { contrastSign } from '../model/format.ts';
import { type GraphIndex, indexGraph } from '../model/graph-index.ts';
import { paletteOf, sansFont } from './palette.ts';
import { bounded, layoutLines, type SvgOptions } from './svg.ts';

const side = 20;
const gap = 32;
const paneHead = 34;
const lineHeight = 17;
/** Wider than this, one drawing stands below the other. */
const widestPair = 2_600;
const mostDifferences = 60;
/** A pane of a flow that is small, or none. */
const least = 320;

interface Pane {
  readonly flow: ComparedFlow;
  readonly index: GraphIndex;
  readonly layout: Layout;
  readonly x: number;
  readonly y: number;
}

/** Both drawings, side by side or one below the other, and how much room they take. */
function placePanes(
  { before, after }: FlowComparison,
  options: SvgOptions,
): { readonly panes: readonly Pane[]; readonly width: number; readonly height: number } {
  const keeps = [options.keep ?? null, options.otherKeep ?? null];
  const [first, second] = [before, after].map((flow, at) => {
    const index = indexGraph(flow.graph);
    return { flow, index, layout: layoutFlow(index, { ...plainOptions, ...options, keep: keeps[at] ?? null }) };
  });
  if (first === undefined || second === undefined) return { panes: [], width: 0, height: 0 };
  const [left, right] = [Math.max(least, first.layout.width), Math.max(least, second.layout.width)];
  const isPair = left + gap + right <= widestPair;
  return isPair
    ? {
        panes: [
          { ...first, x: 0, y: 0 },
          { ...second, x: left + gap, y: 0 },
        ],
        width: left + gap + right,
        height: paneHead + Math.max(first.layout.height, second.layout.height),
      }
    : {
        panes: [
          { ...first, x: 0, y: 0 },
          { ...second, x: 0, y: paneHead + first.layout.height + gap },
        ],
        width: Math.max(left, right),
        height: 2 * paneHead + first.layout.height + gap + second.layout.height,
      };
}

function text(words: string, x: number, y: number, size: number, more: string, measure: Measure): string {
  // What has none of the fonts shows it in that width all the same.
  const bound = size === 18 ? bounded(measure(words, 'label') * 1.4) : bounded(measure(words, size === 11 ? 'edge' : 'label'));
  return `<text x="${x}" y="${y}" font-size="${size}"${more}${bound}>${xmlText(words)}</text>`;
}

/** Two flows as one SVG document, as `flowSvg` makes it of one: what differs in words, both drawings, and each difference below them. */
export function compareSvg(comparison: FlowComparison, options: SvgOptions = {}): string {
  const { before, differences, remarks, summary } = comparison;
  const theme = options.theme ?? 'light';
  const palette = paletteOf(theme);
  const measure = options.measure ?? plainOptions.measure;
  const { panes, width: inner, height: drawn } = placePanes(comparison, options);
  const width = Math.ceil(inner + 2 * side);
  const title = drawingText(before.graph.title).slice(0, 200);
  const isBare = options.bare === true;
  const words = (line: string): readonly string[] => wrap(line, 'edge', inner, 3, measure);
  const top = isBare ? [] : [summary, ...remarks].flatMap(words);
  const shown = differences.slice(0, mostDifferences);
  const more = differences.length - shown.length;
  const foot = isBare
    ? []
    : [
        ...shown.map((difference) => `${contrastSign} ${difference.text}`),
        ...(more > 0 ? [`and ${counted(more, 'more difference')}`] : []),
      ].flatMap(words);
  const above = isBare ? 8 : 40 + top.length * lineHeight + 12;
  const below = above + drawn + lineHeight;
  const height = Math.ceil(below + foot.length * lineHeight + side / 2);
  const fill = ` fill="${palette.text}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="${xmlText(sansFont)}">`,
    `<title id="title">${xmlText(`NAT flow of ${title}: ${summary}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="${palette.canvas}"/>`,
    ...(isBare ? [] : [text(title, side, 30, 18, ` font-weight="600"${fill}`, measure)]),
    ...top.map((line, at) => text(line, side, 50 + at * lineHeight, 11, fill, measure)),
    ...panes.flatMap(({ flow, index, layout, x, y }) => [
      `<g transform="translate(${side + x},${above + y})">`,
      text(
        fitText(paneTitle(flow, index), 'label', Math.max(least, layout.width) - 16, measure),
        8,
        16,
        13,
        ` font-weight="600"${fill}`,
        measure,
      ),
      `<g transform="translate(-8,${paneHead - 8})">`,
      ...layoutLines(index, layout, theme, measure),
      '</g>',
      '</g>',
    ]),
    ...foot.map((line, at) => text(line, side, below + at * lineHeight, 11, fill, measure)),
    '</svg>',
    '',
  ].join('\n');
}

/** "node-a.iptables: Serves". */
function paneTitle({ name }: ComparedFlow, index: GraphIndex): string {
  const state = flowAnswer(index)?.state.text ?? '';
  const [note] = index.graph.nodes.length === 0 ? index.graph.notes : [];
  const about = state === '' ? drawingText(note?.message ?? '') : state;
  return `${drawingText(name)}${about === '' ? '' : `: ${about}`}`.slice(0, 200);
}
