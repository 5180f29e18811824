/** What buttons and keys do, selection aside. */

import { expectedRequest, ownRequest } from '../../../server/src/base/flow-request.ts';
import { nextDifference } from './comparing.ts';
import type { KeyAction } from './keyboard.ts';
import { moveBoth } from './linked-views.ts';
import { enterNode } from './map-actions.ts';
import { boxFor, focusFlow, matches, openLineOf, type Page, say, update } from './page.ts';
import { refresh, relayout } from './refresh.ts';
import { setSelected, toggle, toggleGroup, togglePorts, walk } from './selection.ts';

/** Asks for the flow before or after this one in the history. */
export function go(page: Page, step: 1 | -1): void {
  const visit = page.state.history[page.state.at + step];
  if (visit === undefined) return;
  page.wanted = page.state.at + step;
  page.host.post({ kind: 'request-flow', to: visit.to });
}

/** Asks for the flow that kube-proxy would make of the same Service, or for the dump's own again. */
export function showExpected(page: Page, on: boolean): void {
  const own = ownRequest(page.state.to);
  page.host.post({ kind: 'request-flow', to: on ? expectedRequest(own) : own });
}

/** Shows the flow as a drawing or as text, and moves the focus there. */
export function setMode(page: Page, mode: 'drawing' | 'text'): void {
  update(page, { mode });
  refresh(page);
  focusFlow(page);
  if (mode === 'drawing') relayout(page);
}

/** Shows or hides the details of what is selected. */
export function setDetails(page: Page, on: boolean): void {
  update(page, { details: on });
  refresh(page);
}

/** Marks what a text is found in, and says how often that is; with the filter on the others are left out. */
export function search(page: Page, query: string): void {
  update(page, { search: query });
  if (page.state.filtering) relayout(page);
  else refresh(page);
  const found = matches(page);
  say(page, query === '' ? '' : found.length === 1 ? '1 match' : `${found.length} matches`);
}

/** Makes the drawing so many times larger, and the one that it is compared with. */
export function zoom(page: Page, factor: number): void {
  page.parts.drawing.zoomBy(factor);
  if (page.compared !== null) page.parts.other.drawing.zoomBy(factor);
  update(page, { view: page.parts.drawing.view() });
}

/** Shows all of the drawing, and of the one that it is compared with. */
export function fitView(page: Page): void {
  update(page, { view: null });
  page.parts.drawing.fit(true);
  if (page.compared !== null) page.parts.other.drawing.fit(true);
}

/** Brings a place of the drawing, in its pixels, to the middle. */
export function moveTo(page: Page, x: number, y: number): void {
  const { drawing } = page.parts;
  const { width, height } = drawing.size();
  const { k } = drawing.view();
  moveBoth(page, () => drawing.setView({ x: width / 2 - x * k, y: height / 2 - y * k, k }));
  update(page, { view: drawing.view() });
}

/** What a key does. */
export function act(page: Page, action: KeyAction): void {
  const { state, parts } = page;
  switch (action.kind) {
    case 'walk':
      walk(page, action.walk);
      break;
    case 'open':
      if (state.selected === null || enterNode(page, state.selected) || togglePorts(page, boxFor(page, state.selected))) break;
      if (openLineOf(page, state.selected, true)) break;
      if (state.selected.startsWith('group:')) toggleGroup(page, state.selected);
      break;
    case 'toggle': {
      const item = parts.tree.active();
      if (item !== null && item.expanded !== null) toggle(page, item);
      break;
    }
    case 'clear':
      page.cursor = null;
      page.traced = null;
      setSelected(page, null, null);
      break;
    case 'search':
      parts.toolbar.focusSearch();
      break;
    case 'zoom':
      zoom(page, action.factor);
      break;
    case 'pan':
      moveBoth(page, () => parts.drawing.panBy(action.dx, action.dy));
      update(page, { view: parts.drawing.view() });
      break;
    case 'fit':
      fitView(page);
      break;
    case 'text':
      setMode(page, state.mode === 'text' ? 'drawing' : 'text');
      break;
    case 'details':
      setDetails(page, !state.details);
      break;
    case 'step':
      page.host.post({ kind: 'trace-step', by: action.by });
      break;
    case 'difference':
      nextDifference(page, action.step);
      break;
    case 'go':
      go(page, action.step);
      break;
  }
}
