/** What of a packet a condition looks at, in a few words. */
import { hostPort } from '../base/ip.ts';
import type { Condition } from './compiled-rule.ts';
import type { Packet } from './packet.ts';
import { tcpFlags } from './packet.ts';

type Words = (packet: Packet, condition: Condition) => string;

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}

function known(value: number | null, words: (value: number) => string): string {
  return value === null ? '' : words(value);
}

function addressed({ source, destination }: Packet): string {
  return `the packet is from ${source?.text ?? 'an address of the node'} for ${destination.text}`;
}

function interfaceWords(name: string | null, verb: string): string {
  if (name === null) return '';
  return name === '' ? `the packet ${verb} by no interface here` : `the packet ${verb} by ${name}`;
}

function flagsText(flags: number): string {
  const names = Object.entries(tcpFlags).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  return names.length === 0 ? 'no flags' : names.join(',');
}

function has(condition: Condition, ...names: readonly string[]): boolean {
  return condition.options.some(({ name }) => names.includes(name));
}

const ports: Words = (packet, condition) => {
  const { match } = condition;
  if (match !== 'multiport' && match !== packet.protocol) return `the packet is ${packet.protocol}`;
  const parts: string[] = [];
  if (has(condition, '--source-port', '--source-ports', '--ports'))
    parts.push(known(packet.sport, (port) => `from port ${port}`));
  if (has(condition, '--destination-port', '--destination-ports', '--ports'))
    parts.push(known(packet.dport, (port) => `for port ${port}`));
  if (has(condition, '--syn', '--tcp-flags')) parts.push(known(packet.flags, (flags) => `with ${flagsText(flags)}`));
  const words = parts.filter((part) => part !== '').join(', ');
  return words === '' ? '' : `the packet is ${words}`;
};

const connection: Words = (packet, condition) => {
  const translated = [packet.dnat ? 'its destination was changed' : '', packet.snat ? 'its source was changed' : ''];
  const words = has(condition, '--ctstate', '--state') ? [`its connection is ${packet.state}`, ...translated] : [];
  return words.filter((part) => part !== '').join(', ');
};

const icmp: Words = ({ protocol, icmp: message }) =>
  message === null ? `the packet is ${protocol}` : `the packet is ${protocol} type ${message.type} code ${message.code}`;

/** By the name of an option of iptables' own, or of a match. */
const words: Readonly<Record<string, Words>> = {
  '--source': ({ source }) => (source === null ? '' : `the packet is from ${source.text}`),
  '--destination': ({ destination }) => `the packet is for ${destination.text}`,
  '--protocol': ({ protocol }) => `the packet is ${protocol}`,
  '--in-interface': (packet) => interfaceWords(packet.in, 'came in'),
  '--out-interface': (packet) =>
    interfaceWords(packet.hook === 'PREROUTING' || packet.hook === 'INPUT' ? '' : packet.out, 'leaves'),
  '--fragments': () => 'the packet is no fragment',
  addrtype: addressed,
  connmark: ({ connectionMark }) => `the mark of its connection is ${hex(connectionMark)}`,
  conntrack: connection,
  dccp: ports,
  icmp,
  icmp6: icmp,
  iprange: addressed,
  length: ({ length }) => known(length, (bytes) => `the packet has ${bytes} bytes`),
  mark: ({ mark }) => `its mark is ${hex(mark)}`,
  multiport: ports,
  owner: ({ uid, gid, isFromHere }) =>
    isFromHere
      ? known(uid, (id) => `its user is ${id}`) + known(gid, (id) => ` its group is ${id}`)
      : 'no process of this node sent it',
  sctp: ports,
  set: (packet) =>
    packet.source === null || packet.dport === null
      ? addressed(packet)
      : `the packet is from ${packet.source.text} for ${hostPort(packet.destination.text, packet.dport)}`,
  state: connection,
  tcp: ports,
  tos: ({ tos }) => known(tos, (value) => `its TOS is ${hex(value)}`),
  ttl: ({ ttl }) => known(ttl, (value) => `its TTL is ${value}`),
  udp: ports,
};

/** What the packet has where a condition looks: "the packet is for port 53"; empty where that is not known or goes without saying. */
export function packetWords(condition: Condition, packet: Packet): string {
  const name = condition.match === '' ? condition.options[0]?.name : condition.match;
  const say = name !== undefined && Object.hasOwn(words, name) ? words[name] : undefined;
  return say === undefined ? '' : say(packet, condition).trim();
}
