import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

it.each([
  ['', 'expected a command: check, resolve, flow, map, trace, reach, test, drift, expected, diff'],
  ['chek', "unknown command 'chek' (Did you mean check?)"],
  ['check', "missing required argument 'dump'"],
  ['check', 'iptables-inspect check --help has examples'],
  [
    'trace a.iptables --from 10.0.0.1',
    "required option '--to <destination>' not specified; iptables-inspect trace --help has examples",
  ],
  [
    'explain a b',
    "too many arguments for 'explain'. Expected 1 argument but got 2; iptables-inspect explain --help has examples",
  ],
  ['help chek', "unknown command 'chek' (Did you mean check?)"],
  ['help nonsense', "unknown command 'nonsense'; iptables-inspect --help names all"],
  ['check a.iptables --bogus', "unknown option '--bogus'"],
  ['check a.iptables --format xml', "argument 'xml' is invalid. Allowed choices are text, json, sarif, github."],
  ['expected --cluster a.json', "required option '--node <name>' not specified"],
  ['reach a.iptables --to 10.0.0.300:80', '--to: "10.0.0.300:80" is no IP address.'],
  ['flow a.iptables --to KUBE-SVC-ABC', 'A chain is asked for with its table: chain:nat/KUBE-SVC-ABC'],
  ['diff a.iptables', "missing required argument 'after'"],
])('arguments that cannot be used are one line on standard error and status 2: "%s"', (args, says) => {
  const { status, stdout, stderr } = inspect(args === '' ? [] : args.split(' '));
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^iptables-inspect: .*\n$/);
  expect(stderr).toContain(says);
});

it('a value of any length leaves the message readable, and what is expected in it', () => {
  const { status, stderr } = inspect(['check', 'a.iptables', '--format', 'x'.repeat(100_000)]);
  expect(status).toBe(2);
  expect(stderr.length).toBeLessThan(3_000);
  expect(stderr).toMatch(
    /^iptables-inspect: option '--format <format>' argument 'x+ \[\d+ more characters\] x+' is invalid\. Allowed choices are /,
  );
});

it.runIf(process.platform !== 'win32')(
  'a path whose links lead in a circle, or that is too long, is said so by every command',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'iptables-loop-'));
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    const sample = fixturePath('sample/worker-1.iptables');
    try {
      for (const [path, says] of [
        [loop, 'its links lead in a circle'],
        [join(folder, 'a'.repeat(300)), 'its name is too long'],
        [join(sample, 'a'), 'a part of its path is no folder'],
      ] as const) {
        for (const args of [
          ['check', path],
          ['canonical', path],
          ['resolve', path],
          ['flow', path, '--to', '10.0.0.1:80'],
          ['map', path],
          ['reach', path],
          ['diff', sample, path],
          ['diagnose', path, '--from', '10.0.0.1', '--to', '10.0.0.2:80'],
          ['flow', sample, '--to', 'booking/frontend', '--with', path],
          ['drift', sample, '--cluster', path],
          ['test', sample, path],
          ['test', sample, '--write', path, '--force'],
        ]) {
          const { status, stderr } = inspect(args);
          expect([args[0], status, stderr]).toEqual([args[0], 2, expect.stringContaining(says)]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

describe('explain', () => {
  it('prints the page of a finding, and the nearest name for one that is none', () => {
    expect(inspect(['explain', 'orphaned-chain'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^# orphaned-chain\n/),
    });
    expect(inspect(['explain', '../README'])).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = inspect(['explain', 'orphan-chain']);
    expect(stderr).toBe('iptables-inspect: there is no finding "orphan-chain"; did you mean orphaned-chain?\n');
    expect(status).toBe(2);
  });
});

describe('the exit status in --help', () => {
  it.each([
    ['check', 'Exit status: 1 if a finding is as grave as --fail-on'],
    ['drift', 'Exit status: 1 if anything is missing, stale or different, however grave'],
    ['flow', 'Exit status: 0 done, 2 input or arguments cannot be used'],
  ])('of %s says what it is for', (command, says) => {
    const { status, stdout } = inspect([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(says);
  });
});
