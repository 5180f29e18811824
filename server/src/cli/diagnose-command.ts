import { jsonText, terminalText } from '../base/safe-text.ts';
import { diagnoseSteps } from '../diagnose/diagnose.ts';
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import { subjectSteps } from '../diagnose/make-subject.ts';
import { diagnosisMarkdown, diagnosisText } from '../diagnose/write-diagnosis.ts';
import { pc } from './colors.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface DiagnoseCommandOptions extends ClusterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly proto?: string;
  readonly node?: string;
  readonly format: 'text' | 'json' | 'markdown';
}

function write(diagnosis: Diagnosis, { format }: DiagnoseCommandOptions): string {
  if (format === 'json') return jsonText(diagnosis);
  if (format === 'markdown') return diagnosisMarkdown(diagnosis);
  const [head = '', ...lines] = diagnosisText(diagnosis).map(terminalText);
  return [pc.bold(head), ...lines].join('\n');
}

/**
 * `diagnose BUNDLE|DUMP`: what is wrong on the node, the likeliest for the question first. Status 1 where causes were found, 0 where none.
 * Throws UsageError for what cannot be looked at.
 */
export async function runDiagnose(
  path: string,
  options: DiagnoseCommandOptions,
): Promise<{ readonly output: string; readonly status: 0 | 1 }> {
  const { from, to, proto, node } = options;
  if ((from === undefined) !== (to === undefined))
    throw new UsageError(
      `${from === undefined ? '--from is missing' : '--to is missing'}: --from and --to go together. --from says where a packet comes from (namespace/pod, an address, this-node, outside), --to where it is to go (namespace/service)`,
    );
  const dump = readDump(path, true);
  const cluster = await readCluster(options, [], dump.facts);
  const subject = runSteps(subjectSteps({ ...dump, cluster, origin: originOf(dump, node) }), `checking ${dump.file}`);
  const question = from === undefined || to === undefined ? null : { from, to, protocol: proto };
  const answer = runSteps(diagnoseSteps(subject, question), `diagnosing ${dump.file}`);
  if (!answer.ok) throw new UsageError(answer.message);
  return { output: write(answer.diagnosis, options), status: answer.diagnosis.causes.length > 0 ? 1 : 0 };
}
