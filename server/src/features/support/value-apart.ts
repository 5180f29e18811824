/** Values that are written in one with their option, or in quotes: getopt reads them as it reads words that stand apart. */

/** A line with blanks around the value at a place. */
export interface ValueApart {
  readonly text: string;
  readonly offset: number;
  /** How many UTF-16 units stand more in front of the value than in the line itself. */
  readonly shift: number;
  /** What has to be written behind the value: a quote that was not closed. */
  readonly behind: string;
  /** How it is written in one with its option; undefined for one in quotes that stands apart. */
  readonly joined: JoinedOption | undefined;
}

/** An option with which a value is one word. */
export interface JoinedOption {
  /** Where it stands in the line itself. */
  readonly start: number;
  /** As it is written, without a `=`. */
  readonly text: string;
  /** Empty for a letter, behind which the value stands at once. */
  readonly separator: '=' | '';
}

/** Sets the value at an offset (UTF-16, 0-based) apart: of `--jump=WEB`, `-jWEB` and `-j "WEB"`. Undefined where nothing has to be. */
export function valueApart(text: string, offset: number): ValueApart | undefined {
  return inQuotes(text, offset) ?? behindEquals(text, offset) ?? behindShortOption(text, offset);
}

function wordBefore(text: string, offset: number): { readonly start: number; readonly word: string } {
  let start = offset;
  while (start > 0 && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return { start, word: text.slice(start, offset) };
}

function withBlankAt(text: string, at: number): string {
  return `${text.slice(0, at)} ${text.slice(at + 1)}`;
}

/** One word in double quotes, which may not be closed yet where nothing follows. */
function inQuotes(text: string, offset: number): ValueApart | undefined {
  const open = text.lastIndexOf('"', offset - 1);
  // An even number of quotes in front: those are of other words.
  if (open < 0 || text.slice(0, offset).split('"').length % 2 !== 0) return undefined;
  const isAssigned = text.charAt(open - 1) === '=';
  if (!isAssigned && !/^$|\s/.test(text.charAt(open - 1))) return undefined;
  const close = text.indexOf('"', offset);
  const end = close < 0 ? text.length : close;
  if (/[\s\\]/.test(text.slice(open + 1, end).trimEnd()) || /\S/.test(text.charAt(end + 1))) return undefined;
  const { start } = wordBefore(text, open);
  if (isAssigned && !/^--[\w-]+=$/.test(text.slice(start, open))) return undefined;
  let apart = withBlankAt(text, open);
  if (isAssigned) apart = withBlankAt(apart, open - 1);
  if (close >= 0) apart = withBlankAt(apart, close);
  const joined = isAssigned ? ({ start, text: text.slice(start, open - 1), separator: '=' } as const) : undefined;
  return { text: apart, offset, shift: 0, behind: close < 0 ? '"' : '', joined };
}

function behindEquals(text: string, offset: number): ValueApart | undefined {
  const { start, word } = wordBefore(text, offset);
  const option = /^(--[\w-]+)=[^="]*$/.exec(word)?.[1];
  if (option === undefined) return undefined;
  const apart = withBlankAt(text, start + option.length);
  return { text: apart, offset, shift: 0, behind: '', joined: { start, text: option, separator: '=' } };
}

function behindShortOption(text: string, offset: number): ValueApart | undefined {
  const { start, word } = wordBefore(text, offset);
  if (!/^-[A-Za-z][^-\s"'=][^\s"']*$/.test(word)) return undefined;
  const at = start + 2;
  return {
    text: `${text.slice(0, at)} ${text.slice(at)}`,
    offset: offset + 1,
    shift: 1,
    behind: '',
    joined: { start, text: text.slice(start, at), separator: '' },
  };
}
