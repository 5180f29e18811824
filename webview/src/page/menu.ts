import { element } from './dom.ts';
import { createMenuList, type MenuEntry } from './menu-list.ts';

/** A button with a menu below it, walked with the arrow keys. */
export function createMenu(button: HTMLButtonElement, entries: readonly MenuEntry[]): { readonly element: HTMLElement } {
  const close = (refocus: boolean): void => {
    if (list.element.hidden) return;
    list.element.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (refocus) button.focus();
  };
  const list = createMenuList(button.getAttribute('aria-label') ?? '', entries, close);
  list.element.hidden = true;
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  const host = element('div', { class: 'menu-host' }, button, list.element);

  const open = (at: number): void => {
    list.element.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    list.focus(at);
  };
  button.addEventListener('click', () => (list.element.hidden ? open(0) : close(true)));
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    open(event.key === 'ArrowDown' ? 0 : -1);
  });
  host.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node) || !host.contains(event.relatedTarget)) close(false);
  });
  return { element: host };
}
