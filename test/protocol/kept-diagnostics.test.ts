import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PublishDiagnosticsNotification } from 'vscode-languageserver-protocol/node';
import { startTestServer } from '../support/language-server.ts';

const uri = 'file:///nodes/node-a.iptables';
const rules = Array.from(
  { length: 20_000 },
  (_, at) => `-A FORWARD -s 10.${at >> 8}.${at & 255}.0/24 -p tcp -m tcp --dport 80 -j ACCEPT\n`,
);
/** A dump that is large enough to be kept, with one finding. */
const dump = `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join('')}-A INPUT -j NOWHERE\nCOMMIT\n`;

let caches = '';

beforeEach(() => {
  caches = mkdtempSync(join(tmpdir(), 'iptables-kept-'));
});

afterEach(() => rmSync(caches, { recursive: true, force: true }));

/** What a server of its own tells of a dump until it has found all of it: that it was read, and codes of what was found, in that order. */
async function toldOf(text: string, settings?: object, opened = uri, byFile?: object): Promise<readonly string[]> {
  // Settings that it has to ask for may come when the dump is read already.
  const asked = settings === undefined ? { capabilities: {} } : { settings: () => settings };
  const server = await startTestServer({ caches, ...asked });
  const told: string[] = [];
  try {
    const isFound = new Promise<void>((done) => {
      server.connection.onNotification('iptables/rulesetChanged', () => {
        told.push('read');
      });
      server.connection.onNotification(PublishDiagnosticsNotification.type, ({ diagnostics }) => {
        told.push(diagnostics.map(({ code, severity }) => `${code} ${severity}`).join(', '));
        if (told.includes('read')) done();
      });
    });
    server.connection.onNotification('iptables/sendText', () => {
      told.push('asks for the text');
      void server.open(opened, text);
    });
    if (byFile === undefined) await server.open(opened, text);
    else await server.connection.sendNotification('iptables/didOpenFile', { textDocument: byFile });
    await isFound;
    return told;
  } finally {
    await server.stop();
  }
}

function entries(): readonly string[] {
  const folder = join(caches, 'iptables-inspect');
  return readdirSync(folder)
    .filter((name) => name !== 'compiled')
    .map((name) => join(folder, name));
}

describe('a large dump that is opened again', () => {
  const found = 'undeclared-chain 1';

  it('shows what was found the last time before it is read', async () => {
    expect(await toldOf(dump)).toEqual(['read', found]);
    expect(await toldOf(dump)).toEqual([found, 'read', found]);
  });

  it('keeps whose the bytes are that a text comes in as, and shows what was found without that, too', async () => {
    await toldOf(dump);
    const [small, large] = entries().toSorted((one, other) => statSync(one).size - statSync(other).size);
    expect(entries()).toHaveLength(2);
    expect(statSync(small ?? '').size).toBeLessThan(200);
    // Another text's bytes, and none.
    writeFileSync(small ?? '', readFileSync(large ?? ''));
    expect(await toldOf(dump)).toEqual([found, 'read', found]);
    rmSync(small ?? '');
    expect(await toldOf(dump)).toEqual([found, 'read', found]);
    expect(entries()).toHaveLength(2);
  });

  it('shows nothing of another text, and nothing that was found with other settings', async () => {
    await toldOf(dump);
    expect(await toldOf(dump.replace('--dport 80', '--dport 81'))).toEqual(['read', found]);
    expect(await toldOf(dump, { lint: { severity: { 'undeclared-chain': 'hint' } } })).toEqual(['read', 'undeclared-chain 4']);
  });

  it('shows nothing that was changed where it is kept', async () => {
    await toldOf(dump);
    for (const path of entries()) writeFileSync(path, readFileSync(path, 'utf8').replaceAll('NOWHERE', 'ANYWHERE'));
    expect(await toldOf(dump)).toEqual(['read', found]);
  });

  it.each([
    ['and then what its text has', dump, [found, 'read', found]],
    ['and asks for the text where the file has another', `${dump}# more\n`, [found, 'asks for the text', found, 'read', found]],
  ])('shows what was found the last time where it is opened by its file, %s', async (_, content, told) => {
    const path = join(caches, 'a.iptables');
    const ofFile = pathToFileURL(path).href;
    await toldOf(dump, undefined, ofFile);
    writeFileSync(path, content);
    const sha256 = createHash('sha256').update(dump).digest('hex');
    const byFile = { uri: ofFile, languageId: 'iptables', version: 1, bytes: Buffer.byteLength(dump), sha256 };
    expect(await toldOf(dump, undefined, ofFile, byFile)).toEqual(told);
  });

  it('keeps nothing of a small one', async () => {
    await toldOf(dump.replace(rules.join(''), ''));
    expect(entries()).toEqual([]);
  });
});
