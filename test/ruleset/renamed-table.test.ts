import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { buildWholeRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { changeDocument, readWholeDocument } from '../../server/src/syntax/document.ts';
import { generateDump } from '../bench/generate.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

// With fewer lines below it than 1,024 each is read by itself, and the ruleset is built anew.
const dump = generateDump({ services: 150, endpoints: 8 });

interface Versions {
  readonly before: Ruleset;
  readonly after: Ruleset;
}

/** A dump before and after the line of a table is another; the ruleset after it is that of the whole text. */
function renamed(text: string, table: string, by: string): Versions {
  const lines = text.split('\n');
  const line = lines.indexOf(table);
  const document = readWholeDocument(text, 'node-a.iptables');
  const before = buildWholeRuleset(document);
  const range = { start: { line, character: 0 }, end: { line, character: table.length } };
  const changed = runToEnd(changeDocument(document, { range, text: by }, 'node-a.iptables'));
  const after = runToEnd(rebuildRuleset(changed, before));
  const fresh = buildWholeRuleset(readWholeDocument(lines.with(line, by).join('\n'), 'node-a.iptables'));
  expect(rulesetOutline(after)).toEqual(rulesetOutline(fresh));
  return { before, after };
}

/** Whether the chains of a table were not gathered again. */
function isShared({ before, after }: Versions, name: string): boolean {
  const [was, now] = [before.tables.find((table) => table.name === 'nat'), after.tables.find((table) => table.name === name)];
  return was !== undefined && was.lists === now?.lists && was.chains.places === now.chains.places;
}

it.each([
  ['half typed', '*na', 'na'],
  ['another one', '*raw', 'raw'],
  ['unknown', '*nats', 'nats'],
])('a table with another name keeps what its lines say: %s', (_, by, name) => {
  const versions = renamed(dump, '*nat', by);
  expect(isShared(versions, name)).toBe(true);
  const was = versions.before.tables.find((table) => table.name === 'nat');
  const now = versions.after.tables[was?.index ?? -1];
  // A table that nobody knows has no chains of its own.
  expect([was, now].map((table) => table?.chains.get('PREROUTING')?.builtin)).toEqual([true, name === 'raw']);
  expect(now?.chains.get('PREROUTING')?.table).toBe(now);
  expect(now?.dump.tables).toContain(now);
});

it.each([
  ['the name of another table of the dump', dump, '*filter'],
  ['no name', dump, '*'],
  ['no table', dump, 'nat'],
  ['a second dump had a table of that name', `${dump}*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n`, '*na'],
])('what may begin another dump is built anew: %s', (_, text, by) => {
  expect(isShared(renamed(text, '*nat', by), by.slice(1))).toBe(false);
});
