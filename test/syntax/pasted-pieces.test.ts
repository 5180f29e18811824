/** What single readers of pasted text tell of a line: gaps, pagers, notes, prose, machines, nft's blocks, sets, markup, lines on one. */
import { describe, expect, it } from 'vitest';
import { lineContext } from '../../server/src/syntax/line.ts';
import { brokenQuotes, unbroken } from '../../server/src/syntax/pasted/broken-quotes.ts';
import { isGap, isOfPager } from '../../server/src/syntax/pasted/gaps.ts';
import { hostNamed } from '../../server/src/syntax/pasted/host-named.ts';
import { isMembersLine, readSetLine } from '../../server/src/syntax/pasted/ipset.ts';
import { firstJoin, isEscapedText, joinedPieces, splitJoined } from '../../server/src/syntax/pasted/joined-lines.ts';
import { markupIn, mayHaveMarkup } from '../../server/src/syntax/pasted/markup.ts';
import { nftDepthAfter, startsNftBlock } from '../../server/src/syntax/pasted/nft.ts';
import { endBeforeNote, isOtherColon, isProse } from '../../server/src/syntax/pasted/notes.ts';

const outside = lineContext(undefined, undefined, undefined);
const inTable = lineContext(undefined, undefined, 'filter');

describe('a line that says that something was left out', () => {
  it.each([
    '...',
    '[...]',
    '# …',
    '[snip]',
    '<snipped>',
    '--- omitted ---',
    '.',
    ' ⋮ ',
    '(60 lines omitted for brevity)',
    '3 more rules not shown',
  ])('%s', (text) => {
    expect(isGap(text)).toBe(true);
    expect(isGap(`${text}${' '.repeat(199 - text.length)}`)).toBe(true);
    expect(isGap(`${text}${' '.repeat(200 - text.length)}`)).toBe(false);
  });

  it.each(['', 'snippets', '60 lines', '-A INPUT -j ACCEPT', 'a ... b', 'x.', ':'])('or not: %j', (text) => {
    expect(isGap(text)).toBe(false);
  });
});

describe('what a pager writes below a text', () => {
  it.each<readonly [text: string, outside: boolean, inTable: boolean]>([
    ['(END)', true, true],
    ['~', true, true],
    ['--More--', true, true],
    ['lines 1-23/400 10%', true, true],
    ['"rules.v4" 120L, 4000B', true, true],
    [':', true, false],
    ['', false, false],
    ['(END) x', false, false],
    [`${' '.repeat(394)}(END)`, true, true],
    [`${' '.repeat(395)}(END)`, false, false],
  ])('%s', (text, isOne, isOneInTable) => {
    expect([isOfPager(text, outside), isOfPager(text, inTable)]).toEqual([isOne, isOneInTable]);
  });
});

describe('a note behind a rule', () => {
  it.each<readonly [text: string, end: number | undefined]>([
    ['-A A -j B <-- this', 9],
    ['-A A -j B\t# this', 9],
    ['-A A -j B // this', 9],
    ['-A A -j B --> this', 9],
    ['-A A -j B -> this', undefined],
    ['-A A -j B ^^ this', 9],
    ['-A A -j B ^ this', undefined],
    ['-A A -j B (this)', 9],
    ['-A A -j B ← this', 9],
    ['-A A -j B#this', undefined],
    ['-A A --comment "a # b" -j B', undefined],
    ['-A A --comment "a # b" # c', 22],
    ['-A A --comment "a \\" # b" # c', 25],
    ['-A A --comment a\\ # b', undefined],
    [' # x', undefined],
  ])('%s', (text, end) => {
    expect(endBeforeNote(text)).toBe(end);
  });
});

describe('a line of another language', () => {
  it.each(['this is what we see', '"this is what we', '(see what it says)', '{', '[', '|', '<x', '= x', '  > x'])(
    'is prose: %s',
    (text) => {
      expect(isProse(text)).toBe(true);
    },
  );

  it.each(['this is what', 'this is -j what', 'this is *nat what', ':this is what we', '1 this is what we', '', 'x'])(
    'or not: %j',
    (text) => {
      expect(isProse(text)).toBe(false);
    },
  );

  it('is told by its first words', () => {
    expect(isProse(`${'word '.repeat(16)}-j`)).toBe(true);
    expect(isProse(`${'word '.repeat(15)}-j`)).toBe(false);
  });

  it.each<readonly [text: string, is: boolean]>([
    ['::1 localhost', true],
    [':+1: same here', true],
    [':tada: x', true],
    [':INPUT ACCEPT [0:0]', false],
    [':A - [0:0]', false],
    [':', false],
  ])('may begin with a colon: %s', (text, is) => {
    expect(isOtherColon(text)).toBe(is);
  });
});

