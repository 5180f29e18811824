import { describe, expect, it } from 'vitest';
import {
  afterShow,
  type FlowPanelState,
  freshState,
  readPanelState,
  type ShownFlow,
} from '../../webview/src/model/panel-state.ts';

const uri = 'file:///dumps/node-a.iptables';

function flow(to: string, from = uri): ShownFlow {
  return { uri: from, file: 'node-a.iptables', to, title: `title of ${to}` };
}

/** The state after these flows, one after the other. */
function shownInTurn(...tos: readonly string[]): FlowPanelState {
  return tos.reduce<FlowPanelState>((state, to) => afterShow(state, flow(to), null), freshState);
}

describe('a panel’s state', () => {
  it('goes forward with every other Service', () => {
    const state = shownInTurn('a', 'b');
    expect(state.history.map((visit) => visit.to)).toEqual(['a', 'b']);
    expect(state).toMatchObject({ at: 1, to: 'b', uri });
    expect(state.history[1]?.title).toBe('title of b');
  });

  it('stays where it is for an edit, with view, selection and open groups', () => {
    const before = {
      ...shownInTurn('a'),
      selected: 'svc',
      open: ['group:node:node-1'],
      view: { x: 1, y: 2, k: 1.5 },
      search: 'web',
    };
    expect(afterShow(before, flow('a'), null)).toEqual(before);
  });

  it('forgets view, selection and search with another Service, but not how things are shown', () => {
    const before: FlowPanelState = {
      ...shownInTurn('a'),
      selected: 'svc',
      open: ['x'],
      view: { x: 1, y: 2, k: 1 },
      search: 'web',
      filtering: true,
      mode: 'text',
      grouping: 'zone',
      details: false,
    };
    expect(afterShow(before, flow('b'), null)).toMatchObject({
      selected: null,
      open: [],
      view: null,
      search: '',
      filtering: false,
      mode: 'text',
      grouping: 'zone',
      details: false,
    });
  });

  it('goes back and forth without forgetting what is ahead', () => {
    const back = afterShow(shownInTurn('a', 'b', 'c'), flow('b'), 1);
    expect(back).toMatchObject({ at: 1, to: 'b' });
    expect(back.history.map((visit) => visit.to)).toEqual(['a', 'b', 'c']);
    expect(afterShow(back, flow('c'), 2)).toMatchObject({ at: 2, to: 'c' });
  });

  it('drops what is ahead when another Service is chosen in between', () => {
    const back = afterShow(shownInTurn('a', 'b', 'c'), flow('a'), 0);
    expect(afterShow(back, flow('d'), null).history.map((visit) => visit.to)).toEqual(['a', 'd']);
  });

  it('goes forward when something else came than was asked for', () => {
    expect(afterShow(shownInTurn('a', 'b'), flow('z'), 0)).toMatchObject({ at: 2, to: 'z' });
  });

  it('begins anew with another dump', () => {
    expect(afterShow(shownInTurn('a', 'b'), flow('a', 'file:///other'), null)).toMatchObject({ at: 0, history: [{ to: 'a' }] });
  });

  it('remembers fifty Services at most', () => {
    const state = shownInTurn(...Array.from({ length: 60 }, (_, at) => `s${at}`));
    expect(state.history).toHaveLength(50);
    expect(state).toMatchObject({ at: 49, to: 's59' });
    expect(state.history[49]?.to).toBe('s59');
  });

  it('survives being kept and read', () => {
    const state = { ...shownInTurn('a', 'b'), view: { x: -3.5, y: 0, k: 0.8 } };
    expect(readPanelState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(readPanelState({ ...state, version: 2 })).toBeNull();
    expect(readPanelState({ ...state, view: { x: 'left' } })).toBeNull();
    expect(readPanelState(undefined)).toBeNull();
  });
});
