import type { Cluster } from '../cluster/cluster.ts';
import { driftSteps } from '../kube/drift/drift.ts';
import { lint } from '../lint/registry.ts';
import { clusterDriftFindings } from '../lint/rules/cluster-drift.ts';
import type { Finding, Severity } from '../lint/support/finding.ts';
import { type CheckReport, checkReport, reaches, reportFindings } from './check-report.ts';
import { checkSarif } from './check-sarif.ts';
import { checkGithub, checkText } from './check-text.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';

export interface CheckOptions extends ClusterOptions {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
  readonly failOn: Severity;
}

/**
 * `check DUMP...`: what is wrong with each dump, and with a cluster also where the two disagree. Status 0 where nothing is as grave as
 * `failOn`, else 1.
 */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<{ readonly output: string; readonly status: 0 | 1 }> {
  const cluster = await readCluster(options);
  const report = checkReport(
    paths.map((path) => {
      const dump = readDump(path);
      return { file: dump.file, findings: reportFindings(findingsOf(dump, cluster)) };
    }),
  );
  return { output: write(report, options, version), status: reaches(report, options.failOn) ? 1 : 0 };
}

function findingsOf({ file, document, ruleset }: CliDump, cluster: Cluster): readonly Finding[] {
  const found = runSteps(lint({ document, ruleset }), `checking ${file}`);
  if (cluster.source.kind === 'none') return found;
  const drift = runSteps(driftSteps(ruleset, cluster, { fileName: file }), `comparing ${file} with ${cluster.source.label}`);
  return [...found, ...clusterDriftFindings(ruleset, drift)].sort((a, b) => a.line - b.line || a.start - b.start);
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
