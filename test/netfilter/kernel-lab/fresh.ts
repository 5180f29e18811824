/** Sends exchanges of packets through real rules, and compares how the kernel took each packet with what enumerating says of it. */
import { runToEnd } from '../../../server/src/base/steps.ts';
import type { Family } from '../../../server/src/catalog/types.ts';
import {
  afterAnswer,
  answerIn,
  connectionOf,
  laterIn,
  type Route,
  stateAlone,
} from '../../../server/src/netfilter/connection.ts';
import { enumerateSteps } from '../../../server/src/netfilter/enumerate.ts';
import type { EnumerateOptions } from '../../../server/src/netfilter/enumeration/options.ts';
import type { Outcome } from '../../../server/src/netfilter/outcome.ts';
import { type Packet, packetOf, tcpFlags } from '../../../server/src/netfilter/packet.ts';
import type { Ruleset } from '../../../server/src/ruleset/ruleset.ts';
import { address } from '../support.ts';
import type { Exchange } from './exchanges.ts';
import { frameOf, type Lab } from './lab.ts';
import { bytesOf, lengthOf, type WirePacket } from './packets.ts';
import { lo, packetKey, type TracedPacket, tracedPackets } from './traces.ts';

/** One packet that was sent: what the kernel did with it and what we say of it. */
export interface Sent {
  readonly exchange: Exchange;
  readonly wire: WirePacket;
  readonly packet: Packet;
  readonly kernel: TracedPacket;
  readonly outcomes: readonly Outcome[];
  /** The outcome that is what the kernel did; undefined where none is. */
  readonly matching: Outcome | undefined;
  /** How a packet that the node sends to itself comes back in by lo; null for others. */
  readonly loop: Sent | null;
}

type Question = Pick<Sent, 'exchange' | 'wire' | 'packet'>;

export interface Followed {
  readonly rules: Ruleset;
  readonly family: Family;
  readonly options: EnumerateOptions;
  /** The place of a rule in its chain, 1-based, by "table chain handle". */
  readonly places: ReadonlyMap<string, number>;
}

/** The places of all rules by their handles: of what `nft -j list ruleset` prints. */
export function rulePlaces(json: string, family: Family): ReadonlyMap<string, number> {
  const { nftables } = JSON.parse(json) as {
    readonly nftables: readonly {
      readonly rule?: { readonly family: string; readonly table: string; readonly chain: string; readonly handle: number };
    }[];
  };
  const counts = new Map<string, number>();
  const places = new Map<string, number>();
  for (const { rule } of nftables) {
    if (rule === undefined || rule.family !== (family === 'ipv4' ? 'ip' : 'ip6')) continue;
    const chain = `${rule.table} ${rule.chain}`;
    const place = (counts.get(chain) ?? 0) + 1;
    counts.set(chain, place);
    places.set(`${chain} ${rule.handle}`, place);
  }
  return places;
}

/** The kernel's path, each rule as "nat PREROUTING 3". */
export function kernelPath({ steps }: TracedPacket, places: ReadonlyMap<string, number>): readonly string[] {
  return steps.map(
    ({ table, chain, handle }) => `${table} ${chain} ${places.get(`${table} ${chain} ${handle}`) ?? `handle ${handle}`}`,
  );
}

/** Ours in the same words. */
export function ourPath(outcome: Outcome): readonly string[] {
  const steps: string[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) {
    if (step.kind === 'policy' || step.line === null) continue;
    steps.push(`${step.chain.table.name} ${step.chain.name} ${step.chain.rules.indexOf(step.line) + 1}`);
  }
  return steps.reverse();
}

/** What differs between how a packet left the kernel and how it leaves by an outcome, in words; empty for nothing. */
export function difference(outcome: Outcome, { kernel, wire }: Pick<Sent, 'kernel' | 'wire'>, lab: Lab): string {
  const { packet } = outcome;
  if ((outcome.verdict === 'accept') !== (kernel.left !== undefined)) return `verdict ${outcome.verdict}`;
  const { left } = kernel;
  if (left === undefined) return '';
  const hasPorts = wire.protocol !== 'icmp';
  const outside = left.out === 0 ? null : left.out === lo ? 'lo' : (lab.links[left.out - lab.indexOf(0)]?.name ?? null);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['source', packet.source?.text ?? null, left.from],
    ['destination', packet.destination.standsIn === true ? null : packet.destination.text, left.to],
    ['source port', hasPorts ? packet.sport : null, left.sport],
    ['destination port', hasPorts ? packet.dport : null, left.dport],
    ['mark', packet.mark, left.mark],
    ['hook', packet.hook, left.hook],
    ['way out', left.hook === 'POSTROUTING' ? packet.out : null, outside],
  ];
  return pairs
    .filter(([, ours, theirs]) => ours !== null && ours !== theirs)
    .map(([what, ours, theirs]) => `${what} ${String(ours)}, not ${String(theirs)}`)
    .join('; ');
}

