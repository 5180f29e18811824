import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Family, TableName } from '../../server/src/catalog/types.ts';
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { Statement } from '../../server/src/syntax/statement.ts';
import { fixtureText } from '../support/fixtures.ts';

interface Row {
  readonly family: Family;
  readonly table: TableName;
  readonly rule: string;
  /** What the nft back end's iptables-restore says when it reads the rule. */
  readonly syntax: 'ok' | 'error';
  readonly error: string;
  /** What iptables-save printed; null where the kernel did not take the rule. */
  readonly saved: string | null;
  readonly nft: BackEnd;
  readonly legacy: BackEnd;
}

interface BackEnd {
  readonly syntax: 'ok' | 'error';
  readonly kernel: 'ok' | 'rejected' | 'unsupported' | 'n/a';
}

/** Whether a back end loaded the rule; undefined where that kernel had no module for it. */
function loads({ syntax, kernel }: BackEnd): boolean | undefined {
  if (syntax === 'error' || kernel === 'rejected') return false;
  return kernel === 'ok' ? true : undefined;
}

/** Whether a rule without a header is right: any back end loads it. Undefined where that is not known. */
function isRight({ nft, legacy }: Row): boolean | undefined {
  const verdicts = [loads(nft), loads(legacy)];
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

/** A rule on which we and iptables disagree, whatever its chain, and why. */
interface Disagreement {
  readonly family: Family;
  /** The rule behind its chain. */
  readonly rule: string;
  readonly about: 'verdict' | 'saved';
  readonly reason: string;
}

const listed = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'disagreements.json'), 'utf8')) as readonly Disagreement[]
).filter(
  // Those about loading are loading.test.ts's.
  ({ about }) => about === 'verdict' || about === 'saved',
);

const reader = createStatementReader(true);

function read(row: Row): Statement {
  return reader.read(row.rule, lineContext(row.family, undefined, row.table));
}

function accepts(row: Row): boolean {
  const statement = read(row);
  return statement.kind === 'rule' && statement.problems.every(({ severity }) => severity !== 'error');
}

function saves(row: Row): string {
  const statement = read(row);
  if (statement.kind !== 'rule') return '';
  return canonicalRules(statement, lineContext(row.family, undefined, row.table)).join('\n');
}

function key({ family, rule }: Pick<Row, 'family' | 'rule'>): string {
  return `${family} ${rule.split(' ').slice(2).join(' ').trim()}`;
}

describe('the list of disagreements with iptables', () => {
  it('has a reason for each', () => {
    for (const { family, rule, about, reason } of listed) {
      expect(['ipv4', 'ipv6']).toContain(family);
      expect(['verdict', 'saved']).toContain(about);
      expect(rule).not.toBe('');
      expect(reason.length).toBeGreaterThan(30);
    }
  });
});

describe('recorded verdicts of iptables 1.8.9', () => {
  const rows = fixtureText('corpus/rules.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

  function expectExactly(about: Disagreement['about'], disagreeing: readonly Row[]): void {
    const expected = listed.filter((disagreement) => disagreement.about === about).map(({ family, rule }) => `${family} ${rule}`);
    expect([...new Set(disagreeing.map(key))].sort()).toEqual([...expected].sort());
  }

  it.each(['ipv4', 'ipv6'] as const)('are ours on nearly every %s rule', (family) => {
    const own = rows.filter((row) => row.family === family && isRight(row) !== undefined);
    const agreeing = own.filter((row) => accepts(row) === isRight(row));
    expect(own.length).toBeGreaterThan(2000);
    expect(agreeing.length / own.length).toBeGreaterThanOrEqual(0.995);
  });

  it('differ from ours only where the list says why', () => {
    expectExactly(
      'verdict',
      rows.filter((row) => isRight(row) !== undefined && accepts(row) !== isRight(row)),
    );
  });

  it('give their reason in the words that we use', () => {
    const refused = rows.filter((row) => row.syntax === 'error' && !accepts(row));
    const same = refused.filter((row) => read(row).problems.some(({ message }) => message.trim() === row.error.trim()));
    expect(same.length / refused.length).toBeGreaterThan(0.97);
  });

  it('come with a saved form that is our canonical one', () => {
    const saved = rows.filter((row) => row.saved !== null);
    const different = saved.filter((row) => saves(row) !== row.saved);
    expect(saved.length).toBeGreaterThan(3000);
    expect(1 - different.length / saved.length).toBeGreaterThanOrEqual(0.98);
    expectExactly('saved', different);
  });
});
