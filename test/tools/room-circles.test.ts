import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// .biome.jsonc forbids circles of files and states the directions between the server's rooms. Here it is made sure that no two rooms,
// or two parts of a room that has parts, import each other by a way round.

const root = resolve(import.meta.dirname, '../..');

/** Rooms whose parts are rooms of their own. */
const divided = ['server/src', 'server/src/kube', 'server/src/lsp', 'webview/src'];

/** The room of a file: the longest of the folders above it that stands in a divided one; a loose file there is a room by itself. */
function roomOf(file: string): string {
  const parent = divided.filter((folder) => file.startsWith(`${folder}/`)).at(-1);
  if (parent === undefined) return file.split('/')[0] ?? file;
  return `${parent}/${file.slice(parent.length + 1).split('/')[0]}`;
}

/** Which room imports which, with one import for each pair. */
function importsBetweenRooms(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const rooms = new Map<string, Map<string, string>>();
  const files = execFileSync('git', ['ls-files', 'server/src', 'client/src', 'webview/src'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\n').filter((name) => name.endsWith('.ts'))) {
    const from = roomOf(file);
    for (const [, specifier = ''] of readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)) {
      const to = roomOf(normalize(join(dirname(file), specifier)));
      if (to === from) continue;
      const targets = rooms.get(from) ?? new Map<string, string>();
      rooms.set(from, targets.set(to, `${file} imports ${specifier}`));
    }
  }
  return rooms;
}

/** Pairs of rooms that reach each other, with an import of each. */
function circles(rooms: ReadonlyMap<string, ReadonlyMap<string, string>>): readonly string[] {
  const reached = (from: string): ReadonlySet<string> => {
    const seen = new Set<string>();
    const waiting = [from];
    for (let room = waiting.pop(); room !== undefined; room = waiting.pop()) {
      for (const next of rooms.get(room)?.keys() ?? []) {
        if (!seen.has(next)) waiting.push(next);
        seen.add(next);
      }
    }
    return seen;
  };
  return [...rooms].flatMap(([from, targets]) =>
    [...targets].filter(([to]) => reached(to).has(from)).map(([to, example]) => `${from} -> ${to}: ${example}`),
  );
}

describe('rooms', () => {
  it('import each other in no circle', () => {
    expect(circles(importsBetweenRooms())).toEqual([]);
  });

  it('would be seen in a circle', () => {
    const imports = (...to: readonly string[]): ReadonlyMap<string, string> => new Map(to.map((room) => [room, 'x']));
    const rooms = new Map([
      ['a', imports('b')],
      ['b', imports('c')],
      ['c', imports('a', 'd')],
      ['d', imports()],
    ]);
    expect(circles(rooms)).toEqual(['a -> b: x', 'b -> c: x', 'c -> a: x']);
  });
});
