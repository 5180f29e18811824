/** iptables' own matches: addresses, protocol, interfaces. */

import type { Family } from '../catalog/types.ts';
import { type Network, readNetwork } from '../catalog/values/addresses.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { protocolName, protocolNumber } from '../catalog/values/protocols.ts';
import type { RuleOption } from '../syntax/statement.ts';
import { type Answer, doubt, negate, type Predicate, perhapsNegated } from './answer.ts';
import { valueDoubt } from './match-reader.ts';
import { valueText } from './option-view.ts';
import type { IPAddress, Packet } from './packet.ts';
import { both, complement, everything, isWithin, names, type Ranges } from './ranges.ts';

/** The networks of "10.0.0.0/8,192.168.0.0/16"; undefined where one is none. */
function readNetworks(text: string, family: Family): readonly Network[] | undefined {
  const networks: Network[] = [];
  for (const part of text.split(',')) {
    const network = readNetwork(part, family);
    if ('wrong' in network) return undefined;
    networks.push(network);
  }
  return networks;
}

function containment(network: Network): (address: IPAddress) => boolean {
  if (network.family === 'ipv6') {
    return (address) => address.family === 'ipv6' && (address.bits & network.mask) === network.address;
  }
  const mask = Number(network.mask);
  const wanted = Number(network.address);
  return (address) => address.family === 'ipv4' && (address.low & mask) >>> 0 === wanted;
}

/** Whether an address lies in one of the networks of "10.0.0.0/8,192.168.0.0/16"; undefined where the text is none. */
export function networkTest(text: string, family: Family): ((address: IPAddress) => boolean) | undefined {
  const networks = readNetworks(text, family);
  return networks === undefined ? undefined : testOf(networks);
}

function testOf(networks: readonly Network[]): ((address: IPAddress) => boolean) | undefined {
  const tests = networks.map(containment);
  return tests.length === 1 ? tests[0] : (address) => tests.some((test) => test(address));
}

/** The addresses of networks as spans; undefined for a mask with holes. */
function addressSpans(networks: readonly Network[]): Ranges | undefined {
  let outside: Ranges = everything;
  for (const { family, address, mask } of networks) {
    const host = ((1n << (family === 'ipv4' ? 32n : 128n)) - 1n) ^ mask;
    if ((host & (host + 1n)) !== 0n) return undefined;
    outside = both(outside, complement([[address, address + host + 1n]]));
  }
  return complement(outside);
}

const allAddresses: Readonly<Record<Family, Ranges>> = {
  ipv4: [[0n, 1n << 32n]],
  ipv6: [[0n, 1n << 128n]],
};

const loopbackSpan: Readonly<Record<Family, Ranges>> = {
  ipv4: [[0x7f00_0000n, 0x8000_0000n]],
  ipv6: [[1n, 2n]],
};

/** That an option's value cannot be read: the question stays open. */
export function unreadable(option: RuleOption): Answer {
  const text = `${option.word.text} ${option.values.map((value) => value.text).join(' ')}`.trim();
  return doubt({
    about: 'other',
    key: text,
    yes: `"${text}", which cannot be read, matches.`,
    no: `"${text}", which cannot be read, does not match.`,
    likely: false,
  });
}

/** A predicate of -s or -d, for networks as text. */
export function addressPredicate(option: RuleOption, family: Family, end: 'source' | 'destination'): Predicate {
  const negated = option.negation !== undefined;
  return inNetworks(valueText(option), negated, family, end) ?? perhapsNegated(() => unreadable(option), negated);
}

/** Whether an end of a packet lies in networks given as text; undefined where the text is none. */
export function inNetworks(text: string, negated: boolean, family: Family, end: 'source' | 'destination'): Predicate | undefined {
  const networks = readNetworks(text, family);
  const inNetwork = networks === undefined ? undefined : testOf(networks);
  if (networks === undefined || inNetwork === undefined) return undefined;
  return (packet) => {
    const address = packet[end];
    if (address !== null && address.standsIn !== true) return inNetwork(address) !== negated;
    const answer = addressDoubt(packet, end, text, addressSpans(networks));
    return negated ? negate(answer) : answer;
  };
}

