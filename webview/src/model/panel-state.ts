import type { FlowPanelState, ShowFlow, ShowNothing } from '../messages.ts';

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

/**
 * The state once a message's flow is shown. The same `to` again is the same place: all stays. Another is a step forward in the history, or,
 * when it is what `wanted` (a place in the history) asked for, a step to there; what was open and selected belongs to the old one.
 */
export function afterShow(state: FlowPanelState, message: ShowFlow | ShowNothing, wanted: number | null): FlowPanelState {
  const { uri, file, to } = message;
  const title = message.kind === 'flow' ? message.graph.title : to;
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
