import type { Grouping } from '../model/groups.ts';
import { element, setAttribute } from './dom.ts';
import { type IconName, icon } from './icons.ts';
import { createMenu, type MenuEntry } from './menu.ts';

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
  /** Null where nothing is grouped: the choice is hidden. */
  readonly grouping: Grouping | null;
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

export function createToolbar(events: ToolbarEvents, exports: readonly MenuEntry[]): Toolbar {
  const back = iconButton('back', 'Back', () => events.back());
  const forward = iconButton('forward', 'Forward', () => events.forward());
  const name = element('span', { class: 'title-text' });
  const pick = element('button', { type: 'button', class: 'title', title: 'Show another Service' }, name, icon('pick'));
  pick.addEventListener('click', () => events.pick());
  const file = element('span', { class: 'file' });

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
  const search = element('div', { class: 'search', role: 'search' }, icon('search'), input, matches, filter);

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

  const zoomText = element('button', { type: 'button', class: 'zoom-text', title: 'Fit (0)', 'aria-label': 'Fit' });
  zoomText.addEventListener('click', () => events.fit());
  const zoomGroup = element(
    'div',
    { class: 'cluster zoom', role: 'group', 'aria-label': 'Zoom' },
    iconButton('minus', 'Zoom out (-)', () => events.zoomBy(1 / 1.25)),
    zoomText,
    iconButton('plus', 'Zoom in (+)', () => events.zoomBy(1.25)),
  );
  const mode = iconButton('tree', 'Show as text', () => events.mode(mode.dataset['mode'] === 'text' ? 'drawing' : 'text'));
  const details = iconButton('details', 'Details', () => events.details(details.getAttribute('aria-pressed') !== 'true'));
  const menu = createMenu(
    iconButton('share', 'Copy, export or print', () => undefined),
    exports,
  );

  const host = element(
    'header',
    { class: 'toolbar' },
    element('div', { class: 'cluster' }, back, forward),
    element('h1', { class: 'heading-title' }, pick),
    file,
    element('div', { class: 'spring' }),
    search,
    grouping,
    zoomGroup,
    element('div', { class: 'cluster tools' }, mode, details, menu.element),
    element('div', { class: 'row-end' }),
  );

  let zoomed = '';
  const zoom = (k: number): void => {
    const text = `${Math.round(k * 100)} %`;
    // Called in every frame of a pan.
    if (text === zoomed) return;
    zoomed = text;
    zoomText.textContent = text;
    zoomText.setAttribute('aria-label', `${text}, fit`);
  };
  return {
    element: host,
    show(state) {
      name.textContent = state.title;
      pick.setAttribute('title', `${state.title}: show another Service`);
      file.textContent = state.file;
      file.setAttribute('title', state.file);
      back.disabled = !state.canGoBack;
      forward.disabled = !state.canGoForward;
      back.title = state.backTitle === '' ? 'Back' : `Back to ${state.backTitle} (Alt+Left)`;
      forward.title = state.forwardTitle === '' ? 'Forward' : `Forward to ${state.forwardTitle} (Alt+Right)`;
      if (input.value !== state.search) input.value = state.search;
      matches.textContent = state.matches;
      setAttribute(filter, 'aria-pressed', String(state.filtering));
      grouping.hidden = state.grouping === null;
      if (state.grouping !== null) grouping.value = state.grouping;
      zoomGroup.hidden = state.mode === 'text';
      mode.dataset['mode'] = state.mode;
      mode.replaceChildren(icon(state.mode === 'text' ? 'graph' : 'tree'));
      const label = state.mode === 'text' ? 'Show as drawing (T)' : 'Show as text (T)';
      mode.title = label;
      mode.setAttribute('aria-label', label);
      setAttribute(details, 'aria-pressed', String(state.details));
      zoom(state.zoom);
    },
    zoom,
    focusSearch() {
      input.focus();
      input.select();
    },
  };
}