describe('the machine that a line names', () => {
  it.each<readonly [text: string, host: string | undefined]>([
    ['root@node-1:~# iptables-save', 'node-1'],
    ['[root@node-1 ~]$ ls', 'node-1'],
    ['root@node-1:~#', 'node-1'],
    ['root@node-1:~#ls', undefined],
    ['=== node-1 ===', 'node-1'],
    ['node-1:', 'node-1'],
    ['Node: web', 'web'],
    ['on the host web:', 'web'],
    ['worker-2...', 'worker-2'],
    ['worker-2-.-:', 'worker-2'],
    ['web', undefined],
    ['master', 'master'],
    ['node', undefined],
    [`=== node-1 ${'='.repeat(11)}`, 'node-1'],
    [`root@node-1:${'~'.repeat(130)}# ls`, 'node-1'],
    [`root@node-1:~# ${'x'.repeat(385)}`, 'node-1'],
    [`root@node-1:~# ${'x'.repeat(386)}`, undefined],
    ['', undefined],
  ])('%s', (text, host) => {
    expect(hostNamed(text)).toBe(host);
  });
});

describe('the blocks of nft', () => {
  it.each<readonly [text: string, starts: boolean]>([
    ['table ip nat {', true],
    ['table nat {', true],
    ['table ip nat { # handle 3', true],
    ['table x nat {', false],
    ['table {', false],
    ['table ip nat x {', false],
    ['chain KUBE-SERVICES {', true],
    ['\tset addresses {', true],
    ['chain {', false],
    ['chain A B {', false],
    ['chain A { type filter', false],
    ['chain A', false],
    ['hello world {', false],
  ])('begin: %s', (text, starts) => {
    expect(startsNftBlock(text)).toBe(starts);
    expect(nftDepthAfter(text, 0)).toBe(starts ? 1 : 0);
  });

  it('end where their braces do', () => {
    expect([nftDepthAfter('}', 2), nftDepthAfter('}', 1), nftDepthAfter('}}', 1), nftDepthAfter('x', 1)]).toEqual([1, 0, 0, 1]);
    expect(nftDepthAfter('ip daddr { 10.0.0.1, 10.0.0.2 } accept', 2)).toBe(2);
    expect(nftDepthAfter('comment "{ {" accept', 2)).toBe(2);
    expect(nftDepthAfter('comment "{ accept', 2)).toBe(2);
    expect(nftDepthAfter('elements = { 10.0.0.1,', 2)).toBe(3);
  });
});

