import { isChainRequest, isExpectedRequest, isMapRequest } from '../../../server/src/base/flow-request.ts';
import { drawingText, visibleLines } from '../../../server/src/base/safe-text.ts';
import { mapItems } from '../export/map-items.ts';
import { textItems } from '../export/text-tree.ts';
import { graphTitle } from '../model/format.ts';
import { filterOf } from '../model/search.ts';
import { ownDifference, placePanes, refreshOther, relayoutOther } from './compared-view.ts';
import { emphasisOf, traceEmphasis } from './emphasis.ts';
import { itemFor } from './map-actions.ts';
import { matches, type Page, tracedIn } from './page.ts';
import { makeShown, type Shown } from './shown.ts';
import type { ToolbarState } from './toolbar.ts';

/** Lays out what is there and shows it; the view stays where the user has put it. */
export function relayout(page: Page): void {
  const { index, state, parts } = page;
  if (index === null) return;
  const { drawing, overview } = parts;
  placePanes(page);
  const { width } = drawing.size();
  const shown = makeShown(index, {
    measure: page.measure,
    grouping: state.grouping,
    open: new Set(state.open),
    keep: state.filtering ? filterOf(index, state.search) : null,
    room: width === 0 ? null : width,
  });
  page.shown = shown;
  page.fittedWidth = width;
  drawing.show(index, shown.layout);
  overview.show(shown.layout);
  if (state.view === null) drawing.fit(false);
  else drawing.setView(state.view);
  const size = drawing.size();
  overview.view(drawing.view(), size.width, size.height);
  relayoutOther(page);
  refresh(page);
}

/** All that follows from the state without moving a box. */
export function refresh(page: Page): void {
  const { state, shown, parts, reason } = page;
  const found = matches(page);
  parts.toolbar.show(toolbarState(page, found));
  document.body.classList.toggle('text-mode', state.mode === 'text');
  parts.empty.hidden = reason === null;
  placePanes(page);
  // Of two flows, each has its state above it.
  parts.answer.show(shown === null || page.compared !== null ? null : shown.index);
  parts.emptyText.textContent = visibleLines(reason ?? '');
  parts.main.classList.toggle('is-empty', shown === null);
  parts.details.element.hidden = !state.details || shown === null;
  if (shown === null) {
    parts.tree.show([], 'NAT flow', true);
    parts.footer.show(null);
    parts.details.show(null, null);
    parts.trace.show(null, null);
    refreshOther(page);
    return;
  }
  const title = graphTitle(shown.index.graph);
  parts.tree.show(itemsOf(page, shown), title, state.mode === 'text');
  activateSelected(page);
  showDetails(page, shown);
  const path = tracedIn(page);
  parts.trace.show(page.traced, path);
  const traced = path === null ? null : traceEmphasis(shown, path, page.traced?.current ?? -1);
  const emphasis = ownDifference(page) ?? traced ?? emphasisOf(shown, state.selected, page.cursor, found);
  parts.drawing.emphasize(emphasis);
  parts.tree.light(page.cursor === null && traced === null ? null : (emphasis.lit?.boxes ?? null));
  parts.footer.show(shown.index.graph);
  refreshOther(page);
}

/** About the selected box; of one that the compared flow alone has, that one. */
function showDetails({ parts, state, compared }: Page, shown: Shown): void {
  const { selected } = state;
  const own = selected === null ? undefined : shown.boxOf.get(selected);
  const other = selected === null || own !== undefined ? undefined : compared?.shown?.boxOf.get(selected);
  if (other !== undefined && compared !== null) parts.details.show(compared.index, other);
  else parts.details.show(shown.index, own ?? null);
}

function itemsOf(page: Page, shown: Shown) {
  const { listed, collapsed } = page;
  if (listed?.shown === shown && listed.collapsed === collapsed) return listed.items;
  const { index, layout, options } = shown;
  const items =
    index.map === null
      ? textItems(layout.drawn ?? index, layout.arrangement, options.open, collapsed)
      : mapItems(index.map, options);
  page.listed = { shown, collapsed, items };
  return items;
}

function toolbarState(page: Page, found: readonly string[]): ToolbarState {
  const { state, index, shown, parts } = page;
  const selectedMatch = state.selected === null ? -1 : found.indexOf(state.selected);
  const before = state.history[state.at - 1];
  const after = state.history[state.at + 1];
  return {
    title: drawingText(index === null ? state.to : index.graph.title),
    file: drawingText(state.file),
    canGoBack: before !== undefined,
    canGoForward: after !== undefined,
    backTitle: drawingText(before?.title ?? ''),
    forwardTitle: drawingText(after?.title ?? ''),
    search: state.search,
    matches: state.search === '' ? '' : selectedMatch < 0 ? String(found.length) : `${selectedMatch + 1} of ${found.length}`,
    filtering: state.filtering,
    grouping: shown?.layout.arrangement.grouping ?? null,
    isMap: index?.map != null,
    expected: isChainRequest(state.to) || isMapRequest(state.to) ? null : isExpectedRequest(state.to),
    compared: page.compared !== null,
    mode: state.mode,
    details: state.details,
    zoom: parts.drawing.view().k,
  };
}

/** The tree's active item follows the selection. */
function activateSelected(page: Page): void {
  const { tree } = page.parts;
  const { state } = page;
  const active = tree.active();
  if (state.selected !== null && active?.id === state.selected) {
    tree.activate(active.key);
    return;
  }
  const items = tree.items();
  const own = items.find(({ id }) => id === state.selected);
  const near = own ?? (state.selected === null ? undefined : items.find(({ id }) => id === itemFor(page, state.selected ?? '')));
  tree.activate(near?.key ?? null);
}
