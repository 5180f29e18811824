/** What a flow panel's page keeps over a reload of the window. */
import { type Check, isBoolean, isNumber, isString, listOf, oneOf, optional, orNull, record } from './check.ts';
import type { Grouping } from './groups.ts';

/** A flow that was shown in a panel. */
export interface Visit {
  readonly to: string;
  readonly title: string;
}

/** What survives a reload of the window. */
export interface FlowPanelState {
  readonly version: 1;
  readonly uri: string;
  readonly file: string;
  readonly to: string;
  /** The flows shown so far, oldest first, and which one is shown. */
  readonly history: readonly Visit[];
  readonly at: number;
  readonly mode: 'drawing' | 'text';
  /** Null: not chosen, the best for the graph. */
  readonly grouping: Grouping | null;
  /** Ids of groups that are open. */
  readonly open: readonly string[];
  readonly selected: string | null;
  readonly search: string;
  readonly filtering: boolean;
  readonly details: boolean;
  /** Pan and zoom; null: fitted. */
  readonly view: { readonly x: number; readonly y: number; readonly k: number } | null;
  /** The dump that it is compared with, and whether what kube-proxy would write for it is meant; absent or null for none. */
  readonly compared?: { readonly uri: string; readonly expected: boolean } | null;
}

const mostVisits = 50;

/** The state of a panel that has shown nothing yet. */
export const freshState: FlowPanelState = {
  version: 1,
  uri: '',
  file: '',
  to: '',
  history: [],
  at: -1,
  mode: 'drawing',
  grouping: null,
  open: [],
  selected: null,
  search: '',
  filtering: false,
  details: true,
  view: null,
};

/** A flow that is shown, or that there is nothing to show of. */
export interface ShownFlow extends Visit {
  readonly uri: string;
  readonly file: string;
}

/**
 * The state once a flow is shown. The same `to` again is the same place: all stays. Another is a step forward in the history, or,
 * when it is what `wanted` (a place in the history) asked for, a step to there; what was open and selected belongs to the old one.
 */
export function afterShow(state: FlowPanelState, shown: ShownFlow, wanted: number | null): FlowPanelState {
  const { uri, file, to, title } = shown;
  const current = state.history[state.at];
  if (uri === state.uri && to === state.to && current?.to === to) {
    const history = state.history.map((visit, at) => (at === state.at ? { to, title } : visit));
    return { ...state, file, history };
  }
  const known = uri === state.uri ? state.history : [];
  if (wanted !== null && known[wanted]?.to === to) {
    const history = known.map((visit, at) => (at === wanted ? { to, title } : visit));
    return { ...state, ...elsewhere, uri, file, to, history, at: wanted };
  }
  const history = [...(uri === state.uri ? known.slice(0, state.at + 1) : []), { to, title }].slice(-mostVisits);
  return { ...state, ...elsewhere, uri, file, to, history, at: history.length - 1 };
}

const elsewhere = { open: [], selected: null, search: '', filtering: false, view: null } as const;

const isVisit: Check<Visit> = record<Visit>({ to: isString, title: isString });

const isPanelState: Check<FlowPanelState> = record<FlowPanelState>({
  version: oneOf(1),
  uri: isString,
  file: isString,
  to: isString,
  history: listOf(isVisit),
  at: isNumber,
  mode: oneOf('drawing', 'text'),
  grouping: orNull(oneOf('node', 'zone', 'page')),
  open: listOf(isString),
  selected: orNull(isString),
  search: isString,
  filtering: isBoolean,
  details: isBoolean,
  view: orNull(record<{ x: number; y: number; k: number }>({ x: isNumber, y: isNumber, k: isNumber })),
  compared: optional(orNull(record<{ uri: string; expected: boolean }>({ uri: isString, expected: isBoolean }))),
});

/** Both ends' check: what setState kept, or null where it is absent, from another version, or damaged. */
export function readPanelState(value: unknown): FlowPanelState | null {
  return isPanelState(value) ? value : null;
}
