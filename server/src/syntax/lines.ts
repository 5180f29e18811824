/** The lines of a text as columns of numbers: a large dump has hundreds of thousands of lines, which are too many objects to make and to keep. */
import type { Line } from './line.ts';
import type { LineForm } from './line-form.ts';
import { numberedShapes } from './line-shape.ts';
import { faultOf } from './shape-fault.ts';
import { shapedLine } from './shaped-line.ts';
import type { Fault } from './statement.ts';

/** A text that was gone through once, and the names of chains on its lines of known shapes. */
export interface ScannedText {
  readonly source: string;
  readonly names: readonly string[];
}

/**
 * What is known of the lines of a text that was gone through once, by a line's place in that text. All versions of the text share it; only `places` is
 * each one's own, so that an edit copies one number a line.
 */
export interface LineColumns {
  /** By the number of a line: its place in the other columns; below 0 where it is an object. */
  readonly places: Int32Array;
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

const noColumns: Omit<LineColumns, 'places'> = {
  starts: new Int32Array(0),
  lengths: new Uint16Array(0),
  shapes: new Uint16Array(0),
  chains: new Int32Array(0),
  targets: new Int32Array(0),
};

/** The place of a line that is not there; `~` makes of it the number of an object that is not there, either. */
const hole = -0x80000000;

/** Lines that are objects, of all versions of a text. */
interface LineObjects {
  /** Those of no known shape: the place of object `number` is `~number`. */
  readonly lines: Line[];
  /** Those of known shapes that are kept, by their place, in blocks. */
  readonly kept: (Line | undefined)[][];
  /** With more lines than these most are of old versions. */
  readonly most: number;
}

const keptOfBlock = 1_024;
const fewestObjects = 4_096;

function objectsOf(lines: Line[]): LineObjects {
  return { lines, kept: [], most: 2 * lines.length + fewestObjects };
}

/**
 * The lines of a text, numbered from 0. One of a known shape is made of its columns when it is asked for; all others are objects from the beginning. Not
 * changed once it is there, but for what is `kept`.
 */
export class Lines implements Iterable<Line> {
  readonly #text: ScannedText;
  readonly #columns: LineColumns;
  readonly #objects: LineObjects;
  /** How many lines are holes before the first that is none: of a part of a text, those above it. */
  readonly holes: number;

  private constructor(text: ScannedText, columns: LineColumns, objects: LineObjects, holes = 0) {
    this.holes = holes;
    this.#text = text;
    this.#columns = columns;
    this.#objects = objects;
  }

  /**
   * The lines of a text that was gone through.
   * @param columns for each line; of those that are objects nothing is read but `places`, which are `~0`, `~1` and so on in their order
   * @param objects lines of no known shape; they are the store's from now on
   */
  static scanned(text: ScannedText, columns: LineColumns, objects: Line[]): Lines {
    return new Lines(text, columns, objectsOf(objects));
  }

  /** The lines of an array. */
  static of(lines: readonly Line[]): Lines {
    return Lines.withHoles(0, lines);
  }

  /** The lines of an array as those from a number on; all before them are holes. */
  static withHoles(from: number, lines: readonly Line[]): Lines {
    const places = new Int32Array(from + lines.length).fill(hole, 0, from);
    for (let number = 0; number < lines.length; number += 1) places[from + number] = ~number;
    return new Lines({ source: '', names: [] }, { ...noColumns, places }, objectsOf([...lines]), from);
  }

  get length(): number {
    return this.#columns.places.length;
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
    const place = this.#columns.places[number] ?? hole;
    const { lines, kept } = this.#objects;
    if (place < 0) return lines[~place];
    return kept[(place / keptOfBlock) | 0]?.[place % keptOfBlock] ?? this.#make(place);
  }

  /** A line as an object that stays, here and in later versions of the text, until an edit touches it: for what is remembered of it. */
  kept(number: number): Line | undefined {
    const line = this.at(number);
    const place = this.#columns.places[number] ?? hole;
    if (place < 0) return line;
    const { kept } = this.#objects;
    const block = (place / keptOfBlock) | 0;
    let lines = kept[block];
    if (lines === undefined) {
      lines = new Array<Line | undefined>(keptOfBlock);
      kept[block] = lines;
    }
    lines[place % keptOfBlock] = line;
    return line;
  }

  /** What a line shares with others; undefined outside. Where something is wrong with it is each line's own. */
  formAt(number: number): Omit<LineForm, 'problems'> | undefined {
    const place = this.#columns.places[number] ?? hole;
    return place < 0 ? this.#objects.lines[~place] : numberedShapes[this.#columns.shapes[place] as number]?.form;
  }

  /** What kind of line it is; undefined outside. */
  kindAt(number: number): Line['kind'] | undefined {
    const place = this.#columns.places[number] ?? hole;
    return place < 0 ? this.#objects.lines[~place]?.kind : numberedShapes[this.#columns.shapes[place] as number]?.form.kind;
  }

