/**
 * An API server for the tests: TLS on loopback with a certificate of its own, lists in pages, watches with a history that can be
 * compacted, tokens that rotate, exec over WebSocket, and whatever answer a test wants to get in between.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { type WebSocket, WebSocketServer } from 'ws';
import { collections, pluralOf } from './api-collections.ts';

export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** What a command in a container says: standard output in chunks, and how it ends. */
export interface ExecAnswer {
  readonly stdout: readonly string[];
  readonly stderr?: string;
  /** A Status object; success where it is left out, nothing and a closed connection where it is null. */
  readonly status?: Readonly<Record<string, unknown>> | null;
  /** Messages that are sent as they are, behind the chunks and before the status. */
  readonly raw?: readonly (Buffer | string)[];
}

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly argv: readonly string[];
}

/** One request as it came in, for counting. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  /** The common name of the client's certificate; empty without one. */
  readonly certificate: string;
}

/** Answers a request in the server's stead; false leaves it to the server. */
export type Intercept = (request: SeenRequest, response: ServerResponse) => boolean;

export interface TestApiServer {
  readonly url: string;
  /** PEM. */
  readonly certificate: string;
  readonly seen: readonly SeenRequest[];
  /** The tokens that are accepted; empty for all requests, with or without one. */
  tokens: readonly string[];
  /** Objects of a list's page at most, whatever the client asks for. */
  largestPage: number;
  intercept: Intercept | undefined;
  exec: (request: ExecRequest) => ExecAnswer;
  /** Answers an exec in the server's stead, by what it writes itself. */
  refuseExec: ((request: SeenRequest, socket: Socket) => void) | undefined;
  /** What a container printed: the text of `pods/NAME/log`. */
  log: (request: { readonly pod: string; readonly container: string }) => string;
  /** Adds or replaces an object and tells the watches. */
  put(object: ApiObject): void;
  remove(kind: string, namespace: string, name: string): void;
  get(kind: string, namespace: string, name: string): ApiObject | undefined;
  /** "namespace/name" of all objects of a kind. */
  names(kind: string): readonly string[];
  /** Forgets the history: watches and continue tokens from before are gone (410). */
  compact(): void;
  bookmark(): void;
  /** Writes to all open watches of a resource, as it is. */
  sayToWatches(plural: string, text: string): void;
  /** Ends all watches, cleanly or with a broken connection. */
  endWatches(how: 'clean' | 'broken'): void;
  watches(plural: string): number;
  /** Requests of this shape so far. */
  count(path: string, isWatch: boolean): number;
  /** Stops listening and breaks all connections; `start` listens on the same port again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
}

interface OpenWatch {
  readonly plural: string;
  /** The one namespace that is watched; empty for all. */
  readonly namespace: string;
  readonly response: ServerResponse;
}

function status(code: number, reason: string, message: string): Readonly<Record<string, unknown>> {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

/** Answers with a Status object, as the API server does. */
export function answerStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): true {
  response.writeHead(code, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(status(code, reason, message)));
  return true;
}

function commonName(socket: Socket): string {
  const { CN } = socket instanceof TLSSocket ? (socket.getPeerCertificate().subject ?? {}) : {};
  return typeof CN === 'string' ? CN : '';
}

