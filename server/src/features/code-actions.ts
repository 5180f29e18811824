import { type CodeAction, CodeActionKind, type Diagnostic } from 'vscode-languageserver-types';
import type { DumpState } from './state.ts';

interface Fix {
  readonly title: string;
  readonly text: string;
}

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

/** The quick fixes of the diagnostics at a place: those that carry the one right answer, from `diagnosticsOf`, in their data. */
export function codeActions(state: DumpState, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic): CodeAction[] => {
    const { data } = diagnostic;
    if (diagnostic.source !== 'iptables' || !isFix(data)) return [];
    return [
      {
        title: data.title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: { changes: { [state.uri]: [{ range: diagnostic.range, newText: data.text }] } },
      },
    ];
  });
}
