/** What is selected, which groups are open, and how one gets from one to the other. */
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { TextItem } from '../export/text-tree.ts';
import type { Box } from '../layout/model.ts';
import { portFoldOf } from '../model/fold-ports.ts';
import { type Walk, walkTo } from './keyboard.ts';
import { enterNode, unfold } from './map-actions.ts';
import { boxFor, focusFlow, matches, openLineOf, type Page, say, update } from './page.ts';
import { refresh, relayout } from './refresh.ts';
import type { Target } from './target.ts';

/** Selects a node or a group by its id; `key` is the tree's item that was chosen, where one was. */
export function setSelected(page: Page, id: string | null, key: string | null): void {
  if (id !== null) page.cursor = null;
  if (page.compared !== null) page.compared = { ...page.compared, at: null };
  update(page, { selected: id });
  if (key !== null) page.parts.tree.activate(key);
  refresh(page);
}

/** Selects a node, opening the group that it is in, and brings it into view. */
export function select(page: Page, id: string): void {
  const box = boxFor(page, id) ?? page.compared?.shown?.boxOf.get(id);
  if (unfold(page, id)) relayout(page);
  else if (box !== undefined && box.id !== id && box.group !== null) {
    update(page, { open: [...page.state.open, box.id], view: page.parts.drawing.view() });
    relayout(page);
  }
  setSelected(page, id, null);
  const found = boxFor(page, id);
  if (found !== undefined) page.parts.drawing.reveal(found);
  const beside = page.compared?.shown?.boxOf.get(id);
  if (beside !== undefined) page.parts.other.drawing.reveal(beside);
  // The bars above both may have grown: without this, both are fitted anew.
  if (page.compared !== null) update(page, { view: page.parts.drawing.view() });
}

/** A group's endpoint is seen when the group is open; of many only the first few are opened for. */
export function openGroupsOf(page: Page, ids: readonly string[]): void {
  const most = 2;
  const closed = new Set<string>();
  for (const id of ids) {
    for (const shown of [page.shown, page.compared?.shown]) {
      const box = shown?.boxOf.get(id);
      if (box !== undefined && box.group !== null && box.id !== id && closed.size < most) closed.add(box.id);
    }
  }
  if (closed.size === 0) return;
  update(page, { open: [...page.state.open, ...closed], view: page.parts.drawing.view() });
  relayout(page);
}

/** A click on a box or an edge of the drawing. */
export function clickTarget(page: Page, target: Target, double: boolean): void {
  focusFlow(page);
  if (target.kind === 'box') {
    clickBox(page, target.box, double);
    return;
  }
  const line = target.edges.find((edge) => edge.line !== null)?.line;
  if (line !== undefined && line !== null) page.host.post({ kind: 'open-line', line, focus: double });
  select(page, target.drawn.to);
}

function clickBox(page: Page, box: Box, double: boolean): void {
  const opens = box.opens ?? (box.group === null ? undefined : box.id);
  if (opens !== undefined) {
    if (!double) setSelected(page, opens, null);
    toggleGroup(page, opens);
    return;
  }
  if (togglePorts(page, box)) return;
  setSelected(page, box.id, null);
  if (box.enters !== undefined) {
    page.host.post({ kind: 'request-flow', to: box.enters });
    return;
  }
  if (enterNode(page, box.id)) return;
  openLineOf(page, box.id, double);
}

/** A click on an item of the text. */
export function clickItem(page: Page, item: TextItem, double: boolean): void {
  setSelected(page, item.id, item.key);
  if (enterNode(page, item.id) || togglePorts(page, boxFor(page, item.id))) return;
  if (openLineOf(page, item.id, double)) return;
  if (item.expanded !== null && item.id.startsWith('group:')) toggle(page, item);
}

/** Opens the ports that a box is the entry of, or closes them; false where it is none of ports that are alike. */
export function togglePorts(page: Page, box: Box | undefined): boolean {
  const ports = portFoldOf(box?.node ?? null);
  if (box === undefined || ports === null) return false;
  if (page.state.selected !== box.id) setSelected(page, box.id, null);
  toggleGroup(page, ports.id, box.id);
  return true;
}

/** Opens or closes a group of endpoints, or what else opens; what was clicked, the box `at`, stays where it is. */
export function toggleGroup(page: Page, id: string, at: string = id): void {
  const { drawing } = page.parts;
  const { state } = page;
  const open = state.open.includes(id) ? state.open.filter((other) => other !== id) : [...state.open, id];
  const before = boxFor(page, at);
  const view = drawing.view();
  update(page, { open, view });
  relayout(page);
  const after = boxFor(page, at);
  const isOpen = page.state.open.includes(id);
  if (before !== undefined && after !== undefined) {
    drawing.panBy((before.x - after.x) * view.k, (before.y - after.y) * view.k);
    if (isOpen) drawing.revealWidth(after);
    update(page, { view: drawing.view() });
  }
  say(page, `${drawingText(after?.group?.label ?? after?.content.label ?? '')} ${isOpen ? 'opened' : 'closed'}`);
}

/** Opens or closes an item of the text. */
export function toggle(page: Page, item: TextItem): void {
  if (item.id.startsWith('group:')) {
    toggleGroup(page, item.id);
    return;
  }
  const collapsed = new Set(page.collapsed);
  if (!collapsed.delete(item.id)) collapsed.add(item.id);
  page.collapsed = collapsed;
  refresh(page);
}

/** Selects the next node that matches the search, or the one before. */
export function nextMatch(page: Page, step: 1 | -1): void {
  const found = matches(page);
  if (found.length === 0) return;
  const { selected } = page.state;
  const at = selected === null ? -1 : found.indexOf(selected);
  const next = at < 0 ? (step > 0 ? 0 : found.length - 1) : (at + step + found.length) % found.length;
  const id = found[next];
  if (id !== undefined) select(page, id);
}

/** A step with the arrow keys. */
export function walk(page: Page, step: Walk): void {
  const { shown, state, parts } = page;
  if (shown === null) return;
  const next = walkTo(step, state.mode, parts.tree, shown.layout, state.selected);
  if (next === null) return;
  if (next.kind === 'toggle') {
    toggle(page, next.item);
    return;
  }
  setSelected(page, next.id, next.key);
  const box = boxFor(page, next.id);
  if (box !== undefined && state.mode === 'drawing') parts.drawing.reveal(box);
}
