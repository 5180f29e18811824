import { jsonText } from '../base/safe-text.ts';
import { runToEnd } from '../base/steps.ts';
import { type FlowTargetSpec, parseFlowTarget } from '../kube/flow/target.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import { type ReachReport, reachSteps } from '../kube/question/reach.ts';
import { compareReach } from '../kube/question/reach-difference.ts';
import { comparisonText, reachText } from './reach-text.ts';
import { type NodeOptions, readResolved } from './read-resolved.ts';
import { runSteps } from './run-steps.ts';
import { serviceHint } from './service-hint.ts';
import { UsageError } from './usage-error.ts';

export interface ReachCommandOptions extends NodeOptions {
  /** `namespace/service[:port]` or `IP[:PORT[/PROTO]]`; all Services where it is not given. */
  readonly to?: string;
  /** The node that the other dump is of. */
  readonly otherNode?: string;
  readonly format: 'text' | 'json';
}

/** A report, and why it is empty where it is. */
interface Asked {
  readonly report: ReachReport;
  /** A sentence; empty where some Service was asked about. */
  readonly whyNone: string;
}

async function reportOn(path: string, target: FlowTargetSpec | null, options: NodeOptions): Promise<Asked> {
  const { file, resolution } = await readResolved(path, options);
  const result = runSteps(reachSteps(resolution, target), `asking who reaches what in ${file}`);
  if (!result.ok) throw new UsageError(`${file}: ${result.message}`);
  const { report } = result;
  return { report, whyNone: report.services.length > 0 ? '' : `${file}: ${runToEnd(whyNoServices(resolution))}` };
}

/**
 * `reach DUMP [OTHER] [--to]`: who reaches a Service by which entry; with two dumps where they answer differently, with status 1 where they do.
 * Throws UsageError.
 */
export async function runReach(
  path: string,
  other: string | undefined,
  options: ReachCommandOptions,
): Promise<{ readonly output: string; readonly status: 0 | 1 }> {
  const parsed = options.to === undefined ? null : parseFlowTarget(options.to);
  if (parsed?.ok === false) throw new UsageError(`--to: ${parsed.message}${await serviceHint(path, options.to ?? '', options)}`);
  const target = parsed === null ? null : parsed.target;
  const { report, whyNone } = await reportOn(path, target, options);
  if (other === undefined && whyNone !== '') throw new UsageError(whyNone);
  if (other === undefined) return { output: options.format === 'json' ? jsonText(report) : reachText(report), status: 0 };
  const node = options.otherNode ?? options.node;
  const { report: after, whyNone: whyNoneAfter } = await reportOn(other, target, {
    ...options,
    ...(node === undefined ? {} : { node }),
  });
  // Nobody fares the same where nobody was asked about.
  if (whyNone !== '' && whyNoneAfter !== '') throw new UsageError(`${whyNone} ${whyNoneAfter}`);
  const comparison = compareReach(report, after);
  const { onlyBefore, onlyAfter, differences } = comparison;
  return {
    output: options.format === 'json' ? jsonText(comparison) : comparisonText(comparison),
    status: onlyBefore.length + onlyAfter.length + differences.length > 0 ? 1 : 0,
  };
}
