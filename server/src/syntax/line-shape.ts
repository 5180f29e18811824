/**
 * What lines of one shape look like: `-A KUBE-SEP-... -s .../32 -j KUBE-MARK-MASQ`. What may vary in a shape is narrow: any value of it is as good as
 * any other, so that a line of the shape is right if one of them is. A shape is a list of steps over bytes (`line-bytes.ts`), each of which takes
 * what it wants or gives up: no step goes back, so that telling a line is linear in its length.
 */
import { HashedNames } from './hashed-names.ts';
import { LineBytes } from './line-bytes.ts';
import { type LineForm, withCarriageReturn } from './line-form.ts';
import type { Fault } from './statement.ts';
import {
  type Take,
  takeAddress,
  takeAddress6,
  takeCounters,
  takePort,
  takeProbability,
  takeQuoted,
  takeWord,
} from './value-takes.ts';

/** A text that is the same in all lines of a shape: where it begins among `fixed`, at a place that four divides, and its length. */
interface FixedText {
  readonly from: number;
  readonly length: number;
}

/** The texts of all shapes, one behind the other: an array for each takes ten times as much. */
let fixed = new Uint8Array(4_096);
/** The same four bytes at a time, which is three times as quick to compare. */
let fours = new Int32Array(fixed.buffer);
let fixedLength = 0;
const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

function fixedText(text: string): FixedText {
  const { length } = text;
  const from = fixedLength;
  fixedLength = (from + length + 3) & ~3;
  if (fixedLength > fixed.length) {
    const larger = new Uint8Array(Math.max(fixedLength, fixed.length * 2));
    larger.set(fixed);
    fixed = larger;
    fours = new Int32Array(fixed.buffer);
  }
  for (let at = 0; at < length; at += 1) fixed[from + at] = text.charCodeAt(at);
  return { from, length };
}

/** The text that stands among those of all shapes. */
export function textOf({ from, length }: FixedText): string {
  return String.fromCharCode.apply(null, Array.from(fixed.subarray(from, from + length)));
}

/** A step takes a text, or else what may vary. */
export type Step =
  | { readonly kind: 'text'; readonly text: FixedText; readonly take: undefined }
  | { readonly kind: 'chain' | 'target' | 'name'; readonly text: undefined; readonly take: undefined }
  | { readonly kind: 'value'; readonly text: undefined; readonly take: Take };

/** A place in all lines of a shape: so many characters behind where a step (0-based) begins. */
export interface StepPlace {
  readonly step: number;
  readonly behind: number;
}

/** A message that says what a step (0-based) took. */
export interface Quoted {
  readonly step: number;
  readonly before: string;
  readonly after: string;
}

/** What is wrong with all lines of a shape. */
export interface ShapeFault {
  /** As of the line that it was found in. */
  readonly fault: Fault;
  readonly start: StepPlace;
  readonly end: StepPlace;
  /** The text in which it is, where that is the same in all of them. */
  readonly within: string | undefined;
  /** How the message is made; undefined where it is the same in all of them. */
  readonly quoted: Quoted | undefined;
}

/** What all lines of a shape have in common. */
export interface Shape {
  /** From 1 on. */
  readonly number: number;
  readonly steps: readonly Step[];
  readonly form: LineForm;
  /** The chain of every such line; undefined where it is a hashed name. */
  readonly chain: string | undefined;
  /** The target of every such line; undefined where it is a hashed name, the line's last word. */
  readonly target: string | undefined;
  /** What is wrong with each such line; undefined where nothing is. */
  readonly fault: ShapeFault | undefined;
}

function isSameStep(a: Step, b: Step | undefined): boolean {
  if (a.kind !== b?.kind || a.take !== b.take) return false;
  return a.text === undefined || b.text === undefined ? a.text === b.text : textOf(a.text) === textOf(b.text);
}

/** Whether lines of one shape are those of another, with the same names, whatever else is said of them. */
export function takesTheSame(a: Shape, b: Shape): boolean {
  if (a.form.kind !== b.form.kind || a.chain !== b.chain || a.target !== b.target) return false;
  return a.steps.length === b.steps.length && a.steps.every((step, at) => isSameStep(step, b.steps[at]));
}

const numbered: (Shape | undefined)[] = [undefined];

/** All shapes by their numbers: a few dozen for each of the circumstances in which shapes are learned. */
export const numberedShapes: readonly (Shape | undefined)[] = numbered;

/** A shape with a number of its own, by which it is known from now on; the same with a line end of CR LF has the next one. */
export function numberShape<Of extends Omit<Shape, 'number'>>(shape: Of): Of & Shape {
  const known = { ...shape, number: numbered.length };
  numbered.push(known, { ...shape, number: numbered.length + 1, form: withCarriageReturn(shape.form) });
  return known;
}

/** The names of all lines of known shapes, by their numbers. */
let names = new HashedNames();
const mostNames = 1 << 18;

/** The names that lines of known shapes are told with from now on. Forgotten when there are too many; call it before a text is read, never within one. */
export function currentNames(): HashedNames {
  if (names.names.length >= mostNames) names = new HashedNames();
  return names;
}

/** Goes on with the names that a text was begun with: others may have been read meanwhile. */
export function useNames(before: HashedNames): void {
  names = before;
}

