/** What is said of the edges of an outline. */
import { nodeName } from '../model/describe.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { branchesOf } from '../model/groups.ts';
import { boldness, type LabelText, labelLineHeight, labelsOf } from './merged-edges.ts';
import type { LayoutOptions } from './model.ts';
import type { OutlineLink } from './outline-rows.ts';
import { wrap } from './text-metrics.ts';

/** How much wider a label is than its text. */
const labelPad = 10;

/** What stands above a box about an edge to it; one that comes along the right says where from. */
export function linkLabels(
  index: GraphIndex,
  link: OutlineLink,
  inside: boolean,
  width: number,
  options: LayoutOptions,
): readonly LabelText[] {
  const main = link.together ? link.edges : edgesToTell(link);
  const texts = joinAlike(
    labelsOf(index, branchesOf(main, link.together), width - labelPad, options.measure).map((text) =>
      inOneLine(text, width, options),
    ),
    width,
    options,
  );
  // Where nothing is to be said, the edge alone says it.
  if (inside || texts.length === 0) return texts;
  const from = index.nodes.get(link.from);
  const source = from === undefined ? '' : `from ${nodeName(from)}`;
  const [first, ...others] = texts;
  const line = first?.lines.length === 1 ? first.lines[0] : undefined;
  if (first !== undefined && line !== undefined) {
    const joined = inOneLine({ ...first, lines: [{ text: source, tone: line.tone }, line] }, width, options);
    if (joined.lines.length === 1) return [joined, ...others];
  }
  const lines = wrap(source, 'edge', width - labelPad, 3, options.measure);
  const label: LabelText = {
    lines: lines.map((text) => ({ text, tone: 'counter' })),
    edges: link.edges,
    width: Math.max(...lines.map((text) => Math.ceil(options.measure(text, 'edge')))) + labelPad,
    height: lines.length * labelLineHeight + 3,
  };
  return [label, ...texts];
}

/** There is more width than height: condition and counter stand in one line where they fit. */
function inOneLine(label: LabelText, width: number, options: LayoutOptions): LabelText {
  const [first, ...rest] = label.lines;
  if (first === undefined || rest.length === 0) return label;
  const text = label.lines.map((line) => line.text).join(' · ');
  const tone = label.lines.some((line) => line.tone === 'warning') ? 'warning' : first.tone;
  const wide = Math.ceil(options.measure(text, 'edge') * (tone === 'warning' ? boldness : 1)) + labelPad;
  if (wide > width) return label;
  return { ...label, lines: [{ text, tone }], width: wide, height: labelLineHeight + 3 };
}

/** In a group, the rule that sends a packet to the endpoint at random says the share; affinity's would repeat for each. */
function edgesToTell(link: OutlineLink): OutlineLink['edges'] {
  if (!link.from.startsWith('group:')) return link.edges;
  const main = link.edges.find((edge) => edge.probability !== null) ?? link.edges[0];
  return main === undefined ? [] : [main];
}

/** One place: "to 192.0.2.10:80/tcp", "from 203.0.113.0/24". */
const onePlace = /^(to|from) (\S+)$/;

/** Rules of which each looks for another place are one label where that fits: "from 203.0.113.0/24, 198.51.100.0/25". */
function joinAlike(texts: readonly LabelText[], width: number, { measure }: LayoutOptions): readonly LabelText[] {
  const joined: LabelText[] = [];
  for (const text of texts) {
    const before = joined.at(-1);
    const own = wordsOf(text);
    const place = onePlace.exec(own ?? '');
    const words = before === undefined ? null : wordsOf(before);
    const together = `${words}, ${place?.[2]}`;
    const wide = Math.ceil(measure(together, 'edge')) + labelPad;
    const isAlike = place !== null && words !== null && onePlace.exec(words.split(', ')[0] ?? '')?.[1] === place[1];
    if (before === undefined || !isAlike || wide > width) {
      joined.push(text);
      continue;
    }
    const edges = [...before.edges, ...text.edges];
    joined[joined.length - 1] = { ...before, edges, lines: [{ text: together, tone: 'main' }], width: wide };
  }
  return joined;
}

/** The words of a label that says a condition in one line, and nothing else; null of any other. */
function wordsOf({ lines }: LabelText): string | null {
  const [line, ...more] = lines;
  return line === undefined || more.length > 0 || line.tone !== 'main' ? null : line.text;
}
