import { element } from './dom.ts';
import type { TooltipText } from './tooltip-text.ts';

/** Lines of text beside the pointer. */
export interface Tooltip {
  readonly element: HTMLElement;
  show(text: TooltipText, x: number, y: number): void;
  hide(): void;
}

/** The tooltip, hidden. */
export function createTooltip(): Tooltip {
  const host = element('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  let shown = '';
  return {
    element: host,
    show({ title, lines }, x, y) {
      const text = [title, ...lines].join('\n');
      if (host.hidden || text !== shown) {
        shown = text;
        host.replaceChildren(
          element('div', { class: 'tooltip-title' }, title),
          ...lines.map((line) => element('div', { class: 'tooltip-line' }, line)),
        );
        host.hidden = false;
      }
      // Beside the pointer, on the side where there is room.
      const { width, height } = host.getBoundingClientRect();
      const left = x + 14 + width > innerWidth - 6 ? Math.max(6, x - 14 - width) : x + 14;
      const top = y + 16 + height > innerHeight - 6 ? Math.max(6, y - 12 - height) : y + 16;
      host.style.left = `${left}px`;
      host.style.top = `${top}px`;
    },
    hide() {
      host.hidden = true;
    },
  };
}
