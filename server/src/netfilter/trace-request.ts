/** A packet as the command line describes it, read and checked. */
import type { Family } from '../catalog/types.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { protocolNumber } from '../catalog/values/protocols.ts';
import { readIcmpType } from '../catalog/values/read-icmp.ts';
import { readAccount, readTos } from '../catalog/values/read-names.ts';
import { readTcpFlags } from '../catalog/values/read-tcp.ts';
import { natRange } from './actions.ts';
import { icmpAnswer, stateAlone } from './connection.ts';
import { canonicalProtocol } from './core-match-predicates.ts';
import { type ConnectionState, connectionStates, type IPAddress, isLoopback, type Packet, packetOf, tcpFlags } from './packet.ts';

/** Which packet of a connection is asked for. */
export type PacketKind = 'first' | 'answer' | 'later';

/** A packet as the command line describes it, everything as text. */
export interface TraceRequest {
  /** `IP[:PORT]`, IPv6 with a port in brackets. */
  readonly from: string;
  readonly to: string;
  /** By name or number; tcp where it is not given. */
  readonly protocol?: string;
  /** The source port, where `from` does not say it. */
  readonly sport?: string;
  readonly in?: string;
  readonly out?: string;
  /** Where the packet is first met. By default OUTPUT for a loopback source without `in`, else PREROUTING. */
  readonly hook?: string;
  /** Where it is not given, what conntrack says of such a packet when it knows no connection: NEW for most. */
  readonly state?: string;
  /** "echo-request", "3/1". */
  readonly icmpType?: string;
  /** "SYN,ACK"; "NONE" for none. */
  readonly flags?: string;
  readonly mark?: string;
  /** By number, or by the names of accounts that every system has. */
  readonly uid?: string;
  readonly gid?: string;
  readonly ttl?: string;
  /** Of the whole IP packet, in bytes. */
  readonly length?: string;
  readonly tos?: string;
  /** The answer to the packet or a later one of its connection, for which the first one is followed before. */
  readonly kind?: PacketKind;
}

/** A request that cannot be followed: one sentence, what was wrong and what is expected. */
export class RequestError extends Error {}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function refuse(message: string): never {
  throw new RequestError(message);
}

interface Place {
  readonly ip: IPAddress;
  readonly port: number | null;
}

function readPlace(text: string, option: string, expected: string): Place {
  const range = natRange(text.trim());
  const isOne = range?.first?.text === range?.last?.text && range?.firstPort === range?.lastPort;
  // iptables reads 010 as eight, and 10.1 as 10.0.0.1: nobody who asks means that.
  const isPlain = range?.first?.family === 'ipv6' || text.trim().startsWith(range?.first?.text ?? ' ');
  if (range?.first === undefined || range.first === null || !isOne || !isPlain)
    return refuse(`${option} ${shown(text)} is no address: expected ${expected}.`);
  return { ip: range.first, port: range.firstPort };
}

/** A whole number within limits; null where it is not given. */
function readWhole(text: string | undefined, option: string, min: number, max: number): number | null {
  if (text === undefined) return null;
  const number = readNumber(text, min, max);
  return number ?? refuse(`${option} ${shown(text)} is no number from ${min} to ${max}.`);
}

function readProtocol(text: string | undefined): string {
  const protocol = canonicalProtocol(text ?? 'tcp');
  if (protocol !== '' && (protocolNumber(protocol) !== undefined || /^\d+$/.test(protocol))) return protocol;
  return refuse(`--proto ${shown(text ?? '')} is no protocol: expected tcp, udp, sctp, icmp, another name or a number.`);
}

/** 15 characters at most, without blanks or slashes (IFNAMSIZ, dev_valid_name). */
function readInterface(text: string | undefined, option: string): string | null {
  if (text === undefined || /^[^\s/:]{1,15}$/.test(text)) return text ?? null;
  return refuse(`${option} ${shown(text)} is no name of an interface.`);
}

function readIcmp(text: string | undefined, protocol: string, family: Family): Packet['icmp'] {
  if (text === undefined) return null;
  if (protocol !== 'icmp' && protocol !== 'ipv6-icmp')
    return refuse(`--icmp-type goes with --proto icmp or ipv6-icmp, not ${protocol}.`);
  const value = readIcmpType(text, family);
  if (value.type === 'icmp' && value.kind !== undefined) return { type: value.kind, code: value.codes.from };
  return refuse(`--icmp-type ${shown(text)} is no type: expected a name as of iptables, TYPE or TYPE/CODE.`);
}

function readFlags(text: string | undefined, protocol: string): number | null {
  if (text === undefined) return null;
  if (protocol !== 'tcp') return refuse(`--flags goes with --proto tcp, not ${protocol}.`);
  const value = readTcpFlags('ALL', text);
  return value.type === 'tcp-flags'
    ? value.set
    : refuse(`--flags ${shown(text)}: expected names of FIN, SYN, RST, PSH, ACK, URG with commas between, or NONE.`);
}

function readId(text: string | undefined, option: string, of: 'user' | 'group'): number | null {
  if (text === undefined) return null;
  const value = readAccount(text, of, option);
  if (value.type === 'range' && value.range.from === value.range.to) return value.range.from;
  return refuse(`${option} ${shown(text)} is no ${of}: expected a number, or a name that every system has.`);
}

function readTosByte(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = readTos(text, '--tos');
  return value.type === 'mark'
    ? value.value
    : refuse(`--tos ${shown(text)} is none: expected a number from 0 to 255 or a name as of iptables.`);
}