/** The doubt whether an address that the kernel picked for the node lies in `spans`, which `text` names. */
export function addressDoubt(packet: Packet, end: 'source' | 'destination', text: string, spans: Ranges | undefined): Answer {
  const { family } = packet;
  // Neither MASQUERADE nor REDIRECT of a packet that came in picks a loopback address.
  if (spans !== undefined && isWithin(spans, loopbackSpan[family])) return false;
  if (spans !== undefined && isWithin(allAddresses[family], spans)) return true;
  const by = end === 'source' ? 'that MASQUERADE gave' : 'that REDIRECT gave';
  const sentences = { yes: `The address ${by} lies in ${text}.`, no: `The address ${by} does not lie in ${text}.` };
  if (spans === undefined) return doubt({ about: 'other', key: `${end} in ${text}`, ...sentences, likely: false });
  return valueDoubt({ of: `${end} picked`, within: spans, ...sentences });
}

/** The protocol's name as iptables-save prints it; empty for all of them. */
export function canonicalProtocol(text: string): string {
  const number = readNumber(text, 0, 255) ?? protocolNumber(text) ?? protocolNumber(text.toLowerCase());
  if (number === undefined) return text.toLowerCase();
  return number === 0 ? '' : (protocolName(number) ?? String(number));
}

/** The predicate of -p. */
export function protocolPredicate(option: RuleOption): Predicate {
  return hasProtocol(valueText(option), option.negation !== undefined);
}

/** A predicate of -p, for a protocol as text. */
export function hasProtocol(text: string, negated: boolean): Predicate {
  const wanted = canonicalProtocol(text);
  if (wanted === '') return () => !negated;
  return (packet) => (packet.protocol === wanted) !== negated;
}

/** Whether an interface has this name; a trailing + stands for any ending. */
function isInterface(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Before it is routed, and on its way to this node itself, a packet leaves by no interface. */
function leavingBy({ hook, out }: Packet): string | null {
  return hook === 'PREROUTING' || hook === 'INPUT' ? '' : out;
}

/** The predicate of -i or -o. */
export function interfacePredicate(option: RuleOption, end: 'in' | 'out'): Predicate {
  return byInterface(valueText(option), option.negation !== undefined, end);
}

/** The doubt about an interface; `when` tells one way out from that before it was routed again. */
function interfaceDoubt(pattern: string, end: 'in' | 'out', when: string): Answer {
  const isPrefix = pattern.endsWith('+');
  return doubt({
    about: 'interface',
    key: `${end} ${pattern}${when}`,
    yes: `The packet ${end === 'in' ? 'comes in' : 'leaves'} by ${pattern}${when}.`,
    no: `The packet does not ${end === 'in' ? 'come in' : 'leave'} by ${pattern}${when}.`,
    likely: pattern === '+',
    value: { of: `${end}${when}`, within: names(isPrefix ? pattern.slice(0, -1) : pattern, isPrefix) },
    ...(isPrefix ? {} : { learn: (packet: Packet): Packet => ({ ...packet, [end]: pattern }) }),
  });
}

/** Whether a packet comes in or leaves by an interface, for a name as rules write it. */
export function byInterface(pattern: string, negated: boolean, end: 'in' | 'out'): Predicate {
  const first = interfaceDoubt(pattern, end, '');
  const again = interfaceDoubt(pattern, end, ' after its destination changed');
  const predicate: Predicate = (packet) => {
    const name = end === 'in' ? packet.in : leavingBy(packet);
    if (name !== null) return isInterface(name, pattern);
    return end === 'out' && packet.isRerouted ? again : first;
  };
  return perhapsNegated(predicate, negated);
}
