/** What the boxes of a map hold, in pixels from their top left. */
import { count, counted } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import { type FlowNode, unreadyWords } from '../../../server/src/kube/flow/graph.ts';
import { entryName, type ListedService, type MapNamespace } from '../model/map-graph.ts';
import type { MapFold, PlannedNamespace } from '../model/map-plan.ts';
import { countStates, stateCount, stateTones } from '../model/service-state.ts';
import {
  type BoxContent,
  boxContent,
  type Chip,
  type ChipTone,
  chipHeight,
  labelBaseline,
  naturalWidth,
  padLeft,
  padRight,
} from './box-content.ts';
import { fitText, type Measure } from './text-metrics.ts';

const chevronWidth = 20;
const stateWidth = 20;
const gap = 10;
const headHeight = 30;

/** The longest name that Kubernetes allows fits. */
const widest = 600;
/** Wider than this no box is for its reason's sake, which may stand in several lines. */
const widestReason = 250;

/** The width at which nothing of a node is cut; its reason may be broken. */
export function mapBoxWidth(node: FlowNode, measure: Measure): number {
  const natural = Math.min(widest, naturalWidth(node, false, measure));
  return node.state === undefined ? natural : Math.min(natural, Math.max(widestReason, mapNameWidth(node, measure)));
}

/** The width at which its name is not cut. */
export function mapNameWidth(node: FlowNode, measure: Measure): number {
  const name = Math.ceil(measure(drawingText(node.label).slice(0, 200), 'label')) + stateWidth;
  return Math.min(widest, naturalWidth(node, false, measure), name + padLeft + padRight);
}

/** What stands in a Service's box of a map, fitted into its width in pixels. */
export function mapBoxContent(node: FlowNode, width: number, measure: Measure): BoxContent {
  return boxContent(node, false, width, measure);
}

/** Something folded, before it has a place. */
export interface FoldText {
  readonly label: string;
  readonly detail: string;
}

/** The width in pixels that something folded wants, with its chevron, within the widest. */
export function foldWidth({ label, detail }: FoldText, measure: Measure): number {
  return Math.min(
    widest,
    Math.ceil(Math.max(measure(label, 'label') + chevronWidth, measure(detail, 'detail'))) + padLeft + padRight,
  );
}

/** What stands in the box of something folded or unfolded, fitted into its width in pixels. */
export function foldContent({ label, detail }: FoldText, width: number, isOpen: boolean, measure: Measure): BoxContent {
  const room = width - padLeft - padRight;
  return {
    label: fitText(label, 'label', room - chevronWidth + 1, measure),
    detail: fitText(detail, 'detail', room + 1, measure),
    moreLabel: [],
    moreDetail: [],
    detailX: padLeft,
    detailY: 34,
    chips: [],
    state: isOpen ? 'open' : 'closed',
    height: detail === '' ? 28 : 43,
  };
}

/** A Service's entries in one box: the first by name, the others by their number. */
export function entriesFold({ service }: ListedService): FoldText {
  const first = service.entries[0];
  if (first === undefined) return { label: '', detail: '' };
  const name = entryName(first);
  const more = `and ${count(service.entries.length - 1)} more`;
  return { label: drawingText(first.label), detail: [name, more].filter((part) => part !== '').join(' ') };
}

/** Its endpoints in one box: how many, on which nodes. */
export function endpointsFold({ hosts, endpoints }: ListedService): FoldText {
  const unready = unreadyWords(hosts.flatMap(({ pods }) => pods.map(({ pod }) => pod)));
  const named = hosts.flatMap(({ node }) => (node === null ? [] : [node]));
  const only = named[0];
  const where =
    named.length === 0 ? '' : named.length === 1 ? `on ${drawingText(only?.label ?? '')}` : `on ${counted(named.length, 'node')}`;
  const detail = [where, ...unready].filter((part) => part !== '').join(', ');
  return { label: counted(endpoints, 'endpoint'), detail };
}

