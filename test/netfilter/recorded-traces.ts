/** Packets with the kernel's own paths, recorded in network namespaces, and how they are asked of the project. */
import { runToEnd } from '../../server/src/base/steps.ts';
import { answerIn, connectionOf, laterIn, type Route, stateAlone } from '../../server/src/netfilter/connection.ts';
import { canonicalProtocol } from '../../server/src/netfilter/core-match-predicates.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { Enumeration, Outcome } from '../../server/src/netfilter/outcome.ts';
import { type Packet, packetOf, tcpFlags } from '../../server/src/netfilter/packet.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { address } from './support.ts';

/** A packet as an interface showed it at some hook. */
interface Seen {
  readonly in?: string;
  readonly out?: string;
  readonly src: string;
  readonly dst: string;
  readonly len: string;
  readonly tos?: string;
  readonly tc?: string;
  readonly ttl?: string;
  readonly hoplimit?: string;
}

export interface RecordedPacket {
  readonly v: 4 | 6;
  readonly proto: string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly type?: number;
  readonly uid?: number;
  /** "SA". */
  readonly flags?: string;
  /** Where it was sent: a client behind eth0, two Pods, or the node itself. */
  readonly at: 'cli' | 'pod1' | 'pod2' | 'node';
}

export interface Recorded {
  readonly ruleset: string;
  readonly kind: 'first' | 'reply' | 'third';
  readonly packet: RecordedPacket;
  /** "nat:PREROUTING:rule:0x7:JUMP:X", "filter:INPUT:policy:DROP". */
  readonly events: readonly string[];
  /** At the first hook and at the last. */
  readonly seen: readonly Seen[];
}

export interface RecordedRuleset {
  readonly family: 'ipv4' | 'ipv6';
  readonly text: string;
  /** By "table:chain:handle" the place of a rule among the chain's, 0-based. */
  readonly map: Readonly<Record<string, number>>;
}

/** The node's addresses in the recordings. */
export const ownAddresses: ReadonlySet<string> = new Set(['192.168.50.1', '10.244.0.1', 'fd00:50::1', 'fd00:244::1']);

const interfaces = { cli: 'eth0', pod1: 'cali12ab34', pod2: 'vethff00', node: '' } as const;

/** Sets of ipset's as they were at the start. */
export const sets = `create tset hash:ip family inet
add tset 10.244.0.2
create tset6 hash:ip family inet6
add tset6 fd00:244::2
create ports hash:ip,port family inet
add ports 10.244.0.3,tcp:80
create nets hash:net family inet
add nets 10.96.0.0/12
create bm bitmap:port range 0-65535
add bm 53
`;

/** A step as "nat PREROUTING 3", the rule's place 1-based, in order; policies are left out. */
export function kernelPath({ events }: Recorded, { map }: RecordedRuleset): readonly string[] {
  return events.flatMap((event) => {
    const [table = '', chain = '', kind, handle = ''] = event.split(':');
    return kind === 'rule' ? [`${table} ${chain} ${(map[`${table}:${chain}:${handle}`] ?? Number.NaN) + 1}`] : [];
  });
}

/** Whether the kernel let a packet pass, as far as its rules saw it; REJECT shows as DROP. */
export function kernelVerdict({ events }: Recorded): 'accept' | 'drop' {
  return /:DROP$/.test(events.at(-1) ?? '') ? 'drop' : 'accept';
}

export function pathOf(outcome: Outcome): readonly string[] {
  const steps: string[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) {
    if (step.kind === 'policy' || step.line === null) continue;
    steps.push(`${step.chain.table.name} ${step.chain.name} ${step.chain.rules.indexOf(step.line) + 1}`);
  }
  return steps.reverse();
}

/** The hooks of a path, in order, each once. */
function hooksOf(outcome: Outcome): readonly string[] {
  const hooks: string[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) if (step.chain.builtin) hooks.push(step.chain.name);
  return hooks.reverse();
}

export interface KernelTrace {
  readonly path: readonly string[];
  readonly verdict: 'accept' | 'drop';
  /** The last hook that it reached. */
  readonly hook: string;
}

