/** The lines of a text as columns of numbers: a large dump has hundreds of thousands of lines, which are too many objects to make and to keep. */
import type { Line } from './line.ts';
import { FormedLine, type LineForm } from './line-form.ts';
import { numberedShapes } from './line-shape.ts';

/** A text that was gone through once, and the names of chains on its lines of known shapes. */
export interface ScannedText {
  readonly source: string;
  readonly names: readonly string[];
}

/** What is known of each line of a text, by its number. */
export interface LineColumns {
  /** Where it begins in the text; without a meaning for a line that is an object. */
  readonly starts: Int32Array;
  /** How many UTF-16 units it has without its line end, likewise. */
  readonly lengths: Uint16Array;
  /** The number of its shape; 0 for a line that is an object. */
  readonly shapes: Uint16Array;
  /** The place of its chain among the names; -1 where its shape says it, or where it is an object. */
  readonly chains: Int32Array;
  /** The place of its target, likewise; `declares` where it declares its chain. */
  readonly targets: Int32Array;
}

/** Stands for the target of a line that declares a chain. */
export const declares = -2;
/** A longer line is an object. */
export const mostOfLength = 0xffff;

const noColumns: LineColumns = {
  starts: new Int32Array(0),
  lengths: new Uint16Array(0),
  shapes: new Uint16Array(0),
  chains: new Int32Array(0),
  targets: new Int32Array(0),
};

/**
 * The lines of a text, numbered from 0. One of a known shape is made of its columns when it is asked for; all others are objects from the beginning. Not
 * changed once it is there, but for what is `kept`.
 */
export class Lines implements Iterable<Line> {
  readonly #text: ScannedText;
  readonly #columns: LineColumns;
  readonly #objects: (Line | undefined)[];
  /** How many lines are holes before the first that is none: of a part of a text, those above it. */
  readonly holes: number;

  /** @param objects for each line that is of no known shape what it is; it is the store's from now on */
  constructor(text: ScannedText, columns: LineColumns, objects: (Line | undefined)[], holes = 0) {
    this.holes = holes;
    this.#text = text;
    this.#columns = columns;
    this.#objects = objects;
  }

  /** The lines of an array. */
  static of(lines: readonly Line[]): Lines {
    return new Lines({ source: '', names: [] }, noColumns, [...lines]);
  }

  /** The lines of an array as those from a number on; all before them are holes. */
  static withHoles(from: number, lines: readonly Line[]): Lines {
    const objects = new Array<Line | undefined>(from + lines.length);
    for (const [index, line] of lines.entries()) objects[from + index] = line;
    return new Lines({ source: '', names: [] }, noColumns, objects, from);
  }

  get length(): number {
    return this.#objects.length;
  }

  /** The same object in all versions of a text that was read once and edited since. */
  get text(): ScannedText {
    return this.#text;
  }

  get columns(): LineColumns {
    return this.#columns;
  }

  /** A line; undefined outside. It may be another object each time: `isSame` tells whether two are the same. */
  at(number: number): Line | undefined {
    return this.#objects[number] ?? this.#make(number);
  }

  /** A line as an object that stays, here and in later versions of the text, until an edit touches it: for what is remembered of it. */
  kept(number: number): Line | undefined {
    const line = this.at(number);
    if (line !== undefined) this.#objects[number] = line;
    return line;
  }

  /** What a line shares with others; undefined outside. */
  formAt(number: number): LineForm | undefined {
    const shape = this.#columns.shapes[number] ?? 0;
    return shape === 0 ? this.#objects[number] : numberedShapes[shape]?.form;
  }

  /** What kind of line it is; undefined outside. */
  kindAt(number: number): Line['kind'] | undefined {
    const shape = this.#columns.shapes[number] ?? 0;
    return shape === 0 ? this.#objects[number]?.kind : numberedShapes[shape]?.form.kind;
  }

