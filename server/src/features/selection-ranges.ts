import type { Position, SelectionRange } from 'vscode-languageserver-types';
import { tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import { type DumpState, rangeOf, touches } from './support/state.ts';

/** From the word outwards: value, option with its values and negation, rule, the run of the chain's rules, table, file. */
export function selectionRange(state: DumpState, position: Position): SelectionRange {
  const { ruleset } = state;
  const { lines } = ruleset;
  const { line } = position;
  const source = lines.at(line);
  const lastLine = Math.max(lines.length - 1, 0);
  const spans: { start: Position; end: Position }[] = [];
  const add = (start: Position, end: Position): void => {
    spans.push({ start, end });
  };
  add({ line: 0, character: 0 }, { line: lastLine, character: lines.at(lastLine)?.text.length ?? 0 });
  const table = tableAt(ruleset, line);
  if (table !== undefined) {
    add(
      { line: table.firstLine, character: 0 },
      { line: table.endLine - 1, character: lines.at(table.endLine - 1)?.text.length ?? 0 },
    );
  }
  if (source !== undefined) {
    if (source.kind === 'rule' || source.kind === 'chain') {
      let first = line;
      let last = line;
      const same = (number: number): boolean =>
        lines.at(number)?.kind === source.kind && (source.kind === 'chain' || lines.at(number)?.name === source.name);
      while (same(first - 1)) first -= 1;
      while (same(last + 1)) last += 1;
      add({ line: first, character: 0 }, { line: last, character: lines.at(last)?.text.length ?? 0 });
    }
    add({ line, character: 0 }, { line, character: source.text.length });
    const statement = statementOf(source);
    if (statement.kind === 'rule') {
      for (const option of statement.options) {
        const start = option.negation?.start ?? option.word.start;
        const end = option.values.at(-1)?.end ?? option.word.end;
        if (!touches({ line, start, end }, position)) continue;
        add({ line, character: start }, { line, character: end });
        for (const word of [option.word, ...option.values]) {
          if (touches({ line, start: word.start, end: word.end }, position)) {
            const range = rangeOf({ line, start: word.start, end: word.end });
            add(range.start, range.end);
            break;
          }
        }
        break;
      }
    }
  }
  let result: SelectionRange | undefined;
  for (const range of spans) {
    const parent = result;
    // LSP wants each range to lie within its parent; equal ones say nothing new.
    if (parent !== undefined && sameRange(parent.range, range)) continue;
    result = parent === undefined ? { range } : { range, parent };
  }
  return result ?? { range: { start: position, end: position } };
}

function sameRange(a: { start: Position; end: Position }, b: { start: Position; end: Position }): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.character === b.start.character &&
    a.end.line === b.end.line &&
    a.end.character === b.end.character
  );
}
