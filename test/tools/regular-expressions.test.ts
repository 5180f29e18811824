import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseRegExpLiteral, visitRegExpAST } from '@eslint-community/regexpp';
import { type Options, type Token, tokenizer } from 'acorn';
import { checkSync } from 'recheck';
import { analyse } from 'scslre';
import { beforeAll, describe, expect, it } from 'vitest';
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

/** The first file of the sources that a stack of calls names. */
function placeOf(stack: string): string {
  return /((?:server|client|webview)\/src\/[\w/.-]+\.ts)/.exec(stack)?.[1] ?? 'elsewhere';
}

/** The expressions that are built while something is done: the constructor is watched. */
async function expressionsBuilt(task: () => Promise<void>): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  const real = globalThis.RegExp;
  const noted = (made: RegExp): RegExp => {
    const from = placeOf(new Error().stack ?? '');
    found.set(`${from} ${made}`, { source: made.source, flags: made.flags, from });
    return made;
  };
  globalThis.RegExp = new Proxy(real, {
    construct(target, given: [pattern: string | RegExp, flags?: string], self) {
      return noted(Reflect.construct(target, given, self));
    },
    // Without "new" it does the same.
    apply(target, _self, given: [pattern: string | RegExp, flags?: string]) {
      return noted(Reflect.construct(target, given));
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
  const { visibleLines, visibleText } = await import('../../server/src/base/safe-text.ts');
  visibleText('\u202e');
  visibleLines('\u202e');
  await import('../../server/src/cli/check-cached.ts');
  const { lineRepairs } = await import('../../server/src/lint/support/line-repairs.ts');
  const faulty = readWholeDocument('*filter\n-A INPUT -p tcp tcp udp sctp -j ACCEPT\n-t filter -A INPUT -j ACCEPT\n');
  for (const line of faulty.lines) for (const problem of line.problems) lineRepairs(line, problem);
  const { targets } = await import('../../server/src/catalog/lookup.ts');
  const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
  readWholeDocument(dump);
  readWholeDocument(dump.replace(/^-A/gm, '[12:345] -A'));
  for (const { name } of targets) readListedOptions('x', 0, name);
}

/** No repetition that has an end may go on for longer: what is tried at each place of a text is a part of the time for all of it. */
const longestRepetition = 400;

/** A bound that is worth counting. */
const smallBound = 100;

/** The same expression with repetitions that have a far end without one. */
function withoutEnds(source: string, flags: string): { readonly source: string; readonly longest: number } {
  let result = '';
  let copied = 0;
  let longest = 0;
  visitRegExpAST(parseRegExpLiteral(`/${source}/${flags}`), {
    onQuantifierLeave({ min, max, start, end, element, greedy }) {
      if (max === Number.POSITIVE_INFINITY || max <= smallBound) return;
      longest = Math.max(longest, max);
      // Both count from the slash before the source. Of those within each other the inner one is come to first.
      result += `${source.slice(copied, element.end - 1)}${min === 0 ? '*' : '+'}${greedy ? '' : '?'}`;
      copied = end - 1;
      if (start > end) throw new Error('an expression ends before it begins');
    },
  });
  return { source: result + source.slice(copied), longest };
}

/** Why repetitions with an end take characters from each other as often as if they had none; undefined where they do not. */
function whyTooOften(source: string, flags: string): string | undefined {
  const { source: endless, longest } = withoutEnds(source, flags);
  if (longest > longestRepetition) return `{,${longest}} is tried at each place`;
  if (longest === 0) return undefined;
  // Where it begins it is tried so many times at most: that is what the ends are for.
  const report = analyse({ source: endless, flags }).reports.find(({ type }) => type !== 'Move');
  return report === undefined ? undefined : `repetitions up to ${longest} times each other (${report.type})`;
}

/**
 * Expressions that the automaton does not decide within a second of a free processor, for some not in minutes: one on each line, in order. They
 * are listed so that no verdict depends on how fast the machine is, and nobody waits for them in vain. What belongs here no longer, or is missing,
 * a test below says.
 */
const listOfUndecided = join(import.meta.dirname, 'undecided-expressions.txt');
const undecided: ReadonlySet<string> = new Set(readFileSync(listOfUndecided, 'utf8').trimEnd().split('\n'));
/** Those that were come by. */
const left = new Set<string>();

/** In milliseconds. Long against a second: only what belongs on the list comes here. */
const patience = 60_000;

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
  const expression = `/${source}/${flags}`;
  if (undecided.has(expression)) {
    left.add(expression);
    return whyTooOften(source, flags);
  }
  const checked = checkSync(source, flags.replace(/[dv]/g, ''), { checker: 'automaton', timeout: patience });
  if (checked.status === 'vulnerable') return checked.complexity.summary;
  if (checked.status === 'unknown' && checked.error.kind === 'timeout') left.add(expression);
  return whyTooOften(source, flags);
}

/** How often the constructor of expressions stands in each file of the sources. */
function placesThatBuild(): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const file of rooms.flatMap(filesBelow)) {
    const tokens = Array.from(tokenizer(stripTypeScriptTypes(readFileSync(file, 'utf8')), syntax));
    const count = tokens.filter((token, at) => isNamed(token, 'RegExp') && tokens[at + 1]?.type.label === '(').length;
    if (count > 0) places.set(relative(root, file), count);
  }
  return places;
}

