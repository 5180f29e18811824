import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import type { Fix } from '../../server/src/lint/mending/fix.ts';
import { mend } from '../../server/src/lint/mending/mend.ts';
import { changedLines, textOf, unmendedLines, withOwnLineEnds } from '../../server/src/lint/mending/mended-text.ts';
import { unifiedDiff } from '../../server/src/lint/mending/unified-diff.ts';
import type { Finding, Place } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument, type SourceDocument } from '../../server/src/syntax/document.ts';

/** What is found in a dump, and the dump as it was read. */
export interface Found {
  readonly document: SourceDocument;
  readonly findings: readonly Finding[];
}

/** Lints a dump, beside a cluster where there is one. */
export function lookAt(text: string, cluster?: Cluster): Found {
  const document = readWholeDocument(text, 'node.iptables');
  const against = cluster === undefined ? undefined : { cluster, options: {} };
  const input = { document, ruleset: buildWholeRuleset(document) };
  return { document, findings: runToEnd(allFindings(input, ownSeverities, against)).findings };
}

/** "3:0-17", the line 1-based, the offsets 0-based. */
function placeText({ line, start, end }: Place): string {
  return `${line + 1}:${start}-${end}`;
}

/** A text with what cannot be seen in it by its number, on one line, at most 400 characters. */
function visible(text: string): string {
  const seen = text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return seen.length > 400 ? `${seen.slice(0, 400)}… (${seen.length})` : seen;
}

/** A fix with the lines that it takes away and puts in. */
function fixText(document: SourceDocument, { title, safety, changes, mendsLineEnds }: Fix): readonly string[] {
  const before = document.lines.slice().map(({ text }) => text);
  const made = mendsLineEnds === true ? changes() : withOwnLineEnds(document, changes());
  const after = runToEnd(changedLines(runToEnd(unmendedLines(before.join('\n'))), made));
  const diff = unifiedDiff(before, after, 'old', 'new').split('\n').slice(2);
  const kept = diff.filter((line) => !line.startsWith(' ') && line !== '');
  return [`    ${safety}: ${visible(title)}`, ...kept.slice(0, 12).map((line) => `      ${visible(line)}`)];
}

/** All that a finding says, and what its fixes do, in lines. */
export function inFull(document: SourceDocument, finding: Finding): readonly string[] {
  const { code, severity, message, table, chain, related, onNode, unnecessary } = finding;
  const where = [table?.name, chain?.name].filter((name) => name !== undefined).join(' ');
  return [
    `  ${placeText(finding)} ${severity} ${code}${unnecessary ? ', fades out' : ''}${where === '' ? '' : `, of ${visible(where)}`}`,
    `    ${visible(message)}`,
    ...related.map((place) => `    see ${placeText(place)}: ${visible(place.message)}`),
    ...finding.fixes().flatMap((fix) => fixText(document, fix)),
    ...onNode.map(({ command, does }) => `    on the node: ${visible(command)} (${does})`),
  ];
}

/** A finding in a few words: where, what, how grave, and how safely it can be mended. */
export function inShort(finding: Finding): string {
  const fixes = finding.fixes().map(({ safety }) => (safety === 'safe' ? '+' : '?'));
  return `${placeText(finding)} ${finding.code} ${finding.severity.charAt(0)}${fixes.join('')}`;
}

/** The text after one fix. */
export function textAfter(text: string, { changes, mendsLineEnds }: Fix): string {
  const document = readWholeDocument(text, 'node.iptables');
  const made = mendsLineEnds === true ? changes() : withOwnLineEnds(document, changes());
  return runToEnd(textOf(runToEnd(changedLines(runToEnd(unmendedLines(text)), made))));
}

/** What mending makes of a text, first with what is safe alone, then with all else: the fixes in order, the lines that changed, what is left. */
export function mendedInFull(text: string): readonly string[] {
  return [false, true].flatMap((unsafe) => {
    const { lines, made, left } = runToEnd(
      mend({
        text,
        fileName: 'node.iptables',
        unsafe,
        *find(input) {
          return (yield* allFindings(input, ownSeverities, undefined)).findings;
        },
      }),
    );
    const diff = unifiedDiff(text.split('\n'), lines, 'old', 'new').split('\n').slice(2);
    return [
      `  ${unsafe ? 'with all' : 'with what is safe'}: ${made.map(({ code, title }) => visible(`${code} (${title})`)).join(', ')}`,
      ...diff.filter((line) => line !== '' && !line.startsWith(' ')).map((line) => `    ${visible(line)}`),
      `    left: ${left.map(inShort).join(' ')}`,
    ];
  });
}