export function kernelTrace(recorded: Recorded, ruleset: RecordedRuleset): KernelTrace {
  const hooks = recorded.events.map((event) => event.split(':')[1] ?? '').filter((name) => name === name.toUpperCase());
  return {
    path: kernelPath(recorded, ruleset),
    verdict: kernelVerdict(recorded),
    hook:
      hooks.findLast((name) => /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/.test(name)) ??
      (recorded.packet.at === 'node' ? 'OUTPUT' : 'PREROUTING'),
  };
}

/**
 * Whether an outcome is what the kernel did: the same rules in the same order, and the same verdict. A packet that the kernel dropped between two
 * hooks (no route, no neighbour, a martian) has the path up to there.
 */
export function isSameAs(kernel: KernelTrace, outcome: Outcome): boolean {
  const path = pathOf(outcome);
  const verdict = outcome.verdict === 'accept' ? 'accept' : 'drop';
  if (path.join('; ') === kernel.path.join('; ') && (verdict === kernel.verdict || isCut(kernel, outcome))) return true;
  return isCut(kernel, outcome) && kernel.path.every((step, at) => step === path[at]);
}

/** Whether the kernel's trace ends at a hook behind which ours goes on. */
function isCut({ verdict, hook, path }: KernelTrace, outcome: Outcome): boolean {
  if (verdict !== 'accept' || (hook !== 'PREROUTING' && hook !== 'FORWARD' && hook !== 'OUTPUT')) return false;
  const ours = pathOf(outcome);
  const hooks = hooksOf(outcome);
  const isDroppedInBetween = outcome.verdict === 'drop' && ours.length === path.length && (hooks.at(-1) ?? hook) === hook;
  const next = ours.length > path.length ? (ours[path.length] ?? '').split(' ')[1] : hooks.at(-1);
  return isDroppedInBetween || (next !== undefined && next !== hook);
}

const flagLetters: Readonly<Record<string, number>> = {
  F: tcpFlags.FIN,
  S: tcpFlags.SYN,
  R: tcpFlags.RST,
  P: tcpFlags.PSH,
  A: tcpFlags.ACK,
  U: tcpFlags.URG,
};

function marksOf({ packet: { v, type, uid, flags }, seen }: Recorded) {
  const first = seen[0];
  return {
    ttl: Number(first?.ttl ?? first?.hoplimit),
    // For IPv6 the tool that recorded it adds an IPv4 header's length.
    length: Number(first?.len) + (v === 6 ? 20 : 0),
    tos: first?.tos === undefined ? Number(first?.tc) : Number(first.tos),
    uid: uid ?? 0,
    ...(type === undefined ? {} : { icmp: { type, code: 0 } }),
    ...(flags === undefined ? {} : { flags: [...flags].reduce((bits, letter) => bits | (flagLetters[letter] ?? 0), 0) }),
  };
}

function routeOf({ packet: { at } }: Recorded): Route {
  return { isFromHere: at === 'node', in: interfaces[at], out: null };
}

export function firstPacket(recorded: Recorded): Packet {
  const { proto, src, dst, sport, dport } = recorded.packet;
  const marks = marksOf(recorded);
  const protocol = canonicalProtocol(proto);
  return packetOf({
    ...marks,
    ...routeOf(recorded),
    state: stateAlone(protocol, marks.flags ?? null, marks.icmp ?? null),
    source: address(src),
    destination: address(dst),
    protocol,
    sport: sport ?? null,
    dport: dport ?? null,
  });
}

/** The packet of a recording, where it is no first one by the path that the first took. */
export function packetIn(recorded: Recorded, first: { readonly packet: Packet; readonly outcome: Outcome } | null): Packet {
  if (recorded.kind === 'first' || first === null) return firstPacket(recorded);
  const connection = connectionOf(first.packet, first.outcome);
  return (recorded.kind === 'reply' ? answerIn : laterIn)(connection, routeOf(recorded), marksOf(recorded));
}

export function enumerated(ruleset: Ruleset, packet: Packet): Enumeration {
  return runToEnd(enumerateSteps(ruleset, packet, { isLocal: (ip) => ownAddresses.has(ip) }));
}
