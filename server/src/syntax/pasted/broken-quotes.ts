/**
 * The input of iptables-restore that a log quotes on one line (`out="*nat\n:PREROUTING ..."`), which a terminal broke at its width: each line of
 * it but the last is as long as the terminal is wide, and the next goes on in the middle of a word.
 */
import type { Lines } from '../lines.ts';

type Texts = Pick<Lines, 'length' | 'textAt'>;

/** Lines (0-based) that are one, from the first to the last. */
export interface BrokenQuote {
  readonly from: number;
  readonly to: number;
  /** How long each of them is but the last, in UTF-16 units. */
  readonly width: number;
}

const quoted = /["=]\*(?:filter|nat|mangle|raw|security)(?:\\n| :)/;
const narrowest = 40;
const widest = 1_000;
/** A blank at the end of a line may be lost. */
const mostLost = 1;
/** So many lines of one width are no chance. */
const fewest = 3;
/** The field may begin a few lines further down. */
const mostBefore = 8;
const mostLines = 20_000;

/** Every such place of a text. The `from` of each is where the log's own line begins, as far as that can be told. */
export function brokenQuotes(lines: Texts): readonly BrokenQuote[] {
  const found: BrokenQuote[] = [];
  for (let at = 0; at < lines.length && at < mostLines; at += 1) {
    const text = lines.textAt(at);
    const isLong = text.length >= narrowest && text.length <= widest;
    if (!isLong || !quoted.test(text + lines.textAt(at + 1).slice(0, mostBefore))) continue;
    const { to, broken } = around(lines, at, text.length);
    if (broken !== undefined) {
      found.push(broken);
      at = to;
    } else if (to - at >= fewest) {
      // A longer line ends the row, and so it does for a quote that begins further down in it.
      at = to - 1;
    }
  }
  return found;
}

/** The quote that a line begins, where there is one, and the line that ends the row of full ones. */
function around(lines: Texts, at: number, length: number): { readonly to: number; readonly broken: BrokenQuote | undefined } {
  const lengthOf = (line: number): number => lines.textAt(line).length;
  const width = Math.max(length, lengthOf(at + 1));
  const isFull = (line: number): boolean => lengthOf(line) <= width && lengthOf(line) >= width - mostLost;
  let to = at;
  while (isFull(to) && to + 1 < lines.length) to += 1;
  let from = at;
  while (from > 0 && at - from < mostBefore && isFull(from - 1)) from -= 1;
  const isNone = width < narrowest || to - at < fewest || lengthOf(to) > width;
  return { to, broken: isNone ? undefined : { from, to, width } };
}

/** The line that broken ones are, with the blanks that were lost. */
export function unbroken(lines: Texts, { from, to, width }: BrokenQuote): string {
  let whole = '';
  for (let line = from; line < to; line += 1) whole += lines.textAt(line).padEnd(width);
  return whole + lines.textAt(to);
}
