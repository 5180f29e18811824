import { createToken, Lexer, type TokenType } from 'chevrotain';

// A lexer of Chevrotain chooses its candidates by the first character. A complement class names none, so it is told, as numbers: it makes nothing of them then.
function firstCharacters(excluded: string): readonly number[] {
  const codes: number[] = [];
  for (let code = 0; code < 256; code += 1) if (!excluded.includes(String.fromCharCode(code))) codes.push(code);
  // Beyond Latin-1 it looks at blocks of 255 characters: one of each stands for all.
  for (let code = 256; code < 65536; code += 255) codes.push(code);
  return codes;
}

const noBlank = firstCharacters(' \t');

const quotedPart = '"(?:[^"\\\\]|\\\\[^])*"?';

export const Blanks = createToken({
  name: 'Blanks',
  pattern: /[ \t]+/,
  group: Lexer.SKIPPED,
  start_chars_hint: [' ', '\t'],
  line_breaks: false,
});

/** `!` that stands alone. */
export const Bang = createToken({
  name: 'Bang',
  label: '!',
  pattern: /!(?![^ \t])/,
  start_chars_hint: ['!'],
  line_breaks: false,
});

/** A word that getopt takes for an option: `-A`, `--dport`, `--dport=80`, `-fj`. */
export const OptionName = createToken({
  name: 'OptionName',
  label: 'an option',
  pattern: /-[^ \t"]+(?![^ \t])/y,
  start_chars_hint: ['-'],
  line_breaks: false,
});

/** A word with a quoted part, which ends it: `"a b"`, `a"b c"`. Only double quotes quote; a backslash escapes inside them alone. */
export const QuotedWord = createToken({
  name: 'QuotedWord',
  label: 'a quoted word',
  pattern: new RegExp(`[^ \\t"]*${quotedPart}`, 'y'),
  start_chars_hint: [...noBlank],
  line_breaks: false,
});

export const PlainWord = createToken({
  name: 'PlainWord',
  label: 'a word',
  pattern: /[^ \t"]+(?![^ \t])/y,
  start_chars_hint: [...firstCharacters(' \t"')],
  line_breaks: false,
});

/** A word of `*table` and `:CHAIN POLICY`, where a quote is a character like another. */
export const BareWord = createToken({
  name: 'BareWord',
  label: 'a word',
  pattern: /[^ \t]+/,
  start_chars_hint: [...noBlank],
  line_breaks: false,
});

/**
 * `[packets:bytes]` at the start of a rule. iptables-restore takes each for the value of --set-counters, whose leading digits count: `[0x57:1k]` is
 * 0 packets and 1 byte.
 */
export const RuleCounters = createToken({
  name: 'RuleCounters',
  label: 'counters "[packets:bytes]"',
  pattern: /\[[ \t]*[-+]?[0-9][^\]:]*:[ \t]*[-+]?[0-9][^\]]*\]/y,
  start_chars_hint: ['['],
  line_breaks: false,
});

/** `[packets:bytes]` behind a policy. */
export const CounterPair = createToken({
  name: 'CounterPair',
  label: 'counters "[packets:bytes]"',
  pattern: /\[[0-9]+:[0-9]+\]/,
  start_chars_hint: ['['],
  line_breaks: false,
});

export const Star = createToken({ name: 'Star', label: '*', pattern: /\*/, start_chars_hint: ['*'], line_breaks: false });

export const Colon = createToken({ name: 'Colon', label: ':', pattern: /:/, start_chars_hint: [':'], line_breaks: false });

/** Which words a line can hold depends on its first character alone. */
export type LexerMode = 'table' | 'chain' | 'counted' | 'rule';

const words: TokenType[] = [Blanks, Bang, OptionName, PlainWord, QuotedWord];
const modes: Record<LexerMode, TokenType[]> = {
  table: [Star, Blanks, BareWord],
  chain: [Colon, CounterPair, Blanks, BareWord],
  // Counters are counters at the start of a line only; elsewhere "[1:2]" is a word like another.
  counted: [RuleCounters, ...words],
  rule: words,
};

export const tokenTypes: TokenType[] = [
  Blanks,
  Bang,
  OptionName,
  PlainWord,
  QuotedWord,
  BareWord,
  RuleCounters,
  CounterPair,
  Star,
  Colon,
];

/** A lexer for one line, no token of which spans lines. `validate` costs some milliseconds and is for tests. */
export function createLexer(validate: boolean): Lexer {
  return new Lexer(
    { modes, defaultMode: 'rule' },
    { ensureOptimizations: true, positionTracking: 'onlyOffset', skipValidations: !validate, recoveryEnabled: false },
  );
}

/**
 * The text that iptables-restore makes of a word with a quoted part: the quotes go, and inside them each backslash. A quote that is never closed takes
 * the end of the line in.
 */
export function unquote(image: string): string {
  const open = image.indexOf('"');
  if (open < 0) return image;
  const closed = image.length > open + 1 && image.endsWith('"') && !endsInsideEscape(image, open);
  const inner = closed ? image.slice(open + 1, -1) : `${image.slice(open + 1)}\n`;
  return image.slice(0, open) + (inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner);
}

/** Whether a quoted part that was opened at `open` never closes, so that it swallows the rest of the line. */
export function isUnbalanced(image: string): boolean {
  const open = image.indexOf('"');
  return open >= 0 && (image.length === open + 1 || !image.endsWith('"') || endsInsideEscape(image, open));
}

function endsInsideEscape(image: string, open: number): boolean {
  let backslashes = 0;
  for (let index = image.length - 2; index > open && image.charCodeAt(index) === 92; index -= 1) backslashes += 1;
  return backslashes % 2 === 1;
}
