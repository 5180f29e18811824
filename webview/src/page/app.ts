import { drawingText } from '../../../server/src/base/safe-text.ts';
import { type TextItem, textItems } from '../export/text-tree.ts';
import type { Box } from '../layout/model.ts';
import { type FlowPanelState, type Highlight, readHostMessage, type ShowFlow, type ShowNothing } from '../messages.ts';
import { lineOf } from '../model/describe.ts';
import { type GraphIndex, indexGraph } from '../model/graph-index.ts';
import { afterShow, freshState } from '../model/panel-state.ts';
import { filterOf, findNodes } from '../model/search.ts';
import { createDetails } from './details.ts';
import { element } from './dom.ts';
import { createDrawing } from './drawing.ts';
import { exportEntries } from './exports.ts';
import { createFooter } from './footer.ts';
import type { Host } from './host.ts';
import { keyAction, type Walk, walkTo } from './keyboard.ts';
import { createMeasure } from './measure.ts';
import { createOverview } from './overview.ts';
import { boxesAt, emphasisOf, makeShown, type Shown } from './shown.ts';
import { createToolbar } from './toolbar.ts';
import { createTooltip } from './tooltip.ts';
import { tooltipOf } from './tooltip-text.ts';
import { createTreeView } from './tree-view.ts';

/** Narrower than this, details lie over the drawing's lower part. */
const narrow = 640;
/** Wider than this, there is room for details from the beginning. */
const roomy = 1500;