/** Starts an API server on a free port of 127.0.0.1. */
export async function startApiServer(): Promise<TestApiServer> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api-server.test' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const objects = new Map<string, Map<string, ApiObject>>(Object.keys(collections).map((plural) => [plural, new Map()]));
  const sockets = new Set<Socket>();
  const open = new Set<OpenWatch>();
  const seen: SeenRequest[] = [];
  let history: Change[] = [];
  let version = 1_000;
  let oldest = 0;
  let lists = new Map<string, { readonly items: readonly ApiObject[]; readonly version: number }>();
  let nextList = 0;
  let port = 0;

  const wss = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });
  const https: Server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, handle);
  https.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  https.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const asked = note(request);
    if (!isKnown(asked)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const match = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/.exec(asked.path);
    if (server.refuseExec !== undefined) {
      server.refuseExec(asked, socket);
      return;
    }
    if (match === null) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    wss.handleUpgrade(request, socket, head, (client) => {
      const { query } = asked;
      runExec(client, {
        namespace: match[1] ?? '',
        pod: match[2] ?? '',
        container: query.get('container') ?? '',
        argv: query.getAll('command'),
      });
    });
  });

  function runExec(client: WebSocket, request: ExecRequest): void {
    const answer = server.exec(request);
    const send = (channel: number, text: string) => client.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
    // The real server begins with an empty message on each channel.
    send(1, '');
    for (const chunk of answer.stdout) send(1, chunk);
    if (answer.stderr !== undefined) send(2, answer.stderr);
    for (const message of answer.raw ?? []) client.send(message);
    if (answer.status !== null) send(3, JSON.stringify(answer.status ?? { metadata: {}, status: 'Success' }));
    client.close();
  }

  function note(request: IncomingMessage): SeenRequest {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const asked = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization ?? '',
      certificate: commonName(request.socket),
    };
    seen.push(asked);
    return asked;
  }

  function isKnown({ authorization }: SeenRequest): boolean {
    return server.tokens.length === 0 || server.tokens.some((token) => authorization === `Bearer ${token}`);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const asked = note(request);
    if (!isKnown(asked)) {
      answerStatus(response, 401, 'Unauthorized', 'Unauthorized');
      return;
    }
    if (server.intercept?.(asked, response) === true) return;
    const [, base = '', namespace = '', rest = ''] = /^(.*\/v1)\/namespaces\/([^/]+)(\/[a-z]+)$/.exec(asked.path) ?? [];
    for (const [plural, { path }] of Object.entries(collections)) {
      if (asked.method !== 'GET' || (asked.path !== path && base + rest !== path)) continue;
      if (asked.query.get('watch') === 'true') watch(plural, namespace, asked, response);
      else list(plural, namespace, asked, response);
      return;
    }
    one(asked, request, response);
  }

  function answer(response: ServerResponse, value: unknown, code = 200): void {
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  }

  function list(plural: string, namespace: string, { query }: SeenRequest, response: ServerResponse): void {
    const collection = collections[plural];
    const token = query.get('continue');
    const limit = query.has('limit') ? Math.min(Number(query.get('limit')), server.largestPage) : Number.POSITIVE_INFINITY;
    const [id = '', start = '0'] = (token ?? '').split(':');
    const node = /^spec\.nodeName=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
    const all = [...(objects.get(plural)?.values() ?? [])].filter((item) => isIn(namespace, item));
    const labels = (query.get('labelSelector') ?? '').split(',').filter((label) => label !== '');
    const labelled = all.filter(({ metadata }) => {
      const own = (metadata['labels'] ?? {}) as Readonly<Record<string, string>>;
      return labels.every((label) => own[label.split('=')[0] ?? ''] === label.split('=')[1]);
    });
    const items =
      node === undefined
        ? labelled
        : labelled.filter((item) => (item['spec'] as { nodeName?: string } | undefined)?.nodeName === node);
    const kept = token === null ? { items, version } : lists.get(id);
    if (kept === undefined) {
      answerStatus(response, 410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.');
      return;
    }
    const from = Number(start);
    const page = kept.items.slice(from, from + limit);
    const metadata: Record<string, unknown> = { resourceVersion: String(kept.version) };
    if (from + page.length < kept.items.length) {
      const name = token === null ? String(nextList++) : id;
      lists.set(name, kept);
      metadata['continue'] = `${name}:${from + page.length}`;
    }
    answer(response, { kind: `${collection?.kind}List`, apiVersion: collection?.apiVersion, metadata, items: page });
  }

  function isIn(namespace: string, { metadata }: ApiObject): boolean {
    return namespace === '' || metadata.namespace === namespace;
  }

  function watch(plural: string, namespace: string, { query }: SeenRequest, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      const object = status(410, 'Expired', `too old resource version: ${from} (${oldest})`);
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    const watching = { plural, namespace, response };
    open.add(watching);
    response.on('close', () => open.delete(watching));
    for (const change of history) {
      if (change.version > from && pluralOf(change.object.kind) === plural) tell(watching, change);
    }
  }

  function tell({ namespace, response }: OpenWatch, { type, object }: Change): void {
    if (isIn(namespace, object)) response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function one(asked: SeenRequest, request: IncomingMessage, response: ServerResponse): void {
    const match = /^\/api\/v1\/namespaces\/([^/]+)\/pods(?:\/([^/]+))?(\/log)?$/.exec(asked.path);
    const node = objects.get('nodes')?.get(`/${/^\/api\/v1\/nodes\/([^/]+)$/.exec(asked.path)?.[1]}`);
    if (node !== undefined) {
      answer(response, node);
      return;
    }
    if (match === null) {
      answerStatus(response, 404, 'NotFound', 'the server could not find the requested resource');
      return;
    }
    const [, namespace = '', name = '', log] = match;
    if (asked.method === 'POST') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const sent = JSON.parse(Buffer.concat(chunks).toString()) as ApiObject;
        const created = { ...sent, metadata: { ...sent.metadata, namespace } };
        server.put(created);
        answer(response, created, 201);
      });
      return;
    }
    const pod = objects.get('pods')?.get(`${namespace}/${name}`);
    if (pod === undefined) {
      answerStatus(response, 404, 'NotFound', `pods "${name}" not found`);
    } else if (asked.method === 'DELETE') {
      server.remove('Pod', namespace, name);
      answer(response, pod);
    } else if (log !== undefined) {
      response
        .writeHead(200, { 'Content-Type': 'text/plain' })
        .end(server.log({ pod: name, container: asked.query.get('container') ?? '' }));
    } else {
      answer(response, pod);
    }
  }

  function record(type: Change['type'], object: ApiObject): void {
    const change = { version, type, object };
    history.push(change);
    for (const watching of open) if (watching.plural === pluralOf(object.kind)) tell(watching, change);
  }

  const server: TestApiServer = {
    url: '',
    certificate: cert,
    seen,
    tokens: [],
    largestPage: Number.POSITIVE_INFINITY,
    intercept: undefined,
    exec: () => ({ stdout: [] }),
    refuseExec: undefined,
    log: () => '',
    put(object) {
      version += 1;
      const of = objects.get(pluralOf(object.kind));
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      const type = of?.has(key) === true ? 'MODIFIED' : 'ADDED';
      of?.set(key, stored);
      record(type, stored);
    },
    remove(kind, namespace, name) {
      const of = objects.get(pluralOf(kind));
      const gone = of?.get(`${namespace}/${name}`);
      if (gone === undefined) return;
      version += 1;
      of?.delete(`${namespace}/${name}`);
      record('DELETED', { ...gone, metadata: { ...gone.metadata, resourceVersion: String(version) } });
    },
    get: (kind, namespace, name) => objects.get(pluralOf(kind))?.get(`${namespace}/${name}`),
    names: (kind) => [...(objects.get(pluralOf(kind))?.keys() ?? [])],
    compact() {
      version += 1;
      oldest = version;
      history = [];
      lists = new Map();
    },
    bookmark() {
      for (const { plural, response } of open) {
        const object = { kind: collections[plural]?.kind, metadata: { resourceVersion: String(version) } };
        response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    },
    sayToWatches(plural, text) {
      for (const watching of open) if (watching.plural === plural) watching.response.write(text);
    },
    endWatches(how) {
      for (const { response } of open) {
        if (how === 'clean') response.end();
        else response.destroy();
      }
    },
    watches: (plural) => [...open].filter((watching) => watching.plural === plural).length,
    count: (path, isWatch) => seen.filter((asked) => asked.path === path && asked.query.has('watch') === isWatch).length,
    async stop() {
      const closed = new Promise<void>((resolve) => https.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async start() {
      await new Promise<void>((resolve) => https.listen(port, '127.0.0.1', resolve));
      port = (https.address() as AddressInfo).port;
    },
    async close() {
      wss.close();
      if (https.listening) await server.stop();
    },
  };
  await server.start();
  return Object.assign(server, { url: `https://127.0.0.1:${port}` });
}
