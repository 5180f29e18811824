/** Whether a rule's conditions in nft are met by a packet, as far as they are understood. */
import { canonicalIP, inCIDR, isIPv6 } from '../../base/ip.ts';
import { type Fields, fieldsAt, isFields, listAt, numberAt, textAt, valueAt } from '../../cluster/fields.ts';
import type { NodeFacts } from '../facts.ts';
import type { NftChain, NftTables } from '../readers/nft.ts';
import { isFlags, someFlags, tcpFlags } from '../readers/tcp-flags.ts';
import { firstClientPort } from './client-port.ts';
import { isOwn } from './own-address.ts';
import { interfacesOf, routeOf } from './route.ts';

/** A packet at one hook. */
export interface NftPacket {
  readonly hook: string;
  /** Of the chains at the hook it meets, so, those behind a priority and up to another one; all of them where it does not say. */
  readonly above?: number;
  readonly upTo?: number;
  /** Whose chains it meets: those of the network layer, of a bridge, or of the device that it comes in by. */
  readonly layer: 'network' | 'bridge' | 'device';
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly sport: number | null;
  readonly dport: number | null;
  /** null where it is not known. */
  readonly in: string | null;
  readonly out: string | null;
  /** 'invalid' where conntrack has not seen it yet. */
  readonly state: 'new' | 'established' | 'invalid';
  readonly isAnswer?: boolean;
  /** Whether it follows the answer, as what ends TCP's handshake does. */
  readonly isLater?: boolean;
  readonly isTranslated: boolean;
  /** The connection's first packet as it was sent; absent where it is not known. */
  readonly original?: Pick<NftPacket, 'source' | 'destination' | 'sport' | 'dport'>;
  /** null where it is not known. */
  readonly mark: number | null;
  /** The flags of TCP, as bits of its header; absent for other protocols. */
  readonly flags?: number;
  /** Of the frame, where a bridge passes it; absent where they are not known. */
  readonly sourceMac?: string;
  readonly destinationMac?: string;
}

/** undefined where it is not known. */
export type Told = boolean | undefined;

/** A packet in a chain, and what is known beside it. */
export interface AskedRule {
  readonly tables: NftTables;
  readonly packet: NftPacket;
  readonly facts: NodeFacts;
  /** The chain whose rules are looked at: sets are of its table. */
  readonly chain: NftChain;
  readonly left: { steps: number };
}

function invert(told: Told): Told {
  return told === undefined ? undefined : !told;
}

/** Whether any of several is so; unknown where none is and one may be. */
function some(all: readonly Told[]): Told {
  if (all.includes(true)) return true;
  return all.includes(undefined) ? undefined : false;
}

function isInRange(value: unknown, actual: number): Told {
  const [low, high] = isFields(value) ? listAt(value, 'range') : [];
  return typeof low === 'number' && typeof high === 'number' ? actual >= low && actual <= high : undefined;
}

function isAddress(value: unknown, actual: string): Told {
  if (typeof value === 'string') {
    if (value.includes('/')) return inCIDR(actual, value);
    const wanted = canonicalIP(value);
    return wanted === undefined ? undefined : wanted === actual;
  }
  if (!isFields(value)) return undefined;
  const prefix = fieldsAt(value, 'prefix');
  const network = textAt(prefix, 'addr');
  if (network !== '') return isIPv6(network) === isIPv6(actual) && inCIDR(actual, `${network}/${numberAt(prefix, 'len', 128)}`);
  return undefined;
}

function isName(value: unknown, actual: string): Told {
  if (typeof value !== 'string') return undefined;
  return value.endsWith('*') ? actual.startsWith(value.slice(0, -1)) : value === actual;
}

/** Whether a value is one that a rule wants: a value, a range, a prefix, a set in place, or one by name. */
function isWanted(asked: AskedRule, right: unknown, one: (value: unknown) => Told): Told {
  const isSet = typeof right === 'string' ? right.startsWith('@') : isFields(right) && Array.isArray(valueAt(right, 'set'));
  const elements = isSet ? elementsOf(asked, right) : Array.isArray(right) ? right : [right];
  return elements === undefined ? undefined : some(elements.map((each) => one(elementOf(each))));
}

/** So many elements of a set are looked at in about the time of a rule. */
const elementsOfStep = 16;

/** The elements of a set by name, or those in place; undefined for one that is not there, and where too much has been looked at. */
export function elementsOf({ tables, chain, left }: AskedRule, set: unknown): readonly unknown[] | undefined {
  const named =
    typeof set === 'string' && set.startsWith('@')
      ? tables.sets.get(`${chain.family} ${chain.table} ${set.slice(1)}`)
      : undefined;
  const elements = named ?? (isFields(set) && Array.isArray(valueAt(set, 'set')) ? listAt(set, 'set') : undefined);
  if (elements === undefined) return undefined;
  left.steps -= Math.floor(elements.length / elementsOfStep);
  return left.steps < 0 ? undefined : elements;
}