function readState(text: string | undefined): ConnectionState | undefined {
  if (text === undefined) return undefined;
  return (
    connectionStates.find((known) => known === text.toUpperCase()) ??
    refuse(`--state ${shown(text)} is none of ${connectionStates.join(', ')}.`)
  );
}

function readHook(request: TraceRequest, from: Place): 'prerouting' | 'output' {
  const hook = request.hook?.toLowerCase() ?? (request.in === undefined && isLoopback(from.ip) ? 'output' : 'prerouting');
  if (hook !== 'prerouting' && hook !== 'output')
    return refuse(`--hook ${shown(request.hook ?? '')} is neither prerouting nor output.`);
  if (hook === 'output' && request.in !== undefined)
    return refuse('A packet of this node (--hook output) comes in by no interface: leave --in out.');
  return hook;
}

/** Whether flags or an ICMP type can only be those of an answer; null where they say nothing. */
function directionOf(flags: number | null, protocol: string, icmp: Packet['icmp'], state: ConnectionState): Packet['direction'] {
  if (state === 'NEW' || state === 'RELATED') return 'original';
  if (flags !== null && (flags & tcpFlags.SYN) !== 0) return (flags & tcpFlags.ACK) === 0 ? 'original' : 'reply';
  if (icmp === null) return null;
  return icmpAnswer(protocol, icmp.type) === undefined ? 'reply' : 'original';
}

/** Protocols whose packets have ports, by the names that iptables-save prints. */
export const protocolsWithPorts: ReadonlySet<string> = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp']);

/** The two ends, of one family, with ports where the protocol has them. */
function readEnds(request: TraceRequest, protocol: string) {
  const from = readPlace(request.from, '--from', 'IP or IP:PORT, IPv6 as [IP]:PORT');
  const to = readPlace(request.to, '--to', 'IP:PORT, IPv6 as [IP]:PORT');
  if (from.ip.family !== to.ip.family) refuse(`--from ${from.ip.text} and --to ${to.ip.text} are of different families.`);
  const hasPorts = protocolsWithPorts.has(protocol);
  if (hasPorts && to.port === null) refuse(`--to ${shown(request.to)} has no port, which ${protocol} needs: expected IP:PORT.`);
  const sport = readWhole(request.sport, '--sport', 0, 65535);
  if (sport !== null && from.port !== null && sport !== from.port) refuse(`--sport ${sport} is not the port that --from says.`);
  return { from, to, sport: hasPorts ? (from.port ?? sport) : null, dport: hasPorts ? to.port : null };
}

/** What the packet itself says besides its ends. */
function readHeader(request: TraceRequest, protocol: string, family: Family) {
  return {
    icmp: readIcmp(request.icmpType, protocol, family),
    flags: readFlags(request.flags, protocol),
    mark: readWhole(request.mark, '--mark', 0, 0xffff_ffff) ?? 0,
    uid: readId(request.uid, '--uid', 'user'),
    gid: readId(request.gid, '--gid', 'group'),
    ttl: readWhole(request.ttl, '--ttl', 0, 255),
    length: readWhole(request.length, '--length', 20, 65535),
    tos: readTosByte(request.tos),
  };
}

/** Of a request about a connection, what its first packet says; the rest is said of the answer or the later packet. */
function firstHeader({ icmp, uid, gid }: ReturnType<typeof readHeader>, protocol: string) {
  const asks = icmp !== null && icmpAnswer(protocol, icmp.type) !== undefined;
  return { icmp: asks ? icmp : null, flags: null, uid, gid };
}

/** The packet that a request describes; for an answer or a later packet, the first one of the connection. @throws RequestError */
export function readRequest(request: TraceRequest): Packet {
  const protocol = readProtocol(request.protocol);
  const { from, to, sport, dport } = readEnds(request, protocol);
  const isFirst = (request.kind ?? 'first') === 'first';
  const all = readHeader(request, protocol, from.ip.family);
  const header = isFirst ? all : firstHeader(all, protocol);
  const given = readState(request.state);
  if (!isFirst && given !== undefined && given !== 'ESTABLISHED')
    refuse(`--state ${given} does not go with --reply or --established, which are about a connection that was established.`);
  const hook = readHook(request, from);
  if (hook === 'prerouting' && request.kind !== 'answer' && (header.uid ?? header.gid) !== null)
    refuse('--uid and --gid are those of a process of this node: they go with --from this-node or --hook output.');
  const state = isFirst ? (given ?? stateAlone(protocol, header.flags, header.icmp)) : 'NEW';
  return packetOf({
    ...header,
    direction: directionOf(header.flags, protocol, header.icmp, state),
    state,
    source: from.ip,
    destination: to.ip,
    protocol,
    sport,
    dport,
    isFromHere: hook === 'output',
    in: readInterface(request.in, '--in'),
    out: readInterface(request.out, '--out'),
  });
}

/** What a request says of an answer or a later packet itself. */
export function readMarks(request: TraceRequest, family: Family): Partial<Packet> {
  const protocol = readProtocol(request.protocol);
  const { icmp, flags, ...rest } = readHeader(request, protocol, family);
  const isOwn = icmp !== null && icmpAnswer(protocol, icmp.type) === undefined;
  return { ...rest, ...(isOwn ? { icmp } : {}), ...(flags === null ? {} : { flags }) };
}
