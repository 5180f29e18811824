/** A long JSON list of objects, as `kubectl get -o json` prints it, read object by object, so that no step takes long. */

import { stringEnd } from './json-values.ts';
import { longJsonSteps } from './long-json.ts';

const quote = 34;
/** Characters between two pauses; some milliseconds of work. */
const between = 200_000;

/** Where the objects of a list stand, and the list without them. */
interface ListParts {
  readonly start: number;
  readonly end: number;
  /** Of each its start and its end, one after the other: there may be millions. */
  readonly objects: readonly number[];
}

const opensItems = /"items"\s*:\s*\[$/;
const betweenObjects = /^[\s,]*$/;

/** The parts of a list by its brackets alone; undefined for a text that is not plainly one object with one "items". */
function* partsOf(text: string): Generator<void, ListParts | undefined> {
  const objects: number[] = [];
  let depth = 0;
  let start = -1;
  let end = -1;
  let object = 0;
  let pauseAt = between;
  for (let at = 0; at < text.length; at += 1) {
    if (at >= pauseAt) {
      pauseAt = at + between;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === quote) {
      const behind = stringEnd(text, at);
      if (behind < 0) return undefined;
      at = behind - 1;
    } else if (code === 123 || code === 91) {
      depth += 1;
      if (depth === 2 && opensItems.test(text.slice(Math.max(0, at - 40), at + 1))) {
        if (start >= 0) return undefined;
        start = at + 1;
      } else if (depth === 3 && start >= 0 && end < 0) object = at;
    } else if (code === 125 || code === 93) {
      depth -= 1;
      if (depth === 2 && start >= 0 && end < 0) objects.push(object, at + 1);
      else if (depth === 1 && start >= 0 && end < 0) end = at;
    }
  }
  return depth === 0 && end >= 0 ? { start, end, objects } : undefined;
}

/** Whether nothing but commas and blanks stands between the objects of a list; JSON.parse says what else is wrong. */
function isPlain(text: string, { start, end, objects }: ListParts): boolean {
  let last = start;
  for (let at = 0; at < objects.length; at += 2) {
    const gap = text.slice(last, objects[at]);
    // One comma between two, none before the first.
    if (!betweenObjects.test(gap) || gap.split(',').length - 1 !== (at === 0 ? 0 : 1)) return false;
    last = objects[at + 1] ?? last;
  }
  return text.slice(last, end).trim() === '';
}

/**
 * What `JSON.parse` gives for a list, read in steps. Undefined where it is no such list or anything is wrong with it: then the whole text is to be
 * parsed, which says what. Never throws.
 */
export function* parseJsonList(text: string): Generator<void, { readonly value: unknown } | undefined> {
  const parts = yield* partsOf(text);
  if (parts === undefined || !isPlain(text, parts)) return undefined;
  try {
    const head: unknown = JSON.parse(text.slice(0, parts.start) + text.slice(parts.end));
    if (typeof head !== 'object' || head === null || !('items' in head)) return undefined;
    const items: unknown[] = [];
    let read = 0;
    for (let at = 0; at < parts.objects.length; at += 2) {
      const [from = 0, to = 0] = [parts.objects[at], parts.objects[at + 1]];
      items.push(to - from > between ? yield* longJsonSteps(text, from, to) : JSON.parse(text.slice(from, to)));
      read += to - from;
      if (read < between) continue;
      read = 0;
      yield;
    }
    return { value: { ...head, items } };
  } catch {
    return undefined;
  }
}
