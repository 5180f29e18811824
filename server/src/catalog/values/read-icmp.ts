/** Types and codes of ICMP, by number or name. */
import type { Family } from '../types.ts';
import { readNumber, scanNumber } from './numbers.ts';
import { fault, type Value, type ValueFault } from './values.ts';

/** An ICMP type or code by name. */
interface IcmpName {
  readonly name: string;
  readonly type: number;
  readonly code?: number;
}

function icmpTable(entries: readonly (readonly [names: string, type: number, code?: number])[]): readonly IcmpName[] {
  return entries.flatMap(([names, type, code]) =>
    names.split(' ').map((name) => (code === undefined ? { name, type } : { name, type, code })),
  );
}

/** iptables -p icmp --help, "Valid ICMP Types". */
export const icmpTypes = icmpTable([
  ['any', 255],
  ['echo-reply pong', 0],
  ['destination-unreachable', 3],
  ['network-unreachable', 3, 0],
  ['host-unreachable', 3, 1],
  ['protocol-unreachable', 3, 2],
  ['port-unreachable', 3, 3],
  ['fragmentation-needed', 3, 4],
  ['source-route-failed', 3, 5],
  ['network-unknown', 3, 6],
  ['host-unknown', 3, 7],
  ['network-prohibited', 3, 9],
  ['host-prohibited', 3, 10],
  ['TOS-network-unreachable', 3, 11],
  ['TOS-host-unreachable', 3, 12],
  ['communication-prohibited', 3, 13],
  ['host-precedence-violation', 3, 14],
  ['precedence-cutoff', 3, 15],
  ['source-quench', 4],
  ['redirect', 5],
  ['network-redirect', 5, 0],
  ['host-redirect', 5, 1],
  ['TOS-network-redirect', 5, 2],
  ['TOS-host-redirect', 5, 3],
  ['echo-request ping', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded ttl-exceeded', 11],
  ['ttl-zero-during-transit', 11, 0],
  ['ttl-zero-during-reassembly', 11, 1],
  ['parameter-problem', 12],
  ['ip-header-bad', 12, 0],
  ['required-option-missing', 12, 1],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
  ['address-mask-request', 17],
  ['address-mask-reply', 18],
]);

/** ip6tables -p ipv6-icmp --help, "Valid ICMPv6 Types". */
export const icmpv6Types = icmpTable([
  ['destination-unreachable', 1],
  ['no-route', 1, 0],
  ['communication-prohibited', 1, 1],
  ['beyond-scope', 1, 2],
  ['address-unreachable', 1, 3],
  ['port-unreachable', 1, 4],
  ['failed-policy', 1, 5],
  ['reject-route', 1, 6],
  ['packet-too-big', 2],
  ['time-exceeded ttl-exceeded', 3],
  ['ttl-zero-during-transit', 3, 0],
  ['ttl-zero-during-reassembly', 3, 1],
  ['parameter-problem', 4],
  ['bad-header', 4, 0],
  ['unknown-header-type', 4, 1],
  ['unknown-option', 4, 2],
  ['echo-request ping', 128],
  ['echo-reply pong', 129],
  ['router-solicitation', 133],
  ['router-advertisement', 134],
  ['neighbour-solicitation neighbor-solicitation', 135],
  ['neighbour-advertisement neighbor-advertisement', 136],
  ['redirect', 137],
]);

/** `type[/code]`, or the beginning of one name in any case. */
export function readIcmpType(text: string, family: Family): Value | ValueFault {
  const word = family === 'ipv4' ? 'ICMP' : 'ICMPv6';
  const lower = text.toLowerCase();
  const named = (family === 'ipv4' ? icmpTypes : icmpv6Types).filter(({ name }) => name.toLowerCase().startsWith(lower));
  const [first, second] = named;
  if (first !== undefined && second !== undefined)
    return fault('bad-name', `Ambiguous ${word} type \`${text}': \`${first.name}' or \`${second.name}'?`);
  if (first !== undefined) return icmp(family, first.type, first.code);
  const slash = text.indexOf('/');
  const type = readNumber(slash < 0 ? text : text.slice(0, slash), 0, 255);
  if (type === undefined) return fault('bad-name', `Unknown ${word} type \`${text}'`);
  if (slash < 0) return icmp(family, type, undefined);
  const codeText = text.slice(slash + 1);
  const scanned = scanNumber(codeText);
  const rest = scanned === undefined ? '' : codeText.slice(scanned.end);
  // IPv4 takes the end of a range and forgets it.
  const isRange = family === 'ipv4' && rest.startsWith(':') && readNumber(rest.slice(1), 0, 255) !== undefined;
  if (scanned?.value === undefined || scanned.value > 255n) return fault('bad-name', `Unknown ${word} code \`${text}'`);
  if (rest !== '' && !isRange) return fault('bad-name', `unknown character ${rest.charAt(0)}`);
  return icmp(family, type, Number(scanned.value));
}

function icmp(family: Family, type: number, code: number | undefined): Value {
  if (family === 'ipv4' && type === 255) return { type: 'icmp', kind: undefined, codes: { from: 0, to: 255 }, text: 'any' };
  const codes = code === undefined ? { from: 0, to: 255 } : { from: code, to: code };
  return { type: 'icmp', kind: type, codes, text: code === undefined ? `${type}` : `${type}/${code}` };
}
