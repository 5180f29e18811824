import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canKeep, keptName, openKept, openShipped, shippedName, writeKept } from '../../server/src/cli/kept-code.ts';
import { inspectBundle } from '../support/inspect.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-code-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const codes = new Map([
  ['main.cjs', Buffer.from('some code')],
  ['check.cjs', Buffer.alloc(9_001, 7)],
]);

describe('compiled code that is kept', () => {
  it('is read as it was written, piece by piece', () => {
    writeKept(folder, 'a.code', codes);
    expect(readdirSync(folder)).toEqual(['a.code']);
    const kept = openKept(join(folder, 'a.code'));
    expect(kept?.pieces).toEqual(['main.cjs', 'check.cjs']);
    expect(kept?.read('check.cjs')).toEqual(codes.get('check.cjs'));
    expect(kept?.read('main.cjs')?.toString()).toBe('some code');
    expect(kept?.read('other.cjs')).toBeUndefined();
  });

  it('is none that is not there, was cut, or is of another shape', () => {
    const path = join(folder, 'a.code');
    expect(openKept(path)).toBeUndefined();
    writeKept(folder, 'a.code', codes);
    truncateSync(path, statSync(path).size - 1);
    expect(openKept(path)).toBeUndefined();
    for (const text of ['', 'null', '{}', `{"size":30,"places":null}${' '.repeat(5)}`]) {
      writeFileSync(path, text, { mode: 0o600 });
      expect(openKept(path)?.pieces ?? []).toEqual([]);
    }
  });

  it('is none in which a byte was changed', () => {
    const path = join(folder, 'a.code');
    writeKept(folder, 'a.code', codes);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([8]), 0, 1, 9_000);
    closeSync(file);
    expect(openKept(path)).toBeUndefined();
  });

  it('is none in which a block is empty, as where the machine stopped before it was on the disk', () => {
    const path = join(folder, 'a.code');
    const long = new Map([...codes, ['long.cjs', Buffer.alloc(60_000, 'code of a piece')]]);
    writeKept(folder, 'a.code', long);
    const { size, mtime } = statSync(path);
    const whole = readFileSync(path);
    for (let block = 4096; block < size; block += 512) {
      const damaged = Buffer.from(whole).fill(0, block, Math.min(block + 512, size));
      writeFileSync(path, damaged);
      utimesSync(path, mtime, mtime);
      const kept = openKept(path);
      for (const [piece, code] of long) {
        const read = kept?.read(piece);
        if (read !== undefined) expect(read.equals(code)).toBe(true);
      }
      expect([...long.keys()].some((piece) => kept?.read(piece) === undefined)).toBe(true);
    }
  });

  it.skipIf(process.platform === 'win32')('is none that others may have written', () => {
    const path = join(folder, 'a.code');
    writeKept(folder, 'a.code', codes);
    chmodSync(path, 0o622);
    expect(openKept(path)).toBeUndefined();
    chmodSync(path, 0o600);
    expect(openKept(path)).toBeDefined();
    linkSync(path, join(folder, 'b.code'));
    expect(openKept(path)).toBeUndefined();
  });

  it('is not made where it cannot be kept', () => {
    expect(canKeep(folder)).toBe(true);
    expect(canKeep(join(folder, 'compiled'))).toBe(true);
    expect(canKeep(join(folder, 'none/compiled'))).toBe(false);
  });

  it('has a name for each command, build and Node.js, whatever the command is called', () => {
    expect(keptName('check', 'b1')).toBe(`check-b1-${process.version}-${process.arch}.code`);
    for (const odd of [undefined, '', '--help', '../../x', 'a'.repeat(300)]) expect(keptName(odd, 'b1')).toMatch(/^none-b1-/);
  });

  it('is bounded: the oldest goes', () => {
    for (let number = 0; number < 60; number += 1) writeKept(folder, `${number}.code`, codes);
    expect(readdirSync(folder)).toHaveLength(48);
  });
});

const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
const codeOfBuild = (name: string): boolean => name.endsWith('.code');

/** The program in a folder of its own, whose modules lie in `dist`; what was compiled when it was built is not there. */
function programWithoutCode(): string {
  const there = join(folder, 'program/dist/cli');
  mkdirSync(there, { recursive: true });
  const built = dirname(inspectBundle);
  for (const name of readdirSync(built)) if (!codeOfBuild(name)) copyFileSync(join(built, name), join(there, name));
  return join(there, 'iptables-inspect.cjs');
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The files of compiled code that are kept then. */
  readonly kept: readonly string[];
}

const compiledFolder = (): string => join(folder, 'iptables-inspect/compiled');

/** A program's run with a cache folder, as the process of a number: one in 16 looks whether more was compiled. */
function run(program: string, pid: number, ...args: readonly string[]): Ran {
  const asProcess = `data:text/javascript,Object.defineProperty(process, 'pid', { value: ${pid} })`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', asProcess, program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: folder, LOCALAPPDATA: folder },
  });
  return { status, stdout, stderr, kept: existsSync(compiledFolder()) ? readdirSync(compiledFolder()) : [] };
}

