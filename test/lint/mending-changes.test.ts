import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Change, compareChanges, insertedBehind, overlaps, removedLines } from '../../server/src/lint/mending/change.ts';
import type { Fix } from '../../server/src/lint/mending/fix.ts';
import { mend } from '../../server/src/lint/mending/mend.ts';
import {
  declaredChains,
  isMendable,
  linesWithChains,
  movedLine,
  rulesAtEnd,
  rulesInFront,
} from '../../server/src/lint/mending/mendable.ts';
import { changedLines, textOf, unmendedLines, withOwnLineEnds } from '../../server/src/lint/mending/mended-text.ts';
import { type Finding, finding, type LintInput } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import type { Chain, Table } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

function read(text: string): LintInput {
  const document = readWholeDocument(text, 'node.iptables');
  return { document, ruleset: buildWholeRuleset(document) };
}

function tableOf({ ruleset }: LintInput): Table {
  const [table] = ruleset.tables;
  if (table === undefined) throw new Error('no table');
  return table;
}

function chainOf(input: LintInput, name: string): Chain {
  const chain = tableOf(input).chains.get(name);
  if (chain === undefined) throw new Error(`no chain ${name}`);
  return chain;
}

function textAfter(text: string, changes: readonly Change[]): string {
  return runToEnd(textOf(runToEnd(changedLines(runToEnd(unmendedLines(text)), changes))));
}

const change = (line: number, start: number, end: number, text: string): Change => ({
  start: { line, character: start },
  end: { line, character: end },
  text,
});

describe('lines that come', () => {
  const { document } = read('a\nbc\n');

  it('stand behind the line that is named', () => {
    expect(textAfter('a\nbc\n', insertedBehind(document, 0, ['x', 'y']))).toBe('a\nx\ny\nbc\n');
    expect(textAfter('a\nbc\n', insertedBehind(document, 1, ['x']))).toBe('a\nbc\nx\n');
  });

  it('stand in front of all others where none is named', () => {
    expect(textAfter('a\nbc\n', insertedBehind(document, -1, ['x', 'y']))).toBe('x\ny\na\nbc\n');
  });

  it('are no change where there are none', () => {
    expect(insertedBehind(document, 0, [])).toEqual([]);
  });
});

describe('lines that go', () => {
  const without = (text: string, ...lines: readonly number[]): string =>
    textAfter(text, removedLines(readWholeDocument(text, 'a'), lines));

  it('leave the others as they are, in whichever order they are named, and however often', () => {
    expect(without('a\nb\nc\nd\n', 1)).toBe('a\nc\nd\n');
    expect(without('a\nb\nc\nd\n', 2, 0, 2)).toBe('b\nd\n');
    expect(removedLines(readWholeDocument('a\nb\nc\n', 'a'), [2, 0, 2]).map(({ start }) => start.line)).toEqual([0, 2]);
  });

  it('take with them the line end in front where they are the last', () => {
    expect(without('a\nbc\nd', 2)).toBe('a\nbc');
    expect(without('a\nbc\nde', 1, 2)).toBe('a');
  });

  it('leave an empty text where there is no other', () => {
    expect(without('abc', 0)).toBe('');
  });
});

