/**
 * Requests to one cluster's API server. The client library gives the credentials and the TLS options; the requests themselves are
 * Node's, because the library's hide what is needed here: Retry-After, a watch's broken lines, the size of an answer.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { type Fields, isFields } from '../fields.ts';
import { ApiError, errorOfConnection, errorOfStatus, retryAfterOf, shown } from './api-error.ts';
import { expiryText } from './credential-expiry.ts';
import { CredentialError } from './credential-plugin.ts';
import type { ContextConfig } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig-files.ts';

export interface ApiRequest {
  /** Below the server: "/api/v1/services?limit=500". */
  readonly path: string;
  /** For messages, a verb and a resource: "list services". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: Fields;
}

export interface Api {
  /** "https://10.0.0.1:6443". */
  readonly server: string;
  /** The context's; "default" where it names none. */
  readonly namespace: string;
  /** @throws ApiError */
  json(request: ApiRequest): Promise<Fields>;
  /** The answer as UTF-8 text, of at most `most` bytes. @throws ApiError, also where it is longer */
  text(request: ApiRequest, most: number): Promise<string>;
  /**
   * Calls `onOpen` when an answer begins and `onLine` with each of its lines, until the server ends it. Nothing for `quiet`
   * milliseconds breaks it.
   * @throws ApiError, and whatever `onLine` throws
   */
  lines(request: ApiRequest, quiet: number, onOpen: () => void, onLine: (line: string) => void): Promise<void>;
  /** When the server was last heard, in milliseconds since 1970; 0 for never. */
  heardAt(): number;
  /** Whether the server answers a small question, in whatever way. No credentials are asked for. */
  answers(signal: AbortSignal): Promise<boolean>;
  /** Credentials, TLS options and agent for a WebSocket to this server. @throws ApiError */
  socketOptions(): Promise<RequestOptions>;
  /** Reads the kubeconfig and asks for credentials anew at the next request. */
  reload(): void;
  close(): void;
}

export interface ApiLimits {
  /** Milliseconds until an answer must have begun, and between its parts. */
  readonly patience: number;
  /** Bytes of one answer. */
  readonly largestAnswer: number;
  /** Bytes of one line of a watch; etcd holds objects of 1.5 MB at most. */
  readonly longestLine: number;
}

export const defaultLimits: ApiLimits = { patience: 30_000, largestAnswer: 100_000_000, longestLine: 10_000_000 };

/** One configuration and the connections made with it. */
interface Session {
  readonly config: ContextConfig;
  options: Promise<RequestOptions> | undefined;
  optionsUntil: number;
  agent: HttpAgent | undefined;
  agentCertificate: RequestOptions['cert'];
}

/** Credentials are looked at again this often; a token file or a plugin's token may have been renewed. */
const credentialsLast = 30_000;
const keepAlive = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 4 } as const;

/**
 * An API server as one context reaches it. `load` makes the context's configuration anew each time.
 * A 401 has the configuration loaded again and the request repeated, once: tokens and certificates rotate.
 * @throws what `load` throws
 */
