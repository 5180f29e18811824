import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// What ARCHITECTURE.md and CONTRIBUTING.md say of the code is so: the places that they name are there, the rooms are those, the lengths are right.

const root = resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trimEnd().split('\n');
const folders = new Set(
  files.flatMap((file) => {
    const parts = file.split('/').slice(0, -1);
    return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
  }),
);

/** What is made, and so in no checkout; and what stands for a name. */
const notThere = /^dist(?:\/|$)|NAME|CODE/;

/** Whether a place that a text names by its end is in the checkout: a folder, or a file with or without what its name ends in. */
function isThere(place: string): boolean {
  const end = `/${place.replace(/\/$/, '')}`;
  return (
    [...folders].some((folder) => `/${folder}`.endsWith(end)) ||
    files.some((file) => `/${file}`.endsWith(end) || `/${file}`.includes(`${end}.`))
  );
}

describe.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s', (document) => {
  it('names places that are there', () => {
    const names = Array.from(
      read(document).matchAll(/`([\w.-]*\/[\w./-]+|[\w-]+\.(?:ts|mjs|jsonc?|md))`/g),
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !notThere.test(name) && !isThere(name))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md');

  it('lists the rooms of the server, each once, and no other', () => {
    const plan = text.slice(text.indexOf('\nserver/src/\n'), text.indexOf('\ngrammars/'));
    const listed = Array.from(plan.matchAll(/^ {2}([a-z]+)\/ /gm), ([, name]) => name);
    const rooms = readdirSync(join(root, 'server/src'), { withFileTypes: true });
    expect(listed.toSorted()).toEqual(rooms.map(({ name }) => name).toSorted());
  });

  it('tells about how long the files beside the library for clusters are', () => {
    const rows = Array.from(text.matchAll(/^\| [^|(]+ \(([^|)]+)\) \| (\d+) \|/gm), ([, names = '', lines]) => ({
      names: Array.from(names.matchAll(/`([\w-]+\.ts)`/g), ([, name = '']) => name),
      lines: Number(lines),
    }));
    // Where a file has several rows, a row is a part of it.
    const whole = rows.filter(({ names }) => rows.filter((row) => row.names[0] === names[0]).length === 1);
    expect(whole.length).toBeGreaterThan(5);
    for (const { names, lines } of whole) {
      const counted = names.reduce((sum, name) => sum + read(`server/src/cluster/live/${name}`).trimEnd().split('\n').length, 0);
      expect(Math.abs(counted - lines), `${names.join(', ')}: ${counted} lines`).toBeLessThanOrEqual(lines / 4);
    }
  });
});
