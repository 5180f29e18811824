import { count } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowBadgeKind, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { portFoldOf } from '../model/fold-ports.ts';
import { badgeChip, contrastText, readiness } from '../model/format.ts';
import type { EndpointGroup } from '../model/groups.ts';
import { isFault, type StateTone, stateTones } from '../model/service-state.ts';
import { fitName, fitText, type Measure, wrap, wrapName } from './text-metrics.ts';

export type ChipTone = 'plain' | 'warning' | 'error';

/** A badge or a state as it stands in a box, in pixels from the box's top left. */
export interface Chip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
  /** Lines below the first, where the box is too narrow for one. */
  readonly more?: readonly string[];
  readonly tone: ChipTone;
  readonly badge: FlowBadgeKind | null;
}

/** What the box shows at its right end, besides text. */
export type BoxState = 'ready' | 'not-ready' | 'hairpin' | 'open' | 'closed' | StateTone | null;

/** A box's content, cut to its width. */
export interface BoxContent {
  readonly label: string;
  /** Lines below the label, where it needs several: a name is not cut where a line more holds it. */
  readonly moreLabel: readonly string[];
  readonly detail: string;
  /** Lines below the detail, where it needs several: a verdict's reason is never cut. */
  readonly moreDetail: readonly string[];
  /** Where the detail stands in the box of a node: its left end and its baseline. */
  readonly detailX: number;
  readonly detailY: number;
  readonly chips: readonly Chip[];
  readonly state: BoxState;
  readonly height: number;
}

export const chipHeight = 16;
export const chipLineHeight = 13;
const mostChipLines = 6;
export const padLeft = 13;
export const padRight = 10;
const stateWidth = 20;
const chipGap = 4;
const longestName = 280;
/** As wide as a hash, or as a short IPv6 address. */
const longestPiece = 125;
/** The label's and the detail's baselines, from the box's top. */
export const labelBaseline = 18;
const detailBaseline = 34;
export const detailLineHeight = 14;
export const labelLineStep = 16;
const mostNameLines = 5;
/** Where there is little room: in so few lines of this width a long name may stand, before it has all the width that a name may take. */
const nameWidths = [
  [150, 2],
  [190, 3],
  [235, 3],
] as const;
const mostReasonLines = 6;
const mostDetailLines = 3;
/** A box of one line, and the space between what stands in it. */
const lineHeight = 28;
const lineGap = 12;

interface ChipText {
  readonly text: string;
  readonly tone: ChipTone;
  readonly badge: FlowBadgeKind | null;
}

/** Badges and states to be read in the box. The hairpin rule, which every endpoint chain has, is a state there and no badge. */
function chipTexts(node: FlowNode, idle: boolean): readonly ChipText[] {
  const chips: ChipText[] = [];
  const contrast = contrastText(node);
  if (contrast !== '') chips.push({ text: contrast, tone: 'warning', badge: null });
  if (node.drift === 'stale') chips.push({ text: 'stale', tone: 'error', badge: null });
  if (node.drift === 'missing') chips.push({ text: 'missing in dump', tone: 'error', badge: null });
  if (node.drift === 'differs') chips.push({ text: 'differs', tone: 'warning', badge: null });
  if (node.pod?.ready === false && node.kind !== 'endpoint') chips.push({ text: readiness(node), tone: 'warning', badge: null });
  if (idle) chips.push({ text: 'no packets', tone: 'warning', badge: null });
  for (const badge of node.badges) {
    if (badge.kind === 'hairpin' && node.kind === 'endpoint') continue;
    chips.push({ text: drawingText(badgeChip(badge)), tone: 'plain', badge: badge.kind });
  }
  return chips;
}

/** A box's second line; of a verdict with its rule's line. */
function detailOf({ kind, detail, line }: FlowNode): string {
  const rule = kind === 'verdict' && line !== null ? `line ${count(line)}` : '';
  return [drawingText(detail), rule].filter((part) => part !== '').join(', ');
}

