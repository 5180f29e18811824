import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, inspectBundle } from '../support/inspect.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-terminal-'));
  const clipboard = '\u001b]52;c;cm0gLXJm\u0007';
  writeFileSync(
    join(folder, 'dump.v4'),
    `*filter\n:INPUT ACCEPT [0:0]\n:A\u202eB - [0:0]\n-A INPUT -m comment --comment "${clipboard}" -j ACCEPT\n-A INPUT -p tcp -m tcp --dprot 22 -j ACCEPT\nCOMMIT\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the program sends to a terminal (util-linux' script is one), with the dump as its standard input. */
function onTerminal(args: readonly string[]): string {
  const command = [process.execPath, inspectBundle, ...args].map((word) => `'${word}'`).join(' ');
  const log = join(folder, 'log');
  spawnSync('script', ['-qec', `${command} < '${join(folder, 'dump.v4')}'`, log], { stdio: 'ignore' });
  return readFileSync(log, 'utf8').split('\n').slice(1).join('\n');
}

describe.skipIf(spawnSync('script', ['--version']).status !== 0)('commands that print a dump', () => {
  it.each([
    ['canonical', '-'],
    ['resolve', '-', '--annotate'],
    ['check', '--fix', '-'],
  ])('print what it is to a program, and to a terminal nothing that it obeys: %s %s %s', (...args) => {
    const dump = readFileSync(join(folder, 'dump.v4'), 'utf8');
    expect(inspect(args, { input: dump }).stdout).toContain('\u001b]52;');
    const shown = onTerminal(args);
    expect(shown).toContain('␛]52;');
    for (const obeyed of ['\u001b]', '\u0007', '\u202e']) expect(shown).not.toContain(obeyed);
  });
});
