import { expect, it } from 'vitest';
import { inspect } from '../support/inspect.ts';

it.each([
  ['', 'expected a command: check, resolve, flow, trace, drift, expected, diff'],
  ['chek', "unknown command 'chek' (Did you mean check?)"],
  ['check', "missing required argument 'dump'"],
  ['check a.iptables --bogus', "unknown option '--bogus'"],
  ['check a.iptables --format xml', "argument 'xml' is invalid. Allowed choices are text, json, sarif, github."],
  ['expected --cluster a.json', "required option '--node <name>' not specified"],
  ['diff a.iptables', "missing required argument 'after'"],
])('arguments that cannot be used are one line on standard error and status 2: "%s"', (args, says) => {
  const { status, stdout, stderr } = inspect(args === '' ? [] : args.split(' '));
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^iptables-inspect: .*\n$/);
  expect(stderr).toContain(says);
});
