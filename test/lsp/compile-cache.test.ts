import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isFitForCode } from '../../server/src/lsp/node/compile-cache.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-compiled-'));
  mkdirSync(join(folder, 'v24'));
  writeFileSync(join(folder, 'v24', 'abc'), 'code');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes a folder of files, and one that is not there yet', () => {
  expect(isFitForCode(folder)).toBe(true);
  expect(isFitForCode(join(folder, 'later'))).toBe(true);
});

it.skipIf(process.platform === 'win32')('takes none in which Node.js would wait at a pipe, or follow a link', () => {
  spawnSync('mkfifo', [join(folder, 'v24', 'pipe')]);
  expect(isFitForCode(folder)).toBe(false);
  rmSync(join(folder, 'v24', 'pipe'));
  symlinkSync('/dev/zero', join(folder, 'v24', 'link'));
  expect(isFitForCode(folder)).toBe(false);
  expect(isFitForCode(join(folder, 'v24', 'abc'))).toBe(false);
});

it('takes none that has grown without a bound', () => {
  for (let file = 0; file < 201; file += 1) writeFileSync(join(folder, 'v24', String(file)), '');
  expect(isFitForCode(folder)).toBe(false);
});
