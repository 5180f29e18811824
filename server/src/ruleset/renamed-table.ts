/**
 * An edit that gives a table another name, as one that is typed has. Other things hold of all of its lines then, but mostly they say the same of chains: who
 * jumps where need not be gathered again.
 */
import type { Steps } from '../base/steps.ts';
import type { Line } from '../syntax/line.ts';
import { numberedShapes } from '../syntax/line-shape.ts';
import type { Lines } from '../syntax/lines.ts';
import { type Reread, rereadOf } from '../syntax/read-below.ts';
import { carryMarks } from './chain-marks.ts';
import { carryLongest } from './cut-columns.ts';
import { keepReach, keepRenamedReach } from './reachable.ts';
import type { Ruleset } from './ruleset.ts';

const linesBetweenPauses = 32_768;

/** What a line's form says of it. */
type Said = Omit<Line, 'text' | 'name' | 'target' | 'faults' | 'problems'>;

/** Whether two readings of a line say the same of chains, and as surely, though they are of different tables or back ends. */
export function isSaidOfChains(a: Said, b: Said): boolean {
  return (
    a.kind === b.kind &&
    a.command === b.command &&
    a.isGoto === b.isGoto &&
    a.isUnsure === b.isUnsure &&
    a.listing === b.listing &&
    a.prefix === b.prefix &&
    a.context.family === b.context.family
  );
}

/** The same of whole lines. */
export function isLineOfChains(a: Line, b: Line): boolean {
  return a === b || (a.name === b.name && a.target === b.target && a.text === b.text && isSaidOfChains(a, b));
}

/** Whether two readings of a line say the same to a ruleset, and as surely, though they are of different tables. */
function isSaidAlike(a: Said, b: Said): boolean {
  return isSaidOfChains(a, b) && a.context.backend === b.context.backend && a.context.within === b.context.within;
}

function isAlike(a: Line, b: Line): boolean {
  return a === b || (isLineOfChains(a, b) && isSaidAlike(a, b));
}

/**
 * The line (0-based) of the one table that has another name; undefined where a line says something else.
 * @param lines `readAnew` of a version of the text that `before` are of, too
 */
function* renamedLine(lines: Lines, before: Lines): Steps<number | undefined> {
  if (lines.length !== before.length) return undefined;
  const { shapes, numbers } = rereadOf(lines, before) ?? (yield* differences(lines, before));
  for (const pair of shapes) {
    const form = numberedShapes[pair.after]?.form;
    const old = numberedShapes[pair.before]?.form;
    // The names of their lines are the same, as the columns are.
    if (form === undefined || old === undefined || !isSaidAlike(form, old)) return undefined;
  }
  let renamed: number | undefined;
  for (let at = 0; at < numbers.length; at += 1) {
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const number = numbers[at] as number;
    const line = lines.at(number);
    const old = before.at(number);
    if (line === undefined || old === undefined) return undefined;
    if (isAlike(line, old)) continue;
    if (renamed !== undefined || line.kind !== 'table' || old.kind !== 'table') return undefined;
    renamed = number;
  }
  return renamed;
}

/** In what lines differ from others of the same text, of which there are as many. */
function* differences(lines: Lines, before: Lines): Steps<Pick<Reread, 'shapes' | 'numbers'>> {
  const { places, shapes } = lines.columns;
  const { places: oldPlaces, shapes: oldShapes } = before.columns;
  const numbers: number[] = [];
  const pairs: Reread['shapes'][number][] = [];
  // By the number of a shape the one that was found beside it last.
  const beside = new Int32Array(numberedShapes.length).fill(-1);
  for (let number = 0; number < places.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const place = places[number] as number;
    if (place < 0 || place !== oldPlaces[number]) {
      numbers.push(number);
      continue;
    }
    const shape = shapes[place] as number;
    const old = oldShapes[place] as number;
    if (shape === old || beside[old] === shape) continue;
    beside[old] = shape;
    pairs.push({ before: old, after: shape });
  }
  return { shapes: pairs, numbers };
}

/**
 * Whether one table has another name, and nothing else that lines say is another. Pauses every few ten thousand lines.
 * @param lines `readAnew` of a version of the text that those before are of, too
 */
export function* isTableRenamed(lines: Lines, before: Ruleset): Steps<boolean> {
  // Without their names tables begin where the lines of another one end.
  if (!before.tables.every(({ declared }) => declared)) return false;
  // A table without a name gets one by its chains.
  const renamed = before.tables.filter(
    ({ firstLine, name }) => before.lines.nameAt(firstLine) !== name || lines.nameAt(firstLine) !== name,
  );
  const [table] = renamed;
  if (table === undefined || renamed.length > 1 || before.lines.nameAt(table.firstLine) !== table.name) return false;
  if (lines.nameAt(table.firstLine) === '') return false;
  // The longest look comes last.
  return (yield* renamedLine(lines, before.lines)) === table.firstLine;
}

/** Keeps what is known of tables for those that say the same in a ruleset in which one of them has another name. */
export function carryRenamed(from: Ruleset, to: Ruleset): void {
  for (const [index, table] of from.tables.entries()) {
    const now = to.tables[index];
    if (now?.name === table.name) keepReach(table, now, to.lines, undefined, []);
    // Which chains are built in depends on the name of their table.
    else if (now !== undefined) keepRenamedReach(table, now, to.lines);
  }
  carryMarks(from, to, []);
  carryLongest(from.lines, to.lines);
}