function isNamed(token: Token, name: string): boolean {
  return token.type.label === 'name' && Reflect.get(token, 'value') === name;
}

/** What was found of each expression: it is looked at once. */
const verdicts = new Map<string, string | undefined>();

function unsafe(expressions: readonly Found[]): readonly string[] {
  const found = new Map(expressions.map((expression) => [`/${expression.source}/${expression.flags}`, expression]));
  return [...found].flatMap(([key, expression]) => {
    if (!verdicts.has(key)) verdicts.set(key, whyNotLinear(expression));
    const why = verdicts.get(key);
    return why === undefined ? [] : [`${expression.from} ${key}: ${why}`];
  });
}

// Dumps, clusters and what people paste are hostile: no expression may be one that a long line keeps busy.
describe('every regular expression', () => {
  const written = rooms.flatMap(filesBelow).flatMap(expressionsIn);
  let built: readonly Found[] = [];

  // Modules are loaded once, so this can be watched once.
  beforeAll(async () => {
    built = await expressionsBuilt(useEverything);
  }, 240_000);

  it('of the sources takes time as its text is long', { timeout: 240_000 }, () => {
    expect(written.length).toBeGreaterThan(200);
    expect(unsafe(written)).toEqual([]);
  });

  it('that is built at run time does so, too', { timeout: 240_000 }, () => {
    expect(built.length).toBeGreaterThan(200);
    expect(unsafe(built)).toEqual([]);
    // One that nobody built was not looked at.
    const building = new Map<string, number>();
    for (const { from } of built) building.set(from, (building.get(from) ?? 0) + 1);
    const unbuilt = [...placesThatBuild()].filter(([file, places]) => (building.get(file) ?? 0) < places);
    expect(unbuilt).toEqual([]);
  });

  it('is decided by both analyses but for those on the list', { timeout: 240_000 }, async () => {
    unsafe([...written, ...built]);
    // Otherwise run again with `--update`, and read what comes to be listed: a simpler expression is better.
    await expect(`${[...left].toSorted().join('\n')}\n`).toMatchFileSnapshot(listOfUndecided);
  });

  it('is none that a method makes of a string', () => {
    const made = rooms
      .flatMap(filesBelow)
      .filter((file) => /\.(?:match|matchAll|search)\(\s*(['"`])(?!\1)/.test(readFileSync(file, 'utf8')));
    expect(made).toEqual([]);
  });

  it.each([
    ['(a+)+$', '', 'exponential'],
    ['\\s+$', '', 'polynomial'],
    ['^\\d+\\.?\\d*x$', '', 'polynomial'],
    [', ".*" is no', 's', 'polynomial'],
    ['(?=a+b)', '', 'polynomial'],
    ['([ab]*)x\\1y', '', 'polynomial'],
    ['^[^b]{0,5000}b', '', '{,5000} is tried'],
    ['^(?:a{0,300}){3}b', '', 'times each other'],
    ['^a{1,300}a{0,200}?b', '', 'times each other'],
  ])('like /%s/%s would be found', (source, flags, why) => {
    expect(whyNotLinear({ source, flags, from: '' })).toContain(why);
  });

  it.each([
    ['^\\s*$', ''],
    ['\\s+$', 'y'],
    ['^[^"]*"', ''],
    ['[^\\n]{0,150}b', ''],
    ['^\\w{1,300}:\\w{0,200};', ''],
  ])('like /%s/%s would pass', (source, flags) => {
    expect(whyNotLinear({ source, flags, from: '' })).toBeUndefined();
  });
});
