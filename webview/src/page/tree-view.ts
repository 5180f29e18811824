import { itemLine, type TextItem } from '../text-tree.ts';
import { element, setAttribute } from './dom.ts';

export interface TreeEvents {
  /** A click on an item, the second of a double click included. */
  click(item: TextItem, double: boolean): void;
  toggle(item: TextItem): void;
}

/** The flow as a tree: what is seen in text mode, and what a screen reader reads in both. */
export interface TreeView {
  /** The one tab stop. */
  readonly element: HTMLElement;
  show(items: readonly TextItem[], label: string): void;
  items(): readonly TextItem[];
  /** The item that has the focus, as a screen reader hears it; null for none. Scrolls to it. */
  activate(key: string | null): void;
  active(): TextItem | null;
}

export function createTreeView(events: TreeEvents): TreeView {
  const host = element('div', { class: 'tree', role: 'tree', tabindex: 0 });
  let shown: readonly TextItem[] = [];
  let elements = new Map<string, HTMLElement>();
  let current: string | null = null;
  let ids = 0;

  const itemOf = (event: Event): TextItem | undefined => {
    const found = event.target instanceof Element ? event.target.closest('[data-key]') : null;
    const key = found?.getAttribute('data-key');
    return shown.find((item) => item.key === key);
  };
  host.addEventListener('click', (event) => {
    const item = itemOf(event);
    if (item === undefined) return;
    if (event.target instanceof Element && event.target.closest('.twisty') !== null && item.expanded !== null)
      events.toggle(item);
    else events.click(item, event.detail > 1);
  });

  const make = (item: TextItem): HTMLElement => {
    ids += 1;
    const way = item.way === '' ? null : element('span', { class: 'tree-way' }, item.way);
    const line = element(
      'div',
      {
        id: `item-${ids}`,
        class: 'tree-item',
        role: 'treeitem',
        'data-key': item.key,
        'data-id': item.id,
        'data-level': Math.min(item.level, 12),
        'aria-level': item.level,
        'aria-posinset': item.place,
        'aria-setsize': item.siblings,
        'aria-expanded': item.expanded === null ? null : String(item.expanded),
        'aria-selected': 'false',
      },
      element('span', { class: item.expanded === null ? 'twisty none' : 'twisty' }),
      way,
      element('span', { class: 'tree-text' }, itemLine({ ...item, way: '' })),
    );
    return line;
  };

  const view: TreeView = {
    element: host,
    show(items, label) {
      host.setAttribute('aria-label', label);
      const before = new Map(shown.map((item) => [item.key, item]));
      const next = new Map<string, HTMLElement>();
      for (const item of items) {
        const old = before.get(item.key);
        const kept = old !== undefined && sameItem(old, item) ? elements.get(item.key) : undefined;
        next.set(item.key, kept ?? make(item));
      }
      shown = items;
      elements = next;
      host.replaceChildren(...next.values());
      view.activate(current);
    },
    items: () => shown,
    activate(key) {
      const old = current === null ? undefined : elements.get(current);
      if (old !== undefined) setAttribute(old, 'aria-selected', 'false');
      current = key;
      const next = key === null ? undefined : elements.get(key);
      setAttribute(host, 'aria-activedescendant', next?.id ?? null);
      if (next === undefined) return;
      next.setAttribute('aria-selected', 'true');
      next.scrollIntoView({ block: 'nearest' });
    },
    active: () => (current === null ? null : (shown.find((item) => item.key === current) ?? null)),
  };
  return view;
}

function sameItem(a: TextItem, b: TextItem): boolean {
  return itemLine(a) === itemLine(b) && a.expanded === b.expanded && a.place === b.place && a.siblings === b.siblings;
}
