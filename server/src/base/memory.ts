/** What was worked out of an object, and goes with it. */
export interface Memory<Key extends object, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/** What one memory knows of an object, and what others do. */
interface Entry {
  readonly memory: object;
  value: unknown;
  readonly next: Entry | undefined;
}

/** A constructor that gives back what it is given, so that a class which extends it puts its private field there. */
const Given = function given(object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

class Remembering extends Given {
  #entries: Entry | undefined;

  static entriesOf(object: object): Entry | undefined {
    return #entries in object ? object.#entries : undefined;
  }

  static keep(object: object, entries: Entry): void {
    const remembering = #entries in object ? object : (new Remembering(object) as Remembering);
    remembering.#entries = entries;
  }
}

function entryOf(key: object, memory: object): Entry | undefined {
  let entry = Remembering.entriesOf(key);
  while (entry !== undefined && entry.memory !== memory) entry = entry.next;
  return entry;
}

/**
 * Remembers something of objects for as long as they are there, as a WeakMap does, in a private field of each, which copies do not have and
 * nobody else sees. A WeakMap with as many keys as a dump has lines is no place for it: V8 stops the program to follow all of its entries,
 * some 100 ms for each million of them at every major collection of garbage, and for as long where one entry leads to a million objects. The keys are not frozen.
 */
export function createMemory<Key extends object, Value>(): Memory<Key, Value> {
  const memory: Memory<Key, Value> = {
    get: (key) => entryOf(key, memory)?.value as Value | undefined,
    set(key, value) {
      const entry = entryOf(key, memory);
      if (entry === undefined) Remembering.keep(key, { memory, value, next: Remembering.entriesOf(key) });
      else entry.value = value;
    },
  };
  return memory;
}
