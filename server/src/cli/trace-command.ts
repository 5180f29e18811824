import pc from 'picocolors';
import { canonicalIP, hostPort, inCIDR, isIPv6, parseHostPort } from '../base/ip.ts';
import { percentText } from '../base/percent.ts';
import { jsonText, terminalText } from '../base/safe-text.ts';
import { emptyCluster } from '../cluster/cluster.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { ownAddresses } from '../kube/flow/packet-sources.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { assumedHooks, assumedHooksNotes, isForNodeAlone } from '../kube/proxy/assumed-hooks.ts';
import { dumpNode } from '../kube/proxy/dump-node.ts';
import { type QuestionEnds, questionEnds } from '../kube/question/ends.ts';
import type { EnumerateOptions } from '../netfilter/enumeration/options.ts';
import { type ReportedOutcome, type ReportedPacket, type TraceReport, traceSteps } from '../netfilter/trace-report.ts';
import type { PacketKind, TraceRequest } from '../netfilter/trace-request.ts';
import type { Dump, Ruleset } from '../ruleset/ruleset.ts';
import { otherProxyNote } from './other-proxy.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface TraceCommandOptions extends ClusterOptions, Omit<TraceRequest, 'protocol' | 'kind'> {
  /** tcp where neither it nor the Service asked for says another. */
  readonly proto?: string;
  /** The answer's way back, for a connection that `from` asked `to` for. */
  readonly reply?: boolean;
  /** A later packet of the connection. */
  readonly established?: boolean;
  /** The node that the dump is of. */
  readonly node?: string;
  /** Addresses of the node with commas between; all others are taken to be elsewhere. */
  readonly local?: string;
  readonly format: 'text' | 'json';
}

function kindOf({ reply, established }: TraceCommandOptions): PacketKind {
  if (reply === true && established === true) throw new UsageError('--reply and --established exclude each other');
  return reply === true ? 'answer' : established === true ? 'later' : 'first';
}

function requestOf(options: TraceCommandOptions, { notes, ...ends }: QuestionEnds): TraceRequest {
  const { proto, reply, established, node, local, format, cluster, context, ...said } = options;
  return { ...said, ...ends, kind: kindOf(options) };
}

/** Whether an address is the node's, by --local; undefined where that is not given. */
function givenAddresses(local: string | undefined): ((address: string) => boolean) | undefined {
  if (local === undefined) return undefined;
  const own = new Set<string>();
  for (const text of local.split(',')) {
    const ip = canonicalIP(text.trim());
    if (ip === undefined) throw new UsageError(`--local ${JSON.stringify(text)} is no address: expected IP[,IP...]`);
    own.add(ip);
  }
  return (address) => own.has(address);
}

/** The same by a cluster. What lies in the node's own Pod network and is no Pod's may be a bridge's address. */
function clusterAddresses(resolution: Resolution, dump: Dump): ((address: string) => boolean | undefined) | undefined {
  const { record } = dumpNode(resolution, dump);
  if (record === null) return undefined;
  const { cluster } = resolution;
  const isOwn = ownAddresses(resolution, dump);
  return (address) => {
    if (isOwn(address)) return true;
    const inOwnNetwork = record.podCIDRs.some((network) => inCIDR(address, network));
    return inOwnNetwork && cluster.podsAt(address).length === 0 && cluster.endpointsAt(address).length === 0 ? undefined : false;
  };
}

/**
 * How kube-proxy's chains are hooked in where an excerpt does not show it, as `flow` takes it; `hooked` gathers those for which it was done.
 * @param isOwn whether the packet is for this node, where that is known
 */
function hooks(ruleset: Ruleset, hooked: Set<string>, isOwn: boolean | undefined): NonNullable<EnumerateOptions['hooked']> {
  return (table, hook, base) => {
    const chains = assumedHooks(ruleset, table, hook).filter((chain) => isOwn !== false || !isForNodeAlone(chain));
    for (const chain of chains) hooked.add(`${chain.name} (${table.name})`);
    return base === undefined ? chains : [base, ...chains];
  };
}

