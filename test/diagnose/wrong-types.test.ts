import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { diagnosed } from '../support/bundles.ts';
import { healthy } from './bundle-changes.ts';

// A bundle is anybody's text. No claim rests on a record with something of another type in it, or on records that may be missing: it is said.

const questions = [
  { from: 'shop/client-0', to: 'shop/web' },
  { from: 'shop/client-0', to: '8.8.8.8:53/udp' },
  { from: 'outside', to: 'node:worker-1:30080' },
];

function textOf(path: string): string {
  const file = healthy.find((each) => each.path === path);
  if (file === undefined) throw new Error(`There is no ${path}.`);
  return file.text;
}

/** The text of a file with another value at a place: [1, 'flags']. */
function withValue(path: string, place: readonly (string | number)[], value: unknown): string {
  return JSON.stringify(replaced(JSON.parse(textOf(path)), place, value));
}

function replaced(holder: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(holder)) return holder.map((each: unknown, at) => (at === key ? replaced(each, rest, value) : each));
  const fields = new Map(Object.entries(holder as object));
  return Object.fromEntries(fields.set(String(key), replaced(fields.get(String(key)), rest, value)));
}

const cases: readonly (readonly [path: string, place: readonly (string | number)[], value: unknown])[] = [
  ['ip-addr.json', [1, 'ifname'], 5],
  ['ip-addr.json', [2], 'cni0'],
  ['ip-addr.json', [2, 'addr_info'], { local: '10.42.0.1' }],
  ['ip-addr.json', [2, 'addr_info', 0, 'prefixlen'], '24'],
  ['ip-link.json', [1, 'flags'], 'UP'],
  ['ip-link.json', [2, 'flags'], 5],
  ['ip-link.json', [2, 'mtu'], '1500'],
  ['ip-route.json', [0], 'default'],
  ['ip-route.json', [0, 'dst'], true],
  ['ip-route.json', [1, 'dev'], 5],
  ['ip-route.json', [1, 'metric'], '1'],
  ['ip-route.json', [1, 'flags'], 'dead'],
  ['ip-rule.json', [1], 5],
  ['ip-rule.json', [1, 'table'], true],
  ['ip-rule.json', [1, 'src'], 5],
  ['ip-neigh.json', [0, 'state'], 'FAILED'],
];

describe('a value of another type in a bundle', () => {
  it.each(cases)('%s %j = %j: is said, and nothing is claimed', (path, place, value) => {
    const text = withValue(path, place, value);
    const files = healthy.map((file) => (file.path === path ? { path, text } : file));
    expect(readBundle(files).notes).toContain(`${path}: 1 record or line was not understood and left out.`);
    for (const question of questions) {
      const { causes, outcome } = diagnosed(files, question);
      expect(causes).toEqual([]);
      expect(outcome).not.toBe('lost');
    }
  });
});

describe('a list that is cut off', () => {
  it.each(['ip-addr.json', 'ip-link.json', 'ip-route.json', 'ip-rule.json'])(
    '%s: is said where it ends between two records',
    (path) => {
      const text = JSON.stringify(JSON.parse(textOf(path)));
      const cut = text.slice(0, text.lastIndexOf('},{') + 1);
      const files = healthy.map((file) => (file.path === path ? { path, text: cut } : file));
      expect(readBundle(files).notes).toContain(`${path}: 1 record or line was not understood and left out.`);
      for (const question of questions) expect(diagnosed(files, question).causes).toEqual([]);
    },
  );
});
