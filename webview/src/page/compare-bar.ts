import { count } from '../../../server/src/base/counted.ts';
import type { FlowComparison } from '../model/compare-flows.ts';
import { contrastSign } from '../model/format.ts';
import { element } from './dom.ts';
import { icon } from './icons.ts';

/** Above two drawings: how many differences there are and which, and the one that was gone to. */
export interface CompareBar {
  readonly element: HTMLElement;
  /** `at`: the difference that was gone to, null for none. Null hides the bar. */
  show(comparison: FlowComparison | null, at: number | null): void;
}

export interface CompareEvents {
  nextDifference(step: 1 | -1): void;
  stopComparing(): void;
}

/** The bar, hidden until two flows are compared. */
export function createCompareBar(events: CompareEvents): CompareBar {
  const summary = element('strong', { class: 'compare-summary' });
  const current = element('span', { class: 'compare-current' });
  const remarks = element('span', { class: 'compare-remarks tone-unsure' });
  const button = (label: string, title: string, name: 'previous' | 'next', step: 1 | -1): HTMLButtonElement => {
    const made = element('button', { type: 'button', class: 'icon-button', 'aria-label': label, title }, icon(name));
    made.addEventListener('click', () => events.nextDifference(step));
    return made;
  };
  const steps = element(
    'div',
    { class: 'cluster' },
    button('Previous difference', 'Previous difference (Shift+F7)', 'previous', -1),
    button('Next difference', 'Next difference (F7)', 'next', 1),
  );
  const stop = element('button', { type: 'button', class: 'button bar-button' }, 'Stop comparing');
  stop.addEventListener('click', () => events.stopComparing());
  const host = element(
    'section',
    { class: 'compare-bar', 'aria-label': 'Differences', hidden: true },
    element('div', { class: 'compare-text' }, summary, remarks, current),
    steps,
    stop,
  );
  return {
    element: host,
    show(comparison, at) {
      host.hidden = comparison === null;
      if (comparison === null) return;
      const { differences } = comparison;
      const chosen = at === null ? undefined : differences[at];
      summary.textContent = comparison.summary;
      remarks.textContent = comparison.remarks.join(' ');
      current.textContent = at === null || chosen === undefined ? '' : differenceText(comparison, at);
      steps.hidden = differences.length === 0;
    },
  };
}

/** "≠ 2 of 5: Endpoint 10.244.0.11:8080 (web-1) is only in node-a.iptables." */
export function differenceText({ differences }: FlowComparison, at: number): string {
  return `${contrastSign} ${count(at + 1)} of ${count(differences.length)}: ${differences[at]?.text ?? ''}.`;
}
