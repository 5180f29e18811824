import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { keptTexts } from '../../server/src/lsp/node/kept-texts.ts';
import { rememberBytes } from '../../server/src/lsp/node/known-digest.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'iptables-kept-'));
  vi.stubEnv(process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME', home);
  // Of one machine, wherever the tests run.
  vi.stubEnv('HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

it.skipIf(process.platform === 'darwin')('the key of a long text is told in steps, and is of that text alone', () => {
  const texts = keptTexts(import.meta.filename);
  expect(texts).toBeDefined();
  if (texts === undefined) return;
  const odd = '-A INPUT -j ACCEPT 😀';
  const text = `x${odd.repeat(300_000)}`;
  expect([...texts.keyOf(text)].length).toBeGreaterThan(10);
  const key = runToEnd(texts.keyOf(text));
  expect(runToEnd(texts.keyOf(`x${odd.repeat(300_000)}`))).toBe(key);
  const other = (place: number): string => `${text.slice(0, place)}😁${text.slice(place + 2)}`;
  const faces = [text.indexOf('😀'), text.lastIndexOf('😀'), text.indexOf('😀', 499_990)];
  for (const place of faces) expect(runToEnd(texts.keyOf(other(place)))).not.toBe(key);
});

it.skipIf(process.platform === 'darwin')('texts that are written one right behind the other are all kept', async () => {
  const texts = keptTexts(import.meta.filename);
  expect(texts).toBeDefined();
  if (texts === undefined) return;
  const keys = Array.from({ length: 5 }, (_, at) => runToEnd(texts.keyOf(`text ${at}`)));
  for (const key of keys) texts.write(key, `found in ${key}`);
  // Not at once: others are answered while the disk is at work.
  expect(keys.map((key) => texts.read(key))).toEqual(keys.map(() => undefined));
  await texts.settled();
  expect(keys.map((key) => texts.read(key))).toEqual(keys.map((key) => `found in ${key}`));
});

it.skipIf(process.platform === 'darwin')(
  'the key of a text is told by the bytes that it came in as, once it is known whose they are',
  async () => {
    const texts = keptTexts(import.meta.filename);
    const [bytes, others] = ['a'.repeat(64), 'b'.repeat(64)];
    const text = '-A INPUT -j ACCEPT\n';
    if (texts === undefined) throw new Error('there is no folder for them');
    const key = runToEnd(texts.keyOf(text));
    texts.writeBytes(key);
    await texts.settled();
    expect(texts.keyOfBytes(bytes)).toBeUndefined();
    rememberBytes(text, bytes);
    expect(runToEnd(texts.keyOf(text))).toBe(key);
    texts.writeBytes(runToEnd(texts.keyOf('-A OUTPUT -j DROP\n')));
    texts.writeBytes(key);
    await texts.settled();
    // The bytes are of the text that was asked about last.
    expect(texts.keyOfBytes(bytes)).toBeUndefined();
    rememberBytes(text, bytes);
    texts.writeBytes(runToEnd(texts.keyOf(text)));
    await texts.settled();
    const again = keptTexts(import.meta.filename);
    expect(again?.keyOfBytes(bytes)).toBe(key);
    expect(again?.keyOfBytes(others)).toBeUndefined();
    rememberBytes(text, others);
    expect(again?.knownKeyOf(text)).toBeUndefined();
    expect(again && runToEnd(again.keyOf(text))).toBe(key);
  },
);
