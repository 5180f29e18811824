import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../server/src/cluster/live/api.ts';
import { loadKubeconfig } from '../../server/src/cluster/live/kubeconfig.ts';
import { environmentOf, type Folder, temporaryFolder } from './kubeconfigs.ts';
import { kubectlTable } from './kubectl-table.ts';

type Headers = Readonly<Record<string, readonly string[]>>;

let folder: Folder;
let certificate = '';
let seen: Headers[] = [];
let runs = '';

/** Notes who asks. */
function note(request: IncomingMessage, response: ServerResponse): void {
  const about = Object.entries(request.headersDistinct).filter(([name]) => /^(?:authorization|impersonate-)/.test(name));
  seen.push(Object.fromEntries(about.map(([name, values]) => [name, values ?? []])));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"kind":"ServiceList","items":[]}');
}

const plain = createServer(note);
let secure: ReturnType<typeof createSecureServer>;

function portOf(server: { address(): string | AddressInfo | null }): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api-server.test' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'api-server.test' },
        ],
      },
    ],
  });
  certificate = cert;
  secure = createSecureServer({ cert, key }, note);
  for (const server of [plain, secure]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = temporaryFolder();
  folder.write('token', 'from-file\n');
  folder.write('empty', '\n');
  folder.write('ca.crt', cert);
});

afterAll(() => {
  plain.close();
  secure.close();
  folder.remove();
});

beforeEach(() => {
  seen = [];
  runs = folder.write('runs', '');
  const credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}';
  folder.write('plugin.sh', `#!/bin/sh\necho ran >> '${runs}'\necho '${credential}'\n`, 0o755);
});

describe('a kubeconfig as kubectl reads it:', () => {
  it.each(kubectlTable)('$name', async ({ cluster = {}, http, user, kubectl, ours, runs: isRun }) => {
    const server = http === true ? `http://127.0.0.1:${portOf(plain)}` : `https://127.0.0.1:${portOf(secure)}`;
    const authority = http === true ? {} : { 'certificate-authority-data': Buffer.from(certificate).toString('base64') };
    const config = {
      contexts: [{ name: 't', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, ...authority, ...cluster } }],
      users: [{ name: 'u', user }],
    };
    const file = folder.write('config', JSON.stringify(config));
    const ask = async (): Promise<void> => {
      const api = createApi(() => loadKubeconfig(environmentOf(folder, [file])).configFor('t'));
      const signal = AbortSignal.timeout(20_000);
      await api.json({ path: '/api/v1/services', what: 'list services', signal }).finally(() => api.close());
    };
    if (ours === undefined) await ask();
    else await expect(ask()).rejects.toThrow(ours);
    expect(seen).toEqual(typeof kubectl === 'string' ? [] : [kubectl]);
    expect(readFileSync(runs, 'utf8')).toBe(isRun === true ? 'ran\n' : '');
  });
});
