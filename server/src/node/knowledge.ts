/** What is known of a node, as the engine that follows packets asks for it. */
import type { EnumerateOptions } from '../netfilter/enumeration/options.ts';
import { ipAddress, type Packet } from '../netfilter/packet.ts';
import type { NodeFacts } from './facts.ts';
import { bridgePorts } from './look-ups/bridge-ports.ts';
import { addressOfInterface, isBroadcast, isOwn, redirectAddressOf } from './look-ups/own-address.ts';
import { interfacesOf, leadOf, routeOf, wayOut } from './look-ups/route.ts';
import { setsOfNode } from './sets.ts';

/** What of the options a node's facts answer. */
export type NodeKnowledge = Pick<
  EnumerateOptions,
  | 'frameSource'
  | 'hasWayBack'
  | 'isLocal'
  | 'isBroadcast'
  | 'routed'
  | 'sets'
  | 'isListed'
  | 'listedTimes'
  | 'time'
  | 'bridgePorts'
  | 'wayOut'
  | 'masqueradeAddress'
  | 'redirectAddress'
>;

const known = new WeakMap<NodeFacts, NodeKnowledge>();

function routedPacket(packet: Packet): Parameters<typeof wayOut>[1] {
  return {
    destination: packet.destination.text,
    source: packet.source?.text ?? '',
    mark: packet.mark,
    in: packet.isFromHere ? '' : packet.in,
    ...(packet.isFromHere
      ? {}
      : { protocol: packet.protocol, sport: packet.sport, dport: packet.dport, clientPort: 'source' as const }),
  };
}

/** An address on any list of that name, or on none of it: a list that is not there has nobody on it. */
function listsOf({ recentLists }: NodeFacts): EnumerateOptions['isListed'] {
  if (recentLists === null) return undefined;
  const listed = new Map(recentLists.map((list) => [list.name, new Set(list.entries.map(({ ip }) => ip))]));
  return (list, address) => listed.get(list)?.has(address) ?? false;
}

/** A tick is 1, 4 or 10 ms (CONFIG_HZ), mostly 4. Where it is 1, less is taken to be within some seconds than is so. */
const ticksPerSecond = 250;

/** How often an address was put on a list within the seconds before the last time that anybody was: when a list was read it does not say itself. */
function listedTimes({ recentLists }: NodeFacts): NonNullable<EnumerateOptions['listedTimes']> {
  return (list, address, seconds) => {
    const entries = (recentLists ?? []).filter(({ name }) => name === list).flatMap(({ entries: each }) => each);
    const latest = entries.reduce((last, { lastSeen }) => Math.max(last, lastSeen), 0);
    const earliest = seconds === null ? 0 : latest - seconds * ticksPerSecond;
    return entries.find(({ ip }) => ip === address)?.times.filter((tick) => tick >= earliest).length ?? 0;
  };
}

/** The interface's own address in the network of the next hop, else its first (nf_nat_masquerade_ipv4, inet_select_addr). */
function masqueradeAddress(facts: NodeFacts, packet: Packet): ReturnType<NonNullable<EnumerateOptions['masqueradeAddress']>> {
  if (packet.out === null || packet.destination.standsIn === true) return undefined;
  const { text: destination } = packet.destination;
  const answer = routeOf(facts, routedPacket(packet));
  const hop = answer.kind === 'route' ? answer.route.hops.find((each) => each.interface === packet.out) : undefined;
  const text = addressOfInterface(facts, packet.out, { destination, nextHop: hop?.gateway || destination });
  return text === undefined ? undefined : ipAddress(text);
}

function redirectAddress(facts: NodeFacts, packet: Packet): ReturnType<NonNullable<EnumerateOptions['redirectAddress']>> {
  if (packet.in === null || packet.in === '' || packet.destination.standsIn === true) return undefined;
  const text = redirectAddressOf(facts, packet.in, packet.destination.text);
  return text === undefined || text === null ? text : ipAddress(text);
}

/** The link address of who sent a packet, where that is a neighbour; of what a router hands on nothing tells by which one it came. */
function frameSource({ neighbours }: NodeFacts, { source, in: name }: Packet): string | undefined {
  if (source === null || source.standsIn === true || name === null || name === '') return undefined;
  const known = neighbours?.records.find((each) => each.ip === source.text && each.interface === name);
  return known === undefined || known.mac === '' ? undefined : known.mac;
}

/** Whether a route leads back to a packet's source, by any interface or the one that it came in by (xt_rpfilter: ipt_rpfilter.c). */
function hasWayBack(facts: NodeFacts, packet: Packet, isAny: boolean, isMarkKept: boolean): boolean | undefined {
  const { source, in: name, mark } = packet;
  if (source === null || source.standsIn === true || name === null || name === '') return undefined;
  const answer = routeOf(facts, { destination: source.text, source: '', mark: isMarkKept ? mark : 0, in: '' });
  if (answer.kind === 'unknown') return undefined;
  if (answer.kind === 'none' || answer.route.type !== 'unicast') return false;
  return isAny || interfacesOf(answer.route).includes(name);
}

/** A node's facts for `enumerateSteps`; an option is absent where the bundle has nothing about it. */
export function nodeKnowledge(facts: NodeFacts): NodeKnowledge {
  let knowledge = known.get(facts);
  if (knowledge !== undefined) return knowledge;
  const sets = setsOfNode(facts);
  const isListed = listsOf(facts);
  knowledge = {
    ...(facts.addresses === null && facts.routes === null
      ? {}
      : {
          isLocal: (address: string) => isOwn(facts, address),
          isBroadcast: (address: string) => isBroadcast(facts, address),
        }),
    ...(sets === undefined ? {} : { sets }),
    ...(isListed === undefined ? {} : { isListed, listedTimes: listedTimes(facts) }),
    ...(typeof facts.meta?.time === 'number' ? { time: facts.meta.time } : {}),
    ...(facts.links === null ? {} : { bridgePorts: (packet: Packet) => bridgePorts(facts, packet) }),
    ...(facts.neighbours === null ? {} : { frameSource: (packet: Packet) => frameSource(facts, packet) }),
    ...(facts.routes === null
      ? {}
      : {
          wayOut: (packet: Packet) => wayOut(facts, routedPacket(packet)),
          routed: (packet: Packet) => leadOf(facts, routedPacket(packet)),
          hasWayBack: (packet: Packet, isAny: boolean, isMarkKept: boolean) => hasWayBack(facts, packet, isAny, isMarkKept),
        }),
    ...(facts.addresses === null
      ? {}
      : {
          masqueradeAddress: (packet: Packet) => masqueradeAddress(facts, packet),
          redirectAddress: (packet: Packet) => redirectAddress(facts, packet),
        }),
  };
  known.set(facts, knowledge);
  return knowledge;
}
