import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { withChanges } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { changeDocument, readWholeDocument, type SourceDocument, type TextChange } from '../../server/src/syntax/document.ts';
import { faultyLines, unusualLines } from '../../server/src/syntax/unusual-lines.ts';
import { generateDump } from '../bench/generate.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';
import {
  blockEdit,
  borderEdits,
  headerEdit,
  plainEdit,
  randomEdit,
  seeded,
  tableEdit,
  textOf,
  typedEdit,
} from './random-edits.ts';

/** What lint finds, without the objects of the ruleset, which are compared by themselves. */
function diagnostics(document: SourceDocument, ruleset: Ruleset): readonly object[] {
  return runToEnd(lint({ document, ruleset })).map((finding) => ({
    ...withChanges(finding, { table: undefined, chain: undefined }),
    fixes: finding.fixes().map(({ title, safety, changes }) => ({ title, safety, changes: changes() })),
    table: finding.table?.index,
    chain: finding.chain?.name,
  }));
}

/** What is known of each line. */
function saidOf({ lines }: SourceDocument): readonly object[] {
  return Array.from(
    lines,
    ({ text, context, kind, name, target, command, isGoto, isUnsure, listing, prefix, problems, isPlain, carriageReturn }) => ({
      text,
      context,
      kind,
      name,
      target,
      command,
      isGoto,
      isUnsure,
      listing,
      prefix,
      problems,
      isPlain,
      carriageReturn,
    }),
  );
}

/** The lines that are more than a declaration or a rule at the end of a chain, as they are kept from edit to edit. */
function oddLines({ lines }: SourceDocument): readonly number[] {
  return [...unusualLines(lines), ...faultyLines(lines)].sort((a, b) => a - b);
}

/** What is equal by the stricter comparison is so by `toEqual`, which takes several times as long and says what differs. */
function expectEqual(actual: object, expected: object, where: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, where).toEqual(expected);
}

/**
 * Edits a dump at random. After each edit the document and the ruleset must be those that the whole text gives, and every so often what lint
 * finds, too. When the text has grown far from a dump it starts anew.
 */
function editAtRandom(path: string, edits: number, seed: number, editOf = randomEdit, text = readFileSync(path, 'utf8')): void {
  const below = seeded(seed);
  let document = readWholeDocument(text, path);
  let ruleset = buildWholeRuleset(document);
  for (let edit = 0; edit < edits; edit += 1) {
    if (edit % 60 === 0) {
      document = readWholeDocument(text, path);
      ruleset = buildWholeRuleset(document);
    }
    const change = editOf(document, below);
    document = runToEnd(changeDocument(document, change, path));
    ruleset = runToEnd(rebuildRuleset(document, ruleset));
    const fresh = readWholeDocument(textOf(document), path);
    const where = `seed ${seed}, edit ${edit}: ${JSON.stringify(change)}`;
    expectEqual(saidOf(document), saidOf(fresh), where);
    expect(oddLines(document), where).toEqual(
      Array.from(fresh.lines.entries()).flatMap(([number, { isPlain }]) => (isPlain ? [] : [number])),
    );
    expect(textOf(fresh), where).toBe(textOf(document));
    expect(document.byteOrderMark, where).toBe(fresh.byteOrderMark);
    const freshRuleset = buildWholeRuleset(fresh);
    expectEqual(rulesetOutline(ruleset), rulesetOutline(freshRuleset), where);
    expectEqual(diagnostics(document, ruleset), diagnostics(fresh, freshRuleset), where);
  }
}

describe('after 1,000 edits of the sample', () => {
  it.each([1, 2, 3, 4])('the ruleset and the findings are those of the whole text (seed %i)', { timeout: 120_000 }, (seed) => {
    editAtRandom(fixturePath('sample/worker-1.iptables'), 250, seed);
  });
});

describe('after 1,000 edits of recorded dumps', () => {
  it.each([
    ['shop/node-a.iptables', 5],
    ['shop/node-a.counters.iptables', 6],
    ['shop/node-a.ip6tables', 7],
    ['shop-1.23/node-a.iptables', 8],
  ])('of %s the ruleset and the findings are those of the whole text', { timeout: 120_000 }, (name, seed) => {
    editAtRandom(labPath(name), 250, seed);
  });
});

