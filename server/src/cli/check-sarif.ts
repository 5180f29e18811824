import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import { repositoryUrl } from '../base/project.ts';
import { sarifText } from '../base/safe-text.ts';
import { documentationUrl, findingCodes } from '../lint/registry.ts';
import type { Severity } from '../lint/support/finding.ts';
import { usualSeverity } from '../lint/usual-severity.ts';
import type { CheckReport, ReportFinding, ReportRange } from './check-report.ts';
import { findingPage } from './finding-page.ts';

const levels: Readonly<Record<Severity, Result.level>> = { error: 'error', warning: 'warning', info: 'note', hint: 'note' };

function uriOf(file: string): string {
  if (file === '<stdin>') return 'stdin';
  if (isAbsolute(file)) return pathToFileURL(file).href;
  // Part by part: a name may have "#", "?" or ":" in it, which say something else in a URI.
  const parts = process.platform === 'win32' ? file.split(/[\\/]/) : file.split('/');
  return parts.map(encodeURIComponent).join('/');
}

function region({ start, end }: ReportRange): object {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** A rule as code scanning services show it: the finding's page is its help. */
function ruleOf(id: string): ReportingDescriptor {
  const says = findingCodes().get(id);
  const helpUri = documentationUrl(id);
  const page = findingPage(id);
  return {
    id,
    ...(says === undefined ? {} : { shortDescription: { text: says } }),
    ...(page === undefined ? {} : { help: { text: page, markdown: page } }),
    ...(helpUri === undefined ? {} : { helpUri }),
    defaultConfiguration: { level: levels[usualSeverity(id)] },
  };
}

/**
 * What a finding is told again by when lines have come and gone above it: the rule, table, chain and sentence without numbers of lines, and which of those
 * that are alike it is.
 */
function fingerprints(findings: readonly ReportFinding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, table, chain, message }) => {
    const text = JSON.stringify([rule, table, chain, message.replace(/\blines? [\d, -]+/g, 'line')]);
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return createHash('sha256').update(`${text} ${count}`).digest('hex').slice(0, 32);
  });
}

function resultOf(
  file: string,
  finding: ReportFinding,
  fingerprint: string,
  ruleIndex: ReadonlyMap<string, number>,
  reason: string | undefined,
): Result {
  const artifactLocation = { uri: uriOf(file) };
  return {
    ruleId: finding.rule,
    ruleIndex: ruleIndex.get(finding.rule) ?? -1,
    level: levels[finding.severity],
    message: { text: sarifText(finding.message) },
    partialFingerprints: { 'finding/v1': fingerprint },
    locations: [
      {
        physicalLocation: { artifactLocation, region: region(finding.range) },
        ...(finding.chain === null
          ? {}
          : {
              logicalLocations: [
                { name: finding.chain, fullyQualifiedName: `${finding.table ?? ''}/${finding.chain}`, kind: 'module' },
              ],
            }),
      },
    ],
    ...(finding.related.length === 0
      ? {}
      : {
          relatedLocations: finding.related.map(({ message, range }) => ({
            message: { text: sarifText(message) },
            physicalLocation: { artifactLocation, region: region(range) },
          })),
        }),
    ...(reason === undefined
      ? {}
      : { suppressions: [{ kind: 'inSource' as const, ...(reason === '' ? {} : { justification: sarifText(reason) }) }] }),
  };
}

/** A report as SARIF 2.1.0, as code scanning services read it; what a file ignores is in it as suppressed. Columns count UTF-16 units. */
export function checkSarif(report: CheckReport, version: string): Log {
  const all = report.files.flatMap(({ findings, ignored = [] }) => [...findings, ...ignored]);
  const rules = [...new Set(all.map(({ rule }) => rule))].toSorted().map(ruleOf);
  const ruleIndex = new Map(rules.map((rule, index) => [rule.id, index]));
  const results = report.files.flatMap(({ file, findings, ignored = [] }) => {
    const told = fingerprints([...findings, ...ignored]);
    return [
      ...findings.map((finding, at) => resultOf(file, finding, told[at] ?? '', ruleIndex, undefined)),
      ...ignored.map((finding, at) => resultOf(file, finding, told[findings.length + at] ?? '', ruleIndex, finding.reason)),
    ];
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'iptables-inspect',
            version,
            informationUri: repositoryUrl,
            rules,
          },
        },
        columnKind: 'utf16CodeUnits',
        results,
        ...(report.unreadable === undefined
          ? {}
          : {
              invocations: [
                {
                  executionSuccessful: false,
                  exitCode: 2,
                  toolExecutionNotifications: report.unreadable.map(({ file, message }) => ({
                    level: 'error' as const,
                    message: { text: sarifText(message) },
                    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }],
                  })),
                },
              ],
            }),
      },
    ],
  };
}
