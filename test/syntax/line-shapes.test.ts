import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { knownShape, learnShape } from '../../server/src/syntax/known-line-cache.ts';
import { lineContext } from '../../server/src/syntax/line.ts';
import { LineBytes } from '../../server/src/syntax/line-bytes.ts';
import { told, toldChain, toldTarget } from '../../server/src/syntax/line-shape.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import { generateDump } from '../bench/generate.ts';
import { fixtureNames, fixturePath, fixtureText } from '../support/fixtures.ts';
import { compared } from './shapes-and-parser.ts';

const reader = createStatementReader();

const sample = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');

describe('the shape of a line', () => {
  it.each(['', '[12:3456] '])('tells the others of its shape, with and without counters: "%s"', (counters) => {
    // Circumstances that no other test has: what one learns, another finds.
    const context = { ...lineContext('ipv4', undefined, 'nat') };
    const line = (hash: string): string => `${counters}-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-${hash}`;
    const first = line('AAAAAAAAAAAAAAAA');
    const shapeOf = (text: string): object | undefined => {
      const bytes = new LineBytes();
      bytes.fill(text, 0, text.length);
      return knownShape(bytes.bytes, 0, context);
    };
    expect(shapeOf(line('BBBBBBBBBBBBBBBB'))).toBeUndefined();
    learnShape(first, context, reader.read(first, context));
    expect(shapeOf(line('BBBBBBBBBBBBBBBB'))).toMatchObject({ chain: 'KUBE-SERVICES', target: undefined });
    expect(shapeOf(`${line('BBBBBBBBBBBBBBBB')} --odd`)).toBeUndefined();
  });
});

describe('what may vary in a line of a known shape', () => {
  const [a, b] = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SVC-BBBBBBBBBBBBBBBB'];

  /** Which of these lines are told by the shape of the first, as `told` says. */
  function toldBy(learned: string, texts: readonly string[]): readonly string[] {
    const context = { ...lineContext('ipv4', undefined, 'nat') };
    learnShape(learned, context, { ...reader.read(learned, context), problems: [] });
    return texts.filter((text) => {
      const bytes = new LineBytes();
      bytes.fill(text, 0, text.length);
      const shape = knownShape(bytes.bytes, 0, context);
      if (shape !== undefined) {
        expect(told.end).toBe(text.replace(/\r$/, '').length);
        expect([toldChain(shape), toldTarget(shape)]).toEqual([
          /-A (\S+)/.exec(text)?.[1] ?? /^:(\S+)/.exec(text)?.[1],
          /-j (\S+)/.exec(text)?.[1] ?? '',
        ]);
      }
      return shape !== undefined;
    });
  }

  it.each<readonly [what: string, line: (value: string) => string, taken: readonly string[], left: readonly string[]]>([
    [
      'an address',
      (value) => `-A ${a} -s ${value}/32 -j ${b}`,
      ['10.96.0.1', '0.0.0.0', '255.255.255.255', '1.2.3.4'],
      [
        '256.0.0.0',
        '10.96.0.256',
        '01.0.0.0',
        '10.96.0.00',
        '10.96.0',
        '10.96.0.1.1',
        '10..0.1',
        '',
        '10.96.0.',
        'a.b.c.d',
        '1000.0.0.0',
      ],
    ],
    [
      'an address of IPv6',
      (value) => `-A ${a} -s ${value}/128 -j ${b}`,
      ['fd00:10:96::1', 'a::b', '1:2:3:4:5:6::7', '0123:4567:89ab::cdef', 'fd00::'.concat('1234')],
      [
        '::1',
        'fd00::',
        '1:2:3:4:5:6:7::8',
        '1:2:3:4:5:6:7:8',
        '12345::1',
        'fd00::12345',
        'fd00::1:2',
        'g::1',
        'FD00::1',
        'fd00:1',
        '',
      ],
    ],
    [
      'a port',
      (value) => `-A ${a} -p tcp -m tcp --dport ${value} -j ${b}`,
      ['80', '1', '64999', '9'],
      ['65000', '0', '080', '', '8o', '-1', '650000'],
    ],
    [
      'a share',
      (value) => `-A ${a} -m statistic --mode random --probability ${value} -j ${b}`,
      ['0.50000000000', '0.33333333349', '0.00000000000'],
      ['0.3333333334', '0.333333333490', '1.00000000000', '.500000000000', '0,50000000000', '0.3333333334x', ''],
    ],
    [
      'a comment in quotes',
      (value) => `-A ${a} -m comment --comment "${value}" -j ${b}`,
      ['a b', ' ', '!', '~', '#', 'x'.repeat(200)],
      ['', 'x'.repeat(201), 'a\\"b', 'ä', 'a\tb', '\u007f'],
    ],
    [
      'a comment of a word',
      (value) => `-A ${a} -m comment --comment ${value} -j ${b}`,
      ['web', 'w', 'Web', 'shop/web:http', 'a.b_c-9', 'x'.repeat(101)],
      ['x'.repeat(102), '1web', '_web', 'a,b', 'web...', 'web.', ''],
    ],
    [
      'counters',
      (value) => `${value}-A ${a} -s 10.0.0.1/32 -j ${b}`,
      ['[12:3456] ', '[0:0] ', `[${'9'.repeat(15)}:${'9'.repeat(15)}] `],
      [`[${'9'.repeat(16)}:0] `, `[0:${'9'.repeat(16)}] `, '[:1] ', '[1:] ', '[1;1] ', '[1:1]', '[1:1', '1:1] ', ''],
    ],
    [
      'a name',
      (value) => `-A ${a} -m recent --name ${value} --rsource -j ${b}`,
      ['KUBE-SEP-CCCCCCCCCCCCCCCC', 'KUBE-FW-2345677777777777', 'KUBE-XLB-CCCCCCCCCCCCCCCC'],
      [
        'KUBE-SEP-CCCCCCCCCCCCCCC',
        'KUBE-SEP-CCCCCCCCCCCCCCCCC',
        'KUBE-SEP-CCCCCCCCCCCCCCC1',
        'KUBE-ABC-CCCCCCCCCCCCCCCC',
        'web',
        '',
      ],
    ],
    [
      'the end of a line',
      (value) => `-A ${a} -s 10.0.0.1/32 -j ${b}${value}`,
      ['', '\r'],
      [' ', '\r\r', '\rx', ' -m comment', 'C'],
    ],
    ['the counters of a declaration', (value) => `:${a} - ${value}`, ['[0:0]'], ['[1:0]', '[0:0] ', '']],
  ])('%s', (_, line, taken, left) => {
    const first = line(taken[0] ?? '');
    expect(toldBy(first, taken.map(line))).toEqual(taken.map(line));
    expect(toldBy(first, left.map(line))).toEqual([]);
  });

  it('is nothing in a line that no other is like', () => {
    const none = (learned: string, ...others: readonly string[]): void =>
      expect(toldBy(learned, [learned, ...others])).toEqual([]);
    // No hashed name, blanks that nobody prints, other commands, no target, a target with options behind it.
    none('-A INPUT -s 10.0.0.1/32 -j KUBE-SERVICES');
    none(`-A ${a}  -s 10.0.0.1/32 -j ${b}`);
    none(`-A ${a} -s 10.0.0.1/32 -j ${b} `);
    none(`-I ${a} -s 10.0.0.1/32 -j ${b}`);
    none(`-A ${a} -s 10.0.0.1/32`);
    none(`-A ${a} -s 10.0.0.1/32 -g ${b}`);
    none(`-A ${a} -j ${b} -s 10.0.0.1/32`);
    none(`-A ${a} -m comment --comment "ä" -j ${b}`);
    none(`-A ${a} -m comment --comment "${'x'.repeat(4_200)}" -j ${b}`);
  });
});

