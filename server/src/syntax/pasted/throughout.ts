/**
 * What a program or a page did to a text from its first line to its last: `cat -A` shows where lines end, `diff -y` puts two files side by side, a page
 * makes every blank one that does not break. A line by itself does not tell; many of one kind do, and all of them are read without it then.
 */
import type { Lines } from '../lines.ts';
import type { JoinedPiece } from './joined-lines.ts';

/** What was done to all lines of a text. */
export interface Throughout {
  readonly kind: 'shown-ends' | 'no-break-blanks' | 'side-by-side';
  /** A line without what was done to it; as it stands where nothing was. */
  readonly plain: (text: string) => JoinedPiece;
}

function asItStands(text: string): JoinedPiece {
  return { text, start: 0, offsets: undefined };
}

/** So many lines of a dump tell, which are looked for among the first of a text. */
const mostAsked = 40;
const mostLookedAt = 400;
const fewest = 3;
/** A longer line is read as it stands. */
const mostChanged = 20_000;

const blank = '[ \\t\u00a0\u2000-\u200a\u202f\u3000]';
const ofIptables = new RegExp(
  `^(?:\\[\\d+:\\d+\\]${blank}?)?(?:-[AIPN]${blank}+\\S|:[\\w-]+${blank}(?:-|[A-Z]+)${blank}\\[|\\*(?:filter|nat|mangle|raw|security)\\b|COMMIT\\b|Chain${blank}\\S|#${blank}Generated${blank}by${blank})`,
);

/** What was done to a text; undefined where its lines are as a program printed them, or each was changed in another way. */
export function throughoutOf(lines: Pick<Lines, 'length' | 'textAt'>): Throughout | undefined {
  const own: string[] = [];
  let rules = 0;
  for (let at = 0; at < lines.length && at < mostLookedAt && rules < mostAsked; at += 1) {
    const text = lines.textAt(at);
    if (text.length > mostChanged || !ofIptables.test(text)) continue;
    own.push(text);
    if (isRule(text)) rules += 1;
  }
  if (own.length < fewest) return undefined;
  if (own.every((text) => text.endsWith('$'))) return throughout('shown-ends', withoutShownEnd);
  // A page may keep the blanks of short lines.
  if (isMostly(rules < fewest ? own : own.filter(isRule), hasNoBreakBlank)) {
    return throughout('no-break-blanks', (text) => asItStands(text.replace(noBreak, ' ')));
  }
  return isMostly(own, hasTwoSides) ? throughout('side-by-side', leftSides(lines)) : undefined;
}

function throughout(kind: Throughout['kind'], plain: Throughout['plain']): Throughout {
  return { kind, plain: (text) => (text.length > mostChanged ? asItStands(text) : plain(text)) };
}

function isRule(text: string): boolean {
  return /^(?:\[[^\]]*\].?)?-[AI]/.test(text);
}

function isMostly(texts: readonly string[], is: (text: string) => boolean): boolean {
  // The first few lines of a plain dump say no.
  const first = texts.slice(0, fewest * 4).filter(is).length;
  if (first < fewest) return false;
  return texts.filter(is).length * 2 >= texts.length;
}

/** Blanks that iptables takes for letters of a word. */
const noBreak = /[\u00a0\u2000-\u200a\u202f\u3000]/g;

/** Whether a blank outside quotes does not break: iptables-save prints one in a comment alone, and quotes around it. */
function hasNoBreakBlank(text: string): boolean {
  return text.split('"').some((part, at) => at % 2 === 0 && part.search(noBreak) >= 0);
}

function hasTwoSides(text: string): boolean {
  return sidesOf(text) !== undefined;
}

/** The left side of a line that has two, and where the right one begins: a 0-based offset, -1 where there is none. */
interface Sides {
  readonly left: string;
  readonly right: number;
}

const blanks = /[ \t]{2,}|\t/g;
const mostGutters = 8;
const gutter = /(?:^|[ \t])[|<>()\\/](?=[ \t]|$)/g;

/**
 * The sides of a line: the same text twice with blanks between, two texts around a gutter (`|`, `<`, `>`, or `(` where the right one is left out), or one
 * on the right alone. Undefined for another line.
 */
