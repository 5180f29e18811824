import type { Problem } from '../statement.ts';

/** iptables-restore's buffer holds 10,240 bytes, a line end and a NUL among them (iptables-restore.c); the rest of a line it reads as another. */
const mostBytes = 10239;
const mostBytesOfUnit = 3;

/** Where in a text so many bytes of UTF-8 end; undefined where it has no more. */
function unitsOfBytes(text: string, bytes: number): number | undefined {
  let counted = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair stands for two of its four bytes.
    counted += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : mostBytesOfUnit;
    if (counted > bytes) return at;
  }
  return undefined;
}

/** What iptables-restore makes of a line that is longer than it reads at once; undefined for every other line. */
export function longLineProblem(text: string): Problem | undefined {
  if (text.length * mostBytesOfUnit <= mostBytes) return undefined;
  const cut = unitsOfBytes(text, mostBytes);
  // A comment whose rest begins with # is two comments.
  if (cut === undefined || text.charCodeAt(cut) === 0x23) return undefined;
  return {
    code: 'long-line',
    message: `iptables-restore reads at most ${mostBytes} bytes as one line; it takes what stands here and behind for a line of its own`,
    severity: 'error',
    start: cut,
    end: text.length,
  };
}
