import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { restoreCommand } from '../../server/src/lint/rules/restore-command.ts';
import type { Finding } from '../../server/src/lint/support/finding.ts';
import { dumpState } from '../support/dump-state.ts';
import { seeded } from './random-edits.ts';

/** What is said of the commands of a table, line by line. */
function saidOf(lines: readonly string[]): readonly string[] {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`;
  const found: Finding[] = [];
  runToEnd(restoreCommand.check(dumpState(text), (finding) => found.push(finding)));
  return found.map(({ line, message }) => `${line} ${message}`);
}

const names = ['A', 'B', 'C', 'D', 'INPUT', 'FORWARD'];

/** Commands that find what they look for, so that each rule may be looked for that leads to one of the chains. */
const looking = ['-N ZZ', ...names.flatMap((name) => [`-A ZZ -j ${name}`, `-C ZZ -j ${name}`])];

it.each([1, 2, 3, 4])('of commands the same is said whether lines are left out that do not matter to them (seed %i)', (seed) => {
  const below = seeded(seed);
  const name = (): string => names[below(names.length)] ?? '';
  const kinds: readonly (() => string)[] = [
    () => `:${name()} - [0:0]`,
    () => `:${name()} - [0:0]`,
    () => `-A ${name()} -j ${name()}`,
    () => `-A ${name()} -j ${name()}`,
    () => `-A ${name()} -s 10.0.0.${below(2)},10.0.0.2 -j ${name()}`,
    () => `-A ${name()} -g ${name()}`,
    () => `-I ${name()} -j ${name()}`,
    () => `-D ${name()} ${1 + below(2)}`,
    () => `-D ${name()} -j ${name()}`,
    () => `-R ${name()} 1 -j ${name()}`,
    () => `-C ${name()} -j ${name()}`,
    () => `-N ${name()}`,
    () => `-F ${name()}`,
    () => '-F',
    () => `-X ${name()}`,
    () => `-X ${name()}`,
    () => `-E ${name()} ${name()}`,
    () => `-E ${name()}`,
    () => `-Z ${name()}`,
  ];
  let said = 0;
  for (let text = 0; text < 400; text += 1) {
    const count = below(4) === 0 ? kinds.length : 6;
    const lines = Array.from({ length: 4 + below(14) }, () => kinds[below(count)]?.() ?? '');
    lines.push(kinds[7 + below(kinds.length - 7)]?.() ?? '');
    // Where all unused chains go and a command names one, all lines matter; at the end it changes nothing.
    const whole = saidOf([...lines, ...looking, '-X']);
    said += whole.length;
    expect(saidOf(lines), lines.join('\n')).toEqual(whole);
  }
  expect(said).toBeGreaterThan(200);
});
