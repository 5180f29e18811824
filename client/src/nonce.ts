/** 128 random bits in hexadecimal, from the system's generator: Node.js and workers both have `crypto`. */
export function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
