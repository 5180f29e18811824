import { type Diagnostic, DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver-types';
import { visibleLines } from '../base/safe-text.ts';
import { documentationUrl } from '../lint/registry.ts';
import type { Finding, Severity } from '../lint/support/finding.ts';
import { rangeOf } from './support/state.ts';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

const gravestFirst: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

/**
 * Findings as LSP diagnostics: at most `limit`. Where there are more, the gravest of them, and as one of the diagnostics how many are not
 * shown.
 */
export function diagnosticsOf(findings: readonly Finding[], uri: string, limit: number): Diagnostic[] {
  const shown = findings.length <= limit ? findings : mostSevere(findings, Math.max(0, limit - 1));
  const diagnostics = shown.map((finding): Diagnostic => toDiagnostic(finding, uri));
  if (shown.length < findings.length) {
    diagnostics.unshift({
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      severity: DiagnosticSeverity.Information,
      source: 'iptables',
      code: 'too-many-findings',
      message: `${findings.length - shown.length} further findings are not shown (setting iptables.maxDiagnostics)`,
    });
  }
  return diagnostics;
}

function mostSevere(findings: readonly Finding[], limit: number): readonly Finding[] {
  const kept = new Set<Finding>();
  // Of one severity they stand in order already, and are quickly sorted.
  for (const severity of gravestFirst) {
    const alike = findings.filter((finding) => finding.severity === severity).sort((a, b) => a.line - b.line);
    for (const finding of alike.slice(0, limit - kept.size)) kept.add(finding);
  }
  return findings.filter((finding) => kept.has(finding));
}

function toDiagnostic(finding: Finding, uri: string): Diagnostic {
  const url = documentationUrl(finding.code);
  return {
    range: rangeOf(finding),
    severity: severities[finding.severity],
    source: 'iptables',
    code: finding.code,
    ...(url === undefined ? {} : { codeDescription: { href: url } }),
    message: visibleLines(finding.message),
    ...(finding.unnecessary ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    ...(finding.related.length === 0
      ? {}
      : {
          relatedInformation: finding.related.map((place) => ({
            location: { uri, range: rangeOf(place) },
            message: visibleLines(place.message),
          })),
        }),
  };
}
