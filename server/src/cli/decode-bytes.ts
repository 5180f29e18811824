import { isAscii, isUtf8 } from 'node:buffer';

/** What a byte stands for that is no part of UTF-8: half of a pair, which no valid text has (as Python's surrogateescape). */
const escapeBase = 0xdc00;
/** Text is put together of parts of so many bytes, most of which are UTF-8 as a whole. */
const partBytes = 1 << 16;

/**
 * Bytes as text. Those that are no UTF-8 become characters of their own, one for each byte, so that names that differ in them stay apart; where
 * they are shown they show as "<U+DCE9>".
 */
export function decodeBytes(bytes: Buffer): string {
  // Most dumps are such, which Node.js copies as they are: a quarter of the time.
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let from = 0; from < bytes.length; ) {
    const part = bytes.subarray(from, partEnd(bytes, from));
    text += isUtf8(part) ? part.toString('utf8') : escaped(part);
    from += part.length;
  }
  return text;
}

/** Where a part ends that begins at a place: between two characters. Of four bytes in a row that only continue the last belongs to none. */
function partEnd(bytes: Buffer, from: number): number {
  const most = from + partBytes;
  if (most >= bytes.length) return bytes.length;
  for (let end = most; end > most - 4; end -= 1) if (!continues(bytes[end])) return end;
  return most;
}

/** A part as text, written as UTF-16 at once: a text of a hundred million pieces would take gigabytes. */
function escaped(part: Buffer): string {
  const units = Buffer.allocUnsafe(part.length * 2);
  let end = 0;
  for (let at = 0; at < part.length; ) {
    const length = sequenceLength(part, at);
    const point = length === 0 ? escapeBase + (part[at] ?? 0) : pointAt(part, at, length);
    if (point > 0xffff) {
      end = units.writeUInt16LE(0xd800 + ((point - 0x10000) >> 10), end);
      end = units.writeUInt16LE(0xdc00 + ((point - 0x10000) & 0x3ff), end);
    } else end = units.writeUInt16LE(point, end);
    at += Math.max(length, 1);
  }
  return units.toString('utf16le', 0, end);
}

function continues(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/** How many bytes the character has that begins at a place; 0 where none does (RFC 3629, section 4). */
function sequenceLength(part: Buffer, at: number): number {
  const first = part[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const second = part[at + 1] ?? 0;
  if (!continues(second)) return 0;
  if (first < 0xe0) return 2;
  // None is spelled too long, half of a pair, or above U+10FFFF.
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  if (!continues(part[at + 2])) return 0;
  if (first < 0xf0) return 3;
  return continues(part[at + 3]) ? 4 : 0;
}

function pointAt(part: Buffer, at: number, length: number): number {
  let point = length === 1 ? (part[at] ?? 0) : (part[at] ?? 0) & (0x7f >> length);
  for (let next = at + 1; next < at + length; next += 1) point = (point << 6) | ((part[next] ?? 0) & 0x3f);
  return point;
}
