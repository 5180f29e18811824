/** A list that stays quick where much is put in and taken out anywhere, and whose items are found by a key. */
export interface LongList<T> {
  readonly length: number;
  /** Puts an item before the one at a place (0-based), at the end for `length`. */
  insert(at: number, item: T): void;
  /** Takes out the item at a place that there is. */
  removeAt(at: number): void;
  /** Takes out the first item with a key; false where none has it. */
  removeFirst(key: string): boolean;
  has(key: string): boolean;
  clear(): void;
  items(): T[];
}

interface Piece<T> {
  items: T[];
  /** How many of the items have each key. */
  readonly keys: Map<string, number>;
}

const mostInPiece = 512;

function pieceOf<T>(items: T[], keyOf: (item: T) => string): Piece<T> {
  const keys = new Map<string, number>();
  for (const item of items) keys.set(keyOf(item), (keys.get(keyOf(item)) ?? 0) + 1);
  return { items, keys };
}

/** An empty list: a few hundred items a piece, so that every change costs about as many steps as a piece and the list of pieces are long. */
export function createLongList<T>(keyOf: (item: T) => string): LongList<T> {
  let pieces: Piece<T>[] = [];
  let length = 0;

  /** The piece of a place, and the place in it; the end of the last piece for the end of the list. */
  function find(at: number): { readonly index: number; readonly inPiece: number } {
    let left = at;
    for (const [index, { items }] of pieces.entries()) {
      if (left < items.length || (left === items.length && index === pieces.length - 1)) return { index, inPiece: left };
      left -= items.length;
    }
    return { index: 0, inPiece: 0 };
  }

  function takeOut(index: number, inPiece: number): void {
    const piece = pieces[index];
    const [item] = piece?.items.splice(inPiece, 1) ?? [];
    if (piece === undefined || item === undefined) return;
    const key = keyOf(item);
    const left = (piece.keys.get(key) ?? 0) - 1;
    if (left > 0) piece.keys.set(key, left);
    else piece.keys.delete(key);
    if (piece.items.length === 0) pieces.splice(index, 1);
    length -= 1;
  }

  return {
    get length() {
      return length;
    },
    insert(at, item) {
      if (pieces.length === 0) pieces.push({ items: [], keys: new Map() });
      const { index, inPiece } = at === length ? { index: pieces.length - 1, inPiece: Infinity } : find(at);
      const piece = pieces[index];
      if (piece === undefined) return;
      piece.items.splice(inPiece, 0, item);
      piece.keys.set(keyOf(item), (piece.keys.get(keyOf(item)) ?? 0) + 1);
      length += 1;
      if (piece.items.length <= mostInPiece) return;
      const half = mostInPiece / 2;
      pieces.splice(index, 1, pieceOf(piece.items.slice(0, half), keyOf), pieceOf(piece.items.slice(half), keyOf));
    },
    removeAt(at) {
      if (at < 0 || at >= length) return;
      const { index, inPiece } = find(at);
      takeOut(index, inPiece);
    },
    removeFirst(key) {
      const index = pieces.findIndex(({ keys }) => keys.has(key));
      if (index < 0) return false;
      takeOut(index, pieces[index]?.items.findIndex((item) => keyOf(item) === key) ?? 0);
      return true;
    },
    has: (key) => pieces.some(({ keys }) => keys.has(key)),
    clear() {
      pieces = [];
      length = 0;
    },
    items: () => pieces.flatMap(({ items }) => items),
  };
}
