const mostHashed = 8;
/** Names that are looked at one after the other, before a map is asked: however names were chosen, a look-up takes no longer. */
const mostProbes = 16;
/** In a slot of a name that is gone, behind which others are looked for; greater than any number. */
const goneName = 0xffffffff;
/** Where more slots than one of so many hold such names all are put in slots anew. */
const mostGone = 16;
/** With fewer names than these that get other numbers each is looked for. */
const fewMoved = 1_024;
/** Of 64 bytes V8 keeps an array among its objects; a larger one is memory apart, which makes work for each of 75,000 tables. */
const noHash = new Uint32Array(16);

/**
 * Names with numbers in the order in which they came, from 0 on. Also finds a name within a text, without a string for it. For a hundred thousand
 * names several times as quick as a Map.
 */
export class NameIndex {
  #names: string[] = [];
  #hashes = noHash;
  /** One more than the number of a name, by its hash; 0 where there is none. */
  #slots = noHash;
  /** How many slots hold a name that is gone. */
  #gone = 0;
  /** Names for which there was no slot near the one of their hash. */
  #crowded: Map<string, number> | undefined;

  /** In their order. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The number of a name. */
  get(name: string): number | undefined {
    const number = this.#find(name, 0, name.length, hashOf(name, 0, name.length));
    return number < 0 ? undefined : number;
  }

  /** The number of a name, which is given one if it is new. */
  add(name: string): number {
    const hash = hashOf(name, 0, name.length);
    const known = this.#find(name, 0, name.length, hash);
    return known >= 0 ? known : this.#append(name, hash);
  }

  /** The same of the name that stands in a text from `start` up to, but not including, `end`. Does not keep the text in memory. */
  addWithin(text: string, start: number, end: number): number {
    const known = this.#find(text, start, end, hashOf(text, start, end));
    if (known >= 0) return known;
    // V8 keeps a part of a string as a part of it: of a dump of 16 MB, for one name. Put together of two, and looked into, it is a string of its own.
    const middle = (start + end) >>> 1;
    const name = text.slice(start, middle) + text.slice(middle, end);
    return this.#append(name, hashOf(name, 0, name.length));
  }

  /**
   * An index of names in another order, of which most are known here and are not hashed again.
   * @param names belong to the index from here on
   * @param before the number that each of them has here; -1 for one that is new
   * @param after by the number that a name has here, the one that it gets; -1 for one that is gone
   * @param kept how many names at the beginning have the numbers that they had
   */
  reordered(names: string[], before: Int32Array, after: Int32Array, kept = 0): NameIndex {
    const index = new NameIndex();
    index.#names = names;
    let size = noHash.length;
    while (names.length * 2 > size) size *= 2;
    const isAsLarge = size === this.#slots.length && this.#crowded === undefined && this.#gone < size / mostGone;
    index.#hashes = new Uint32Array(size / 2);
    index.#hashes.set(this.#hashes.subarray(0, kept));
    for (let number = kept; number < names.length; number += 1) {
      const old = before[number] as number;
      const name = names[number] as string;
      index.#hashes[number] = old < 0 ? hashOf(name, 0, name.length) : (this.#hashes[old] as number);
    }
    if (isAsLarge && this.#names.length - kept < fewMoved) index.#takeSlotsBut(this, after, kept);
    else if (isAsLarge) index.#takeSlots(this, after);
    else index.#slots = new Uint32Array(size);
    const hasSlot = (number: number): boolean => isAsLarge && (before[number] as number) >= 0;
    for (let number = isAsLarge ? kept : 0; number < names.length; number += 1) if (!hasSlot(number)) index.#put(number);
    return index;
  }

  /** Has names where they are in the slots of another index of the same size, under their new numbers. */
  #takeSlots(other: NameIndex, after: Int32Array): void {
    const slots = other.#slots.slice();
    let gone = other.#gone;
    for (let slot = 0; slot < slots.length; slot += 1) {
      const number = slots[slot] as number;
      if (number === 0 || number === goneName) continue;
      const now = after[number - 1] as number;
      slots[slot] = now < 0 ? goneName : now + 1;
      if (now < 0) gone += 1;
    }
    this.#slots = slots;
    this.#gone = gone;
  }

  /** The same where the names below a number keep theirs: only the slots of the others are looked for. */
  #takeSlotsBut(other: NameIndex, after: Int32Array, kept: number): void {
    const slots = other.#slots.slice();
    const mask = slots.length - 1;
    this.#gone = other.#gone;
    for (let number = kept; number < other.#names.length; number += 1) {
      const hash = other.#hashes[number] as number;
      let slot = hash & mask;
      for (let probe = 1; other.#slots[slot] !== number + 1 && probe < mostProbes; probe += 1) slot = (hash + probe) & mask;
      const now = after[number] as number;
      slots[slot] = now < 0 ? goneName : now + 1;
      if (now < 0) this.#gone += 1;
    }
    this.#slots = slots;
  }

  #append(name: string, hash: number): number {
    const number = this.#names.length;
    if ((number + 1) * 2 > this.#slots.length || this.#slots === noHash) this.#grow();
    this.#names.push(name);
    this.#hashes[number] = hash;
    this.#put(number);
    return number;
  }

  #find(text: string, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let probe = 0; probe < mostProbes; probe += 1) {
      const number = (slots[(hash + probe) & mask] ?? 0) - 1;
      if (number < 0) return -1;
      if (this.#hashes[number] !== hash) continue;
      const name = this.#names[number] ?? '';
      if (name === text ? start === 0 && end === text.length : name.length === end - start && text.startsWith(name, start))
        return number;
    }
    return this.#crowded?.get(text.slice(start, end)) ?? -1;
  }

  #put(number: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = this.#hashes[number] ?? 0;
    for (let probe = 0; probe < mostProbes; probe += 1) {
      const slot = (hash + probe) & mask;
      if (slots[slot] !== 0) continue;
      slots[slot] = number + 1;
      return;
    }
    this.#crowded ??= new Map();
    this.#crowded.set(this.#names[number] ?? '', number);
  }

  #grow(): void {
    const size = this.#slots === noHash ? noHash.length : this.#slots.length * 2;
    const hashes = new Uint32Array(size / 2);
    hashes.set(this.#hashes.subarray(0, this.#names.length));
    this.#hashes = hashes;
    this.#slots = new Uint32Array(size);
    this.#gone = 0;
    this.#crowded = undefined;
    for (let number = 0; number < this.#names.length; number += 1) this.#put(number);
  }
}

/** Of the last characters alone: names of chains end in what tells them apart. */
function hashOf(text: string, start: number, end: number): number {
  let hash = end - start;
  for (let at = Math.max(start, end - mostHashed); at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) >>> 0;
}
