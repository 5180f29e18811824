import { expect } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import type { Finding } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { markersIn } from '../support/markers.ts';

/** Everything that is said of a text where there is no cluster. */
export function findingsIn(text: string, fileName = ''): readonly Finding[] {
  const document = readWholeDocument(text, fileName);
  const input = { document, ruleset: buildWholeRuleset(document) };
  return runToEnd(allFindings(input, ownSeverities, undefined)).findings;
}

/** Lines of a test's dump without the indent that they have in the test. */
export function dump(text: string): string {
  return text.replace(/^\n/, '').replace(/^ +/gm, '').trimEnd().concat('\n');
}

/**
 * Lints a dump with markers and expects each marker's finding and no other: the carets are its place, the word behind them its code, what
 * follows the colon a part of its message.
 *
 *     -A INPUT -j NOWHERE
 *     #           ^^^^^^^ undeclared-chain: NOWHERE
 */
export function checkFindings(text: string, fileName = ''): void {
  const source = dump(text);
  const markers = markersIn(source);
  const findings = findingsIn(source, fileName);
  const found = findings.map(({ line, start, end, code }) => `${line + 1}:${start}-${end} ${code}`);
  const expected = markers.map(({ line, start, end, verb }) => `${line + 1}:${start}-${end} ${verb}`);
  expect(found.toSorted(), 'findings').toEqual(expected.toSorted());
  for (const marker of markers) {
    const finding = findings.find(
      ({ line, start, code }) => line === marker.line && start === marker.start && code === marker.verb,
    );
    expect(finding?.message).toContain(marker.text);
  }
}

/** [code, severity] of each finding, but for the one that says which lines are skipped. */
export function codesAndSeverities(text: string, fileName?: string): readonly (readonly [string, string])[] {
  return findingsIn(text, fileName)
    .filter(({ code }) => code !== 'not-iptables')
    .map(({ code, severity }) => [code, severity]);
}
