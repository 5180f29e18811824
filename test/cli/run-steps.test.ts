import { afterEach, expect, it, vi } from 'vitest';
import { runSteps } from '../../server/src/cli/run-steps.ts';

vi.mock('../../server/src/cli/output.ts', () => ({ isTerminal: () => true }));

afterEach(() => {
  vi.restoreAllMocks();
});

it('what takes long is said on a terminal, and nothing in a name is obeyed there', () => {
  let written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 900;
    return now;
  });
  const steps = (function* () {
    yield;
    yield;
    return 7;
  })();
  expect(runSteps(steps, 'reading \u001b]52;c;cm0gLXJm\u0007a\n\u202eb')).toBe(7);
  expect(written).toBe('\r\u001b[Kreading ␛]52;c;cm0gLXJm␇a␊<U+202E>b ... 1.8 s\r\u001b[K');
});
