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

/** The gravest of some findings, in their order; of those that are alike grave the first in the text. */
function* mostSevere(findings: readonly Finding[], limit: number): Steps<readonly Finding[]> {
  const inOrder = (yield* areInOrder(findings)) ? findings : yield* sortedSteps(findings, (a, b) => a.line - b.line);
  const room = new Map<Severity, number>(gravestFirst.map((severity) => [severity, 0]));
  for (let at = 0; at < findings.length; at += 1) {
    const { severity } = findings[at] as Finding;
    const count = (room.get(severity) ?? 0) + 1;
    room.set(severity, count);
    // There is room for no others.
    if (severity === gravestFirst[0] && count === limit) break;
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  let left = limit;
  for (const severity of gravestFirst) {
    const own = Math.min(room.get(severity) ?? 0, left);
    room.set(severity, own);
    left -= own;
  }
  const kept = new Set<Finding>();
  for (let at = 0; kept.size < limit && at < inOrder.length; at += 1) {
    const finding = inOrder[at] as Finding;
    const own = room.get(finding.severity) ?? 0;
    if (own > 0) kept.add(finding);
    room.set(finding.severity, own - 1);
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  if (inOrder === findings) return [...kept];
  const shown: Finding[] = [];
  for (let at = 0; at < findings.length; at += 1) {
    const finding = findings[at] as Finding;
    if (kept.has(finding)) shown.push(finding);
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  return shown;
}

function* areInOrder(findings: readonly Finding[]): Steps<boolean> {
  for (let at = 1; at < findings.length; at += 1) {
    if ((findings[at - 1] as Finding).line > (findings[at] as Finding).line) return false;
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
  }
  return true;
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
