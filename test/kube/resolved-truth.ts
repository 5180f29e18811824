import { createHash } from 'node:crypto';

/** RFC 4648 over SHA-256, written apart from the server's own. */
export function chainHash(text: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let value = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 20)}`);
  let out = '';
  for (let digit = 0; digit < 16; digit += 1) {
    out = digits.charAt(Number(value % 32n)) + out;
    value /= 32n;
  }
  return out;
}
