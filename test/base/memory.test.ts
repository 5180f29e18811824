import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemory } from '../../server/src/base/memory.ts';

interface Rule {
  readonly text: string;
}

describe('a memory', () => {
  it('knows what it was told of an object, and nothing of its equals and copies', () => {
    const words = createMemory<Rule, number>();
    const rule = { text: '-A INPUT -j ACCEPT' };
    expect(words.get(rule)).toBeUndefined();
    words.set(rule, 4);
    expect(words.get(rule)).toBe(4);
    words.set(rule, 5);
    expect(words.get(rule)).toBe(5);
    expect(words.get({ ...rule })).toBeUndefined();
    expect(words.get({ text: '-A INPUT -j ACCEPT' })).toBeUndefined();
  });

  it('is one of many of the same object', () => {
    const rule = { text: '-A INPUT -j ACCEPT' };
    const memories = Array.from({ length: 5 }, () => createMemory<Rule, number | null>());
    for (const [index, memory] of memories.entries()) memory.set(rule, index);
    memories[2]?.set(rule, null);
    expect(memories.map((memory) => memory.get(rule))).toEqual([0, 1, null, 3, 4]);
  });

  it('is not seen in the object', () => {
    const rule = { text: '-A INPUT -j ACCEPT' };
    createMemory<Rule, string>().set(rule, 'seen');
    expect(Reflect.ownKeys(rule)).toEqual(['text']);
    expect(JSON.stringify(rule)).toBe('{"text":"-A INPUT -j ACCEPT"}');
    expect(rule).toEqual({ text: '-A INPUT -j ACCEPT' });
  });
});

describe('of objects that a dump or a cluster has thousands of, and of what holds them', () => {
  // V8 stops the program to follow the entries of a WeakMap: 0.7 s at 75,000 tables, when a dozen of them were keyed by tables, and 0.1 s where one of a ruleset leads to all that was worked out of it.
  it('no WeakMap is kept', () => {
    const root = resolve(import.meta.dirname, '../../server/src');
    const many =
      /new WeakMap<(?:readonly )?(?:Line(?!\[)|LineContext|Chain|ChainMap<Chain>|Table|Dump|Packet|\w+Record|Frontend\[\]|Lines|Ruleset|DumpState|Resolution|Cluster|object)\b/;
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((name) => many.test(readFileSync(join(root, name), 'utf8')))).toEqual([]);
  });
});
