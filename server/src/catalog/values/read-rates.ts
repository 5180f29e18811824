/** Rates: of the limit and hashlimit matches, and of rate estimation. The arithmetic is the kernel's, for what iptables-save prints is read back from it. */
import { fault, type Value, type ValueFault } from './values.ts';

interface Unit {
  readonly name: string;
  readonly seconds: number;
}

const units: readonly Unit[] = [
  { name: 'day', seconds: 86400 },
  { name: 'hour', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 'sec', seconds: 1 },
];

/** Units of time of a rate, each with its seconds. */
export const unitWords: readonly (readonly [word: string, seconds: number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
];

/** C's atoi: leading blanks, a sign, decimal digits; whatever follows is not looked at. */
function leadingInteger(text: string): number {
  return Number(/^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1] ?? 0);
}

/** `amount[/unit]`; any beginning of second, minute, hour or day will do. Undefined where it is malformed. */
function readAmount(text: string): { readonly amount: number; readonly seconds: number } | undefined {
  const slash = text.indexOf('/');
  let seconds = 1;
  if (slash >= 0) {
    const unit = text.slice(slash + 1).toLowerCase();
    const known = unit === '' ? undefined : unitWords.find(([word]) => word.startsWith(unit));
    if (known === undefined) return undefined;
    [, seconds] = known;
  }
  const amount = leadingInteger(text);
  return amount === 0 ? undefined : { amount, seconds };
}

/** What iptables makes of a period again: the largest unit in which it is exact enough. */
function periodToRate(period: number, scale: number): { readonly amount: number; readonly unit: Unit } {
  let chosen = units[0] as Unit;
  for (const unit of units.slice(1)) {
    const whole = unit.seconds * scale;
    if (period > whole || Math.floor(whole / period) < whole % period) break;
    chosen = unit;
  }
  return { amount: Math.floor((chosen.seconds * scale) / period), unit: chosen };
}

/** The limit match's rate, in steps of a ten-thousandth of a second. Source: libxt_limit.c, parse_rate and print_rate. */
export function readLimitRate(text: string): Value | ValueFault {
  const read = readAmount(text);
  if (read === undefined) return fault('bad-rate', `bad rate "${text}"'`);
  const scale = 10_000;
  if (read.amount < 0 || read.amount / read.seconds > scale) return fault('bad-rate', `Rate too fast "${text}"`);
  const { amount, unit } = periodToRate(Math.floor((scale * read.seconds) / read.amount), scale);
  return { type: 'rate', amount, unit: 'packets', seconds: unit.seconds, text: `${amount}/${unit.name}` };
}

const largestCost = 0xffff_ffffn;

/** What a byte costs of the credits that come in a second. Source: libxt_hashlimit.c, bytes_to_cost; runs show that it counts in 32 bits. */
function costOfByte(bytesASecond: bigint): bigint {
  return largestCost / ((bytesASecond >> 4n) + 1n);
}

function byteFactor(letter: string | undefined): bigint {
  return letter === 'k' || letter === 'K' ? 1024n : letter === 'm' || letter === 'M' ? 1024n * 1024n : 1n;
}

const byteUnits: readonly (readonly [name: string, size: bigint])[] = [
  ['mb', 1024n * 1024n],
  ['kb', 1024n],
];

/** In the largest unit that is right: whole units are printed, and whether what is cut off may be is for the caller to say. */
function printBytes(bytes: bigint, mayCut: (cut: bigint) => boolean): string {
  const unit = byteUnits.find(([, size]) => bytes >= size && mayCut(bytes - (bytes % size)));
  return unit === undefined ? `${bytes}b` : `${bytes / unit[1]}${unit[0]}`;
}

const largestInt64 = 0x7fff_ffff_ffff_ffffn;

/**
 * Bytes a second as libxt_hashlimit.c's parse_bytes finds them: wherever the first `b/s` stands, the letter before it is the factor, and what
 * stands between the number and it is not looked at. Undefined where the text is a rate of packets.
 */
function readByteRate(text: string): bigint | undefined {
  const at = text.indexOf('b/s');
  if (at < 1) return undefined;
  const number = BigInt(/^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1]?.replace('+', '') ?? 0);
  if (number === 0n) return undefined;
  const kept = number > largestInt64 ? largestInt64 : BigInt.asUintN(64, number);
  return BigInt.asUintN(64, kept * byteFactor(text[at - 1]));
}

/** hashlimit's rate: packets in a unit of time in steps of a millionth of a second, or bytes a second in steps of 16. Source: libxt_hashlimit.c. */
export function readHashRate(text: string, option: string): Value | ValueFault {
  const wanted = readByteRate(text);
  if (wanted !== undefined) {
    if (wanted > 0xffff_ffffn << 4n) return fault('bad-rate', `Rate value too large "${wanted}" (max ${0xffff_ffffn << 4n})`);
    // The kernel keeps the cost of a byte, and the rate is what that stands for. What is printed in a unit is compared in 32 bits.
    const cost = costOfByte(wanted);
    const kept = (largestCost / cost - 1n) << 4n;
    return {
      type: 'rate',
      amount: Number(kept),
      unit: 'bytes',
      seconds: 1,
      text: `${printBytes(kept, (cut) => costOfByte(cut & 0xffff_ffffn) === cost)}/s`,
    };
  }
  const read = readAmount(text);
  if (read === undefined) return fault('bad-rate', `hashlimit: Bad value for "${option}" option: "${text}"`);
  const scale = 1_000_000;
  if (read.amount < 0 || read.amount / read.seconds > scale) return fault('bad-rate', `Rate too fast "${text}"`);
  const { amount, unit } = periodToRate(Math.floor((scale * read.seconds) / read.amount), scale);
  return { type: 'rate', amount, unit: 'packets', seconds: unit.seconds, written: read.seconds, text: `${amount}/${unit.name}` };
}