  /** As `Line.name`; empty outside. */
  nameAt(number: number): string {
    const place = this.#columns.places[number] ?? hole;
    if (place < 0) return this.#objects.lines[~place]?.name ?? '';
    const name = this.#columns.chains[place] as number;
    return (name < 0 ? numberedShapes[this.#columns.shapes[place] as number]?.chain : this.#text.names[name]) as string;
  }

  /** As `Line.target`; empty outside. */
  targetAt(number: number): string {
    const place = this.#columns.places[number] ?? hole;
    if (place < 0) return this.#objects.lines[~place]?.target ?? '';
    const name = this.#columns.targets[place] as number;
    return (name < 0 ? numberedShapes[this.#columns.shapes[place] as number]?.target : this.#text.names[name]) as string;
  }

  /** As `Line.text`; empty outside. */
  textAt(number: number): string {
    const place = this.#columns.places[number] ?? hole;
    if (place < 0) return this.#objects.lines[~place]?.text ?? '';
    const { starts, lengths } = this.#columns;
    const start = starts[place] as number;
    return this.#text.source.slice(start, start + (lengths[place] as number));
  }

  /** What is wrong with a line of a known shape, as with all of that shape; undefined where nothing is, and for all others. */
  faultAt(number: number): Fault | undefined {
    const shape = numberedShapes[this.shapeAt(number)];
    return shape?.fault === undefined ? undefined : faultOf(shape.fault, shape, this.textAt(number));
  }

  /** The number of a line's shape; 0 for one that is an object, and outside. */
  shapeAt(number: number): number {
    const place = this.#columns.places[number] ?? hole;
    return place < 0 ? 0 : (this.#columns.shapes[place] as number);
  }

  /** Where a line of a known shape begins in `text.source`; -1 for one that is an object, and outside. */
  startAt(number: number): number {
    const place = this.#columns.places[number] ?? hole;
    return place < 0 ? -1 : (this.#columns.starts[place] as number);
  }

  /** How many UTF-16 units `Line.text` has; 0 outside. */
  lengthAt(number: number): number {
    const place = this.#columns.places[number] ?? hole;
    return (place < 0 ? this.#objects.lines[~place]?.text.length : this.#columns.lengths[place]) ?? 0;
  }

  /** What to compare with `===` between two versions of a text: equal where a line is the same in both. Of lines with the same `text` only. */
  identityAt(number: number): Line | number | undefined {
    const place = this.#columns.places[number] ?? hole;
    return place < 0 ? this.#objects.lines[~place] : place;
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
    const { places } = this.#columns;
    const { places: otherPlaces } = other.#columns;
    const { lines } = this.#objects;
    const { lines: otherLines } = other.#objects;
    const isOneText = this.#text === other.#text;
    let number = by === 1 ? 0 : places.length - 1;
    let otherNumber = by === 1 ? 0 : otherPlaces.length - 1;
    let count = 0;
    for (; count < most; count += 1, number += by, otherNumber += by) {
      const place = places[number] as number;
      const otherPlace = otherPlaces[otherNumber] as number;
      if (place < 0 ? otherPlace >= 0 || lines[~place] !== otherLines[~otherPlace] : !isOneText || place !== otherPlace) break;
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
    const { places: old } = this.#columns;
    const behind = from + others.length;
    const places = new Int32Array(old.length + behind - to);
    places.set(old.subarray(0, from));
    places.set(old.subarray(to), behind);
    const isFull = this.#objects.lines.length + others.length > this.#objects.most;
    places.fill(hole, from, behind);
    const objects = isFull ? this.#ofVersion(places, others.length) : this.#objects;
    for (let number = 0; number < others.length; number += 1) {
      places[from + number] = ~objects.lines.length;
      objects.lines.push(others[number] as Line);
    }
    return new Lines(this.#text, { ...this.#columns, places }, objects);
  }

  /**
   * The same text where other things hold of its lines: those of known shapes have these, and some are objects. None of them is the same as in another version.
   * @param shapes as `LineColumns.shapes`
   * @param numbers of lines that are objects now, ascending, and `others` what they are
   */
  readAnew(shapes: Uint16Array, numbers: readonly number[], others: readonly Line[]): Lines {
    const places = this.#columns.places.slice();
    for (const number of numbers) places[number] = hole;
    const isFull = this.#objects.lines.length + others.length > this.#objects.most;
    const objects: LineObjects = { ...(isFull ? this.#ofVersion(places, others.length) : this.#objects), kept: [] };
    for (let at = 0; at < numbers.length; at += 1) {
      places[numbers[at] as number] = ~objects.lines.length;
      objects.lines.push(others[at] as Line);
    }
    return new Lines({ ...this.#text }, { ...this.#columns, places, shapes }, objects);
  }

  /** Whether these are `readAnew` of a version of the text that another is of, too. */
  isReadAnewOf(other: Lines): boolean {
    const { starts } = this.#columns;
    return starts.length > 0 && starts === other.#columns.starts && this.#text !== other.#text;
  }

  /** The objects of one version alone, of which the places are others then. @param more how many others are added to them */
  #ofVersion(places: Int32Array, more: number): LineObjects {
    const { lines: all, kept } = this.#objects;
    const lines: Line[] = [];
    for (let number = 0; number < places.length; number += 1) {
      const place = places[number] as number;
      if (place >= 0 || place === hole) continue;
      places[number] = ~lines.length;
      lines.push(all[~place] as Line);
    }
    return { lines, kept, most: 2 * (lines.length + more) + fewestObjects };
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

  #make(place: number): Line | undefined {
    const { starts, lengths, shapes, chains, targets } = this.#columns;
    const shape = numberedShapes[shapes[place] as number];
    if (shape === undefined) return undefined;
    const { source, names } = this.#text;
    const chain = shape.chain ?? (names[chains[place] as number] as string);
    const target = shape.target ?? (names[targets[place] as number] as string);
    const start = starts[place] as number;
    return shapedLine(shape, source, start, start + (lengths[place] as number), chain, target);
  }
}
