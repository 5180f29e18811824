import { element } from './dom.ts';

export interface MenuEntry {
  readonly label: string;
  run(): void;
}

export interface MenuList {
  readonly element: HTMLElement;
  /** The focus to an entry by its number; -1 is the last. */
  focus(at: number): void;
}

/** Entries to be chosen from, walked with the arrow keys. `close` is called before one runs (false), on Escape (true), and on Tab (false). */
export function createMenuList(label: string, entries: readonly MenuEntry[], close: (refocus: boolean) => void): MenuList {
  const items = entries.map((entry) => {
    const item = element('button', { type: 'button', role: 'menuitem', tabindex: -1 }, entry.label);
    item.addEventListener('click', () => {
      close(true);
      entry.run();
    });
    return item;
  });
  const list = element('div', { class: 'menu', role: 'menu', 'aria-label': label });
  list.append(...items);
  const focus = (at: number): void => items.at(at % items.length)?.focus();
  list.addEventListener('keydown', (event) => {
    const { activeElement } = document;
    const at = activeElement instanceof HTMLButtonElement ? items.indexOf(activeElement) : -1;
    switch (event.key) {
      case 'ArrowDown':
        focus(at + 1);
        break;
      case 'ArrowUp':
        focus(at - 1);
        break;
      case 'Home':
        focus(0);
        break;
      case 'End':
        focus(-1);
        break;
      case 'Escape':
        close(true);
        break;
      case 'Tab':
        close(false);
        return;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  return { element: list, focus };
}