describe('after 400 edits of whole lines of recorded dumps', () => {
  it.each([
    ['shop/node-a.iptables', 9],
    ['shop-1.23/node-a.iptables', 10],
  ])('of %s the ruleset and the findings are those of the whole text', { timeout: 120_000 }, (name, seed) => {
    editAtRandom(labPath(name), 200, seed, plainEdit);
  });
});

describe('after 400 edits of lines as they are typed', () => {
  it.each([
    ['shop/node-a.iptables', 19],
    ['shop-1.23/node-a.iptables', 20],
  ])('of %s the ruleset and the findings are those of the whole text', { timeout: 120_000 }, (name, seed) => {
    editAtRandom(labPath(name), 200, seed, typedEdit);
  });
});

describe('after edits of a hundred lines and more at once', () => {
  it.each([21, 22])('the ruleset and the findings are those of the whole text (seed %i)', { timeout: 120_000 }, (seed) => {
    const text = generateDump({ services: 60, endpoints: 4 });
    for (let round = 0; round < 6; round += 1) editAtRandom('/node.iptables', 4, seed + 10 * round, blockEdit, text);
  });
});

describe('after 80 edits of the lines of tables', () => {
  it.each([
    ['shop/node-a.iptables', 11],
    ['shop-1.23/node-a.iptables', 12],
  ])('of %s the ruleset and the findings are those of the whole text', { timeout: 120_000 }, (name, seed) => {
    editAtRandom(labPath(name), 40, seed, tableEdit);
  });
});

/** A dump with chains that nothing leads to, rules that stand twice, and unequal shares. */
function withFaults(text: string): string {
  return text
    .replace('*nat\n', '*nat\n:KUBE-SEP-ORPHAN - [0:0]\n:ORPHAN - [0:0]\n')
    .replaceAll(/^(?:.*-j DNAT.*1:.*\n)/gm, '$&$&')
    .replaceAll('0.25000000000', '0.35000000000');
}

describe('after edits of the lines of tables of thousands of lines, and others', () => {
  // So many lines below an edit are not read one by one: of each shape one is.
  const text = generateDump({ services: 150, endpoints: 8 });
  it.each([
    ['as it is', 13, text],
    ['with counters', 14, text.replaceAll(/^-A/gm, '[12:720] -A')],
    ['with line ends of CR LF', 15, text.replaceAll('\n', '\r\n')],
    ['without its headers', 16, text.replaceAll(/^#.*\n/gm, '')],
    ['with one header for all', 17, text.replaceAll(/(?<=\n)#.*\n/g, '')],
    // What was found of a chain's rules holds under another name of its table.
    ['with faults', 18, withFaults(text)],
  ])('the ruleset and the findings are those of the whole text: %s', { timeout: 120_000 }, (_, seed, dump) => {
    expect(dump.split('\n').length).toBeGreaterThan(3_000);
    const editOf = (document: SourceDocument, below: (bound: number) => number): TextChange =>
      ([randomEdit, headerEdit][below(4)] ?? tableEdit)(document, below);
    editAtRandom('node-a.txt', 30, seed, editOf, dump);
  });
});

describe('after edits of the lines that tables begin and end with', () => {
  // With fewer lines each is read by itself.
  const text = generateDump({ services: 90, endpoints: 6 });
  const small = generateDump({ services: 30, endpoints: 4 });
  it.each([
    ['as it is', 31, text],
    ['with line ends of CR LF', 33, text.replaceAll('\n', '\r\n')],
    ['without its headers', 34, text.replaceAll(/^#.*\n/gm, '')],
    ['with faults', 35, withFaults(text)],
    ['with two tables of Services', 36, `${small}${small.slice(small.indexOf('*nat')).replace('*nat', '*raw')}`],
    ['with a chain that is called like a target', 37, text.replace('*nat\n', '*nat\n:DNAT - [0:0]\n:LOG - [0:0]\n')],
    ['a small one', 38, generateDump({ services: 4, endpoints: 2 })],
  ])('the ruleset and the findings are those of the whole text: %s', { timeout: 120_000 }, (_, seed, dump) => {
    for (let round = 0; round < 2; round += 1) editAtRandom('node-a.txt', 12, seed + 10 * round, borderEdits(), dump);
  });
});