function stateOf(node: FlowNode): BoxState {
  const ports = portFoldOf(node);
  if (ports !== null) return ports.isOpen ? 'open' : 'closed';
  if (node.state !== undefined) return node.kind === 'entry' && !isFault(node.state) ? null : stateTones[node.state.kind];
  if (node.kind === 'endpoint') return node.badges.some((badge) => badge.kind === 'hairpin') ? 'hairpin' : null;
  if (node.pod === null || node.pod.ready === null) return null;
  return node.pod.ready ? 'ready' : 'not-ready';
}

function chipWidth(chip: ChipText, measure: Measure): number {
  return Math.ceil(measure(chip.text, 'chip')) + 12;
}

/** In how many lines the detail may stand: neither a reason nor a chain's name is cut where a line more would hold it. */
function detailLines(node: FlowNode): number {
  return isReason(node) ? mostReasonLines : mostDetailLines;
}

function isReason({ kind, state }: FlowNode): boolean {
  return kind === 'verdict' || state !== undefined;
}

/** The width at which a node's name is not cut, bounded: what cannot be left out even where there is little room. */
export function nameWidth(node: FlowNode, measure: Measure): number {
  const state = stateOf(node) === null ? 0 : stateWidth;
  const name = widthOfName(drawingText(node.label).slice(0, 200), measure) + state;
  // A reason may be broken, but not within a word; a chain's name, but not within its hash.
  const detail = detailOf(node).slice(0, 200);
  const words = isReason(node) ? detail.split(' ') : detail.split(/ |(?<=[-\]])/);
  const most = isReason(node) ? longestName : longestPiece;
  const word = Math.min(most, Math.max(0, ...words.map((text) => Math.ceil(measure(text, 'detail')))));
  return Math.min(longestName, Math.max(name, word)) + padLeft + padRight;
}

/** A name that is longer than most may stand in some lines. */
function widthOfName(name: string, measure: Measure): number {
  const whole = Math.ceil(measure(name, 'label'));
  const narrower = nameWidths.find(
    ([width, lines]) => width < whole && wrapName(name, 'label', width, mostNameLines, measure).length <= lines,
  );
  return narrower?.[0] ?? whole;
}

/** The width at which nothing of a node is cut. */
export function naturalWidth(node: FlowNode, idle: boolean, measure: Measure): number {
  const state = stateOf(node) === null ? 0 : stateWidth;
  const chips = chipTexts(node, idle).map((chip) => chipWidth(chip, measure));
  const text = Math.max(
    measure(drawingText(node.label).slice(0, 200), 'label') + state,
    measure(detailOf(node).slice(0, 200), 'detail'),
    ...chips,
  );
  return Math.ceil(text) + padLeft + padRight;
}

/** The width at which a group's head is not cut. */
export function naturalGroupWidth(group: EndpointGroup, measure: Measure): number {
  return Math.ceil(measure(group.label, 'label') + measure(group.detail, 'chip')) + padLeft + padRight + stateWidth + 12;
}

/** What a node's box of this width shows. */
export function boxContent(node: FlowNode, idle: boolean, width: number, measure: Measure): BoxContent {
  const room = width - padLeft - padRight;
  const state = stateOf(node);
  const detail = detailOf(node);
  const nameRoom = room - (state === null ? 0 : stateWidth) + 1;
  const [label = '', ...moreLabel] = wrapName(drawingText(node.label), 'label', nameRoom, mostNameLines, measure);
  const below = moreLabel.length * labelLineStep;
  const [first = '', ...moreDetail] = wrap(detail, 'detail', room + 1, detailLines(node), measure);
  const top = (detail === '' ? 28 : 43) + below + moreDetail.length * detailLineHeight;
  const { chips, bottom } = chipRows(chipTexts(node, idle), top - 1, room, measure);
  return {
    label,
    moreLabel,
    detail: first,
    moreDetail,
    detailX: padLeft,
    detailY: detailBaseline + below,
    chips,
    state,
    height: chips.length === 0 ? top : bottom + 8,
  };
}

