import { jsonText } from '../base/safe-text.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { driftSteps } from '../kube/drift/drift.ts';
import { lint } from '../lint/registry.ts';
import { clusterDriftFindings } from '../lint/rules/cluster-drift.ts';
import type { Finding, Severity } from '../lint/support/finding.ts';
import { mergeDrift } from '../lint/support/merge-drift.ts';
import { type CheckedFile, type CheckReport, checkReport, reaches, reportFindings, type UnreadableFile } from './check-report.ts';
import { checkSarif } from './check-sarif.ts';
import { checkGithub, checkText } from './check-text.ts';
import { say } from './output.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, originOf, readDumps } from './read-dump.ts';
import { nameOfInput } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface CheckOptions extends ClusterOptions {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
  readonly failOn: Severity;
}

/**
 * `check DUMP...`: what is wrong with each dump, and with a cluster also where the two disagree. Status 0 where nothing is as grave as
 * `failOn`, else 1; 2 where one of them cannot be read, which does not silence the others.
 */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<{ readonly output: string; readonly status: 0 | 1 | 2 }> {
  const hasCluster = options.cluster !== undefined || options.context !== undefined;
  const cluster = await readCluster(options);
  const files: CheckedFile[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const path of paths) {
    try {
      for (const dump of readDumps(path)) {
        const known = hasCluster ? cluster : await readCluster(options, [], dump.facts);
        files.push({ file: dump.file, findings: reportFindings(findingsOf(dump, known)) });
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      say(error.message);
      unreadable.push({ file: nameOfInput(path), message: error.message });
    }
  }
  if (files.length === 0) return { output: '', status: 2 };
  const report = checkReport(files, unreadable);
  const status = unreadable.length > 0 ? 2 : reaches(report, options.failOn) ? 1 : 0;
  return { output: write(report, options, version), status };
}

function findingsOf(dump: CliDump, cluster: Cluster): readonly Finding[] {
  const { file, document, ruleset } = dump;
  const found = runSteps(lint({ document, ruleset }), `checking ${file}`);
  if (cluster.source.kind === 'none') return found;
  const drift = runSteps(
    driftSteps(ruleset, cluster, originOf(dump, undefined)),
    `comparing ${file} with ${cluster.source.label}`,
  );
  return mergeDrift(found, clusterDriftFindings(ruleset, drift));
}

function write(report: CheckReport, { format }: CheckOptions, version: string): string {
  switch (format) {
    case 'json':
      return jsonText(report);
    case 'sarif':
      return jsonText(checkSarif(report, version));
    case 'github':
      return checkGithub(report);
    case 'text':
      return checkText(report);
  }
}
