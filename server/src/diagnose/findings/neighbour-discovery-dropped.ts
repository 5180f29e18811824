import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { followOptions } from '../../kube/question/node-knowledge.ts';
import { dumpFor } from '../../kube/question/trace.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { Outcome } from '../../netfilter/outcome.ts';
import { ipAddress, packetOf } from '../../netfilter/packet.ts';
import { addressOfInterface } from '../../node/look-ups/own-address.ts';
import { interfacesOf } from '../../node/look-ups/route.ts';
import { linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { whoHas } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** IPv6 asks who has an address by ICMPv6, which meets INPUT and OUTPUT, where IPv4 has ARP, which does not (RFC 4861). */
export const neighbourDiscoveryDropped: NodeFinding = {
  codes: {
    'neighbour-discovery-dropped':
      'Rules drop the ICMPv6 messages by which neighbours find each other, so that nothing is sent on the link.',
  },
  look,
};

/** One message of neighbour discovery on a link. */
interface Message {
  readonly link: string;
  /** The other machine or Pod. */
  readonly neighbour: string;
  readonly own: string;
  readonly isOut: boolean;
  readonly type: 135 | 136;
}

/** The messages that a neighbour and this node need of each other: its question and its answer come in, ours go out. */
function messagesWith({ facts }: Subject, link: string, neighbour: string): readonly Message[] {
  const own = addressOfInterface(facts, link, { destination: neighbour, nextHop: neighbour });
  if (own === undefined || own === neighbour) return [];
  return [true, false].flatMap((isOut) => ([135, 136] as const).map((type) => ({ link, neighbour, own, isOut, type })));
}

/** Whether a neighbour's address on the link is known, so that nobody needs to ask. */
function isKnown({ facts }: Subject, link: string, neighbour: string): boolean {
  return (
    facts.neighbours?.records.some(({ ip, interface: name, mac }) => ip === neighbour && name === link && mac !== '') ?? true
  );
}

/** Neighbours that a journey needs and whose address on the link is not known. */
function unknownNeighbours(subject: Subject, { start, end, route, isDelivered }: Journey): readonly Message[] {
  const needed: (readonly [link: string | null | undefined, ip: string])[] = [];
  if (!start.isFromHere && start.source !== null && start.source.standsIn !== true)
    if (linkOfRoute(routeTo(subject, start.source.text)) === start.in) needed.push([start.in, start.source.text]);
  if (!isDelivered && route.kind === 'route' && end.destination.standsIn !== true) {
    const [hop] = route.route.hops;
    needed.push([interfacesOf(route.route)[0], hop?.gateway || end.destination.text]);
  }
  return needed.flatMap(([link, ip]) =>
    link === null || link === undefined || link === '' || link === 'lo' || isKnown(subject, link, ip)
      ? []
      : messagesWith(subject, link, ip),
  );
}

/** What ends a message; undefined where it may pass. */
function* ended(subject: Subject, { link, neighbour, own, isOut, type }: Message): Steps<Outcome | undefined> {
  const [source, destination] = [ipAddress(isOut ? own : neighbour), ipAddress(isOut ? neighbour : own)];
  if (source === undefined || destination === undefined) return undefined;
  const { ruleset, resolution } = subject;
  const packet = packetOf({
    source,
    destination,
    protocol: 'ipv6-icmp',
    icmp: { type, code: 0 },
    ttl: 255,
    // Conntrack leaves these messages alone (nf_conntrack_icmpv6_error).
    state: 'UNTRACKED',
    isFromHere: isOut,
    ...(isOut ? { out: link } : { in: link }),
  });
  const options = followOptions(resolution, dumpFor(ruleset, destination.text), destination.text, new Set(), {});
  const { outcomes } = yield* enumerateSteps(ruleset, packet, options);
  return outcomes.length > 0 && outcomes.every(({ verdict }) => verdict !== 'accept') ? outcomes[0] : undefined;
}

function causeOf(subject: Subject, { link, neighbour, isOut, type }: Message, { last, verdict }: Outcome): Cause {
  const line = last?.line ?? null;
  const place = line === null ? '' : ` (${subject.place(line).file}, line ${subject.place(line).line})`;
  const by = last?.kind === 'policy' ? `The policy of ${last.chain.name}` : `A rule of ${last?.chain.name ?? ''}`;
  const name = type === 135 ? 'neighbour solicitations' : 'neighbour advertisements';
  const hook = isOut ? 'OUTPUT' : 'INPUT';
  return {
    code: 'neighbour-discovery-dropped',
    message: `${by}${place} ${verdict === 'reject' ? 'refuses' : 'drops'} ${name} (ICMPv6 type ${type}) ${isOut ? 'to' : 'from'} ${whoHas(subject, neighbour)} on ${link}: IPv6 finds neighbours by them as IPv4 does by ARP, and without them no packet is sent on the link.`,
    evidence: line === null ? [] : [ruleEvidence(subject, line)],
    confirm: [command`ip -6 neigh show dev ${link}`, command`ip6tables -L ${hook} -v -n -x --line-numbers`],
    mend: [
      command`ip6tables -I ${hook} -p icmpv6 --icmpv6-type ${type} -j ACCEPT`,
      command`and the same of the other type and direction, where the firewall of the node is configured`,
    ],
  };
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null || asked.packet.family !== 'ipv6' || subject.facts.addresses === null) return nothing;
  const found: Found[] = [];
  for (const journey of accepted(asked)) {
    for (const message of unknownNeighbours(subject, journey)) {
      const outcome = yield* ended(subject, message);
      if (outcome === undefined) continue;
      found.push(foundCause(causeOf(subject, message, outcome), { ends: [journey], isBeforeRules: true }));
      break;
    }
  }
  return { ...nothing, found };
}
