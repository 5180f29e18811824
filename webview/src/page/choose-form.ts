import { layoutFlow } from '../layout/layout.ts';
import type { Layout, LayoutOptions } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';

/** Below this scale small text is hard to read: a fit stops here and lets the reader pan. */
export const leastLegible = 0.75;
/** In a window as wide as this, columns a little smaller are better than an outline with empty canvas on both sides. */
const wide = 1200;
const leastInWide = 0.57;

/** The least scale at which columns are drawn in a window of that width, in pixels. */
export function leastScale(width: number): number {
  return width >= wide ? leastInWide : leastLegible;
}

/** In columns where they fit the room without becoming too small to read, else as an outline. */
export function chooseLayout(index: GraphIndex, options: Omit<LayoutOptions, 'form'>): Layout {
  const columns = layoutFlow(index, { ...options, form: 'columns' });
  if (options.room === null || columns.width * leastScale(options.room) <= options.room) return columns;
  // An open group may need more: that is no reason to turn everything round, as there was room before it was opened.
  const closed = options.open.size === 0 ? columns : layoutFlow(index, { ...options, open: new Set(), form: 'columns' });
  if (closed !== columns && closed.width * leastScale(options.room) <= options.room) return columns;
  return layoutFlow(index, { ...options, form: 'outline' });
}
