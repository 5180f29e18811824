import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';
import { findingsIn } from './check-findings.ts';

const rules = 20_000;

function stepsOf(text: string): number {
  const steps = lint(dumpState(text));
  let count = 0;
  while (steps.next().done !== true) count += 1;
  return count;
}

it.each([
  ['that take all', '-A INPUT -j ACCEPT'],
  ['that are alike', '-A INPUT -s 10.0.0.1/32 -j ACCEPT'],
])('lint pauses within a chain of many rules %s', (_name, rule) => {
  const text = (count: number): string => `*filter\n:INPUT ACCEPT [0:0]\n${`${rule}\n`.repeat(count)}COMMIT\n`;
  expect(stepsOf(text(rules)) - stepsOf(text(1))).toBeGreaterThan((2 * rules) / 1_000);
});

it('a loop of many chains is said by its ends', () => {
  const chains = Array.from({ length: 5_000 }, (_, index) => `:C${index} - [0:0]\n-A C${index} -j C${(index + 1) % 5_000}`);
  const findings = findingsIn(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j C0\n${chains.join('\n')}\nCOMMIT\n`);
  const loop = findings.find(({ code }) => code === 'jump-loop');
  expect(loop?.message).toContain('(C0 -> C1 -> ');
  expect(loop?.message).toContain(' -> 4981 more -> ');
  expect(loop?.message).toContain(' -> C4999 -> C0)');
});

it.each([
  ['an unreachable rule is not looked for in a chain with a rule put in front', '-A INPUT -j ACCEPT\n', '-I INPUT -j DROP\n'],
  ['tables without kube-proxy', '*nat\nCOMMIT\n', ''],
])('%s, thousands of times', (_name, piece, end) => {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${piece.repeat(rules)}${end}COMMIT\n`;
  expect(runToEnd(lint(dumpState(text))).filter(({ code }) => code === 'unreachable-rule')).toEqual([]);
});

it('chains that are in use by none go at once, however many there are', () => {
  const chains = Array.from({ length: rules }, (_, index) => `:C${index} - [0:0]\n-A C${index} -j C${index + 1}`);
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${chains.join('\n')}\n:UNUSED - [0:0]\n-X\n-N UNUSED\n-N C0\nCOMMIT\n`;
  const said = findingsIn(text).filter(({ code }) => code === 'restore-command');
  expect(said.map(({ message }) => message)).toEqual(['Chain already exists: C0']);
});
