import { compareSvg } from '../../../webview/src/export/compare-svg.ts';
import { compareHtml } from '../../../webview/src/export/html.ts';
import { compareFlows, type FlowComparison } from '../../../webview/src/model/compare-flows.ts';
import { contrastSign } from '../../../webview/src/model/format.ts';
import { isChainRequest, ownRequest } from '../base/flow-request.ts';
import { jsonText, terminalText } from '../base/safe-text.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import type { FlowGraph } from '../kube/flow/graph.ts';
import { parseFlowTarget } from '../kube/flow/target.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { flowWithState } from '../kube/services/flow-state.ts';
import { pc } from './colors.ts';
import type { flowFormats } from './flow-formats.ts';
import { graphText } from './graph-text.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { serviceHint } from './service-hint.ts';
import { UsageError } from './usage-error.ts';

export interface FlowOptions extends ClusterOptions {
  /** `IP[:PORT[/PROTO]]`, `namespace/name[:port]`, one of these behind `expected:`, or `chain:TABLE/CHAIN[@DEPTH]`. */
  readonly to: string;
  /** The node that the dump is of, where it is given. */
  readonly node?: string;
  /** A dump whose flow to the same is compared with this one's. */
  readonly with?: string;
  readonly format: (typeof flowFormats)[number];
}

/** `flow DUMP --to`: the paths of packets to an address or a Service, as text or as a drawing. */
export async function runFlow(path: string, options: FlowOptions): Promise<string> {
  // Before anything large is read.
  const parsed = parseFlowTarget(ownRequest(options.to));
  if (!parsed.ok && !isChainRequest(options.to))
    throw new UsageError(`--to: ${parsed.message}${chainHint(options.to)}${await serviceHint(path, options.to, options)}`);
  if (options.with !== undefined && (options.format === 'mermaid' || options.format === 'dot'))
    throw new UsageError(`--with: two flows are printed as text, json, svg or html, not as ${options.format}`);
  if (path === '-' && options.with === '-') throw new UsageError('--with: only one of two dumps can come from standard input');
  const dump = readDump(path);
  const cluster = await readCluster(options, [], dump.facts);
  const { file, ruleset } = dump;
  const origin = originOf(dump, options.node);
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), origin);
  const answer = runSteps(flowWithState(resolution, options.to), `following ${options.to}`);
  if (!answer.ok) throw new UsageError(`${file}: ${answer.reason}`);
  if (options.with !== undefined) return comparedFlows(answer.graph, dump.file, options.with, options);
  return graphText(answer.graph, options.format, file);
}

/** Who copies a chain's name out of a dump is told how a chain is asked for. */
function chainHint(to: string): string {
  return /^[A-Za-z]+-[\w-]+$/.test(to) ? ` A chain is asked for with its table: chain:nat/${to}` : '';
}

/** The flow of a second dump beside the first one's. */
async function comparedFlows(graph: FlowGraph, file: string, path: string, options: FlowOptions): Promise<string> {
  const other = readDump(path);
  const cluster = await readCluster(options, [], other.facts);
  const resolution = resolveChains(other.ruleset, clusterOfDump(other.ruleset, cluster), originOf(other, undefined));
  const answer = runSteps(flowWithState(resolution, options.to), `following ${options.to} in ${other.file}`);
  if (!answer.ok) throw new UsageError(`${other.file}: ${answer.reason}`);
  const comparison = compareFlows({ name: file, graph }, { name: other.file, graph: answer.graph });
  switch (options.format) {
    case 'json':
      return jsonText(comparison);
    case 'svg':
      return compareSvg(comparison);
    case 'html':
      return compareHtml(comparison);
    default:
      return comparisonText(comparison);
  }
}

function comparisonText({ before, after, summary, remarks, differences }: FlowComparison): string {
  const lines = [
    `${pc.bold(terminalText(before.graph.title))} ${pc.dim(`(${terminalText(before.name)}, ${terminalText(after.name)})`)}`,
    terminalText(summary),
  ];
  for (const { text } of differences) lines.push(`  ${contrastSign} ${terminalText(text)}`);
  for (const remark of remarks) lines.push(pc.dim(`note: ${terminalText(remark)}`));
  return lines.join('\n');
}
