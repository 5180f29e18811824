/** The packets of a question on their way through the node: what the rules do to each, and what comes back. */
import { hostPort, isIPv6 } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import { arrival } from '../kube/question/arrival.ts';
import { questionEnds } from '../kube/question/ends.ts';
import { followOptions } from '../kube/question/node-knowledge.ts';
import { dumpFor } from '../kube/question/trace.ts';
import { enumerateSteps } from '../netfilter/enumerate.ts';
import type { EnumerateOptions } from '../netfilter/enumeration/options.ts';
import { type FollowedOutcome, followConnection } from '../netfilter/follow-connection.ts';
import type { Enumeration, Outcome, TraceStep, Unshown, Verdict } from '../netfilter/outcome.ts';
import { type Packet, packetOf } from '../netfilter/packet.ts';
import { notShownTexts } from '../netfilter/trace-report.ts';
import { RequestError, readRequest, type TraceRequest } from '../netfilter/trace-request.ts';
import { type RouteAnswer, type Routed, routeOf } from '../node/look-ups/route.ts';
import { isTableWhole, lacksTable } from '../ruleset/completeness.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { type AnswerRoute, answerRoute } from './answer-route.ts';
import { bridgedSkipsRules, bridgeNamed, linkOfRoute, routeTo } from './bridges.ts';
import { nodeName, type Subject } from './subject.ts';

/** What is asked, as typed. */
export interface DiagnoseQuestion {
  readonly from: string;
  /** May end in "/udp". */
  readonly to: string;
  readonly protocol?: string | undefined;
}

/** One path that a packet of the question may take, and what is known of it. */
export interface Journey {
  /** 0 to 1. */
  readonly probability: number;
  readonly verdict: Verdict;
  readonly start: Packet;
  /** After all changes. */
  readonly end: Packet;
  readonly last: TraceStep | null;
  /** Whether it is for this node itself. */
  readonly isDelivered: boolean;
  /** Whether a bridge passes it from one port to another, as its two ends are on it: it is not routed. */
  readonly isBridged: boolean;
  /** Where it is routed behind PREROUTING, or by this node that sends it. */
  readonly route: RouteAnswer;
  /** How its answers are routed; null where none is routed, or that is not known. */
  readonly answer: AnswerRoute | null;
}

/** Something that is not known: members of a set that are not there, or the link address or bridge port that a packet comes by. */
export interface HangsOn {
  readonly about: 'set' | 'frame';
  /** "The set ok has 10.42.1.20." */
  readonly assumption: string;
  /** Why it is not known, and what to look at. */
  readonly why: string;
}

/** A question with the journeys that its packets may go. */
export interface Asked {
  readonly question: { readonly from: string; readonly to: string; readonly protocol: string };
  readonly packet: Packet;
  readonly journeys: readonly Journey[];
  /** Ways of the answers to what arrives; empty where none does. */
  readonly answers: readonly FollowedOutcome[];
  /** Ways of the packets that follow an answer of TCP, which ends the handshake; empty where none arrives, and of other protocols. */
  readonly later: readonly FollowedOutcome[];
  /** What of the rules on the packets' way the text does not show, in sentences. */
  readonly notShown: readonly string[];
  /** Whether a rule of nat that the text does not show, or of which was not understood for which packets it is, may translate the packets. */
  readonly mayBeTranslated: boolean;
  /** What was taken to be so, in sentences. */
  readonly notes: readonly string[];
  /** What decides the verdict and nobody knows; null where nothing does. */
  readonly hangsOn: HangsOn | null;
  /** Whether other answers to what is not known lead elsewhere. */
  readonly options: EnumerateOptions;
}

export type AskedAnswer = { readonly ok: true; readonly asked: Asked } | { readonly ok: false; readonly message: string };

