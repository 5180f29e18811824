import { drawingText } from '../../../server/src/base/safe-text.ts';
import { element } from './dom.ts';

/** Above the drawing: that it may be as things no longer are, and why. */
export interface OutdatedBar {
  readonly element: HTMLElement;
  /** Null hides it. */
  show(reason: string | null, canRestart: boolean): void;
}

/** `restart` is called when the user wants the language server started again. */
export function createOutdatedBar(restart: () => void): OutdatedBar {
  const text = element('span', { class: 'outdated-reason' });
  const button = element('button', { type: 'button', class: 'button' }, 'Restart');
  button.addEventListener('click', restart);
  const host = element('div', { class: 'outdated-bar', hidden: true }, text, button);
  return {
    element: host,
    show(reason, canRestart) {
      host.hidden = reason === null;
      text.textContent = reason === null ? '' : `⚠ ${drawingText(reason)}`;
      button.hidden = !canRestart;
    },
  };
}
