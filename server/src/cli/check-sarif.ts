import { pathToFileURL } from 'node:url';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import { repositoryUrl } from '../base/project.ts';
import { documentationUrl, findingCodes } from '../lint/registry.ts';
import type { Severity } from '../lint/support/finding.ts';
import type { CheckReport, ReportRange } from './check-report.ts';

const levels: Readonly<Record<Severity, Result.level>> = { error: 'error', warning: 'warning', info: 'note', hint: 'note' };

function uriOf(file: string): string {
  if (file === '<stdin>') return 'stdin';
  return file.startsWith('/') ? pathToFileURL(file).href : encodeURI(file.replaceAll('\\', '/'));
}

function region({ start, end }: ReportRange): object {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** A report as SARIF 2.1.0, as code scanning services read it. Columns count UTF-16 units. */
export function checkSarif(report: CheckReport, version: string): Log {
  const used = new Set(report.files.flatMap(({ findings }) => findings.map((finding) => finding.rule)));
  const rules: ReportingDescriptor[] = [...used].toSorted().map((id) => {
    const help = findingCodes().get(id);
    const helpUri = documentationUrl(id);
    return {
      id,
      ...(help === undefined ? {} : { shortDescription: { text: help } }),
      ...(helpUri === undefined ? {} : { helpUri }),
    };
  });
  const ruleIndex = new Map(rules.map((rule, index) => [rule.id, index]));
  const results = report.files.flatMap(({ file, findings }) =>
    findings.map((finding): Result => {
      const artifactLocation = { uri: uriOf(file) };
      return {
        ruleId: finding.rule,
        ruleIndex: ruleIndex.get(finding.rule) ?? -1,
        level: levels[finding.severity],
        message: { text: finding.message },
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
                message: { text: message },
                physicalLocation: { artifactLocation, region: region(range) },
              })),
            }),
      };
    }),
  );
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
                    message: { text: message },
                    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }],
                  })),
                },
              ],
            }),
      },
    ],
  };
}
