/** `check` with what it said of the same content before. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { visibleLines } from '../base/safe-text.ts';
import { briefDigest, readEntryBy, writeEntryBy } from '../lsp/node/cache-entries.ts';
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
  if (folder === undefined || program === undefined || given === undefined) return check();
  const place = await placeOf(folder, { paths, options, version, given, program });
  const kept = keptAnswer(place.read());
  if (kept !== undefined) {
    for (const message of kept.said) say(message);
    return kept;
  }
  prepareForBytes(Math.max(...Array.from(given.values(), ({ length }) => length)));
  const said = keepSaid();
  const answer = await check(given);
  if (answer.status !== 2 && typeof answer.output === 'string') {
    place.write(JSON.stringify({ output: answer.output, status: answer.status, said }));
  }
  return answer;
}

/** Names, sizes and times of the program's own files: another build says other things. Undefined where it was not built. */
function programFiles(): readonly unknown[] | undefined {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cjs'));
  // They are many: a path is soon put together.
  return files.length === 0 ? undefined : files.map((name) => [name, ...statusOf(import.meta.dirname + sep + name)]);
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

/** Where an answer is kept. */
interface AnswerPlace {
  readonly read: () => string | undefined;
  readonly write: (answer: string) => void;
}

/** Dumps of so many bytes together are kept whole beside the answer, and compared. Of a cluster's objects nothing is kept: there may be secrets among them. */
const mostComparedBytes = 65_536;

/** Where the answer to all of this is kept: by SHA-256 of it, or with all of it where that is dumps that are short, which takes less than to load what makes SHA-256. */
async function placeOf(folder: string, asked: Asked): Promise<AnswerPlace> {
  let bytes = 0;
  for (const { length } of asked.given.values()) bytes += length;
  if (bytes > mostComparedBytes || asked.options.cluster !== undefined) {
    const { contentDigest, entryKey, readEntry, writeEntry } = await import('../lsp/node/cache-store.ts');
    const key = entryKey(dependsOn(asked, contentDigest));
    return { read: () => readEntry(folder, key), write: (answer) => writeEntry(folder, key, answer) };
  }
  const whole = `\n${JSON.stringify(dependsOn(asked, (content) => content.toString('latin1')))}`;
  const key = briefDigest(whole);
  return {
    read() {
      const entry = readEntryBy(briefDigest, folder, key);
      return entry?.endsWith(whole) === true ? entry.slice(0, -whole.length) : undefined;
    },
    write: (answer) => writeEntryBy(briefDigest, folder, key, answer + whole),
  };
}

interface Asked {
  readonly paths: readonly string[];
  readonly options: CheckOptions;
  readonly version: string;
  readonly given: GivenBytes;
  readonly program: readonly unknown[];
}

/** All that the answer depends on. */
function dependsOn({ paths, options, version, given, program }: Asked, contentOf: (content: Buffer) => string): unknown {
  const { format, failOn, severity = [], cluster } = options;
  const contentAt = (path: string): string => contentOf(given.get(path) ?? Buffer.alloc(0));
  return {
    program: [version, program, process.version, process.platform],
    how: [format, failOn, severity, pc.isColorSupported, format === 'sarif' ? pages() : [], process.env['TZ'] ?? ''],
    files: paths.map((path) => [path, contentAt(path)]),
    cluster: cluster === undefined ? null : [cluster, contentAt(cluster), ...statusOf(cluster)],
  };
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
