import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { before } from '../../server/src/cli/load-pieces.ts';
import { inspectBundle } from '../support/inspect.ts';

const folder = dirname(inspectBundle);

/** A piece of the program and all that is loaded with it. */
function loadedWith(piece: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(piece)) return found;
  found.add(piece);
  const text = readFileSync(resolve(folder, piece), 'utf8');
  for (const [, other] of text.matchAll(/(?<!=> |return )\brequire\("\.\/([^"]+)"\)/g)) loadedWith(other ?? '', found);
  return found;
}

function bytesOf(pieces: ReadonlySet<string>): number {
  return [...pieces].reduce((sum, piece) => sum + statSync(resolve(folder, piece)).size, 0);
}

function pieceOf(name: string): string {
  const found = readdirSync(folder).filter((file) => new RegExp(`^${name}-[0-9A-Z]+\\.cjs$`).test(file));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

describe('what the command line loads', () => {
  it('is nothing but the options for what only tells of them', () => {
    const first = loadedWith(pieceOf('run-program'), new Set(loadedWith('main.cjs')));
    expect(first.size).toBeGreaterThan(1);
    expect(bytesOf(first)).toBeLessThan(110_000);
  });

  it('is not even the options where there are none', () => {
    expect(bytesOf(loadedWith('main.cjs'))).toBeLessThan(40_000);
  });

  it('is neither a drawing nor packets for check', () => {
    const pieces = loadedWith(pieceOf('check'));
    const text = [...pieces].map((piece) => readFileSync(resolve(folder, piece), 'utf8')).join('');
    expect(pieces).not.toContain(pieceOf('drawings'));
    expect(pieces).not.toContain(pieceOf('packets'));
    expect(text.includes('orphaned-chain')).toBe(true);
    // What dagre calls the direction of a layout.
    expect(text.includes('rankdir')).toBe(false);
    // Snapshots in YAML, drift, bundles of a node and fixes are loaded when there is one.
    expect(pieces).not.toContain(pieceOf('seldom'));
    expect(text.includes('YAMLException')).toBe(false);
    // 648,000; the drawing and the packets would be 300,000 more, what is seldom needed 130,000.
    expect(bytesOf(pieces)).toBeLessThan(700_000);
  });

  it('is no large piece: all that V8 makes of one is in memory at the same time', () => {
    // 115,000; what all commands need would be one of 470,000.
    for (const piece of loadedWith(pieceOf('check'))) expect(bytesOf(new Set([piece])), piece).toBeLessThan(140_000);
  });

  it('makes nothing of Intl and no large module of Node.js for a small dump', () => {
    const watch = `
      for (const name of ['NumberFormat', 'Collator', 'DateTimeFormat'])
        Intl[name] = new Proxy(Intl[name], { construct: () => { throw new Error('makes an Intl.' + name); } });
      process.on('exit', () => {
        for (const name of ['zlib', 'crypto', 'net', 'tty'])
          if (process.moduleLoadList.includes('NativeModule ' + name)) process._rawDebug('loads ' + name);
      });`;
    const caches = mkdtempSync(join(tmpdir(), 'iptables-start-'));
    const run = (...args: readonly string[]): string => {
      const program = ['--import', `data:text/javascript,${encodeURIComponent(watch)}`, resolve(folder, 'iptables-inspect.cjs')];
      const env = { ...process.env, XDG_CACHE_HOME: caches, LOCALAPPDATA: caches };
      const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...args], { env, encoding: 'utf8' });
      return `${args[0]}: ${status}${stdout === '' ? ', nothing printed' : ''}${stderr}`;
    };
    const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
    expect(run('check', dump)).toBe('check: 1');
    expect(run('check', dump)).toBe('check: 1');
    expect(run('check', '--no-cache', dump)).toBe('check: 1');
    expect(run('resolve', dump)).toBe('resolve: 0');
    expect(run('trace', dump, '--from', '192.0.2.1', '--to', '10.96.0.1:443')).toBe('trace: 0');
    rmSync(caches, { recursive: true, force: true });
  });

  it('has the functions that a small dump needs compiled when they are loaded', () => {
    const text = [...loadedWith(pieceOf('check'))].map((piece) => readFileSync(resolve(folder, piece), 'utf8')).join('');
    // 1,050; a function in parentheses is compiled at once.
    expect(text.split('=(function').length).toBeGreaterThan(600);
    // The others are not.
    expect(text.match(/\bfunction\*? ?[\w$]+\(/g)?.length).toBeGreaterThan(300);
  });

  it('is made into functions when it is built, but for the first piece, and runs without any kept code', () => {
    const isFunction = (name: string): boolean => readFileSync(resolve(folder, name), 'utf8').startsWith(before);
    const pieces = [...loadedWith(pieceOf('check')), pieceOf('run-program'), pieceOf('packets')];
    expect(pieces.filter((name) => name !== 'main.cjs' && !isFunction(name))).toEqual([]);
    expect(isFunction('main.cjs')).toBe(false);
    const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
    const run = (env: NodeJS.ProcessEnv): unknown => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [inspectBundle, 'check', dump], { encoding: 'utf8', env });
      return { status, stdout, stderr };
    };
    const env = { ...process.env, XDG_CACHE_HOME: devNull, LOCALAPPDATA: devNull };
    expect(run({ ...env, NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(run(env));
  });

  it('is the same program when its first piece is started by itself', () => {
    const run = (program: string, ...args: readonly string[]): unknown => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
      return { status, stdout, stderr };
    };
    const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
    const main = resolve(folder, 'main.cjs');
    expect(run(main, 'check', dump)).toEqual(run(inspectBundle, 'check', dump));
    expect(run(main, 'check', '/no/such/dump')).toMatchObject({ status: 2, stdout: '' });
  });

  it('starts no program to find a command', () => {
    expect(readFileSync(resolve(folder, pieceOf('run-program')), 'utf8').includes('child_process')).toBe(false);
  });
});

