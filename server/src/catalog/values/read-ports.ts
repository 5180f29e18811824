/** Ports and port ranges, as each of libxtables' and the extensions' own readers takes them. */

import type { Family, OptionSpec, PortProtocol } from '../types.ts';
import { printAddress, readStrictAddress } from './addresses.ts';
import { readNumber, scanNumber } from './numbers.ts';
import { servicePort } from './service-names.ts';
import { fault, type NumberRange, type Value, type ValueFault } from './values.ts';

function printRange({ from, to }: NumberRange): string {
  return from === to ? `${from}` : `${from}:${to}`;
}

/** The protocol in whose name iptables looks a port name up: that of the match. */
function protocolOf(option: OptionSpec): PortProtocol | undefined {
  const name = option.extension?.name;
  return name === 'tcp' || name === 'udp' || name === 'sctp' ? name : undefined;
}

/** xtables_parse_port: C's notations, or a name. */
function readPort(text: string, protocol: PortProtocol | undefined): number | ValueFault {
  return (
    readNumber(text, 0, 65535) ?? servicePort(text, protocol) ?? fault('bad-port', `invalid port/service \`${text}' specified`)
  );
}

const largest = 0xffff_ffff_ffff_ffffn;

function minOf(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** getaddrinfo(3): decimal only, cut to 16 bits, a name of any protocol, and nothing at all is 0. */
function readResolvedPort(text: string): number | ValueFault {
  const digits = /^[ \t\n\v\f\r]*\+?([0-9]+)$/.exec(text)?.[1];
  // glibc keeps the number in a signed int: what is negative there is looked up as a name.
  const number = digits === undefined ? undefined : BigInt.asIntN(32, minOf(BigInt(digits), largest));
  if (number !== undefined && number >= 0n) return Number(number & 0xffffn);
  return text === '' ? 0 : (servicePort(text) ?? fault('bad-port', `Port "${text}" does not resolve to anything.`));
}

/** XTTYPE_PORT: one port. */
export function readOnePort(text: string): Value | ValueFault {
  const port = readResolvedPort(text);
  return typeof port === 'number' ? { type: 'number', value: port, text: `${port}` } : port;
}

/** XTTYPE_PORTRC: `port[:port]`, either end may be left out. */
export function readPortRange(text: string, option: OptionSpec): Value | ValueFault {
  const parts = text.split(':');
  if (parts.length > 2) {
    const owner = option.extension?.name ?? '';
    return fault('bad-range', `${owner}: Too many components for option "${option.long}" (max: 2)`);
  }
  const [first = '', second] = parts;
  const from = readResolvedPort(first);
  if (typeof from !== 'number') return from;
  const to = second === undefined ? from : second === '' ? 65535 : readResolvedPort(second);
  if (typeof to !== 'number') return to;
  const range = { from, to };
  return { type: 'ports', ranges: [range], text: printRange(range) };
}

/** The tcp and sctp matches: `port[:port]`, either end may be left out, a reversed range is refused. */
export function readOrderedPortRange(text: string, option: OptionSpec): Value | ValueFault {
  const protocol = protocolOf(option);
  const colon = text.indexOf(':');
  const first = colon < 0 ? text : text.slice(0, colon);
  const second = colon < 0 ? undefined : text.slice(colon + 1);
  const from = second !== undefined && first === '' ? 0 : readPort(first, protocol);
  if (typeof from !== 'number') return from;
  const to = second === undefined ? from : second === '' ? 65535 : readPort(second, protocol);
  if (typeof to !== 'number') return to;
  if (from > to) return fault('reversed-range', 'invalid portrange (min > max)', `${to}:${from}`);
  const range = { from, to };
  return { type: 'ports', ranges: [range], text: printRange(range) };
}

/** multiport: 15 slots, a range takes two, and has both ends in ascending order. */
export function readMultiport(text: string, protocol: PortProtocol | undefined): Value | ValueFault {
  const ranges: NumberRange[] = [];
  const parts: string[] = [];
  let slots = 0;
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    slots += colon < 0 ? 1 : 2;
    if (slots > 15) return fault('too-many-values', 'too many ports specified');
    const from = readPort(colon < 0 ? part : part.slice(0, colon), protocol);
    if (typeof from !== 'number') return from;
    const to = colon < 0 ? from : readPort(part.slice(colon + 1), protocol);
    if (typeof to !== 'number') return to;
    if (colon >= 0 && from >= to) return fault('bad-range', 'invalid portrange specified');
    ranges.push({ from, to });
    parts.push(colon < 0 ? `${from}` : `${from}:${to}`);
  }
  return { type: 'ports', ranges, text: parts.join(',') };
}

