import { expect } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import { readNewLine } from '../../server/src/syntax/read-line.ts';

const reader = createStatementReader();

/** What the parser alone says of a line, as far as a line keeps it. */
function parsed({ text, context }: Line): object {
  const statement = reader.read(text, context);
  switch (statement.kind) {
    case 'rule': {
      const { kind, command, isGoto, problems, chain, target } = statement;
      return { kind, name: chain.text, target: target?.text ?? '', command, isGoto, problems };
    }
    case 'chain':
      return {
        kind: statement.kind,
        name: statement.name.text,
        target: '',
        command: statement.policy === undefined || statement.policy.text === '-' ? 'new' : 'policy',
        isGoto: false,
        problems: statement.problems,
      };
    default:
      return {};
  }
}

/** Compares all lines of a text with what the parser says of them. @returns how many there are */
export function compared(text: string): number {
  let count = 0;
  for (const line of readWholeDocument(text).lines) {
    if (line.prefix > 0 || line.listing || (line.kind !== 'rule' && line.kind !== 'chain')) continue;
    const { kind, name, target, command, isGoto, problems } = line;
    expect({ kind, name, target, command, isGoto, problems }, line.text).toEqual(parsed(line));
    count += 1;
  }
  return count;
}

/** How many lines share what is wrong with them with a line above them: no parser looked at them. */
export function sharing(text: string): number {
  const { lines } = readWholeDocument(text);
  return lines.slice().filter((line, number) => line.problems.length > 0 && lines.shapeAt(number) > 0).length;
}

/** The line as if nothing were known of its shape. */
export function alone({ text, context, carriageReturn }: Line): Line {
  return readNewLine(text, context, carriageReturn);
}