// Node.js' usual place has a known name in a folder that all users of a machine write to; who makes it first may put code there, which is run.
it.skipIf(process.platform === 'win32').each([
  // What of `check` was compiled when the program was built is not kept again.
  ['cli/iptables-inspect.cjs', ['explain', 'orphaned-chain']],
  ['server/iptables-language-server.cjs', ['--version']],
] as const)('compiled code of %s is kept where this user alone can write, or nowhere', (program, args) => {
  const home = mkdtempSync(join(tmpdir(), 'iptables-start-'));
  const run = (env: NodeJS.ProcessEnv): readonly string[] => {
    const { NODE_COMPILE_CACHE: _, XDG_CACHE_HOME: __, ...rest } = process.env;
    const path = resolve(folder, '..', program);
    const { status } = spawnSync(process.execPath, [path, ...args], { env: { ...rest, TMPDIR: home, ...env } });
    expect(status).toBe(0);
    return readdirSync(home);
  };
  try {
    expect(run({ HOME: '/proc/nobody' })).toEqual([]);
    expect(run({ HOME: '/proc/nobody', XDG_CACHE_HOME: join(home, 'caches') })).toEqual(['caches']);
    expect(readdirSync(join(home, 'caches/iptables-inspect'))).toEqual(['compiled']);
    expect(readdirSync(join(home, 'caches/iptables-inspect/compiled'))).toHaveLength(1);
    expect(statSync(join(home, 'caches/iptables-inspect')).mode & 0o777).toBe(0o700);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

describe('a program that is not whole', () => {
  it.each(['with a cache', 'without a cache'])('says so in a line, and not that something was found: %s', (kind) => {
    const there = mkdtempSync(join(tmpdir(), 'half-'));
    try {
      const launcher = join(there, 'iptables-inspect.cjs');
      copyFileSync(inspectBundle, launcher);
      const caches = kind === 'with a cache' ? { XDG_CACHE_HOME: there } : { NODE_DISABLE_COMPILE_CACHE: '1' };
      const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'check', 'a'], {
        encoding: 'utf8',
        env: { ...process.env, ...caches },
      });
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^iptables-inspect: cannot be loaded: .*main\.cjs.*\n$/);
    } finally {
      rmSync(there, { recursive: true });
    }
  });
});
