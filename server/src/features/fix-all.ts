import { type CodeAction, CodeActionKind, type TextEdit } from 'vscode-languageserver-types';
import { joinedSteps, mappedSteps, type Steps } from '../base/steps.ts';
import { allFindings } from '../lint/all-findings.ts';
import { fixToMake, mend } from '../lint/mending/mend.ts';
import { type Hunk, hunksOf } from '../lint/mending/mended-text.ts';
import type { Finding, LintInput } from '../lint/support/finding.ts';
import type { Severities } from '../lint/support/judge.ts';
import type { Line } from '../syntax/line.ts';
import { editsOf } from './code-actions.ts';
import type { DumpState } from './support/state.ts';

/** The kind of the action; a client may ask for `source` or `source.fixAll` as well. */
export const fixAllKind = `${CodeActionKind.SourceFixAll}.iptables`;

/** Whether a client that asks for these kinds alone asks for a kind: "source" for "source.fixAll". All are asked for without. */
export function wantsKind(only: readonly string[] | undefined, kind: string): boolean {
  return only === undefined || only.some((wanted) => kind === wanted || kind.startsWith(`${wanted}.`));
}

/**
 * No file of more is mended by one click: all of it is read again after each round of fixes, and changed in an editor. VS Code takes a text of as many lines for a large
 * one, too; `iptables-inspect check --fix` mends any.
 */
const mostLines = 300_000;
const mostTables = 1_000;

const findingsBetweenPauses = 64;

function* hasSafeFix(found: readonly Finding[]): Steps<boolean> {
  for (const [index, finding] of found.entries()) {
    if (fixToMake(finding, false) !== undefined) return true;
    if (index % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  return false;
}

/** Makes every safe fix, as `iptables-inspect check --fix` does: none where there is none to make, or the text is too large. Pauses often. */
export function* fixAll(state: DumpState, severities: Severities): Steps<CodeAction[]> {
  const { document, ruleset, uri } = state;
  if (document.lines.length > mostLines || ruleset.tables.length > mostTables) return [];
  const find = function* (input: LintInput): Steps<readonly Finding[]> {
    return (yield* allFindings(input, severities, undefined)).findings;
  };
  const found = yield* find({ document, ruleset });
  if (!(yield* hasSafeFix(found))) return [];
  const text = yield* joinedSteps(yield* mappedSteps(document.lines, textWithReturn), '\n');
  const mended = yield* mend({
    text,
    fileName: uri,
    unsafe: false,
    find,
  });
  const count = document.lines.length;
  const hunks = yield* hunksOf(mended.lines, count);
  const edits = (yield* mappedSteps(hunks, (hunk) => editOf(state, hunk, count))).flat();
  if (edits.length === 0) return [];
  return [{ title: 'Make all safe fixes', kind: fixAllKind, edit: { changes: { [uri]: edits } } }];
}

function textWithReturn({ text, carriageReturn }: Line): string {
  return carriageReturn ? `${text}\r` : text;
}

function editOf(state: DumpState, { from, to, texts }: Hunk, count: number): TextEdit[] {
  const { lines } = state.document;
  const lengthOf = (line: number): number => lines.at(line)?.text.length ?? 0;
  const text = texts.join('\n');
  if (to < count) {
    const change = {
      start: { line: from, character: 0 },
      end: { line: to, character: 0 },
      text: texts.length === 0 ? '' : `${text}\n`,
    };
    return editsOf(state, [change], true);
  }
  // The last line has no line end that could go with it.
  const end = { line: count - 1, character: lengthOf(count - 1) };
  if (from === 0) return editsOf(state, [{ start: { line: 0, character: 0 }, end, text }], true);
  const start = { line: from - 1, character: lengthOf(from - 1) };
  return editsOf(state, [{ start, end, text: texts.length === 0 ? '' : `\n${text}` }], true);
}