export function createApi(load: () => ContextConfig, limits: ApiLimits = defaultLimits): Api {
  let session = openSession();
  const { server, namespace } = session.config;
  let isClosed = false;
  let heardAt = 0;
  const heard = (): void => {
    heardAt = Date.now();
  };

  function openSession(): Session {
    return { config: load(), options: undefined, optionsUntil: 0, agent: undefined, agentCertificate: undefined };
  }

  const reading = (quiet: number): Reading => ({ quiet, server, heard });

  /** A new session in place of `old`, unless another request has already made one. */
  function renew(old: Session): void {
    if (session !== old) return;
    session = openSession();
    retire(old.agent);
  }

  async function applyCredentials(into: Session): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await into.config.applyToHTTPSOptions(options);
    } catch (error) {
      if (error instanceof CredentialError) throw new ApiError('refused', error.message);
      const message = shown(error instanceof Error ? error.message : String(error));
      throw new ApiError('refused', `There are no credentials for ${server}: ${message}.`);
    }
    const isSignedIn = options.headers !== undefined && Object.hasOwn(options.headers, 'Authorization');
    if (into.config.getCurrentUser()?.authProvider !== undefined && !isSignedIn) {
      throw new ApiError('refused', `The sign-in (oidc) for ${server} has expired and cannot be renewed here: sign in again.`);
    }
    const proxyUrl = into.config.getCurrentCluster()?.proxyUrl;
    // The library makes an agent for each configuration which does not keep connections; its agents for proxies are used as they are.
    if (proxyUrl === undefined) {
      if (into.agent === undefined || !isSameCertificate(into.agentCertificate, options.cert)) {
        retire(into.agent);
        const { ca, cert, key, servername, rejectUnauthorized } = options;
        const tls = Object.fromEntries(
          Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
        );
        into.agent = server.startsWith('http:') ? new HttpAgent(keepAlive) : new HttpsAgent({ ...keepAlive, ...tls });
        into.agentCertificate = options.cert;
      }
      options.agent = into.agent;
    }
    return options;
  }

  function credentials(of: Session): Promise<RequestOptions> {
    if (of.options === undefined || Date.now() > of.optionsUntil) {
      const options = applyCredentials(of);
      of.options = options;
      of.optionsUntil = Date.now() + credentialsLast;
      options.catch(() => {
        if (of.options === options) of.options = undefined;
      });
    }
    return of.options;
  }

  /** Sends, and gives the answer once its head is there. */
  function exchange(request: ApiRequest, options: RequestOptions, isRepeated: boolean): Promise<IncomingMessage> {
    const url = new URL(server + request.path);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const sent = send(url, {
        ...options,
        method: request.method ?? 'GET',
        headers: {
          ...options.headers,
          Accept: 'application/json',
          'User-Agent': 'vscode-iptables',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
        },
        signal: request.signal,
      });
      // Covers the connection and the time to the head, which the socket's own time-out (idle sockets only) does not.
      const timer = setTimeout(() => sent.destroy(timedOut(server)), limits.patience);
      sent.on('response', (response) => {
        clearTimeout(timer);
        heard();
        response.socket.setKeepAlive(true, keepAlive.keepAliveMsecs);
        resolve(response);
      });
      sent.on('error', (error) => {
        clearTimeout(timer);
        if (error instanceof ApiError) reject(error);
        else if (request.signal.aborted) reject(aborted());
        // The server closed a kept connection just as it was used again.
        else if (sent.reusedSocket && !isRepeated) resolve(exchange(request, options, true));
        else reject(errorOfConnection(error, server));
      });
      sent.end(body);
    });
  }

  /** What is known of why credentials are not accepted. */
  function credentialProblem(options: RequestOptions): string {
    return server.startsWith('http:') ? `None are sent over http: ${server}.` : expiryText(options, Date.now());
  }

  /** The answer's head; error statuses are thrown. */
  async function begin(request: ApiRequest): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt += 1) {
      if (isClosed || request.signal.aborted) throw aborted();
      const used = session;
      const options = await credentials(used);
      const response = await exchange(request, options, false);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      const text = await readText(response, 1_000_000, reading(limits.patience)).catch(() => '');
      if (status === 401 && attempt === 1) {
        try {
          renew(used);
        } catch (error) {
          if (error instanceof KubeconfigError) throw new ApiError('refused', error.message, status);
          throw error;
        }
        continue;
      }
      const retryAfter = retryAfterOf(response.headers['retry-after'], Date.now());
      throw errorOfStatus(status, request.what, parse(text), retryAfter, credentialProblem(options));
    }
  }

  return {
    server,
    namespace,
    async json(request) {
      const text = await readText(await begin(request), limits.largestAnswer, reading(limits.patience));
      const value = parse(text);
      if (!isFields(value)) throw new ApiError('garbage', `The answer of ${server} is no JSON object: ${request.what}.`);
      return value;
    },
    async text(request, most) {
      return readText(await begin(request), most, reading(limits.patience));
    },
    async lines(request, quiet, onOpen, onLine) {
      const response = await begin(request);
      onOpen();
      await readLines(response, limits.longestLine, reading(quiet), onLine);
    },
    heardAt: () => heardAt,
    async answers(signal) {
      const options = session.agent === undefined ? {} : { agent: session.agent };
      try {
        (await exchange({ path: '/version', what: 'get the version', signal }, options, false)).destroy();
        return true;
      } catch {
        return false;
      }
    },
    socketOptions: () => credentials(session),
    reload: () => renew(session),
    close() {
      isClosed = true;
      session.agent?.destroy();
    },
  };
}

/** Read anew, a certificate is another buffer all the same. */
function isSameCertificate(a: RequestOptions['cert'], b: RequestOptions['cert']): boolean {
  return String(a ?? '') === String(b ?? '');
}

/** Closes what idles; what is under way may end. */
function retire(agent: HttpAgent | undefined): void {
  if (agent === undefined) return;
  agent.maxFreeSockets = 0;
  for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
}

function aborted(): ApiError {
  return new ApiError('unreachable', 'The request was given up.');
}

function timedOut(server: string): ApiError {
  return new ApiError('unreachable', `${server} does not answer in time.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How an answer is read: breaks it after so many milliseconds without a chunk, tells of each. */
interface Reading {
  readonly quiet: number;
  readonly server: string;
  readonly heard: () => void;
}

/** Gives each chunk to `onChunk` as it comes; ends with the answer. */
async function readChunks(
  response: IncomingMessage,
  { quiet, server, heard }: Reading,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const timer = setTimeout(() => response.destroy(timedOut(server)), quiet);
  try {
    for await (const chunk of response) {
      timer.refresh();
      heard();
      onChunk(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
    }
    if (!response.complete) throw new ApiError('unreachable', `${server} broke the connection.`);
  } catch (error) {
    response.destroy();
    throw error instanceof ApiError || !isConnectionError(error) ? error : errorOfConnection(error, server);
  } finally {
    clearTimeout(timer);
  }
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.name === 'AbortError');
}

async function readText(response: IncomingMessage, most: number, reading: Reading): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await readChunks(response, reading, (chunk) => {
    size += chunk.length;
    if (size > most) throw new ApiError('garbage', `The answer of ${reading.server} is longer than ${most} bytes.`);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks, size).toString('utf8');
}

async function readLines(
  response: IncomingMessage,
  longest: number,
  reading: Reading,
  onLine: (line: string) => void,
): Promise<void> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    if (size > longest)
      throw new ApiError('garbage', `A line of the answer of ${reading.server} is longer than ${longest} bytes.`);
    parts.push(part);
  };
  await readChunks(response, reading, (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end));
      const line = Buffer.concat(parts, size).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== '') onLine(line);
    }
    if (start < chunk.length) take(chunk.subarray(start));
  });
  if (size > 0) throw new ApiError('garbage', `The answer of ${reading.server} ends within a line.`);
}