/** Badges from left to right and below each other; one that is wider than the box has its words in several lines. */
function chipRows(
  texts: readonly ChipText[],
  top: number,
  room: number,
  measure: Measure,
): { readonly chips: readonly Chip[]; readonly bottom: number } {
  const chips: Chip[] = [];
  let x = padLeft;
  let y = top;
  let bottom = top;
  for (const { text, tone, badge } of texts) {
    const width = Math.min(chipWidth({ text, tone, badge }, measure), room);
    if (x > padLeft && x + width > padLeft + room) {
      x = padLeft;
      y = bottom + chipGap;
    }
    const [first = '', ...more] = wrap(text, 'chip', width - 12 + 1, mostChipLines, measure);
    chips.push({ x, y, width, text: first, ...(more.length > 0 ? { more } : {}), tone, badge });
    x += width + chipGap;
    bottom = Math.max(bottom, y + chipHeight + more.length * chipLineHeight);
  }
  return { chips, bottom };
}

/** Badges from `left` on, in one line. */
function chipLine(texts: readonly ChipText[], left: number, y: number, measure: Measure): readonly Chip[] {
  let x = left;
  return texts.map((chip) => {
    const width = chipWidth(chip, measure);
    const placed = { x, y, width, text: chip.text, tone: chip.tone, badge: chip.badge };
    x += width + chipGap;
    return placed;
  });
}

/** The least width at which `lineContent` has all of a node in one line. */
export function naturalLineWidth(node: FlowNode, idle: boolean, measure: Measure): number {
  const texts = [measure(drawingText(node.label), 'label'), measure(detailOf(node), 'detail')].map(Math.ceil);
  const chips = chipTexts(node, idle).map((chip) => chipWidth(chip, measure) + chipGap);
  const state = stateOf(node) === null ? 0 : stateWidth;
  const all = [...texts, ...chips].reduce((sum, width) => sum + width, 0);
  return padLeft + all + lineGap + (chips.length === 0 ? 0 : lineGap) + state + padRight;
}

/**
 * The same for where there is more width than height: all in one line, or name and detail in one and the badges below; null where neither fits
 * uncut.
 */
export function lineContent(node: FlowNode, idle: boolean, width: number, measure: Measure): BoxContent | null {
  const state = stateOf(node);
  const label = drawingText(node.label);
  const detail = detailOf(node);
  const detailX = padLeft + Math.ceil(measure(label, 'label')) + lineGap;
  const textEnd = detail === '' ? detailX - lineGap : detailX + Math.ceil(measure(detail, 'detail'));
  const texts = chipTexts(node, idle);
  const right = width - padRight - (state === null ? 0 : stateWidth);
  const fits = (chips: readonly Chip[]): boolean => chips.every((chip) => chip.x + chip.width <= right);
  if (textEnd > right) return null;
  const same = { label, moreLabel: [], detail, moreDetail: [], detailX, detailY: labelBaseline, state };
  const beside = chipLine(texts, textEnd + lineGap, (lineHeight - chipHeight) / 2, measure);
  if (fits(beside)) return { ...same, chips: beside, height: lineHeight };
  const below = chipLine(texts, padLeft, lineHeight - 2, measure);
  return fits(below) ? { ...same, chips: below, height: lineHeight + chipHeight + 6 } : null;
}

/** What a group's head shows: its name and, after it, how many endpoints. */
export function groupContent(group: EndpointGroup, open: boolean, width: number, measure: Measure): BoxContent {
  const room = width - padLeft - padRight - stateWidth;
  const label = fitName(drawingText(group.label), 'label', room, measure);
  return {
    label,
    detail: fitText(group.detail, 'chip', Math.max(0, room - measure(label, 'label') - 10), measure),
    moreLabel: [],
    moreDetail: [],
    detailX: padLeft,
    detailY: labelBaseline + 1,
    chips: [],
    state: open ? 'open' : 'closed',
    height: 30,
  };
}
