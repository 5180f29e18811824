/**
 * Lines that were broken in two: by a terminal, whose every full line has the same length; by a mail program, which breaks at blanks; or by the
 * backslash at its end with which a script goes on in the next line.
 */
import { coreOption, whoHas } from '../../catalog/lookup.ts';

/** A line that goes on below. */
export interface BrokenLine {
  /** How many of the lines below belong to it. */
  readonly lines: number;
  /** What stands on them; a line end where a backslash parted them. */
  readonly more: string;
}

/** Nobody pastes more; in a large file nothing is looked for. */
export const mostLinesOfPaste = 5000;
const shortestTerminal = 40;
const longestTerminal = 512;
/** So many pieces of one line are put together. */
const mostPieces = 16;

const lineStart =
  /^\s{0,40}(?:(?:\[\d+:\d+\] ?)?-[A-Z] |:\S{1,80} (?:-|[A-Z]{1,16})(?: \[|\s*$)|\*[a-z]|COMMIT|#|Chain |(?:num\s{1,8})?(?:pkts\s{1,8}bytes\s{1,8})?target\s{1,16}prot\s|`|~~~|[^\s]{0,80}[#$%] |(?:sudo |\+ )?ip6?tables|table |create |add |Name:)/;
const rowStart =
  /^\s{0,40}(?:\d+[KMGT]?\s{1,16}){0,3}\S{0,32}\s{1,16}!?[\w.+-]{1,32}\s{1,8}(?:--|-f|!f)\s|^\s{1,40}\d+[KMGT]?\s{1,16}\d+[KMGT]?\s/;
const hashedName = /(?:^|[\s:])KUBE-(?:SEP|SVC|SVL|EXT|FW|XLB)-[A-Z2-7]{16}(?![A-Z2-7])/g;

/** Whether a text begins as a line of a save, of commands or of a listing does. */
export function isStart(text: string): boolean {
  return lineStart.test(text) || rowStart.test(text);
}

/** Whether a comment of a listing's row or a quote is open where a text ends. */
function isOpen(text: string): boolean {
  if (text.lastIndexOf('/*') > text.lastIndexOf('*/')) return true;
  let isQuoted = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!isQuoted || text.charCodeAt(at - 1) !== 0x5c) isQuoted = !isQuoted;
  }
  return isQuoted;
}

/** Whether one of kube-proxy's names stands across the place where two texts meet. */
function completesName(text: string, more: string): boolean {
  const from = Math.max(text.length - 32, 0);
  const around = text.slice(from) + more.slice(0, 32);
  const middle = text.length - from;
  return Array.from(around.matchAll(hashedName)).some(({ index, 0: name }) => index < middle - 1 && index + name.length > middle);
}

function isOption(word: string): boolean {
  return coreOption(word) !== undefined || whoHas(word).length > 0;
}

/** Whether a text ends in an option whose value begins the next line: the break stands for a blank. */
function wantsValue(text: string, next: string): boolean {
  const word = /(?:^|\s)(--?[a-z][a-z0-9-]*)\s*$/.exec(text.slice(-64))?.[1];
  if (word === undefined || !isOption(word)) return false;
  return !isOption(word + (/^\S+/.exec(next)?.[0] ?? ''));
}

/** A word that goes on with a rule and begins none. */
const goesOn = /^\s{0,40}(?:! ?)?(?:-[mpsdiojg] |--[a-z]{2})/;
const tableStart = /^\*(?:filter|nat|mangle|raw|security)\s*$/;
const ruleStart = /^\s{0,40}(?:\[\d+:\d+\] ?)?-[AI] /;

/** Rules that a mail program broke at their blanks, by the number of their first line. In restore input they are errors, and stay. */
function foldedRules(texts: readonly string[], found: Map<number, BrokenLine>): void {
  let isInTable = false;
  for (let index = 0; index < texts.length; index += 1) {
    const quote = quoteOf(texts[index] ?? '');
    const text = (texts[index] ?? '').slice(quote.length);
    if (tableStart.test(text)) isInTable = true;
    else if (text.startsWith('COMMIT')) isInTable = false;
    if (isInTable || !ruleStart.test(text)) continue;
    // What looked like a terminal's break may go on.
    const begun = found.get(index);
    let lines = begun?.lines ?? 0;
    let whole = text + (begun?.more ?? '');
    const below = (): string | undefined => unquoted(texts[index + lines + 1], quote);
    for (let next = below(); lines < mostPieces && isFolded(whole, next); next = below()) {
      whole += ` ${next}`;
      lines += 1;
    }
    if (lines > 0) found.set(index, { lines, more: whole.slice(text.length) });
    index += lines;
  }
}

/** The marks of a quoted mail in front of a line: "> ", "> > ". */
function quoteOf(text: string): string {
  return text.startsWith('>') ? (/^(?:> ?){1,8}/.exec(text)?.[0] ?? '') : '';
}