function protocolOf({ protocol }: Exchange, family: Family): string {
  return protocol === 'icmp' && family === 'ipv6' ? 'ipv6-icmp' : protocol;
}

/** What the wire knows of a packet and its addresses do not say. */
function marksOf(wire: WirePacket, exchange: Exchange, isFromHere: boolean) {
  const uid = isFromHere ? (wire.step === 'reply' ? 0 : exchange.uid) : null;
  return {
    ttl: wire.ttl,
    tos: wire.tos,
    length: lengthOf(wire),
    uid,
    gid: uid,
    ...(wire.protocol === 'tcp' ? { flags: wire.flags } : {}),
    ...(wire.protocol === 'icmp' ? { icmp: { type: wire.icmpType, code: 0 } } : {}),
  };
}

function routeOf(lab: Lab, link: number | null): Route {
  return { isFromHere: link === null, in: link === null ? '' : (lab.links[link]?.name ?? null), out: null };
}

function firstPacket(lab: Lab, exchange: Exchange, wire: WirePacket, family: Family): Packet {
  const marks = marksOf(wire, exchange, exchange.link === null);
  const protocol = protocolOf(exchange, family);
  const hasPorts = exchange.protocol !== 'icmp';
  return packetOf({
    ...marks,
    ...routeOf(lab, exchange.link),
    state: stateAlone(protocol, wire.protocol === 'tcp' ? wire.flags : null, 'icmp' in marks ? marks.icmp : null),
    source: address(exchange.from),
    destination: address(exchange.to),
    protocol,
    sport: hasPorts ? wire.sport : null,
    dport: hasPorts ? wire.dport : null,
  });
}

const echo = { ipv4: { asked: 8, answered: 0 }, ipv6: { asked: 128, answered: 129 } } as const;

function firstWire(exchange: Exchange, id: number, family: Family): WirePacket {
  const { protocol, from, to, dport, flags, isStray, ttl, tos, padding } = exchange;
  const icmpType = isStray ? echo[family].answered : echo[family].asked;
  // Apart for each, so that no connection is another's.
  const sport = 1024 + (id % 60_000);
  return {
    id,
    step: 'first',
    protocol,
    from,
    to,
    sport,
    dport: protocol === 'icmp' ? sport : dport,
    flags,
    icmpType,
    ttl,
    tos,
    padding,
  };
}

function send(lab: Lab, wire: WirePacket, link: number | null, uid: number): void {
  const bytes = bytesOf(wire);
  lab.order(link === null ? `out ${uid} ${wire.to} ${bytes.toString('hex')}` : `in ${link} ${frameOf(bytes)}`);
}

/** An answer to a packet as it left, from whoever got it; null where nobody did, or nobody answers such a packet. */
function replyTo(
  lab: Lab,
  { wire, kernel: { left } }: Sent,
  family: Family,
): { readonly wire: WirePacket; readonly link: number | null } | null {
  if (left === undefined || (wire.protocol === 'tcp' && wire.flags !== tcpFlags.SYN)) return null;
  if (wire.protocol === 'icmp' && wire.icmpType !== echo[family].asked) return null;
  const link = left.hook === 'INPUT' ? null : left.out - lab.indexOf(0);
  if (link !== null && lab.links[link] === undefined) return null;
  const ends = { from: left.to, to: left.from, sport: left.dport, dport: left.sport };
  const { SYN, ACK } = tcpFlags;
  return {
    wire: { ...wire, ...ends, step: 'reply', flags: SYN | ACK, icmpType: echo[family].answered, ttl: 64, tos: 0, padding: 0 },
    link,
  };
}

const nothing: TracedPacket = { steps: [], chains: [], left: undefined };

function judgedAs(
  key: string,
  question: Question,
  lab: Lab,
  followed: Followed,
  traced: ReadonlyMap<string, TracedPacket>,
): Sent {
  const kernel = traced.get(key) ?? nothing;
  const { outcomes } = runToEnd(enumerateSteps(followed.rules, question.packet, followed.options));
  const path = kernelPath(kernel, followed.places).join('; ');
  const matching = outcomes.find(
    (outcome) => ourPath(outcome).join('; ') === path && difference(outcome, { ...question, kernel }, lab) === '',
  );
  return { ...question, kernel, outcomes, matching, loop: null };
}

