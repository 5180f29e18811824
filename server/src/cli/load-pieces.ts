import { readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { Script } from 'node:vm';
import { ownCacheFolder } from '../lsp/node/cache-folder.ts';
import { canKeep, type KeptCode, keptName, openKept, openShipped, shippedName, writeKept } from './kept-code.ts';

/** What stands before a module's text, as with Node.js. */
export const before = '(function (exports, require, module, __filename, __dirname) {';

/** Whether runs compile what the first one had no use for takes some milliseconds to find out. */
const runsBetweenLooks = 16;
const muchMore = 1.03;

interface Loaded {
  readonly module: { exports: unknown };
  readonly script: Script;
  readonly hadCode: boolean;
}

/**
 * Runs a program of CommonJS modules that load each other by their paths ("./check.cjs"), compiled from what V8 kept of an earlier run. Node.js' own cache (`module.enableCompileCache`)
 * keeps what is compiled when a module is loaded, which is its outermost function; here it is what has been compiled when the program ends: most of the time that a small dump takes went there.
 * What usual runs need was compiled when the program was built, and is used until a run has kept its own; the Node.js that built it is the only one that takes it.
 * @param main the path of its first module
 * @param requireOthers loads Node.js' own modules
 * @param build names the content of all its modules: the code of other ones would be run in their place
 */
export function runPieces(main: string, build: string, requireOthers: (id: string) => unknown): void {
  const code = process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined ? codeFor(main, build) : undefined;
  const loaded = new Map<string, Loaded>();
  const load = (path: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.module.exports;
    const cachedData = code?.read(basename(path));
    const text = readFileSync(path, 'utf8');
    // Most are functions already: to put them into one makes all of their text twice.
    const source = text.startsWith(before) ? text : `${before}${text}\n})`;
    const script = new Script(source, { filename: path, columnOffset: -before.length, ...(cachedData && { cachedData }) });
    const module = { exports: {} };
    loaded.set(path, { module, script, hadCode: cachedData !== undefined });
    const there = dirname(path);
    // Almost all of them stand side by side: a path is soon put together for those.
    const requireFrom = (id: string): unknown => {
      if (id.startsWith('./')) return load(there + sep + id.slice(2));
      return id.startsWith('.') ? load(join(there, id)) : requireOthers(id);
    };
    script.runInThisContext()(module.exports, requireFrom, module, path, there);
    return module.exports;
  };
  if (code !== undefined) process.on('exit', (status) => code.keep(status, loaded));
  load(main);
}

/** What was compiled before this run, and where what it compiles is kept. */
interface CodeBefore {
  readonly read: (piece: string) => Buffer | undefined;
  readonly keep: (status: number, loaded: ReadonlyMap<string, Loaded>) => void;
}

function codeFor(main: string, build: string): CodeBefore {
  const caches = ownCacheFolder();
  const folder = caches && join(caches, 'compiled');
  const name = keptName(process.argv[2], build);
  const kept = folder === undefined ? undefined : openKept(join(folder, name));
  let shipped: KeptCode | undefined | null = null;
  const read = (piece: string): Buffer | undefined => {
    const code = kept?.read(piece);
    if (code !== undefined) return code;
    // What earlier runs kept has all that this one needs, as a rule.
    if (shipped === null) shipped = openShipped(join(dirname(main), shippedName(build)), main);
    return shipped?.read(piece);
  };
  const keep = (status: number, loaded: ReadonlyMap<string, Loaded>): void => {
    const all = [...loaded.values()];
    // V8 takes all of the code that another run made, or none. What it refuses later it refuses because its flags were changed since (`young-generation.ts`).
    const isAllKept = all[0]?.script.cachedDataRejected === false && all.every(({ hadCode }) => hadCode);
    // What was refused says little of what is loaded when it is not.
    if (status > 1 || (isAllKept && process.pid % runsBetweenLooks !== 0)) return;
    if (folder === undefined || !canKeep(folder)) return;
    const codes = new Map<string, Buffer>();
    for (const piece of kept?.pieces ?? []) {
      const code = kept?.read(piece);
      if (code !== undefined) codes.set(piece, Buffer.from(code));
    }
    for (const [path, { script }] of loaded) codes.set(basename(path), script.createCachedData());
    let size = 0;
    for (const { length } of codes.values()) size += length;
    const sizeBefore = (kept ?? shipped)?.size ?? 0;
    if (!isAllKept || size > sizeBefore * muchMore) writeKept(folder, name, codes);
  };
  return { read, keep };
}
