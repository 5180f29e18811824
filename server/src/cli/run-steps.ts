import { terminalText } from '../base/safe-text.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import { isTerminal } from './output.ts';

const patienceMilliseconds = 1_000;
const redrawMilliseconds = 200;

/**
 * Runs steps to the end. On a terminal, from one second on, says on standard error what is being done and for how long.
 * @param what "reading node-a.iptables"
 */
export function runSteps<T>(steps: Steps<T>, what: string): T {
  if (!isTerminal(2)) return runToEnd(steps);
  const started = performance.now();
  let redraw = started + patienceMilliseconds;
  let shown = false;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      const now = performance.now();
      if (now < redraw) continue;
      redraw = now + redrawMilliseconds;
      shown = true;
      process.stderr.write(`\r\x1b[K${terminalText(what)} ... ${((now - started) / 1000).toFixed(1)} s`);
    }
  } finally {
    if (shown) process.stderr.write('\r\x1b[K');
  }
}
