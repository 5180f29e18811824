/**
 * Several lines of a dump on one: a JSON string that keeps them apart by `\n`, or a terminal that padded each line to its width and lost the line
 * ends when it was copied.
 */

import type { Problem } from '../statement.ts';

const start =
  '(?:\\[\\d+:\\d+\\] ?)?-[AIN] |\\*(?:filter|nat|mangle|raw|security)\\b|:[A-Za-z][\\w-]* (?:-|ACCEPT|DROP) |COMMIT\\b|# (?:Generated|Completed)';
/** Where a line ends within another: an escaped line end, or many blanks, perhaps a line number, and the start of a rule. */
const join = new RegExp(`\\\\r?\\\\?n(?=${start}|"?\\s*$)|[ \\t]{3,}(?:\\d+[ \\t]+)?(?=${start})`);
const everyJoin = new RegExp(join.source, 'g');

/** Where the first line of several ends that stand on one; -1 where it is one line. */
export function firstJoin(text: string): number {
  if (!text.includes('\\n') && !text.includes('   ')) return -1;
  const found = join.exec(text);
  // In front there must be something, and an indent is nothing.
  return found === null || text.slice(0, found.index).trim() === '' ? -1 : found.index;
}

const escapedJoin = new RegExp(`\\\\r?\\\\?n(?=${start})`);

/** Whether it is a part of a JSON string: its lines end in `\n`. */
export function isEscapedText(text: string): boolean {
  return text.includes('\\n') && escapedJoin.test(text);
}

/** A name that was wrapped at its dash and got the next line's indent: "KUBE-      SVC-FKYB3VE56PGE3NL6". */
const wrappedName = /(\b[A-Z]{3,}-)[ \t]{2,}(?=[A-Z0-9]{3,}-[A-Z0-9])/g;

/** The lines that stand on one, each as it was: apart, whole, and without what JSON put in front of quotes. */
export function splitJoined(text: string): readonly string[] {
  const isEscaped = isEscapedText(text);
  return text
    .split(everyJoin)
    .map((line) => (isEscaped ? line.replace(/\\(["\\/])/g, '$1').replace(/^"|"[,\s]*$/g, '') : line))
    .map((line) => line.replace(wrappedName, '$1').trimEnd());
}

/** The code of what a line says on which several lines stand. */
export const joinedCode = 'joined-lines';

/** Says that more lines stand behind the first one, which ends at `end`. */
export function joinedProblem(text: string, end: number): Problem {
  return {
    code: joinedCode,
    message: 'Several lines of a dump stand on this one: only the first is read',
    severity: 'info',
    start: end,
    end: text.length,
  };
}
