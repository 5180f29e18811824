import { expect, it } from 'vitest';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import { dumpState } from '../support/dump-state.ts';

it('of what an outcome takes to be so the latest hundred are told, and how many there are before', () => {
  const rules = Array.from({ length: 130 }, (_, at) => `-A INPUT -m set --match-set S${at} src -j ACCEPT`);
  const { ruleset } = dumpState(`*filter\n:INPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  const report = traceReport(ruleset, { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'prerouting' });
  if (!report.ok) throw new Error(report.message);
  const lengths = report.report.outcomes.map(({ assuming }) => assuming.length);
  expect(lengths.length).toBeGreaterThan(130);
  expect(Math.max(...lengths)).toBe(101);
  const long = report.report.outcomes.filter(({ assuming }) => assuming.length === 101);
  expect(long.length).toBeGreaterThan(30);
  // A question more than sets are asked about, of the first of which none is told.
  for (const { assuming } of long) {
    const [, left = ''] = /^(\d+) more questions? before these/.exec(assuming[0] ?? '') ?? [];
    expect(assuming.at(-1)).toContain(`The set S${Number(left) + 98} `);
  }
});

it('all outcomes are told where thousands of rules each ask for another list', () => {
  const rules = Array.from({ length: 7_000 }, (_, at) => `-A OUTPUT -m recent --rcheck --name L${at} -j ACCEPT`);
  const { ruleset } = dumpState(`*filter\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  const report = traceReport(ruleset, { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'output' });
  if (!report.ok) throw new Error(report.message);
  expect(report.report.outcomes).toHaveLength(1_000);
  expect(report.report.assumptions.join(' ')).toContain('6001 more outcomes');
});
