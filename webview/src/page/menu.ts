import { element } from './dom.ts';

export interface MenuEntry {
  readonly label: string;
  run(): void;
}

/** A button with a menu below it, walked with the arrow keys. */
export function createMenu(button: HTMLButtonElement, entries: readonly MenuEntry[]): { readonly element: HTMLElement } {
  const items = entries.map((entry) => {
    const item = element('button', { type: 'button', role: 'menuitem', tabindex: -1 }, entry.label);
    item.addEventListener('click', () => {
      close(true);
      entry.run();
    });
    return item;
  });
  const list = element('div', { class: 'menu', role: 'menu', 'aria-label': button.getAttribute('aria-label'), hidden: true });
  list.append(...items);
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  const host = element('div', { class: 'menu-host' }, button, list);

  const focusAt = (at: number): void => items.at(at % items.length)?.focus();
  const open = (at: number): void => {
    list.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    focusAt(at);
  };
  const close = (refocus: boolean): void => {
    if (list.hidden) return;
    list.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (refocus) button.focus();
  };
  button.addEventListener('click', () => (list.hidden ? open(0) : close(true)));
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    open(event.key === 'ArrowDown' ? 0 : -1);
  });
  list.addEventListener('keydown', (event) => {
    const { activeElement } = document;
    const at = activeElement instanceof HTMLButtonElement ? items.indexOf(activeElement) : -1;
    switch (event.key) {
      case 'ArrowDown':
        focusAt(at + 1);
        break;
      case 'ArrowUp':
        focusAt(at - 1);
        break;
      case 'Home':
        focusAt(0);
        break;
      case 'End':
        focusAt(-1);
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
  host.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node) || !host.contains(event.relatedTarget)) close(false);
  });
  return { element: host };
}
