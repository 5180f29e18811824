/** What `iptables-inspect trace` answers: the ways of one packet, rule by rule. */

import { runToEnd, type Steps } from '../base/steps.ts';
import { protocolNumber } from '../catalog/values/protocols.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { natRange } from './actions.ts';
import { canonicalProtocol } from './core-match-predicates.ts';
import { enumerateSteps } from './enumerate.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import type { Outcome, TraceStep, Verdict } from './outcome.ts';
import { type ConnectionState, connectionStates, type IPAddress, type Packet, packetOf } from './packet.ts';
import { ruleText } from './rule-text.ts';

/** A packet as the command line describes it. */
export interface TraceRequest {
  /** `IP[:PORT]`, IPv6 with a port in brackets. */
  readonly from: string;
  readonly to: string;
  /** By name or number; tcp where it is not given. */
  readonly protocol?: string;
  readonly in?: string;
  readonly out?: string;
  /** Where the packet is first met. By default OUTPUT for a loopback source without `in`, else PREROUTING. */
  readonly hook?: string;
  /** NEW where it is not given. */
  readonly state?: string;
}

export interface ReportedStep {
  readonly table: string;
  readonly chain: string;
  /** 1-based; null for a policy that the dump does not say. */
  readonly line: number | null;
  /** Without counters; "policy FORWARD" for a chain's policy. */
  readonly rule: string;
  /** "jump KUBE-SERVICES", "dnat to 10.0.0.1:80", "drop". */
  readonly action: string;
}

export interface ReportedPacket {
  /** null where MASQUERADE chose an address that the rules do not say. */
  readonly src: string | null;
  readonly sport: number | null;
  readonly dst: string;
  readonly dport: number | null;
  /** "0x4000"; null for none. */
  readonly mark: string | null;
}

export interface ReportedOutcome {
  /** 0 to 1; over all outcomes that assume the same they add up to 1. */
  readonly probability: number;
  readonly verdict: Verdict;
  readonly steps: readonly ReportedStep[];
  readonly packet: ReportedPacket;
  /** What this outcome takes to be so, besides the assumptions that all share. */
  readonly assuming: readonly string[];
}

export interface TraceReport {
  readonly packet: ReportedPacket & {
    readonly protocol: string;
    readonly hook: 'prerouting' | 'output';
    readonly in: string | null;
    readonly out: string | null;
    readonly state: ConnectionState;
  };
  readonly outcomes: readonly ReportedOutcome[];
  readonly assumptions: readonly string[];
}

export type TraceAnswer =
  | { readonly ok: true; readonly report: TraceReport }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

interface End {
  readonly ip: IPAddress;
  readonly port: number | null;
}

function readEnd(text: string): End | undefined {
  const range = natRange(text.trim());
  if (range?.first === undefined || range.first === null || range.first.text !== range.last?.text) return undefined;
  return range.firstPort === range.lastPort ? { ip: range.first, port: range.firstPort } : undefined;
}

function isLoopback(address: IPAddress): boolean {
  return address.family === 'ipv4' ? address.low >>> 24 === 127 : address.bits === 1n;
}

/** 15 characters at most, without blanks or slashes (IFNAMSIZ, dev_valid_name). */
function isInterfaceName(name: string): boolean {
  return /^[^\s/:]{1,15}$/.test(name);
}

/** The packet of a request; a text says what is wrong with it. */
function readPacket(request: TraceRequest): Packet | string {
  const from = readEnd(request.from);
  const to = readEnd(request.to);
  if (from === undefined) return `--from ${shown(request.from)} is no address: expected IP or IP:PORT, IPv6 as [IP]:PORT.`;
  if (to === undefined) return `--to ${shown(request.to)} is no address: expected IP:PORT, IPv6 as [IP]:PORT.`;
  if (from.ip.family !== to.ip.family) return `--from ${from.ip.text} and --to ${to.ip.text} are of different families.`;
  const protocol = canonicalProtocol(request.protocol ?? 'tcp');
  if (protocol === '' || (protocolNumber(protocol) === undefined && !/^\d+$/.test(protocol))) {
    return `--proto ${shown(request.protocol ?? '')} is no protocol: expected tcp, udp, sctp, icmp, another name or a number.`;
  }
  const hasPorts = ['tcp', 'udp', 'udplite', 'sctp', 'dccp'].includes(protocol);
  if (hasPorts && to.port === null) return `--to ${shown(request.to)} has no port, which ${protocol} needs: expected IP:PORT.`;
  const state = connectionStates.find((known) => known === (request.state ?? 'NEW').toUpperCase());
  if (state === undefined) return `--state ${shown(request.state ?? '')} is none of ${connectionStates.join(', ')}.`;
  for (const [option, name] of [
    ['--in', request.in],
    ['--out', request.out],
  ] as const) {
    if (name !== undefined && !isInterfaceName(name)) return `${option} ${shown(name)} is no name of an interface.`;
  }
  const hook = request.hook?.toLowerCase() ?? (request.in === undefined && isLoopback(from.ip) ? 'output' : 'prerouting');
  if (hook !== 'prerouting' && hook !== 'output') return `--hook ${shown(request.hook ?? '')} is neither prerouting nor output.`;
  if (hook === 'output' && request.in !== undefined)
    return 'A packet of this node (--hook output) comes in by no interface: leave --in out.';
  return packetOf({
    source: from.ip,
    destination: to.ip,
    protocol,
    sport: hasPorts ? from.port : null,
    dport: hasPorts ? to.port : null,
    state,
    isFromHere: hook === 'output',
    in: request.in ?? null,
    out: request.out ?? null,
  });
}

