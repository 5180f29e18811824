import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCutLines, isTableWhole } from '../../server/src/ruleset/completeness.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { findingsIn } from './check-findings.ts';

const sample = fixtureText('sample/worker-1.iptables');

/** What `cut -c1-N` leaves of a text. */
function columns(text: string, count: number): string {
  return text
    .split('\n')
    .map((line) => line.slice(0, count))
    .join('\n');
}

/** What `cut -d' ' -f1-N` leaves. */
function words(text: string, count: number): string {
  return text
    .split('\n')
    .map((line) => line.split(' ').slice(0, count).join(' '))
    .join('\n');
}

const said = (text: string): readonly string[] =>
  findingsIn(text).map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

const aboutTheCut = (table: string): string =>
  `info cut-off: The lines of table ${table} are cut, all at one place: what rules ask for and where they lead is not known`;

describe('lines that were all cut at one place', () => {
  it.each([40, 50, 60, 80, 100, 120])('say that and nothing else: %i columns', (count) => {
    expect(said(columns(sample, count))).toEqual([aboutTheCut('filter'), aboutTheCut('nat')]);
  });

  it.each([3, 4, 5, 6, 7, 8])('say that and nothing else: %i words', (count) => {
    expect(said(words(sample, count))).toEqual([aboutTheCut('filter'), aboutTheCut('nat')]);
  });

  it('say so where half a chain’s name is all that is wrong', () => {
    const names = ['KUBE-SVC-AAAAAAAA', 'KUBE-SVC-BBBBBBBB', 'KUBE-SVC-CCCCCCCC', 'KUBE-SVC-DDDDDDDD', 'KUBE-SVC-EEEEEEEE'];
    const declared = names.map((name) => `:${name} - [0:0]\n`).join('');
    const rules = names.map((name) => `-A KUBE-SERVICES -j ${name}`.slice(0, 32));
    const ruleset = rulesetOf(`*nat\n:KUBE-SERVICES - [0:0]\n${declared}${rules.join('\n')}\nCOMMIT\n`);
    expect(ruleset.tables.map((table) => hasCutLines(ruleset, table))).toEqual([true]);
    expect(
      findingsIn(
        ruleset.lines
          .slice()
          .map(({ text }) => text)
          .join('\n'),
      ).map(({ code }) => code),
    ).not.toContain('undeclared-chain');
  });

  it('are no whole table', () => {
    const ruleset = rulesetOf(columns(sample, 80));
    expect(ruleset.tables.map((table) => [table.name, isTableWhole(ruleset, table)])).toEqual([
      ['mangle', true],
      ['filter', false],
      ['nat', false],
    ]);
  });

  it('may be rows of a listing, of which each may ask for more', () => {
    const listing = fixtureText('lab/shop-listings/nat.L-n-v.txt');
    const isCut = (text: string): readonly boolean[] =>
      rulesetOf(text).tables.map((table) => hasCutLines(rulesetOf(text), table));
    expect(isCut(listing)).toEqual([false]);
    for (const count of [110, 140, 160]) expect(isCut(columns(listing, count)), `${count} columns`).toEqual([true]);
  });

  it('are told from one mistake in several rules', () => {
    const rules = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((ip) => `-A INPUT -s ${ip}/32 -j NOWHERE\n`).join('');
    const text = `*filter\n:INPUT ACCEPT [0:0]\n${rules}COMMIT\n`;
    expect(findingsIn(text).map(({ code }) => code)).toEqual([
      'undeclared-chain',
      'undeclared-chain',
      'undeclared-chain',
      'undeclared-chain',
    ]);
  });

  it('are told from rules that only count', () => {
    const rules = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.40'].map((ip) => `-A COUNT -s ${ip}/32\n`).join('');
    const text = `*filter\n:INPUT ACCEPT [0:0]\n:COUNT - [0:0]\n:LEFT - [0:0]\n-A INPUT -j COUNT\n-A INPUT -s 10.1.0.0/16 -i eth0 -j ACCEPT\n${rules}COMMIT\n`;
    const ruleset = rulesetOf(text);
    expect(ruleset.tables.map((table) => hasCutLines(ruleset, table))).toEqual([false]);
    expect(findingsIn(text).map(({ code }) => code)).toContain('orphaned-chain');
  });

  it('are found in no dump that was recorded', () => {
    const dumps = readdirSync(fixturePath('lab'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(fixturePath('lab'), name))
      .filter((path) => /\.ip6?tables$/.test(path) && statSync(path).size < 1_000_000);
    expect(dumps.length).toBeGreaterThan(5);
    for (const path of dumps) {
      const ruleset = rulesetOf(readFileSync(path, 'utf8'));
      for (const table of ruleset.tables)
        expect([path, table.name, hasCutLines(ruleset, table)]).toEqual([path, table.name, false]);
    }
  });
});

describe('what iptables-save printed, without any declaration', () => {
  const text = sample
    .split('\n')
    .filter((line) => !line.startsWith(':'))
    .join('\n');

  it('is an excerpt: grep took them out, and nothing is wrong with it', () => {
    expect(said(text)).toEqual([]);
    const ruleset = rulesetOf(text);
    expect(ruleset.tables.map((table) => isTableWhole(ruleset, table))).not.toContain(true);
  });

  it('is a fault of a file that somebody wrote', () => {
    const written = text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
    expect(findingsIn(written).map(({ code }) => code)).toContain('undeclared-chain');
  });
});