describe('a program that keeps what it compiles', () => {
  it('says nothing else than one that compiles it anew', () => {
    const program = programWithoutCode();
    const { kept: _, ...anew } = run(program, 1, 'check', dump);
    const check = () => run(program, 1, 'check', '--no-cache', dump);
    const first = check();
    const [name = ''] = first.kept;
    expect(first).toEqual({ ...anew, kept: [name] });
    expect(name).toMatch(/^check-/);
    const kept = readFileSync(join(compiledFolder(), name));
    expect(check()).toEqual(first);
    expect(readFileSync(join(compiledFolder(), name))).toEqual(kept);
    // Of another V8, and of nothing.
    const pieces = openKept(join(compiledFolder(), name))?.pieces ?? [];
    expect(pieces.length).toBeGreaterThan(3);
    writeKept(compiledFolder(), name, new Map(pieces.map((piece) => [piece, Buffer.alloc(4_000, 1)])));
    expect(check()).toEqual(first);
    expect(statSync(join(compiledFolder(), name)).size).toBeGreaterThan(500_000);
    // What was refused keeps nothing.
    expect(run(program, 1, 'trace', dump)).toMatchObject({ status: 2, kept: [name] });
    expect(run(program, 1, 'nothing')).toMatchObject({ status: 2, kept: [name] });
  });

  it('keeps it anew now and then where later runs compile much more', () => {
    const program = programWithoutCode();
    // What a run on a small dump calls is compiled when it is loaded: this one is pasted.
    const pasted = resolve(import.meta.dirname, '../fixtures/pasted/json-string.iptables');
    const sizeAfter = (pid: number, file: string): number => {
      const { status, kept } = run(program, pid, 'check', '--no-cache', file);
      expect(status).toBe(0);
      expect(kept).toHaveLength(1);
      return statSync(join(compiledFolder(), kept[0] ?? '')).size;
    };
    const plain = join(folder, 'empty.iptables');
    writeFileSync(plain, '*nat\nCOMMIT\n');
    const first = sizeAfter(1, plain);
    expect(sizeAfter(2, pasted)).toBe(first);
    const second = sizeAfter(32, pasted);
    expect(second).toBeGreaterThan(first * 1.03);
    expect(sizeAfter(48, plain)).toBe(second);
  });
});

describe('a program that sets flags of V8 for a large dump', () => {
  it('keeps code that later runs take', () => {
    const program = programWithoutCode();
    const large = join(folder, 'large.iptables');
    writeFileSync(large, `*nat\n${`# ${'x'.repeat(900)}\n`.repeat(5_000)}COMMIT\n`);
    const check = (file: string): unknown => {
      const { status, kept } = run(program, 1, 'check', '--no-cache', file);
      expect([status, kept.length]).toEqual([0, 1]);
      const { ino, size } = statSync(join(compiledFolder(), kept[0] ?? ''));
      return [ino, size];
    };
    const first = check(large);
    expect(check(large)).toEqual(first);
    const small = join(folder, 'small.iptables');
    writeFileSync(small, '*nat\nCOMMIT\n');
    expect(check(small)).toEqual(first);
  });
});

describe('code that was compiled when the program was built', () => {
  const [name = ''] = readdirSync(dirname(inspectBundle)).filter(codeOfBuild);
  const shipped = readFileSync(join(dirname(inspectBundle), name));

  it('is of its Node.js, and has all pieces of a first check', () => {
    expect(name).toBe(shippedName(name.split('-')[0] ?? ''));
    const withoutOptions = run(inspectBundle, 1, 'check', dump);
    expect(withoutOptions).toMatchObject({ status: 1, kept: [] });
    expect(run(inspectBundle, 1, 'check', '--no-cache', dump)).toEqual(withoutOptions);
    // Another command keeps its own.
    expect(run(inspectBundle, 1, 'explain', 'orphaned-chain').kept).toHaveLength(1);
  });

  it('is not run where it is another file than was built', () => {
    const program = programWithoutCode();
    const path = join(dirname(program), name);
    const anew = run(program, 1, 'check', '--no-cache', dump);
    rmSync(compiledFolder(), { recursive: true });
    const runWith = (code: Buffer): Ran => {
      writeFileSync(path, code);
      const ran = run(program, 1, 'check', '--no-cache', dump);
      rmSync(compiledFolder(), { recursive: true, force: true });
      return ran;
    };
    expect(runWith(shipped)).toEqual({ ...anew, kept: [] });
    expect(runWith(shipped.subarray(0, -1))).toEqual(anew);
    expect(runWith(Buffer.from(shipped).fill(0, 200_000, 300_000))).toEqual(anew);
    expect(runWith(Buffer.alloc(0))).toEqual(anew);
  });

  it('is none without a file, and none of another user than the program', () => {
    const main = join(folder, 'main.cjs');
    const path = join(folder, name);
    writeFileSync(main, '');
    expect(openShipped(path, main)).toBeUndefined();
    writeFileSync(path, shipped);
    expect(openShipped(path, main)?.pieces).toContain('main.cjs');
    if (process.getuid?.() !== 0) return;
    chownSync(path, 12_345, 12_345);
    expect(openShipped(path, main)).toBeUndefined();
    chownSync(main, 12_345, 12_345);
    expect(openShipped(path, main)).toBeDefined();
  });
});
