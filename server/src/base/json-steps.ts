/** JSON of large values in steps: `JSON.stringify` of what a large document's symbols are stops all else for a tenth of a second. */
import { createMemory } from './memory.ts';
import type { Steps } from './steps.ts';

/** About as much as takes a millisecond to write. */
const weightAtOnce = 5_000;
const charactersOfWeight = 64;
const fieldsAtOnce = 256;
const charactersAtOnce = weightAtOnce * charactersOfWeight;

/** What is left of a budget after a value: below 0 where the value weighs more. Looks at no more than the budget allows. */
function afterWeighing(value: unknown, budget: number): number {
  if (typeof value === 'string') return budget - 1 - value.length / charactersOfWeight;
  if (typeof value !== 'object' || value === null) return budget - 1;
  if (Array.isArray(value)) {
    if (value.length > budget) return -1;
    let left = budget - 1;
    for (let at = 0; at < value.length && left >= 0; at += 1) left = afterWeighing(value[at], left);
    return left;
  }
  let left = budget - 1;
  for (const key in value) {
    left = afterWeighing((value as Readonly<Record<string, unknown>>)[key], left - 1);
    if (left < 0) return left;
  }
  return left;
}

/** The runs of the field `text` of a value. */
const textRuns = createMemory<object, readonly string[]>();

/**
 * A value with a `text` of megabytes that is made of runs, and is not put together before somebody looks into it: where the value is written in steps the runs are
 * written, and to put them together takes 20 ms that nothing could interrupt.
 */
export function withText<T extends object>(value: T, runs: readonly string[]): T & { readonly text: string } {
  // V8 keeps a sum of long texts as a tree of them; `join` copies.
  const whole = { ...value, text: runs.reduce((text, run) => text + run, '') };
  textRuns.set(whole, runs);
  return whole;
}

/** A value with the `text` of another one, which may be made of runs. */
export function withTextOf<T extends object>(value: T, other: { readonly text: string }): T & { readonly text: string } {
  return withText(value, textRuns.get(other) ?? [other.text]);
}

/** What takes the pieces of a text, in their order. */
export interface JsonPieces {
  push(...pieces: readonly string[]): void;
}

/** Whether a value is so large that it is better written in steps. */
export function isLongJson(value: unknown): boolean {
  return afterWeighing(value, weightAtOnce) < 0;
}

/** Whether `JSON.stringify` writes a value's own enumerable properties, and nothing else of it. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}

/** Where a text may be cut at or before a place, so that no character of two units is in two halves. */
export function cutBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return at < text.length && unit >= 0xd800 && unit <= 0xdbff ? at - 1 : at;
}

/** @param runs what the text is put together of, each a text of whole characters */
function* longText(runs: readonly string[], pieces: JsonPieces): Steps<void> {
  pieces.push('"');
  for (const text of runs) {
    for (let from = 0; from < text.length; ) {
      const to = cutBefore(text, Math.min(from + charactersAtOnce, text.length));
      pieces.push(JSON.stringify(text.slice(from, to)).slice(1, -1));
      from = to;
      yield;
    }
  }
  pieces.push('"');
}

function* longArray(values: readonly unknown[], pieces: JsonPieces): Steps<void> {
  pieces.push('[');
  for (let from = 0; from < values.length; ) {
    let to = from;
    for (let left = weightAtOnce; to < values.length; to += 1) {
      left = afterWeighing(values[to], left);
      if (left < 0) break;
    }
    if (from > 0) pieces.push(',');
    if (to > from) pieces.push(JSON.stringify(values.slice(from, to)).slice(1, -1));
    else {
      yield* written(values[to], pieces, 'null');
      to += 1;
    }
    from = to;
    yield;
  }
  pieces.push(']');
}

function* longObject(fields: Readonly<Record<string, unknown>>, pieces: JsonPieces): Steps<void> {
  let between = '{';
  let count = 0;
  for (const [key, value] of Object.entries(fields)) {
    count += 1;
    if (count % fieldsAtOnce === 0) yield;
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') continue;
    pieces.push(between, JSON.stringify(key), ':');
    const runs = key === 'text' ? textRuns.get(fields) : undefined;
    yield* runs === undefined ? written(value, pieces, 'null') : longText(runs, pieces);
    between = ',';
  }
  pieces.push(between === '{' ? '{}' : '}');
}

/** @param none what is written for what JSON has no word for */
function* written(value: unknown, pieces: JsonPieces, none: string): Steps<void> {
  if (isLongJson(value)) {
    if (typeof value === 'string') return yield* longText([value], pieces);
    if (Array.isArray(value)) return yield* longArray(value, pieces);
    if (isPlain(value)) {
      yield* longObject(value, pieces);
      yield;
      return;
    }
  }
  // Undefined for a function, whatever its types say.
  const text = JSON.stringify(value) as string | undefined;
  pieces.push(text ?? none);
}

/**
 * What `JSON.stringify` writes of a value, in pieces to be put together. Pauses about every millisecond.
 * @throws as `JSON.stringify` does, a RangeError for a circle
 */
export function* jsonSteps(value: unknown): Steps<readonly string[]> {
  const pieces: string[] = [];
  yield* jsonInto(value, pieces);
  return pieces;
}

/** The same, each piece given to `pieces` as soon as it is made: all of them together are as much memory as what they are of. */
export function jsonInto(value: unknown, pieces: JsonPieces): Steps<void> {
  return written(value, pieces, '');
}
