import { type Diagnostic, DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver-types';
import { visibleLines } from '../base/safe-text.ts';
import { type Steps, sortedSteps } from '../base/steps.ts';
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
 * shown. Pauses every few hundred diagnostics and every few thousand findings.
 */
export function* diagnosticsOf(findings: readonly Finding[], uri: string, limit: number): Steps<Diagnostic[]> {
  const shown = findings.length <= limit ? findings : yield* mostSevere(findings, Math.max(0, limit - 1));
  const diagnostics: Diagnostic[] = [];
  for (const finding of shown) {
    diagnostics.push(toDiagnostic(finding, uri));
    if (diagnostics.length % diagnosticsBetweenPauses === 0) yield;
  }
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

const diagnosticsBetweenPauses = 256;
const findingsBetweenPauses = 4_096;

function* mostSevere(findings: readonly Finding[], limit: number): Steps<readonly Finding[]> {
  const bySeverity = new Map<Severity, Finding[]>(gravestFirst.map((severity) => [severity, []]));
  for (const [at, finding] of findings.entries()) {
    bySeverity.get(finding.severity)?.push(finding);
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  const kept = new Set<Finding>();
  for (const alike of bySeverity.values()) {
    const room = limit - kept.size;
    if (room <= 0) break;
    // Of those that are all shown the order does not matter.
    const first = alike.length <= room ? alike : (yield* sortedSteps(alike, (a, b) => a.line - b.line)).slice(0, room);
    for (const finding of first) kept.add(finding);
  }
  const shown: Finding[] = [];
  for (const [at, finding] of findings.entries()) {
    if (kept.has(finding)) shown.push(finding);
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  return shown;
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
