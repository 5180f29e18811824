import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const root = resolve(import.meta.dirname, '../..');
const fixtures = join(root, 'test/fixtures');
const unpacked = join(root, 'test/output/fixtures');

/**
 * The path of a fixture as a plain file or folder: "sample/worker-1.iptables". Where only `NAME.gz` is kept, it is unpacked into
 * test/output once; the name of its folder there changes with what is in it.
 */
export function fixturePath(name: string): string {
  const plain = join(fixtures, name);
  if (existsSync(plain) || !existsSync(`${plain}.gz`)) return plain;
  const compressed = readFileSync(`${plain}.gz`);
  const path = join(unpacked, createHash('sha256').update(compressed).digest('hex').slice(0, 16), name);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    // Tests run side by side: each writes a file of its own and renames it, so that none reads half of one.
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, gunzipSync(compressed));
    renameSync(temporary, path);
  }
  return path;
}

/** The text of a fixture, kept as it is or as `NAME.gz`. @throws where there is none */
export function fixtureText(name: string): string {
  const plain = join(fixtures, name);
  return existsSync(plain) && statSync(plain).isFile()
    ? readFileSync(plain, 'utf8')
    : gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
}

/** The names of all fixtures below a folder of test/fixtures, as `fixturePath` takes them, in order. */
export function fixtureNames(folder: string): readonly string[] {
  return readdirSync(join(fixtures, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(fixtures, join(entry.parentPath, entry.name)).replaceAll('\\', '/').replace(/\.gz$/, ''))
    .toSorted();
}

/** The path of a dump or cluster that was recorded from real programs: "shop/node-a.iptables". */
export function labPath(name: string): string {
  return fixturePath(`lab/${name}`);
}
