/** Two drawings side by side move together: as one is panned or zoomed, so is the other. */
import type { Drawing } from './drawing.ts';
import type { Page } from './page.ts';
import type { View } from './pan-zoom.ts';

/** Where a view comes that moves as another did from `before` to `after`; both may be apart from the start. */
export function movedAlike(view: View, before: View, after: View): View {
  const factor = after.k / before.k;
  return {
    x: view.x * factor + after.x - before.x * factor,
    y: view.y * factor + after.y - before.y * factor,
    k: view.k * factor,
  };
}

/** Moves a drawing as the one beside it was moved by its user. */
export function follow(drawing: Drawing, before: View, after: View): void {
  drawing.follow(movedAlike(drawing.view(), before, after));
}

/** Does something that moves the page's own drawing, and moves the other alike, where there is one. */
export function moveBoth({ parts, compared }: Page, move: () => void): void {
  const before = parts.drawing.view();
  move();
  if (compared !== null) follow(parts.other.drawing, before, parts.drawing.view());
}
