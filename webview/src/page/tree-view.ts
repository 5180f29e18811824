import { itemLine, type TextItem } from '../export/text-tree.ts';
import { element, setAttribute } from './dom.ts';

export interface TreeEvents {
  /** A click on an item, the second of a double click included. */
  click(item: TextItem, double: boolean): void;
  toggle(item: TextItem): void;
  /** A menu is asked for: on an item, or with the keyboard (null: for the active one). Where, in the window's pixels. */
  menu(item: TextItem | null, x: number, y: number): void;
}

/** The flow as a tree: what is seen in text mode, and what a screen reader reads in both. */
export interface TreeView {
  /** The one tab stop. */
  readonly element: HTMLElement;
  /** `whole`: all items are in the document, as one can scroll through them. Else only those near the active one. */
  show(items: readonly TextItem[], label: string, whole: boolean): void;
  items(): readonly TextItem[];
  /** The item that has the focus, as a screen reader hears it; null for none. Scrolls to it. */
  activate(key: string | null): void;
  active(): TextItem | null;
  /** Marks the items on the ways through what the editor's cursor is on, by their ids; null for none. */
  light(ids: ReadonlySet<string> | null): void;
}

interface Rendered {
  readonly item: TextItem;
  readonly line: HTMLElement;
}

/** So many items before and after the active one are in the document when it is only heard. */
const reach = 150;

/** Gives texts that end in 1, 2, 3, ... */
function numbered(start: string): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `${start}${last}`;
  };
}

/** Items with their lines, by key; lines that are there and say the same stay. */
function renderItems(
  items: readonly TextItem[],
  before: ReadonlyMap<string, Rendered>,
  nextId: () => string,
): Map<string, Rendered> {
  return new Map(
    items.map((item): [string, Rendered] => {
      const old = before.get(item.key);
      return [item.key, { item, line: old !== undefined && sameItem(old.item, item) ? old.line : makeLine(item, nextId()) }];
    }),
  );
}

/** The flow as text, empty. */
export function createTreeView(events: TreeEvents): TreeView {
  const host = element('div', { class: 'tree', role: 'tree', tabindex: 0 });
  let shown: readonly TextItem[] = [];
  let whole = true;
  let places = new Map<string, number>();
  let rendered = new Map<string, Rendered>();
  let drawn: { readonly items: readonly TextItem[]; readonly from: number; readonly until: number } = {
    items: [],
    from: 0,
    until: 0,
  };
  let current: string | null = null;
  const nextId = numbered('item-');

  const itemOf = (event: Event): TextItem | undefined => {
    const found = event.target instanceof Element ? event.target.closest('[data-key]') : null;
    const key = found?.getAttribute('data-key');
    return key === null || key === undefined ? undefined : rendered.get(key)?.item;
  };
  host.addEventListener('click', (event) => {
    const item = itemOf(event);
    if (item === undefined) return;
    if (event.target instanceof Element && event.target.closest('.twisty') !== null && item.expanded !== null)
      events.toggle(item);
    else events.click(item, event.detail > 1);
  });

  host.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    const line = host.querySelector('[aria-selected="true"]') ?? host;
    const { left, bottom } = line.getBoundingClientRect();
    const item = itemOf(event);
    if (item === undefined) events.menu(null, left, bottom);
    else events.menu(item, event.clientX, event.clientY);
  });

  /** Puts the items around a place into the document, or all; those that are there and say the same stay. */
  const render = (around: number): void => {
    const from = whole ? 0 : Math.max(0, around - reach);
    const until = whole ? shown.length : around + reach;
    if (from === drawn.from && until === drawn.until && drawn.items === shown) return;
    rendered = renderItems(shown.slice(from, until), rendered, nextId);
    drawn = { items: shown, from, until };
    host.replaceChildren(...[...rendered.values()].map(({ line }) => line));
  };

  const view: TreeView = {
    element: host,
    show(items, label, all) {
      host.setAttribute('aria-label', label);
      shown = items;
      whole = all || items.length <= 2 * reach;
      places = new Map(items.map((item, at) => [item.key, at]));
      render(current === null ? 0 : (places.get(current) ?? 0));
      view.activate(current);
    },
    items: () => shown,
    activate(key) {
      const old = current === null ? undefined : rendered.get(current);
      if (old !== undefined) setAttribute(old.line, 'aria-selected', 'false');
      current = key;
      const place = key === null ? undefined : places.get(key);
      if (key !== null && place !== undefined && !rendered.has(key)) render(place);
      const next = key === null ? undefined : rendered.get(key);
      setAttribute(host, 'aria-activedescendant', next?.line.id ?? null);
      if (next === undefined) return;
      next.line.setAttribute('aria-selected', 'true');
      next.line.scrollIntoView({ block: 'nearest' });
    },
    light(ids) {
      for (const { item, line } of rendered.values()) line.classList.toggle('lit', ids?.has(item.id) ?? false);
    },
    active: () => (current === null ? null : (shown[places.get(current) ?? -1] ?? null)),
  };
  return view;
}

function makeLine(item: TextItem, id: string): HTMLElement {
  return element(
    'div',
    {
      id,
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
    item.branch === '' ? null : element('span', { class: 'tree-branch' }, item.branch),
    element('span', { class: 'tree-text' }, itemLine({ ...item, branch: '' })),
  );
}

function sameItem(a: TextItem, b: TextItem): boolean {
  return itemLine(a) === itemLine(b) && a.expanded === b.expanded && a.place === b.place && a.siblings === b.siblings;
}
