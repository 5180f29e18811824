import { expect, it } from 'vitest';
import { runToEnd, type Steps } from '../../server/src/base/steps.ts';
import type { Fact } from '../../server/src/netfilter/answer.ts';
import { newBranch, outcomesBelow } from '../../server/src/netfilter/enumeration/path.ts';
import type { Assumption } from '../../server/src/netfilter/outcome.ts';
import { knowLongChains, rulesFor } from '../../server/src/netfilter/rule-index.ts';
import { knowOrders, rulesInOrder } from '../../server/src/netfilter/rule-order.ts';
import { followRequest, reportSteps, traceSteps } from '../../server/src/netfilter/trace-report.ts';
import { setSteps, setsOf } from '../../server/src/ruleset/sets.ts';
import { rulesetOf } from '../support/dumps.ts';

// Whoever follows packets lets others in at each pause: as often as much is done, be it on one path or on many.

function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return pauses;
}

const filter = (count: number, row: (index: number) => string): string =>
  `*filter\n:INPUT ACCEPT [0:0]\n${Array.from({ length: count }, (_, index) => `${row(index)}\n`).join('')}COMMIT\n`;

it.each([
  ['many short paths', '-A INPUT -m statistic --mode random --probability 0.5 -j ACCEPT', 2_000],
  ['sets that are not known', '-A INPUT -m set --match-set S# src -j ACCEPT', 1_000],
  ['one long chain', '-A INPUT -s 10.1.0.#/32 -j DROP', 5_000],
])('%s: a packet is followed with a pause at each few hundred rules', (_, rule, count) => {
  const ruleset = rulesetOf(filter(count, (index) => rule.replace('#', String(index % 250))));
  const request = { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'prerouting' as const };
  expect(pausesOf(traceSteps(ruleset, request))).toBeGreaterThanOrEqual(count / 600);
});

it('a long way through nested chains is reported with a pause every few hundred of its steps', () => {
  const report = (count: number): number => {
    const rows = Array.from(
      { length: count },
      (_, index) => `-A C${index} -j ${index + 1 < count ? `C${index + 1}` : 'ACCEPT'}\n`,
    );
    const chains = rows.map((_, index) => `:C${index} - [0:0]\n`);
    const ruleset = rulesetOf(`*filter\n:INPUT ACCEPT [0:0]\n${chains.join('')}-A INPUT -j C0\n${rows.join('')}COMMIT\n`);
    const tracing = runToEnd(followRequest(ruleset, { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'prerouting' }));
    if (!tracing.ok) throw new Error(tracing.message);
    return pausesOf(reportSteps(ruleset, tracing.traced));
  };
  expect(report(20_480) - report(10)).toBe(20_480 / 256);
});

it('the order of a chain that commands change is worked out with a pause at each few hundred lines, once', () => {
  const ruleset = rulesetOf(
    filter(6_000, (index) =>
      index % 3 === 2
        ? `-D INPUT -s 10.0.${(index - 1) >> 8}.${(index - 1) & 255}/32 -j DROP`
        : `-I INPUT -s 10.0.${index >> 8}.${index & 255}/32 -j DROP`,
    ),
  );
  expect(pausesOf(knowOrders(ruleset))).toBeGreaterThanOrEqual(11);
  expect(pausesOf(knowOrders(ruleset))).toBe(0);
  const input = ruleset.tables[0]?.chains.get('INPUT');
  if (input === undefined) throw new Error('no INPUT');
  // Of each three lines the first stays, at the head.
  const order = rulesInOrder(ruleset, input);
  expect([order.length, order[0], order.at(-1)]).toEqual([2_000, 2 + 5_997, 2]);
});

it('a long chain is taken apart with a pause at each few thousand rules, once', () => {
  const ruleset = rulesetOf(filter(10_000, (index) => `-A INPUT -d 10.0.${index >> 8}.${index & 255}/32 -j DROP`));
  // Of the chain once for the order of its rules, once for what each is for.
  expect(pausesOf(knowLongChains(ruleset))).toBeGreaterThanOrEqual(2 + 4);
  expect(pausesOf(knowLongChains(ruleset))).toBe(0);
  const [input] = ruleset.tables[0]?.chains.values() ?? [];
  const tracing = runToEnd(followRequest(ruleset, { from: '192.0.2.1', to: '10.0.3.7:80', hook: 'prerouting' }));
  if (input === undefined || !tracing.ok) throw new Error('no INPUT');
  expect(rulesFor(ruleset, input, tracing.traced.packet)).toEqual([2 + 3 * 256 + 7]);
});

it('the outcomes of ten thousands of paths are put together with a pause at each few thousand', () => {
  let root = newBranch();
  for (let at = 0; at < 5_000; at += 1) root = { first: newBranch(), second: root, outcome: null };
  expect(pausesOf(outcomesBelow(root))).toBe(4);
});

it('what goes without saying is passed over once for all outcomes', () => {
  const ruleset = rulesetOf(filter(1, () => '-A INPUT -j ACCEPT'));
  const tracing = runToEnd(followRequest(ruleset, { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'prerouting' }));
  if (!tracing.ok) throw new Error(tracing.message);
  let looks = 0;
  const fact = (words: string): Fact => ({
    about: 'other',
    key: words,
    get yes() {
      looks += 1;
      return words;
    },
    no: '',
    likely: true,
  });
  const [outcome] = tracing.traced.found.outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  const outcomes: (typeof outcome)[] = [];
  const [said, unsaid] = [fact('It is so.'), fact('')];
  let assumed: Assumption | null = { fact: said, holds: true, previous: null };
  for (let at = 0; at < 1_000; at += 1) {
    assumed = { fact: unsaid, holds: true, previous: assumed };
    outcomes.push({ ...outcome, assumed });
  }
  const { found } = tracing.traced;
  const report = runToEnd(reportSteps(ruleset, { ...tracing.traced, found: { ...found, outcomes } }));
  expect(report.outcomes.at(-1)?.assuming).toEqual(['It is so.']);
  // Each once, and what is said once more for each outcome.
  expect(looks).toBeLessThanOrEqual(2_001);
});

it('the sets that rules name are looked for with a pause at each few hundred of them, once', () => {
  const ruleset = rulesetOf(filter(5_000, (index) => `-A INPUT -m set --match-set S${index} src -j ACCEPT`));
  expect(pausesOf(setSteps(ruleset))).toBeGreaterThanOrEqual(9);
  expect(pausesOf(setSteps(ruleset))).toBe(0);
  expect(setsOf(ruleset).size).toBe(5_000);
});

it('commands in thousands take steps that are no longer where there are more', () => {
  // Deleted from the end: each is looked for among all that are left.
  const count = 20_000;
  const address = (index: number): string => `-s 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`;
  const ruleset = rulesetOf(
    filter(count * 2, (index) =>
      index < count ? `-A INPUT ${address(index)} -j DROP` : `-D INPUT ${address(count * 2 - 1 - index)} -j DROP`,
    ),
  );
  runToEnd(knowOrders(ruleset));
  const input = ruleset.tables[0]?.chains.get('INPUT');
  expect(input === undefined ? undefined : rulesInOrder(ruleset, input)).toEqual([]);
});
