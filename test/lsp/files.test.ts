import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdSlices } from '../../server/src/base/scheduler.ts';
import { nodeFiles } from '../../server/src/lsp/node/files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-files-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function written(content: string | Buffer): string {
  const path = join(folder, 'cluster.json');
  writeFileSync(path, content);
  return pathToFileURL(path).href;
}

describe('a file', () => {
  it.each([
    ['empty', Buffer.alloc(0)],
    ['short', Buffer.from('{}')],
    ['with a byte order mark', Buffer.from('\ufeff{}')],
    ['not all ASCII', Buffer.from('ä'.repeat(700_000))],
    ['no UTF-8', Buffer.from([0xc3, 0x28, 0xff, 0x7b, 0xe2, 0x82])],
    ['of megabytes', Buffer.from('0123456789\n'.repeat(300_000))],
    ['of megabytes, ASCII but for its end', Buffer.from(`${'0123456789\n'.repeat(300_000)}ü`)],
  ])('is read as it is: %s', async (_, bytes) => {
    const uri = written(bytes);
    const { text } = await nodeFiles.read(uri);
    expect(text === bytes.toString('utf8')).toBe(true);
    expect(bytes.equals(await nodeFiles.readBytes(uri))).toBe(true);
    expect((await nodeFiles.read(uri)).text).toBe(text);
  });

  it('of megabytes becomes a text when no large message is on its way any more', async () => {
    const uri = written('0123456789\n'.repeat(300_000));
    const order: string[] = [];
    // What is on its way for long holds nobody up any more.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const release = holdSlices();
    const reading = nodeFiles.read(uri).then(() => order.push('read'));
    for (let times = 0; times < 3; times += 1) await nodeFiles.readBytes(uri);
    order.push('released');
    release();
    await reading;
    expect(order).toEqual(['released', 'read']);
  });
});
