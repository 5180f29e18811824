import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { diagnosticsOf } from '../../server/src/features/diagnostics.ts';
import { setBlocks } from '../../server/src/features/hover/set.ts';
import type { Block } from '../../server/src/features/support/markup.ts';
import { someOf } from '../../server/src/kube/drift/endpoint-findings.ts';
import { readExpectations } from '../../server/src/kube/expectation/read-expectations.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { type Finding, finding, type Severity } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { dumpState } from '../support/dump-state.ts';
import { faultyDump } from '../support/faulty-dumps.ts';

// Where not all is shown: no more than the limit, the right ones, and a sentence with how many are left out, which is there when some are.

const seeded = { seed: 20_261_126, numRuns: 60 };
const ranks: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

function keyOf({ line, start, code, message }: Finding): string {
  return `${line}:${start} ${code} ${message}`;
}

describe('what does not fit', () => {
  it('of findings are the least grave, and how many they are stands at the top', () => {
    const found = fc
      .array(fc.record({ line: fc.nat(50), severity: fc.constantFrom(...ranks) }), { maxLength: 60 })
      .map((list) =>
        list.map(({ line, severity }, index) =>
          finding({ line, start: 0, end: 1 }, 'unknown-set', severity, `finding ${index}`, {}),
        ),
      );
    fc.assert(
      fc.property(found, fc.integer({ min: 1, max: 60 }), (findings, limit) => {
        const diagnostics = runToEnd(diagnosticsOf(findings, 'file:///a', limit));
        expect(diagnostics.length).toBe(Math.min(findings.length, limit));
        const [first] = diagnostics;
        if (findings.length <= limit) {
          expect(diagnostics.map(({ message }) => message)).toEqual(findings.map(({ message }) => message));
          return;
        }
        expect(first?.message).toBe(
          `${findings.length - limit + 1} further findings are not shown (setting iptables.maxDiagnostics)`,
        );
        const shown = new Set(diagnostics.slice(1).map(({ message }) => message));
        const rankOf = ({ severity }: Finding): number => ranks.indexOf(severity);
        const kept = findings.filter(({ message }) => shown.has(message)).map(rankOf);
        const left = findings.filter(({ message }) => !shown.has(message)).map(rankOf);
        expect(Math.max(-1, ...kept)).toBeLessThanOrEqual(Math.min(...left));
      }),
      seeded,
    );
  });

  it('of lint is what its last rules would say, in text order all the same', () => {
    fc.assert(
      fc.property(faultyDump, fc.nat(30), (text, limit) => {
        const document = readWholeDocument(text, 'node.iptables');
        const input = { document, ruleset: buildWholeRuleset(document) };
        const all = runToEnd(lint(input));
        const some = runToEnd(lint(input, limit));
        expect(some.length).toBe(Math.min(all.length, limit));
        const keys = all.map(keyOf);
        expect(keys).toEqual(expect.arrayContaining(some.map(keyOf)));
        expect(some.map(({ line }) => line)).toEqual(some.map(({ line }) => line).toSorted((a, b) => a - b));
        // More room takes nothing away.
        const more = runToEnd(lint(input, limit + 1)).map(keyOf);
        expect(more).toEqual(expect.arrayContaining(some.map(keyOf)));
      }),
      { ...seeded, numRuns: 25 },
    );
  });

  it('of names in a sentence is counted behind the first', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.integer({ min: 1, max: 9 }), (count, most) => {
        const names = Array.from({ length: count }, (_, index) => `n${index}`);
        const [shown = '', more] = someOf(names, most).split(' and ');
        const listed = shown === '' ? [] : shown.split(', ');
        expect(listed).toEqual(names.slice(0, most));
        expect(more).toBe(count > most ? `${count - most} more` : undefined);
      }),
      seeded,
    );
  });

  it('of the members of a set is counted below the first', () => {
    const text = (block: Block | undefined): string =>
      block?.kind === 'paragraph' ? [block.text].flat().map(String).join('') : '';
    fc.assert(
      fc.property(fc.nat(60), (count) => {
        const members = Array.from({ length: count }, (_, index) => `add s 10.0.0.${index}\n`).join('');
        const blocks = setBlocks(dumpState(`create s hash:ip family inet\n${members}`), 's');
        const list = blocks.find((block) => block.kind === 'list');
        const shown = list?.kind === 'list' ? list.items.length : 0;
        expect(shown).toBe(Math.min(count, 20));
        expect(blocks.map(text).filter((line) => line.startsWith('and '))).toEqual(count > 20 ? [`and ${count - 20} more`] : []);
        expect(blocks.map(text)).toContain(count === 0 ? 'No members.' : count === 1 ? '1 member:' : `${count} members:`);
      }),
      seeded,
    );
  });

  it('of what is wrong with a file of expectations is not told, and the first is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), (count) => {
        const wrong = Array.from({ length: count }, (_, index) => `  - odd${index}: 1\n`).join('');
        const { problems } = readExpectations(`expectations:\n${wrong}`);
        expect(problems.length).toBeGreaterThan(0);
        expect(problems.length).toBeLessThanOrEqual(100);
        const lines = problems.map(({ span }) => span.start.line);
        expect(lines[0]).toBeLessThanOrEqual(2);
        expect(lines).toEqual(lines.toSorted((a, b) => a - b));
      }),
      seeded,
    );
  });
});
