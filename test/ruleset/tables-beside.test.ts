import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { buildWholeRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import { changeDocument, readWholeDocument } from '../../server/src/syntax/document.ts';
import { generateDump } from '../bench/generate.ts';
import { seeded } from '../property/random-edits.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

const dump = generateDump({ services: 20, endpoints: 3 });
const header = dump.slice(0, dump.indexOf('\n'));
const lines = dump.split('\n');
const name = 'node-a.iptables';

function codes(document: ReturnType<typeof readWholeDocument>, ruleset: ReturnType<typeof buildWholeRuleset>): readonly object[] {
  return runToEnd(lint({ document, ruleset })).map(({ code, line, start, end, message }) => ({
    code,
    line,
    start,
    end,
    message,
  }));
}

/** Edits of whole tables, their headers and ends, by what stands on the edited lines. */
function editOf(below: (bound: number) => number, now: readonly string[]): { at: number; removed: number; text: string } {
  const at =
    below(4) === 0 ? below(now.length - 1) : now.findIndex((line, place) => /^[*#C]/.test(line) && place >= below(now.length));
  const texts = ['', `${header}\n`, 'COMMIT\n', '*raw\n', '*nat\n', `${header.replace('1.8.9', '1.8.7')}\n`, '# Gen\n', 'nat\n'];
  const pasted = `${header}\n*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n`;
  const removed = [0, 1, 1, 2, 9][below(5)] ?? 0;
  const place = Math.max(at, 0);
  return { at: place, removed: Math.min(removed, now.length - 1 - place), text: [...texts, pasted][below(9)] ?? '' };
}

describe('after edits of tables, headers and ends the ruleset and the findings are those of the whole text', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const below = seeded(seed);
    let text = dump;
    let document = readWholeDocument(text, name);
    let ruleset = buildWholeRuleset(document);
    for (let edit = 0; edit < 25; edit += 1) {
      const now = text.split('\n');
      const { at, removed, text: added } = editOf(below, now);
      const range = { start: { line: at, character: 0 }, end: { line: at + removed, character: 0 } };
      document = runToEnd(changeDocument(document, { range, text: added }, name));
      ruleset = runToEnd(rebuildRuleset(document, ruleset));
      text = [...now.slice(0, at), ...added.split('\n').slice(0, -1), ...now.slice(at + removed)].join('\n');
      const fresh = readWholeDocument(text, name);
      const whole = buildWholeRuleset(fresh);
      expect(rulesetOutline(ruleset), `edit ${edit}`).toEqual(rulesetOutline(whole));
      expect(codes(document, ruleset), `edit ${edit}`).toEqual(codes(fresh, whole));
    }
  });
});

it.each([
  ['its header is of another time', lines.indexOf('*nat') - 1, 1, `${header}, later\n`],
  ['a table above it goes', 0, lines.indexOf('COMMIT') + 1, ''],
  ['a table above it comes', 0, 0, `${header}\n*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n`],
])('a table is not gathered again where %s', (_, at, removed, text) => {
  const document = readWholeDocument(dump, name);
  const before = buildWholeRuleset(document);
  const range = { start: { line: at, character: 0 }, end: { line: at + removed, character: 0 } };
  const after = runToEnd(rebuildRuleset(runToEnd(changeDocument(document, { range, text }, name)), before));
  const natOf = ({ tables }: typeof before) => tables.find((table) => table.name === 'nat');
  expect(natOf(after)?.lists.jumps).toBe(natOf(before)?.lists.jumps);
});
