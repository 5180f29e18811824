import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApi, defaultLimits } from '../../server/src/cluster/live/api.ts';
import { loadKubeconfig } from '../../server/src/cluster/live/kubeconfig.ts';
import { environmentOf, type Folder, temporaryFolder } from './kubeconfigs.ts';

// An API server whose name only proxies know.

let folder: Folder;
let certificate = '';
let api: ReturnType<typeof createHttpsServer>;
/** What each proxy was asked to connect to, with the password it was given. */
let asked: string[] = [];

function portOf(server: { address(): string | AddressInfo | null }): number {
  return (server.address() as AddressInfo).port;
}

function join(client: Socket, greeting: string | Buffer): void {
  const upstream = connect(portOf(api), '127.0.0.1', () => {
    client.write(greeting);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  for (const socket of [client, upstream]) socket.on('error', () => undefined);
}

const httpProxy = createHttpServer().on('connect', (request, client: Socket) => {
  asked.push(`http ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
  join(client, 'HTTP/1.1 200 Connection established\r\n\r\n');
});

/** RFC 1928 and 1929, as much of them as a test needs. */
const socksProxy: Server = createServer((client) => {
  client.on('error', () => undefined);
  client.once('data', (methods) => {
    const wantsPassword = methods.includes(2, 2);
    const connectTo = (user: string): void => {
      client.once('data', (request) => {
        const isName = request[3] === 3;
        const host = isName ? request.toString('latin1', 5, 5 + (request[4] ?? 0)) : 'an address';
        asked.push(`socks ${host} ${user}`.trim());
        join(client, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    };
    client.write(Buffer.from([5, wantsPassword ? 2 : 0]));
    if (!wantsPassword) {
      connectTo('');
      return;
    }
    client.once('data', (credentials) => {
      connectTo(credentials.toString('latin1', 2, 2 + (credentials[1] ?? 0)));
      client.write(Buffer.from([1, 0]));
    });
  });
});

beforeAll(async () => {
  const names = [{ type: 2, value: 'api-server.test' }] as const;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api-server.test' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...names] },
    ],
  });
  certificate = cert;
  api = createHttpsServer({ cert, key }, (request, response) => {
    response.writeHead(200).end(JSON.stringify({ authorization: request.headers.authorization }));
  });
  for (const server of [api, httpProxy, socksProxy]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  folder = temporaryFolder();
});

afterAll(() => {
  for (const server of [api, httpProxy, socksProxy]) server.close();
  folder.remove();
});

beforeEach(() => {
  asked = [];
});

/** Asks the API server through what the kubeconfig or the environment names. */
async function ask(
  proxyUrl: string | undefined,
  env: Readonly<Record<string, string>> = {},
  { patience, signal }: { readonly patience: number; readonly signal: AbortSignal } = {
    patience: defaultLimits.patience,
    signal: AbortSignal.timeout(20_000),
  },
): Promise<unknown> {
  const cluster = {
    server: 'https://api-server.test:6443',
    'certificate-authority-data': Buffer.from(certificate).toString('base64'),
    'proxy-url': proxyUrl,
  };
  const config = {
    contexts: [{ name: 't', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 't' } }],
  };
  const file = folder.write('config', JSON.stringify(config));
  const client = createApi(() => loadKubeconfig(environmentOf(folder, [file], env)).configFor('t'), {
    ...defaultLimits,
    patience,
  });
  const request = { path: '/api', what: 'get the API', signal };
  return client.json(request).finally(() => client.close());
}

describe('a proxy', () => {
  it('by http tunnels to the server', async () => {
    expect(await ask(`http://127.0.0.1:${portOf(httpProxy)}`)).toEqual({ authorization: 'Bearer t' });
    expect(asked).toEqual(['http api-server.test:6443']);
  });

  it('by http may want a password', async () => {
    await ask(`http://me:secret@127.0.0.1:${portOf(httpProxy)}`);
    expect(asked).toEqual([`http api-server.test:6443 Basic ${Buffer.from('me:secret').toString('base64')}`]);
  });

  it('by https at an address is not given the address as a name in TLS', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'proxy' }], {
      algorithm: 'sha256',
      keyType: 'ec',
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    const names: unknown[] = [];
    const proxy = createHttpsServer({ cert, key })
      .on('secureConnection', ({ servername }: TLSSocket) => names.push(servername))
      .on('connect', (request, client: Socket) => {
        asked.push(`https ${request.url}`);
        join(client, 'HTTP/1.1 200 Connection established\r\n\r\n');
      });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const warnings: string[] = [];
    const hear = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', hear);
    const before = getCACertificates();
    setDefaultCACertificates([...before, cert]);
    try {
      expect(await ask(`https://127.0.0.1:${portOf(proxy)}`)).toEqual({ authorization: 'Bearer t' });
    } finally {
      setDefaultCACertificates(before);
      process.off('warning', hear);
      proxy.close();
    }
    expect(asked).toEqual(['https api-server.test:6443']);
    expect(names).toEqual([false]);
    expect(warnings.filter((warning) => warning.includes('IP address'))).toEqual([]);
  });

  it('by socks5 looks the name of the server up itself, as with kubectl', async () => {
    expect(await ask(`socks5://127.0.0.1:${portOf(socksProxy)}`)).toEqual({ authorization: 'Bearer t' });
    expect(asked).toEqual(['socks api-server.test']);
  });

  it('by socks5 may want a password', async () => {
    await ask(`socks5://me:secret@127.0.0.1:${portOf(socksProxy)}`);
    expect(asked).toEqual(['socks api-server.test me']);
  });

  it.each([
    ['that says nothing is given up', 200, 20_000, / by the proxy http:\/\/127\.0\.0\.1:\d+ does not answer in time\.$/],
    ['that says nothing is left where the request is given up', 20_000, 200, /^The request was given up\.$/],
  ])('%s, and its connection is closed', async (_, patience, whole, message) => {
    const silent = createServer((client) => client.on('error', () => undefined).resume());
    const closed = once(silent, 'connection').then(([client]) => once(client as Socket, 'close'));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const asking = ask(`http://me:secret@127.0.0.1:${portOf(silent)}`, {}, { patience, signal: AbortSignal.timeout(whole) });
    await expect(asking).rejects.toThrow(message);
    await closed;
    silent.close();
  });

  it('that nothing listens at is named, and not the server behind it', async () => {
    await expect(ask('http://me:secret@127.0.0.1:1')).rejects.toThrow(
      /^Nothing listens at the proxy http:\/\/127\.0\.0\.1:1 for https:\/\/api-server\.test:6443\.$/,
    );
  });

  it('of the environment is taken where the kubeconfig names none', async () => {
    await ask(undefined, { HTTPS_PROXY: `http://127.0.0.1:${portOf(httpProxy)}` });
    expect(asked).toEqual(['http api-server.test:6443']);
    await ask(`socks5://127.0.0.1:${portOf(socksProxy)}`, { HTTPS_PROXY: `http://127.0.0.1:${portOf(httpProxy)}` });
    expect(asked.at(-1)).toBe('socks api-server.test');
  });

  it('of the environment that cannot be used is named without its password', async () => {
    await expect(ask(undefined, { HTTPS_PROXY: 'ftp://me:secret@127.0.0.1:1' })).rejects.toThrow(
      'The proxy that the environment names has the scheme "ftp", and must have http, https or socks5: ftp://127.0.0.1:1.',
    );
  });
});
