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
import { type BaseLanguageClient, State } from 'vscode-languageclient';
import {
  type FlowParams,
  type FlowResult,
  type FlowTargetsParams,
  type FlowTargetsResult,
  flowRequest,
  flowTargetsRequest,
  trustNotification,
} from '../../server/src/protocol.ts';
import { showError } from './show.ts';

/** The language server as the rest of the client sees it. Requests wait until it is up, and reject where it cannot be. */
export interface ServerAccess extends Disposable {
  /** Starts it; what goes wrong is told to the user. */
  start(): void;
  restart(): Promise<void>;
  flow(params: FlowParams, token: CancellationToken): Promise<FlowResult>;
  flowTargets(params: FlowTargetsParams, token: CancellationToken): Promise<FlowTargetsResult>;
  /** Any other request. A rejection's message is a sentence for the user. */
  ask<T>(method: string, params?: object, token?: CancellationToken): Promise<T>;
  /** The server has stopped, or could not be started. It may be started again. */
  readonly onDidStop: Event<void>;
  /** A method may have several handlers, and they stay over a restart. */
  onNotification<T>(method: string, handler: (params: T) => void): Disposable;
}

export function createServerAccess(client: BaseLanguageClient, log: LogOutputChannel): ServerAccess {
  let started: Promise<void> = Promise.resolve();

  // The client keeps the last handler of a method only.
  const emitters = new Map<string, EventEmitter<unknown>>();
  const listeners = (method: string): EventEmitter<unknown> => {
    const known = emitters.get(method);
    if (known !== undefined) return known;
    const emitter = new EventEmitter<unknown>();
    emitters.set(method, emitter);
    client.onNotification(method, (params: unknown) => emitter.fire(params));
    return emitter;
  };

  const stopped = new EventEmitter<void>();
  const states = client.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped || newState === State.StartFailed) stopped.fire();
  });

  const begin = (start: () => Promise<void>): void => {
    started = start();
    started.catch(async (error: unknown) => {
      log.error(error instanceof Error ? error : String(error));
      const show = l10n.t('Show Log');
      const chosen = await showError(l10n.t('The iptables language server could not be started.'), show);
      if (chosen === show) log.show();
    });
  };

  const request = async <T>(method: string, params: FlowParams | FlowTargetsParams, token: CancellationToken): Promise<T> => {
    await started;
    // The server knows a dump from the moment that it is open as a document; one that was closed meanwhile is opened again.
    await workspace.openTextDocument(Uri.parse(params.textDocument.uri, true));
    return client.sendRequest<T>(method, params, token);
  };

  const trust = workspace.onDidGrantWorkspaceTrust(async () => {
    await started;
    await client.sendNotification(trustNotification);
  });

  return {
    start: () => begin(() => client.start()),
    restart: async () => {
      begin(async () => {
        if (client.isRunning()) await client.stop();
        await client.start();
      });
      // That it failed was told to the user already.
      await started.catch(() => undefined);
    },
    flow: (params, token) => request<FlowResult>(flowRequest, params, token),
    flowTargets: (params, token) => request<FlowTargetsResult>(flowTargetsRequest, params, token),
    ask: async (method, params = {}, token = undefined) => {
      await started;
      return token === undefined ? client.sendRequest(method, params) : client.sendRequest(method, params, token);
    },
    onNotification: <T>(method: string, handler: (params: T) => void) =>
      listeners(method).event((params) => handler(params as T)),
    onDidStop: stopped.event,
    dispose: () => {
      states.dispose();
      stopped.dispose();
      for (const emitter of emitters.values()) emitter.dispose();
      trust.dispose();
      void client.dispose();
    },
  };
}
