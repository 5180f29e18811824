import type { Grouping } from '../model/groups.ts';
import { element, setAttribute } from './dom.ts';
import { type IconName, icon } from './icons.ts';
import { createMenu } from './menu.ts';
import type { MenuEntry } from './menu-list.ts';

/** What the toolbar shows. */
export interface ToolbarState {
  readonly title: string;
  readonly file: string;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  readonly backTitle: string;
  readonly forwardTitle: string;
  readonly search: string;
  /** "3 of 12"; empty for no query. */
  readonly matches: string;
  readonly filtering: boolean;
  /** All Services are shown, and not one flow. */
  readonly isMap: boolean;
  /** Null where nothing is grouped: the choice is hidden. */
  readonly grouping: Grouping | null;
  /** Whether what kube-proxy would write is shown; null where there is nothing of the kind. */
  readonly expected: boolean | null;
  /** Another flow is drawn beside it. */
  readonly compared: boolean;
  readonly mode: 'drawing' | 'text';
  readonly details: boolean;
  readonly zoom: number;
}

export interface ToolbarEvents {
  back(): void;
  forward(): void;
  pick(): void;
  search(query: string): void;
  nextMatch(step: 1 | -1): void;
  leaveSearch(): void;
  filter(on: boolean): void;
  group(by: Grouping): void;
  expected(on: boolean): void;
  compare(on: boolean): void;
  mode(mode: 'drawing' | 'text'): void;
  details(on: boolean): void;
  zoomBy(factor: number): void;
  fit(): void;
}

export interface Toolbar {
  readonly element: HTMLElement;
  show(state: ToolbarState): void;
  zoom(k: number): void;
  focusSearch(): void;
}

function iconButton(name: IconName, label: string, run: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label }, icon(name));
  made.addEventListener('click', run);
  return made;
}

interface SearchBox {
  readonly element: HTMLElement;
  show(state: ToolbarState): void;
  focus(): void;
}

