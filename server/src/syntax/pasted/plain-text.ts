/** Takes out of a line what a terminal, a web page, a log or JSON put into it, and says where each of its characters stood. */

import { lastAtMost } from '../../base/last-at-most.ts';
import { markupIn, type Replacement } from './markup.ts';

/** A text without what does not belong to it. */
export interface PlainText {
  readonly text: string;
  /** Where a character of `text`, or its end, stands in the line it is from. */
  readonly placeOf: (offset: number) => number;
  /** Where what stands for a character of `text` ends in that line. */
  readonly endOf: (offset: number) => number;
}

const escapeCharacter = '\u001b';
/** Colours as a terminal gets them, as `cat -v` shows them, and what is left of grep's where the escape character itself was lost. */
const colours = new RegExp(
  `${escapeCharacter}\\[[0-9;?]{0,16}[A-Za-z]|\\^\\[\\[[0-9;]{0,16}[mK]|\\[(?:[0-9]{1,3}(?:;[0-9]{1,3}){0,3})?m\\[K`,
  'g',
);
const entities: ReadonlyMap<string, string> = new Map([
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['nbsp', ' '],
]);
/** Escaped twice where a page showed what was escaped already. */
const entity = /&(?:amp;)?(quot|apos|amp|lt|gt|nbsp|#\d{2,5}|#[xX][0-9A-Fa-f]{2,4});/g;
const escapedQuote = /&(?:amp;)?(?:quot|#\d{2,5}|#[xX][0-9A-Fa-f]{2,4});/;

function characterOf(name: string): string {
  const known = entities.get(name);
  if (known !== undefined) return known;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  // A blank that does not break is a blank.
  return code === 0xa0 || code < 0x20 || code > 0xffff ? ' ' : String.fromCharCode(code);
}

const jsonEscape = /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/g;
const jsonLetters: ReadonlyMap<string, string> = new Map([
  ['b', ' '],
  ['f', ' '],
  ['n', ' '],
  ['r', ' '],
  ['t', '\t'],
]);

function unescaped(found: string): string {
  if (found.charAt(1) === 'u') return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  return jsonLetters.get(found.charAt(1)) ?? found.charAt(1);
}

function replaced(text: string, replacements: readonly Replacement[]): PlainText {
  let plain = '';
  let last = 0;
  // Pieces that stay, by where they begin in the plain text and in the line.
  const starts: number[] = [];
  const places: number[] = [];
  // Where a text ends that stands for one character; 0 for a piece that stays.
  const ends: number[] = [];
  const keep = (from: number, to: number): void => {
    starts.push(plain.length);
    places.push(from);
    ends.push(0);
    plain += text.slice(from, to);
  };
  for (const { start, end, by } of replacements) {
    keep(last, start);
    if (by !== '') {
      starts.push(plain.length);
      places.push(start);
      ends.push(end);
      plain += by;
    }
    last = end;
  }
  keep(last, text.length);
  const placeIn = (piece: number, offset: number): number => (places[piece] ?? 0) + offset - (starts[piece] ?? 0);
  return {
    text: plain,
    placeOf: (offset) => placeIn(lastAtMost(starts, offset), offset),
    endOf: (offset) => {
      const piece = lastAtMost(starts, offset);
      const end = ends[piece] ?? 0;
      return end > 0 ? end : placeIn(piece, offset) + 1;
    },
  };
}

function replacementsOf(text: string, pattern: RegExp, by: (found: string) => string): readonly Replacement[] {
  return Array.from(text.matchAll(pattern), (found) => ({
    start: found.index,
    end: found.index + found[0].length,
    by: by(found[0]),
  }));
}

/** A string of JSON, or a part of one: where its own text begins and ends. */
interface JsonPart {
  readonly start: number;
  readonly end: number;
}

/** The part of a JSON string, or of a value in logfmt, that a line is: each quote in it is escaped, but for those at its ends. */
function jsonPart(text: string): JsonPart | undefined {
  const indent = text.length - text.trimStart().length;
  const isOpened = text.charAt(indent) === '"';
  const start = isOpened ? indent + 1 : 0;
  const end = endOfString(text);
  const inner = text.slice(start, end);
  const isWhole = isOpened && /^(?:\\[rn])*"[,\s]*$/.test(text.slice(end));
  if (/(?:^|[^\\])"/.test(inner) || !(isWhole || /\\["\\]|\\u00[0-9a-fA-F]{2}/.test(inner))) return undefined;
  return { start, end };
}

/**
 * A line without colours and marks around it and, unless these alone are looked for, what web pages make of characters; undefined where it has none.
 * Where quotes are escaped and none is left, a page did so: iptables-save puts quotes around whatever holds a `&`.
 */
