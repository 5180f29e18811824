import type { Span } from '../statement.ts';

/** What iptables-restore says when it refuses its input, as kube-proxy and others log it. */
export interface RestoreFailure extends Span {
  /** Which line of the input it refused, 1-based; the offsets are of where the text says so. */
  readonly inputLine: number;
  /** In iptables' words; empty where it says no more. */
  readonly reason: string;
}

const refusedLine =
  /-restore[^:\n]{0,40}: line (\d{1,7})(?: failed\b|: (?=[A-Z_]{1,30} failed))|(?:\b|\\n)Error occurred at line: (\d{1,7})/;
/** What stands in front of a reason: the program's own name and version, or kube-proxy's words for how it ended. */
const stated =
  /tables(?:-nft|-legacy)?-restore v[\d.]{1,12}(?: \([a-z_]{1,12}\))?: |Failed to execute ip6?tables-restore[^(\n]{0,60}(?:\(|exit status \d{1,3}: )(?!ip6?tables)(?=[A-Za-z])/;
const longestReason = 200;

/** Up to where a message goes on in another line, or in what a log put behind it. */
function firstLineOf(text: string): string {
  const end = text.search(/\\n|\n|\s\)|\)"|"\s|"$/);
  // A quote that the message opened is its own.
  const isOwnQuote = text.charAt(end) === '"' && (text.slice(0, end).split('"').length - 1) % 2 === 1;
  const line = (end < 0 ? text : text.slice(0, isOwnQuote ? end + 1 : end)).slice(0, longestReason).trim();
  // What closes a bracket that stands in front of the message is none of it.
  return line.endsWith(')') && !line.includes('(') ? line.slice(0, -1) : line;
}

/** The reason that a line states, which may stand in front of the one that says where: "iptables-restore v1.8.4 (legacy): Couldn't load target". */
export function readRestoreReason(text: string): string | undefined {
  const found = text.includes('-restore') ? stated.exec(text) : null;
  return found === null ? undefined : firstLineOf(text.slice(found.index + found[0].length));
}

/** The failure that a line tells of; undefined for any other line. */
export function readRestoreFailure(text: string): RestoreFailure | undefined {
  if (!text.includes('line')) return undefined;
  const found = refusedLine.exec(text);
  const number = found?.[1] ?? found?.[2];
  if (found === null || number === undefined) return undefined;
  const end = found.index + found[0].length;
  const isFollowed = found[0].endsWith(': ');
  return {
    inputLine: Number(number),
    reason: isFollowed ? firstLineOf(text.slice(end)) : (readRestoreReason(text.slice(0, found.index)) ?? ''),
    start: found.index + (/^(?:-|\\n)/.exec(found[0])?.[0].length ?? 0),
    end,
  };
}
