import type { FlowEdge } from '../../../server/src/kube/flow-graph.ts';
import { edgeLines, lineOf, nodeFacts } from '../describe.ts';
import { kindName, oneLine } from '../format.ts';
import { findPlace, type GraphIndex, indexGraph, pathsThrough } from '../graph-index.ts';
import type { Box, Layout, LayoutOptions } from '../layout-model.ts';
import { type FlowPanelState, type Highlight, readHostMessage, type ShowFlow, type ShowNothing } from '../messages.ts';
import { afterShow, freshState } from '../panel-state.ts';
import { filterOf, findNodes } from '../search.ts';
import { type TextItem, textItems } from '../text-tree.ts';
import { createDetails } from './details.ts';
import { element } from './dom.ts';
import { createDrawing, type Emphasis, type Target } from './drawing.ts';
import { exportEntries } from './exports.ts';
import { chooseLayout } from './form.ts';
import type { Host } from './host.ts';
import { keyAction, type Walk, walkTo } from './keyboard.ts';
import { createMeasure } from './measure.ts';
import { createOverview } from './overview.ts';
import { createToolbar } from './toolbar.ts';
import { createTooltip } from './tooltip.ts';
import { createTreeView } from './tree-view.ts';

/** A flow that is shown, with all that was made for it. */
interface Shown {
  readonly index: GraphIndex;
  readonly layout: Layout;
  readonly options: LayoutOptions;
  /** The box of each node: its own, or the closed group that it is in. */
  readonly boxOf: ReadonlyMap<string, Box>;
  readonly boxes: ReadonlyMap<string, Box>;
}