describe('two changes', () => {
  it('are about the same text where they share a character', () => {
    expect(overlaps(change(0, 2, 5, 'x'), change(0, 4, 7, 'y'))).toBe(true);
    expect(overlaps(change(0, 4, 7, 'y'), change(0, 2, 5, 'x'))).toBe(true);
    expect(overlaps(change(0, 2, 7, 'x'), change(0, 4, 4, 'y'))).toBe(true);
  });

  it('are not where they only touch, or put something at one place', () => {
    expect(overlaps(change(0, 2, 5, 'x'), change(0, 5, 7, 'y'))).toBe(false);
    expect(overlaps(change(0, 5, 7, 'y'), change(0, 2, 5, 'x'))).toBe(false);
    expect(overlaps(change(0, 3, 3, 'x'), change(0, 3, 3, 'y'))).toBe(false);
    expect(overlaps(change(0, 3, 4, 'x'), change(1, 3, 4, 'y'))).toBe(false);
  });

  it('go by line, then by character, then by where they end; those at one place stay in their order', () => {
    const sorted = [change(1, 0, 1, 'd'), change(0, 5, 9, 'c'), change(0, 5, 6, 'b'), change(0, 2, 2, 'a')].sort(compareChanges);
    expect(sorted.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
    expect(compareChanges(change(0, 2, 2, 'a'), change(0, 2, 2, 'b'))).toBe(0);
  });

  it('in one line are both made', () => {
    expect(textAfter('abcdef\nx\n', [change(0, 4, 5, 'EE'), change(0, 1, 2, '')])).toBe('acdEEf\nx\n');
  });

  it('of which one goes over several lines are both made', () => {
    const over: Change = { start: { line: 0, character: 2 }, end: { line: 2, character: 1 }, text: '-' };
    expect(textAfter('abc\nd\nefg\nh\n', [over, change(2, 2, 3, 'G')])).toBe('ab-fG\nh\n');
    expect(textAfter('abc\nd\nefg\nh\n', [over, change(3, 0, 1, 'H')])).toBe('ab-fg\nH\n');
  });
});

describe('lines after changes', () => {
  const origins = (text: string, changes: readonly Change[]): readonly (number | undefined)[] =>
    runToEnd(changedLines(runToEnd(unmendedLines(text)), changes)).map(({ origin }) => origin);

  it('know the line of the text as given that they are, and those that are new or another do not', () => {
    expect(origins('a\nb\nc\nd', [change(1, 0, 1, 'x')])).toEqual([0, undefined, 2, 3]);
    expect(origins('a\nb\nc\nd', [change(1, 1, 1, '\nnew')])).toEqual([0, 1, undefined, 2, 3]);
    expect(origins('a\nb\nc\nd', [change(1, 0, 0, 'new\n')])).toEqual([0, undefined, 1, 2, 3]);
  });

  it('are told with a pause every few thousand lines, where they stay and where they go', () => {
    const count = 40_960;
    const lines = runToEnd(unmendedLines('x\n'.repeat(count)));
    const pauses = (changes: readonly Change[]): number => {
      const steps = changedLines(lines, changes);
      let pauses = 0;
      while (steps.next().done !== true) pauses += 1;
      return pauses;
    };
    const gone = Array.from({ length: count }, (_, line) => ({
      start: { line, character: 0 },
      end: { line: line + 1, character: 0 },
      text: '',
    }));
    expect(pauses([])).toBe(10);
    // They are brought in order, gathered, and their text is made.
    expect(pauses(gone)).toBeGreaterThanOrEqual(3 * 10);
  });

  it('are the same lines where a change says what is there', () => {
    expect(origins('a\nb\nc', [change(1, 0, 1, 'b')])).toEqual([0, 1, 2]);
    expect(origins('a\na\na', [{ start: { line: 0, character: 0 }, end: { line: 1, character: 0 }, text: '' }])).toEqual([0, 2]);
  });
});

describe('the line ends of what is put in', () => {
  const endOf = (text: string, line: number): string | undefined =>
    withOwnLineEnds(readWholeDocument(text, 'a'), [change(line, 0, 0, 'x\n')])[0]?.text;

  it('are those of the line that it is put at', () => {
    expect(endOf('a\r\nb\nc\n', 0)).toBe('x\r\n');
    expect(endOf('a\r\nb\nc\n', 1)).toBe('x\n');
  });

  it('are those of the line above where it is the last, which has none of its own', () => {
    expect(endOf('a\nb\r\nc', 2)).toBe('x\r\n');
    expect(endOf('a\r\nb\nc', 2)).toBe('x\n');
  });

  it('do not matter where no line is put in', () => {
    expect(withOwnLineEnds(readWholeDocument('a\r\n', 'a'), [change(0, 0, 0, 'x')])[0]?.text).toBe('x');
  });
});

const table = '*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n-A INPUT -j WEB\n-A WEB -j ACCEPT\nCOMMIT\n';

describe('a table may be mended', () => {
  const isIt = (text: string): boolean => {
    const input = read(text);
    return isMendable(input, tableOf(input));
  };

  it('where it is a file for iptables-restore', () => {
    expect(isIt(table)).toBe(true);
  });

  it.each([
    [
      'a listing',
      'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\nDROP       all  --  10.0.0.0/8           0.0.0.0/0\n',
    ],
    ['what iptables -S prints', '-P INPUT ACCEPT\n-N WEB\n-A INPUT -j WEB\n'],
    ['a table that no line opens', ':INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n'],
    ['commands that change what stands above them', table.replace('COMMIT', '-D INPUT 1\nCOMMIT')],
    ['a paste with a prompt', `root@node:~# iptables-save\n${table}root@node:~# \n`],
  ])('but not where it is %s', (_, text) => {
    expect(isIt(text)).toBe(false);
  });
});

describe('chains and rules that come into a table', () => {
  const declare = (text: string): string => {
    const input = read(text);
    return textAfter(text, declaredChains(input, tableOf(input), ['NEW']));
  };

  it('are declared behind the last declaration above the rules', () => {
    expect(declare(table)).toBe(table.replace(':WEB - [0:0]\n', ':WEB - [0:0]\n:NEW - [0:0]\n'));
    const late = table.replace('-A WEB', ':LATE - [0:0]\n-A WEB');
    expect(declare(late)).toBe(late.replace(':WEB - [0:0]\n', ':WEB - [0:0]\n:NEW - [0:0]\n'));
  });

  it('are declared behind the line of the table where it declares none', () => {
    expect(declare('*filter\n# none\n-A INPUT -j NEW\nCOMMIT\n')).toBe(
      '*filter\n:NEW - [0:0]\n# none\n-A INPUT -j NEW\nCOMMIT\n',
    );
    expect(declare('*filter\nCOMMIT\n')).toBe('*filter\n:NEW - [0:0]\nCOMMIT\n');
  });

  it('are put in front of a chain’s own rules', () => {
    const input = read(table);
    expect(textAfter(table, rulesInFront(input, chainOf(input, 'WEB'), ['-A WEB -j LOG']))).toBe(
      table.replace('-A WEB -j ACCEPT', '-A WEB -j LOG\n-A WEB -j ACCEPT'),
    );
  });

  it('are put in front of COMMIT where the chain has none', () => {
    const input = read(table.replace('-A WEB -j ACCEPT\n', ''));
    expect(
      textAfter(table.replace('-A WEB -j ACCEPT\n', ''), rulesInFront(input, chainOf(input, 'WEB'), ['-A WEB -j LOG'])),
    ).toBe(table.replace('-A WEB -j ACCEPT', '-A WEB -j LOG'));
    expect(textAfter(table, rulesAtEnd(read(table), tableOf(read(table)), ['-A WEB -j LOG']))).toBe(
      table.replace('COMMIT', '-A WEB -j LOG\nCOMMIT'),
    );
  });

  it('are put behind the last line that is not blank where COMMIT is missing', () => {
    const open = table.replace('COMMIT\n', '\n\n');
    const input = read(open);
    expect(textAfter(open, rulesAtEnd(input, tableOf(input), ['-A WEB -j LOG']))).toBe(
      open.replace('-A WEB -j ACCEPT\n', '-A WEB -j ACCEPT\n-A WEB -j LOG\n'),
    );
  });

  it('change their place', () => {
    expect(textAfter(table, movedLine(read(table), 4, 2))).toBe(
      '*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n-A WEB -j ACCEPT\n-A INPUT -j WEB\nCOMMIT\n',
    );
    expect(textAfter(table, movedLine(read(table), 2, 3))).toBe(
      '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j WEB\n:WEB - [0:0]\n-A WEB -j ACCEPT\nCOMMIT\n',
    );
  });
});

describe('chains that go', () => {
  const text = `*nat
:PREROUTING ACCEPT [0:0]
:SVC-A - [0:0]
:SVC-B - [0:0]
:SEP-A - [0:0]
:SEP-BOTH - [0:0]
:OTHER - [0:0]
-A PREROUTING -j SVC-A
-A PREROUTING -j SVC-B
-A SVC-A -j SEP-A
-A SVC-A -j SEP-BOTH
-A SVC-A -j OTHER
-A SVC-B -j SEP-BOTH
-A SEP-A -j ACCEPT
-A SEP-BOTH -j ACCEPT
-A OTHER -j RETURN
COMMIT
`;
  const input = read(text);
  const left = (gone: ReadonlySet<number>): string =>
    text
      .split('\n')
      .filter((_, line) => !gone.has(line))
      .join('\n');
  const endpoints = ({ name }: Chain): boolean => name.startsWith('SEP-');

  it('take with them those that only they lead to, and leave those that others lead to', () => {
    const gone = linesWithChains(tableOf(input), { chains: [chainOf(input, 'SVC-A')] }, endpoints, input.ruleset);
    expect(left(gone)).toBe(`*nat
:PREROUTING ACCEPT [0:0]
:SVC-B - [0:0]
:SEP-BOTH - [0:0]
:OTHER - [0:0]
-A PREROUTING -j SVC-B
-A SVC-B -j SEP-BOTH
-A SEP-BOTH -j ACCEPT
-A OTHER -j RETURN
COMMIT
`);
  });

  it('take with them what two of them lead to together', () => {
    const chains = [chainOf(input, 'SVC-A'), chainOf(input, 'SVC-B')];
    expect(left(linesWithChains(tableOf(input), { chains }, endpoints, input.ruleset))).toBe(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:OTHER - [0:0]\n-A OTHER -j RETURN\nCOMMIT\n',
    );
  });

  it('go with the last rule that leads to them', () => {
    const lines = [text.split('\n').indexOf('-A SVC-A -j SEP-A'), text.split('\n').indexOf('-A SVC-A -j SEP-BOTH')];
    const gone = linesWithChains(tableOf(input), { chains: [], lines }, endpoints, input.ruleset);
    expect(left(gone)).not.toContain('SEP-A');
    expect(left(gone)).toContain('-A SVC-B -j SEP-BOTH\n');
    expect(left(gone)).toContain(':SEP-BOTH');
  });
});

describe('fixes of a text', () => {
  /** Mends a text where each finding has the fix that this gives for a line, if any. */
  function mended(
    text: string,
    fixOf: (line: string, number: number) => readonly Change[] | undefined,
    more: Partial<Fix> = {},
  ): { readonly text: string; readonly made: number } {
    const result = runToEnd(
      mend({
        text,
        fileName: 'node.iptables',
        unsafe: true,
        *find({ document }) {
          yield;
          return document.lines.slice().flatMap((line, number): readonly Finding[] => {
            const changes = fixOf(line.text, number);
            if (changes === undefined) return [];
            const fix: Fix = { title: 'Mend it', safety: 'unsafe', changes: () => changes, ...more };
            return [finding({ line: number, start: 0, end: 1 }, 'test', 'warning', 'wrong', { fixes: [fix] })];
          });
        },
      }),
    );
    return { text: result.text, made: result.made.length };
  }

  it('of which one brings up the next are made one after the other, ten rounds at most', () => {
    const grow = (most: number) => (line: string, number: number) =>
      line.startsWith('a') && line.length < most ? [change(number, 0, 0, 'a')] : undefined;
    expect(mended('a\n', grow(5))).toEqual({ text: 'aaaaa\n', made: 4 });
    expect(mended('a\n', grow(100))).toEqual({ text: `${'a'.repeat(11)}\n`, made: 10 });
  });

  it('that lead in a circle end where the text was before', () => {
    const turn = (line: string, number: number) =>
      line === 'a' ? [change(number, 0, 1, 'b')] : line === 'b' ? [change(number, 0, 1, 'a')] : undefined;
    expect(mended('a\n', turn)).toEqual({ text: 'a\n', made: 2 });
  });

  it('that say the same are made once, those that change the same text one in a round', () => {
    const head = [change(0, 0, 0, ':NEW - [0:0]\n')];
    expect(mended('x\nx\ny\n', (line, number) => (line === 'x' && number < 2 ? head : undefined)).text).toMatch(
      /^:NEW - \[0:0\]\n/,
    );
    const once = mended('ab\nab\n', (line, number) =>
      line === 'ab' ? [change(0, 0, 2, 'c'), change(number, 0, 2, 'c')] : undefined,
    );
    expect(once.text).toBe('c\nc\n');
    const rivals = (line: string, number: number) =>
      line === 'one'
        ? [change(0, 0, 3, 'two')]
        : line === 'three'
          ? [change(number, 0, 5, '3'), change(0, 1, 2, 'N')]
          : undefined;
    expect(mended('one\nthree\n', rivals).text).toBe('tNo\n3\n');
  });

  it('put something into what another takes away in the next round alone', () => {
    const both = (line: string, number: number) =>
      line === 'abc'
        ? [change(number, 0, 3, 'abcd')]
        : line === 'x'
          ? [change(0, 2, 2, '-'), change(number, 0, 1, 'y')]
          : undefined;
    expect(mended('abc\nx\n', both).text).toBe('ab-cd\ny\n');
    const reversed = (line: string, number: number) =>
      line === 'x'
        ? [change(1, 2, 2, '-'), change(number, 0, 1, 'y')]
        : line === 'abc'
          ? [change(number, 0, 3, 'abcd')]
          : undefined;
    expect(mended('x\nabc\n', reversed).text).toBe('y\nab-c\n');
  });

  it('of which one takes away several lines are made before what changes one in the middle of them', () => {
    const whole: Change = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 }, text: 'abc\n' };
    const both = (line: string, number: number) =>
      line === 'a' ? [whole] : line === 'b' ? [change(number, 0, 1, 'B')] : undefined;
    expect(mended('a\nb\nc\nd\n', both)).toEqual({ text: 'abc\nd\n', made: 1 });
  });

  it('keep a byte order mark, but those of line ends', () => {
    const up = (line: string, number: number) => (line === 'a' ? [change(number, 0, 1, 'A')] : undefined);
    expect(mended('\ufeffa\n', up).text).toBe('\ufeffA\n');
    expect(mended('\ufeffa\n', up, { mendsLineEnds: true }).text).toBe('A\n');
    expect(mended('a\n', up).text).toBe('A\n');
  });
});
