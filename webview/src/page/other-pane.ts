import type { TextItem } from '../export/text-tree.ts';
import { element } from './dom.ts';
import { Drawing, type DrawingEvents } from './drawing.ts';
import { createTreeView, type TreeEvents, type TreeView } from './tree-view.ts';

/** The flow beside the page's own: its name and state, its drawing, and its text. */
export interface OtherPane {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  readonly drawing: Drawing;
  readonly tree: TreeView;
}

export interface OtherEvents {
  readonly drawing: DrawingEvents;
  readonly tree: TreeEvents;
  /** The text was walked to an item. */
  walked(item: TextItem): void;
  /** The item's rule is wanted. */
  opened(item: TextItem): void;
}

/** The pane of the flow that is compared with, empty. */
export function createOtherPane(events: OtherEvents): OtherPane {
  const drawing = new Drawing(events.drawing);
  const tree = createTreeView(events.tree);
  const head = element('h2', { class: 'pane-head' });
  tree.element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const item = tree.active();
    if (event.key === 'Enter' && item !== null) events.opened(item);
    else if (event.key === ' ' && item?.expanded != null) events.tree.toggle(item);
    else {
      const next = walked(tree, event.key);
      if (next === undefined) return;
      events.walked(next);
    }
    event.preventDefault();
    event.stopPropagation();
  });
  const stage = element('div', { class: 'stage' }, tree.element, drawing.element);
  return { element: element('section', { class: 'pane' }, head, stage), head, drawing, tree };
}

/** Where an arrow key leads in the text; undefined for another key, and at an end. */
function walked(tree: TreeView, key: string): TextItem | undefined {
  const items = tree.items();
  const active = tree.active();
  const at = active === null ? -1 : items.indexOf(active);
  switch (key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return items[at + 1];
    case 'ArrowUp':
      return items[Math.max(0, at - 1)];
    case 'ArrowLeft':
      return items.find((item) => item.key === active?.parent);
    case 'Home':
      return items[0];
    case 'End':
      return items.at(-1);
    default:
      return undefined;
  }
}