/** An element of a set, which may have a timeout or a comment around it. */
export function elementOf(element: unknown): unknown {
  return isFields(element) && isFields(valueAt(element, 'elem')) ? valueAt(fieldsAt(element, 'elem'), 'val') : element;
}

const ports: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'th']);

/** Whether a port is one that a rule wants; one that is not known and a client's is none of the low ones. */
function isPort(asked: AskedRule, right: unknown, port: number | null, isClients: boolean): Told {
  if (port === null && !isClients) return undefined;
  return isWanted(asked, right, (value) => {
    if (port !== null) return typeof value === 'number' ? value === port : isInRange(value, port);
    const [from, to] = isFields(value) ? listAt(value, 'range') : [value, value];
    return typeof from === 'number' && typeof to === 'number' && to < firstClientPort ? false : undefined;
  });
}

function payload(asked: AskedRule, protocol: string, field: string, right: unknown): Told {
  const { packet } = asked;
  if (protocol === 'ip' || protocol === 'ip6') {
    const isSame = isIPv6(packet.destination) === (protocol === 'ip6');
    if (!isSame) return false;
    if (field === 'saddr') return isWanted(asked, right, (value) => isAddress(value, packet.source));
    if (field === 'daddr') return isWanted(asked, right, (value) => isAddress(value, packet.destination));
    if (field === 'protocol' || field === 'nexthdr') return isWanted(asked, right, (value) => isName(value, packet.protocol));
    return undefined;
  }
  if (protocol === 'arp') return false;
  if (protocol === 'ether' && field === 'type')
    return isWanted(asked, right, (value) => isName(value, isIPv6(packet.destination) ? 'ip6' : 'ip'));
  if (protocol === 'ether' && (field === 'saddr' || field === 'daddr'))
    return isLinkAddress(asked, right, field === 'saddr' ? packet.sourceMac : packet.destinationMac);
  if (!ports.has(protocol)) return protocolIs(protocol, packet);
  if (protocol !== 'th' && protocol !== packet.protocol) return false;
  if (protocol === 'tcp' && field === 'flags') return isOfFlags(asked, right);
  const port = field === 'dport' ? packet.dport : field === 'sport' ? packet.sport : null;
  return isPort(asked, right, port, field === (packet.isAnswer === true ? 'dport' : 'sport'));
}

/** Whether the flags of TCP are one of those that a rule wants: exactly these. */
function isOfFlags(asked: AskedRule, right: unknown): Told {
  const { flags } = asked.packet;
  if (flags === undefined) return undefined;
  const whole = tcpFlags(right);
  if (whole !== undefined) return flags === whole;
  return isWanted(asked, right, (value) => {
    const wanted = tcpFlags(value);
    return wanted === undefined ? undefined : flags === wanted;
  });
}

/** Whether a link address is one that a rule wants: of one that is not known nothing is said but where the node's own table knows whose it is. */
function isLinkAddress(asked: AskedRule, right: unknown, actual: string | undefined): Told {
  if (actual === undefined || actual === '') return undefined;
  return isWanted(asked, right, (value) => (typeof value === 'string' ? value.toLowerCase() === actual : undefined));
}

/** A match of a field that only packets of another protocol have. */
function protocolIs(protocol: string, packet: NftPacket): Told {
  return protocol === 'icmp' || protocol === 'icmpv6' ? (packet.protocol === protocol ? undefined : false) : undefined;
}

function meta(asked: AskedRule, key: string, right: unknown): Told {
  const { packet } = asked;
  const isV6 = isIPv6(packet.destination);
  if (key === 'iifname' || key === 'iif') {
    if (packet.in === null) return undefined;
    const { in: name } = packet;
    return isWanted(asked, right, (value) => isName(value, name));
  }
  if (key === 'oifname' || key === 'oif') {
    if (packet.out === null) return undefined;
    const { out: name } = packet;
    return isWanted(asked, right, (value) => isName(value, name));
  }
  if (key === 'l4proto') return isWanted(asked, right, (value) => isName(value, packet.protocol));
  if (key === 'nfproto') return isWanted(asked, right, (value) => isName(value, isV6 ? 'ipv6' : 'ipv4'));
  if (key === 'protocol') return isWanted(asked, right, (value) => isName(value, isV6 ? 'ip6' : 'ip'));
  if (key === 'mark')
    return isWanted(asked, right, (value) =>
      packet.mark !== null && typeof value === 'number' ? value === packet.mark : undefined,
    );
  return undefined;
}

