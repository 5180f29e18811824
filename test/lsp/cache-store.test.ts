import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachesOf, ownCacheFolder } from '../../server/src/lsp/node/cache-folder.ts';
import { entryKey, readEntry, writeEntry, writeEntryBeside } from '../../server/src/lsp/node/cache-store.ts';

const isPosix = process.platform !== 'win32';
let home = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'iptables-cache-'));
});

afterEach(() => {
  chmodSync(home, 0o700);
  rmSync(home, { recursive: true, force: true });
});

describe('where a user’s caches are', () => {
  it.each([
    ['linux', {}, '/home/ann', '/home/ann/.cache'],
    ['linux', { XDG_CACHE_HOME: '/var/ann' }, '/home/ann', '/var/ann'],
    ['linux', { XDG_CACHE_HOME: '' }, '/home/ann', '/home/ann/.cache'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/ann', '/home/ann/.cache'],
    ['linux', {}, '', undefined],
    ['darwin', {}, '/Users/ann', '/Users/ann/Library/Caches'],
    ['win32', { LOCALAPPDATA: '/c/ann/AppData/Local' }, '/c/ann', '/c/ann/AppData/Local'],
    ['win32', {}, '/c/ann', undefined],
  ] as const)('on %s with %j and home "%s": %s', (platform, env, at, folder) => {
    expect(cachesOf(platform, env, at)).toBe(folder);
  });
});

describe.runIf(isPosix)('the folder of the cache', () => {
  const find = (env: NodeJS.ProcessEnv = {}): string | undefined => ownCacheFolder('linux', env, () => home);
  const folder = (): string => join(home, '.cache/iptables-inspect');

  it('is made for this user alone', () => {
    expect(find()).toBe(folder());
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, '.cache')).mode & 0o777).toBe(0o700);
    expect(find()).toBe(folder());
  });

  it('is none where others may look into it, where it is a link, or a file', () => {
    mkdirSync(folder(), { recursive: true, mode: 0o755 });
    chmodSync(folder(), 0o755);
    expect(find()).toBeUndefined();
    rmSync(folder(), { recursive: true });
    const elsewhere = join(home, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    symlinkSync(elsewhere, folder());
    expect(find()).toBeUndefined();
    rmSync(folder());
    writeFileSync(folder(), '');
    expect(find()).toBeUndefined();
  });

  it('is none without a home folder, and where none can be made', () => {
    expect(ownCacheFolder('linux', {}, () => '')).toBeUndefined();
    expect(ownCacheFolder('linux', {}, () => '/proc/nobody')).toBeUndefined();
    expect(find({ XDG_CACHE_HOME: '/dev/null' })).toBeUndefined();
    expect(
      ownCacheFolder('linux', {}, () => {
        throw new Error('no home');
      }),
    ).toBeUndefined();
  });

  it.runIf(process.geteuid?.() === 0)('is none in another’s home, where sudo leaves HOME as it was', () => {
    chownSync(home, 12_345, 12_345);
    expect(find()).toBeUndefined();
    expect(readdirSync(home)).toEqual([]);
    chownSync(home, 0, 0);
    expect(find()).toBe(folder());
    chownSync(folder(), 12_345, 12_345);
    expect(find()).toBeUndefined();
  });
});

type Write = (...given: Parameters<typeof writeEntry>) => void | Promise<void>;

const ways: readonly (readonly [string, Write])[] = [
  ['at once', writeEntry],
  ['beside other work', writeEntryBeside],
];

