import type { TextItem } from '../export/text-tree.ts';
import type { Box } from '../layout/model.ts';
import type { Measure } from '../layout/text-metrics.ts';
import type { Highlight, Traced } from '../messages.ts';
import type { FlowComparison } from '../model/compare-flows.ts';
import { lineOf } from '../model/describe.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { type FlowPanelState, freshState } from '../model/panel-state.ts';
import { findNodes } from '../model/search.ts';
import { type TracedPath, tracedPath } from '../model/traced-path.ts';
import type { Host } from './host.ts';
import { createMeasure } from './measure.ts';
import type { PageParts } from './parts.ts';
import type { Place } from './places.ts';
import type { Shown } from './shown.ts';

/** The flow that is drawn beside the page's own. */
export interface Compared {
  readonly comparison: FlowComparison;
  readonly index: GraphIndex;
  readonly shown: Shown | null;
  /** The difference that was gone to last; null for none. */
  readonly at: number | null;
}

/** The page: its parts, and what it shows now. There is one; the functions beside this file change it. */
export interface Page {
  readonly host: Host;
  readonly parts: PageParts;
  /** What a reload of the window brings back. Changed by `update` only. */
  state: FlowPanelState;
  /** The flow that was asked for; null where there is none. */
  index: GraphIndex | null;
  shown: Shown | null;
  compared: Compared | null;
  /** The path of a packet through the dump; null for none. */
  traced: Traced | null;
  /** Why there is nothing to show; null where there is something. */
  reason: string | null;
  /** The place in the history that the flow which is on its way was asked for from. */
  wanted: number | null;
  /** How drawings were left, by what asks for them. */
  readonly places: Map<string, Place>;
  /** Where the editor's cursor is; null for nowhere in this flow. */
  cursor: Highlight | null;
  measure: Measure;
  /** Items of the text that are folded; not worth keeping. */
  collapsed: ReadonlySet<string>;
  /** The text of what is shown, made anew only when that changes. */
  listed: { readonly shown: Shown; readonly collapsed: ReadonlySet<string>; readonly items: readonly TextItem[] } | null;
  /** Nothing was chosen yet: details are shown where there is room for them. */
  undecided: boolean;
  /** The width that the layout was made for. */
  fittedWidth: number;
  keepTimer: number;
}

/** A page that has shown nothing yet. */
export function createPage(host: Host, parts: PageParts): Page {
  return {
    host,
    parts,
    state: host.kept ?? freshState,
    index: null,
    shown: null,
    compared: null,
    traced: null,
    reason: null,
    wanted: null,
    places: new Map(),
    cursor: null,
    measure: createMeasure(),
    collapsed: new Set(),
    listed: null,
    undecided: host.kept === null,
    fittedWidth: 0,
    keepTimer: 0,
  };
}

/** Has the host keep the state as it is. */
export function keep(page: Page): void {
  clearTimeout(page.keepTimer);
  page.host.keep(page.state);
}

/** Changes the state and has it kept. */
export function update(page: Page, change: Partial<FlowPanelState>): void {
  page.state = { ...page.state, ...change };
  clearTimeout(page.keepTimer);
  // A pan changes the view in every frame.
  if ('view' in change) page.keepTimer = setTimeout(() => keep(page), 150);
  else keep(page);
}

/** Says something to who listens to the page. */
export function say(page: Page, text: string): void {
  page.parts.status.textContent = text;
}

/** Ids of the nodes that match the search: those of the page's own flow, then those that the compared flow alone has. */
export function matches({ index, compared, state }: Page): readonly string[] {
  const all = [index, compared?.index ?? null].flatMap((of) => (of === null ? [] : findNodes(of, state.search)));
  return [...new Set(all.map(({ id }) => id))];
}

/** The box of a node or a group: its own, or the closed group that the node is in. */
export function boxFor({ shown }: Page, id: string): Box | undefined {
  return shown?.boxOf.get(id);
}

/** The line that stands for a node, and whether the compared dump is meant, which alone has it; null for a group and for what has no line. */
function placeOfId({ index, compared }: Page, id: string): { readonly line: number; readonly isOther: boolean } | null {
  const own = index?.nodes.get(id);
  const node = own ?? compared?.index.nodes.get(id);
  const of = own === undefined ? compared?.index : index;
  const line = node === undefined || of === undefined || of === null ? null : lineOf(of, node);
  return line === null ? null : { line, isOther: own === undefined };
}

/** Shows a line in the editor, of the compared dump where that is meant. */
export function openLine({ host }: Page, line: number, focus: boolean, isOther: boolean): void {
  host.post({ kind: 'open-line', line, focus, ...(isOther ? { isOther } : {}) });
}

/** Where in the flow the traced packet goes; null for nowhere. */
export function tracedIn({ index, traced }: Page): TracedPath | null {
  return index === null || traced === null ? null : tracedPath(index.graph, traced.steps);
}

/** Whether what is selected is of the compared flow alone. */
export function isOfOther({ state, index, compared }: Page): boolean {
  const { selected } = state;
  return selected !== null && index?.nodes.has(selected) !== true && compared?.index.nodes.has(selected) === true;
}

/** Shows the line of a node in the editor; false where it has none. */
export function openLineOf(page: Page, id: string, focus: boolean): boolean {
  const place = placeOfId(page, id);
  if (place !== null) openLine(page, place.line, focus, place.isOther);
  return place !== null;
}

/** The flow has the focus again. */
export function focusFlow({ parts }: Page): void {
  parts.tree.element.focus({ preventScroll: true });
}