  /** As `Line.name`; empty outside. */
  nameAt(number: number): string {
    const shape = this.#columns.shapes[number] ?? 0;
    if (shape === 0) return this.#objects[number]?.name ?? '';
    const name = this.#columns.chains[number] as number;
    return (name < 0 ? numberedShapes[shape]?.chain : this.#text.names[name]) as string;
  }

  /** As `Line.target`; empty outside. */
  targetAt(number: number): string {
    const shape = this.#columns.shapes[number] ?? 0;
    if (shape === 0) return this.#objects[number]?.target ?? '';
    const name = this.#columns.targets[number] as number;
    return (name < 0 ? numberedShapes[shape]?.target : this.#text.names[name]) as string;
  }

  /** As `Line.text`; empty outside. */
  textAt(number: number): string {
    const shape = this.#columns.shapes[number] ?? 0;
    if (shape === 0) return this.#objects[number]?.text ?? '';
    const { starts, lengths } = this.#columns;
    const start = starts[number] as number;
    return this.#text.source.slice(start, start + (lengths[number] as number));
  }

  /** Where a line of a known shape begins in `text.source`; -1 for one that is an object, and outside. */
  startAt(number: number): number {
    return (this.#columns.shapes[number] ?? 0) === 0 ? -1 : (this.#columns.starts[number] as number);
  }

  /** How many UTF-16 units `Line.text` has; 0 outside. */
  lengthAt(number: number): number {
    return ((this.#columns.shapes[number] ?? 0) === 0 ? this.#objects[number]?.text.length : this.#columns.lengths[number]) ?? 0;
  }

  /** What to compare with `===` between two versions of a text: equal where a line is the same in both. Of lines with the same `text` only. */
  identityAt(number: number): Line | number | undefined {
    return (this.#columns.shapes[number] ?? 0) === 0 ? this.#objects[number] : this.#columns.starts[number];
  }

  /** Whether a line is the same, not only alike, as one of another version: no edit has touched it. */
  isSame(number: number, other: Lines, otherNumber: number): boolean {
    const identity = this.identityAt(number);
    return identity === other.identityAt(otherNumber) && (typeof identity !== 'number' || this.#text === other.#text);
  }

  /**
   * How many lines are the same as in another version: from the first on, or from the last on backwards. In one go, as it is asked of all lines after
   * each edit.
   * @param by what to go on by: 1 from the first line, -1 from the last
   * @param most how many lines to look at
   */
  countSame(other: Lines, by: 1 | -1, most: number): number {
    const { starts, shapes } = this.#columns;
    const { starts: otherStarts, shapes: otherShapes } = other.#columns;
    const objects = this.#objects;
    const otherObjects = other.#objects;
    const isOneText = this.#text === other.#text;
    let number = by === 1 ? 0 : objects.length - 1;
    let otherNumber = by === 1 ? 0 : otherObjects.length - 1;
    let count = 0;
    for (; count < most; count += 1, number += by, otherNumber += by) {
      const isObject = (shapes[number] ?? 0) === 0;
      if (isObject !== ((otherShapes[otherNumber] ?? 0) === 0)) break;
      if (isObject ? objects[number] !== otherObjects[otherNumber] : !isOneText || starts[number] !== otherStarts[otherNumber])
        break;
    }
    return count;
  }

  /** Lines from one up to, but not including, another. */
  slice(from = 0, to = this.length): readonly Line[] {
    const lines: Line[] = [];
    for (let number = Math.max(from, 0); number < Math.min(to, this.length); number += 1) {
      const line = this.at(number);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  /** Others in the place of the lines from `from` up to, but not including, `to`. */
  spliced(from: number, to: number, others: readonly Line[]): Lines {
    const { starts, lengths, shapes, chains, targets } = this.#columns;
    const objects = splicedObjects(this.#objects, from, to, others);
    // Lines that are objects all have no columns.
    if (shapes.length === 0) return new Lines(this.#text, this.#columns, objects);
    const length = objects.length;
    const behind = from + others.length;
    const columns: LineColumns = {
      starts: splicedInto(new Int32Array(length), starts, from, to, behind),
      lengths: splicedInto(new Uint16Array(length), lengths, from, to, behind),
      shapes: splicedInto(new Uint16Array(length), shapes, from, to, behind),
      chains: splicedInto(new Int32Array(length), chains, from, to, behind).fill(-1, from, behind),
      targets: splicedInto(new Int32Array(length), targets, from, to, behind).fill(-1, from, behind),
    };
    return new Lines(this.#text, columns, objects);
  }

  /** All lines in their order. */
  *[Symbol.iterator](): Generator<Line, undefined, unknown> {
    for (let number = this.holes; number < this.length; number += 1) {
      const line = this.at(number);
      if (line !== undefined) yield line;
    }
  }

  /** The same with their numbers. */
  *entries(): Generator<[number, Line], undefined, unknown> {
    for (let number = this.holes; number < this.length; number += 1) {
      const line = this.at(number);
      if (line !== undefined) yield [number, line];
    }
  }

  #make(number: number): Line | undefined {
    const { starts, lengths, shapes, chains, targets } = this.#columns;
    const shape = numberedShapes[shapes[number] as number];
    if (shape === undefined) return undefined;
    const { source, names } = this.#text;
    const chain = shape.chain ?? (names[chains[number] as number] as string);
    const target = shape.target ?? (names[targets[number] as number] as string);
    const start = starts[number] as number;
    return new FormedLine(source, start, start + (lengths[number] as number), chain, target, shape.form);
  }
}

/** One by one: the array's own functions take five times as long for one that is not full, as those of dumps are not. */
function splicedObjects(
  objects: readonly (Line | undefined)[],
  from: number,
  to: number,
  others: readonly Line[],
): (Line | undefined)[] {
  const by = from + others.length - to;
  const spliced = new Array<Line | undefined>(objects.length + by);
  for (let number = 0; number < from; number += 1) spliced[number] = objects[number];
  for (let number = 0; number < others.length; number += 1) spliced[from + number] = others[number];
  for (let number = to; number < objects.length; number += 1) spliced[number + by] = objects[number];
  return spliced;
}

function splicedInto<Column extends Int32Array | Uint16Array>(
  column: Column,
  old: Column,
  from: number,
  to: number,
  behind: number,
): Column {
  column.set(old.subarray(0, from));
  column.set(old.subarray(to), behind);
  return column;
}