describe('a line of a known shape', () => {
  it('is what the parser says it is', () => {
    expect(compared(sample)).toBeGreaterThan(100);
    expect(compared(generateDump({ services: 20, endpoints: 5 }))).toBeGreaterThan(500);
  });

  it('is so, too, where a title says the table, or nothing does', () => {
    const dump = generateDump({ services: 20, endpoints: 5 });
    for (const text of [dump.replaceAll(/^\*/gm, ''), dump.replaceAll(/^\*.*\n/gm, '')]) {
      expect(compared(text)).toBeGreaterThan(500);
      const { lines } = readWholeDocument(text);
      expect(lines.slice().filter((_, number) => lines.shapeAt(number) === 0).length).toBeLessThan(100);
    }
  });

  it('is looked at where somebody may have left out its end', () => {
    const line = (comment: string): string => `-A KUBE-SEP-CP5QHNIO4PJT7S4A -j ACCEPT -m comment --comment ${comment}`;
    const { lines } = readWholeDocument([line('web'), line('web'), line('web...')].join('\n'));
    expect(lines.slice().map(({ isUnsure }) => isUnsure)).toEqual([false, false, true]);
  });

  it('is looked at by the parser where a value is out of bounds', () => {
    const good = '-A KUBE-SEP-CP5QHNIO4PJT7S4A -p tcp -m tcp -j DNAT --to-destination 10.244.1.31:8443';
    const bad = [
      good.replace('8443', '99999'),
      good.replace('10.244', '10.999'),
      good.replace('--to-destination', '--to-destinatiom'),
    ];
    const { lines } = readWholeDocument(['*nat', good, good, ...bad, 'COMMIT'].join('\n'));
    expect(lines.slice().map((line) => line.problems.length > 0)).toEqual([false, false, false, true, true, true, false]);
  });

  it('is what the parser says it is after any small damage', () => {
    const lines = sample.split('\n').filter((line) => line.startsWith('-A KUBE-S') || line.startsWith(':KUBE-S'));
    const damage = fc.record({
      line: fc.constantFrom(...lines),
      at: fc.nat(250),
      cut: fc.nat(4),
      text: fc.oneof(
        fc.constantFrom('0', '9', '-', '!', ' ', '"', '.', ':', '/', 'K', '\\', '256', ' -j '),
        fc.string({ maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(damage, ({ line, at, cut, text }) => {
        const damaged = `${line.slice(0, at)}${text.replaceAll('\n', '')}${line.slice(at + cut)}`;
        compared(`*nat\n${line}\n${damaged}\n${damaged}\nCOMMIT\n`);
      }),
      { seed: 20_261_124, numRuns: 2_000 },
    );
  });
});

describe('recorded dumps', () => {
  const files = fixtureNames('lab').filter((name) => name.endsWith('tables'));

  it.each(files)('%s reads the same by shapes and by the parser', (name) => {
    expect(compared(fixtureText(name))).toBeGreaterThan(10);
  });
});
