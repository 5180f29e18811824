/** Lines that say that a text goes on elsewhere: what people left out of it, and what programs that show it page by page write below. */

import { isRestoreInput, type LineContext } from '../line.ts';

const leftOut = /^(?:snip|snipped|omitted|truncated|retrieval gap|cut)\b/i;

/** Dots below each other, a line each; "(60 lines omitted for brevity)". */
const oneDot = /^\s*[.\u22ee\ufe19]\s*$/;
const countedOut =
  /\b\d{1,7} (?:more |other )?(?:lines?|rules?|rows?|entries)(?: were| are)? (?:omitted|removed|skipped|cut|left out|snipped|truncated|not shown)\b/i;

/** Whether a line says that something was left out: "...", "[snip]", "# [retrieval gap]". */
export function isGap(text: string): boolean {
  if (text.length >= 200) return false;
  if (oneDot.test(text) || countedOut.test(text)) return true;
  const marks = /^\W*/.exec(text)?.[0] ?? '';
  return marks.includes('..') || marks.includes('…') || leftOut.test(text.slice(marks.length));
}

/** What `less`, `more` and `vi` write below a text. */
const pager =
  /^\s*(?:\(END\)|~|--\s?More\s?--.{0,20}|lines \d{1,7}-\d{1,7}(?:\/\d{1,7})?.{0,20}|"[^"]{1,200}" \d{1,7}L, \d{1,9}[BC].{0,40})\s*$/;

/** Whether a line is one of a pager's or an editor's. In a table that the text opens a colon is the start of a chain's line. */
export function isOfPager(text: string, context: LineContext): boolean {
  return text.length < 400 && (pager.test(text) || (text.trim() === ':' && !isRestoreInput(context)));
}
