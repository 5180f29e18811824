/**
 * Requests to one cluster's API server. The client library gives the credentials, the TLS options and the agents for proxies; the requests
 * themselves are Node's, because the library's hide what is needed here: Retry-After, the server's words, a watch's broken lines, the
 * size of an answer. ARCHITECTURE.md has the whole account.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { runToEnd } from '../../base/steps.ts';
import { isTooDense } from '../dense-text.ts';
import { type Fields, isFields } from '../fields.ts';
import { type Reading, readLines, readText, timedOut } from './answers.ts';
import { ApiError, errorOfBeginning, errorOfConnection, errorOfStatus, retryAfterOf, shown } from './api-error.ts';
import type { ContextConfig } from './context-config.ts';
import { expiryText } from './credential-expiry.ts';
import { KubeconfigError } from './kubeconfig-files.ts';
import { withoutCredentials } from './without-credentials.ts';

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
  /** Asks for the credentials that the next requests take: a program may wait for somebody who confirms. @throws ApiError where there are none */
  signIn(): Promise<void>;
  /** @throws ApiError */
  json(request: ApiRequest): Promise<Fields>;
  /** The answer as UTF-8 text, of at most `most` bytes. @throws ApiError, also where it is longer */
  text(request: ApiRequest, most: number): Promise<string>;
  /**
   * Calls `onOpen` when an answer begins and `onLine` with each of its lines, until the server ends it. No whole line for `quiet`
   * milliseconds breaks it.
   * @throws ApiError, and whatever `onLine` throws
   */
  lines(request: ApiRequest, quiet: number, onOpen: () => void, onLine: (line: string) => void): Promise<void>;
  /** When the server was last heard, in milliseconds since 1970; 0 for never. */
  heardAt(): number;
  /** Milliseconds since then, whatever was done to the machine's clock; infinite for never. */
  silentFor(): number;
  /** Whether the server answers a small question, in whatever way. No credentials are asked for. */
  answers(signal: AbortSignal): Promise<boolean>;
  /** The configuration in use, for what the library does by itself. */
  config(): ContextConfig;
  /** Reads the kubeconfig and asks for credentials anew at the next request. */
  reload(): void;
  close(): void;
}

export interface ApiLimits {
  /** Milliseconds until an answer must have begun, and between its parts. */
  readonly patience: number;
  /** Milliseconds for all parts of an answer; an API server itself gives up after a minute. */
  readonly longestAnswer: number;
  /** Bytes of one answer. */
  readonly largestAnswer: number;
  /** Bytes of one line of a watch; etcd holds objects of 1.5 MB at most. */
  readonly longestLine: number;
}

export const defaultLimits: ApiLimits = {
  patience: 30_000,
  longestAnswer: 300_000,
  largestAnswer: 100_000_000,
  longestLine: 10_000_000,
};

/** One configuration and the connections made with it. */
interface Session {
  readonly config: ContextConfig;
  options: Promise<RequestOptions> | undefined;
  /** As `performance.now` counts. */
  optionsUntil: number;
  agent: HttpAgent | undefined;
  agentCertificate: RequestOptions['cert'];
}

interface State {
  readonly load: () => ContextConfig;
  readonly limits: ApiLimits;
  readonly server: string;
  session: Session;
  isClosed: boolean;
  heardAt: number;
  /** The same as `performance.now` counts. */
  lastHeard: number;
}

/** Credentials are looked at again this often; a token file or a plugin's token may have been renewed. */
const credentialsLast = 30_000;
const keepAlive = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 4 } as const;
const largestRefusal = 1_000_000;

/**
 * An API server as one context reaches it. `load` makes the context's configuration anew each time.
 * A 401 has the configuration loaded again and the request repeated, once: tokens and certificates rotate.
 * @throws what `load` throws
 */
