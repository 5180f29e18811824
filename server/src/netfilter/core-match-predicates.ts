/** iptables' own matches: addresses, protocol, interfaces, ports and other pieces that several extensions share. */

import type { Family } from '../catalog/types.ts';
import { readNetwork } from '../catalog/values/addresses.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { protocolName, protocolNumber } from '../catalog/values/protocols.ts';
import { servicePort } from '../catalog/values/service-names.ts';
import type { RuleOption } from '../syntax/statement.ts';
import { type Answer, doubt, negate, perhapsNegated, type Test } from './answer.ts';
import { valueText } from './option-view.ts';
import type { IPAddress, Packet } from './packet.ts';

/** Whether an address lies in one of the networks of "10.0.0.0/8,192.168.0.0/16"; undefined where the text is none. */
export function networkTest(text: string, family: Family): ((address: IPAddress) => boolean) | undefined {
  const tests: ((address: IPAddress) => boolean)[] = [];
  for (const part of text.split(',')) {
    const network = readNetwork(part, family);
    if ('wrong' in network) return undefined;
    if (family === 'ipv4') {
      const mask = Number(network.mask);
      const wanted = Number(network.address);
      tests.push((address) => address.family === 'ipv4' && (address.low & mask) >>> 0 === wanted);
    } else {
      tests.push((address) => address.family === 'ipv6' && (address.bits & network.mask) === network.address);
    }
  }
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : (address) => tests.some((test) => test(address));
}

function unreadable(option: RuleOption): Answer {
  const text = `${option.word.text} ${valueText(option)}`;
  return {
    kind: 'assumed',
    holds: false,
    assumption: `"${text.trim()}" says nothing that can be checked here, and is taken not to match.`,
  };
}

/** A test of -s or -d, for networks as text. */
export function addressTest(option: RuleOption, family: Family, end: 'source' | 'destination'): Test {
  return inNetworks(valueText(option), option.negation !== undefined, family, end) ?? (() => unreadable(option));
}

/** Whether an end of a packet lies in networks given as text; undefined where the text is none. */
export function inNetworks(text: string, negated: boolean, family: Family, end: 'source' | 'destination'): Test | undefined {
  const inNetwork = networkTest(text, family);
  if (inNetwork === undefined) return undefined;
  if (end === 'destination') return (packet) => inNetwork(packet.destination) !== negated;
  return (packet) => {
    if (packet.source !== null) return inNetwork(packet.source) !== negated;
    const answer = doubt({
      about: 'other',
      key: `source in ${text}`,
      yes: `The address that MASQUERADE gave lies in ${text}.`,
      no: `The address that MASQUERADE gave does not lie in ${text}.`,
      likely: false,
    });
    return negated ? negate(answer) : answer;
  };
}

/** The protocol's name as iptables-save prints it; empty for all of them. */
export function canonicalProtocol(text: string): string {
  const number = readNumber(text, 0, 255) ?? protocolNumber(text) ?? protocolNumber(text.toLowerCase());
  if (number === undefined) return text.toLowerCase();
  return number === 0 ? '' : (protocolName(number) ?? String(number));
}

export function protocolTest(option: RuleOption): Test {
  return hasProtocol(valueText(option), option.negation !== undefined);
}

/** A test of -p, for a protocol as text. */
export function hasProtocol(text: string, negated: boolean): Test {
  const wanted = canonicalProtocol(text);
  if (wanted === '') return () => !negated;
  return (packet) => (packet.protocol === wanted) !== negated;
}

/** Whether an interface has this name; a trailing + stands for any ending. */
function isInterface(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

export function interfaceTest(option: RuleOption, end: 'in' | 'out'): Test {
  const pattern = valueText(option);
  const words = end === 'in' ? 'comes in by' : 'leaves by';
  const exact = pattern.endsWith('+') ? undefined : { [end]: pattern };
  const fact = {
    about: 'interface',
    key: `${end} ${pattern}`,
    yes: `The packet ${words} ${pattern}.`,
    no: `The packet does not ${end === 'in' ? 'come in' : 'leave'} by ${pattern}.`,
    likely: pattern === '+',
    ...(exact === undefined ? {} : { learn: exact }),
  } as const;
  const answer = doubt(fact);
  const test: Test = (packet: Packet) => {
    const name = end === 'in' ? packet.in : packet.out;
    return name === null ? answer : isInterface(name, pattern);
  };
  return perhapsNegated(test, option.negation !== undefined);
}

function port(text: string): number | undefined {
  return readNumber(text, 0, 65535) ?? servicePort(text);
}

export type PortSet = (port: number) => boolean;

/** Ports of "80", "80:90", ":1024", or several with commas between; undefined where one is none. */
export function portSet(text: string): PortSet | undefined {
  const ranges: (readonly [number, number])[] = [];
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    const first = colon === 0 ? 0 : port(colon < 0 ? part : part.slice(0, colon));
    const last = colon < 0 ? first : colon === part.length - 1 ? 65535 : port(part.slice(colon + 1));
    if (first === undefined || last === undefined) return undefined;
    ranges.push([first, last]);
  }
  return (value) => ranges.some(([first, last]) => value >= first && value <= last);
}

/** A test of ports. A packet whose port is not known (a fragment, or one that the kernel picks) is in doubt. */
export function portTest(option: RuleOption, ends: readonly ('source' | 'destination')[]): Test {
  const ports = portSet(valueText(option));
  if (ports === undefined) return () => unreadable(option);
  const negated = option.negation !== undefined;
  return (packet) => {
    let unknown = false;
    for (const end of ends) {
      const value = end === 'source' ? packet.sport : packet.dport;
      if (value === null) unknown = true;
      else if (ports(value)) return !negated;
    }
    if (!unknown) return negated;
    const which = ends.join(' or ');
    const answer = doubt({
      about: 'other',
      key: `${which} port ${valueText(option)}`,
      yes: `The ${which} port is in ${valueText(option)}.`,
      no: '',
      likely: false,
    });
    return negated ? negate(answer) : answer;
  };
}
