import { describe, expect, it } from 'vitest';
import type { TextEdit } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { isRefusal, linkedEditing, prepareRename, rename } from '../../server/src/features/rename.ts';
import { dumpState } from '../support/dump-state.ts';
import { markersIn } from '../support/markers.ts';

const dump = `*nat
:PREROUTING ACCEPT [0:0]
:WEB - [0:0]
#^^^ web
:OTHER - [0:0]
-A PREROUTING -j WEB
#                ^^^ web
-A PREROUTING -g WEB
#                ^^^ web
-A WEB -m comment --comment "WEB" -j OTHER
#  ^^^ web
-I WEB 1 -j "OTHER"
#  ^^^ web
-F WEB
#  ^^^ web
COMMIT
*filter
:WEB - [0:0]
-A INPUT -j WEB
COMMIT
`;
const web = markersIn(dump);
const uri = 'file:///node-a.iptables';
const state = dumpState(dump);

function editsOf(text: string, line: number, character: number, newName: string): readonly TextEdit[] | string | null {
  const found = runToEnd(rename(dumpState(text), { line, character }, newName));
  return found === null ? null : isRefusal(found) ? found.refusal : (found.changes?.[uri] ?? []);
}

function applied(text: string, edits: readonly TextEdit[] | string | null): string {
  if (edits === null || typeof edits === 'string') throw new Error(`no edits: ${edits}`);
  const lines = text.split('\n');
  const fromBehind = [...edits].sort(
    (one, other) => other.range.start.line - one.range.start.line || other.range.start.character - one.range.start.character,
  );
  for (const { range, newText } of fromBehind) {
    const line = lines[range.start.line] ?? '';
    lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.end.character);
  }
  return lines.join('\n');
}

describe('a chain that is renamed', () => {
  it.each(web)('at line $line has its new name at all places of its table, and there only', ({ line, start }) => {
    const edits = editsOf(dump, line, start + 1, 'SHOP');
    const places = web.map((marker) => `${marker.line}:${marker.start}-${marker.end}`).sort();
    expect(
      Array.isArray(edits) &&
        edits.map(({ range }) => `${range.start.line}:${range.start.character}-${range.end.character}`).sort(),
    ).toEqual(places);
    expect(Array.isArray(edits) && edits.every(({ newText }) => newText === 'SHOP')).toBe(true);
  });

  it('in quotes loses them, as the new name needs none', () => {
    expect(applied(dump, editsOf(dump, 4, 3, 'MORE'))).toContain('-I WEB 1 -j MORE\n');
  });

  it('takes the list of recent with it that is called like it, unless other rules use it', () => {
    const own = `*nat
:SVC - [0:0]
:SEP - [0:0]
-A SVC -m recent --rcheck --seconds 10 --name SEP --rsource -j SEP
-A SEP -p tcp -m recent --set --name SEP --rsource -j DNAT --to-destination 10.0.0.1:80
COMMIT
`;
    expect(applied(own, editsOf(own, 2, 2, 'POD'))).toBe(own.replaceAll('SEP', 'POD'));
    const shared = own.replace('COMMIT', '-A OUTPUT -m recent --rcheck --name SEP --rsource -j RETURN\nCOMMIT');
    const renamed = applied(shared, editsOf(shared, 2, 2, 'POD'));
    expect(renamed.match(/--name SEP/g)).toHaveLength(3);
    expect(renamed).toContain('--name SEP --rsource -j POD\n-A POD');
  });

  it('under its own name changes nothing', () => {
    expect(editsOf(dump, 2, 2, 'WEB')).toEqual([]);
  });

  it('is asked for with its place and its name', () => {
    expect(prepareRename(state, { line: 5, character: 18 })).toEqual({
      range: { start: { line: 5, character: 17 }, end: { line: 5, character: 20 } },
      placeholder: 'WEB',
    });
    expect(prepareRename(state, { line: 5, character: 1 })).toBeNull();
  });
});

describe('a name that cannot be had', () => {
  it.each([
    ['OTHER', 'The table nat has a chain OTHER already.'],
    ['INPUT', 'INPUT is a built-in chain of the table nat.'],
    ['', 'A chain needs a name.'],
    ['TWO WORDS', 'iptables takes no blanks in the name of a chain.'],
    ['-A', 'A chain’s name cannot begin with -: iptables reads it as something else.'],
    ['!X', 'A chain’s name cannot begin with !: iptables reads it as something else.'],
    ['A"B', 'A"B has characters that iptables reads as something else in a file.'],
    ['ACCEPT', 'iptables refuses this name: chain name may not clash with target name.'],
    ['LOG', 'LOG is a target of iptables: a jump would lead to it, not to the chain.'],
    ['X'.repeat(29), `iptables refuses this name: chain name \`${'X'.repeat(29)}' too long (must be under 29 chars).`],
  ])('%s is refused in words', (name, words) => {
    expect(editsOf(dump, 2, 2, name)).toBe(words);
  });

  it.each(['A;reboot', 'A$(id)', 'A|B', 'A>B', '`id`', 'A&B'])('%s is none in commands, which a shell reads', (name) => {
    const commands = 'iptables -N WEB\niptables -A INPUT -j WEB\n';
    expect(editsOf(commands, 0, 13, name)).toBe(
      `${name} has characters that a shell reads as something else, and the chain stands in commands.`,
    );
    expect(editsOf(commands, 0, 13, 'WEB-2')).toHaveLength(2);
    expect(editsOf(dump, 2, 2, name)).toHaveLength(web.length);
  });

  it('may have 28 bytes', () => {
    expect(editsOf(dump, 2, 2, 'X'.repeat(28))).toHaveLength(web.length);
  });
});

describe('what cannot be renamed', () => {
  it('is a built-in chain', () => {
    const words = 'PREROUTING is a built-in chain of the table nat: only chains of your own can be renamed.';
    expect(prepareRename(state, { line: 1, character: 4 })).toEqual({ refusal: words });
    expect(editsOf(dump, 1, 4, 'X')).toBe(words);
  });

  it('is a chain in a listing', () => {
    const listing =
      'Chain MINE (1 references)\ntarget     prot opt source               destination\nACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n';
    expect(editsOf(listing, 0, 8, 'X')).toContain('iptables -L');
  });
});

describe('the places of a chain that change together', () => {
  it('are all of its table, where they are few and written alike', () => {
    const linked = linkedEditing(state, { line: 2, character: 2 });
    expect(linked?.ranges.map(({ start }) => start.line).sort((a, b) => a - b)).toEqual(web.map(({ line }) => line));
    expect(linkedEditing(state, { line: 4, character: 3 })).toBeNull();
    expect(linkedEditing(state, { line: 1, character: 3 })).toBeNull();
    const many = `*nat\n:WEB - [0:0]\n${'-A OUTPUT -j WEB\n'.repeat(200)}COMMIT\n`;
    expect(linkedEditing(dumpState(many), { line: 1, character: 2 })).toBeNull();
  });
});