/**
 * `trace DUMP --from --to`: every path of one packet through the rules. With a cluster or with --local, which addresses are the node's is known;
 * without, paths are told apart by it.
 */
export async function runTrace(path: string, options: TraceCommandOptions): Promise<string> {
  const given = givenAddresses(options.local);
  const cluster = await readCluster(options);
  const { file, ruleset } = readDump(path);
  const origin = { fileName: file, node: options.node };
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), origin);
  if (options.node !== undefined && cluster !== emptyCluster && cluster.node(options.node) === undefined)
    throw new UsageError(`--node ${JSON.stringify(options.node)} is no node of the cluster`);
  const { from, to, proto, hook } = options;
  const meant = runSteps(questionEnds(resolution, { from, to, protocol: proto, hook }), `looking for what is asked in ${file}`);
  if (!meant.ok) throw new UsageError(meant.message);
  const request = requestOf(options, meant.ends);
  const destination = parseHostPort(request.to)?.ip ?? '';
  const family = isIPv6(destination) ? 'ipv6' : 'ipv4';
  const dump = ruleset.dumps.find((candidate) => candidate.family === family);
  const isLocal = given ?? (dump === undefined ? undefined : clusterAddresses(resolution, dump));
  const hooked = new Set<string>();
  const known: EnumerateOptions = {
    hooked: hooks(ruleset, hooked, isLocal?.(destination)),
    ...(isLocal === undefined ? {} : { isLocal }),
  };
  const answer = runSteps(traceSteps(ruleset, request, known), `sending the packet through ${file}`);
  if (!answer.ok) throw new UsageError(answer.message);
  const report = withNotes(answer.report, [...meant.ends.notes, ...assumedHooksNotes(hooked), otherProxyNote(resolution)]);
  return options.format === 'json' ? jsonText(report) : traceText(report);
}

/** The report with what else is to be known before it is believed; empty notes are none. */
function withNotes(report: TraceReport, notes: readonly string[]): TraceReport {
  return { ...report, assumptions: [...notes.filter((note) => note !== ''), ...report.assumptions] };
}

const paint = { accept: pc.green, drop: pc.red, reject: pc.red } as const;

function endpointText(ip: string | null, port: number | null): string {
  if (ip === null) return 'an address of the node';
  return port === null ? ip : hostPort(ip, port);
}

const asked = { first: '', answer: 'the answer to ', later: 'a later packet of the connection of ' } as const;

function endsText({ src, sport, dst, dport, mark }: ReportedPacket): string {
  return `${endpointText(src, sport)} -> ${endpointText(dst, dport)}${mark === null ? '' : `, mark ${mark}`}`;
}

function outcomeText(
  { probability, verdict, steps, start, packet, assuming }: ReportedOutcome,
  kind: PacketKind,
): readonly string[] {
  const conditions = assuming.length === 0 ? '' : terminalText(`, if ${assuming.join(' ')}`);
  return [
    '',
    `${percentText(probability)} ${paint[verdict](verdict)}${conditions}`,
    ...(kind === 'first' ? [] : [terminalText(`  starts as ${endsText(start)}`)]),
    ...steps.map(({ table, chain, line, action }) =>
      terminalText(`  ${table} ${chain}${line === null ? '' : `, line ${line}`}: ${action}`),
    ),
    terminalText(`  ends as ${endsText(packet)}`),
  ];
}

function traceText({ packet, outcomes, assumptions }: TraceReport): string {
  const { kind, protocol, state, hook } = packet;
  const question = `${asked[kind]}${protocol} ${endsText(packet)}, ${state}, first met in ${hook.toUpperCase()}`;
  return [
    pc.bold(terminalText(question)),
    ...outcomes.flatMap((outcome) => outcomeText(outcome, kind)),
    ...assumptions.map((assumption) => pc.dim(`note: ${terminalText(assumption)}`)),
  ].join('\n');
}
