/**
 * An edit that gives a table another name, as one that is typed has. Other things hold of all of its lines then, but mostly they say the same of chains: who
 * jumps where need not be gathered again.
 */
import type { Steps } from '../base/steps.ts';
import type { Line } from '../syntax/line.ts';
import { numberedShapes } from '../syntax/line-shape.ts';
import type { Lines } from '../syntax/lines.ts';
import { carryMarks } from './chain-marks.ts';
import { keepReach } from './reachable.ts';
import type { Ruleset } from './ruleset.ts';

const linesBetweenPauses = 32_768;

/** What a line's form says of it. */
type Said = Omit<Line, 'text' | 'name' | 'target' | 'faults' | 'problems'>;

/** Whether two readings of a line say the same to a ruleset, and as surely, though they are of different tables. */
function isSaidAlike(a: Said, b: Said): boolean {
  return (
    a.kind === b.kind &&
    a.command === b.command &&
    a.isGoto === b.isGoto &&
    a.isUnsure === b.isUnsure &&
    a.listing === b.listing &&
    a.prefix === b.prefix &&
    a.context.family === b.context.family &&
    a.context.backend === b.context.backend &&
    a.context.within === b.context.within
  );
}

function isAlike(a: Line, b: Line): boolean {
  return a === b || (a.name === b.name && a.target === b.target && a.text === b.text && isSaidAlike(a, b));
}

/**
 * The line (0-based) of the one table that has another name; undefined where a line says something else.
 * @param lines `readAnew` of a version of the text that `before` are of, too
 */
function* renamedLine(lines: Lines, before: Lines): Steps<number | undefined> {
  const { places, shapes } = lines.columns;
  const { places: oldPlaces, shapes: oldShapes } = before.columns;
  if (places.length !== oldPlaces.length) return undefined;
  let renamed: number | undefined;
  // By the number of a shape the one that says the same now: the names of its lines are the same, as the columns are.
  const alike = new Int32Array(numberedShapes.length).fill(-1);
  for (let number = 0; number < places.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const place = places[number] as number;
    if (place >= 0 && place === oldPlaces[number]) {
      const shape = shapes[place] as number;
      const old = oldShapes[place] as number;
      if (shape === old || alike[old] === shape) continue;
      const form = numberedShapes[shape]?.form;
      const oldForm = numberedShapes[old]?.form;
      if (form === undefined || oldForm === undefined || !isSaidAlike(form, oldForm)) return undefined;
      alike[old] = shape;
      continue;
    }
    const line = lines.at(number);
    const old = before.at(number);
    if (line === undefined || old === undefined) return undefined;
    if (isAlike(line, old)) continue;
    if (renamed !== undefined || line.kind !== 'table' || old.kind !== 'table') return undefined;
    renamed = number;
  }
  return renamed;
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
    // Which chains are built in depends on the name of their table.
    if (now?.name === table.name) keepReach(table, now, to.lines, undefined, []);
  }
  carryMarks(from, to, []);
}
