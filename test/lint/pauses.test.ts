import { describe, expect, it } from 'vitest';
import { statementsBetweenPauses } from '../../server/src/base/steps.ts';
import { duplicateChain } from '../../server/src/lint/rules/duplicate-chain.ts';
import { inputRejectsNodeports } from '../../server/src/lint/rules/input-rejects-nodeports.ts';
import { jumpToBuiltinChain } from '../../server/src/lint/rules/jump-to-builtin-chain.ts';
import { repeatedRule } from '../../server/src/lint/rules/repeated-rule.ts';
import { restoreCommand } from '../../server/src/lint/rules/restore-command.ts';
import { shadowedRule } from '../../server/src/lint/rules/shadowed-rule.ts';
import { targetNotInChain } from '../../server/src/lint/rules/target-not-in-chain.ts';
import { transport } from '../../server/src/lint/rules/transport-damage.ts';
import { undeclaredChain } from '../../server/src/lint/rules/undeclared-chain.ts';
import { unequalShares } from '../../server/src/lint/rules/unequal-shares.ts';
import { unreachableRule } from '../../server/src/lint/rules/unreachable-rule.ts';
import { unsupportedRevision } from '../../server/src/lint/rules/unsupported-revision.ts';
import { droppingEndOf } from '../../server/src/lint/support/dropping-end.ts';
import { fileShapeSteps } from '../../server/src/lint/support/file-shape.ts';
import type { LintInput, LintRule } from '../../server/src/lint/support/finding.ts';
import { ignoreSteps, ignoresIn } from '../../server/src/lint/support/ignores.ts';
import { tableFactsSteps } from '../../server/src/lint/support/table-facts.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

// Whoever runs lint lets others in at each pause: a rule of lint pauses however the lines of a text are laid out.

function read(text: string): LintInput {
  const document = readWholeDocument(text, 'node.iptables');
  return { document, ruleset: buildWholeRuleset(document) };
}

function pausesOf(steps: Generator<void, unknown>): number {
  let count = 0;
  while (steps.next().done !== true) count += 1;
  return count;
}

function pauses(rule: LintRule, input: LintInput): number {
  return pausesOf(rule.check(input, () => undefined));
}

const rules = (count: number, words: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `-A INPUT ${words(index)}\n`).join('');
const address = (index: number): string => `-s 10.${index >> 16}.${(index >> 8) & 0xff}.${index & 0xff}/32`;
const filter = (body: string): string => `*filter\n:INPUT ACCEPT [0:0]\n${body}COMMIT\n`;

