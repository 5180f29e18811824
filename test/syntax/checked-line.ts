import { expect } from 'vitest';
import type { Family, TableName } from '../../server/src/catalog/types.ts';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { Problem } from '../../server/src/syntax/statement.ts';

const reader = createStatementReader(true);

interface Place {
  readonly family?: Family;
  readonly backend?: 'nft' | 'legacy';
  readonly table?: TableName;
}

export function problemsOf(line: string, { family = 'ipv4', backend, table = 'filter' }: Place = {}): readonly Problem[] {
  return reader.read(line, lineContext(family, backend, table)).problems;
}

/** The line with each problem below it: where it is underlined, its code and its words. `~` underlines what is no error. */
function drawn(line: string, place?: Place): string {
  const below = [...problemsOf(line, place)]
    .sort((one, other) => one.start - other.start)
    .map(({ start, end, severity, code, message }) => {
      const mark = (severity === 'error' ? '^' : '~').repeat(Math.max(end - start, 1));
      return `${' '.repeat(start)}${mark} ${code}: ${message}`;
    });
  return [line, ...below].join('\n');
}

/** A line and its problems, as `drawn` draws them, are written down as one text. */
export function check(expected: string, place?: Place): void {
  const text = expected.replace(/^\n/, '').trimEnd();
  expect(drawn(text.split('\n', 1)[0] ?? '', place)).toBe(text);
}

/** The line after its one quick fix. */
export function fixed(line: string, place?: Place): string {
  const found = problemsOf(line, place).find(({ fix }) => fix !== undefined);
  return found?.fix === undefined ? line : line.slice(0, found.start) + found.fix.text + line.slice(found.end);
}