/** hashlimit's burst: packets, or bytes with a unit. */
export function readHashBurst(text: string): Value | ValueFault {
  const read = /^([0-9]+)(?:([kmKM]?)b?)?$/.exec(text);
  const value = read === null ? -1n : BigInt(read[1] ?? 0) * byteFactor(read[2]);
  const largest = 0xffff_ffffn;
  if (value < 1n || value > largest)
    return fault('bad-number', 'bad value for option "--hashlimit-burst", or out of range (1-1000000).');
  return { type: 'number', value: Number(value), text: `${value}` };
}

/** The burst in bytes as the kernel keeps it, in whole rates: what iptables-save prints. */
export function printByteBurst(burst: number, rate: number): string {
  return printBytes(BigInt(Math.ceil(burst / Math.max(rate, 1)) * rate), () => true);
}

/** The interval of hashlimit's rate matching, in seconds. What stands behind the number is not looked at. */
export function readRateInterval(text: string, option: string): Value | ValueFault {
  const value = leadingInteger(text);
  if (value < 1 || value > 0x7fff_ffff) return fault('bad-number', `hashlimit: Bad value for "${option}" option: "${text}"`);
  return { type: 'number', value, text: `${value}` };
}

const bitUnits: readonly (readonly [word: string, bits: number])[] = [
  ['bit', 1],
  ['kibit', 1024],
  ['kbit', 1000],
  ['mibit', 1024 * 1024],
  ['mbit', 1_000_000],
  ['gibit', 1024 ** 3],
  ['gbit', 1e9],
  ['tibit', 1024 ** 4],
  ['tbit', 1e12],
  ['bps', 8],
  ['kibps', 8 * 1024],
  ['kbps', 8000],
  ['mibps', 8 * 1024 * 1024],
  ['mbps', 8e6],
  ['gibps', 8 * 1024 ** 3],
  ['gbps', 8e9],
  ['tibps', 8 * 1024 ** 4],
  ['tbps', 8e12],
];

/** rateest's rates: a number with a unit of bits or bytes, without one in bits. Source: libxt_rateest.c, rateest_get_rate. */
export function readBitRate(text: string): Value | ValueFault {
  const read = /^\s*([+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)/.exec(text);
  const unit = text.slice(read?.[0].length ?? 0).toLowerCase();
  const factor = unit === '' ? 1 : bitUnits.find(([word]) => word === unit)?.[1];
  if (read === null || factor === undefined) return fault('bad-rate', `Bad value for "rateest" option: "${text}"`);
  const bytes = Math.floor((Number(read[1]) * factor) / 8);
  return { type: 'rate', amount: bytes, unit: 'bytes', seconds: 1, text: printBits(bytes) };
}

function printBits(bytes: number): string {
  const bits = bytes * 8;
  if (bits >= 1e9) return `${Math.round(bits / 1e6)}Mbit`;
  if (bits >= 1e6) return `${Math.round(bits / 1e3)}Kbit`;
  return `${bits}bit`;
}

const timeUnits: readonly (readonly [word: string, microseconds: number])[] = [
  ['s', 1_000_000],
  ['sec', 1_000_000],
  ['secs', 1_000_000],
  ['ms', 1000],
  ['msec', 1000],
  ['msecs', 1000],
  ['us', 1],
  ['usec', 1],
  ['usecs', 1],
];

/** RATEEST's times: `250ms`; without a unit in microseconds. The value is in microseconds. Source: libxt_RATEEST.c, RATEEST_get_time. */
export function readDuration(text: string, option: string): Value | ValueFault {
  const read = /^\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)/.exec(text);
  const unit = text.slice(read?.[0].length ?? 0).toLowerCase();
  const factor = unit === '' ? 1 : timeUnits.find(([word]) => word === unit)?.[1];
  if (read === null || factor === undefined) return fault('bad-time', `RATEEST: bad ${option.slice(10)} value \`${text}'`);
  const microseconds = Number(read[1]) * factor;
  return { type: 'number', value: microseconds, text: printDuration(microseconds) };
}

/** A time as RATEEST prints it: "250.0ms". */
export function printDuration(microseconds: number): string {
  if (microseconds >= 1_000_000) return `${trim(microseconds / 1_000_000)}s`;
  if (microseconds >= 1000) return `${trim(microseconds / 1000)}ms`;
  return `${trim(microseconds)}us`;
}

function trim(value: number): string {
  return value.toFixed(1);
}
