import pc from 'picocolors';
import { hostPort, isIPv6, parseHostPort } from '../base/ip.ts';
import { percentText } from '../base/percent.ts';
import { terminalText } from '../base/safe-text.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { ownAddresses } from '../kube/flow/packet-sources.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { dumpNode } from '../kube/proxy/dump-node.ts';
import { type TraceReport, type TraceRequest, traceSteps } from '../netfilter/trace-report.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface TraceCommandOptions extends ClusterOptions {
  readonly from: string;
  readonly to: string;
  readonly proto: string;
  readonly in?: string;
  readonly out?: string;
  readonly hook?: string;
  readonly state: string;
  readonly format: 'text' | 'json';
}

/**
 * `trace DUMP --from --to`: every way of one packet through the rules. With a cluster, which addresses are the node's is known; without one,
 * ways are told apart by it.
 */
export async function runTrace(path: string, options: TraceCommandOptions): Promise<string> {
  const { from, to, proto: protocol, in: inInterface, out, hook, state, format } = options;
  const request: TraceRequest = {
    from,
    to,
    protocol,
    state,
    ...(inInterface === undefined ? {} : { in: inInterface }),
    ...(out === undefined ? {} : { out }),
    ...(hook === undefined ? {} : { hook }),
  };
  const cluster = await readCluster(options);
  const { file, ruleset } = readDump(path);
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), { fileName: file });
  const family = isIPv6(parseHostPort(to)?.ip ?? '') ? 'ipv6' : 'ipv4';
  const dump = ruleset.dumps.find((candidate) => candidate.family === family);
  const isKnown = dump !== undefined && dumpNode(resolution, dump).record !== null;
  const known = isKnown ? { isLocal: ownAddresses(resolution, dump) } : {};
  const answer = runSteps(traceSteps(ruleset, request, known), `sending the packet through ${file}`);
  if (!answer.ok) throw new UsageError(answer.message);
  return format === 'json' ? JSON.stringify(answer.report) : traceText(answer.report);
}

const paint = { accept: pc.green, drop: pc.red, reject: pc.red } as const;

function endpointText(ip: string | null, port: number | null): string {
  if (ip === null) return 'an address of the node';
  return port === null ? ip : hostPort(ip, port);
}

function traceText({ packet, outcomes, assumptions }: TraceReport): string {
  const from = `${endpointText(packet.src, packet.sport)} -> ${endpointText(packet.dst, packet.dport)}`;
  const lines = [pc.bold(terminalText(`${packet.protocol} ${from}, ${packet.state}, first met in ${packet.hook.toUpperCase()}`))];
  for (const { probability, verdict, steps, packet: last, assuming } of outcomes) {
    lines.push(
      '',
      `${percentText(probability)} ${paint[verdict](verdict)}${assuming.length === 0 ? '' : terminalText(`, if ${assuming.join(', ')}`)}`,
    );
    for (const { table, chain, line, action } of steps) {
      lines.push(terminalText(`  ${table} ${chain}${line === null ? '' : `, line ${line}`}: ${action}`));
    }
    const mark = last.mark === null ? '' : `, mark ${last.mark}`;
    lines.push(terminalText(`  ends as ${endpointText(last.src, last.sport)} -> ${endpointText(last.dst, last.dport)}${mark}`));
  }
  for (const assumption of assumptions) lines.push(pc.dim(`note: ${terminalText(assumption)}`));
  return lines.join('\n');
}