export function withoutMarks(text: string, marksAlone: boolean): PlainText | undefined {
  const markup = markupIn(text, marksAlone);
  if (markup.length === 0 && !text.includes(escapeCharacter) && !/[\u00a0\u2000-\u200a\u3000&]|m\[K|\^\[\[/.test(text))
    return undefined;
  const isEscaped = !marksAlone || (!text.includes('"') && escapedQuote.test(text));
  const all = [
    ...markup,
    ...replacementsOf(text, colours, () => ''),
    ...(isEscaped ? Array.from(text.matchAll(entity), entityAt) : []),
    ...(marksAlone ? [] : replacementsOf(text, /[\u00a0\u2000-\u200a\u3000]/g, () => ' ')),
  ].sort((a, b) => a.start - b.start);
  // What stands within a mark goes with it.
  const found = all.filter(({ start }, at) => at === 0 || start >= (all[at - 1]?.end ?? 0));
  return found.length === 0 ? undefined : replaced(text, found);
}

function entityAt({ 0: found, 1: name = '', index }: RegExpExecArray): Replacement {
  return { start: index, end: index + found.length, by: characterOf(name) };
}

/** Where a line of a JSON string ends, in front of its line end, its quote and a comma. */
function endOfString(text: string): number {
  let end = text.trimEnd().length;
  while (end > 0 && text.charAt(end - 1) === ',') end -= 1;
  if (text.charAt(end - 1) === '"' && text.charAt(end - 2) !== '\\') end -= 1;
  return endOfMessage(text.slice(0, end));
}

/** Where a message ends in front of the line ends that it has of its own. */
function endOfMessage(message: string): number {
  let end = message.length;
  while (/[rn]/.test(message.charAt(end - 1)) && message.charAt(end - 2) === '\\' && message.charAt(end - 3) !== '\\') end -= 2;
  return end;
}

/** A line of a JSON string without the backslashes that JSON put there; undefined for any other line. */
export function withoutJson(text: string): PlainText | undefined {
  const part = text.includes('"') ? jsonPart(text) : undefined;
  if (part === undefined) return undefined;
  const escapes = replacementsOf(text.slice(part.start, part.end), jsonEscape, unescaped).map((found) => ({
    start: found.start + part.start,
    end: found.end + part.start,
    by: found.by,
  }));
  const opening = part.start === 0 ? [] : [{ start: 0, end: part.start, by: '' }];
  const closing = part.end === text.length ? [] : [{ start: part.end, end: text.length, by: '' }];
  return replaced(text, [...opening, ...escapes, ...closing]);
}

/** A line that a table of values in quotes holds as one: each quote in it stands twice. Undefined for any other line. */
function withoutCsv(text: string): PlainText | undefined {
  const start = text.length - text.trimStart().length;
  const end = text.lastIndexOf('"');
  if (text.charAt(start) !== '"' || end <= start || !/^[,;\s]*$/.test(text.slice(end + 1))) return undefined;
  const inner = text.slice(start + 1, end);
  if (!inner.includes('""') || inner.replaceAll('""', '').includes('"')) return undefined;
  const quotes = replacementsOf(inner, /""/g, () => '"').map((found) => ({
    start: found.start + start + 1,
    end: found.end + start + 1,
    by: found.by,
  }));
  return replaced(text, [{ start: 0, end: start + 1, by: '' }, ...quotes, { start: end, end: text.length, by: '' }]);
}

const fieldStart = /(?:"(?:log|msg|message|MESSAGE|text|line|rules?)"\s{0,4}:\s{0,4}|\b(?:log|msg|message|line|rules?)=)"/;

/** Longer than what stands in front of a message in any log. */
const mostBefore = 600;

/** The message of a line that is a JSON object or in logfmt; undefined for any other line. */
function loggedMessage(text: string): PlainText | undefined {
  const opened = fieldStart.exec(text.length > mostBefore ? text.slice(0, mostBefore) : text);
  if (opened === null) return undefined;
  const start = opened.index + opened[0].length;
  let end = start;
  while (end < text.length && text.charCodeAt(end) !== 0x22) end += text.charCodeAt(end) === 0x5c ? 2 : 1;
  end = Math.min(end, text.length);
  const message = text.slice(start, end);
  // The message ends in a line end of its own.
  const lineEnd = endOfMessage(message);
  const escapes = replacementsOf(message.slice(0, lineEnd), jsonEscape, unescaped).map((found) => ({
    start: found.start + start,
    end: found.end + start,
    by: found.by,
  }));
  return replaced(text, [{ start: 0, end: start, by: '' }, ...escapes, { start: start + lineEnd, end: text.length, by: '' }]);
}

/** What a line may quote: as JSON, as a table of values, as a log's message. */
export function quotedIn(text: string): readonly PlainText[] {
  return [withoutJson(text), withoutCsv(text), loggedMessage(text)].filter((plain) => plain !== undefined);
}

/** What editors and phones make of `-`, `--` and quotes as they are typed. */
const dashes = /(?<=^|\s)[-\u2010-\u2015\u2212]{0,2}[\u2010-\u2015\u2212][-\u2010-\u2015\u2212]{0,2}(?=[A-Za-z])/g;
const quotes = /[\u201c-\u201f]/g;

/** A line with plain dashes and quotes in the place of typographic ones; undefined where it has none. */
export function withoutTypography(text: string): PlainText | undefined {
  if (!/[\u2010-\u2015\u201c-\u201f\u2212]/.test(text)) return undefined;
  const found = [
    // An option of one letter has one dash.
    ...Array.from(text.matchAll(dashes), ({ 0: run, index: start }) => {
      const end = start + run.length;
      return { start, end, by: /^[A-Za-z](?:\s|$)/.test(text.slice(end, end + 2)) ? '-' : '--' };
    }),
    ...replacementsOf(text, quotes, () => '"'),
  ].sort((a, b) => a.start - b.start);
  return found.length === 0 ? undefined : replaced(text, found);
}

const fewestCells = 4;

/**
 * The cells of a row of a Markdown table, with a blank between them: a listing that somebody made a table of, a column a cell. Undefined for any
 * other line.
 */
export function withoutCells(text: string): PlainText | undefined {
  const indent = text.length - text.trimStart().length;
  if (text.charAt(indent) !== '|' || !text.trimEnd().endsWith('|')) return undefined;
  const bars = replacementsOf(text, /\|/g, () => ' ');
  return bars.length > fewestCells ? replaced(text, bars) : undefined;
}
