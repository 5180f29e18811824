/**
 * What a web page, a wiki, a tracker, a chat or a box on a terminal puts around a line: `<br>`, `{noformat}`, `[/code]`, `│`, characters without
 * width, backslashes in front of what Markdown would take for its own. Nothing that iptables prints looks like it.
 */

/** A part of a line that stands for another text: for nothing, or for one character. */
export interface Replacement {
  /** UTF-16 offsets in the line, 0-based; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

const longestMark = 200;
const tag = '<\\/?(?:br|p|li|ul|ol|div|span|pre|code|samp|kbd|tt|td|tr|table|blockquote)(?:\\s[^<>]{0,120})?\\/?>';
const macro = '\\{(?:noformat|code|quote|panel)(?:[:|][^{}]{0,80})?\\}|\\{\\{';
const board = '\\[(?:code|pre|quote|spoiler)(?:=[^\\[\\]]{0,40})?\\]';
const bar = '\\d{0,6}\\s{0,8}[\\u2502\\u2503\\u2551]';
const opening = new RegExp(`^(?:\\s{0,40}(?:${tag}|${macro}|${board}|${bar}|bq\\.\\s))+\\s?`, 'i');
const closing = new RegExp(
  `(?:${tag}|\\{(?:noformat|code|quote|panel)\\}|\\}\\}|\\[\\/(?:code|pre|quote|spoiler)\\]|[\\u2502\\u2503\\u2551])\\s*$`,
  'i',
);
/** What such a mark ends in. */
const closers = '>}]\u2502\u2503\u2551';
const widthless = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g;
/** What a page's highlighter or somebody's hand put around single words; nothing of it stands within quotes. */
const wordTag = /<\/?(?:span|b|i|em|strong|font|a|code|mark)(?:\s[^<>]{0,120})?>/gi;
const escapedStart = /^\s{0,40}\\[-*#:]|\/\\\*|\s\\\*\s/;
const escapes = /\\(?=[-*_#[\]<>~|`+.!:&])/g;

/** Whether something of this kind may be on a line, told from a few of its characters. */
export function mayHaveMarkup(text: string): boolean {
  if (closers.includes(text.trimEnd().at(-1) ?? ' ') || text.endsWith('\r')) return true;
  return /^\s{0,40}(?:[<{[]|\\|bq\.|\d{0,6}\s{0,8}[\u2502\u2503\u2551])|[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]|(?:\/|\s)\\\*/.test(
    text,
  );
}

/**
 * The marks on a line, in their order; empty where there are none, or nothing else. In a table that the text opens a name may hold characters
 * without width, which the kernel has in it: there they are kept.
 */
export function markupIn(text: string, isInTable: boolean): readonly Replacement[] {
  if (!mayHaveMarkup(text)) return [];
  const found: Replacement[] = [];
  const start = opening.exec(text.slice(0, longestMark))?.[0].length ?? 0;
  if (start > 0) found.push({ start: 0, end: start, by: '' });
  const end = endBeforeMarks(text, start);
  const marks = [
    ...(isInTable ? [] : [widthless]),
    ...(escapedStart.test(text) ? [escapes] : []),
    // A page's own tags begin a line or end one, too: what stands in a rule alone may be its comment's.
    ...(start > 0 || end < text.length ? [wordTag] : []),
  ];
  for (const mark of marks) {
    for (const { index, 0: run } of text.slice(0, end).matchAll(mark)) {
      if (index >= start) found.push({ start: index, end: index + run.length, by: '' });
    }
  }
  if (end < text.length) found.push({ start: end, end: text.length, by: '' });
  return text.slice(start, end).trim() === '' ? [] : found.sort((a, b) => a.start - b.start);
}

/** Where a line ends in front of the marks that close something; its length where there are none. */
function endBeforeMarks(text: string, start: number): number {
  let end = text.length;
  // A line end of Windows was made one of Windows once more.
  while (end > start && text.charCodeAt(end - 1) === 0x0d) end -= 1;
  for (;;) {
    const from = Math.max(start, end - longestMark);
    const mark = closing.exec(text.slice(from, end));
    if (mark === null) return end;
    end = from + mark.index;
    while (end > start && text.charCodeAt(end - 1) === 0x20) end -= 1;
  }
}
