/** A YAML or JSON text as a tree that knows where everything stands. Lines and columns are 1-based, ends are behind the last character. */

import { EVENT_ID, getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import { lastAtMost } from '../../base/last-at-most.ts';
import type { Steps } from '../../base/steps.ts';
import { charactersOfPiece, type EventsOfPiece, eventSteps } from './yaml-pieces.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Span {
  readonly start: Place;
  readonly end: Place;
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly span: Span;
  readonly text: string;
  /** Whether it stands without quotes, so that `true` and `null` are no strings. */
  readonly isPlain: boolean;
}

export interface ListNode {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly TreeNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly span: Span;
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: TreeNode;
}

export type TreeNode = ScalarNode | ListNode | MapNode;

export interface TreeProblem {
  readonly message: string;
  readonly span: Span;
}

export type TreeAnswer =
  /** null for a text without anything in it. */
  { readonly ok: true; readonly root: TreeNode | null } | { readonly ok: false; readonly problem: TreeProblem };

/** What a text may have: of the largest cluster that Kubernetes is made for `test --write` writes 7 million characters with 400,000 keys, values and lists. */
const mostCharacters = 16_000_000;
const mostEvents = 2_000_000;

/** Where the lines of a text start. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function placeIn(starts: readonly number[], offset: number): Place {
  const at = lastAtMost(starts, offset);
  return { line: at + 1, column: offset - (starts[at] ?? 0) + 1 };
}

/** A document, list or map that is being read. */
interface Open {
  readonly kind: 'list' | 'map' | 'document';
  readonly start: number;
  /** Behind the last that was read of it. */
  end: number;
  readonly nodes: TreeNode[];
}

class Refusal extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface Reading {
  readonly text: string;
  readonly starts: readonly number[];
  readonly open: Open[];
  documents: number;
  root: TreeNode | null;
}

function spanOf({ starts }: Reading, start: number, end: number): Span {
  return { start: placeIn(starts, start), end: placeIn(starts, Math.max(start, end)) };
}

/** Puts a node into what is open around it. */
function add(reading: Reading, node: TreeNode, end: number): void {
  const parent = reading.open.at(-1);
  if (parent === undefined) return;
  parent.end = Math.max(parent.end, end);
  if (parent.kind === 'document') reading.root = node;
  else parent.nodes.push(node);
}

function addScalar(reading: Reading, event: ScalarEvent, { text, base }: EventsOfPiece): void {
  const isQuoted = event.style === SCALAR_STYLE.DOUBLE_QUOTED || event.style === SCALAR_STYLE.SINGLE_QUOTED;
  const quote = isQuoted ? 1 : 0;
  // An empty value stands where the last was.
  const start = event.valueStart < 0 ? (reading.open.at(-1)?.end ?? 0) : base + event.valueStart - quote;
  const end = event.valueStart < 0 ? start : base + event.valueEnd + quote;
  const value = event.valueStart < 0 ? '' : getScalarValue(text, event);
  const isPlain = event.style === SCALAR_STYLE.PLAIN;
  add(reading, { kind: 'scalar', span: spanOf(reading, start, end), text: value, isPlain }, end);
}

function close(reading: Reading): void {
  const closed = reading.open.pop();
  if (closed === undefined || closed.kind === 'document') return;
  const { kind, start, end, nodes } = closed;
  const span = spanOf(reading, start, end);
  if (kind === 'list') {
    add(reading, { kind, span, items: nodes }, end);
    return;
  }
  const entries: MapEntry[] = [];
  for (let at = 0; at + 1 < nodes.length; at += 2) {
    const [key, value] = [nodes[at], nodes[at + 1]];
    if (key?.kind !== 'scalar' || value === undefined) throw new Refusal('a key is no word', start);
    entries.push({ key, value });
  }
  add(reading, { kind, span, entries }, end);
}

function addEvents(reading: Reading, piece: EventsOfPiece): void {
  const { base, events } = piece;
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        reading.documents += 1;
        if (reading.documents > 1) throw new Refusal('a second document begins here; expected one', reading.text.length);
        reading.open.push({ kind: 'document', start: 0, end: 0, nodes: [] });
        break;
      case EVENT_ID.SEQUENCE:
        reading.open.push({ kind: 'list', start: base + event.start, end: base + event.start + 1, nodes: [] });
        break;
      case EVENT_ID.MAPPING:
        reading.open.push({ kind: 'map', start: base + event.start, end: base + event.start + 1, nodes: [] });
        break;
      case EVENT_ID.SCALAR:
        addScalar(reading, event, piece);
        break;
      case EVENT_ID.ALIAS:
        throw new Refusal(
          'an alias stands for what is elsewhere, which is not taken here: say it again',
          base + event.anchorStart,
        );
      case EVENT_ID.POP:
        close(reading);
    }
  }
}

function* treeOf(reading: Reading, ofPiece: number): Steps<TreeAnswer> {
  const problem = (message: string, offset: number): TreeAnswer => ({
    ok: false,
    problem: { message, span: spanOf(reading, offset, offset) },
  });
  const read = yield* eventSteps(reading.text, ofPiece);
  if (!read.ok) return problem(`this is no YAML: ${read.reason}`, Math.min(read.offset, reading.text.length));
  const events = read.pieces.reduce((sum, piece) => sum + piece.events.length, 0);
  if (events > mostEvents)
    return problem(`the file has more than ${mostEvents / 1_000_000} million keys, values and lists: make several of it`, 0);
  try {
    for (const piece of read.pieces) {
      yield;
      addEvents(reading, piece);
    }
    return { ok: true, root: reading.root };
  } catch (error) {
    if (error instanceof Refusal) return problem(error.message, error.offset);
    throw error;
  }
}

/** The tree of a text, or in a few words what is wrong with it and where. Never throws. Pauses every few thousand characters. @param ofPiece how many */
export function* treeSteps(text: string, ofPiece = charactersOfPiece): Steps<TreeAnswer> {
  if (text.length > mostCharacters) {
    const start: Place = { line: 1, column: 1 };
    const message = `the file has more than ${mostCharacters / 1_000_000} million characters: make several of it`;
    return { ok: false, problem: { message, span: { start, end: start } } };
  }
  return yield* treeOf({ text, starts: lineStarts(text), open: [], documents: 0, root: null }, ofPiece);
}
