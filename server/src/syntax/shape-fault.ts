/** What is wrong with all lines of a shape, and where in each of them. */
import { LineBytes } from './line-bytes.ts';
import { type Shape, type SharedPart, type Step, takeSteps, textOf } from './line-shape.ts';
import type { Span } from './statement.ts';

const single = new LineBytes();

/** The part of a line that these steps take, so that its place can be told in all such lines; undefined where it is no part of a text that all have. */
export function sharedPart(steps: readonly Step[], line: string, { start, end }: Span): SharedPart | undefined {
  single.fill(line, 0, line.length);
  for (let step = 0, at = 0; step < steps.length && at <= start; step += 1) {
    const behind = takeSteps(steps, single.bytes, 0, step + 1);
    const text = steps[step]?.text;
    if (start < behind) {
      const isShared = text !== undefined && end <= behind;
      return isShared ? { within: textOf(text), step, from: start - at, length: end - start } : undefined;
    }
    at = behind;
  }
  return undefined;
}

/** Where that part stands in another line of the same shape. */
export function placeIn({ within, step, from, length }: SharedPart, { steps }: Shape, line: string): Span {
  // To search takes a fifth as long as to go through the steps. A comment may say the same.
  let begin = line.indexOf(within);
  if (line.includes(within, begin + 1)) {
    single.fill(line, 0, line.length);
    begin = takeSteps(steps, single.bytes, 0, step);
  }
  return { start: begin + from, end: begin + from + length };
}