/** Of all outcomes those of the fewest unlikely assumptions. */
function likeliest<T extends Pick<Outcome, 'oddity'>>(outcomes: readonly T[]): readonly T[] {
  const least = outcomes.reduce((low, { oddity }) => Math.min(low, oddity), Number.POSITIVE_INFINITY);
  return outcomes.filter(({ oddity }) => oddity === least);
}

const unknownBy = {
  set: 'as the members of the set are not there (ipset save > ipset-save.txt)',
  frame:
    'as the bundle does not say which link address and bridge port the packet comes by (ip neigh, bridge fdb show, tcpdump -e; iptables -L -v -n -x shows whether the rule counts)',
} as const;

/** What nobody knows and the verdict hangs on: another path that differs by that alone ends otherwise. */
function whatDecides(outcomes: readonly Outcome[], isSetKnown: boolean): HangsOn | null {
  const chosen = likeliest(outcomes);
  const verdicts = new Set(chosen.map(({ verdict }) => verdict));
  for (const { verdict, oddity, assumed } of outcomes) {
    if (oddity === chosen[0]?.oddity || verdicts.has(verdict)) continue;
    let first: HangsOn | null = null;
    let isOpen = true;
    for (let each = assumed; each !== null; each = each.previous) {
      const { about, likely, yes, no } = each.fact;
      if (each.holds === likely) continue;
      if (about === 'frame' || (about === 'set' && !isSetKnown))
        first ??= { about, assumption: each.holds ? yes : no, why: unknownBy[about] };
      else isOpen = false;
    }
    if (isOpen && first !== null) return first;
  }
  return null;
}

/** What this node sends to itself comes in by lo: the second half of its way. */
function* byLoopback(ruleset: Ruleset, outcome: Outcome, options: EnumerateOptions): Steps<readonly Outcome[]> {
  const { packet } = outcome;
  const sent = packet.source ?? packet.asked.source.address;
  if (outcome.verdict !== 'accept' || !packet.isFromHere || packet.out !== 'lo' || sent === null) return [outcome];
  const looped = packetOf({
    source: sent,
    destination: packet.destination,
    protocol: packet.protocol,
    sport: packet.sport,
    dport: packet.dport,
    mark: packet.mark,
    isFromHere: false,
    in: 'lo',
  });
  const { outcomes } = yield* enumerateSteps(ruleset, looped, options);
  return likeliest(outcomes).map((second) => ({
    ...second,
    probability: outcome.probability * second.probability,
    // Where nothing had a say on the second half, the first half's last rule is shown.
    last: second.last ?? outcome.last,
    packet: { ...packet, hook: second.packet.hook, in: 'lo' },
  }));
}

/** The user who sends a packet of this node's: root, as of most programs there, where nobody says another one. */
export function senderOf({ uid }: Packet): number {
  return uid ?? 0;
}

/** What routing saw: the packet behind the changes of its destination, with the source that it had then. */
function routeOfEnd({ facts }: Subject, start: Packet, end: Packet): RouteAnswer {
  if (end.destination.standsIn === true) return { kind: 'unknown', rule: null };
  return routeOf(facts, {
    destination: end.destination.text,
    source: start.source?.text ?? '',
    mark: end.routedMark ?? end.mark,
    in: start.isFromHere ? '' : start.in,
    uid: start.isFromHere ? senderOf(start) : null,
    ...portsOfRouted(start, end),
  });
}

/** What is routed anew behind OUTPUT is asked for without protocol and ports (ip_route_me_harder): it is not told which of both counts. */
function portsOfRouted(start: Packet, end: Packet): Partial<Pick<Routed, 'protocol' | 'sport' | 'dport' | 'clientPort'>> {
  const isAnew = start.isFromHere && (end.dnat || start.mark !== end.mark);
  return isAnew ? {} : { protocol: start.protocol, sport: start.sport, dport: end.dport, clientPort: 'source' };
}

/** Whether both ends of a packet that nobody translated are on one bridge. */
function isBridged(subject: Subject, start: Packet, end: Packet): boolean {
  if (start.isFromHere || end.dnat || start.source === null || end.destination.standsIn === true) return false;
  const bridge = bridgeNamed(subject, linkOfRoute(routeTo(subject, end.destination.text)));
  return bridge !== undefined && bridge === linkOfRoute(routeTo(subject, start.source.text));
}

