import {
  type CancellationToken,
  type Disposable,
  type Event,
  EventEmitter,
  type LogOutputChannel,
  l10n,
  Uri,
  workspace,
} from 'vscode';
import { type BaseLanguageClient, CloseAction, ErrorAction, type ErrorHandler } from 'vscode-languageclient';
import {
  type FlowParams,
  type FlowResult,
  type FlowTargetsParams,
  type FlowTargetsResult,
  flowRequest,
  flowTargetsRequest,
  trustNotification,
} from '../../server/src/protocol/requests.ts';
import { createCrashCount } from './crash-count.ts';
import { showError } from './show.ts';

/** How the server is. The reason is a sentence for the user; it stays down until it is restarted. */
export type ServerState = { readonly kind: 'starting' | 'running' } | { readonly kind: 'stopped'; readonly reason: string };

/** A request found the server down for good; `message` says why. */
export class ServerStopped extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ServerStopped';
  }
}

/** The language server as the rest of the client sees it. Requests wait until it is up, and reject where it cannot be. */
export interface ServerAccess extends Disposable {
  /** Starts it; what goes wrong is told to the user. */
  start(): void;
  /** Starts it where nobody has yet; any question does the same. */
  startUnlessStarted(): void;
  /** Ends it for good, once it has taken back what it made in a cluster. */
  stop(): Promise<void>;
  /** Starts it anew, whatever state it is in. */
  restart(): Promise<void>;
  flow(params: FlowParams, token: CancellationToken): Promise<FlowResult>;
  flowTargets(params: FlowTargetsParams, token: CancellationToken): Promise<FlowTargetsResult>;
  /** Any other request about a dump, which is opened as a document where it is not. */
  askOfDump<T>(method: string, params: DumpParams, token: CancellationToken): Promise<T>;
  /** Any other request. A rejection's message is a sentence for the user. */
  ask<T>(method: string, params?: object, token?: CancellationToken): Promise<T>;
  readonly onDidChangeState: Event<ServerState>;
  /** A method may have several handlers, and they stay over a restart. */
  onNotification<T>(method: string, handler: (params: T) => void): Disposable;
}

/** The parameters of a request about one dump. */
export interface DumpParams {
  readonly textDocument: { readonly uri: string };
}

/** Makes a client with the error handler that it is given. */
export type CreateClient = (errorHandler: ErrorHandler) => BaseLanguageClient;

/** So many messages in a row that cannot be read or written are let pass. */
const mostErrors = 3;

/** Milliseconds; VS Code waits five seconds for an extension that it deactivates. */
const longestStop = 4_000;

class LanguageServer implements ServerAccess {
  readonly #createClient: CreateClient;
  readonly #log: LogOutputChannel;
  readonly #changed = new EventEmitter<ServerState>();
  readonly #trust: Disposable;
  /** The client keeps the last handler of a method only. */
  readonly #emitters = new Map<string, EventEmitter<unknown>>();
  readonly #crashes = createCrashCount();
  #client: BaseLanguageClient | undefined;
  #state: ServerState = { kind: 'starting' };
  #started: Promise<void> = Promise.resolve();
  /** Whether it was up since it was started by hand. */
  #hasRun = false;
  #isWanted = false;

