/** Numbers, ranges of them, marks and shares as values of options. */

import type { OptionSpec, ValueKind } from '../types.ts';
import { maxOfBits, readBigNumber, readNumber, scanNumber } from './numbers.ts';
import { fault, type Value, type ValueFault } from './values.ts';

function printMark(value: number, mask: number): string {
  return mask === 0xffff_ffff ? `0x${value.toString(16)}` : `0x${value.toString(16)}/0x${mask.toString(16)}`;
}

/** XTTYPE_MARKMASK32. */
export function readMark(text: string, option: OptionSpec, owner: string): Value | ValueFault {
  const bad = fault('bad-number', `${owner}: bad integer value for option "${option.long}", or out of range.`);
  const garbage = fault('bad-number', `${owner}: trailing garbage after value for option "${option.long}".`);
  const first = scanNumber(text);
  if (first?.value === undefined || first.value > 0xffff_ffffn) return bad;
  const value = Number(first.value);
  if (first.end === text.length) return { type: 'mark', value, mask: 0xffff_ffff, text: printMark(value, 0xffff_ffff) };
  if (text[first.end] !== '/') return garbage;
  const second = scanNumber(text, first.end + 1);
  if (second?.value === undefined || second.value > 0xffff_ffffn) return bad;
  if (second.end !== text.length) return garbage;
  const mask = Number(second.value);
  return { type: 'mark', value, mask, text: printMark(value, mask) };
}

type UintKind = Extract<ValueKind, { type: 'uint' }>;

type UintRangeKind = Extract<ValueKind, { type: 'uint-range' }>;

function printNumber(value: bigint | number, print: UintKind['print']): string {
  if (print === undefined) return `${value}`;
  return `0x${value.toString(16).padStart(print === 'hex2' ? 2 : print === 'hex8' ? 8 : print === 'hex4' ? 4 : 1, '0')}`;
}

/** XTTYPE_UINT*: a whole number within the bounds of its kind, printed as iptables-save does. */
export function readUint(text: string, kind: UintKind, option: OptionSpec, owner: string): Value | ValueFault {
  const min = BigInt(kind.min ?? 0);
  const max = kind.max === undefined ? maxOfBits(kind.bits) : BigInt(kind.max);
  const value = readBigNumber(text, min, max);
  if (value === undefined)
    return fault('bad-number', `${owner}: bad value for option "${option.long}", or out of range (${min}-${max}).`);
  return { type: 'number', value: Number(value), text: printNumber(value, kind.print) };
}

/** XTTYPE_UINT*RC: `from[:to]`; what is left out is the least or the greatest. */
export function readUintRange(text: string, kind: UintRangeKind, option: OptionSpec, owner: string): Value | ValueFault {
  const max = kind.max === undefined ? maxOfBits(kind.bits) : BigInt(kind.max);
  const parts: bigint[] = [];
  let at = 0;
  for (;;) {
    if (parts.length === 2) return fault('bad-range', `${owner}: Too many components for option "${option.long}" (max: 2)`);
    if (at >= text.length || text[at] === ':') {
      parts.push(parts.length === 1 ? max : 0n);
    } else {
      const scanned = scanNumber(text, at);
      if (scanned?.value === undefined || scanned.value > max) {
        return fault(
          'bad-number',
          `${owner}: bad value for option "${option.long}" near "${text.slice(at)}", or out of range (0-${max}).`,
        );
      }
      if (scanned.end < text.length && text[scanned.end] !== ':') {
        return fault(
          'bad-number',
          `${owner}: Argument to "${option.long}" has unexpected characters near "${text.slice(scanned.end)}".`,
        );
      }
      parts.push(scanned.value);
      at = scanned.end;
    }
    if (at >= text.length) break;
    at += 1;
  }
  if (kind.bothEnds && parts.length === 1) return fault('bad-range', `Bad range "${text}"`);
  const [from = 0n, to = kind.openEnd ? max : from] = parts;
  if (kind.openEnd) {
    const text = to === max ? `${from}` : `${from}:${to}`;
    return { type: 'range', range: { from: Number(from), to: Number(to) }, text };
  }
  const printed = from === to ? printNumber(from, kind.print) : `${printNumber(from, kind.print)}:${printNumber(to, kind.print)}`;
  return { type: 'range', range: { from: Number(from), to: Number(to) }, text: printed };
}

