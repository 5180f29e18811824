import { type CodeAction, CodeActionKind, type Diagnostic, type Range, type TextEdit } from 'vscode-languageserver-types';
import { labelText } from '../base/safe-text.ts';
import type { Steps } from '../base/steps.ts';
import { type Change, insertedBehind } from '../lint/mending/change.ts';
import type { Fix, NodeCommand } from '../lint/mending/fix.ts';
import { withOwnLineEnds } from '../lint/mending/mended-text.ts';
import type { Finding } from '../lint/support/finding.ts';
import type { Severities } from '../lint/support/judge.ts';
import { copyNodeCommandsCommand } from '../protocol/requests.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { findingsOf } from './support/findings-of.ts';
import { type DumpState, rangeOf } from './support/state.ts';

export interface CodeActionRequest {
  readonly range: Range;
  /** Those of the client at the range; they are given back with the actions that are for them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly severities: Severities;
  /** Whether the client has the command that copies commands for the node. */
  readonly canCopy: boolean;
}

/** Changes as edits of the protocol, with the document's own line ends. */
export function editsOf({ document }: DumpState, changes: readonly Change[], mendsLineEnds = false): TextEdit[] {
  const shift = document.byteOrderMark ? 1 : 0;
  const place = ({ line, character }: Change['start']): Range['start'] => ({
    line,
    character: line === 0 ? character + shift : character,
  });
  const own = mendsLineEnds ? changes : withOwnLineEnds(document, changes);
  return own.map(({ start, end, text }) => ({ range: { start: place(start), end: place(end) }, newText: text }));
}

function meets({ line, start, end }: Finding, range: Range): boolean {
  if (line < range.start.line || line > range.end.line) return false;
  if (line === range.start.line && end < range.start.character) return false;
  return line !== range.end.line || start <= range.end.character;
}

function doSame(one: CodeAction, other: CodeAction): boolean {
  const done = ({ edit, command }: CodeAction): string => JSON.stringify([edit, command]);
  return done(one) === done(other);
}

/** The quick fixes of what is found at a place: how to mend it in the file, the commands that mend it on the node, and a comment that ignores it. */
export function* codeActions(state: DumpState, request: CodeActionRequest): Steps<CodeAction[]> {
  const found = (yield* findingsOf(state, request.severities)).filter((finding) => meets(finding, request.range));
  const actions: CodeAction[] = [];
  const byTitle = new Map<string, CodeAction>();
  const add = (action: CodeAction): void => {
    // Several rules may name one chain that is not declared. Of a selection with the same fault at several places the first is mended.
    const same = byTitle.get(action.title);
    if (same === undefined) {
      byTitle.set(action.title, action);
      actions.push(action);
    } else if (doSame(same, action)) same.diagnostics = [...(same.diagnostics ?? []), ...(action.diagnostics ?? [])];
  };
  for (const finding of found)
    for (const [index, fix] of finding.fixes().entries()) add(fixAction(state, request, finding, fix, index));
  for (const finding of found)
    if (request.canCopy && finding.onNode.length > 0) add(copyAction(request, finding, finding.onNode));
  for (const finding of found) for (const action of ignoreActions(state, request, finding)) add(action);
  return actions;
}

function diagnosticsFor({ diagnostics }: CodeActionRequest, finding: Finding): Diagnostic[] {
  const { start, end } = rangeOf(finding);
  return diagnostics.filter(
    ({ source, code, range }) =>
      source === 'iptables' &&
      code === finding.code &&
      range.start.line === start.line &&
      range.start.character === start.character &&
      range.end.line === end.line &&
      range.end.character === end.character,
  );
}

function fixAction(state: DumpState, request: CodeActionRequest, finding: Finding, fix: Fix, index: number): CodeAction {
  const isSafe = fix.safety === 'safe';
  return {
    title: labelText(isSafe ? fix.title : `${fix.title} (unsafe)`),
    kind: CodeActionKind.QuickFix,
    diagnostics: diagnosticsFor(request, finding),
    ...(isSafe && index === 0 ? { isPreferred: true } : {}),
    edit: { changes: { [state.uri]: editsOf(state, fix.changes(), fix.mendsLineEnds) } },
  };
}

/** Commands with what each does in a comment above it, as they are copied. */
export function nodeCommandsText(commands: readonly NodeCommand[]): string {
  return commands.map(({ command, does }) => `# ${does}\n${command}\n`).join('');
}

function copyAction(request: CodeActionRequest, finding: Finding, commands: readonly NodeCommand[]): CodeAction {
  const title = `Copy commands for the node (${finding.code})`;
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: diagnosticsFor(request, finding),
    command: { title, command: copyNodeCommandsCommand, arguments: [nodeCommandsText(commands)] },
  };
}

/** Whether nothing but comments and blank lines stands above a line (0-based). */
function isInHead({ lines }: Ruleset, line: number): boolean {
  for (let above = 0; above < line; above += 1) {
    const kind = lines.kindAt(above);
    if (kind !== 'blank' && kind !== 'comment') return false;
  }
  return true;
}

function ignoreActions(state: DumpState, request: CodeActionRequest, finding: Finding): readonly CodeAction[] {
  const { document, ruleset } = state;
  const { code, line } = finding;
  // A comment is one in a file for iptables-restore; in a listing it is another line that nobody reads.
  if (code === 'unused-ignore' || finding.severity === 'error' || ruleset.lines.at(line)?.context.within !== undefined) return [];
  const isHead = isInHead(ruleset, line);
  const changes = insertedBehind(document, line - 1, [`# iptables-inspect: ignore ${code}`]);
  return [
    {
      title: isHead ? `Ignore ${code} in this file` : `Ignore ${code} here`,
      kind: CodeActionKind.QuickFix,
      diagnostics: diagnosticsFor(request, finding),
      edit: { changes: { [state.uri]: editsOf(state, changes) } },
    },
  ];
}
