/** Where strings begin and end in the bytes of a JSON text. */

export const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/** Whether a character is escaped: an odd number of backslashes stands before it. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let before = at;
  while (before > from && bytes[before - 1] === backslash) before -= 1;
  return (at - before) % 2 === 1;
}

/** Where the quote stands that ends a string which begins at `from`; below 0 where none does before `to`. */
export function endOfString(bytes: Buffer, from: number, to: number): number {
  const part = bytes.subarray(from, to);
  let at = part.indexOf(quote);
  while (at >= 0 && isEscaped(part, at, 0)) at = part.indexOf(quote, at + 1);
  return at < 0 ? at : from + at;
}

/** Where the string begins, behind its quote, in which the first bytes of a text end; below 0 where they end in none. */
export function openString(bytes: Buffer, to: number): number {
  for (let at = 0; ; ) {
    const from = bytes.subarray(at, to).indexOf(quote);
    if (from < 0) return -1;
    const end = endOfString(bytes, at + from + 1, to);
    if (end < 0) return at + from + 1;
    at = end + 1;
  }
}

/** Where the last long string of a text ends, seen from behind: a string ends or begins at each quote that is not escaped. Below 0 where none is seen. */
export function endOfLastLong(bytes: Buffer, from: number): number {
  const part = bytes.subarray(from);
  let end = -1;
  for (let at = part.lastIndexOf(quote); at >= 0; at = at === 0 ? -1 : part.lastIndexOf(quote, at - 1)) {
    if (!isEscaped(part, at, 0)) end = end < 0 ? from + at : -1;
  }
  return end;
}

/** Where a string may be cut at or before a place, neither in an escape nor in a character: all up to there can be decoded by itself, and so can the rest. */
export function cutBefore(bytes: Buffer, from: number, at: number): number {
  let cut = at;
  // The second byte of a character, and those behind it, are 10xxxxxx. Of more than three of them in a row the last is part of none.
  while (cut > at - 4 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  if (((bytes[cut] ?? 0) & 0xc0) === 0x80) cut = at;
  const last = bytes.subarray(Math.max(from, cut - 6), cut).lastIndexOf(backslash);
  if (last < 0) return cut;
  const begin = Math.max(from, cut - 6) + last;
  if (isEscaped(bytes, begin, from)) return cut;
  const length = begin + 1 < cut && bytes[begin + 1] === letterU ? 6 : 2;
  return begin + length > cut ? begin : cut;
}
