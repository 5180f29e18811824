/** Sets of ordered values (numbers, addresses, names) as spans: what is known of a value that is not known exactly. */

export type Bound = number | bigint | string;

/** From the first on, up to but without the second; null for no end on that side. Bounds of one set are of one type. */
export type Span = readonly [from: Bound | null, to: Bound | null];

/** In ascending order, without overlaps; none for the empty set. */
export type Ranges = readonly Span[];

export const everything: Ranges = [[null, null]];

/** One number, or those from one to another, both included. */
export function numbers(from: number, to = from): Ranges {
  return from > to ? [] : [[from, to + 1]];
}

/** The numbers below a bound that a question picks. */
export function numbersWhere(below: number, picks: (value: number) => boolean): Ranges {
  const spans: [number, number][] = [];
  for (let value = 0; value < below; value += 1) {
    if (!picks(value)) continue;
    const last = spans.at(-1);
    if (last !== undefined && last[1] === value) last[1] = value + 1;
    else spans.push([value, value + 1]);
  }
  return spans;
}

/** One name, or with `isPrefix` all names that begin so. */
export function names(name: string, isPrefix = false): Ranges {
  if (!isPrefix) return [[name, `${name}\0`]];
  return name === '' ? everything : [[name, `${name}\uffff`]];
}

function isBelow(from: Bound | null, to: Bound | null): boolean {
  return from === null || to === null || from < to;
}

function later(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

function earlier(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** What is in both. */
export function both(one: Ranges, other: Ranges): Ranges {
  const spans: Span[] = [];
  let at = 0;
  let otherAt = 0;
  for (;;) {
    const span = one[at];
    const otherSpan = other[otherAt];
    if (span === undefined || otherSpan === undefined) return spans;
    const start = later(span[0], otherSpan[0]);
    const end = earlier(span[1], otherSpan[1]);
    if (isBelow(start, end)) spans.push([start, end]);
    // Whichever ends first has nothing in common with what comes next in the other.
    if (span[1] === end) at += 1;
    if (otherSpan[1] === end) otherAt += 1;
  }
}

/** All that is not in it. */
export function complement(ranges: Ranges): Ranges {
  const spans: Span[] = [];
  let start: Bound | null | undefined = null;
  for (const [from, to] of ranges) {
    if (from !== null && start !== undefined && isBelow(start, from)) spans.push([start, from]);
    start = to ?? undefined;
  }
  if (start !== undefined) spans.push([start, null]);
  return spans;
}

/** What is in either. */
export function either(one: Ranges, other: Ranges): Ranges {
  return complement(both(complement(one), complement(other)));
}

/** Whether a value is in it. */
export function includes(ranges: Ranges, value: Bound): boolean {
  return ranges.some(([from, to]) => (from === null || value >= from) && (to === null || value < to));
}

/** Whether all of one is in the other. */
export function isWithin(one: Ranges, other: Ranges): boolean {
  return both(one, complement(other)).length === 0;
}