/** `ct original ip daddr`, `ct original proto-dst`: of the connection's first packet. Before conntrack there is none to ask. */
function ctOriginal(asked: AskedRule, key: string, right: unknown): Told {
  const { original, state } = asked.packet;
  if (original === undefined || state === 'invalid') return undefined;
  const [, family, end] = /^(?:(ip6?) )?([sd]addr)$/.exec(key) ?? [];
  const address = end === 'saddr' ? original.source : original.destination;
  if (family !== undefined && isIPv6(address) !== (family === 'ip6')) return false;
  if (end !== undefined) return isWanted(asked, right, (value) => isAddress(value, address));
  const port = key === 'proto-dst' ? original.dport : key === 'proto-src' ? original.sport : null;
  return isPort(asked, right, port, key === 'proto-src');
}

function ct(asked: AskedRule, key: string, right: unknown, direction: string): Told {
  const { packet } = asked;
  if (direction === 'original') return ctOriginal(asked, key, right);
  if (direction !== '') return undefined;
  if (key === 'state') return isWanted(asked, right, (value) => isName(value, packet.state));
  if (key === 'direction') return isName(right, packet.isAnswer === true ? 'reply' : 'original');
  if (key === 'status') return right === 'dnat' ? packet.isTranslated : undefined;
  return undefined;
}

/** Whether each part of `ip daddr . tcp dport` is as a value has it. */
function isEach(asked: AskedRule, parts: readonly unknown[], value: unknown): Told {
  const values = isFields(value) ? listAt(value, 'concat') : [];
  if (values.length !== parts.length) return undefined;
  const told = parts.map((left, at) => matches(asked, { op: '==', left, right: values[at] }));
  return told.includes(false) ? false : told.includes(undefined) ? undefined : true;
}

/** Whether a condition is met: a `match` of nft's JSON, with `op`, `left` and `right`; undefined where that is not known. */
export function matches(asked: AskedRule, match: Fields): Told {
  const op = textAt(match, 'op');
  const left = fieldsAt(match, 'left');
  const right = valueAt(match, 'right');
  const fib = fieldsAt(left, 'fib');
  const field = fieldsAt(left, 'payload');
  let told: Told;
  const parts = listAt(left, 'concat');
  if ((op === 'in' || op === '!') && isFlags(left)) return someFlags(asked.packet, right, op === 'in');
  if (parts.length > 0) told = isWanted(asked, right, (value) => isEach(asked, parts, value));
  else if (textAt(field, 'field') !== '') told = payload(asked, textAt(field, 'protocol'), textAt(field, 'field'), right);
  else if (textAt(fieldsAt(left, 'meta'), 'key') !== '') told = meta(asked, textAt(fieldsAt(left, 'meta'), 'key'), right);
  else if (textAt(fieldsAt(left, 'ct'), 'key') !== '')
    told = ct(asked, textAt(fieldsAt(left, 'ct'), 'key'), right, textAt(fieldsAt(left, 'ct'), 'dir'));
  else if (textAt(fib, 'result') === 'type' && right === 'local' && listAt(fib, 'flags').join() === 'daddr')
    told = isOwn(asked.facts, asked.packet.destination);
  else if (textAt(fib, 'result') === 'oif') told = fibLeads(asked, listAt(fib, 'flags'), right);
  else told = masked(asked, left, right);
  return op === '!=' ? invert(told) : op === '==' || op === 'in' ? told : undefined;
}

/** `fib saddr . iif oif missing`: whether there is no route back (by the interface that the packet came in by). (nft_fib_ipv4.c) */
function fibLeads({ packet, facts }: AskedRule, flags: readonly unknown[], right: unknown): Told {
  if (typeof right !== 'boolean' || !flags.includes('saddr')) return undefined;
  if (packet.in === 'lo') return right;
  if (packet.in === null || packet.in === '') return undefined;
  const mark = flags.includes('mark') ? packet.mark : 0;
  if (mark === null) return undefined;
  const answer = routeOf(facts, { destination: packet.source, source: '', mark, in: '' });
  if (answer.kind === 'unknown') return undefined;
  const isBack =
    answer.kind === 'route' &&
    answer.route.type === 'unicast' &&
    (!flags.includes('iif') || interfacesOf(answer.route).includes(packet.in));
  return isBack === right;
}

/** `meta mark & 0x4000 == 0x4000`, `tcp flags & (syn | ack) == syn`. */
function masked(asked: AskedRule, left: Fields, right: unknown): Told {
  const [what, mask] = listAt(left, '&');
  if (isFields(what) && isFlags(what)) {
    const [bits, wanted] = [tcpFlags(mask), tcpFlags(right)];
    const { flags, protocol } = asked.packet;
    if (protocol !== 'tcp') return false;
    return flags === undefined || bits === undefined || wanted === undefined ? undefined : (flags & bits) === wanted;
  }
  if (!isFields(what) || textAt(fieldsAt(what, 'meta'), 'key') !== 'mark') return undefined;
  const { mark } = asked.packet;
  return mark !== null && typeof mask === 'number' && typeof right === 'number' ? (mark & mask) >>> 0 === right : undefined;
}