export function createApi(load: () => ContextConfig, limits: ApiLimits = defaultLimits): Api {
  const session = openSession(load);
  const { server, namespace } = session.config;
  const state: State = { load, limits, server, session, isClosed: false, heardAt: 0, lastHeard: Number.NEGATIVE_INFINITY };
  const { largestAnswer, longestLine } = limits;
  return {
    server,
    namespace,
    async signIn() {
      await credentials(state.session);
    },
    async json(request) {
      const { response } = await begin(state, request);
      const text = await readText(response, largestAnswer, readingOf(state));
      if (runToEnd(isTooDense(text)))
        throw new ApiError('garbage', `The answer of ${server} holds more than any cluster: ${request.what}.`);
      const value = parse(text);
      if (!isFields(value)) {
        const packed = encodingOf(response);
        const why = packed === '' ? 'is no JSON object' : `is packed (${packed}), which nobody asked for`;
        throw new ApiError('garbage', `The answer of ${server} ${why}: ${request.what}.`);
      }
      return value;
    },
    async text(request, most) {
      const { response } = await begin(state, request);
      return readText(response, most, readingOf(state));
    },
    async lines(request, quiet, onOpen, onLine) {
      const { response, options } = await begin(state, request);
      onOpen();
      await readLines(response, longestLine, { ...readingOf(state), quiet, whole: undefined }, (line) =>
        // Of what watches tell the server's own words alone are shown.
        onLine(line.includes('"ERROR"') ? withoutCredentials(line, options) : line),
      );
    },
    heardAt: () => state.heardAt,
    silentFor: () => performance.now() - state.lastHeard,
    answers: (signal) => answers(state, signal),
    config: () => state.session.config,
    reload: () => renew(state, state.session),
    close() {
      state.isClosed = true;
      state.session.agent?.destroy();
    },
  };
}

function openSession(load: () => ContextConfig): Session {
  return { config: load(), options: undefined, optionsUntil: 0, agent: undefined, agentCertificate: undefined };
}

/** A new session in place of `old`, unless another request has already made one. */
function renew(state: State, old: Session): void {
  if (state.session !== old) return;
  state.session = openSession(state.load);
  retire(old.agent);
}

function readingOf(state: State): Reading {
  return {
    quiet: state.limits.patience,
    whole: state.limits.longestAnswer,
    server: state.server,
    heard: () => heard(state),
  };
}

function heard(state: State): void {
  state.heardAt = Date.now();
  state.lastHeard = performance.now();
}

async function applyCredentials(into: Session): Promise<RequestOptions> {
  const { config } = into;
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  // The library's agents for proxies are used as they are; of its others none keeps a connection.
  if (config.getCurrentCluster()?.proxyUrl === undefined) {
    if (into.agent === undefined || !isSameCertificate(into.agentCertificate, options.cert)) {
      retire(into.agent);
      const { ca, cert, key, servername, rejectUnauthorized } = options;
      const tls = Object.fromEntries(
        Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
      );
      into.agent = config.server.startsWith('http:') ? new HttpAgent(keepAlive) : new HttpsAgent({ ...keepAlive, ...tls });
      into.agentCertificate = options.cert;
    }
    options.agent = into.agent;
  }
  return options;
}

function credentials(of: Session): Promise<RequestOptions> {
  if (of.options === undefined || performance.now() > of.optionsUntil) {
    const options = applyCredentials(of);
    of.options = options;
    of.optionsUntil = performance.now() + credentialsLast;
    options.catch(() => {
      if (of.options === options) of.options = undefined;
    });
  }
  return of.options;
}

/** The library's agent for a proxy by http or https: with these it begins a tunnel, at the moment in which a request is sent (hpagent, createConnection). */
interface TunnelAgent {
  proxy: Pick<URL, 'protocol' | 'hostname' | 'port' | 'username' | 'password'>;
  proxyRequestOptions: { readonly signal?: AbortSignal; readonly servername?: string };
}

function isTunnelAgent(agent: unknown): agent is TunnelAgent {
  return typeof agent === 'object' && agent !== null && 'proxyRequestOptions' in agent && 'proxy' in agent;
}

/** Has the next tunnel given up by a signal. */
function prepareTunnel(agent: TunnelAgent, signal: AbortSignal): void {
  const { protocol, hostname, port, username, password } = agent.proxy;
  const address = hostname.replace(/^\[/, '').replace(/\]$/, '');
  const isByAddress = protocol !== 'http:' && isIP(address) !== 0;
  agent.proxyRequestOptions = isByAddress ? { signal, servername: '' } : { signal };
  // A server's name in TLS is no address (RFC 6066, section 3), and Node.js warns of one (DEP0123): the certificate is held against the address all the same.
  // The agent names every host of "https:", and goes by TLS for all but "http:".
  if (isByAddress) agent.proxy = { protocol: 'https', hostname: address, port, username, password };
}

/** A proxy as it may be shown; empty for none. */
function proxyOf({ config }: Session): string {
  const url = config.getCurrentCluster()?.proxyUrl ?? '';
  if (!URL.canParse(url)) return '';
  const { protocol, host } = new URL(url);
  return shown(`${protocol}//${host}`, 100);
}

