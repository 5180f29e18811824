/** What the extension sends, and what of the window changes by itself. */
import { drawingText } from '../../../server/src/base/safe-text.ts';
import { type Highlight, type Outdated, readHostMessage, type ShowFlow, type ShowNothing } from '../messages.ts';
import { indexGraph } from '../model/graph-index.ts';
import { afterShow } from '../model/panel-state.ts';
import { boxesAt } from './emphasis.ts';
import { createMeasure } from './measure.ts';
import { keep, type Page, say } from './page.ts';
import { refresh, relayout } from './refresh.ts';
import type { Shown } from './shown.ts';

/** Narrower than this, details lie over the drawing's lower part. */
const narrow = 640;
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
    case undefined:
      break;
  }
}

function showFlow(page: Page, message: ShowFlow | ShowNothing): void {
  const { parts, state } = page;
  const isSame = message.uri === state.uri && message.to === state.to;
  const { uri, file, to } = message;
  const title = message.kind === 'flow' ? message.graph.title : to;
  page.state = afterShow(state, { uri, file, to, title }, page.wanted);
  page.wanted = null;
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
    page.reason = message.reason;
    refresh(page);
    say(page, message.reason);
    return;
  }
  page.reason = null;
  page.index = indexGraph(message.graph);
  if (page.undecided) page.state = { ...page.state, details: document.body.clientWidth >= roomy };
  page.undecided = false;
  // Laid out with the place that the answer and the details leave.
  parts.answer.show(page.index);
  parts.main.classList.remove('is-empty');
  parts.details.element.hidden = !page.state.details;
  document.body.classList.toggle('text-mode', page.state.mode === 'text');
  relayout(page);
  say(page, `NAT flow of ${drawingText(message.graph.title)}`);
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
  document.body.classList.toggle('narrow', document.body.clientWidth < narrow);
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
