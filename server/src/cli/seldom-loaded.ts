/** Modules of Node.js that take two to five milliseconds to load, a tenth of what a small command may take: for what needs them alone. */
import { createRequire } from 'node:module';

/** For what is compressed. */
export function zlib(): typeof import('node:zlib') {
  return createRequire(import.meta.url)('node:zlib');
}

/** For digests and names that nobody can guess. */
export function crypto(): typeof import('node:crypto') {
  return createRequire(import.meta.url)('node:crypto');
}

/** For standard input that is a device. */
export function tty(): typeof import('node:tty') {
  return createRequire(import.meta.url)('node:tty');
}