/** @throws ApiError for credentials that Node.js does not take */
function sendOf(send: typeof httpRequest, url: URL, server: string, options: RequestOptions): ClientRequest {
  try {
    return send(url, options);
  } catch (error) {
    throw errorOfBeginning(error, server);
  }
}

/** Sends, and gives the answer once its head is there. */
function exchange(state: State, request: ApiRequest, options: RequestOptions, isRepeated: boolean): Promise<IncomingMessage> {
  const { server, limits } = state;
  const url = new URL(server + request.path);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const proxy = proxyOf(state.session);
  // A request without a connection tells nobody that it was given up, and the tunnel that it waits for would stay.
  const tunnel = new AbortController();
  if (isTunnelAgent(options.agent)) prepareTunnel(options.agent, tunnel.signal);
  return new Promise((resolve, reject) => {
    const sent = sendOf(send, url, server, {
      ...options,
      method: request.method ?? 'GET',
      headers: {
        ...options.headers,
        Accept: 'application/json',
        'Accept-Encoding': 'identity',
        'User-Agent': 'vscode-iptables',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
      signal: request.signal,
    });
    // Covers the connection and the time to the head, which the socket's own time-out (idle sockets only) does not.
    const timer = setTimeout(() => giveUp(timedOut(proxy === '' ? server : `${server} by the proxy ${proxy}`)), limits.patience);
    const whenAborted = (): void => giveUp(aborted());
    request.signal.addEventListener('abort', whenAborted);
    function settle(): void {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', whenAborted);
    }
    function giveUp(error: ApiError): void {
      settle();
      sent.destroy();
      tunnel.abort();
      reject(error);
    }
    sent.on('response', (response) => {
      settle();
      heard(state);
      response.socket.setKeepAlive(true, keepAlive.keepAliveMsecs);
      resolve(response);
    });
    // Without this Node.js drops the connection and says nothing.
    sent.on('upgrade', (_response, socket) => {
      settle();
      socket.destroy();
      reject(new ApiError('garbage', `${server} changes to another protocol (101), which nobody asked for.`));
    });
    sent.on('error', (error) => {
      settle();
      if (error instanceof ApiError) reject(error);
      else if (request.signal.aborted) reject(aborted());
      // The server closed a kept connection just as it was used again.
      else if (sent.reusedSocket && !isRepeated) resolve(exchange(state, request, options, true));
      else reject(errorOfConnection(error, server, proxy));
    });
    sent.end(body);
  });
}

/** An answer of which the head is there, and what it was asked for with. */
interface Begun {
  readonly response: IncomingMessage;
  readonly options: RequestOptions;
}

/** Asks, and gives what has begun; error statuses are thrown. */
async function begin(state: State, request: ApiRequest): Promise<Begun> {
  for (let attempt = 1; ; attempt += 1) {
    if (state.isClosed || request.signal.aborted) throw aborted();
    const used = state.session;
    const options = await credentials(used);
    const response = await exchange(state, request, options, false);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return { response, options };
    const text = withoutCredentials(await readText(response, largestRefusal, readingOf(state)).catch(() => ''), options);
    if (status === 401 && attempt === 1) {
      renewAfter401(state, used);
      continue;
    }
    const retryAfter = retryAfterOf(response.headers['retry-after'], Date.now());
    throw errorOfStatus(status, request.what, parse(text), retryAfter, credentialProblem(state, options));
  }
}

function renewAfter401(state: State, used: Session): void {
  try {
    renew(state, used);
  } catch (error) {
    if (error instanceof KubeconfigError) throw new ApiError('refused', error.message, 401);
    throw error;
  }
}

/** What is known of why credentials are not accepted. */
function credentialProblem({ server }: State, options: RequestOptions): string {
  return server.startsWith('http:') ? `None are sent over http: ${server}.` : expiryText(options, Date.now());
}

async function answers(state: State, signal: AbortSignal): Promise<boolean> {
  const { agent } = state.session;
  try {
    const request = { path: '/version', what: 'get the version', signal };
    (await exchange(state, request, agent === undefined ? {} : { agent }, false)).destroy();
    return true;
  } catch {
    return false;
  }
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

/** How an answer is packed, for messages; empty where it is not. */
function encodingOf({ headers }: IncomingMessage): string {
  const encoding = headers['content-encoding'] ?? '';
  return /^(?:identity)?$/i.test(encoding) ? '' : shown(encoding, 40);
}

function aborted(): ApiError {
  return new ApiError('unreachable', 'The request was given up.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
