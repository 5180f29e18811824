/** A long JSON value, read part by part, so that no step takes long: etcd keeps objects of 1.5 MB, which `JSON.parse` reads in 40 ms. */
import type { Steps } from '../base/steps.ts';
import { stringEnd } from './json-values.ts';

/** How large the parts are that are read at once, in characters. */
export interface PartSizes {
  /** Members of an object, or of a list, that stand beside each other are read at once up to about so many. */
  readonly run: number;
  /** A longer value is read part by part. */
  readonly long: number;
  /** Between two pauses where brackets are looked for. */
  readonly scan: number;
}

/** Half a millisecond or so each. */
const usualSizes: PartSizes = { run: 16_000, long: 32_000, scan: 100_000 };

/**
 * How many levels of a value are taken apart: each is gone through once more. `items[].status.loadBalancer.ingress[]` are five, one
 * more is spare. What is long further down is read whole.
 */
const deepest = 6;

const comma = 44;
const quote = 34;
const colon = 58;
const opensObject = 123;
const opensList = 91;

/** Members that stand beside each other, or one that is long. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly isLong: boolean;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function behindBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

function beforeBlanks(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** The members between the brackets of a value, by brackets and commas alone; undefined where they are not those of one value. */
function* runsOf(text: string, from: number, to: number, sizes: PartSizes): Steps<readonly Run[] | undefined> {
  const runs: Run[] = [];
  let depth = 0;
  let runFrom = from;
  let memberFrom = from;
  let pauseAt = from + sizes.scan;
  const closeMember = (end: number): void => {
    if (end - memberFrom > sizes.long) {
      if (memberFrom > runFrom) runs.push({ from: runFrom, to: memberFrom - 1, isLong: false });
      runs.push({ from: memberFrom, to: end, isLong: true });
      runFrom = end + 1;
    } else if (end - runFrom > sizes.run || end === to) {
      runs.push({ from: runFrom, to: end, isLong: false });
      runFrom = end + 1;
    }
    memberFrom = end + 1;
  };
  for (let at = from; at < to; at += 1) {
    if (at >= pauseAt) {
      pauseAt = at + sizes.scan;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === quote) {
      const behind = stringEnd(text, at);
      if (behind < 0 || behind > to) return undefined;
      at = behind - 1;
    } else if (code === opensObject || code === opensList) depth += 1;
    // The brackets that close have the numbers of those that open, and two.
    else if (code === opensObject + 2 || code === opensList + 2) {
      depth -= 1;
      if (depth < 0) return undefined;
    } else if (code === comma && depth === 0) closeMember(at);
  }
  closeMember(to);
  // Nothing between two commas is a fault, which members that are read by themselves would not show.
  return runs.some((run) => behindBlanks(text, run.from, run.to) === run.to) ? undefined : runs;
}

function* listOf(text: string, runs: readonly Run[], depth: number, sizes: PartSizes): Steps<unknown[]> {
  const list: unknown[] = [];
  for (const { from, to, isLong } of runs) {
    if (isLong) list.push(yield* valueIn(text, from, to, depth, sizes));
    else for (const item of JSON.parse(`[${text.slice(from, to)}]`) as unknown[]) list.push(item);
    yield;
  }
  return list;
}

function* objectOf(text: string, runs: readonly Run[], depth: number, sizes: PartSizes): Steps<object> {
  const object = {};
  // As JSON.parse does it: "__proto__" is a name like any other, and of two with one name the last one stays.
  const put = (name: string, value: unknown): void => {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  };
  for (const { from, to, isLong } of runs) {
    if (isLong) {
      const start = behindBlanks(text, from, to);
      const nameEnd = text.charCodeAt(start) === quote ? stringEnd(text, start) : start;
      const between = behindBlanks(text, nameEnd, to);
      if (text.charCodeAt(between) !== colon) throw new SyntaxError('a member of an object has no name');
      put(JSON.parse(text.slice(start, nameEnd)) as string, yield* valueIn(text, between + 1, to, depth, sizes));
    } else for (const [name, value] of Object.entries(JSON.parse(`{${text.slice(from, to)}}`) as object)) put(name, value);
    yield;
  }
  return object;
}

/** @throws SyntaxError */
function* valueIn(text: string, from: number, to: number, depth: number, sizes: PartSizes): Steps<unknown> {
  const [start, end] = [behindBlanks(text, from, to), beforeBlanks(text, from, to)];
  const opens = text.charCodeAt(start);
  const isOne = (opens === opensObject || opens === opensList) && text.charCodeAt(end - 1) === opens + 2;
  const runs = isOne && end - start > sizes.long && depth < deepest ? yield* runsOf(text, start + 1, end - 1, sizes) : undefined;
  if (runs === undefined) return JSON.parse(text.slice(from, to));
  return yield* opens === opensList ? listOf(text, runs, depth + 1, sizes) : objectOf(text, runs, depth + 1, sizes);
}

/**
 * What `JSON.parse` gives for a part of a text, in steps.
 * @param sizes only tests say them
 * @throws SyntaxError, whose place is that in some part
 */
export function longJsonSteps(text: string, from = 0, to = text.length, sizes: PartSizes = usualSizes): Steps<unknown> {
  return valueIn(text, from, to, 0, sizes);
}
