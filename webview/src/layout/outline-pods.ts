import type { GraphIndex } from '../model/graph-index.ts';
import { nameWidth, naturalWidth } from './box-content.ts';
import { isIdle, type LabelText } from './merged-edges.ts';
import type { LayoutOptions } from './model.ts';
import type { OutlineLink, OutlineRow } from './outline-rows.ts';

/** Pods that stand to the right of their endpoints, in the same rows of an outline. */
export interface Beside {
  /** The Pod's row by its endpoint's id, and what joins them. */
  readonly of: ReadonlyMap<
    string,
    { readonly row: OutlineRow; readonly link: OutlineLink; readonly labels: readonly LabelText[] }
  >;
  /** How wide the Pods are, and how far from their endpoints. */
  readonly pod: number;
  readonly gap: number;
  /** The width that the outline needs for it, without margins. */
  readonly width: number;
  /** How wide Pods would be of which nothing is cut. */
  readonly natural: number;
}

const widestEndpoint = 230;
const widestPod = 280;
const leastGap = 34;

/**
 * Puts each Pod or address beside the endpoint that leads to it, where all of them fit into `room` (pixels; null: any). Null where they do
 * not. An endpoint that an edge reaches from the right keeps its Pod below it.
 */
export function placeBeside(
  index: GraphIndex,
  rows: readonly OutlineRow[],
  links: readonly OutlineLink[],
  isInside: (link: OutlineLink) => boolean,
  labelsOf: (link: OutlineLink) => readonly LabelText[],
  indent: number,
  room: number | null,
  options: LayoutOptions,
): Beside | null {
  const incoming = new Map<string, OutlineLink[]>();
  const outgoing = new Map<string, number>();
  for (const link of links) {
    incoming.set(link.to, [...(incoming.get(link.to) ?? []), link]);
    outgoing.set(link.from, (outgoing.get(link.from) ?? 0) + 1);
  }
  const of = new Map<string, { row: OutlineRow; link: OutlineLink; labels: readonly LabelText[] }>();
  let endpoint = 0;
  let pod = 0;
  let whole = 0;
  let gap = leastGap;
  let depth = 0;
  for (const [at, row] of rows.entries()) {
    const before = rows[at - 1];
    const [link, ...others] = incoming.get(row.id) ?? [];
    if (row.node?.kind !== 'pod' && row.node?.kind !== 'address') continue;
    if (before?.node?.kind !== 'endpoint' || link?.from !== before.id || others.length > 0) continue;
    if (outgoing.get(before.id) !== 1 || !(incoming.get(before.id) ?? []).every(isInside)) continue;
    const labels = labelsOf(link);
    of.set(before.id, { row, link, labels });
    const natural = naturalWidth(before.node, isIdle(index, before.node), options.measure);
    endpoint = Math.max(endpoint, Math.min(natural, Math.max(widestEndpoint, nameWidth(before.node, options.measure))));
    const own = naturalWidth(row.node, false, options.measure);
    pod = Math.max(pod, Math.min(own, Math.max(widestPod, nameWidth(row.node, options.measure))));
    whole = Math.max(whole, own);
    gap = Math.max(gap, ...labels.map((label) => label.width + leastGap));
    depth = Math.max(depth, before.depth);
  }
  const width = depth * indent + endpoint + gap + pod;
  if (of.size === 0 || (room !== null && width > room)) return null;
  return { of, pod, gap, width, natural: whole };
}

/** The same with wider Pods, where the outline is wider than it needs: no name is cut beside an endpoint's empty box. */
export function widened(beside: Beside | null, width: number): Beside | null {
  if (beside === null || width <= beside.width) return beside;
  return { ...beside, pod: Math.max(beside.pod, Math.min(beside.natural, beside.pod + width - beside.width)) };
}
