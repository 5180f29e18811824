import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeBytes } from '../../server/src/cli/decode-bytes.ts';
import { inspect } from '../support/inspect.ts';

describe('bytes as text', () => {
  it.each<[string, readonly number[], string]>([
    ['ASCII', [0x41, 0x0a, 0x42], 'A\nB'],
    ['UTF-8', [...Buffer.from('größe €😀\n')], 'größe €😀\n'],
    ['a byte of Latin-1', [0x67, 0x72, 0xf6, 0xdf, 0x65], 'gr\udcf6\udcdfe'],
    ['UTF-8 beside it, on that line and on others', [0xc3, 0xb6, 0xff, 0x0a, 0xe2, 0x82, 0xac], 'ö\udcff\n€'],
    ['a sequence that is cut off', [0x41, 0xe2, 0x82], 'A\udce2\udc82'],
    ['a byte that only continues', [0x80, 0x41], '\udc80A'],
    ['a letter spelled too long', [0xc1, 0x81], '\udcc1\udc81'],
    ['half of a pair', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    ['nothing', [], ''],
  ])('%s', (_what, bytes, text) => {
    expect(decodeBytes(Buffer.from(bytes))).toBe(text);
  });
});

it('names that differ in bytes that are no UTF-8 are two names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iptables-bytes-'));
  const path = join(folder, 'dump.iptables');
  writeFileSync(
    path,
    Buffer.from('*filter\n:INPUT ACCEPT [0:0]\n:\xe9 - [0:0]\n:\xe8 - [0:0]\n-A INPUT -j \xe9\nCOMMIT\n', 'latin1'),
  );
  const { stdout, status } = inspect(['check', path]);
  rmSync(folder, { recursive: true, force: true });
  expect(stdout).toContain('No packet ever enters <U+DCE8>');
  expect(stdout).toMatch(/1 warning\n$/);
  expect(status).toBe(0);
});