  constructor(createClient: CreateClient, log: LogOutputChannel) {
    this.#createClient = createClient;
    this.#log = log;
    this.#trust = workspace.onDidGrantWorkspaceTrust(async () => {
      await this.#started.catch(() => undefined);
      await this.#client?.sendNotification(trustNotification);
    });
  }

  get onDidChangeState(): Event<ServerState> {
    return this.#changed.event;
  }

  startUnlessStarted(): void {
    if (!this.#isWanted) this.start();
  }

  start(): void {
    this.#isWanted = true;
    this.#crashes.forget();
    this.#hasRun = false;
    this.#begin();
  }

  async restart(): Promise<void> {
    const old = this.#client;
    this.#client = undefined;
    // One that is down already has nothing to stop.
    await old?.dispose().catch((error: unknown) => this.#log.warn(String(error)));
    this.start();
    // That it failed was told to the user already.
    await this.#running().catch(() => undefined);
  }

  async stop(): Promise<void> {
    await this.#client?.dispose(longestStop).catch((error: unknown) => this.#log.warn(String(error)));
  }

  flow(params: FlowParams, token: CancellationToken): Promise<FlowResult> {
    return this.askOfDump(flowRequest, params, token);
  }

  flowTargets(params: FlowTargetsParams, token: CancellationToken): Promise<FlowTargetsResult> {
    return this.askOfDump(flowTargetsRequest, params, token);
  }

  async askOfDump<T>(method: string, params: DumpParams, token: CancellationToken): Promise<T> {
    await this.#running();
    // The server knows a dump from the moment that it is open as a document; one that was closed meanwhile is opened again.
    await workspace.openTextDocument(Uri.parse(params.textDocument.uri, true));
    return this.ask<T>(method, params, token);
  }

  async ask<T>(method: string, params: object = {}, token?: CancellationToken): Promise<T> {
    for (;;) {
      const client = await this.#running();
      try {
        return await (token === undefined ? client.sendRequest<T>(method, params) : client.sendRequest<T>(method, params, token));
      } catch (error) {
        // The server ended while it was asked: the next one is, or it is said why there is none.
        if (this.#client === client) throw error;
      }
    }
  }

  onNotification<T>(method: string, handler: (params: T) => void): Disposable {
    const known = this.#emitters.get(method);
    const emitter = known ?? new EventEmitter<unknown>();
    if (known === undefined) {
      this.#emitters.set(method, emitter);
      if (this.#client !== undefined) forward(this.#client, method, emitter);
    }
    return emitter.event((params) => handler(params as T));
  }

  dispose(): void {
    this.#changed.dispose();
    for (const emitter of this.#emitters.values()) emitter.dispose();
    this.#trust.dispose();
    void this.#client?.dispose().catch(() => undefined);
  }

  /** The client, once it is up. @throws ServerStopped */
  async #running(): Promise<BaseLanguageClient> {
    this.startUnlessStarted();
    for (;;) {
      const started = this.#started;
      await started.catch(() => undefined);
      if (this.#state.kind === 'stopped') throw new ServerStopped(this.#state.reason);
      // One that ended meanwhile is started again.
      if (started === this.#started && this.#client !== undefined) return this.#client;
      if (started === this.#started) throw new ServerStopped(l10n.t('The iptables language server is being restarted.'));
    }
  }

  /** Starts a client of its own: one that failed to start, or whose server ended, is not sure to start again. */
  #begin(): void {
    this.#setState({ kind: 'starting' });
    const client = this.#createClient({
      error: (_error, _message, count) => ({
        action: (count ?? 0) <= mostErrors ? ErrorAction.Continue : ErrorAction.Shutdown,
        handled: true,
      }),
      closed: () => {
        this.#ended(client);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    });
    makeQuiet(client);
    this.#client = client;
    for (const [method, emitter] of this.#emitters) forward(client, method, emitter);
    this.#started = client.start();
    this.#started.then(
      () => {
        if (this.#client !== client) return;
        this.#hasRun = true;
        this.#setState({ kind: 'running' });
      },
      (error: unknown) => {
        this.#log.error(error instanceof Error ? error : String(error));
        this.#ended(client);
      },
    );
  }

  /** A server ended that nobody stopped, or could not be started. */
  #ended(client: BaseLanguageClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    // Once the client has seen it, too.
    setTimeout(() => void client.dispose().catch(() => undefined), 0);
    if (this.#crashes.ended()) {
      this.#begin();
      return;
    }
    this.#giveUp(
      this.#hasRun
        ? l10n.t(
            'The iptables language server ended {0} times within three minutes and is not started again by itself.',
            this.#crashes.lately(),
          )
        : l10n.t('The iptables language server could not be started.'),
    );
  }

  #giveUp(reason: string): void {
    this.#setState({ kind: 'stopped', reason });
    const restart = l10n.t('Restart');
    const show = l10n.t('Show Log');
    void showError(reason, restart, show).then((chosen) => {
      if (chosen === restart) void this.restart();
      if (chosen === show) this.#log.show();
    });
  }

  #setState(state: ServerState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}

/** The library shows some failures whatever it is told; they stand in the log, and what matters of them is said by us. */
function makeQuiet(client: BaseLanguageClient): void {
  const log = client.error.bind(client);
  client.error = (message, data) => log(message, data, false);
}

function forward(client: BaseLanguageClient, method: string, emitter: EventEmitter<unknown>): void {
  client.onNotification(method, (params: unknown) => emitter.fire(params));
}

/** Access to a server that is not started yet. */
export function createServerAccess(createClient: CreateClient, log: LogOutputChannel): ServerAccess {
  return new LanguageServer(createClient, log);
}
