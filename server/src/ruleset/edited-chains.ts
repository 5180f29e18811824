/**
 * What an edit of a table's declarations and rules does to its chains. They are in the order first mentioned, so that one comes, goes or moves with a
 * declaration, a rule or a jump, and all behind it have other places; no name but those in the edit need be looked up.
 */
import type { Line } from '../syntax/line.ts';
import { placeOf } from '../syntax/unusual-lines.ts';
import type { ChainLists } from './chain-lists.ts';
import type { LineEdit } from './line-edit.ts';
import type { NumberLists } from './number-lists.ts';
import type { Table } from './ruleset.ts';

/** What lines say of a chain: their numbers (0-based), which ascend. */
interface Said {
  readonly declarations: Uint32Array;
  readonly rules: Uint32Array;
  readonly references: Uint32Array;
  /** Commands that name it, such as a policy's. */
  readonly mentions: Uint32Array;
}

/** A chain that lines of an edit name, with what is said of it after the edit. */
export interface EditedChain extends Said {
  readonly name: string;
  /** Its place before; undefined for a new one. */
  readonly before: number | undefined;
}

/** One chain that the edit names, or a run of others by their places before: from `from` up to, but not including, `to`. */
export type Piece = { readonly chain: EditedChain } | { readonly chain: undefined; readonly from: number; readonly to: number };

const kinds = ['declarations', 'rules', 'references', 'mentions'] as const;
/** What lines may say of a chain. */
export type Kind = (typeof kinds)[number];

/** The chain that a plain line says something of by its name, and the one that it jumps to; empty where there is none. */
function namesOn(line: Line, isTarget: (line: Line) => boolean): Readonly<Record<Kind, string>> {
  const { kind, name, target, command } = line;
  const declares = kind === 'chain' || (kind === 'chain-command' && command === 'new');
  return {
    declarations: declares ? name : '',
    rules: kind === 'rule' ? name : '',
    references: kind === 'rule' && !isTarget(line) ? target : '',
    mentions: kind === 'chain-command' && !declares ? name : '',
  };
}

/** What the lines of an edit say, of whatever chains. */
export function kindsOf({ removed, added }: LineEdit, isTarget: (line: Line) => boolean): ReadonlySet<Kind> {
  const said = new Set<Kind>();
  for (const line of [...removed, ...added]) {
    const names = namesOn(line, isTarget);
    for (const kind of kinds) if (names[kind] !== '') said.add(kind);
  }
  return said;
}

/**
 * The chains that the lines of an edit name, those that are gone among them.
 * @param isTarget whether a rule jumps to what is no chain
 */
export function editedChains(table: Table, edit: LineEdit, isTarget: (line: Line) => boolean): readonly EditedChain[] {
  const { places } = table.chains;
  const chains = new Map<string, Record<Kind, number[]>>();
  const addedTo = (name: string): Record<Kind, number[]> => {
    const numbers = chains.get(name) ?? { declarations: [], rules: [], references: [], mentions: [] };
    chains.set(name, numbers);
    return numbers;
  };
  for (const line of edit.removed) for (const name of Object.values(namesOn(line, isTarget))) if (name !== '') addedTo(name);
  for (const [offset, line] of edit.added.entries()) {
    const names = namesOn(line, isTarget);
    for (const kind of kinds) if (names[kind] !== '') addedTo(names[kind])[kind].push(edit.at + offset);
  }
  return Array.from(chains, ([name, added]) => {
    const before = places.get(name);
    const said = (kind: Kind): Uint32Array => edited(table.lists[kind], before, added[kind], edit);
    return {
      name,
      before,
      declarations: said('declarations'),
      rules: said('rules'),
      references: said('references'),
      mentions: said('mentions'),
    };
  });
}

/** A list of ascending lines after an edit: a common chain is referred to by 50,000. */
function edited(lists: NumberLists, index: number | undefined, added: readonly number[], edit: LineEdit): Uint32Array {
  const old = index === undefined ? noNumbers : lists.values.subarray(lists.starts[index], lists.starts[index + 1] ?? 0);
  const above = placeOf(old, edit.at);
  const below = placeOf(old, edit.at + edit.removed.length);
  const numbers = new Uint32Array(above + added.length + old.length - below);
  numbers.set(old.subarray(0, above));
  numbers.set(added, above);
  const by = edit.added.length - edit.removed.length;
  for (let at = below, to = above + added.length; at < old.length; at += 1, to += 1) numbers[to] = (old[at] as number) + by;
  return numbers;
}

const noNumbers = new Uint32Array(0);
const never = Number.POSITIVE_INFINITY;

/** Where a chain is first named: twice the line, and one more where a rule jumps to it, as its own chain stands before that. */
function mentionOf(declared = never, ruled = never, referred = never, mentioned = never): number {
  return Math.min(declared * 2, ruled * 2, referred * 2 + 1, mentioned * 2);
}

/** The same of a chain that the edit does not name, by its place before; the line is one of those after the edit. */
function mentionAt({ declarations, rules, references, mentions }: ChainLists, place: number, edit: LineEdit): number {
  const mention = mentionOf(
    declarations.firstOf(place),
    rules.firstOf(place),
    references.firstOf(place),
    mentions.firstOf(place),
  );
  return mention < edit.at * 2 ? mention : mention + (edit.added.length - edit.removed.length) * 2;
}

/** The chains of a table after an edit, in their order; those without a line are gone. */
export function piecesOf({ chains, lists }: Table, edit: LineEdit, edited: readonly EditedChain[]): readonly Piece[] {
  const named = edited
    .map((chain) => ({
      chain,
      mention: mentionOf(chain.declarations[0], chain.rules[0], chain.references[0], chain.mentions[0]),
    }))
    .filter(({ mention }) => mention < never)
    .sort((a, b) => a.mention - b.mention);
  const pieces: Piece[] = [];
  let next = 0;
  const addRun = (first: number, to: number): void => {
    for (let from = first; from < to; ) {
      const chain = named[next];
      const until = chain === undefined ? to : firstBehind(lists, edit, from, to, chain.mention);
      if (until > from) pieces.push({ chain: undefined, from, to: until });
      from = until;
      if (chain === undefined || until === to) break;
      pieces.push({ chain: chain.chain });
      next += 1;
    }
  };
  let from = 0;
  for (const place of edited.flatMap(({ before }) => before ?? []).sort((a, b) => a - b)) {
    addRun(from, place);
    from = place + 1;
  }
  addRun(from, chains.size);
  for (const { chain } of named.slice(next)) pieces.push({ chain });
  return pieces;
}

/** The first of a run of chains that is mentioned behind a place; the end of the run where none is. */
function firstBehind(lists: ChainLists, edit: LineEdit, from: number, to: number, mention: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mentionAt(lists, middle, edit) < mention) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether all chains have the places that they had. */
export function isSameOrder({ chains }: Table, pieces: readonly Piece[]): boolean {
  let place = 0;
  for (const piece of pieces) {
    if ((piece.chain === undefined ? piece.from : piece.chain.before) !== place) return false;
    place += piece.chain === undefined ? piece.to - piece.from : 1;
  }
  return place === chains.size;
}
