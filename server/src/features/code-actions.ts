import { type CodeAction, CodeActionKind, type Diagnostic, type Range, type TextEdit } from 'vscode-languageserver-types';
import { labelText } from '../base/safe-text.ts';
import type { Fix } from '../lint/support/finding.ts';
import { repairEdits } from '../lint/support/repair.ts';
import { type DumpState, rangeOf } from './support/state.ts';

function isFix(value: unknown): value is Fix {
  return (
    typeof value === 'object' &&
    value !== null &&
    'title' in value &&
    typeof value.title === 'string' &&
    'text' in value &&
    typeof value.text === 'string'
  );
}

function editsOf(state: DumpState, fix: Fix, range: Range): TextEdit[] {
  if (fix.repair === 'transport' || fix.repair === 'plain-dump') {
    return repairEdits(state.document, fix.repair).map(({ start, end, text }) => ({ range: { start, end }, newText: text }));
  }
  return [{ range: fix.at === undefined ? range : rangeOf(fix.at), newText: fix.text }];
}

/**
 * The quick fixes of the diagnostics at a place: those that carry the one right answer, from `diagnosticsOf`, in their data. What mends the whole
 * file is worked out now, as its edits are as many as the file has lines.
 */
export function codeActions(state: DumpState, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic): CodeAction[] => {
    const { data } = diagnostic;
    if (diagnostic.source !== 'iptables' || !isFix(data)) return [];
    return [
      {
        title: labelText(data.title),
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: { changes: { [state.uri]: editsOf(state, data, diagnostic.range) } },
      },
    ];
  });
}