function reportedPacket(packet: Packet): ReportedPacket {
  return {
    src: packet.source?.text ?? null,
    sport: packet.sport,
    dst: packet.destination.text,
    dport: packet.dport,
    mark: packet.mark === 0 ? null : `0x${packet.mark.toString(16)}`,
  };
}

function reportedSteps(ruleset: Ruleset, last: TraceStep | null): readonly ReportedStep[] {
  const steps: ReportedStep[] = [];
  for (let step = last; step !== null; step = step.previous) {
    const line = step.line === null ? undefined : ruleset.lines[step.line];
    steps.push({
      table: step.chain.table.name,
      chain: step.chain.name,
      line: step.line === null ? null : step.line + 1,
      rule: step.kind === 'policy' || line === undefined ? `policy ${step.chain.name}` : ruleText(line),
      action: step.words,
    });
  }
  return steps.reverse();
}

function assumingOf(outcome: Outcome): readonly string[] {
  const texts: string[] = [];
  for (let settled = outcome.assumed; settled !== null; settled = settled.previous) {
    const text = settled.holds ? settled.fact.yes : settled.fact.no;
    if (text !== '') texts.push(text);
  }
  return texts.reverse();
}

/** How many unlikely things an outcome takes to be so. */
function oddity(outcome: Outcome): number {
  let odd = 0;
  for (let settled = outcome.assumed; settled !== null; settled = settled.previous) {
    if (settled.holds !== settled.fact.likely) odd += 1;
  }
  return odd;
}

/** The report on one packet, or in a sentence what is wrong with the request. Pauses every few thousand rules; never throws. */
export function* traceSteps(ruleset: Ruleset, request: TraceRequest, options: EnumerateOptions = {}): Steps<TraceAnswer> {
  const packet = readPacket(request);
  if (typeof packet === 'string') return { ok: false, message: packet };
  if (!ruleset.dumps.some((dump) => dump.family === packet.family)) {
    const name = packet.family === 'ipv4' ? 'IPv4' : 'IPv6';
    return { ok: false, message: `The dump has no ${name} tables, and ${packet.destination.text} is an ${name} address.` };
  }
  const { outcomes, assumptions, missing } = yield* enumerateSteps(ruleset, packet, options);
  const shared = [
    ...assumptions,
    ...missing.map(
      ({ name }) => `${name} is not in the dump, so that nothing is known of what it does: the jump is passed over.`,
    ),
  ];
  const isNode = packet.isFromHere && packet.in !== 'lo';
  return {
    ok: true,
    report: {
      packet: {
        ...reportedPacket(packet),
        protocol: packet.protocol,
        hook: isNode ? 'output' : 'prerouting',
        in: packet.in === '' ? null : packet.in,
        out: packet.out,
        state: packet.state,
      },
      // What is likely comes first, and of that what rules decide earlier.
      outcomes: outcomes
        .toSorted((a, b) => oddity(a) - oddity(b))
        .map((outcome) => ({
          probability: Math.round(outcome.probability * 1e12) / 1e12,
          verdict: outcome.verdict,
          steps: reportedSteps(ruleset, outcome.last),
          packet: reportedPacket(outcome.packet),
          assuming: assumingOf(outcome),
        })),
      assumptions: isNode
        ? [...shared, 'What this node sends to itself comes back in by lo: ask with --hook prerouting --in lo for that half.']
        : shared,
    },
  };
}

/** The same without pauses. */
export function traceReport(ruleset: Ruleset, request: TraceRequest, options: EnumerateOptions = {}): TraceAnswer {
  return runToEnd(traceSteps(ruleset, request, options));
}
