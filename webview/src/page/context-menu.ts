import { element } from './dom.ts';
import { createMenuList, type MenuEntry } from './menu-list.ts';

/** The menu of a place in the drawing or the text, instead of the editor's own with Cut and Paste. */
export interface ContextMenu {
  readonly element: HTMLElement;
  /** Opens at a point of the window, in its pixels, inside the window. `closed` is called when it is left without a choice. */
  open(x: number, y: number, entries: readonly MenuEntry[], closed: () => void): void;
}

const margin = 4;

/** The menu, closed. */
export function createContextMenu(): ContextMenu {
  const host = element('div', { class: 'context-menu', hidden: true });
  let refocus = (): void => undefined;
  const close = (): void => {
    if (host.hidden) return;
    host.hidden = true;
    host.replaceChildren();
  };
  host.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node) || !host.contains(event.relatedTarget)) close();
  });
  host.addEventListener('contextmenu', (event) => event.preventDefault());
  window.addEventListener('blur', close);
  return {
    element: host,
    open(x, y, entries, closed) {
      refocus = closed;
      const list = createMenuList('What can be done here', entries, (isLeft) => {
        close();
        if (isLeft) refocus();
      });
      host.replaceChildren(list.element);
      host.hidden = false;
      const { width, height } = list.element.getBoundingClientRect();
      host.style.left = `${Math.max(margin, Math.min(x, document.body.clientWidth - width - margin))}px`;
      host.style.top = `${Math.max(margin, Math.min(y, document.body.clientHeight - height - margin))}px`;
      list.focus(0);
    },
  };
}