function journeyOf(subject: Subject, start: Packet, outcome: Outcome): Omit<Journey, 'answer'> {
  const { probability, verdict, last, packet: end } = outcome;
  const isDelivered = end.hook === 'INPUT' || (end.isFromHere && end.out === 'lo');
  const bridged = isBridged(subject, start, end);
  const route = routeOfEnd(subject, start, end);
  // Without br_netfilter no rule sees what a bridge passes.
  if (bridged && bridgedSkipsRules(subject, start.family, linkOfRoute(route) ?? ''))
    return { probability, verdict: 'accept', last: null, start, end: start, isDelivered: false, isBridged: true, route };
  return { probability, verdict, last, start, end, isDelivered, isBridged: bridged, route };
}

/** The address and protocol by which a client asks for a Service that the cluster has: its clusterIP, or from outside a NodePort. */
function addressByCluster(
  subject: Subject,
  to: string,
  from: string,
): { readonly to: string; readonly protocol: string } | undefined {
  const { cluster } = subject;
  const [, namespace = '', name = '', wanted] = /^([^/:\s]+)\/([^/:\s]+)(?::([^/:\s]+))?$/.exec(to) ?? [];
  const service = cluster.service(namespace, name);
  const port = service?.ports.find((each) => wanted === undefined || each.name === wanted || String(each.port) === wanted);
  if (service === undefined || port === undefined) return undefined;
  const node = cluster.node(nodeName(subject));
  const ip = from === 'outside' ? node?.addresses.find(({ type }) => type === 'InternalIP')?.address : service.clusterIPs[0];
  const number = from === 'outside' ? port.nodePort : port.port;
  return ip === undefined || number === 0 ? undefined : { to: hostPort(ip, number), protocol: port.protocol };
}

function* requestOf(
  subject: Subject,
  question: DiagnoseQuestion,
): Steps<(TraceRequest & { readonly notes: readonly string[] }) | string> {
  const { resolution, facts } = subject;
  const [, to = question.to, suffix] = /^(.*?)(?:\/(tcp|udp|sctp|icmp))?$/i.exec(question.to.trim()) ?? [];
  const protocol = question.protocol ?? suffix?.toLowerCase();
  const meant = yield* questionEnds(resolution, { from: question.from, to, protocol });
  if (!meant.ok) {
    // Rules that lack a Service are what is to be diagnosed: the cluster says its address.
    const address = addressByCluster(subject, to, question.from);
    if (address === undefined) return meant.message;
    const again = yield* questionEnds(resolution, { from: question.from, ...address });
    return again.ok ? { ...again.ends, ...arrival(facts, again.ends) } : meant.message;
  }
  return { ...meant.ends, ...arrival(facts, meant.ends) };
}

/** What no route leads on goes through the rules nevertheless: that it ends there is a finding of its own. */
function routedOn({ routed, ...options }: EnumerateOptions): EnumerateOptions {
  if (routed === undefined) return options;
  return {
    ...options,
    routed: (packet) => {
      const lead = routed(packet);
      return lead === 'nowhere' ? 'on' : lead;
    },
  };
}

/**
 * A packet of this node's, with its paths: where rules ask which user sends it, and nobody said, it is taken to be root, as kubelet and most daemons
 * of a node are.
 */
function* sentBy(ruleset: Ruleset, packet: Packet, options: EnumerateOptions): Steps<readonly [Packet, Enumeration]> {
  const known = yield* enumerateSteps(ruleset, packet, options);
  const isAsked = known.outcomes.some(({ assumed }) => asksForUser(assumed));
  if (!packet.isFromHere || packet.uid !== null || packet.gid !== null || !isAsked) return [packet, known];
  const byRoot = { ...packet, uid: 0, gid: 0 };
  const paths = yield* enumerateSteps(ruleset, byRoot, options);
  return [byRoot, { ...paths, assumptions: [...paths.assumptions, 'Root sends the packet, as most programs of a node.'] }];
}