/** Kept as a 32-bit number of 2^-31ths, and printed back from it with eleven digits. */
export function readProbability(text: string, option: OptionSpec, owner: string): Value | ValueFault {
  const number = readDouble(text);
  // No comparison with "nan" holds, and it is kept as 0.
  if (number === undefined || number < 0 || number > 1)
    return fault('bad-number', `${owner}: bad value for option "${option.long}", or out of range (0-1).`);
  const share = Number.isNaN(number) ? 0 : Math.round(number * 0x8000_0000) / 0x8000_0000;
  return { type: 'probability', share, text: share.toFixed(11) };
}

const decimal = /^\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;
const hexadecimal = /^\s*([-+]?)0[xX](?:([0-9a-fA-F]+)(?:\.([0-9a-fA-F]*))?|\.([0-9a-fA-F]+))(?:[pP]([-+]?[0-9]+))?$/;

/** strtod(3): decimal, hexadecimal, `inf` and `nan`; undefined for all else. */
function readDouble(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  if (/^\s*[-+]?nan(?:\([0-9A-Za-z_]*\))?$/i.test(text)) return Number.NaN;
  if (/^\s*\+?inf(?:inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^\s*-inf(?:inity)?$/i.test(text)) return Number.NEGATIVE_INFINITY;
  const read = hexadecimal.exec(text);
  if (read === null) return undefined;
  const [, sign, whole = '', part = '', partAlone = '', exponent = '0'] = read;
  const fraction = part + partAlone;
  const digits = Number(`0x${whole}${fraction}`);
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(exponent) - 4 * fraction.length);
}

/** Milliseconds, or `inf` in any case. Source: libxt_LED.c. */
export function readLedDelay(text: string): Value | ValueFault {
  if (text.toLowerCase() === 'inf') return { type: 'number', value: Number.POSITIVE_INFINITY, text: 'inf' };
  const value = readNumber(text, 0, 0xffff_ffff);
  if (value === undefined) return fault('bad-number', `Delay value must be within range 0..${0xffff_ffff}`);
  return { type: 'number', value, text: `${value}` };
}

/** The number of a TCP option, 1 to 255. Source: libxt_tcp.c. */
export function readTcpOption(text: string): Value | ValueFault {
  const value = readNumber(text, 1, 255);
  return value === undefined ? fault('bad-number', `Bad TCP option "${text}"`) : { type: 'number', value, text: `${value}` };
}

/** `major:minor`, hexadecimal, of which sixteen bits each are kept. Source: libxt_CLASSIFY.c. */
export function readClass(text: string): Value | ValueFault {
  const read = /^\s*([-+]?)(?:0[xX])?([0-9a-fA-F]+):\s*([-+]?)(?:0[xX])?([0-9a-fA-F]+)/.exec(text);
  if (read === null) return fault('bad-number', `Bad class value "${text}"`);
  const [, majorSign = '', major = '', minorSign = '', minor = ''] = read;
  const part = (sign: string, digits: string): string =>
    (Number.parseInt(`${sign}${digits}`, 16) & 0xffff).toString(16).padStart(4, '0');
  const printed = `${part(majorSign, major)}:${part(minorSign, minor)}`;
  return { type: 'text', raw: printed, text: printed };
}

/** The number of a conntrack zone, or `mark` in any case. Source: libxt_CT.c. */
export function readZone(text: string): Value | ValueFault {
  if (text.toLowerCase() === 'mark') return { type: 'text', raw: 'mark', text: 'mark' };
  const value = readNumber(text, 0, 65535);
  return value === undefined
    ? fault('bad-number', `Cannot parse ${text} as a zone ID`)
    : { type: 'number', value, text: `${value}` };
}

/** xtables takes the number as an int that is not negative, and the kernel's field keeps its lower 16 bits. Source: libxt_connlabel.c, and runs of it. */
export function readLabel(text: string): Value | ValueFault {
  const given = readBigNumber(text, 0n, maxOfBits(64));
  const kept = given === undefined ? -1n : BigInt.asIntN(32, given);
  if (kept < 0n) return fault('bad-name', `label '${text}' not found or invalid value`);
  const value = Number(kept & 0xffffn);
  return { type: 'number', value, text: `"${value}"` };
}
