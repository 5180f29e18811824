import type { Position, Range, SelectionRange } from 'vscode-languageserver-types';
import type { Steps } from '../base/steps.ts';
import { tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import type { RuleOption } from '../syntax/statement.ts';
import { type DumpState, rangeOf, touches } from './support/state.ts';

/** First and last line of rules of one chain, or of declarations, that stand together; 0-based, both within. */
interface Run {
  readonly first: number;
  readonly last: number;
}

/** What was found for a position and holds for the next one too, which may be on the same line, or further down among rules of the same chain. */
interface Found {
  run: Run | undefined;
  line: number;
  options: readonly RuleOption[];
}

const positionsBetweenPauses = 64;
const linesBetweenPauses = 4_096;

/** For each position, from the word outwards: value, option with its values and negation, rule, the run of the chain's rules, table, file. */
export function* selectionRanges(state: DumpState, positions: readonly Position[]): Steps<SelectionRange[]> {
  const found: Found = { run: undefined, line: -1, options: [] };
  const ranges = new Array<SelectionRange>(positions.length);
  let count = 0;
  // Line by line, so that each line is read once and each run is gone through once, however many cursors stand in them.
  for (const { position, at } of positions.map((position, at) => ({ position, at })).sort(byLine)) {
    ranges[at] = yield* selectionRange(state, position, found);
    count += 1;
    if (count % positionsBetweenPauses === 0) yield;
  }
  return ranges;
}

function byLine(a: { readonly position: Position }, b: { readonly position: Position }): number {
  return a.position.line - b.position.line;
}

function* selectionRange(state: DumpState, position: Position, found: Found): Steps<SelectionRange> {
  const { ruleset } = state;
  const { lines } = ruleset;
  const { line } = position;
  const source = lines.at(line);
  const wholeLines = (first: number, last: number): Range => ({
    start: { line: first, character: 0 },
    end: { line: last, character: lines.at(last)?.text.length ?? 0 },
  });
  const spans = [wholeLines(0, Math.max(lines.length - 1, 0))];
  const table = tableAt(ruleset, line);
  if (table !== undefined) spans.push(wholeLines(table.firstLine, table.endLine - 1));
  if (source !== undefined) {
    if (source.kind === 'rule' || source.kind === 'chain') {
      const { first, last } = yield* runOf(state, line, source, found);
      spans.push(wholeLines(first, last));
    }
    spans.push(wholeLines(line, line), ...spansInRule(source, position, found));
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

function* runOf({ ruleset: { lines } }: DumpState, line: number, source: Line, found: Found): Steps<Run> {
  if (found.run !== undefined && found.run.first <= line && line <= found.run.last) return found.run;
  let first = line;
  let last = line;
  const isSame = (number: number): boolean => {
    const other = lines.at(number);
    return other?.kind === source.kind && (source.kind === 'chain' || other.name === source.name);
  };
  while (isSame(first - 1)) {
    first -= 1;
    if (first % linesBetweenPauses === 0) yield;
  }
  while (isSame(last + 1)) {
    last += 1;
    if (last % linesBetweenPauses === 0) yield;
  }
  found.run = { first, last };
  return found.run;
}

function startOf({ negation, word }: RuleOption): number {
  return negation?.start ?? word.start;
}

function endOf({ values, word }: RuleOption): number {
  return values.at(-1)?.end ?? word.end;
}

/** The option at a position and the word of it. */
function spansInRule(source: Line, position: Position, found: Found): readonly Range[] {
  const { line, character } = position;
  if (found.line !== line) {
    const statement = statementOf(source);
    found.line = line;
    found.options = statement.kind === 'rule' ? statement.options : [];
  }
  const option = firstThat(found.options, (each) => endOf(each) >= character);
  if (option === undefined || startOf(option) > character) return [];
  const word = [option.word, ...option.values].find(({ start, end }) => touches({ line, start, end }, position));
  const places = word === undefined ? [] : [{ line, start: word.start, end: word.end }];
  return [{ line, start: startOf(option), end: endOf(option) }, ...places].map(rangeOf);
}

/** The first of a list in which those that fit stand behind all that do not. */
function firstThat<T>(list: readonly T[], fits: (each: T) => boolean): T | undefined {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const each = list[middle];
    if (each !== undefined && fits(each)) to = middle;
    else from = middle + 1;
  }
  return list[from];
}

function sameRange(a: Range, b: Range): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.character === b.start.character &&
    a.end.line === b.end.line &&
    a.end.character === b.end.character
  );
}
