import { describe, expect, it } from 'vitest';
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
