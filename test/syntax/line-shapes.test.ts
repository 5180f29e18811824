import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { knownShape, learnShape } from '../../server/src/syntax/known-line-cache.ts';
import { type Line, lineContext } from '../../server/src/syntax/line.ts';
import { LineBytes } from '../../server/src/syntax/line-bytes.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import { generateDump } from '../bench/generate.ts';
import { fixtureNames, fixturePath, fixtureText } from '../support/fixtures.ts';

const reader = createStatementReader();

/** What the parser alone says of a line, as far as a line keeps it. */
function parsed({ text, context }: Line): object {
  const statement = reader.read(text, context);
  switch (statement.kind) {
    case 'rule': {
      const { kind, command, isGoto, problems, chain, target } = statement;
      return { kind, name: chain.text, target: target?.text ?? '', command, isGoto, problems };
    }
    case 'chain':
      return {
        kind: statement.kind,
        name: statement.name.text,
        target: '',
        command: statement.policy === undefined || statement.policy.text === '-' ? 'new' : 'policy',
        isGoto: false,
        problems: statement.problems,
      };
    default:
      return {};
  }
}

function compared(text: string): number {
  let count = 0;
  for (const line of readWholeDocument(text).lines) {
    if (line.prefix > 0 || line.listing || (line.kind !== 'rule' && line.kind !== 'chain')) continue;
    const { kind, name, target, command, isGoto, problems } = line;
    expect({ kind, name, target, command, isGoto, problems }, line.text).toEqual(parsed(line));
    count += 1;
  }
  return count;
}

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

describe('a line of a known shape', () => {
  it('is what the parser says it is', () => {
    expect(compared(sample)).toBeGreaterThan(100);
    expect(compared(generateDump({ services: 20, endpoints: 5 }))).toBeGreaterThan(500);
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
