/** Opens the menu of a place, in the drawing or in the text. */
import { mapRequest } from '../../../server/src/base/flow-request.ts';
import type { TextItem } from '../export/text-tree.ts';
import { fitView, setMode } from './actions.ts';
import type { MenuEntry } from './menu-list.ts';
import { boxFor, focusFlow, type Page } from './page.ts';
import { edgeActions, nodeActions, type PlaceAction } from './place-actions.ts';
import { setSelected, toggleGroup } from './selection.ts';
import type { Target } from './target.ts';

/** The menu of what the pointer is on in the drawing; null: of the ground. A box becomes the selected one. */
export function openTargetMenu(page: Page, target: Target | null, x: number, y: number): void {
  if (target === null) {
    open(page, x, y, groundEntries(page));
    return;
  }
  if (target.kind === 'edge') {
    open(page, x, y, entriesOf(page, edgeActions(target.edges)));
    return;
  }
  setSelected(page, target.box.id, null);
  open(page, x, y, entriesOfId(page, target.box.id));
}

/** The menu of an item of the text; null: of the selected one, which in the drawing is a box, at that box. */
export function openItemMenu(page: Page, item: TextItem | null, x: number, y: number): void {
  if (item !== null) setSelected(page, item.id, item.key);
  const id = page.state.selected;
  if (id === null) {
    open(page, x, y, groundEntries(page));
    return;
  }
  const box = boxFor(page, id);
  const { drawing } = page.parts;
  if (page.state.mode === 'drawing' && box !== undefined) {
    const { left, top } = drawing.element.getBoundingClientRect();
    const view = drawing.view();
    open(
      page,
      left + view.x + (box.x + box.width / 2) * view.k,
      top + view.y + (box.y + box.height) * view.k,
      entriesOfId(page, id),
    );
    return;
  }
  open(page, x, y, entriesOfId(page, id));
}

function open(page: Page, x: number, y: number, entries: readonly MenuEntry[]): void {
  page.parts.tooltip.hide();
  if (entries.length > 0) page.parts.contextMenu.open(x, y, entries, () => focusFlow(page));
}

function entriesOf(page: Page, actions: readonly PlaceAction[]): readonly MenuEntry[] {
  return actions.map(({ label, message }) => ({ label, run: () => page.host.post(message) }));
}

function entriesOfId(page: Page, id: string): readonly MenuEntry[] {
  const node = page.index?.nodes.get(id);
  if (node !== undefined && page.index !== null) return entriesOf(page, nodeActions(page.index, node));
  const isOpen = page.state.open.includes(id);
  return [{ label: isOpen ? 'Close Group' : 'Open Group', run: () => toggleGroup(page, id) }];
}

function groundEntries(page: Page): readonly MenuEntry[] {
  if (page.shown === null) return [];
  const isText = page.state.mode === 'text';
  const mode: MenuEntry = {
    label: isText ? 'Show as Drawing' : 'Show as Text',
    run: () => setMode(page, isText ? 'drawing' : 'text'),
  };
  const isMap = page.index?.map != null;
  const map: MenuEntry = {
    label: 'Show Map of All Services',
    run: () => page.host.post({ kind: 'request-flow', to: mapRequest }),
  };
  const another: MenuEntry = { label: 'Show Another Service…', run: () => page.host.post({ kind: 'pick-flow' }) };
  const isCompared = page.compared !== null;
  const compare: MenuEntry = {
    label: isCompared ? 'Stop Comparing' : 'Compare Flow With…',
    run: () => page.host.post({ kind: 'compare', stop: isCompared }),
  };
  const fit: MenuEntry = { label: 'Fit', run: () => fitView(page) };
  return [...(isText ? [] : [fit]), mode, another, ...(isMap ? [] : [compare, map])];
}