/** A line of the same quote without its marks. */
function unquoted(text: string | undefined, quote: string): string | undefined {
  if (text === undefined || quote === '') return text;
  return text.startsWith(quote.trimEnd()) ? text.slice(quoteOf(text).length) : undefined;
}

function isFolded(text: string, next: string | undefined): next is string {
  if (next === undefined || next.trim() === '') return false;
  if (goesOn.test(next)) return true;
  return !isStart(next) && (isOpen(text) || wantsValue(text, next));
}

/** The blanks in front of every line that has more than blanks. */
function commonIndent(texts: readonly string[]): number {
  let indent = longestTerminal;
  for (const text of texts) {
    const own = text.search(/\S/);
    if (own >= 0 && own < indent) indent = own;
  }
  return indent === longestTerminal ? 0 : indent;
}

function endsInBackslash(text: string): boolean {
  return text.endsWith('\\') && !text.endsWith('\\\\') && /tables|IPT/i.test(text);
}

/** The commands that go on in the lines below, by the number of their first line (0-based). */
function continuedCommands(texts: readonly string[], found: Map<number, BrokenLine>): void {
  for (let index = 0; index < texts.length; index += 1) {
    const text = texts[index] ?? '';
    if (!endsInBackslash(text)) continue;
    let lines = 0;
    let more = '';
    let last = text;
    while (last.endsWith('\\') && lines < mostPieces && index + lines + 1 < texts.length) {
      lines += 1;
      last = texts[index + lines] ?? '';
      more += `\n${last}`;
    }
    found.set(index, { lines, more });
    index += lines;
  }
}

/** The length of a terminal's full lines, if this text is one's; undefined where its longest line is too short or too long for it. */
function terminalWidth(texts: readonly string[]): number | undefined {
  let width = 0;
  for (const { length } of texts) if (length > width) width = length;
  return width < shortestTerminal || width > longestTerminal ? undefined : width;
}

function isContinuation(text: string | undefined, width: number): text is string {
  return text !== undefined && text.length <= width && text.trim() !== '' && !isStart(text);
}

/** The line at the bottom of tmux, which copies of several screens have in their midst. */
const statusLine = /^\[[^\]\s]{1,40}\] ?\d{1,3}:[^"]{1,400}"[^"]{0,120}" \d{1,2}:\d\d \d{1,2}-[A-Z][a-z]{2}-\d\d\s*$/;

/** Whether a line is a terminal's own. */
export function isStatusLine(text: string): boolean {
  return text.startsWith('[') && statusLine.test(text);
}

/** A row of a listing has so many blanks in a run at the most, which a copy lacks where the line was full there. */
const mostBlanks = 21;

/** How many of a full line's last characters a copy lacks: blanks. Undefined for a line that was not full. */
function blanksLost(text: string, width: number, isRow: boolean): number | undefined {
  const lost = width - text.length;
  return lost <= 1 || (isRow && lost <= mostBlanks) ? lost : undefined;
}

/** The lines that a terminal broke, by the number of their first piece. */
function wrappedLines(texts: readonly string[], found: Map<number, BrokenLine>): void {
  const width = terminalWidth(texts);
  if (width === undefined) return;
  const indent = commonIndent(texts);
  const candidates = new Map<number, BrokenLine>();
  let certain = 0;
  for (let index = 0; index < texts.length; index += 1) {
    const text = texts[index] ?? '';
    if (!isStart(text) || isStatusLine(text) || found.has(index)) continue;
    const isRow = rowStart.test(text);
    let lines = 0;
    let more = '';
    let last = text;
    let pieces = 0;
    for (;;) {
      const lost = blanksLost(last, width, isRow);
      const below = pieces < mostPieces && lost !== undefined ? nextPiece(texts, index + lines + 1) : -1;
      const next = below < 0 ? undefined : texts[below];
      if (lost === undefined || !isContinuation(next, width)) break;
      more += (wantsValue(last, next) ? ' ' : '').padStart(lost) + next.slice(indent);
      last = next;
      pieces += 1;
      lines = below - index;
    }
    if (lines === 0) continue;
    if (isOpen(text) || completesName(text, more)) certain += 1;
    candidates.set(index, { lines, more });
  }
  if (certain === 0 && candidates.size < 2) return;
  for (const [index, broken] of candidates) found.set(index, broken);
}

/** The number of the line that is next but for a terminal's own. */
function nextPiece(texts: readonly string[], index: number): number {
  return isStatusLine(texts[index] ?? '') ? index + 1 : index;
}

/** The lines of a text that go on below, by their numbers (0-based); undefined where there are none. */
export function brokenLines(texts: readonly string[]): ReadonlyMap<number, BrokenLine> | undefined {
  if (texts.length > mostLinesOfPaste) return undefined;
  const found = new Map<number, BrokenLine>();
  continuedCommands(texts, found);
  wrappedLines(texts, found);
  foldedRules(texts, found);
  return found.size === 0 ? undefined : found;
}
