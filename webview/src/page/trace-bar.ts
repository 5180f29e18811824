import { count, counted } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { Traced } from '../messages.ts';
import type { TracedPath } from '../model/traced-path.ts';
import { element } from './dom.ts';
import { icon } from './icons.ts';

/** Above the drawing: the packet whose path is lit, the step that is looked at, and where the path leaves the drawing. */
export interface TraceBar {
  readonly element: HTMLElement;
  /** Null for no path, or one that has nothing of this flow: hides the bar. */
  show(traced: Traced | null, path: TracedPath | null): void;
}

export interface TraceBarEvents {
  step(by: 1 | -1): void;
  hide(): void;
}

/** The bar, hidden until a path is lit. */
export function createTraceBar(events: TraceBarEvents): TraceBar {
  const title = element('strong', { class: 'trace-title' });
  const step = element('span', { class: 'trace-step' });
  const leaves = element('span', { class: 'trace-leaves' });
  const button = (label: string, tip: string, name: 'previous' | 'next', by: 1 | -1): HTMLButtonElement => {
    const made = element('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: tip }, icon(name));
    made.addEventListener('click', () => events.step(by));
    return made;
  };
  const hide = element('button', { type: 'button', class: 'button bar-button' }, 'Hide path');
  hide.addEventListener('click', () => events.hide());
  const host = element(
    'section',
    { class: 'compare-bar trace-bar', 'aria-label': 'Traced packet', hidden: true },
    element('div', { class: 'compare-text' }, title, step, leaves),
    element(
      'div',
      { class: 'cluster' },
      button('Previous step', 'Previous step (Shift+Alt+F9)', 'previous', -1),
      button('Next step', 'Next step (Alt+F9)', 'next', 1),
    ),
    hide,
  );
  return {
    element: host,
    show(traced, path) {
      host.hidden = traced === null || path === null;
      if (traced === null || path === null) return;
      title.textContent = drawingText(traced.title);
      step.textContent = stepText(traced, path);
      leaves.textContent = leavingText(traced, path);
    },
  };
}

/** "Step 3 of 9, line 223: KUBE-SVC-X: jump KUBE-SEP-Y"; of one elsewhere that it is not in this drawing. */
export function stepText({ steps, current }: Traced, { places }: TracedPath): string {
  const step = steps[current];
  if (step === undefined) {
    const drawn = places.filter((place) => place !== null).length;
    return `${count(drawn)} of its ${counted(steps.length, 'step')} are in this drawing, numbered along its path`;
  }
  const line = step.line === null ? '' : `, line ${count(step.line)}`;
  const where = places[current] === null ? ' (not in this drawing)' : '';
  return `▶ Step ${count(current + 1)} of ${count(steps.length)}${line}: ${drawingText(step.words)}${where}`;
}

/** Where the path goes on outside of the drawing. */
function leavingText({ steps }: Traced, { places }: TracedPath): string {
  const last = places.findLastIndex((place) => place !== null);
  const next = steps[last + 1];
  if (last < 0 || next === undefined) return '';
  return `The path leaves this drawing after step ${count(last + 1)}: it goes on with ${drawingText(next.words)}`;
}
