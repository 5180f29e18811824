import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { inspectBundle } from '../support/inspect.ts';

const dump = '*filter\n:INPUT ACCEPT [0:0]\n:SPARE - [0:0]\nCOMMIT\n';

/** Whether the text has colour, in a pipe. */
function isColored(args: readonly string[], variables: Readonly<Record<string, string>>): boolean {
  const { NO_COLOR, FORCE_COLOR, ...env } = process.env;
  const { stdout, status } = spawnSync(process.execPath, [inspectBundle, ...args], {
    input: dump,
    encoding: 'utf8',
    env: { ...env, ...variables },
  });
  expect(status).toBe(0);
  return stdout.includes('\x1b[');
}

it.each<[string, boolean, string, Record<string, string>]>([
  ['', false, 'in a pipe', {}],
  ['', false, 'in a pipeline that says CI', { CI: 'true' }],
  ['', true, 'with FORCE_COLOR', { FORCE_COLOR: '1' }],
  ['', false, 'with FORCE_COLOR=0', { FORCE_COLOR: '0' }],
  ['--color always', true, 'in a pipe', {}],
  ['--color=always', true, 'with NO_COLOR', { NO_COLOR: '1' }],
  ['--color never', false, 'with FORCE_COLOR', { FORCE_COLOR: '1' }],
  ['--color auto', false, 'in a pipe', {}],
])('check %s: colour is %s %s', (option, expected, _, variables) => {
  const options = option === '' ? [] : option.split(' ');
  expect(isColored(['check', ...options, '-'], variables)).toBe(expected);
  expect(isColored([...options, 'check', '-'], variables)).toBe(expected);
});

it('a colour that is none is refused', () => {
  const { status, stderr } = spawnSync(process.execPath, [inspectBundle, 'check', '--color', 'sometimes', '-'], {
    input: dump,
    encoding: 'utf8',
  });
  expect(stderr).toContain("argument 'sometimes' is invalid. Allowed choices are auto, always, never.");
  expect(status).toBe(2);
});