/** `port[-port[/base]]`. Only a port that stands alone and the base may be names. Source: libxt_NAT.c, parse_ports. */
function readNatPorts(text: string): { readonly ports: NumberRange; readonly basePort: number | undefined } | ValueFault {
  const scanned = scanNumber(text);
  if (scanned?.value === undefined || scanned.value > 65535n) {
    const port = servicePort(text);
    return port === undefined
      ? fault('bad-port', `Port \`${text}' not valid`)
      : { ports: { from: port, to: port }, basePort: undefined };
  }
  const from = Number(scanned.value);
  const rest = text.slice(scanned.end);
  if (rest === '') return { ports: { from, to: from }, basePort: undefined };
  if (!rest.startsWith('-')) return fault('bad-port', `Garbage after port value: \`${rest}'`);
  const second = scanNumber(rest, 1);
  const secondText = rest.slice(1);
  if (second?.value === undefined || second.value > 65535n) return fault('bad-port', `Port \`${secondText}' not valid`);
  const to = Number(second.value);
  if (from > to) return fault('reversed-range', `Port range \`${secondText}' funky`);
  const tail = rest.slice(second.end);
  if (tail === '') return { ports: { from, to }, basePort: undefined };
  if (!tail.startsWith('/')) return fault('bad-port', `Garbage after port range: \`${tail}'`);
  const base = readNumber(tail.slice(1), 1, 65535) ?? servicePort(tail.slice(1));
  if (base === undefined) return fault('bad-port', `Port \`${tail.slice(1)}' not valid`);
  return { ports: { from, to }, basePort: base };
}

function printNatPorts({ from, to }: NumberRange, basePort: number | undefined): string {
  return `${from}${to === from ? '' : `-${to}`}${basePort === undefined ? '' : `/${basePort}`}`;
}

/** MASQUERADE and REDIRECT: `port[-port]`. MASQUERADE takes a base port behind them and forgets it. */
export function readNatPortRange(text: string, forgetsBase: boolean): Value | ValueFault {
  const read = readNatPorts(text);
  if ('type' in read) return read;
  if (read.basePort !== undefined && !forgetsBase)
    return fault('bad-port', 'Shifted portmap ranges not supported with this kernel');
  return { type: 'ports', ranges: [read.ports], text: printNatPorts(read.ports, read.basePort === undefined ? undefined : 0) };
}

/** DNAT and SNAT: `[address[-address]][:port[-port[/base]]]`, an IPv6 address in brackets when ports follow. */
export function readNatRange(text: string, family: Family, keepsBase: boolean): Value | ValueFault {
  const split = splitNatRange(text, family);
  if ('type' in split) return split;
  let ports: NumberRange | undefined;
  let basePort: number | undefined;
  if (split.ports !== undefined) {
    const read = readNatPorts(split.ports);
    if ('type' in read) return read;
    ports = read.ports;
    // SNAT takes a base and forgets it.
    if (read.basePort !== undefined) basePort = keepsBase ? read.basePort : 0;
  }
  const portText = ports === undefined ? '' : `:${printNatPorts(ports, basePort)}`;
  const { addresses } = split;
  if (addresses === undefined) return { type: 'translation', addresses, ports, basePort, text: portText };
  const dash = addresses.indexOf('-');
  const first = dash < 0 ? addresses : addresses.slice(0, dash);
  const from = readStrictAddress(first, family);
  if (from === undefined) return fault('bad-address', `Bad IP address "${first}"`);
  const last = dash < 0 ? first : addresses.slice(dash + 1);
  const to = readStrictAddress(last, family);
  if (to === undefined) return fault('bad-address', `Bad IP address "${last}"`);
  const printed = `${printAddress(family, from)}${to === from ? '' : `-${printAddress(family, to)}`}`;
  return {
    type: 'translation',
    addresses: { from, to },
    ports,
    basePort,
    text: portText !== '' && family === 'ipv6' ? `[${printed}]${portText}` : `${printed}${portText}`,
  };
}

/** The two halves; without addresses only the ports change. */
function splitNatRange(
  text: string,
  family: Family,
): { readonly addresses: string | undefined; readonly ports: string | undefined } | ValueFault {
  const open = family === 'ipv6' ? text.indexOf('[') : -1;
  const close = open < 0 ? 0 : text.indexOf(']', open);
  if (close < 0) return fault('bad-address', 'Invalid address format');
  let colon = text.indexOf(':', close);
  // Without brackets a second colon says that the text is an IPv6 address.
  if (family === 'ipv6' && open < 0 && text.includes(':', colon + 1)) colon = -1;
  const addresses = open < 0 ? (colon < 0 ? text : text.slice(0, colon)) : text.slice(open + 1, close);
  if (colon < 0) return { addresses, ports: undefined };
  // iptables takes anything of up to two characters for the empty brackets of `[]:80`.
  return { addresses: colon <= 2 ? undefined : addresses, ports: text.slice(colon + 1) };
}