/** A packet that was sent, and where it comes back by lo that way too. */
function judged(question: Question, lab: Lab, followed: Followed, traced: ReadonlyMap<string, TracedPacket>): Sent {
  const { id, step } = question.wire;
  const sent = judgedAs(packetKey(id, step), question, lab, followed, traced);
  if (sent.matching === undefined || sent.kernel.left?.out !== lo) return sent;
  const back = { ...question, packet: { ...sent.matching.packet, in: 'lo', out: '' } };
  return { ...sent, loop: judgedAs(packetKey(id, step, true), back, lab, followed, traced) };
}

/** Where a packet was last: behind lo, where it went that way. */
function end(sent: Sent): Sent {
  return sent.loop ?? sent;
}

interface Opening {
  readonly first: Sent;
  readonly reply: { readonly wire: WirePacket; readonly link: number | null; readonly packet: Packet };
}

/** Sends these exchanges at once, each as far as it comes: the first packets, their answers, the packets after them. */
async function sendTogether(
  lab: Lab,
  followed: Followed,
  exchanges: readonly Exchange[],
  firstId: number,
): Promise<readonly Sent[]> {
  const { family } = followed;
  const opening = exchanges.map((exchange, index) => {
    const wire = firstWire(exchange, firstId + index, family);
    send(lab, wire, exchange.link, exchange.uid);
    return { exchange, wire, packet: firstPacket(lab, exchange, wire, family) };
  });
  const traced = await seen(lab);
  const firsts = opening.map((each) => judged(each, lab, followed, traced));
  const opened = firsts.flatMap((first): readonly Opening[] => {
    const { matching } = end(first);
    const answer = replyTo(lab, end(first), family);
    if (answer === null || matching === undefined) return [];
    send(lab, answer.wire, answer.link, 0);
    const marks = marksOf(answer.wire, first.exchange, answer.link === null);
    const packet = answerIn(connectionOf(first.packet, matching), routeOf(lab, answer.link), marks);
    return [{ first, reply: { ...answer, packet } }];
  });
  if (opened.length === 0) return firsts;
  const answered = await seen(lab);
  const replies = opened.map(({ first, reply }) => ({
    first,
    reply: judged({ exchange: first.exchange, wire: reply.wire, packet: reply.packet }, lab, followed, answered),
  }));
  const going = replies.flatMap(({ first, reply }) => {
    const [opened, answered] = [end(first).matching, end(reply).matching];
    if (opened === undefined || answered === undefined || end(reply).kernel.left === undefined) return [];
    const { exchange } = first;
    const wire: WirePacket = { ...first.wire, step: 'third', flags: tcpFlags.ACK };
    send(lab, wire, exchange.link, exchange.uid);
    const connection = afterAnswer(connectionOf(first.packet, opened), answered);
    return [
      {
        exchange,
        wire,
        packet: laterIn(connection, routeOf(lab, exchange.link), marksOf(wire, exchange, exchange.link === null)),
      },
    ];
  });
  const later = going.length === 0 ? new Map<string, TracedPacket>() : await seen(lab);
  return [...firsts, ...replies.map(({ reply }) => reply), ...going.map((each) => judged(each, lab, followed, later))];
}

/** Exchanges that may be under way at once: not two where rules remember who was there (`-m recent`). */
function groupsOf(exchanges: readonly Exchange[], remembers: boolean): readonly (readonly Exchange[])[] {
  const size = remembers ? 1 : 100;
  return Array.from({ length: Math.ceil(exchanges.length / size) }, (_, at) => exchanges.slice(at * size, (at + 1) * size));
}

/** The ways of all packets that were sent before. Whoever is on a list of `-m recent` is there no longer. */
async function seen(lab: Lab): Promise<ReadonlyMap<string, TracedPacket>> {
  const messages = await lab.barrier();
  lab.order('forget');
  return tracedPackets(messages);
}

/**
 * Sends all exchanges through the rules that the lab's node has.
 * @param firstId the number of the first, which no other exchange with this node has had; the others follow it
 * @param remembers whether rules remember who was there (`-m recent`)
 */
export async function sendAll(
  lab: Lab,
  followed: Followed,
  exchanges: readonly Exchange[],
  { firstId, remembers }: { readonly firstId: number; readonly remembers: boolean },
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  let id = firstId;
  for (const group of groupsOf(exchanges, remembers)) {
    sent.push(...(await sendTogether(lab, followed, group, id)));
    id += group.length;
  }
  return sent;
}
