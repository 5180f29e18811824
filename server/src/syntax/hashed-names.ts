/** Names of chains that kube-proxy makes of a hash, read from bytes: a large dump has 60,000 of them, on four lines each. */

const values = new Int8Array(256).fill(-1);
for (const [value, digit] of Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567').entries()) values[digit.charCodeAt(0)] = value;

const dash = 0x2d;

function threeBytes(letters: string): number {
  return (letters.charCodeAt(0) << 16) | (letters.charCodeAt(1) << 8) | letters.charCodeAt(2);
}

/** KUBE and a dash. */
const prefixBytes = 5;
const kinds: ReadonlyMap<number, number> = new Map(
  ['SEP', 'SVC', 'SVL', 'EXT', 'FW-', 'XLB'].map((letters, kind) => [threeBytes(letters), kind]),
);
const endpoint = threeBytes('SEP');
const service = threeBytes('SVC');
const firewall = threeBytes('FW-');
const hashBytes = 16;

/** Odd numbers that nobody else knows, so that no text can be made whose names all have one place. */
const [mixHigh, mixMiddle, mixLow] = Array.from({ length: 3 }, () => (Math.random() * 2 ** 32) | 1) as [number, number, number];
const fewestSlots = 64;
/** The letters of a name while it is made, of KUBE-FW-... and of all others: an array for each of 60,000 is as much to clear away as all lines of a dump. */
const shortest = new Array<number>(24).fill(0);
const longest = new Array<number>(25).fill(0);

/** KUBE-SEP-..., KUBE-SVC- and so on, each with a number in the order in which they came, from 0 on. */
export class HashedNames {
  readonly #names: string[] = [];
  /** The hash and kind of each name, three numbers each. */
  #keys = new Int32Array((fewestSlots * 3) / 2);
  /** One more than the number of a name, by the mixed bits of its key. */
  #slots = new Int32Array(fewestSlots);
  // The key of the name that was read last.
  #high = 0;
  #middle = 0;
  #low = 0;

  /** In their order. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Reads the name that begins at a place: where it ends (exclusive), -1 where none stands there. */
  read(bytes: Uint8Array, start: number): number {
    let at = start + prefixBytes;
    // What is behind the last byte is undefined, which is 0 among bits.
    const letters = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    if (bytes[start] !== 0x4b || bytes[start + 1] !== 0x55 || bytes[start + 2] !== 0x42 || bytes[start + 3] !== 0x45) return -1;
    const kind = bytes[at - 1] !== dash ? -1 : letters === endpoint ? 0 : letters === service ? 1 : (kinds.get(letters) ?? -1);
    if (kind < 0) return -1;
    at += 3;
    if (letters !== firewall) {
      if (bytes[at] !== dash) return -1;
      at += 1;
    }
    // Any digit that is none makes this negative; the line feed behind the last byte is none.
    let all = 0;
    let high = 0;
    let middle = 0;
    let low = kind;
    for (const end = at + 6; at < end; at += 1) {
      const value = values[bytes[at] as number] as number;
      all |= value;
      high = (high << 5) | value;
    }
    for (const end = at + 6; at < end; at += 1) {
      const value = values[bytes[at] as number] as number;
      all |= value;
      middle = (middle << 5) | value;
    }
    for (const end = at + hashBytes - 12; at < end; at += 1) {
      const value = values[bytes[at] as number] as number;
      all |= value;
      low = (low << 5) | value;
    }
    if (all < 0) return -1;
    this.#high = high;
    this.#middle = middle;
    this.#low = low;
    return at;
  }

  /**
   * The number of the name that was read last; -1 where it is new.
   * @param near a number that it or the one before it may have: to compare is quicker than to look up
   */
  find(near: number): number {
    const keys = this.#keys;
    const slots = this.#slots;
    const high = this.#high;
    const middle = this.#middle;
    const low = this.#low;
    const count = this.#names.length;
    const mask = slots.length - 1;
    let slot = this.#home() & mask;
    for (let tried = 0; ; tried += 1) {
      let number = near + tried;
      if (tried > 1) {
        number = (slots[slot] as number) - 1;
        if (number < 0) return -1;
        slot = (slot + 1) & mask;
      }
      if (number < 0 || number >= count || keys[number * 3] !== high) continue;
      if (keys[number * 3 + 1] === middle && keys[number * 3 + 2] === low) return number;
    }
  }

  /** Reads a name that is new, and gives it a number. */
  add(bytes: Uint8Array, start: number): number {
    const end = this.read(bytes, start);
    const number = this.#names.length;
    if ((number + 1) * 2 > this.#slots.length) this.#grow();
    const letters = end - start === shortest.length ? shortest : longest;
    for (let at = 0; at < letters.length; at += 1) letters[at] = bytes[start + at] as number;
    this.#names.push(String.fromCharCode.apply(null, letters));
    this.#keys[number * 3] = this.#high;
    this.#keys[number * 3 + 1] = this.#middle;
    this.#keys[number * 3 + 2] = this.#low;
    this.#put(number);
    return number;
  }

  /** Where the key that was read last would stand. What differs high up in a number alone is brought down each time. */
  #home(): number {
    let mixed = Math.imul(this.#high, mixHigh);
    mixed = Math.imul((mixed ^ (mixed >>> 15)) + this.#middle, mixMiddle);
    mixed = Math.imul((mixed ^ (mixed >>> 15)) + this.#low, mixLow);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  #put(number: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#home() & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#slots = new Int32Array(this.#slots.length * 2);
    const high = this.#high;
    const middle = this.#middle;
    const low = this.#low;
    for (let number = 0; number < this.#names.length; number += 1) {
      this.#high = keys[number * 3] as number;
      this.#middle = keys[number * 3 + 1] as number;
      this.#low = keys[number * 3 + 2] as number;
      this.#put(number);
    }
    this.#keys = keys;
    this.#high = high;
    this.#middle = middle;
    this.#low = low;
  }
}