function asksForUser(assumed: Outcome['assumed']): boolean {
  for (let each = assumed; each !== null; each = each.previous)
    if (each.fact.value?.of === 'uid' || each.fact.value?.of === 'gid') return true;
  return false;
}

/**
 * What is not shown, but for tables of which nothing says that the node has them, as iptables-save prints those that there are, and for the ends
 * of raw and mangle, where most nodes have no rules: `iptables -S` prints no last line by which it could be told.
 */
function leftOut(ruleset: Ruleset, { missing, unshown }: Enumeration): Pick<Enumeration, 'missing' | 'unshown'> {
  const isLacking = ruleset.dumps.some(lacksTable);
  const whole = new Set(ruleset.tables.filter((table) => isTableWhole(ruleset, table)).map(({ name }) => name));
  const isLeftOut = ({ what, table }: Unshown): boolean => {
    if (what === 'table') return isLacking;
    return what === 'cut' || ((table === 'nat' || table === 'filter') && !whole.has(table));
  };
  return { missing, unshown: unshown.filter(isLeftOut) };
}

function mayBeTranslated({ outcomes, unshown, missing }: Enumeration): boolean {
  const isOfNat = ({ table }: { readonly table: string }): boolean => table === 'nat';
  return unshown.some(isOfNat) || missing.some(({ table }) => table.name === 'nat') || outcomes.some(({ packet }) => packet.dnat);
}

/** Follows the packets of a question; refused in a sentence where the question cannot be read. */
export function* askedSteps(subject: Subject, question: DiagnoseQuestion): Steps<AskedAnswer> {
  const { ruleset, resolution } = subject;
  const request = yield* requestOf(subject, question);
  if (typeof request === 'string') return { ok: false, message: request };
  let packet: Packet;
  try {
    packet = readRequest(request);
  } catch (error) {
    if (error instanceof RequestError) return { ok: false, message: error.message };
    throw error;
  }
  if (!ruleset.dumps.some(({ family }) => family === packet.family)) {
    const name = isIPv6(packet.destination.text) ? 'IPv6' : 'IPv4';
    return { ok: false, message: `There are no ${name} rules, and ${packet.destination.text} is an ${name} address.` };
  }
  const destination = packet.destination.text;
  const options = routedOn(followOptions(resolution, dumpFor(ruleset, destination), destination, new Set(), {}));
  const [sender, paths] = yield* sentBy(ruleset, packet, options);
  const { outcomes, assumptions } = paths;
  packet = sender;
  const followed: Outcome[] = [];
  for (const outcome of likeliest(outcomes)) followed.push(...(yield* byLoopback(ruleset, outcome, options)));
  const unanswered = followed.map((outcome) => journeyOf(subject, packet, outcome));
  const arrives = unanswered.some(({ verdict }) => verdict === 'accept');
  const back = arrives ? yield* followConnection(ruleset, packet, 'answer', {}, options) : undefined;
  const answers = back === undefined ? [] : likeliest(back.outcomes);
  const goesOn = arrives && packet.protocol === 'tcp';
  const later = goesOn ? likeliest((yield* followConnection(ruleset, packet, 'later', {}, options)).outcomes) : [];
  const journeys = unanswered.map((journey) => ({ ...journey, answer: answerRoute(subject, journey, answers) }));
  return {
    ok: true,
    asked: {
      question: { from: question.from, to: question.to, protocol: packet.protocol },
      packet,
      journeys,
      answers,
      later,
      hangsOn: whatDecides(outcomes, subject.facts.sets !== null),
      notShown: notShownTexts(leftOut(ruleset, paths)),
      mayBeTranslated: mayBeTranslated(paths),
      notes: [...request.notes, ...assumptions],
      options,
    },
  };
}
