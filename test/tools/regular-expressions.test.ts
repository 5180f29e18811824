import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Options, tokenizer } from 'acorn';
import { checkSync } from 'recheck';
import { analyse } from 'scslre';
import { describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';

/** An expression and where it comes from. */
interface Found {
  readonly source: string;
  readonly flags: string;
  readonly from: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const rooms = ['server/src', 'client/src', 'webview/src'];
/** Rooms whose modules only define: to load them starts nothing. */
const quietRooms = ['base', 'catalog', 'syntax', 'ruleset', 'netfilter', 'kube', 'lint', 'features'];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(root, folder, name));
}

const syntax: Options = { ecmaVersion: 'latest', sourceType: 'module' };

/** The expressions that stand in a file. */
function expressionsIn(file: string): readonly Found[] {
  const text = stripTypeScriptTypes(readFileSync(file, 'utf8'));
  const found: Found[] = [];
  for (const token of tokenizer(text, syntax)) {
    if (token.type.label !== 'regexp') continue;
    const { pattern, flags }: { pattern: string; flags: string } = Reflect.get(token, 'value');
    const line = text.slice(0, token.start).split('\n').length;
    found.push({ source: pattern, flags, from: `${relative(root, file)}:${line}` });
  }
  return found;
}

/** The expressions that are built while something is done: the constructor is watched. */
async function expressionsBuilt(task: () => Promise<void>): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  const real = globalThis.RegExp;
  globalThis.RegExp = new Proxy(real, {
    construct(target, given: [pattern: string | RegExp, flags?: string], self) {
      const made: RegExp = Reflect.construct(target, given, self);
      found.set(`${made}`, { source: made.source, flags: made.flags, from: 'built at run time' });
      return made;
    },
  });
  try {
    await task();
  } finally {
    globalThis.RegExp = real;
  }
  return [...found.values()];
}

/** Loads every module and reads dumps and listings, so that all that builds expressions has built them. */
async function useEverything(): Promise<void> {
  for (const room of quietRooms) {
    for (const file of filesBelow(`server/src/${room}`)) await import(pathToFileURL(file).href);
  }
  const { readWholeDocument } = await import('../../server/src/syntax/document.ts');
  const { readListedOptions } = await import('../../server/src/syntax/listing/listing-options.ts');
  const { targets } = await import('../../server/src/catalog/lookup.ts');
  const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
  readWholeDocument(dump);
  readWholeDocument(dump.replace(/^-A/gm, '[12:345] -A'));
  for (const { name } of targets) readListedOptions('x', 0, name);
}

/**
 * Why an expression may take longer than its text is long; undefined where it may not. One analysis finds where parts of an expression take
 * characters from each other, the other reads it as an automaton; what the latter cannot decide is left to the former.
 */
function whyNotLinear({ source, flags }: Found): string | undefined {
  for (const { type, exponential } of analyse({ source, flags }).reports) {
    // One that is sticky is tried at one place only.
    if (type === 'Move' && flags.includes('y')) continue;
    return exponential ? `exponential (${type})` : `polynomial (${type})`;
  }
  const checked = checkSync(source, flags.replace(/[dv]/g, ''), { checker: 'automaton', timeout: 1000 });
  return checked.status === 'vulnerable' ? checked.complexity.summary : undefined;
}

function unsafe(expressions: readonly Found[]): readonly string[] {
  const seen = new Set<string>();
  return expressions.flatMap((found) => {
    const key = `/${found.source}/${found.flags}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const why = whyNotLinear(found);
    return why === undefined ? [] : [`${found.from} ${key}: ${why}`];
  });
}

// Dumps, clusters and what people paste are hostile: no expression may be one that a long line keeps busy.
describe('every regular expression', () => {
  it('of the sources takes time as its text is long', { timeout: 240_000 }, () => {
    const expressions = rooms.flatMap(filesBelow).flatMap(expressionsIn);
    expect(expressions.length).toBeGreaterThan(200);
    expect(unsafe(expressions)).toEqual([]);
  });

  it('that is built at run time does so, too', { timeout: 240_000 }, async () => {
    const expressions = await expressionsBuilt(useEverything);
    expect(expressions.length).toBeGreaterThan(200);
    expect(unsafe(expressions)).toEqual([]);
  });

  it.each([
    ['(a+)+$', '', 'exponential'],
    ['\\s+$', '', 'polynomial'],
    ['^\\d+\\.?\\d*x$', '', 'polynomial'],
    [', ".*" is no', 's', 'polynomial'],
  ])('like /%s/%s would be found', (source, flags, why) => {
    expect(whyNotLinear({ source, flags, from: '' })).toContain(why);
  });

  it.each([
    ['^\\s*$', ''],
    ['\\s+$', 'y'],
    ['^[^"]*"', ''],
  ])('like /%s/%s would pass', (source, flags) => {
    expect(whyNotLinear({ source, flags, from: '' })).toBeUndefined();
  });
});
