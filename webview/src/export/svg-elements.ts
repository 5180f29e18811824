/**
 * What a layout looks like, as SVG elements without a DOM: the page makes elements of them and styles their classes by the theme, an
 * exported file spells them out and paints them by a palette.
 */
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import {
  type BoxState,
  type Chip,
  chipHeight,
  chipLineHeight,
  detailLineHeight,
  labelBaseline,
  labelLineStep,
  padLeft,
  padRight,
} from '../layout/box-content.ts';
import { labelLineHeight } from '../layout/merged-edges.ts';
import type { Box, DrawnEdge, EdgeLabel, Frame, Heading } from '../layout/model.ts';
import { stateTones } from '../model/service-state.ts';

/** An SVG element. Attributes say where it is, its classes what it is. */
export interface ElementSpec {
  readonly tag: 'g' | 'rect' | 'path' | 'text' | 'circle';
  readonly classes: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly text: string | null;
  readonly children: readonly ElementSpec[];
}

function spec(
  tag: ElementSpec['tag'],
  classes: readonly string[],
  attributes: ElementSpec['attributes'],
  content: string | readonly ElementSpec[] = [],
): ElementSpec {
  return typeof content === 'string'
    ? { tag, classes, attributes, text: content, children: [] }
    : { tag, classes, attributes, text: null, children: content };
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** What a verdict does to a packet, by its name: RETURN and others are `other`. */
export function verdictTone(node: FlowNode): 'accept' | 'drop' | 'other' {
  const name = /^[A-Z]+/.exec(node.label)?.[0] ?? '';
  if (name === 'ACCEPT') return 'accept';
  return name === 'DROP' || name === 'REJECT' ? 'drop' : 'other';
}

/** The classes that say what a box stands for: its kind, a verdict's tone, its drift, how it differs from another flow's. */
function boxClasses({ node, group }: Box): readonly string[] {
  if (node === null) {
    const differs = group?.rows.some(({ endpoint, behind }) =>
      [endpoint, ...behind].some(({ contrast }) => contrast !== undefined),
    );
    return differs === true ? ['box', 'kind-group', 'contrast-changed'] : ['box', 'kind-group'];
  }
  const classes = ['box', `kind-${node.kind}`];
  if (node.kind === 'verdict') classes.push(`verdict-${verdictTone(node)}`);
  if (node.drift !== null) classes.push(`drift-${node.drift}`);
  if (node.contrast !== undefined) classes.push(`contrast-${node.contrast.kind}`);
  if (node.state !== undefined) classes.push(`state-${stateTones[node.state.kind]}`);
  return classes;
}

/** A box around its own origin: put it at its x and y. */
export function boxElement(box: Box): ElementSpec {
  const { content, width, height } = box;
  const drift = box.node?.drift ?? null;
  const children: ElementSpec[] = [spec('rect', ['back'], { width, height, rx: 6 })];
  // Rounded on the left as the box is, straight on the right.
  children.push(spec('path', ['stripe'], { d: `M6,0.5A5.5,5.5 0 0 0 0.5,6V${height - 6}A5.5,5.5 0 0 0 6,${height - 0.5}Z` }));
  // What leads here may need more height than the text: the text stays in the middle.
  const shift = Math.max(0, (height - content.height) / 2);
  const nameClasses = drift === 'stale' ? ['name', 'struck'] : ['name'];
  const inside: ElementSpec[] = [content.label, ...content.moreLabel].map((line, at) =>
    spec('text', nameClasses, { x: padLeft, y: labelBaseline + at * labelLineStep }, line),
  );
  if (box.group !== null) {
    inside.push(
      spec('text', ['group-count'], { x: width - padRight - 18, y: content.detailY, 'text-anchor': 'end' }, content.detail),
    );
  } else if (content.detail !== '') {
    for (const [at, line] of [content.detail, ...content.moreDetail].entries()) {
      inside.push(spec('text', ['detail'], { x: content.detailX, y: content.detailY + at * detailLineHeight }, line));
    }
  }
  inside.push(...content.chips.map(chipElement), ...stateElements(content.state, width - padRight - 6));
  children.push(shift === 0 ? spec('g', [], {}, inside) : spec('g', [], { transform: `translate(0,${round(shift)})` }, inside));
  return spec('g', boxClasses(box), {}, children);
}

function chipElement(chip: Chip): ElementSpec {
  const lines = [chip.text, ...(chip.more ?? [])];
  return spec('g', ['chip', `tone-${chip.tone}`], { transform: `translate(${round(chip.x)},${round(chip.y)})` }, [
    spec('rect', ['chip-back'], { width: chip.width, height: chipHeight + (lines.length - 1) * chipLineHeight, rx: 8 }),
    ...lines.map((line, at) => spec('text', ['chip-text'], { x: 6, y: 12 + at * chipLineHeight }, line)),
  ]);
}

function stateElements(state: BoxState, x: number): readonly ElementSpec[] {
  switch (state) {
    case 'ready':
      return [spec('circle', ['ready'], { cx: x, cy: 14, r: 4 })];
    case 'not-ready':
      return [
        spec('circle', ['not-ready'], { cx: x, cy: 14, r: 4 }),
        spec('path', ['not-ready'], { d: `M${x - 5},19L${x + 5},9` }),
      ];
    case 'hairpin':
      // Out and back to where it came from.
      return [
        spec('path', ['hairpin'], {
          d: `M${x - 7},11H${x + 1}A3.5,3.5 0 0 1 ${x + 1},18H${x - 6}M${x - 3},15L${x - 6.5},18L${x - 3},21`,
        }),
      ];
    case 'open':
      return [spec('path', ['chevron'], { d: `M${x - 5},12L${x},17L${x + 5},12` })];
    case 'closed':
      return [spec('path', ['chevron'], { d: `M${x - 3},10L${x + 2},15L${x - 3},20` })];
    case 'good':
      return [spec('path', ['sign', 'sign-good'], { d: `M${x - 5},14L${x - 1},18L${x + 5},10` })];
    case 'warning':
      return [spec('path', ['sign', 'sign-warning'], { d: `M${x},8V15M${x},19V19.5` })];
    case 'bad':
      return [spec('path', ['sign', 'sign-bad'], { d: `M${x - 4},10L${x + 4},18M${x + 4},10L${x - 4},18` })];
    case 'unsure':
      return [
        spec('path', ['sign', 'sign-unsure'], {
          d: `M${x - 3.5},11A3.5,3.5 0 1 1 ${x},14.5V16M${x},19V19.5`,
        }),
      ];
    case null:
      return [];
  }
}

/** How thick an edge is: the more of what arrives goes along it, the thicker. */
function edgeWidth(edges: readonly FlowEdge[]): number {
  let share: number | null = null;
  for (const edge of edges) if (edge.probability !== null) share = (share ?? 0) + edge.probability;
  return round(1.1 + 1.1 * Math.sqrt(Math.min(1, share ?? 0.3)));
}

/** An edge's line, with a wide one under it that is easy to point at. Labels come apart, as they stand above other edges. */
export function edgeElement(drawn: DrawnEdge, target: FlowNode | undefined): ElementSpec {
  const never = drawn.edges.length > 0 && drawn.edges.every((edge) => edge.probability === 0);
  const classes = ['edge'];
  if (target !== undefined && target.drift !== null) classes.push(`drift-${target.drift}`);
  if (target?.kind === 'verdict') classes.push(`verdict-${verdictTone(target)}`);
  if (never) classes.push('never');
  const contrast = drawn.edges.find((edge) => edge.contrast !== undefined)?.contrast;
  if (contrast !== undefined) classes.push(`contrast-${contrast.kind}`);
  return spec('g', classes, {}, [
    spec('path', ['hit'], { d: drawn.path }),
    spec('path', ['line'], { d: drawn.path, 'stroke-width': edgeWidth(drawn.edges) }),
  ]);
}

/** What stands at an edge. */
export function labelElement(label: EdgeLabel): ElementSpec {
  return spec('g', ['edge-label'], { transform: `translate(${round(label.x)},${round(label.y)})` }, [
    spec('rect', ['label-back'], { width: label.width, height: label.height, rx: 3 }),
    ...label.lines.map((line, at) => spec('text', [`label-${line.tone}`], { x: 5, y: 12.5 + at * labelLineHeight }, line.text)),
  ]);
}

/** A frame around boxes, with its label and detail. */
export function frameElement(frame: Frame): ElementSpec {
  const { x, y, width, height } = frame;
  const children = [spec('rect', ['frame-back'], { x, y, width, height, rx: 8 })];
  if (frame.label !== '') children.push(spec('text', ['frame-label'], { x: x + 10, y: y + 16 }, frame.label));
  if (frame.detail !== '') {
    children.push(spec('text', ['frame-detail'], { x: x + width - 10, y: y + 16, 'text-anchor': 'end' }, frame.detail));
  }
  return spec('g', ['frame', `frame-${frame.kind}`], {}, children);
}

/** The name above a column. */
export function headingElement(heading: Heading): ElementSpec {
  return spec('text', ['heading'], { x: heading.x + heading.width / 2, y: 22, 'text-anchor': 'middle' }, heading.text);
}
