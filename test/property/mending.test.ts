import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import { mend } from '../../server/src/lint/mending/mend.ts';
import {
  changedLines,
  hunksOf,
  type MendedLine,
  textOf,
  unmendedLines,
  withOwnLineEnds,
} from '../../server/src/lint/mending/mended-text.ts';
import type { Finding, LintInput } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { faultyDump } from '../support/faulty-dumps.ts';
import { pageExamples } from '../support/finding-pages.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';

function read(text: string): LintInput {
  const document = readWholeDocument(text, 'node.iptables');
  return { document, ruleset: buildWholeRuleset(document) };
}

function findingsOf(input: LintInput): readonly Finding[] {
  return runToEnd(allFindings(input, ownSeverities, undefined)).findings;
}

function errorsIn(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code, severity } of findings) if (severity === 'error') counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

function bare(line: MendedLine | undefined): string {
  return line?.text.trim() ?? '';
}

/** Each fix of each finding of a text: the finding is gone, no other error is there, and only the changed lines mean something else. */
function checkFixes(text: string): number {
  const input = read(text);
  const findings = findingsOf(input);
  const isMarked = text.startsWith('\ufeff');
  const lines = runToEnd(unmendedLines(isMarked ? text.slice(1) : text));
  let tried = 0;
  for (const finding of findings) {
    for (const fix of finding.fixes()) {
      tried += 1;
      const changes = fix.mendsLineEnds === true ? fix.changes() : withOwnLineEnds(input.document, fix.changes());
      const mended = runToEnd(changedLines(lines, changes));
      const after = read(runToEnd(textOf(mended)));
      const left = findingsOf(after);
      const what = `${finding.code} (line ${finding.line + 1}): ${fix.title}\n${text}\n--- mended:\n${runToEnd(textOf(mended))}`;
      const isLeft = left.some(
        ({ code, message, line }) =>
          code === finding.code &&
          message === finding.message &&
          after.ruleset.lines.at(line)?.text === input.ruleset.lines.at(finding.line)?.text,
      );
      const count = (all: readonly Finding[]): number => all.filter(({ code }) => code === finding.code).length;
      expect(isLeft && count(left) >= count(findings), `is still there: ${what}`).toBe(false);
      const before = errorsIn(findings);
      for (const [code, number] of errorsIn(left))
        expect(number, `another ${code}: ${what}`).toBeLessThanOrEqual(isMoreShown(finding) ? number : (before.get(code) ?? 0));
      // Of rules that are alike one may stand for the other.
      const wereThere = new Set(
        runToEnd(hunksOf(mended, lines.length)).flatMap(({ from, to }) => lines.slice(from, to).map(bare)),
      );
      const areNew = new Set(mended.filter(({ origin }) => origin === undefined).map(bare));
      if (finding.severity === 'error') continue;
      for (const { change, line, rule } of runToEnd(diffDumps(input.ruleset, after.ruleset)).rules)
        expect(
          change === 'added' ? areNew.has(bare(mended[(line ?? 0) - 1])) : wereThere.has(bare(lines[(line ?? 0) - 1])),
          `also changed: ${change} ${rule}: ${what}`,
        ).toBe(true);
    }
  }
  return tried;
}

/** With COMMIT, or told apart, a table is looked at as a whole for the first time. */
function isMoreShown({ code }: Finding): boolean {
  return ['missing-commit', 'joined-lines', 'unknown-table', 'outside-table'].includes(code);
}

describe('a quick fix does away with its finding, brings no error, and changes nothing else', () => {
  it.each(pageExamples().map(({ code, text }): [string, string] => [code, text]))('in the example of %s', (_, text) => {
    checkFixes(text);
  });

  const half = (text: string, part: 0 | 1): string => {
    const lines = text.split('\n');
    const middle = lines.length >> 1;
    return (part === 0 ? lines.slice(0, middle) : lines.slice(middle)).join('\n');
  };
  const rules = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('-A '));

  it.each<readonly [string, (text: string) => string]>([
    ['as they are', (text) => text],
    ['with line ends of Windows', (text) => text.replace(/\r?\n/g, '\r\n')],
    ['with tabs', (text) => text.replace(/^(-A \S+) /gm, '$1\t')],
    ['indented', (text) => text.replace(/^/gm, '  ')],
    ['cut at the end', (text) => half(text, 0)],
    ['cut at the beginning', (text) => half(text, 1)],
    [
      'as commands',
      (text) =>
        rules(text)
          .map((rule) => `sudo iptables -t nat ${rule}`)
          .join('\n'),
    ],
  ])('in dumps and listings, of both families, as people paste them: %s', (_, change) => {
    const small = ['pasted', 'sample', 'protocol', 'flow', 'seen', 'packets', 'lab/round-2', 'lab/shop-listings']
      .flatMap(fixtureNames)
      .filter((name) => /\.(?:iptables|ip6tables|txt)$/.test(name) && !name.endsWith('changes.txt'))
      .map(fixtureText)
      .filter((text) => text.length < 40_000);
    let tried = 0;
    for (const text of small) tried += checkFixes(change(text));
    expect(tried).toBeGreaterThan(5);
  });

  it('in dumps with faults', () => {
    let tried = 0;
    fc.assert(
      fc.property(faultyDump, (text) => {
        tried += checkFixes(text);
      }),
      { numRuns: 150, seed: 11 },
    );
    expect(tried).toBeGreaterThan(150);
  });
});

describe('mending', () => {
  const mended = (text: string, unsafe: boolean) =>
    runToEnd(
      mend({
        text,
        fileName: 'node.iptables',
        unsafe,
        *find(input) {
          return (yield* allFindings(input, ownSeverities, undefined)).findings;
        },
      }),
    );

  it('ends, leaves nothing that it could still mend, and says by lines what it changed', () => {
    fc.assert(
      fc.property(faultyDump, fc.boolean(), (text, unsafe) => {
        const { text: after, lines, left } = mended(text, unsafe);
        expect(runToEnd(textOf(lines))).toBe(after);
        for (const { fixes } of left)
          expect(
            fixes()
              .filter(({ safety }) => unsafe || safety === 'safe')
              .map(({ title }) => title),
          ).toEqual([]);
        const before = text.split('\n');
        for (const { text: line, origin } of lines) if (origin !== undefined) expect(line).toBe(before[origin]);
        expect(mended(after, unsafe).text).toBe(after);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  it('keeps line ends, a byte order mark and bytes that are no UTF-8', () => {
    fc.assert(
      fc.property(faultyDump, (text) => {
        const strange = `\ufeff${text.replace('shop/web', 'shop/w\udce9b')}`;
        const after = mended(strange.replaceAll('\n', '\r\n'), false).text;
        expect(after.startsWith('\ufeff')).toBe(true);
        expect(
          after
            .split('\n')
            .slice(0, -1)
            .every((line) => line.endsWith('\r')),
        ).toBe(true);
      }),
      { numRuns: 40, seed: 11 },
    );
  });
});