function sidesOf(text: string): Sides | undefined {
  const { length } = text.trimEnd();
  for (const { 0: run, index } of text.matchAll(blanks)) {
    const right = index + run.length;
    if (index > 0 && length - right === index && text.startsWith(text.slice(0, index), right))
      return { left: text.slice(0, index), right };
  }
  let looked = 0;
  for (const { 0: found, index } of text.matchAll(gutter)) {
    looked += 1;
    if (looked > mostGutters) return undefined;
    const sides = aroundGutter(text, index + found.length - 1);
    if (sides !== undefined) return sides;
  }
  return undefined;
}

function aroundGutter(text: string, at: number): Sides | undefined {
  const left = text.slice(0, at).trimEnd();
  const behind = text.slice(at + 1).trim();
  const right = behind === '' ? -1 : text.indexOf(behind, at + 1);
  switch (text.charAt(at)) {
    case '<':
    case '(':
      return behind === '' && left !== '' ? { left, right } : undefined;
    case '>':
    case ')':
      return behind !== '' && left === '' ? { left, right } : undefined;
    default:
      return ofIptables.test(left) && ofIptables.test(behind) ? { left, right } : undefined;
  }
}

const tabSize = 8;

/** The column (0-based) of an offset, as a terminal shows tabs. */
function columnOf(text: string, offset: number): number {
  let column = 0;
  for (let at = 0; at < offset; at += 1)
    column = text.charCodeAt(at) === 0x09 ? (Math.floor(column / tabSize) + 1) * tabSize : column + 1;
  return column;
}

const mostMeasured = 5_000;
/** In front of the right side diff leaves three columns, and as many more as a tab has. */
const mostLeftFree = 3 + tabSize;

/** Reads the left side of each line. One that reaches as far as diff prints it was cut there: what it said nobody knows, and a gap stands for it. */
function leftSides(lines: Pick<Lines, 'length' | 'textAt'>): Throughout['plain'] {
  let longest = 0;
  let column = 0;
  for (let at = 0; at < lines.length && at < mostMeasured; at += 1) {
    const text = lines.textAt(at);
    const sides = text.length > mostChanged ? undefined : sidesOf(text);
    if (sides === undefined) continue;
    longest = Math.max(longest, sides.left.length);
    if (sides.right >= 0) column = Math.max(column, columnOf(text, sides.right));
  }
  // A blank at its end is not seen.
  const cutFrom = longest + mostLeftFree < column ? Number.POSITIVE_INFINITY : longest - 1;
  return (text) => {
    const left = sidesOf(text)?.left;
    if (left === undefined) return asItStands(text);
    return left.length < cutFrom ? asItStands(left) : { text: '...', start: 0, offsets: [0, 1, 2] };
  };
}

const lineEnd = /(?:\^M)?\$$/;
/** A tab, and bytes of characters beyond ASCII, as `cat -A` shows them. */
const shownBytes = /\^I|(?:M-(?:\^[@-_?]|[ -~]))+/g;
const shownByte = /M-(\^?)([ -~])/g;

function withoutShownEnd(text: string): JoinedPiece {
  const end = text.length - (lineEnd.exec(text)?.[0].length ?? 0);
  let plain = '';
  const offsets: number[] = [];
  const add = (from: number, by: string): void => {
    for (let at = 0; at < by.length; at += 1) offsets.push(from);
    plain += by;
  };
  let last = 0;
  const keepTo = (to: number): void => {
    for (let at = last; at < to; at += 1) offsets.push(at);
    plain += text.slice(last, to);
  };
  for (const { 0: shown, index } of text.slice(0, end).matchAll(shownBytes)) {
    keepTo(index);
    add(index, shown === '^I' ? '\t' : characterOf(shown));
    last = index + shown.length;
  }
  keepTo(end);
  return { text: plain, start: 0, offsets: last === 0 ? undefined : offsets };
}

function characterOf(shown: string): string {
  const bytes = Array.from(shown.matchAll(shownByte), ([, caret, letter = '']) => {
    const code = letter.charCodeAt(0);
    return caret === '' ? code | 0x80 : ((code ^ 0x40) & 0x7f) | 0x80;
  });
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
