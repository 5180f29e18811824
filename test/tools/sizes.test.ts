import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';
import { type Node, parse } from 'acorn';
import { describe, expect, it } from 'vitest';
import { lastAtMost } from '../../server/src/base/last-at-most.ts';

// Biome does not count blank lines and comments, nor every line of a nested function. A reader has to pass them all: here every line counts.

const root = resolve(import.meta.dirname, '../..');
const mostLinesAFunction = 80;
const mostLinesAFile = 400;

interface Size {
  /** From 1, where it begins. */
  readonly line: number;
  readonly lines: number;
}

/** Every function of a text, methods and arrow functions too. */
function functionsIn(source: string): readonly Size[] {
  const starts = [0, ...Array.from(source.matchAll(/\n/g), ({ index }) => index + 1)];
  const lineAt = (place: number): number => lastAtMost(starts, place) + 1;
  const sizes: Size[] = [];
  // Types become blanks: all places stay.
  const waiting: Node[] = [parse(stripTypeScriptTypes(source), { ecmaVersion: 'latest', sourceType: 'module' })];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type.includes('Function')) {
      const line = lineAt(node.start);
      sizes.push({ line, lines: lineAt(node.end - 1) - line + 1 });
    }
    for (const value of Object.values(node)) {
      for (const inner of Array.isArray(value) ? value : [value]) if (isNode(inner)) waiting.push(inner);
    }
  }
  return sizes;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

const filesIn = (...folders: readonly string[]): readonly { readonly name: string; readonly source: string }[] =>
  execFileSync('git', ['ls-files', ...folders], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, source: readFileSync(join(root, name), 'utf8') }));
const files = filesIn('server/src', 'client/src', 'webview/src');

describe('sizes', () => {
  it(`no function has more than ${mostLinesAFunction} lines, comments and blank ones counted`, () => {
    const sizes = files.flatMap(({ name, source }) => functionsIn(source).map((size) => ({ ...size, name })));
    expect(sizes.length).toBeGreaterThan(5_000);
    const long = sizes.filter(({ lines }) => lines > mostLinesAFunction);
    expect(long.map(({ name, line, lines }) => `${name}:${line} has ${lines} lines`)).toEqual([]);
  });

  it(`no file has more than ${mostLinesAFile} lines, of the code and of its tests`, () => {
    const long = [...files, ...filesIn('test')].filter(({ source }) => source.trimEnd().split('\n').length > mostLinesAFile);
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  it('counts a function from its first line to its last', () => {
    const source =
      'const a = 1;\n\nexport function f(a: number): number {\n  // A comment.\n\n  return [a].map((b) =>\n    b + 1);\n}\n';
    expect(functionsIn(source)).toEqual([
      { line: 3, lines: 6 },
      { line: 6, lines: 2 },
    ]);
  });
});
