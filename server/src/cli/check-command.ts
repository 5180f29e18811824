import type { Severity } from '../lint/finding.ts';
import { lint } from '../lint/registry.ts';
import { type CheckReport, checkReport, reaches, reportFindings } from './check-report.ts';
import { checkSarif } from './check-sarif.ts';
import { checkGithub, checkText } from './check-text.ts';
import { readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';

export interface CheckOptions {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
  readonly failOn: Severity;
}

/** `check DUMP...`: what is wrong with each dump. 0 where nothing is as grave as `failOn`, else 1. */
export function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  version: string,
): { readonly output: string; readonly status: 0 | 1 } {
  const report = checkReport(
    paths.map((path) => {
      const { file, document, ruleset } = readDump(path);
      return { file, findings: reportFindings(runSteps(lint({ document, ruleset }), `checking ${file}`)) };
    }),
  );
  return { output: write(report, options, version), status: reaches(report, options.failOn) ? 1 : 0 };
}

function write(report: CheckReport, { format }: CheckOptions, version: string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(report);
    case 'sarif':
      return JSON.stringify(checkSarif(report, version));
    case 'github':
      return checkGithub(report);
    case 'text':
      return checkText(report);
  }
}