export const countersStep: Step = { kind: 'value', text: undefined, take: takeCounters };
/** A hashed name that is neither the line's chain nor its target. */
const nameStep: Step = { kind: 'name', text: undefined, take: undefined };
export const chainStep: Step = { kind: 'chain', text: undefined, take: undefined };
export const targetStep: Step = { kind: 'target', text: undefined, take: undefined };

/** A step that takes this text; ASCII. */
export function textStep(text: string): Step {
  return { kind: 'text', text: fixedText(text), take: undefined };
}

function valueStep(take: Take): Step {
  return { kind: 'value', text: undefined, take };
}

const addresses = [
  [valueStep(takeAddress), textStep('/32')],
  [valueStep(takeAddress6), textStep('/128')],
];
/** What may stand behind an option so that any of it is as good as any other. */
const variable: ReadonlyMap<string, readonly (readonly Step[])[]> = new Map([
  ['-A', [[nameStep]]],
  ['-j', [[nameStep]]],
  ['-g', [[nameStep]]],
  ['--name', [[nameStep]]],
  ['-s', addresses],
  ['-d', addresses],
  ['--dport', [[valueStep(takePort)]]],
  [
    '--to-destination',
    [
      [valueStep(takeAddress), textStep(':'), valueStep(takePort)],
      [textStep('['), valueStep(takeAddress6), textStep(']:'), valueStep(takePort)],
    ],
  ],
  ['--probability', [[valueStep(takeProbability)]]],
  ['--comment', [[valueStep(takeQuoted)], [valueStep(takeWord)]]],
]);

/** Whether a step takes an address. */
export function isAddressStep({ take }: Step): boolean {
  return take === takeAddress || take === takeAddress6;
}

/** What may vary in the value of an option, of which this is one; undefined where nothing may. */
export function variableSteps(option: string, value: string): readonly Step[] | undefined {
  return variable.get(option)?.find((steps) => isWhole(steps, value));
}

/** Whether a word is a hashed name. */
export function isHashedName(word: string): boolean {
  return isWhole([nameStep], word);
}

const single = new LineBytes();

function isWhole(steps: readonly Step[], word: string): boolean {
  single.fill(word, 0, word.length);
  return takeSteps(steps, single.bytes, 0) === word.length;
}

/** Of the line that was told last: where its end is, and the numbers of its names among `currentNames`; -1 for one that the shape says. */
export const told = { end: 0, chain: -1, target: -1 };

/** The chain of the line that was told last, which is of this shape. */
export function toldChain({ chain }: Shape): string {
  return chain ?? (names.names[told.chain] as string);
}

/** Its target. */
export function toldTarget({ target }: Shape): string {
  return target ?? (names.names[told.target] as string);
}

let chainAt = -1;
let targetAt = -1;
let foundChain = -1;
let foundTarget = -1;
// The rules of a chain stand together, chains in the order of their declarations: to compare is quicker than to look up.
let lastChain = -1;
let lastTarget = -1;

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const noBytes: Uint8Array = new Uint8Array(0);
let viewed = noBytes;
let view = viewOf(viewed);

/** Lets the bytes go that lines were told from. */
export function forgetBytes(): void {
  viewed = noBytes;
  view = viewOf(noBytes);
}

/**
 * Where what these steps take from a place on ends (exclusive); -1 where they do not stand there.
 * @param most how many of the steps to take
 */
export function takeSteps(steps: readonly Step[], bytes: Uint8Array, start: number, most = steps.length): number {
  let at = start;
  if (bytes !== viewed) {
    viewed = bytes;
    view = viewOf(bytes);
  }
  for (let number = 0; number < most; number += 1) {
    const step = steps[number];
    if (step === undefined) break;
    const { text, take } = step;
    if (text !== undefined) {
      const { length } = text;
      const behind = at + length;
      if (behind > bytes.length) return -1;
      let own = text.from;
      for (; at + 4 <= behind; own += 4, at += 4) if (view.getInt32(at, isLittleEndian) !== fours[own >> 2]) return -1;
      for (; at < behind; own += 1, at += 1) if (fixed[own] !== bytes[at]) return -1;
      continue;
    }
    const from = at;
    at = take === undefined ? names.read(bytes, from) : take(bytes, from);
    if (at < 0) return -1;
    if (step.kind === 'chain') {
      chainAt = from;
      foundChain = names.find(lastChain);
    } else if (step.kind === 'target') {
      targetAt = from;
      foundTarget = names.find(lastTarget);
    }
  }
  return at;
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Whether the line that begins at a place is of a shape; what there is to know of it is `told` then. Its end may be that of a CR LF. */
export function tellLine({ steps, chain, target }: Shape, bytes: Uint8Array, start: number): boolean {
  const end = takeSteps(steps, bytes, start);
  if (end < 0 || (bytes[end] !== lineFeed && (bytes[end] !== carriageReturn || bytes[end + 1] !== lineFeed))) return false;
  told.end = end;
  told.chain = -1;
  told.target = -1;
  if (chain === undefined) {
    lastChain = foundChain >= 0 ? foundChain : names.add(bytes, chainAt);
    told.chain = lastChain;
  }
  if (target === undefined) {
    lastTarget = foundTarget >= 0 ? foundTarget : foundOrNew(bytes, targetAt);
    told.target = lastTarget;
  }
  return true;
}

/** The number of a target, which may be the chain that has just been given one. */
function foundOrNew(bytes: Uint8Array, start: number): number {
  names.read(bytes, start);
  const found = names.find(-1);
  return found >= 0 ? found : names.add(bytes, start);
}
