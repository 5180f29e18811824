import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver-protocol/node';
import { serverBundle } from '../support/server-bundle.ts';

const folders: string[] = [];
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function listening(server: Server, at: string | number): Promise<Server> {
  server.listen(at);
  await once(server, 'listening');
  return server;
}

/** What the server says of itself to an editor that waits for it, and how it ends. */
async function talk(server: Server, args: readonly string[]): Promise<{ readonly name: unknown; readonly code: unknown }> {
  const child = spawn(process.execPath, [serverBundle, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  running.push(child);
  const ended = once(child, 'exit');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const connection = createProtocolConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.listen();
  const { serverInfo } = await connection.sendRequest<{ readonly serverInfo: { readonly name: string } }>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
  });
  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  const [code] = (await ended) as [number];
  server.close();
  return { name: serverInfo.name, code };
}

const answered = { name: 'iptables-language-server', code: 0 };

describe('what an editor and the server speak over', () => {
  it.each([
    ['--socket=PORT', (port: number) => [`--socket=${port}`]],
    ['--socket PORT', (port: number) => ['--socket', String(port)]],
  ])('%s', async (_, argsOf) => {
    const server = await listening(createServer(), 0);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await talk(server, argsOf(port))).toEqual(answered);
  });

  it('--pipe=NAME', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
    folders.push(folder);
    const name = join(folder, 'lsp');
    expect(await talk(await listening(createServer(), name), [`--pipe=${name}`])).toEqual(answered);
  });
});