describe('a line of ipset', () => {
  const within = (members: boolean): typeof outside => ({ ...outside, within: { kind: 'set', name: 'S', members } });
  const said = (text: string, context = outside): object | undefined => {
    const read = readSetLine(text, context);
    switch (read?.kind) {
      case 'set':
        return [read.name.text, read.name.start, read.type?.text, read.type?.start, read.family];
      case 'set-entry':
        return [read.set.text, read.set.start, read.entry.text, read.entry.start];
      case 'set-detail':
        return [read.key.text, read.value?.text, read.value?.start];
      default:
        return undefined;
    }
  };

  it.each<readonly [text: string, expected: object | undefined]>([
    ['create S hash:ip family inet hashsize 1024', ['S', 7, 'hash:ip', 9, 'ipv4']],
    ['ipset create S hash:ip family inet6', ['S', 13, 'hash:ip', 15, 'ipv6']],
    ['create create bitmap:port range 0-9', ['create', 7, 'bitmap:port', 14, undefined]],
    ['create S hash', undefined],
    ['add S 10.0.0.1', ['S', 4, '10.0.0.1', 6]],
    ['ipset add add 10.0.0.1,tcp:80 timeout 5', ['add', 10, '10.0.0.1,tcp:80', 14]],
    ['add S 10.0.0.1 to it', undefined],
    ['Name: S', ['S', 6, undefined, undefined, undefined]],
    ['Name: S T', undefined],
    ['Type: hash:ip', undefined],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it('tells of the set above it', () => {
    expect(said('Type: hash:ip', within(false))).toEqual(['Type', 'hash:ip', 6]);
    expect(said('Members:', within(false))).toEqual(['Members', undefined, undefined]);
    expect(said('10.0.0.1', within(false))).toBeUndefined();
    expect(said('10.0.0.1', within(true))).toEqual(['S', 0, '10.0.0.1', 0]);
    expect(said('10.0.0.1 comment "x"', within(true))).toEqual(['S', 0, '10.0.0.1', 0]);
    expect(said('10.0.0.1 x', within(true))).toBeUndefined();
    expect([isMembersLine(' Members: '), isMembersLine('Members: x')]).toEqual([true, false]);
  });
});

describe('what a page puts around a line', () => {
  const left = (text: string, isTable = false): string => {
    let rest = '';
    let at = 0;
    for (const { start, end, by } of markupIn(text, isTable)) {
      rest += text.slice(at, start) + by;
      at = end;
    }
    return rest + text.slice(at);
  };

  it.each<readonly [text: string, rest: string]>([
    ['<br>-A A -j B', '-A A -j B'],
    ['-A A -j B<br/>', '-A A -j B'],
    ['-A A -j B <br> </p>', '-A A -j B'],
    ['<li><code>-A A -j B</code></li>', '-A A -j B'],
    ['{noformat}-A A -j B', '-A A -j B'],
    ['{{-A A -j B}}', '-A A -j B'],
    ['[code]-A A -j B[/code]', '-A A -j B'],
    ['│ -A A -j B │', '-A A -j B'],
    ['  12 │ -A A -j B', '-A A -j B'],
    ['-A A -j B\r', '-A A -j B'],
    ['-A\u200b A -j B', '-A A -j B'],
    ['\\-A A \\-j B', '-A A -j B'],
    ['<p>-A <b>A</b> -j B', '-A A -j B'],
    // What stands in a rule alone may be its comment's.
    ['-A <b>A</b> -j B', '-A <b>A</b> -j B'],
    ['-A A --comment "<br>" -j B', '-A A --comment "<br>" -j B'],
    // Nothing else is on the line.
    ['<br>', '<br>'],
    ['{noformat}', '{noformat}'],
    ['-A A -j B', '-A A -j B'],
  ])('%j', (text, rest) => {
    expect(left(text)).toBe(rest);
    if (rest !== text) expect(mayHaveMarkup(text)).toBe(true);
  });

  it('but for characters without width in a table, where a name may hold them', () => {
    expect(left('-A A\u200b -j B', true)).toBe('-A A\u200b -j B');
    expect(left('<br>-A A\u200b -j B', true)).toBe('-A A\u200b -j B');
  });
});

describe('lines that stand on one', () => {
  const [one, two] = ['-A A -j B', '-A B -j C'];

  it.each<readonly [text: string, pieces: readonly string[]]>([
    [one, [one]],
    [`${one}   ${two}`, [one, two]],
    [`${one}  ${two}`, [one, two]],
    [`${one} ${two}`, [one, two]],
    [`${one} x`, [`${one} x`]],
    [`${one}\\n${two}\\n`, [one, two, '']],
    [`${one}\\r\\n${two}`, [one, two]],
    [`${one}\\\\n${two}`, [one, two]],
    [`"${one}\\n${two}\\n"`, [one, two, '']],
    [`-A A --comment \\"a\\" -j B\\n${two}`, ['-A A --comment "a" -j B', two]],
    [`-A A --comment "a   ${two}" -j B`, ['-A A --comment "a', `${two}" -j B`]],
    [`:A - [0:0] :B - [0:0] ${one}`, [':A - [0:0]', ':B - [0:0]', one]],
    [`*nat   :A - [0:0]   [1:60] ${one}   COMMIT`, ['*nat', ':A - [0:0]', `[1:60] ${one}`, 'COMMIT']],
    ['-A A -j KUBE-      SVC-FKYB3VE56PGE3NL6', ['-A A -j KUBE-SVC-FKYB3VE56PGE3NL6']],
  ])('%j', (text, pieces) => {
    expect(splitJoined(text)).toEqual(pieces);
    const first = pieces[0] ?? '';
    if (pieces.length > 1 && text.startsWith(first)) expect(firstJoin(text, true)).toBe(first.length);
    if (pieces.length === 1) expect(firstJoin(text, true)).toBe(-1);
  });

  it('at a single blank are none in restore input', () => {
    expect(firstJoin(`${one} ${two}`, false)).toBe(-1);
    expect(firstJoin(`${one}   ${two}`, false)).toBe(one.length);
  });

  it('know where their characters stood', () => {
    const text = `x="-A A --comment \\"a\\" -j B\\n${two}`;
    for (const { text: own, start, offsets } of joinedPieces(text)) {
      const from = Array.from(own, (_, at) => text.charAt(start + (offsets?.[at] ?? at))).join('');
      expect(from).toBe(own);
    }
    expect(joinedPieces(`${one}   ${two}`).map(({ start, offsets }) => [start, offsets])).toEqual([
      [0, undefined],
      [12, undefined],
    ]);
  });

  it('are without the quotes of the string of JSON that they are', () => {
    const texts = (text: string): readonly string[] => joinedPieces(text).map((piece) => piece.text);
    expect(texts('"*filter\\n-A INPUT -j DROP"')).toEqual(['*filter', '-A INPUT -j DROP']);
    expect(texts('"*filter\\n-A INPUT -m comment --comment \\"a b\\"",')).toEqual([
      '*filter',
      '-A INPUT -m comment --comment "a b"',
    ]);
    expect(texts('"*filter\\n-A INPUT -m comment --comment \\"a b\\"\\n"')).toEqual([
      '*filter',
      '-A INPUT -m comment --comment "a b"',
      '',
    ]);
  });

  it('are a string of JSON where their ends are escaped', () => {
    expect([
      isEscapedText(`x\\n${two}`),
      isEscapedText('x\\ny'),
      isEscapedText(`x ${two}`),
      isEscapedText(`a\\b\\n${two}`),
    ]).toEqual([true, false, false, true]);
  });
});

describe('a log that a terminal broke at its width', () => {
  const quote = 'out="*nat\\n:PREROUTING ACCEPT [0:0]\\n-A PREROUTING -j KUBE-SERVICES';
  const { length } = quote;
  const found = (...texts: readonly string[]): readonly string[] => {
    const lines = { length: texts.length, textAt: (line: number): string => texts[line] ?? '' };
    return brokenQuotes(lines).map(({ from, to, width }) => `${from}-${to} of ${width}`);
  };
  const full = 'x'.repeat(length);

  it('is several full lines and what is left', () => {
    expect(found(quote, full, full, 'end')).toEqual([`0-3 of ${length}`]);
    expect(found(quote, full, 'end')).toEqual([]);
    expect(found(quote, full, full, full)).toEqual([`0-3 of ${length}`]);
    expect(found(quote, full, full, `${full}x`)).toEqual([]);
  });

  it('may have lost a blank at the end of a line', () => {
    expect(found(quote, full.slice(1), full, full, 'end')).toEqual([`0-4 of ${length}`]);
    expect(found(quote.slice(0, -1), full, full, full, 'end')).toEqual([`0-4 of ${length}`]);
    expect(found(quote, full.slice(2), full, full, 'end')).toEqual([]);
    expect(unbroken({ length: 2, textAt: (line) => (line === 0 ? 'ab' : 'c') }, { from: 0, to: 1, width: 3 })).toBe('ab c');
  });

  it('may begin up to eight full lines above the quote', () => {
    expect(found('short', full, full, quote, full, full, 'end')).toEqual([`1-6 of ${length}`]);
    expect(found(full, quote, full, full, 'end')).toEqual([`0-4 of ${length}`]);
    expect(found(...Array.from({ length: 10 }, () => full), quote, full, full, 'end')).toEqual([`2-13 of ${length}`]);
  });

  it('is of a width that terminals have, and its beginning may go on below', () => {
    const of = (width: number): readonly string[] => {
      const whole = (quote + 'x'.repeat(5 * width)).slice(0, 4 * width + 3);
      return Array.from({ length: 5 }, (_, at) => whole.slice(at * width, (at + 1) * width));
    };
    expect(found(...of(40))).toEqual(['0-4 of 40']);
    expect(found(...of(39))).toEqual([]);
    expect(found(...of(1000))).toEqual(['0-4 of 1000']);
    expect(found(...of(1001))).toEqual([]);
    const parted = [
      `${'y'.repeat(56)}out="*na`,
      `t\\n:PREROUTING ${'x'.repeat(64)}`.slice(0, 64),
      'x'.repeat(64),
      'x'.repeat(64),
      'end',
    ];
    expect(found(...parted)).toEqual(['0-4 of 64']);
  });

  it('may come several times', () => {
    expect(found(quote, full, full, 'end', quote, full, full, 'end')).toEqual([`0-3 of ${length}`, `4-7 of ${length}`]);
  });
});