function createSearch(events: ToolbarEvents): SearchBox {
  const input = element('input', {
    type: 'search',
    class: 'search-input',
    placeholder: 'Find',
    'aria-label': 'Find chain, address, Pod or node',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  const matches = element('span', { class: 'matches' });
  const filter = iconButton('filter', 'Show only matching endpoints', () =>
    events.filter(filter.getAttribute('aria-pressed') !== 'true'),
  );
  input.addEventListener('input', () => events.search(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      events.nextMatch(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (input.value === '') events.leaveSearch();
      else {
        input.value = '';
        events.search('');
      }
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      events.leaveSearch();
    }
  });
  return {
    element: element('div', { class: 'search', role: 'search' }, icon('search'), input, matches, filter),
    show(state) {
      if (input.value !== state.search) input.value = state.search;
      matches.textContent = state.matches;
      setAttribute(filter, 'aria-pressed', String(state.filtering));
      const label = state.isMap ? 'Show only matching Services' : 'Show only matching endpoints';
      filter.title = label;
      filter.setAttribute('aria-label', label);
    },
    focus() {
      input.focus();
      input.select();
    },
  };
}

function createGrouping(events: ToolbarEvents): HTMLSelectElement {
  const grouping = element(
    'select',
    { class: 'grouping', 'aria-label': 'Group endpoints by' },
    element('option', { value: 'node' }, 'by node'),
    element('option', { value: 'zone' }, 'by zone'),
    element('option', { value: 'page' }, 'in rule order'),
  );
  grouping.addEventListener('change', () => {
    const { value } = grouping;
    if (value === 'node' || value === 'zone' || value === 'page') events.group(value);
  });
  return grouping;
}

function createZoom(events: ToolbarEvents): { readonly element: HTMLElement; show(k: number): void } {
  const text = element('button', { type: 'button', class: 'zoom-text', title: 'Fit (0)', 'aria-label': 'Fit' });
  text.addEventListener('click', () => events.fit());
  let shown = '';
  return {
    element: element(
      'div',
      { class: 'cluster zoom', role: 'group', 'aria-label': 'Zoom' },
      iconButton('minus', 'Zoom out (-)', () => events.zoomBy(1 / 1.25)),
      text,
      iconButton('plus', 'Zoom in (+)', () => events.zoomBy(1.25)),
    ),
    show(k) {
      const zoomed = `${Math.round(k * 100)} %`;
      // Called in every frame of a pan.
      if (zoomed === shown) return;
      shown = zoomed;
      text.textContent = zoomed;
      text.setAttribute('aria-label', `${zoomed}, fit`);
    },
  };
}

function createHistory(events: ToolbarEvents): { readonly element: HTMLElement; show(state: ToolbarState): void } {
  const back = iconButton('back', 'Back', () => events.back());
  const forward = iconButton('forward', 'Forward', () => events.forward());
  return {
    element: element('div', { class: 'cluster' }, back, forward),
    show(state) {
      back.disabled = !state.canGoBack;
      forward.disabled = !state.canGoForward;
      back.title = state.backTitle === '' ? 'Back' : `Back to ${state.backTitle} (Alt+Left)`;
      forward.title = state.forwardTitle === '' ? 'Forward' : `Forward to ${state.forwardTitle} (Alt+Right)`;
    },
  };
}

/** The toolbar, with what the drawing can be saved as. */
export function createToolbar(events: ToolbarEvents, exports: readonly MenuEntry[]): Toolbar {
  const history = createHistory(events);
  const name = element('span', { class: 'title-text' });
  const pick = element('button', { type: 'button', class: 'title', title: 'Show another Service' }, name, icon('pick'));
  pick.addEventListener('click', () => events.pick());
  const file = element('span', { class: 'file' });
  const search = createSearch(events);
  const grouping = createGrouping(events);
  const zoom = createZoom(events);
  const mode = iconButton('tree', 'Show as text', () => events.mode(mode.dataset['mode'] === 'text' ? 'drawing' : 'text'));
  const details = iconButton('details', 'Details', () => events.details(details.getAttribute('aria-pressed') !== 'true'));
  const expected = iconButton('expected', 'What kube-proxy would write', () =>
    events.expected(expected.getAttribute('aria-pressed') !== 'true'),
  );
  const compare = iconButton('compare', 'Compare flow with…', () =>
    events.compare(compare.getAttribute('aria-pressed') !== 'true'),
  );
  const share = iconButton('share', 'Copy, export or print', () => undefined);
  return {
    element: element(
      'header',
      { class: 'toolbar' },
      history.element,
      element('h1', { class: 'heading-title' }, pick),
      file,
      element('div', { class: 'spring' }),
      search.element,
      grouping,
      zoom.element,
      element('div', { class: 'cluster tools' }, compare, expected, mode, details, createMenu(share, exports).element),
      element('div', { class: 'row-end' }),
    ),
    show(state) {
      name.textContent = state.title;
      pick.setAttribute('title', `${state.title}: show another Service`);
      file.textContent = state.file;
      file.setAttribute('title', state.file);
      history.show(state);
      search.show(state);
      grouping.hidden = state.grouping === null;
      if (state.grouping !== null) grouping.value = state.grouping;
      zoom.element.hidden = state.mode === 'text';
      mode.dataset['mode'] = state.mode;
      mode.replaceChildren(icon(state.mode === 'text' ? 'graph' : 'tree'));
      const label = state.mode === 'text' ? 'Show as drawing (T)' : 'Show as text (T)';
      mode.title = label;
      mode.setAttribute('aria-label', label);
      setAttribute(details, 'aria-pressed', String(state.details));
      expected.hidden = state.expected === null;
      setAttribute(expected, 'aria-pressed', String(state.expected === true));
      setAttribute(compare, 'aria-pressed', String(state.compared));
      zoom.show(state.zoom);
    },
    zoom: (k) => zoom.show(k),
    focusSearch: () => search.focus(),
  };
}
