const headEnd = '\r\n\r\n';
const longestHead = 8_192;
/** V8 holds no longer string. */
const largestBody = 500_000_000;

/** Takes what stands between the heads. */
export interface Bodies {
  /** A body of so many bytes begins. */
  begin(length: number): void;
  /** The next bytes of it; whoever keeps them copies them. */
  take(part: Buffer): void;
}

/**
 * Takes apart what comes in ("Content-Length: N", an empty line, N bytes: LSP 3.18, "Base protocol"), and watches it for what is no message. After that nobody knows where the
 * next one begins: whoever goes on would wait for ever, or keep whatever comes, and the client would hear nothing.
 * @param fail is told once why it can go no further
 * @returns takes each chunk
 */
export function createFrameGuard(fail: (why: string) => void, bodies?: Bodies): (chunk: Buffer) => void {
  let head = '';
  let left = 0;
  let isBroken = false;

  function broken(why: string): void {
    isBroken = true;
    head = '';
    fail(why);
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length && !isBroken; ) {
      if (left > 0) {
        const part = Math.min(left, chunk.length - at);
        left -= part;
        at += part;
        bodies?.take(chunk.subarray(at - part, at));
        continue;
      }
      // What was read before may hold the first part of the end, and never all of it.
      const before = head.length;
      head += chunk.toString('latin1', at, Math.min(chunk.length, at + longestHead + headEnd.length - before));
      const end = head.indexOf(headEnd);
      if (end < 0) {
        if (head.length > longestHead) broken('it has no end');
        at += head.length - before;
        continue;
      }
      const length = lengthIn(head.slice(0, end));
      if (typeof length === 'string') return broken(length);
      at += end + headEnd.length - before;
      head = '';
      left = length;
      bodies?.begin(length);
    }
  };
}

/** The length that a head names, or what is wrong with it. */
function lengthIn(head: string): number | string {
  const given = head.split('\r\n').flatMap((line) => /^content-length[ \t]*:(.*)$/i.exec(line)?.[1]?.trim() ?? []);
  const [length] = given;
  if (length === undefined) return 'it has no Content-Length';
  if (given.length > 1 || !/^\d{1,16}$/.test(length)) return 'its Content-Length is no number of bytes';
  return Number(length) > largestBody ? `its Content-Length is more than ${largestBody / 1_000_000} MB` : Number(length);
}
