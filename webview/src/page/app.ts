import { act, fitView, go, moveTo, search, setDetails, setMode, showExpected, zoom } from './actions.ts';
import { resizedOther } from './compared-view.ts';
import { clickOther, nextDifference, openOtherItem, stopComparing, walkOther } from './comparing.ts';
import type { DetailsEvents } from './details.ts';
import type { DrawingEvents } from './drawing.ts';
import { type Exportable, exportEntries } from './exports.ts';
import type { Host } from './host.ts';
import { receive, resized, themeChanged } from './incoming.ts';
import { keyAction } from './keyboard.ts';
import { follow } from './linked-views.ts';
import { openItemMenu, openTargetMenu } from './open-menu.ts';
import type { OtherEvents } from './other-pane.ts';
import { createPage, focusFlow, isOfOther, openLine, type Page, say, update } from './page.ts';
import { createParts } from './parts.ts';
import { refresh, relayout } from './refresh.ts';
import { clickItem, clickTarget, nextMatch, select, setSelected, toggle } from './selection.ts';
import type { Shown } from './shown.ts';
import type { ToolbarEvents } from './toolbar.ts';
import { tooltipOf } from './tooltip-text.ts';
import { hideTraced } from './tracing.ts';

/** Builds the page, listens, and says that it does. */
export function startPage(host: Host): void {
  // The parts come first and tell a page that is there as soon as anything can happen.
  const parts = createParts({
    drawing: drawingEvents(() => page),
    details: detailsEvents(() => page),
    tree: {
      click: (item, double) => clickItem(page, item, double),
      toggle: (item) => toggle(page, item),
      menu: (item, x, y) => openItemMenu(page, item, x, y),
    },
    other: otherEvents(() => page),
    compare: { nextDifference: (step) => nextDifference(page, step), stopComparing: () => stopComparing(page) },
    trace: { step: (by) => host.post({ kind: 'trace-step', by }), hide: () => hideTraced(page) },
    toolbar: toolbarEvents(() => page),
    exports: exportEntries(
      () => (page.shown === null ? null : exportable(page, page.shown)),
      host.post,
      (text) => say(page, text),
    ),
    moveTo: (x, y) => moveTo(page, x, y),
    showNotes() {
      update(page, { details: true });
      setSelected(page, null, null);
    },
    pick: () => host.post({ kind: 'pick-flow' }),
    restart: () => host.post({ kind: 'restart' }),
  });
  const page: Page = createPage(host, parts);
  listen(page);
  refresh(page);
  host.post({ kind: 'ready' });
}

/** What is on the page, to be exported. */
function exportable({ state, compared }: Page, { index, options }: Shown): Exportable {
  return {
    index,
    file: state.file,
    options,
    comparison: compared?.comparison ?? null,
    otherKeep: compared?.shown?.options.keep ?? null,
  };
}

function drawingEvents(page: () => Page): DrawingEvents {
  return {
    click: (target, double) => clickTarget(page(), target, double),
    menu: (target, x, y) => openTargetMenu(page(), target, x, y),
    hover(target, x, y) {
      const { index, parts } = page();
      if (target === null || index === null) parts.tooltip.hide();
      else parts.tooltip.show(tooltipOf(index, target), x, y);
    },
    view(view, byUser, before) {
      const { toolbar, drawing, overview, tooltip, other } = page().parts;
      toolbar.zoom(view.k);
      const { width, height } = drawing.size();
      overview.view(view, width, height);
      if (!byUser) return;
      tooltip.hide();
      if (page().compared !== null) follow(other.drawing, before, view);
      update(page(), { view });
    },
  };
}

/** The pane of the compared flow. */
function otherEvents(page: () => Page): OtherEvents {
  return {
    drawing: {
      click: (target, double) => clickOther(page(), target, double),
      menu: (_target, x, y) => openTargetMenu(page(), null, x, y),
      hover(target, x, y) {
        const { compared, parts } = page();
        if (target === null || compared === null) parts.tooltip.hide();
        else parts.tooltip.show(tooltipOf(compared.index, target), x, y);
      },
      view(view, byUser, before) {
        if (!byUser) return;
        const { drawing, tooltip } = page().parts;
        tooltip.hide();
        follow(drawing, before, view);
        update(page(), { view: drawing.view() });
      },
    },
    tree: {
      click: (item, double) => openOtherItem(page(), item, double),
      toggle: (item) => openOtherItem(page(), item, false),
      menu: (_item, x, y) => openTargetMenu(page(), null, x, y),
    },
    walked: (item) => walkOther(page(), item),
    opened: (item) => openOtherItem(page(), item, true),
  };
}

function detailsEvents(page: () => Page): DetailsEvents {
  return {
    openLine: (line, focus) => openLine(page(), line, focus, isOfOther(page())),
    select(id) {
      select(page(), id);
      focusFlow(page());
    },
  };
}

function toolbarEvents(page: () => Page): ToolbarEvents {
  return {
    back: () => go(page(), -1),
    forward: () => go(page(), 1),
    pick: () => page().host.post({ kind: 'pick-flow' }),
    search: (query) => search(page(), query),
    nextMatch: (step) => nextMatch(page(), step),
    leaveSearch: () => focusFlow(page()),
    filter(on) {
      update(page(), { filtering: on, view: null });
      relayout(page());
    },
    group(by) {
      update(page(), { grouping: by, open: [], view: null });
      relayout(page());
    },
    compare: (on) => page().host.post({ kind: 'compare', stop: !on }),
    expected: (on) => showExpected(page(), on),
    mode: (mode) => setMode(page(), mode),
    details: (on) => setDetails(page(), on),
    zoomBy: (factor) => zoom(page(), factor),
    fit: () => fitView(page()),
  };
}

/** Listens to keys, to the extension, and to changes of the window. */
function listen(page: Page): void {
  const { tree, drawing } = page.parts;
  const { classList } = document.body;
  tree.element.addEventListener('focus', () => {
    const first = tree.items()[0];
    if (page.state.selected === null && first !== undefined && classList.contains('by-keyboard')) {
      setSelected(page, first.id, first.key);
    }
  });
  document.addEventListener('pointerdown', () => classList.remove('by-keyboard'), true);
  document.addEventListener('keydown', (event) => {
    classList.add('by-keyboard');
    const action = keyAction(event, document.activeElement === tree.element);
    if (action === null) return;
    act(page, action);
    event.preventDefault();
    // Else the editor takes it for one of its own keys: Alt+Left is its "Go Back".
    event.stopPropagation();
  });
  window.addEventListener('message', (event: MessageEvent<unknown>) => receive(page, event.data));
  new ResizeObserver(() => resized(page)).observe(drawing.element);
  new ResizeObserver(() => resizedOther(page)).observe(page.parts.other.drawing.element);
  new MutationObserver(() => themeChanged(page)).observe(document.body, {
    attributes: true,
    attributeFilter: ['data-vscode-theme-id'],
  });
}