interface StateChip {
  readonly text: string;
  readonly tone: ChipTone;
}

function stateChips(services: readonly ListedService[]): readonly StateChip[] {
  return [...countStates(services.map(({ service }) => service.state))].map(([kind, number]) => {
    const tone = stateTones[kind];
    return { text: stateCount(kind, number), tone: tone === 'bad' ? 'error' : tone === 'warning' ? 'warning' : 'plain' };
  });
}

const chipWidth = (text: string, measure: Measure): number => Math.ceil(measure(text, 'chip')) + 12;

function headTexts({ namespace, services }: PlannedNamespace): FoldText {
  const total = namespace.services.length;
  const { label, detail } = namespace.node;
  const found = services.length === total ? detail : `${services.length} of ${detail}`;
  return { label: drawingText(label), detail: found };
}

/** The width at which a namespace's head is in one line. */
export function headWidth(planned: PlannedNamespace, measure: Measure): number {
  const { label, detail } = headTexts(planned);
  const chips = stateChips(planned.services).reduce((sum, { text }) => sum + chipWidth(text, measure) + 4, 0);
  const text = Math.ceil(measure(label, 'label')) + gap + Math.ceil(measure(detail, 'detail')) + gap;
  return Math.ceil(text + chips + padLeft + padRight + chevronWidth);
}

/** A namespace's head: its name, how many Services it has, and how many of them are in which state. */
export function headContent(planned: PlannedNamespace, width: number, measure: Measure): BoxContent {
  const texts = headTexts(planned);
  const right = width - padRight - chevronWidth;
  const detailWidth = Math.ceil(measure(texts.detail, 'detail'));
  const label = fitText(texts.label, 'label', right - padLeft - gap - detailWidth + 1, measure);
  const detailX = padLeft + Math.ceil(measure(label, 'label')) + gap;
  const chips: Chip[] = [];
  let x = detailX + detailWidth + gap;
  let y = (headHeight - chipHeight) / 2;
  for (const { text, tone } of stateChips(planned.services)) {
    const own = Math.min(chipWidth(text, measure), right - padLeft);
    if (x + own > right) {
      x = padLeft;
      y += y < headHeight / 2 ? headHeight - 9 : chipHeight + 4;
    }
    chips.push({ x, y, width: own, text: fitText(text, 'chip', own - 11, measure), tone, badge: null });
    x += own + 4;
  }
  const bottom = Math.max(headHeight, ...chips.map((chip) => chip.y + chipHeight + 7));
  return {
    label,
    detail: texts.detail,
    moreLabel: [],
    moreDetail: [],
    detailX,
    detailY: labelBaseline + 1,
    chips,
    state: planned.isOpen ? 'open' : 'closed',
    height: bottom,
  };
}

/** Those of a namespace that are folded behind its faults, in one line. */
export function restContent({ label, detail, isOpen }: MapFold, width: number, measure: Measure): BoxContent {
  const right = width - padRight - chevronWidth;
  const detailX = padLeft + Math.ceil(measure(label, 'label')) + gap;
  return {
    label,
    detail: fitText(detail, 'detail', right - detailX, measure),
    moreLabel: [],
    moreDetail: [],
    detailX,
    detailY: labelBaseline,
    chips: [],
    state: isOpen ? 'open' : 'closed',
    height: 28,
  };
}

/** The width in pixels that the line of all that is left of a namespace wants. */
export function restWidth({ label, detail }: MapFold, measure: Measure): number {
  return Math.ceil(measure(label, 'label') + gap + measure(detail, 'detail')) + padLeft + padRight + chevronWidth;
}

/** What of a namespace is worth a name in the head of its part; for who reads it. */
export function namespaceSentence({ node, services }: MapNamespace): string {
  const states = countStates(services.map(({ service }) => service.state));
  return `${drawingText(node.label)}, ${node.detail}: ${[...states].map(([kind, number]) => stateCount(kind, number)).join(', ')}`;
}
