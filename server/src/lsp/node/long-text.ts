/** Texts of megabytes from the bytes that they came in as. */
import { deserialize, serialize } from 'node:v8';

/** Gives memory back that stands by itself: it would stay until all memory is looked through. Node.js before 22 has no other way. */
export function release(bytes: Buffer): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  buffer.transfer?.(0);
}

/** What V8's own form of a string of one-byte characters begins with; its length follows, seven bits a byte, and its characters (ValueSerializer in V8's sources). */
const headOfText = serialize('').subarray(0, -1);
const tagOfText = 0x22;
/** Node.js keeps a longer one outside of V8's heap, where it is slower to read, and V8 looks through its heap for it time and again. */
const mostCharactersOutside = 1_000_000;

/** As much as V8's head of a string takes, and more. */
export const roomBefore = 16;

/** A text in ASCII, in V8's heap. What stands before it, `roomBefore` bytes at most, may be overwritten. */
export function asciiText(bytes: Buffer, from: number, to: number): string {
  const head = [...headOfText];
  let length = to - from;
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  const isPlain = to - from < mostCharactersOutside || from < head.length || headOfText.at(-1) !== tagOfText;
  if (isPlain) return bytes.toString('latin1', from, to);
  bytes.set(head, from - head.length);
  return deserialize(bytes.subarray(from - head.length, to)) as string;
}
