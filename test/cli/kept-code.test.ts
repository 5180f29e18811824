import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  linkSync,
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
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canKeep, keptName, openKept, writeKept } from '../../server/src/cli/kept-code.ts';
import { inspect, inspectBundle } from '../support/inspect.ts';

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

  it('says nothing else than code that is compiled anew', () => {
    const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
    const anew = inspect(['check', dump]);
    const compiled = join(folder, 'iptables-inspect/compiled');
    const check = () => inspect(['check', '--no-cache', dump], { caches: folder });
    expect(check()).toEqual(anew);
    const [name = ''] = readdirSync(compiled);
    expect(name).toMatch(/^check-/);
    const kept = readFileSync(join(compiled, name));
    expect(check()).toEqual(anew);
    expect(readFileSync(join(compiled, name))).toEqual(kept);
    // Of another V8, and of nothing.
    const pieces = openKept(join(compiled, name))?.pieces ?? [];
    expect(pieces.length).toBeGreaterThan(3);
    writeKept(compiled, name, new Map(pieces.map((piece) => [piece, Buffer.alloc(4_000, 1)])));
    expect(check()).toEqual(anew);
    expect(statSync(join(compiled, name)).size).toBeGreaterThan(500_000);
    // What was refused keeps nothing.
    expect(inspect(['trace', dump], { caches: folder }).status).toBe(2);
    expect(inspect(['nothing'], { caches: folder }).status).toBe(2);
    expect(readdirSync(compiled)).toEqual([name]);
  });

  it('is made anew now and then where later runs compile much more', () => {
    // What a run on a small dump calls is compiled when it is loaded: this one is pasted.
    const dump = resolve(import.meta.dirname, '../fixtures/pasted/json-string.iptables');
    const sizeAfter = (pid: number, ...args: readonly string[]): number => {
      const asProcess = `data:text/javascript,Object.defineProperty(process, 'pid', { value: ${pid} })`;
      const { status } = spawnSync(process.execPath, ['--import', asProcess, inspectBundle, 'check', ...args], {
        env: { ...process.env, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder },
      });
      expect(status).toBe(0);
      const compiled = join(folder, 'iptables-inspect/compiled');
      const [name = '', ...others] = readdirSync(compiled);
      expect(others).toEqual([]);
      return statSync(join(compiled, name)).size;
    };
    const plain = join(folder, 'empty.iptables');
    writeFileSync(plain, '*nat\nCOMMIT\n');
    const first = sizeAfter(1, '--no-cache', plain);
    expect(sizeAfter(2, '--no-cache', dump)).toBe(first);
    const second = sizeAfter(32, '--no-cache', dump);
    expect(second).toBeGreaterThan(first * 1.03);
    expect(sizeAfter(48, '--no-cache', plain)).toBe(second);
  });
});
