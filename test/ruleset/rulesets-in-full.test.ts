/**
 * What rulesets say, word for word: which tables and chains a text has, where they are named, what leads where, how much of a node's rules is shown, and how
 * iptables would print the rules. Of pasted dumps, of those in `test/lint/cases` and of the examples on the pages of findings; then in short, what else is
 * claimed (+) and what no longer (-) where a part of a text is all that somebody shows. `vitest -u` writes them again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damages } from '../property/damages.ts';
import { rulesetOf } from '../support/dumps.ts';
import { soundDumps } from '../support/faulty-dumps.ts';
import { pageExamples } from '../support/finding-pages.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';
import { claimsOf, rulesetInFull } from './ruleset-in-words.ts';

const cases = resolve(import.meta.dirname, '../lint/cases');
const caseNames = readdirSync(cases)
  .filter((name) => name.endsWith('.iptables'))
  .toSorted();

type Lines = readonly string[];

/** Parts of a text, one for each of its lines (0-based). */
const parts: Readonly<Record<string, (lines: Lines, at: number) => Lines>> = {
  without: (lines, at) => lines.toSpliced(at, 1),
  'from it on': (lines, at) => lines.slice(at),
  'up to it': (lines, at) => [...lines.slice(0, at + 1), ''],
  'up to half of it': (lines, at) => [...lines.slice(0, at), (lines[at] ?? '').slice(0, (lines[at] ?? '').length / 2)],
  'with a gap instead': (lines, at) => lines.toSpliced(at, 1, '...'),
  'with a prompt in front of it': (lines, at) => lines.toSpliced(at, 0, 'root@node-a:~# iptables -L'),
};

/** What a part is made of by one word: what grep finds, and what it leaves. */
const words = [
  '-A',
  '-j',
  'KUBE',
  'SEP',
  'SVC',
  'ACCEPT',
  'DROP',
  'tcp',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'PREROUTING',
  ':',
  'Chain',
  'Generated',
  'COMMIT',
];

type Claims = ReturnType<typeof claimsOf>;

/** What one text claims and another, which has the chain as well, does not. */
function beyond(claims: Claims, others: Claims, sign: string): readonly string[] {
  return [...claims].flatMap(([claim, names]) => {
    const [table = ''] = claim.split(/[, ]/, 1);
    const inBoth = [...names].filter((name) => name === '' || others.get(`${table}, chains there`)?.has(name) === true);
    const more = inBoth.filter((name) => others.get(claim)?.has(name) !== true);
    const isAll = more.length > 1 && more.length === claims.get(`${table}, chains there`)?.size;
    return more.length === 0 ? [] : [`    ${sign} ${claim} ${isAll ? '(all)' : more.join(' ')}`.trimEnd()];
  });
}

/** What else is claimed of a part, and what no longer; nothing is of a chain that is not there. */
function difference(before: Claims, part: Lines): string {
  const now = claimsOf(rulesetOf(part.join('\n')));
  return [...beyond(now, before, '+'), ...beyond(before, now, '-')].join('\n');
}

/** The differences that parts of a text make, each with the parts that make it. */
function differences(text: string): readonly string[] {
  const lines = text.split('\n');
  const whole = claimsOf(rulesetOf(text));
  const made = new Map<string, string[]>();
  const add = (part: Lines, name: string): void => {
    const what = difference(whole, part);
    if (what !== '') made.set(what, [...(made.get(what) ?? []), name]);
  };
  for (const [name, part] of Object.entries(parts)) {
    for (let at = 0; at < lines.length - 1; at += 1) add(part(lines, at), `${name} ${at + 1}`);
  }
  for (const word of words) {
    add(
      lines.filter((line) => line.includes(word)),
      `grep ${word}`,
    );
    add(
      lines.filter((line) => !line.includes(word)),
      `grep -v ${word}`,
    );
  }
  add(lines.toSorted(), 'sort');
  for (const [name, damage] of Object.entries(damages)) add(damage(lines.slice(0, -1)).split('\n'), name);
  return [...made].flatMap(([what, names]) => [`  ${names.join(', ')}`, what]);
}

const wholes: Readonly<Record<string, string>> = {
  'a dump': soundDumps[0] ?? '',
  'filter of a dump without a header': (soundDumps[1] ?? '').replace(/^\*nat\n[^*]*\nCOMMIT\n/m, ''),
  'iptables -S': fixtureText('pasted/list-rules.iptables'),
  'iptables -L': fixtureText('pasted/listing-without-v.iptables'),
  'iptables -L -v': fixtureText('pasted/listing-port-names.iptables'),
  'iptables -L --line-numbers': fixtureText('pasted/listing-notrack.iptables'),
};

const timeout = 180_000;

describe('what rulesets say', { timeout }, () => {
  it('is this in full', async () => {
    const texts: readonly (readonly [name: string, text: string])[] = [
      ...fixtureNames('pasted').map((name) => [name, fixtureText(name)] as const),
      ...caseNames.map((name) => [name, readFileSync(join(cases, name), 'utf8')] as const),
      ...pageExamples().map(({ code, text }) => [code, text] as const),
    ];
    const told = texts.flatMap(([name, text]) => [name, ...rulesetInFull(rulesetOf(text))]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('rulesets-in-full.snap');
  });

  it('is this where a part is all that is shown', async () => {
    const told = Object.entries(wholes).flatMap(([name, text]) => [name, ...differences(text)]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('rulesets-of-parts.snap');
  });
});
