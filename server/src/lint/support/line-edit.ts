import type { Line } from '../../syntax/line.ts';
import { readLine } from '../../syntax/read-line.ts';

/** A part of a line becomes another text. */
export interface Edit {
  /** 0-based, the end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly title: string;
}

/** Whether nothing is wrong with the line afterwards that is not wrong with it now, and one problem less is. */
export function helps(line: Line, { start, end, text }: Edit): boolean {
  const after = readLine(`${line.text.slice(0, start)}${text}${line.text.slice(end)}`, line.context, false);
  const before = line.problems.map(({ code, message }) => `${code} ${message}`);
  return (
    after.problems.length < before.length && after.problems.every(({ code, message }) => before.includes(`${code} ${message}`))
  );
}
