import { isUtf8 } from 'node:buffer';

const newline = 0x0a;
/** What a byte stands for that is no part of UTF-8: half of a pair, which no valid text has (as Python's surrogateescape). */
const escapeBase = 0xdc00;

/**
 * Bytes as text. Those that are no UTF-8 become characters of their own, one for each byte, so that names that differ in them stay apart; where
 * they are shown they show as "<U+DCE9>".
 */
export function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(newline, from);
    const line = bytes.subarray(from, end < 0 ? bytes.length : end + 1);
    text += isUtf8(line) ? line.toString('utf8') : escaped(line);
    from += line.length;
  }
  return text;
}

function escaped(line: Buffer): string {
  let text = '';
  for (let at = 0; at < line.length; ) {
    const length = sequenceLength(line, at);
    text += length === 0 ? String.fromCharCode(escapeBase + (line[at] ?? 0)) : line.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** How many bytes the character has that begins at a place; 0 where none does. */
function sequenceLength(line: Buffer, at: number): number {
  const first = line[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return length > 0 && at + length <= line.length && isUtf8(line.subarray(at, at + length)) ? length : 0;
}