/** Narrower than this, details lie over the drawing's lower part. */
const narrow = 640;
/** Wider than this, there is room for details from the beginning. */
const roomy = 1250;

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
  /** Nothing was chosen yet: details are shown where there is room for them. */
  let undecided = host.kept === null;
  let fittedWidth = 0;
  let keepTimer = 0;

  const keep = (): void => {
    clearTimeout(keepTimer);
    keepTimer = setTimeout(() => host.keep(state), 150);
  };
  const update = (change: Partial<FlowPanelState>): void => {
    state = { ...state, ...change };
    keep();
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
        select(target.wire.to);
      }
    },
    hover(target, x, y) {
      if (target === null || index === null) tooltip.hide();
      else tooltip.show(...tooltipOf(index, target), x, y);
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
  const notes = element('footer', { class: 'footer' });
  document.body.append(
    toolbar.element,
    progress,
    element('div', { class: 'body' }, main, details.element),
    notes,
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
    const options = {
      measure,
      grouping: state.grouping,
      open: new Set(state.open),
      keep: state.filtering ? filterOf(index, state.search) : null,
      room: width === 0 ? null : width,
    };
    const layout = chooseLayout(index, options);
    const boxes = new Map(layout.boxes.map((box) => [box.id, box]));
    const boxOf = new Map(boxes);
    for (const box of layout.boxes) {
      if (box.group === null || options.open.has(box.id)) continue;
      for (const row of box.group.rows) for (const node of [row.endpoint, ...row.behind]) boxOf.set(node.id, box);
    }
    shown = { index, layout, options: { ...options, form: layout.form }, boxOf, boxes };
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
      title: index === null ? state.to : oneLine(index.graph.title),
      file: state.file,
      canGoBack: before !== undefined,
      canGoForward: after !== undefined,
      backTitle: oneLine(before?.title ?? ''),
      forwardTitle: oneLine(after?.title ?? ''),
      search: state.search,
      matches: state.search === '' ? '' : selectedMatch < 0 ? String(found.length) : `${selectedMatch + 1} of ${found.length}`,
      filtering: state.filtering,
      grouping: shown?.layout.arrangement.grouping ?? null,
      mode: state.mode,
      details: state.details,
      zoom: drawing.view().k,
    });
    document.body.classList.toggle('text-mode', state.mode === 'text');
    document.body.classList.toggle('with-details', state.details);
    empty.hidden = reason === null;
    emptyText.textContent = reason ?? '';
    main.classList.toggle('is-empty', shown === null);
    details.element.hidden = !state.details || shown === null;
    if (shown === null) {
      tree.show([], 'NAT flow', true);
      notes.replaceChildren();
      details.show(null, null);
      return;
    }
    tree.show(
      textItems(shown.index, shown.layout.arrangement, shown.options.open, collapsed),
      `NAT flow of ${oneLine(shown.index.graph.title)}`,
      state.mode === 'text',
    );
    activateSelected();
    details.show(shown.index, state.selected === null ? null : (boxFor(state.selected) ?? null));
    drawing.emphasize(emphasisOf(shown, found));
    const warning = shown.index.graph.notes.find((note) => note.severity === 'warning');
    notes.replaceChildren(
      element('span', { class: 'source' }, oneLine(shown.index.graph.source)),
      warning === undefined ? '' : element('span', { class: 'warning' }, `⚠ ${oneLine(warning.message)}`),
    );
  }

  function emphasisOf({ index: graph, layout, boxOf }: Shown, found: readonly string[]): Emphasis {
    const place = cursor === null ? { nodes: [], edges: [] } : findPlace(graph, cursor);
    const atCursor = place.nodes.length > 0 || place.edges.length > 0;
    const starts = atCursor ? place.nodes : state.selected === null ? [] : nodesOf(state.selected);
    const selected = state.selected === null ? null : (boxOf.get(state.selected)?.id ?? state.selected);
    const matching = new Set(found.map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined));
    if (starts.length === 0 && place.edges.length === 0) {
      return { selected, lit: null, cursor: new Set(), matches: matching };
    }
    const path = pathsThrough(graph, starts, place.edges);
    const boxes = new Set([...path.nodes].map((id) => boxOf.get(id)?.id).filter((id) => id !== undefined));
    for (const box of layout.boxes) if (box.group?.rows.some((row) => path.nodes.has(row.endpoint.id))) boxes.add(box.id);
    const wires = new Set(layout.wires.filter((wire) => wire.edges.some((edge) => path.edges.has(edge))).map((wire) => wire.id));
    return { selected, lit: { boxes, wires }, cursor: new Set(place.edges), matches: matching };
  }

  function nodesOf(id: string): readonly string[] {
    const group = shown?.boxes.get(id)?.group;
    return group === null || group === undefined ? [id] : group.rows.map((row) => row.endpoint.id);
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
    say(`${oneLine(after?.group?.label ?? '')} ${state.open.includes(id) ? 'opened' : 'closed'}`);
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
        if (state.selected === null) return;
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
    document.body.classList.toggle('with-details', state.details);
    relayout();
    say(`NAT flow of ${oneLine(message.graph.title)}`);
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
        revealCursor(shown);
        return;
      }
      case undefined:
        return;
    }
  });

  /** Pans to what the cursor is on, unless some of it is in view. */
  function revealCursor({ index: graph, layout, boxOf }: Shown): void {
    if (cursor === null || state.mode === 'text') return;
    const place = findPlace(graph, cursor);
    const ids = [...place.edges.map((edge: FlowEdge) => edge.to), ...place.nodes];
    const boxes = ids.map((id) => boxOf.get(id)).filter((box) => box !== undefined);
    const { x, y, k } = drawing.view();
    const { width, height } = drawing.size();
    const inView = boxes.some(
      (box) =>
        box.x * k + x >= 0 &&
        (box.x + box.width) * k + x <= width &&
        box.y * k + y >= 0 &&
        (box.y + box.height) * k + y <= height,
    );
    const first = boxes[0];
    if (!inView && first !== undefined && layout.boxes.length > 0) drawing.reveal(first);
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

function tooltipOf(index: GraphIndex, target: Target): [string, readonly string[]] {
  if (target.kind === 'wire') {
    const from = index.nodes.get(target.wire.from);
    const to = index.nodes.get(target.wire.to);
    const names = [from, to].map((node) => (node === undefined ? '' : oneLine(node.label))).filter((name) => name !== '');
    return [names.join(' → '), edgeLines(index, target.edges)];
  }
  const { node, group } = target.box;
  if (group !== null) return [oneLine(group.label), [oneLine(group.detail)]];
  if (node === null) return ['', []];
  const rules = edgeLines(
    index,
    index.in(node.id).filter((edge) => edge.rule !== undefined && edge.rule !== null),
  );
  return [
    oneLine(node.label),
    [kindName(node.kind), ...nodeFacts(node).map((fact) => `${fact.term}: ${fact.text}`), ...rules.slice(0, 3)],
  ];
}