describe('a rule of lint pauses', () => {
  it.each([
    ['duplicate-chain', duplicateChain],
    ['repeated-rule', repeatedRule],
    ['unreachable-rule', unreachableRule],
    ['jump-to-builtin-chain', jumpToBuiltinChain],
    ['undeclared-chain', undeclaredChain],
    ['unequal-shares', unequalShares],
  ])('between two tables of many: %s', (_, rule) => {
    expect(pauses(rule, read(filter('').repeat(300)))).toBeGreaterThanOrEqual(300);
  });

  it.each([
    ['repeated-rule', repeatedRule],
    ['shadowed-rule', shadowedRule],
  ])('among chains of one rule, of which there may be hundreds of thousands: %s', (_, rule) => {
    const chains = (count: number): LintInput =>
      read(filter(Array.from({ length: count }, (_, index) => `:C${index} - [0:0]\n-A C${index} -j RETURN\n`).join('')));
    expect(pauses(rule, chains(33_000)) - pauses(rule, chains(10))).toBe(Math.floor(33_000 / 1_024));
  });

  it('among rules that stand again and again', () => {
    expect(pauses(repeatedRule, read(filter(rules(5_000, () => '-j LOG'))))).toBeGreaterThanOrEqual(10);
    expect(pauses(repeatedRule, read(filter(rules(5_000, (index) => address(index >> 1)))))).toBeGreaterThanOrEqual(15);
  });

  it('among targets that end a packet’s way', () => {
    expect(pauses(unreachableRule, read(filter(rules(5_000, (index) => `${address(index)} -j DROP`))))).toBeGreaterThanOrEqual(
      10,
    );
  });

  it('where a file for iptables-restore takes rules away', () => {
    const input = read(filter(`${rules(5_000, (index) => `${address(index)} -j DROP`)}-D INPUT ${address(0)} -j DROP\n`));
    expect(pauses(restoreCommand, input)).toBe(316);
    expect(pauses(restoreCommand, read(filter(rules(5_000, (index) => `${address(index)} -j DROP`))))).toBe(0);
  });

  it('among declarations of one chain', () => {
    const declared = ':WEB - [0:0]\n'.repeat(5_000);
    expect(pauses(duplicateChain, read(filter(declared)))).toBeGreaterThanOrEqual(19);
  });

  it('among chains, and rules of one, that a match may not be in', () => {
    const chains = (count: number): string => Array.from({ length: count }, (_, index) => `:C${index} - [0:0]\n`).join('');
    expect(pauses(targetNotInChain, read(filter(chains(5_000))))).toBeGreaterThanOrEqual(9);
    const many = Array.from({ length: 9_000 }, (_, index) => `-A WEB ${address(index)} -j ACCEPT\n`).join('');
    expect(pauses(targetNotInChain, read(filter(`:WEB - [0:0]\n${many}`)))).toBeGreaterThanOrEqual(4);
  });

  it('among lines that end in CR LF', () => {
    const few = '*filter\r\n:INPUT ACCEPT [0:0]\r\n';
    expect(pauses(transport, read(`${few}${rules(20_000, (index) => `${address(index)} -j DROP`)}COMMIT\n`))).toBe(3);
  });

  it('in a long chain that may end in DROP', () => {
    const { ruleset } = read(filter(rules(5_000, (index) => `${address(index)} -j ACCEPT`)));
    const input = ruleset.tables[0]?.chains.get('INPUT');
    if (input === undefined) throw new Error('no INPUT');
    expect(pausesOf(droppingEndOf(ruleset, input))).toBe(Math.floor(5_000 / statementsBetweenPauses));
  });

  it('where it looks for a rule that accepts NodePorts', () => {
    const nat = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODE-PORT -p tcp -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
COMMIT
`;
    const closed = (count: number): string =>
      `${nat}*filter\n:INPUT DROP [0:0]\n${rules(count, (index) => `${address(index)} -p tcp -m tcp --dport 22 -j ACCEPT`)}COMMIT\n`;
    const findings: string[] = [];
    const steps = inputRejectsNodeports.check(read(closed(5_000)), ({ code }) => void findings.push(code));
    expect(pausesOf(steps)).toBeGreaterThanOrEqual(12);
    expect(findings).toEqual(['input-rejects-nodeports']);
  });
});

it('rules of which none stands below one that takes its packets are passed with a pause at each few thousand', () => {
  expect(pauses(shadowedRule, read(filter(rules(20_000, (index) => `${address(index)} -j DROP`))))).toBe(1 + 4);
});

it('lines with problems are looked through with pauses for an extension that was not printed', () => {
  expect(pauses(unsupportedRevision, read(filter(rules(5_000, () => '-m owner --uid-owner 1 -j ACCEPT'))))).toBe(
    Math.floor(5_000 / 256),
  );
});

it('blank lines in ten thousands are passed with pauses on the way to what a file ignores, once', () => {
  const { ruleset } = read(`${'\n'.repeat(20_000)}# iptables-inspect: ignore-file orphaned-chain\n${filter('')}`);
  expect(pausesOf(ignoreSteps(ruleset))).toBeGreaterThanOrEqual(4);
  expect(pausesOf(ignoreSteps(ruleset))).toBe(0);
  expect(ignoresIn(ruleset)).toHaveLength(1);
});

it('what a file of thousands of odd lines looks like is told with pauses', () => {
  const tables = read('*nat\nCOMMIT\n'.repeat(20_000));
  expect(pausesOf(fileShapeSteps(tables))).toBeGreaterThanOrEqual(6);
  expect(pausesOf(fileShapeSteps(tables))).toBe(0);
});

it('which of a table’s chains stand out is told with pauses, once', () => {
  const chains = Array.from({ length: 20_000 }, (_, index) => `:C${index} - [0:0]\n`).join('');
  const { ruleset } = read(filter(`${chains}-A INPUT -j C1\n:LATE - [0:0]\n-A LATE -j C2\n`));
  const [table] = ruleset.tables;
  if (table === undefined) throw new Error('no table');
  expect(pausesOf(tableFactsSteps(ruleset, table))).toBeGreaterThanOrEqual(38);
  expect(pausesOf(tableFactsSteps(ruleset, table))).toBe(0);
});