describe.each(ways)('an entry of the cache that is written %s', (_, write) => {
  const key = entryKey(['a']);
  const other = entryKey(['b']);

  it('is read back as it was written, by its key alone', async () => {
    await write(home, key, 'what was said: \u00e4\n');
    expect(readEntry(home, key)).toBe('what was said: \u00e4\n');
    expect(readEntry(home, other)).toBeUndefined();
    expect(readdirSync(home)).toEqual([key]);
    if (isPosix) expect(statSync(join(home, key)).mode & 0o777).toBe(0o600);
    await write(home, key, 'another');
    expect(readEntry(home, key)).toBe('another');
    await write(home, key, '');
    expect(readEntry(home, key)).toBe('');
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -1)],
    ['changed', (text: string) => text.replace('said', 'sung')],
    ['longer', (text: string) => `${text} `],
    ['empty', () => ''],
    ['something else', () => '{}'],
  ])('is none once it is %s', async (_, change) => {
    await write(home, key, 'what was said');
    const path = join(home, key);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect(readEntry(home, key)).toBeUndefined();
  });

  it('is none under another’s name', async () => {
    await write(home, key, 'what was said');
    copyFileSync(join(home, key), join(home, other));
    expect(readEntry(home, other)).toBeUndefined();
  });

  it.runIf(isPosix)('is none where others may read it, and where it is a link, a folder or a pipe', async () => {
    const path = join(home, key);
    await write(home, key, 'what was said');
    chmodSync(path, 0o644);
    expect(readEntry(home, key)).toBeUndefined();
    chmodSync(path, 0o600);
    linkSync(path, join(home, 'second'));
    expect(readEntry(home, key)).toBeUndefined();
    rmSync(path);
    symlinkSync(join(home, 'second'), path);
    expect(readEntry(home, key)).toBeUndefined();
    rmSync(path);
    mkdirSync(path);
    expect(readEntry(home, key)).toBeUndefined();
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', ['-m', '600', path]);
    expect(readEntry(home, key)).toBeUndefined();
  });

  it.runIf(process.geteuid?.() === 0)('is none where another wrote it', async () => {
    await write(home, key, 'what was said');
    chownSync(join(home, key), 12_345, 12_345);
    expect(readEntry(home, key)).toBeUndefined();
  });
});

describe.each(ways)('the bounds of the cache that is written %s', (_, write) => {
  const keys = Array.from({ length: 6 }, (_, at) => entryKey([at]));
  const bounds = { entries: 4, bytes: 1_000, entryBytes: 400 };

  async function writeInTurn(text: string): Promise<void> {
    for (const [at, key] of keys.entries()) {
      await write(home, key, text, bounds);
      // Files of one moment have no order.
      utimesSync(join(home, key), new Date(), new Date(1_700_000_000_000 + at * 1000));
    }
    await write(home, keys.at(-1) ?? '', text, bounds);
  }

  it('let the oldest go where there are too many, and nothing else', async () => {
    writeFileSync(join(home, 'notes.txt'), 'mine');
    await writeInTurn('a');
    expect(new Set(readdirSync(home))).toEqual(new Set(['notes.txt', ...keys.slice(2)]));
  });

  it('let the oldest go where they are too large together', async () => {
    await writeInTurn('a'.repeat(300));
    expect(new Set(readdirSync(home))).toEqual(new Set(keys.slice(4)));
  });

  it('keep what was used of late', async () => {
    const [first = ''] = keys;
    for (const [at, key] of keys.slice(0, 4).entries()) {
      await write(home, key, 'a', bounds);
      utimesSync(join(home, key), new Date(), new Date(1_700_000_000_000 + at * 1000));
    }
    expect(readEntry(home, first, bounds)).toBe('a');
    await write(home, keys[4] ?? '', 'a', bounds);
    expect(existsSync(join(home, first))).toBe(true);
    expect(existsSync(join(home, keys[1] ?? ''))).toBe(false);
  });

  it('hold for a single entry, written or found', async () => {
    const [key = ''] = keys;
    await write(home, key, 'a'.repeat(401), bounds);
    expect(readdirSync(home)).toEqual([]);
    await write(home, key, 'a'.repeat(401));
    expect(readEntry(home, key, bounds)).toBeUndefined();
  });

  it('take away what a program left half written, once it is old', async () => {
    const left = join(home, '01234567-89ab-cdef-0123-456789abcdef.tmp');
    writeFileSync(left, '');
    await write(home, keys[0] ?? '', 'a', bounds);
    expect(existsSync(left)).toBe(true);
    utimesSync(left, new Date(), new Date(1_700_000_000_000));
    await write(home, keys[0] ?? '', 'a', bounds);
    expect(existsSync(left)).toBe(false);
  });

  it('are no fault where nothing can be written', async () => {
    await write(join(home, 'not-there'), keys[0] ?? '', 'a');
    expect(readdirSync(home)).toEqual([]);
  });
});
