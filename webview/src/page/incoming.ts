/** What the extension sends, and what of the window changes by itself. */
import { type Highlight, type Outdated, readHostMessage, type ShowFlow, type ShowNothing } from '../messages.ts';
import { compareFlows } from '../model/compare-flows.ts';
import { graphTitle } from '../model/format.ts';
import { indexGraph } from '../model/graph-index.ts';
import { afterShow } from '../model/panel-state.ts';
import { foldAnswer } from './answer-room.ts';
import { placePanes } from './compared-view.ts';
import { boxesAt } from './emphasis.ts';
import { createMeasure } from './measure.ts';
import { keep, type Page, say } from './page.ts';
import { placeOf } from './places.ts';
import { refresh, relayout } from './refresh.ts';
import type { Shown } from './shown.ts';
import { showTraced } from './tracing.ts';

/** Narrower than this, details lie over the drawing's lower part. */
const narrow = 640;
/** Narrower than this, where packets end is a list and no table, and there is no room for an overview. */
const slim = 1100;
/** Wider than this, there is room for details from the beginning. */
const roomy = 1800;

/** Does what a message asks for; anything that is no message of ours is let pass. */
export function receive(page: Page, data: unknown): void {
  const message = readHostMessage(data);
  switch (message?.kind) {
    case 'flow':
    case 'nothing':
      showFlow(page, message);
      break;
    case 'loading':
      page.parts.progress.hidden = false;
      say(page, 'Loading…');
      break;
    case 'outdated':
      showOutdated(page, message);
      break;
    case 'moved':
      page.state = { ...page.state, uri: message.uri, file: message.file };
      keep(page);
      refresh(page);
      break;
    case 'highlight':
      highlight(page, message);
      break;
    case 'traced':
      showTraced(page, message);
      break;
    case undefined:
      break;
  }
}

function showFlow(page: Page, message: ShowFlow | ShowNothing): void {
  const { parts, state } = page;
  const isSame = message.uri === state.uri && message.to === state.to;
  const { uri, file, to } = message;
  const title = message.kind === 'flow' ? message.graph.title : to;
  if (message.uri !== state.uri) page.places.clear();
  else if (!isSame) page.places.set(state.to, placeOf(state));
  const left = page.wanted === null ? undefined : page.places.get(to);
  page.state = { ...afterShow(state, { uri, file, to, title }, page.wanted), ...(isSame ? {} : left) };
  page.wanted = null;
  page.state = { ...page.state, compared: comparedState(message) };
  if (!isSame) {
    page.cursor = null;
    page.collapsed = new Set();
  }
  keep(page);
  parts.progress.hidden = true;
  parts.outdated.show(null, false);
  document.body.classList.remove('outdated');
  if (message.kind === 'nothing') {
    page.index = null;
    page.shown = null;
    page.compared = null;
    page.reason = message.reason;
    refresh(page);
    say(page, message.reason);
    return;
  }
  page.reason = null;
  showCompared(page, message);
  if (page.undecided) page.state = { ...page.state, details: document.body.clientWidth >= roomy };
  page.undecided = false;
  // The states of a map's Services are on their way.
  parts.progress.hidden = page.index?.map?.isPending !== true;
  // Laid out with the place that the answer and the details leave.
  parts.answer.show(page.compared === null ? page.index : null);
  parts.compare.show(page.compared?.comparison ?? null, page.compared?.at ?? null);
  placePanes(page);
  foldAnswer(page);
  parts.main.classList.remove('is-empty');
  parts.details.element.hidden = !page.state.details;
  document.body.classList.toggle('text-mode', page.state.mode === 'text');
  relayout(page);
  const said = graphTitle(message.graph);
  say(page, page.compared === null ? said : `${said}. ${page.compared.comparison.summary}`);
}

/** The dump that is compared, as the state keeps it. */
function comparedState(message: ShowFlow | ShowNothing): NonNullable<Page['state']['compared']> | null {
  if (message.kind === 'nothing' || message.other === undefined) return null;
  return { uri: message.other.uri, expected: message.other.expected };
}

/** The flow alone, or with the one that it is compared with; the difference that was gone to stays, as far as there is one. */
function showCompared(page: Page, { graph, file, other }: ShowFlow): void {
  if (other === undefined) {
    page.compared = null;
    page.index = indexGraph(graph);
    return;
  }
  const comparison = compareFlows({ name: file, graph }, { name: other.file, graph: other.graph });
  const before = page.compared;
  const at = before === null || before.at === null ? null : Math.min(before.at, comparison.differences.length - 1);
  page.index = indexGraph(comparison.before.graph);
  page.compared = { comparison, index: indexGraph(comparison.after.graph), shown: null, at: at === -1 ? null : at };
}

function showOutdated(page: Page, { reason, canRestart }: Outdated): void {
  page.parts.progress.hidden = true;
  page.parts.outdated.show(reason, canRestart);
  document.body.classList.toggle('outdated', reason !== null);
  if (reason !== null) say(page, reason);
}

function highlight(page: Page, message: Highlight): void {
  page.cursor = message.line === null && message.chain === null ? null : message;
  if (page.shown === null) return;
  refresh(page);
  if (page.cursor !== null) revealCursor(page, page.shown, page.cursor);
}

/** Pans to what the cursor is on, unless some of it is in view. */
function revealCursor({ state, parts: { drawing } }: Page, shown: Shown, place: Highlight): void {
  if (state.mode === 'text') return;
  const boxes = boxesAt(shown, place);
  const first = boxes[0];
  if (first !== undefined && !boxes.some((box) => drawing.shows(box))) drawing.reveal(first);
}

/** The drawing has another size. */
export function resized(page: Page): void {
  const { drawing, overview } = page.parts;
  const { classList, clientWidth } = document.body;
  classList.toggle('narrow', clientWidth < narrow);
  classList.toggle('slim', clientWidth < slim);
  foldAnswer(page);
  const { width, height } = drawing.size();
  if (page.shown === null || width === 0) return;
  if (Math.abs(width - page.fittedWidth) > 1) {
    relayout(page);
    return;
  }
  if (page.state.view === null) drawing.fit(false);
  overview.view(drawing.view(), width, height);
}

/** Another theme may have other fonts. */
export function themeChanged(page: Page): void {
  page.measure = createMeasure();
  relayout(page);
}
