/**
 * Where everything of a flow's drawing is, in pixels. Without a DOM: the page, the command line and the exported files share it.
 */
import type { GraphIndex } from '../model/graph-index.ts';
import { arrange } from '../model/groups.ts';
import { isLoopOfChains, layoutChains } from './chain-layout.ts';
import { layoutColumns } from './columns-layout.ts';
import { layoutMap } from './map-layout.ts';
import type { Layout, LayoutOptions } from './model.ts';
import { layoutOutline } from './outline-layout.ts';

/** Lays a flow out. Never fails: a graph with loops, or without entries, is drawn as well as it goes. */
export function layoutFlow(index: GraphIndex, options: LayoutOptions): Layout {
  if (index.map !== null) return layoutMap(index.map, options);
  const arrangement = arrange(index, options.grouping, options.keep);
  if (options.form === 'outline') return layoutOutline(index, arrangement, options);
  return isLoopOfChains(index) ? layoutChains(index, arrangement, options) : layoutColumns(index, arrangement, options);
}
