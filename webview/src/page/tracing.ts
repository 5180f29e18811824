/** The path of a packet that is followed through the dump, in the drawing. */
import type { Traced } from '../messages.ts';
import { type Page, say, tracedIn, update } from './page.ts';
import { refresh } from './refresh.ts';
import { openGroupsOf } from './selection.ts';
import { stepText } from './trace-bar.ts';

/** Lights the path, and brings the step that is looked at into sight. */
export function showTraced(page: Page, message: Traced): void {
  page.traced = message.steps.length === 0 ? null : message;
  if (page.shown === null) return;
  const path = tracedIn(page);
  const place = path?.places[message.current] ?? null;
  if (place !== null) openGroupsOf(page, [place]);
  refresh(page);
  if (path === null || page.traced === null) return;
  const box = place === null ? undefined : page.shown.boxOf.get(place);
  if (box !== undefined && page.state.mode === 'drawing') {
    page.parts.drawing.reveal(box);
    // Else the drawing is fitted anew as the bar above it grows.
    update(page, { view: page.parts.drawing.view() });
  }
  say(page, stepText(message, path));
}

/** The path is lit no longer, until it is walked again. */
export function hideTraced(page: Page): void {
  page.traced = null;
  refresh(page);
}
