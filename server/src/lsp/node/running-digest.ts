import { createHash } from 'node:crypto';

/** SHA-256 of bytes from one place to another that is known last: what is in it already may be overwritten. */
export interface RunningDigest {
  /** Takes all up to a place that it has not yet. */
  takeTo(bytes: Buffer, to: number): void;
  /** In hexadecimal digits, once; undefined where more was taken than up to the end. */
  endAt(bytes: Buffer, end: number): string | undefined;
}

/** @param from where the first byte stands */
export function createRunningDigest(from: number): RunningDigest {
  const digest = createHash('sha256');
  let at = from;
  const takeTo = (bytes: Buffer, to: number): void => {
    if (to <= at) return;
    digest.update(bytes.subarray(at, to));
    at = to;
  };
  return {
    takeTo,
    endAt(bytes, end) {
      takeTo(bytes, end);
      return at === end ? digest.digest('hex') : undefined;
    },
  };
}
