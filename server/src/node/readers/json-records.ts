/** What `ip -j` and `bridge -j` print: lists of objects, one list for each family or several behind each other. */

import type { Steps } from '../../base/steps.ts';
import { type Fields, fieldsOfJson } from '../../cluster/fields.ts';
import { jsonPiecesSteps } from '../../cluster/json-values.ts';

export interface JsonRecord {
  readonly fields: Fields;
  /** 1-based, of its first character. */
  readonly line: number;
}

export interface JsonRecords {
  readonly records: readonly JsonRecord[];
  /** How many were no JSON, no objects, or cut off. */
  readonly skipped: number;
}

/** A bundle of the largest nodes has some ten thousand routes and links. */
const mostRecords = 500_000;

const recordsBetweenPauses = 1000;

/** What stands between the objects of a list where it has a value that is no object. */
const otherValue = /[^\s,]/;

/** The objects of all lists in a text, in their order. Never throws; linear in the text's length; pauses now and then. */
export function* jsonRecordsSteps(text: string): Steps<JsonRecords> {
  const records: JsonRecord[] = [];
  let skipped = 0;
  let line = 1;
  let counted = 0;
  let looked = 0;
  const lineAt = (offset: number): number => {
    for (let at = text.indexOf('\n', counted); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
      line += 1;
      counted = at + 1;
    }
    return line;
  };
  for (const list of yield* jsonPiecesSteps(text)) {
    // A list that is cut off still has whole objects in it.
    const inner = text.charCodeAt(list.start) === 91 ? list.start + 1 : list.start;
    const end = list.kind === 'value' ? (inner === list.start ? list.end : list.end - 1) : text.length;
    const within = text.slice(inner, end);
    let behind = 0;
    let isCut = list.kind === 'open';
    for (const piece of yield* jsonPiecesSteps(within)) {
      if (otherValue.test(within.slice(behind, piece.start))) skipped += 1;
      behind = piece.kind === 'value' ? piece.end : within.length;
      if (piece.kind === 'open') isCut = false;
      looked += 1;
      if (looked % recordsBetweenPauses === 0) yield;
      const value = piece.kind === 'value' ? fieldsOfJson(text.slice(inner + piece.start, inner + piece.end)) : undefined;
      if (value === undefined || records.length >= mostRecords) skipped += 1;
      // `ip -j` prints an empty object for what a filter left out.
      else if (Object.keys(value).length > 0) records.push({ fields: value, line: lineAt(inner + piece.start) });
    }
    if (otherValue.test(within.slice(behind))) skipped += 1;
    // Cut off between two objects: as much may be missing as there was.
    else if (isCut) skipped += 1;
  }
  return { records, skipped };
}
