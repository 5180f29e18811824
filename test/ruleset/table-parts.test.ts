import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { buildWholeRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { changeDocument, readWholeDocument, type SourceDocument } from '../../server/src/syntax/document.ts';
import { generateDump } from '../bench/generate.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

const dump = generateDump({ services: 20, endpoints: 3 });
const name = 'node-a.iptables';
const all = dump.split('\n');
const header = all[0] ?? '';
const nat = all.indexOf('*nat');
/** The first rule of some chain of an endpoint, in the middle of the table, and the first declaration of one. */
const rule = all.findIndex((line, at) => at > nat + (all.length - nat) / 2 && line.startsWith('-A KUBE-SEP-'));
const declaration = all.findIndex((line, at) => at > nat && line.startsWith(':KUBE-SEP-'));

interface Version {
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

function read(text: string): Version {
  const document = readWholeDocument(text, name);
  return { document, ruleset: buildWholeRuleset(document) };
}

/** A version with other lines in the place of some; its ruleset is that of the whole text. */
function edited({ document, ruleset }: Version, at: number, removed: number, added: readonly string[]): Version {
  const range = { start: { line: at, character: 0 }, end: { line: at + removed, character: 0 } };
  const changed = runToEnd(changeDocument(document, { range, text: added.map((line) => `${line}\n`).join('') }, name));
  const after = runToEnd(rebuildRuleset(changed, ruleset));
  const fresh = buildWholeRuleset(readWholeDocument(Array.from(changed.lines, ({ text }) => text).join('\n'), name));
  expect(rulesetOutline(after)).toEqual(rulesetOutline(fresh));
  return { document: changed, ruleset: after };
}

describe.each([
  ['COMMIT', ['COMMIT']],
  ['another table', ['*raw']],
  ['a table of the same name', ['*nat']],
  ['a header', [header]],
  ['COMMIT and another table', ['COMMIT', '*raw']],
])('a table with %s among its lines', (_, added) => {
  it.each([
    ['its rules', rule],
    ['its declarations', declaration],
  ])('is parted within %s, and one again where that is undone', (_where, at) => {
    const before = read(dump);
    const whole = before.ruleset.tables.at(-1);
    const parted = edited(before, at, 0, added);
    expect(parted.ruleset.tables.length).toBe(before.ruleset.tables.length + 1);
    const undone = edited(parted, at, added.length, []);
    expect(undone.ruleset.tables.at(-1)?.lists).toBe(whole?.lists);
  });
});

it('a chain that the upper part has alone keeps its place, and the names are shared where it has all', () => {
  const before = read(dump);
  const parted = edited(before, rule, 0, ['COMMIT']);
  expect(parted.ruleset.tables.at(-2)?.chains.places).toBe(before.ruleset.tables.at(-1)?.chains.places);
});

it('parts that were edited are put together anew', () => {
  const before = read(dump);
  const parted = edited(before, rule, 0, ['COMMIT']);
  const longer = edited(parted, rule + 2, 0, ['-A KUBE-SERVICES -j KUBE-NEW']);
  const undone = edited(longer, rule, 1, []);
  expect(undone.ruleset.tables.length).toBe(before.ruleset.tables.length);
});

it('two tables that were never one are put together, with the chains of the lower one behind', () => {
  const second = ['*nat', ':OWN - [0:0]', '-A OWN -j KUBE-MARK-MASQ', '-A KUBE-SERVICES -j OWN', 'COMMIT'];
  const end = all.lastIndexOf('COMMIT');
  const before = read([...all.slice(0, end + 1), ...second, ''].join('\n'));
  const one = edited(before, end, 2, []);
  expect(one.ruleset.tables.at(-1)?.chains.get('KUBE-SERVICES')?.jumps.at(-1)?.name).toBe('OWN');
});

it.each([
  ['a command to a chain', ['-N OWN']],
  ['a chain that is called like a target', [':DNAT - [0:0]']],
])('a table with %s below is gathered anew', (_, lines) => {
  const before = read([...all.slice(0, rule + 4), ...lines, ...all.slice(rule + 4)].join('\n'));
  edited(edited(before, rule, 0, ['COMMIT']), rule, 1, []);
});

it('a part that names all chains in another order has their rules at its own places', () => {
  const declared = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OWN - [0:0]'];
  const rules = ['-A INPUT -j OWN', '-A FORWARD -j ACCEPT', '-A OWN -j ACCEPT'];
  const lines = [header, '*filter', ...declared, ...rules, 'COMMIT', ''];
  const parted = edited(read(lines.join('\n')), 1, 2, ['*mangle', '# no policy']);
  expect(parted.ruleset.tables.at(-1)?.chains.get('INPUT')?.rules).toEqual([5]);
});
