import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// Scripts that work for long, or write files: what they are asked in vain must not begin that work.

function run(script: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, `${script}.ts`), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.each(['torture', 'bench', 'mutation', 'release', 'docs', 'package', 'install-editor'])('npm run %s', (script) => {
  it('says with --help how it is used', () => {
    expect(run(script, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(new RegExp(`^Usage: npm run ${script}\\b`)),
      stderr: '',
    });
  });

  it('refuses what it does not know', () => {
    for (const [word, message] of [
      ['--nonsense', "Unknown option '--nonsense'."],
      ['nonsense', "Unexpected argument 'nonsense'."],
    ] as const) {
      const { status, stdout, stderr } = run(script, word);
      expect({ status, stdout, said: stderr.split('\n\n')[0] }).toEqual({ status: 2, stdout: '', said: message });
      expect(stderr).toContain('Usage: npm run');
    }
  });
});

it.each([
  [['--seed', 'x'], '--seed takes a whole number, not "x".'],
  [['--seed', ''], '--seed takes a whole number, not "".'],
  [['--seconds', '0'], '--seconds takes a whole number from 1 on, not "0".'],
  [['--seconds'], "Option '--seconds <value>' argument missing."],
  [['--only', 'dump'], /^--only takes one of: dumps, .*, growth, waits\.$/],
  [['--only', 'dumps', '--shape', 'x'], '--shape is of waits alone.'],
  [['--only', 'waits', '--shape', 'no such shape'], 'No shape of waits has "no such shape" in its name.'],
])('npm run torture -- %j is refused', (args, message) => {
  const { status, stderr } = run('torture', ...args);
  expect(status).toBe(2);
  const said = stderr.split('\n\n')[0];
  if (typeof message === 'string') expect(said).toBe(message);
  else expect(said).toMatch(message);
});
