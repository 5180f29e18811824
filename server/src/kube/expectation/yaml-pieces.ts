/** Reads a long YAML text with pauses, where its last key is `packets` with a list of which each item begins a line, as `test --write` and most people write it. */
import { EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import type { Steps } from '../../base/steps.ts';

/** Events of a part of a text, whose places count from `base` in the whole. */
export interface EventsOfPiece {
  readonly events: readonly Event[];
  /** What was read: the places of events are within it. */
  readonly text: string;
  readonly base: number;
}

/** So deep may lists and maps of a text stand within others. */
const mostNesting = 40;
/** Read in some milliseconds. */
export const charactersOfPiece = 4_000;
const linesBetweenPauses = 4_096;

/** Stands above items of a list, so that they are read as within the whole. */
const above = 'packets:\n';

/** Where items begin, some thousand characters apart; the first is the list's. Undefined for a text of another layout. */
function* startsOf(text: string, ofPiece: number): Steps<readonly number[] | undefined> {
  const key = /^packets:[ \t]*\r?\n(?= *- )/m.exec(text);
  if (key === null) return undefined;
  // Directives and other documents change how all below is read.
  if (/^(?:%|---|\.\.\.)/m.test(text.slice(0, key.index)) || text.includes('\0')) return undefined;
  // For YAML a carriage return alone ends a line, too.
  if (text.includes('\r') && /\r(?!\n)/.test(text)) return undefined;
  let at = key.index + key[0].length;
  const [item = ''] = /^ *- /.exec(text.slice(at, at + 200)) ?? [];
  if (item === '') return undefined;
  const starts = [at];
  for (let line = 1; at < text.length; line += 1) {
    if (line % linesBetweenPauses === 0) yield;
    // What stands at the margin is a key behind the list.
    if (!' #-\r\n'.includes(text[at] ?? '') || text.startsWith('---', at)) return undefined;
    if (at - (starts.at(-1) ?? 0) >= ofPiece && text.startsWith(item, at)) starts.push(at);
    const end = text.indexOf('\n', at);
    at = end < 0 ? text.length : end + 1;
  }
  return starts;
}

/** Whether these are the events of one document, a map whose last value is a list that begins at a place or behind it. */
function isOneList(events: readonly Event[], start: number): boolean {
  let depth = 0;
  let list = -1;
  for (const [at, event] of events.entries()) {
    if (event.type === EVENT_ID.POP) depth -= 1;
    else if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) {
      if (event.type === EVENT_ID.SEQUENCE && depth === 2 && event.start >= start) list = at;
      depth += 1;
    }
    if (depth < 3 && list >= 0 && at > list) return at === events.length - 3;
    if (depth === 0 && at < events.length - 1) return false;
  }
  return false;
}

const eventsAround = 3;

/** The events of a part, or what is wrong with it; undefined where it ends within an item. */
function eventsOf(text: string, from: number, to: number, isFirst: boolean): EventsOfPiece | YAMLException | undefined {
  const piece = isFirst ? text.slice(0, to) : above + text.slice(from, to);
  const base = isFirst ? 0 : from - above.length;
  try {
    const events = parseEvents(piece, { maxDepth: mostNesting });
    return isOneList(events, from - base) ? { events, text: piece, base } : undefined;
  } catch (error) {
    if (error instanceof YAMLException) return error;
    throw error;
  }
}

/** What a text says as events, or what is wrong with it and where (an offset). */
export type ReadEvents =
  | { readonly ok: true; readonly pieces: readonly EventsOfPiece[] }
  | { readonly ok: false; readonly reason: string; readonly offset: number };

function readWhole(text: string): ReadEvents {
  try {
    return { ok: true, pieces: [{ events: parseEvents(text, { maxDepth: mostNesting }), text, base: 0 }] };
  } catch (error) {
    if (error instanceof YAMLException) return { ok: false, reason: error.reason, offset: error.mark?.position ?? 0 };
    throw error;
  }
}

/**
 * The events of a text, as if it was read at once: those that open and close what is around the list are there once. Pauses every few thousand characters; a text of another layout is
 * read at once.
 * @param ofPiece so many characters are read at once, and what is left of the last item
 */
export function* eventSteps(text: string, ofPiece: number): Steps<ReadEvents> {
  const starts = text.length <= ofPiece ? undefined : yield* startsOf(text, ofPiece);
  if (starts === undefined) return readWhole(text);
  const pieces: EventsOfPiece[] = [];
  for (let at = 0; at < starts.length; ) {
    // Where a value goes on over a line that looks like an item, with the next ones: twice as many each time.
    for (let many = 1; ; many *= 2) {
      yield;
      const from = starts[at] ?? 0;
      const isLast = at + many >= starts.length;
      const to = isLast ? text.length : (starts[at + many] ?? text.length);
      const read = eventsOf(text, from, to, at === 0);
      if (read !== undefined && !(read instanceof YAMLException)) {
        const { events } = read;
        const begin = at === 0 ? 0 : eventsAround + 1;
        pieces.push({ ...read, events: events.slice(begin, isLast ? events.length : -eventsAround) });
        at += many;
        break;
      }
      if (!isLast) continue;
      if (read === undefined) return readWhole(text);
      const base = at === 0 ? 0 : from - above.length;
      return { ok: false, reason: read.reason, offset: (read.mark?.position ?? 0) + base };
    }
  }
  return { ok: true, pieces };
}
