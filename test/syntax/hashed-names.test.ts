import { describe, expect, it } from 'vitest';
import { HashedNames } from '../../server/src/syntax/hashed-names.ts';
import { LineBytes } from '../../server/src/syntax/line-bytes.ts';
import { seeded } from '../property/random-edits.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const kinds = ['SEP-', 'SVC-', 'SVL-', 'EXT-', 'FW-', 'XLB-'];

function bytesOf(text: string): Uint8Array {
  const bytes = new LineBytes();
  bytes.fill(text, 0, text.length);
  return bytes.bytes;
}

/** Where the name ends with which a text begins; -1 where none does. */
function endOf(text: string): number {
  return new HashedNames().read(bytesOf(text), 0);
}

describe('a name that kube-proxy makes of a hash', () => {
  it.each(kinds)('is told by its letters and its hash: %s', (kind) => {
    const name = `KUBE-${kind}ABCDEFGHIJKLMNOP`;
    expect(endOf(name)).toBe(name.length);
    expect(endOf(`${name} -j`)).toBe(name.length);
    expect(endOf(`KUBE-${kind}QRSTUVWXYZ234567`)).toBe(name.length);
    for (const other of [name.slice(0, -1), name.toLowerCase(), name.replace('KUBE', 'CUBE'), name.replace('KUBE-', 'KUBE_')])
      expect(endOf(other), other).toBe(-1);
    for (let at = 0; at < 16; at += 1) {
      for (const letter of '018a -') {
        const other = name.slice(0, name.length - 16 + at) + letter + name.slice(name.length - 15 + at);
        expect(endOf(other), other).toBe(-1);
      }
    }
  });

  it.each([
    'KUBE-ABC-ABCDEFGHIJKLMNOP',
    'KUBE-SVCXABCDEFGHIJKLMNOP',
    'KUBA-SVC-ABCDEFGHIJKLMNOP',
    'KUNE-SVC-ABCDEFGHIJKLMNOP',
    'KABE-SVC-ABCDEFGHIJKLMNOP',
    '',
    'KUBE-',
  ])('is none: %s', (text) => {
    expect(endOf(text)).toBe(-1);
  });

  it('may stand anywhere', () => {
    const text = '-A KUBE-SVC-ABCDEFGHIJKLMNOP -j KUBE-FW-ABCDEFGHIJKLMNOP';
    expect([new HashedNames().read(bytesOf(text), 3), new HashedNames().read(bytesOf(text), 32)]).toEqual([28, text.length]);
  });
});

describe('names with numbers', () => {
  const below = seeded(5);
  const hash = (): string => Array.from({ length: 16 }, () => digits.charAt(below(32))).join('');
  const base = 'ABCDEFGHIJKLMNOP';
  // Some differ in one letter, in the kind, or in the first bits alone.
  const alike = [
    ...kinds.map((kind) => `KUBE-${kind}${base}`),
    ...Array.from(base, (_, at) => `KUBE-SVC-${base.slice(0, at)}7${base.slice(at + 1)}`),
    ...Array.from(base, (_, at) => `KUBE-SVC-${base.slice(0, at)}Q${base.slice(at + 1)}`),
  ];
  const all = [...new Set([...alike, ...Array.from({ length: 2_000 }, (_, at) => `KUBE-${kinds[at % kinds.length]}${hash()}`)])];

  it('have them in the order in which they came, and are found by them or near them, however many there are', () => {
    const names = new HashedNames();
    for (const [number, name] of all.entries()) {
      const bytes = bytesOf(name);
      names.read(bytes, 0);
      expect(names.find(-1)).toBe(-1);
      expect(names.find(number - 1)).toBe(-1);
      expect(names.add(bytes, 0)).toBe(number);
      // All of them after each time that there is more room.
      if ((number & (number - 1)) !== 0) continue;
      for (const [before, known] of all.slice(0, number + 1).entries()) {
        names.read(bytesOf(known), 0);
        expect(names.find(-1)).toBe(before);
      }
    }
    expect(names.names).toEqual(all);
    for (const [number, name] of all.entries()) {
      names.read(bytesOf(name), 0);
      for (const near of [-1, number, number - 1, number + 1, 0, all.length, all.length + 5])
        expect(names.find(near)).toBe(number);
    }
  });
});
