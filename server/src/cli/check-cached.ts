/** `check` with what it said of the same content before. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { visibleLines } from '../base/safe-text.ts';
import { ownCacheFolder } from '../lsp/node/cache-folder.ts';
import { isTar } from '../node/tar.ts';
import type { CheckAnswer, CheckOptions } from './check-command.ts';
import { pc } from './colors.ts';
import { keepSaid, say } from './output.ts';
import { prepareForBytes } from './read-text.ts';

export interface CachedCheckOptions extends CheckOptions {
  /** False with `--no-cache`. */
  readonly cache: boolean;
}

/** What a check said: its output, and on standard error before that. */
export interface KeptAnswer {
  readonly output: string;
  readonly status: 0 | 1;
  readonly said: readonly string[];
}

/** The bytes of files that a check reads, by their names as given. */
export type GivenBytes = Map<string, Buffer>;

/** More than this is not held in memory at once to look for what was said of it. */
const mostGivenBytes = 200_000_000;

/**
 * `runCheck`, or what it said before of the same files in the same words. Output, status and what standard error is told are the same either way. Only plain files are looked up:
 * a live cluster, a pipe and a bundle are read anew each time, and what writes files is always done.
 */
export async function checkCached(paths: readonly string[], options: CachedCheckOptions, version: string): Promise<CheckAnswer> {
  const check = async (given?: GivenBytes): Promise<CheckAnswer> => {
    const { runCheck } = await import('./check-command.ts');
    return runCheck(paths, options, version, given);
  };
  const files = options.cluster === undefined ? paths : [...paths, options.cluster];
  const isAsked = options.cache && options.fix !== true && options.diff !== true && options.context === undefined;
  const folder = isAsked ? ownCacheFolder() : undefined;
  const program = folder === undefined ? undefined : programFiles();
  const given = program === undefined ? undefined : bytesOf(files);
  if (folder === undefined || given === undefined) return check();
  // With Node's cryptography, which takes some milliseconds to load.
  const store = await import('../lsp/node/cache-store.ts');
  const key = keyOf(store, paths, options, version, given, program);
  const kept = keptAnswer(store.readEntry(folder, key));
  if (kept !== undefined) {
    for (const message of kept.said) say(message);
    return kept;
  }
  prepareForBytes(Math.max(...Array.from(given.values(), ({ length }) => length)));
  const said = keepSaid();
  const answer = await check(given);
  if (answer.status !== 2 && typeof answer.output === 'string') {
    store.writeEntry(folder, key, JSON.stringify({ output: answer.output, status: answer.status, said }));
  }
  return answer;
}

/** Names, sizes and times of the program's own files: another build says other things. Undefined where it was not built. */
function programFiles(): readonly unknown[] | undefined {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cjs'));
  return files.length === 0 ? undefined : files.map((name) => [name, ...statusOf(join(import.meta.dirname, name))]);
}

/** The pages of findings, which SARIF holds. */
function pages(): readonly unknown[] {
  const folder = join(import.meta.dirname, '../../docs/findings');
  try {
    return readdirSync(folder).map((name) => [name, ...statusOf(join(folder, name))]);
  } catch {
    return [];
  }
}

function statusOf(path: string): readonly number[] {
  const { size, mtimeMs } = statSync(path);
  return [size, mtimeMs];
}

/** The bytes of plain files; undefined where one is none, is named twice, or they are too many: then they are read, or refused, as without a cache. */
function bytesOf(files: readonly string[]): GivenBytes | undefined {
  try {
    const given: GivenBytes = new Map();
    let bytes = 0;
    for (const file of files) {
      if (file === '-' || given.has(file)) return undefined;
      const stats = statSync(file);
      bytes += stats.size;
      if (!stats.isFile() || stats.size === 0 || bytes > mostGivenBytes) return undefined;
      const content = readFileSync(file);
      if (isArchive(content)) return undefined;
      given.set(file, content);
    }
    return given.size === 0 ? undefined : given;
  } catch {
    return undefined;
  }
}

/** Whether it is a bundle, of which more is told by the folder that it lies in. */
function isArchive(content: Buffer): boolean {
  return (content[0] === 0x1f && content[1] === 0x8b) || isTar(content);
}

/** The name of all that the answer depends on. */
function keyOf(
  { entryKey, contentDigest }: typeof import('../lsp/node/cache-store.ts'),
  paths: readonly string[],
  { format, failOn, severity = [], cluster }: CheckOptions,
  version: string,
  given: GivenBytes,
  program: unknown,
): string {
  return entryKey({
    program: [version, program, process.version, process.platform],
    how: [format, failOn, severity, pc.isColorSupported, format === 'sarif' ? pages() : [], process.env['TZ'] ?? ''],
    files: paths.map((path) => [path, contentDigest(given.get(path) ?? '')]),
    cluster: cluster === undefined ? null : [cluster, contentDigest(given.get(cluster) ?? ''), ...statusOf(cluster)],
  });
}

const colors = new RegExp(`${String.fromCharCode(0x1b)}\\[\\d{1,3}m`, 'g');

/** Whether text holds nothing that a terminal would obey but colours, as all that this program prints. */
function isPrintable(text: string): boolean {
  const plain = text.replace(colors, '');
  return visibleLines(plain) === plain;
}

/** An entry of the cache as an answer; undefined where it is no such thing. */
export function keptAnswer(entry: string | undefined): KeptAnswer | undefined {
  if (entry === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(entry);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('output' in value && 'status' in value && 'said' in value))
    return undefined;
  const { output, status, said } = value;
  if (typeof output !== 'string' || (status !== 0 && status !== 1) || !Array.isArray(said)) return undefined;
  if (!said.every((message) => typeof message === 'string') || !isPrintable(output)) return undefined;
  return { output, status, said };
}
