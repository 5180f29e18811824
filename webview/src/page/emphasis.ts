import { count } from '../../../server/src/base/counted.ts';
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import type { Box } from '../layout/model.ts';
import type { Highlight } from '../messages.ts';
import { findPlace, pathsThrough } from '../model/graph-index.ts';
import type { TracedPath } from '../model/traced-path.ts';
import type { Shown } from './shown.ts';

/** What stands out in a drawing. Ids are those of boxes and edges. */
export interface Emphasis {
  readonly selected: string | null;
  /** Boxes and edges on the lit paths; null: nothing is lit. */
  readonly lit: { readonly boxes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | null;
  /** The rules that the cursor is on. */
  readonly cursor: ReadonlySet<FlowEdge>;
  /** Boxes that match the search, or hold what does. */
  readonly matches: ReadonlySet<string>;
  /** By a box's id, at which steps of a packet's path one comes there: "2, 3". */
  readonly steps: ReadonlyMap<string, StepNumbers>;
}

/** The numbers of the steps that lead to a box. */
export interface StepNumbers {
  readonly text: string;
  /** One of them is the step that is looked at. */
  readonly isCurrent: boolean;
}

/** Nothing stands out. */
export const noEmphasis: Emphasis = { selected: null, lit: null, cursor: new Set(), matches: new Set(), steps: new Map() };

/**
 * Lights every path through what the editor's cursor is on, or else through what is selected (a node's or a group's id); `found` are the
 * nodes that match the search.
 */
export function emphasisOf(
  { index, layout, boxOf, boxes }: Shown,
  selected: string | null,
  cursor: Highlight | null,
  found: readonly string[],
): Emphasis {
  const place = cursor === null ? { nodes: [], edges: [] } : findPlace(index, cursor);
  const isCursorHere = place.nodes.length > 0 || place.edges.length > 0;
  const group = selected === null ? null : (boxes.get(selected)?.group ?? null);
  const chosen = group !== null ? group.rows.map((row) => row.endpoint.id) : selected === null ? [] : [selected];
  const starts = isCursorHere ? place.nodes : chosen;
  const named = {
    selected: selected === null ? null : (boxOf.get(selected)?.id ?? selected),
    cursor: new Set(place.edges),
    matches: new Set(found.map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined)),
    steps: new Map(),
  };
  if (starts.length === 0 && place.edges.length === 0) return { ...named, lit: null };
  // Nothing comes before or behind a namespace: lit alone it would dim all else.
  if (!isCursorHere && selected !== null && index.map !== null && !index.map.serviceOf.has(selected))
    return { ...named, lit: null };
  const path = pathsThrough(index, starts, place.edges);
  const lit = new Set([...path.nodes].map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined));
  for (const box of layout.boxes) if (box.group?.rows.some((row) => path.nodes.has(row.endpoint.id))) lit.add(box.id);
  const edges = new Set(
    layout.edges.filter((drawn) => drawn.edges.some((edge) => path.edges.has(edge))).map((drawn) => drawn.id),
  );
  return { ...named, lit: { boxes: lit, edges } };
}

/** The path of a packet stands out, its steps numbered; `current` is the one that is looked at, 0-based. */
export function traceEmphasis({ layout, boxOf }: Shown, { nodes, edges, places }: TracedPath, current: number): Emphasis {
  const boxes = new Set([...nodes].map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined));
  const lines = new Set(layout.edges.filter((drawn) => drawn.edges.some((edge) => edges.has(edge))).map(({ id }) => id));
  const numbers = new Map<string, number[]>();
  for (const [at, place] of places.entries()) {
    const box = place === null ? undefined : boxOf.get(place);
    if (box !== undefined) numbers.set(box.id, [...(numbers.get(box.id) ?? []), at]);
  }
  const here = places[current] ?? null;
  return {
    ...noEmphasis,
    selected: here === null ? null : (boxOf.get(here)?.id ?? null),
    lit: { boxes, edges: lines },
    steps: new Map(
      [...numbers].map(([id, all]) => {
        const isCurrent = all.includes(current);
        const text = all.map((at) => count(at + 1)).join(', ');
        return [id, { text: isCurrent ? `▶ ${text}` : text, isCurrent }];
      }),
    ),
  };
}

/** A difference of two flows stands out: its boxes (the first as the selected one), and the edges between them that differ. */
export function differenceEmphasis({ layout, boxOf }: Shown, ids: readonly string[]): Emphasis {
  const boxes = new Set(ids.map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined));
  const edges = layout.edges.filter(
    (drawn) => boxes.has(drawn.from) && boxes.has(drawn.to) && drawn.edges.some(({ contrast }) => contrast !== undefined),
  );
  const [first] = boxes;
  return {
    ...noEmphasis,
    selected: first ?? null,
    lit: boxes.size === 0 ? null : { boxes, edges: new Set(edges.map(({ id }) => id)) },
  };
}

/** The boxes that a place in the dump stands for: what its rules lead to, or what is declared there. */
export function boxesAt({ index, boxOf }: Shown, highlight: Highlight): readonly Box[] {
  const place = findPlace(index, highlight);
  const ids = [...place.edges.map((edge) => edge.to), ...place.nodes];
  return ids.map((id) => boxOf.get(id)).filter((box) => box !== undefined);
}
