import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { contextAfter } from '../../server/src/syntax/context-after.ts';
import type { SourceDocument } from '../../server/src/syntax/document.ts';
import { type Line, lineContext } from '../../server/src/syntax/line.ts';
import { Lines } from '../../server/src/syntax/lines.ts';
import { readLine } from '../../server/src/syntax/read-line.ts';
import { scanLines } from '../../server/src/syntax/scan-lines.ts';
import { faultyLines, unusualLines } from '../../server/src/syntax/unusual-lines.ts';
import { generateDump } from '../bench/generate.ts';
import { fixturePath } from '../support/fixtures.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

const start = lineContext(undefined, undefined, undefined);

/** The lines of a text, each read by itself. */
function readOneByOne(text: string): readonly Line[] {
  const lines: Line[] = [];
  let context = start;
  const pieces = text.split('\n');
  for (const [number, piece] of pieces.entries()) {
    const endsInCr = number < pieces.length - 1 && piece.endsWith('\r');
    const line = readLine(endsInCr ? piece.slice(0, -1) : piece, context, endsInCr);
    lines.push(line);
    context = contextAfter(line);
  }
  return lines;
}

function outline({ text, kind, name, target, command, carriageReturn, problems, context, isPlain }: Line): object {
  return { text, kind, name, target, command, carriageReturn, problems, context, isPlain };
}

function scan(text: string): Lines {
  return runToEnd(scanLines(text, start));
}

/** Scans a text, and expects all that reading its lines one by one gives. */
function expectSame(text: string): Lines {
  const lines = scan(text);
  const each = Lines.of(readOneByOne(text));
  expect(Array.from(lines, outline)).toEqual(Array.from(each, outline));
  expect([...unusualLines(lines), ...faultyLines(lines)].sort((a, b) => a - b)).toEqual(unusualLines(each));
  for (const number of faultyLines(lines)) expect(lines.faultAt(number)).toBeDefined();
  expect(Array.from(lines, (_, number) => columnsOf(lines, number))).toEqual(
    Array.from(each, ({ name, target, text: own, kind, isPlain }) => ({ name, target, text: own, kind, isPlain })),
  );
  return lines;
}

/** What the columns say of a line, without the line. */
function columnsOf(lines: Lines, number: number): object {
  const { kind, isPlain } = lines.formAt(number) ?? {};
  return { name: lines.nameAt(number), target: lines.targetAt(number), text: lines.textAt(number), kind, isPlain };
}

function documentOf(lines: Lines): SourceDocument {
  return { lines, start, byteOrderMark: false, hasBrokenLines: false };
}

const sample = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const large = generateDump({ services: 200, endpoints: 10 });

describe('lines that are scanned', () => {
  it('are those that are read one by one, over several parts of a text', () => {
    expectSame(large);
  });

  it('are of known shapes, but for the first of each', async () => {
    // Modules of its own: so many shapes are learned, and other tests have learned some.
    vi.resetModules();
    const { scanLines: scanAnew } = await import('../../server/src/syntax/scan-lines.ts');
    const { shapes } = runToEnd(scanAnew(large, start)).columns;
    expect(shapes.filter((shape) => shape === 0).length).toBeLessThan(100);
    expect(shapes.length).toBeGreaterThan(8_000);
  });

  it.each([-1, 0, 1, 1_000])('are the same where their number is told, also where it is wrong by %d', (by) => {
    const told = large.split('\n').length + by;
    const lines = runToEnd(scanLines(large, start, told));
    const expected = scan(large);
    expect(lines.length).toBe(expected.length);
    expect(lines.columns.starts).toHaveLength(lines.length);
    expect(Array.from(lines, outline)).toEqual(Array.from(expected, outline));
  });

  it('have their own names while another text is scanned between', () => {
    const other = generateDump({ services: 190, endpoints: 9 });
    const [scans, whole] = [[large, other].map((text) => scanLines(text, start)), [large, other].map((text) => scan(text))];
    const done: Lines[] = [];
    while (done.filter((lines) => lines !== undefined).length < scans.length) {
      for (const [at, steps] of scans.entries()) {
        const { value } = steps.next();
        if (value !== undefined) done[at] = value;
      }
    }
    for (const [at, lines] of done.entries()) expect(Array.from(lines, outline)).toEqual(Array.from(whole[at] ?? [], outline));
  });

  it('end in CR LF, but for a CR at the end of the text', () => {
    const lines = expectSame(`${sample.trimEnd().replaceAll('\n', '\r\n')}\r`);
    expect(lines.at(lines.length - 2)?.carriageReturn).toBe(true);
    expect(lines.at(lines.length - 1)?.text.endsWith('\r')).toBe(true);
    const rule = '-A KUBE-SEP-CP5QHNIO4PJT7S4A -s 10.244.1.31/32 -j KUBE-MARK-MASQ';
    expect(
      expectSame(`*nat\n${rule}\n${rule}\r\n${rule}\r`)
        .slice()
        .map(({ text }) => text.length - rule.length)
        .slice(1),
    ).toEqual([0, 0, 1]);
  });

  it('may hold what is not ASCII, and be too long for a part', () => {
    const [head = '', ...rest] = sample.split('\n');
    expectSame([head, '# Düsseldorf \u{1f600} \ud800', ...rest].join('\n'));
    expectSame(`${head}\n# ${'x'.repeat(1_100_000)}\n${rest.join('\n')}`);
    expectSame(`# ${'x'.repeat(1_100_000)}`);
  });

  it('are those that are read one by one after any small damage', () => {
    const damage = fc.record({
      at: fc.nat(sample.length),
      cut: fc.nat(6),
      text: fc.oneof(fc.constantFrom('\r', '\n', '\r\n', 'é', '0', ' ', '-', 'KUBE-SVC-'), fc.string({ maxLength: 4 })),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), (damages) => {
        let text = sample;
        for (const { at, cut, text: added } of damages) text = text.slice(0, at) + added + text.slice(at + cut);
        expectSame(text);
      }),
      { seed: 20_261_126, numRuns: 60 },
    );
  });

  it('make the ruleset that they make without what was found on the way', () => {
    for (const text of [sample, large, large.replaceAll('\n', '\r\n'), large.replace(/^:KUBE-SEP.*\n/gm, '')]) {
      const lines = scan(text);
      expect(rulesetOutline(buildWholeRuleset(documentOf(lines)))).toEqual(
        rulesetOutline(buildWholeRuleset(documentOf(Lines.of([...lines])))),
      );
    }
  });
});
