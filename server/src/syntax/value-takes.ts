/** What may vary in the values of a shape of lines (`line-shape.ts`), taken from bytes: any of it is as good as any other. */

/** Where what a step takes from a place on ends (exclusive); -1 where it does not stand there. A line feed is never taken. */
export type Take = (bytes: Uint8Array, start: number) => number;

/** What digits are worth; 255 for what is none. */
const digits = new Uint8Array(256).fill(255);
for (let digit = 0; digit <= 9; digit += 1) digits[0x30 + digit] = digit;
const isHex = new Uint8Array(256);
for (const digit of '0123456789abcdef') isHex[digit.charCodeAt(0)] = 1;

const dot = 0x2e;

/** Four numbers up to 255 without leading zeros. */
export const takeAddress: Take = (bytes, start) => {
  let at = start;
  for (let octet = 0; octet < 4; octet += 1) {
    if (octet > 0) {
      if (bytes[at] !== dot) return -1;
      at += 1;
    }
    const first = at;
    let value = 0;
    for (let digit = digits[bytes[at] as number] as number; digit < 10; digit = digits[bytes[at] as number] as number) {
      value = value * 10 + digit;
      at += 1;
      if (value > 255) return -1;
    }
    if (at === first || (bytes[first] === 0x30 && at > first + 1)) return -1;
  }
  return at;
};

function takeGroup(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < start + 4; at += 1) {
    if (isHex[bytes[at] as number] !== 1) break;
  }
  return at === start ? -1 : at;
}

const colon = 0x3a;

/** An IPv6 address that ends in `::` and a group. Up to seven groups, so that the two colons stand for one at least. */
export const takeAddress6: Take = (bytes, start) => {
  let at = start;
  for (let groups = 0; groups < 6; groups += 1) {
    at = takeGroup(bytes, at);
    if (at < 0 || bytes[at] !== colon) return -1;
    at += 1;
    if (bytes[at] === colon) return takeGroup(bytes, at + 1);
  }
  return -1;
};

const mostOfPort = 64_999;

export const takePort: Take = (bytes, start) => {
  let at = start;
  let value = 0;
  for (let digit = digits[bytes[at] as number] as number; digit < 10; digit = digits[bytes[at] as number] as number) {
    value = value * 10 + digit;
    at += 1;
    if (value > mostOfPort) return -1;
  }
  return at === start || bytes[start] === 0x30 ? -1 : at;
};

const probabilityDigits = 11;

export const takeProbability: Take = (bytes, start) => {
  if (bytes[start] !== 0x30 || bytes[start + 1] !== dot) return -1;
  let at = start + 2;
  while (at < start + 2 + probabilityDigits && (digits[bytes[at] as number] as number) < 10) at += 1;
  return at === start + 2 + probabilityDigits ? at : -1;
};

const quote = 0x22;
const backslash = 0x5c;
const bracket = 0x5b;
const star = 0x2a;
const mostOfComment = 200;

/**
 * Printable ASCII between quotes, of which nothing is somebody else's: what is left of colours, `[unsupported revision]`, or the beginning of another line, as
 * behind three blanks (`pasted/joined-lines.ts`). Where something is wrong with a line its comment is looked at for them.
 */
export const takeQuoted: Take = (bytes, start) => {
  if (bytes[start] !== quote) return -1;
  let at = start + 1;
  for (; at <= start + mostOfComment; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte > 0x7e || byte === quote || byte === backslash || byte === bracket || byte === star) break;
    if (byte === 0x20 && bytes[at + 1] === 0x20 && bytes[at + 2] === 0x20) break;
  }
  return at > start + 1 && bytes[at] === quote ? at + 1 : -1;
};

const wordBytes = new Uint8Array(256);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') wordBytes[letter.charCodeAt(0)] = 2;
for (const letter of '0123456789/:._-') wordBytes[letter.charCodeAt(0)] = 1;
const mostOfWord = 101;

/** A word that begins with a letter. Where it ends in dots somebody may have left out the rest. */
export const takeWord: Take = (bytes, start) => {
  if (wordBytes[bytes[start] as number] !== 2) return -1;
  let at = start + 1;
  while (at < start + mostOfWord && (wordBytes[bytes[at] as number] as number) > 0) at += 1;
  return bytes[at - 1] === dot ? -1 : at;
};

const mostCounterDigits = 15;

function takeDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < start + mostCounterDigits && (digits[bytes[at] as number] as number) < 10) at += 1;
  return at === start ? -1 : at;
}

/** `[12:3456] `. */
export const takeCounters: Take = (bytes, start) => {
  if (bytes[start] !== 0x5b) return -1;
  const middle = takeDigits(bytes, start + 1);
  if (middle < 0 || bytes[middle] !== colon) return -1;
  const end = takeDigits(bytes, middle + 1);
  return end >= 0 && bytes[end] === 0x5d && bytes[end + 1] === 0x20 ? end + 2 : -1;
};
