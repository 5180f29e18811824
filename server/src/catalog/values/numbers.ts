/** Numbers as iptables reads them: C's strtoul with base 0, which takes `10`, `0x0a` and `012`, leading blanks and a plus sign. */

/** What stands at a place of a text, and where it ends. */
export interface ScannedNumber {
  /** Up to 64 bits; above that undefined, as strtoul's ERANGE. */
  readonly value: bigint | undefined;
  /** 0-based, behind the last digit. */
  readonly end: number;
}

const numberPattern = /[ \t\n\v\f\r]*\+?(?:0[xX]([0-9a-fA-F]+)|0([0-7]*)|([1-9][0-9]*))/y;
const largest = 0xffff_ffff_ffff_ffffn;

/** The number that a text has at `start`; undefined where there is none. A minus sign is none, as xtables_strtoul says. */
export function scanNumber(text: string, start = 0): ScannedNumber | undefined {
  numberPattern.lastIndex = start;
  const found = numberPattern.exec(text);
  if (found === null) return undefined;
  const [, hex, octal, decimal] = found;
  const value =
    hex !== undefined ? BigInt(`0x${hex}`) : octal !== undefined ? BigInt(octal === '' ? 0 : `0o${octal}`) : BigInt(decimal ?? 0);
  return { value: value <= largest ? value : undefined, end: numberPattern.lastIndex };
}

/** The whole text as a number from `min` to `max`; undefined for all else. */
export function readNumber(text: string, min: number, max: number): number | undefined {
  const scanned = scanNumber(text);
  if (scanned?.value === undefined || scanned.end !== text.length) return undefined;
  const value = Number(scanned.value);
  return value >= min && value <= max ? value : undefined;
}

/** The whole text as an exact number from `min` to `max`, for 64 bits; undefined for all else. */
export function readBigNumber(text: string, min: bigint, max: bigint): bigint | undefined {
  const scanned = scanNumber(text);
  if (scanned?.value === undefined || scanned.end !== text.length) return undefined;
  return scanned.value >= min && scanned.value <= max ? scanned.value : undefined;
}

/** The largest number of so many bits. */
export function maxOfBits(bits: 8 | 16 | 32 | 64): bigint {
  return (1n << BigInt(bits)) - 1n;
}