/** Builds the page, listens, and says that it does. */
export function startPage(host: Host): void {
  let state: FlowPanelState = host.kept ?? freshState;
  let index: GraphIndex | null = null;
  let shown: Shown | null = null;
  let reason: string | null = null;
  /** The place in the history that the flow which is on its way was asked for from. */
  let wanted: number | null = null;
  let cursor: Highlight | null = null;
  let measure = createMeasure();
  /** Items of the text that are folded; not worth keeping. */
  let collapsed = new Set<string>();
  /** The text of what is shown, made anew only when that changes. */
  let listed: { readonly shown: Shown; readonly collapsed: ReadonlySet<string>; readonly items: readonly TextItem[] } | null =
    null;
  /** Nothing was chosen yet: details are shown where there is room for them. */
  let undecided = host.kept === null;
  let fittedWidth = 0;
  let keepTimer = 0;

  const keep = (): void => {
    clearTimeout(keepTimer);
    host.keep(state);
  };
  const update = (change: Partial<FlowPanelState>): void => {
    state = { ...state, ...change };
    clearTimeout(keepTimer);
    // A pan changes the view in every frame.
    if ('view' in change) keepTimer = setTimeout(keep, 150);
    else keep();
  };

  const status = element('div', { class: 'status', role: 'status' });
  const say = (text: string): void => {
    status.textContent = text;
  };

  const drawing = createDrawing({
    click(target, double) {
      tree.element.focus({ preventScroll: true });
      if (target.kind === 'box') clickBox(target.box, double);
      else {
        const line = target.edges.find((edge) => edge.line !== null)?.line;
        if (line !== undefined && line !== null) host.post({ kind: 'open-line', line, focus: double });
        select(target.drawn.to);
      }
    },
    hover(target, x, y) {
      if (target === null || index === null) tooltip.hide();
      else tooltip.show(tooltipOf(index, target), x, y);
    },
    view(view, byUser) {
      toolbar.zoom(view.k);
      const { width, height } = drawing.size();
      overview.view(view, width, height);
      if (byUser) {
        tooltip.hide();
        update({ view });
      }
    },
  });
  const overview = createOverview((x, y) => {
    const { width, height } = drawing.size();
    const { k } = drawing.view();
    const view = { x: width / 2 - x * k, y: height / 2 - y * k, k };
    drawing.setView(view);
    update({ view: drawing.view() });
  });
  const tooltip = createTooltip();
  const details = createDetails({
    openLine: (line, focus) => host.post({ kind: 'open-line', line, focus }),
    select: (id) => {
      select(id);
      tree.element.focus({ preventScroll: true });
    },
  });
  const tree = createTreeView({
    click(item, double) {
      setSelected(item.id, item.key);
      const line = lineOfId(item.id);
      if (line !== null) host.post({ kind: 'open-line', line, focus: double });
      else if (item.expanded !== null && item.id.startsWith('group:')) toggle(item);
    },
    toggle,
  });
  const toolbar = createToolbar(
    {
      back: () => go(-1),
      forward: () => go(1),
      pick: () => host.post({ kind: 'pick-flow' }),
      search(query) {
        update({ search: query });
        if (state.filtering) relayout();
        else refresh();
        const found = matches();
        say(query === '' ? '' : found.length === 1 ? '1 match' : `${found.length} matches`);
      },
      nextMatch,
      leaveSearch: () => tree.element.focus({ preventScroll: true }),
      filter(on) {
        update({ filtering: on, view: null });
        relayout();
      },
      group(by) {
        update({ grouping: by, open: [], view: null });
        relayout();
      },
      mode: setMode,
      details: setDetails,
      zoomBy: zoom,
      fit: fitView,
    },
    exportEntries(
      () => (shown === null ? null : { index: shown.index, file: state.file, options: shown.options }),
      host.post,
      say,
    ),
  );

  const emptyText = element('p', { class: 'empty-reason' });
  const another = element('button', { type: 'button', class: 'button' }, 'Show another Service…');
  another.addEventListener('click', () => host.post({ kind: 'pick-flow' }));
  const empty = element('div', { class: 'empty', hidden: true }, emptyText, another);
  const progress = element('div', { class: 'progress', hidden: true });
  const main = element('main', { class: 'stage' }, tree.element, drawing.element, overview.element, empty);
  const footer = createFooter(() => {
    update({ details: true });
    setSelected(null, null);
  });
  document.body.append(
    toolbar.element,
    progress,
    element('div', { class: 'body' }, main, details.element),
    footer.element,
    status,
    tooltip.element,
  );

  function matches(): readonly string[] {
    return index === null ? [] : findNodes(index, state.search).map((node) => node.id);
  }

  /** Lays out what is there and shows it; the view stays where the user has put it. */
  function relayout(): void {
    if (index === null) return;
    const { width } = drawing.size();
    shown = makeShown(index, {
      measure,
      grouping: state.grouping,
      open: new Set(state.open),
      keep: state.filtering ? filterOf(index, state.search) : null,
      room: width === 0 ? null : width,
    });
    const { layout } = shown;
    drawing.show(index, layout);
    overview.show(layout);
    fittedWidth = width;
    if (state.view === null) drawing.fit(false);
    else drawing.setView(state.view);
    const { width: w, height: h } = drawing.size();
    overview.view(drawing.view(), w, h);
    refresh();
  }

  /** All that follows from the state without moving a box. */
  function refresh(): void {
    const found = matches();
    const selectedMatch = state.selected === null ? -1 : found.indexOf(state.selected);
    const before = state.history[state.at - 1];
    const after = state.history[state.at + 1];
    toolbar.show({
      title: index === null ? state.to : drawingText(index.graph.title),
      file: state.file,
      canGoBack: before !== undefined,
      canGoForward: after !== undefined,
      backTitle: drawingText(before?.title ?? ''),
      forwardTitle: drawingText(after?.title ?? ''),
      search: state.search,
      matches: state.search === '' ? '' : selectedMatch < 0 ? String(found.length) : `${selectedMatch + 1} of ${found.length}`,
      filtering: state.filtering,
      grouping: shown?.layout.arrangement.grouping ?? null,
      mode: state.mode,
      details: state.details,
      zoom: drawing.view().k,
    });
    document.body.classList.toggle('text-mode', state.mode === 'text');
    empty.hidden = reason === null;
    emptyText.textContent = reason ?? '';
    main.classList.toggle('is-empty', shown === null);
    details.element.hidden = !state.details || shown === null;
    if (shown === null) {
      tree.show([], 'NAT flow', true);
      footer.show(null);
      details.show(null, null);
      return;
    }
    if (listed?.shown !== shown || listed.collapsed !== collapsed) {
      const items = textItems(shown.index, shown.layout.arrangement, shown.options.open, collapsed);
      listed = { shown, collapsed, items };
    }
    tree.show(listed.items, `NAT flow of ${drawingText(shown.index.graph.title)}`, state.mode === 'text');
    activateSelected();
    details.show(shown.index, state.selected === null ? null : (boxFor(state.selected) ?? null));
    const emphasis = emphasisOf(shown, state.selected, cursor, found);
    drawing.emphasize(emphasis);
    tree.light(cursor === null ? null : (emphasis.lit?.boxes ?? null));
    footer.show(shown.index.graph);
  }

  function boxFor(id: string): Box | undefined {
    return shown?.boxOf.get(id);
  }

  function lineOfId(id: string): number | null {
    const node = index?.nodes.get(id);
    return node === undefined || index === null ? null : lineOf(index, node);
  }

  function clickBox(box: Box, double: boolean): void {
    if (box.group !== null) {
      if (!double) setSelected(box.id, null);
      toggleGroup(box.id);
      return;
    }
    setSelected(box.id, null);
    const line = lineOfId(box.id);
    if (line !== null) host.post({ kind: 'open-line', line, focus: double });
  }

  function setSelected(id: string | null, key: string | null): void {
    if (id !== null) cursor = null;
    update({ selected: id });
    if (key !== null) tree.activate(key);
    refresh();
  }

  /** Selects a node, opening the group that it is in, and brings it into view. */
  function select(id: string): void {
    const box = boxFor(id);
    if (box !== undefined && box.id !== id && box.group !== null) {
      update({ open: [...state.open, box.id], view: drawing.view() });
      relayout();
    }
    setSelected(id, null);
    const found = boxFor(id);
    if (found !== undefined) drawing.reveal(found);
  }

  /** The tree's active item follows the selection. */
  function activateSelected(): void {
    const active = tree.active();
    if (state.selected !== null && active?.id === state.selected) {
      tree.activate(active.key);
      return;
    }
    const item = tree.items().find((candidate) => candidate.id === state.selected) ?? null;
    tree.activate(item?.key ?? null);
  }

  function toggleGroup(id: string): void {
    const open = state.open.includes(id) ? state.open.filter((other) => other !== id) : [...state.open, id];
    // What was clicked stays where it is.
    const before = boxFor(id);
    const view = drawing.view();
    update({ open, view });
    relayout();
    const after = boxFor(id);
    if (before !== undefined && after !== undefined) {
      drawing.panBy((before.x - after.x) * view.k, (before.y - after.y) * view.k);
      if (state.open.includes(id)) drawing.revealWidth(after);
      update({ view: drawing.view() });
    }
    say(`${drawingText(after?.group?.label ?? '')} ${state.open.includes(id) ? 'opened' : 'closed'}`);
  }

  function toggle(item: TextItem): void {
    if (item.id.startsWith('group:')) {
      toggleGroup(item.id);
      return;
    }
    collapsed = new Set(collapsed);
    if (!collapsed.delete(item.id)) collapsed.add(item.id);
    refresh();
  }

  function nextMatch(step: 1 | -1): void {
    const found = matches();
    if (found.length === 0) return;
    const at = state.selected === null ? -1 : found.indexOf(state.selected);
    const next = at < 0 ? (step > 0 ? 0 : found.length - 1) : (at + step + found.length) % found.length;
    const id = found[next];
    if (id !== undefined) select(id);
  }

  function go(step: 1 | -1): void {
    const visit = state.history[state.at + step];
    if (visit === undefined) return;
    wanted = state.at + step;
    host.post({ kind: 'request-flow', to: visit.to });
  }

  function setMode(mode: 'drawing' | 'text'): void {
    update({ mode });
    refresh();
    tree.element.focus({ preventScroll: true });
    if (mode === 'drawing') relayout();
  }

  function setDetails(on: boolean): void {
    update({ details: on });
    refresh();
  }

  function zoom(factor: number): void {
    drawing.zoomBy(factor);
    update({ view: drawing.view() });
  }

  function fitView(): void {
    update({ view: null });
    drawing.fit(true);
  }

  function walk(step: Walk): void {
    if (shown === null) return;
    const next = walkTo(step, state.mode, tree, shown.layout, state.selected);
    if (next === null) return;
    if (next.kind === 'toggle') {
      toggle(next.item);
      return;
    }
    setSelected(next.id, next.key);
    const box = boxFor(next.id);
    if (box !== undefined && state.mode === 'drawing') drawing.reveal(box);
  }

  tree.element.addEventListener('focus', () => {
    const first = tree.items()[0];
    if (state.selected === null && first !== undefined && document.body.classList.contains('by-keyboard')) {
      setSelected(first.id, first.key);
    }
  });
  document.addEventListener('pointerdown', () => document.body.classList.remove('by-keyboard'), true);
  document.addEventListener('keydown', (event) => {
    document.body.classList.add('by-keyboard');
    const inTree = document.activeElement === tree.element;
    const action = keyAction(event, inTree);
    if (action === null) return;
    switch (action.kind) {
      case 'walk':
        walk(action.walk);
        break;
      case 'open': {
        if (state.selected === null) break;
        const line = lineOfId(state.selected);
        if (line !== null) host.post({ kind: 'open-line', line, focus: true });
        else if (state.selected.startsWith('group:')) toggleGroup(state.selected);
        break;
      }
      case 'toggle': {
        const item = tree.active();
        if (item !== null && item.expanded !== null) toggle(item);
        break;
      }
      case 'clear':
        cursor = null;
        setSelected(null, null);
        break;
      case 'search':
        toolbar.focusSearch();
        break;
      case 'zoom':
        zoom(action.factor);
        break;
      case 'pan':
        drawing.panBy(action.dx, action.dy);
        update({ view: drawing.view() });
        break;
      case 'fit':
        fitView();
        break;
      case 'text':
        setMode(state.mode === 'text' ? 'drawing' : 'text');
        break;
      case 'details':
        setDetails(!state.details);
        break;
      case 'go':
        go(action.step);
        break;
    }
    event.preventDefault();
    // Else the editor takes it for one of its own keys: Alt+Left is its "Go Back".
    event.stopPropagation();
  });

  function showFlow(message: ShowFlow | ShowNothing): void {
    const same = message.uri === state.uri && message.to === state.to;
    state = afterShow(state, message, wanted);
    wanted = null;
    if (!same) {
      cursor = null;
      collapsed = new Set();
    }
    keep();
    progress.hidden = true;
    if (message.kind === 'nothing') {
      index = null;
      shown = null;
      reason = message.reason;
      refresh();
      say(message.reason);
      return;
    }
    reason = null;
    index = indexGraph(message.graph);
    if (undecided) state = { ...state, details: document.body.clientWidth >= roomy };
    undecided = false;
    // Laid out with the place that the details leave.
    main.classList.remove('is-empty');
    details.element.hidden = !state.details;
    document.body.classList.toggle('text-mode', state.mode === 'text');
    relayout();
    say(`NAT flow of ${drawingText(message.graph.title)}`);
  }

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = readHostMessage(event.data);
    switch (message?.kind) {
      case 'flow':
      case 'nothing':
        showFlow(message);
        return;
      case 'loading':
        progress.hidden = false;
        say('Loading…');
        return;
      case 'highlight': {
        cursor = message.line === null && message.chain === null ? null : message;
        if (shown === null) return;
        refresh();
        if (cursor !== null) revealCursor(shown, cursor);
        return;
      }
      case undefined:
        return;
    }
  });

  /** Pans to what the cursor is on, unless some of it is in view. */
  function revealCursor(flow: Shown, place: Highlight): void {
    if (state.mode === 'text') return;
    const boxes = boxesAt(flow, place);
    const first = boxes[0];
    if (first !== undefined && !boxes.some((box) => drawing.shows(box))) drawing.reveal(first);
  }

  new ResizeObserver(() => {
    document.body.classList.toggle('narrow', document.body.clientWidth < narrow);
    const { width, height } = drawing.size();
    if (shown === null || width === 0) return;
    if (Math.abs(width - fittedWidth) > 1) relayout();
    else {
      if (state.view === null) drawing.fit(false);
      overview.view(drawing.view(), width, height);
    }
  }).observe(drawing.element);
  new MutationObserver(() => {
    // Another theme may have other fonts.
    measure = createMeasure();
    relayout();
  }).observe(document.body, { attributes: true, attributeFilter: ['data-vscode-theme-id'] });

  refresh();
  host.post({ kind: 'ready' });
}
