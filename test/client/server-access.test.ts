import { beforeEach, describe, expect, it } from 'vitest';
import type { BaseLanguageClient, ErrorHandler } from 'vscode-languageclient';
import { createCrashHandler } from '../../client/src/crash-handler.ts';
import { createServerAccess, type ServerAccess, type ServerState, ServerStopped } from '../../client/src/server-access.ts';
import { EventEmitter, fake, resetVscode } from '../support/vscode.ts';
import { CloseAction, State } from '../support/vscode-languageclient.ts';

const crash = { error: new Error('gone'), message: undefined };

/** A language client without a server: it starts, tells, and answers with what it was asked. */
class TestClient {
  readonly errorHandler: ErrorHandler;
  readonly states = new EventEmitter<{ readonly newState: number }>();
  readonly handlers = new Map<string, (params: unknown) => void>();
  readonly canStart: boolean;
  isDisposed = false;

  constructor(errorHandler: ErrorHandler, canStart: boolean) {
    this.errorHandler = errorHandler;
    this.canStart = canStart;
  }
  readonly onDidChangeState = this.states.event;
  async start(): Promise<void> {
    if (!this.canStart) throw new Error('spawn node ENOENT');
    this.states.fire({ newState: State.Running });
  }
  onNotification(method: string, handler: (params: unknown) => void): void {
    this.handlers.set(method, handler);
  }
  async sendRequest(method: string, params: unknown): Promise<unknown> {
    return { method, params };
  }
  async sendNotification(): Promise<void> {}
  async dispose(): Promise<void> {
    this.isDisposed = true;
  }
}

let clients: TestClient[] = [];
let canStart = true;
let server: ServerAccess;
let states: ServerState[] = [];

beforeEach(() => {
  resetVscode();
  clients = [];
  canStart = true;
  states = [];
  const log = { error: () => undefined, warn: () => undefined, show: () => undefined };
  server = createServerAccess((errorHandler) => {
    const client = new TestClient(errorHandler, canStart);
    clients.push(client);
    return client as unknown as BaseLanguageClient;
  }, log as never);
  server.onDidChangeState((state) => states.push(state));
});

async function crashFiveTimes(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await clients.at(-1)?.errorHandler.closed();
}

describe('a server', () => {
  it('answers once it is up', async () => {
    server.start();
    expect(await server.ask('a', { b: 1 })).toEqual({ method: 'a', params: { b: 1 } });
    expect(states.map(({ kind }) => kind)).toEqual(['starting', 'running']);
  });

  it('that ends again and again is down, with the reason, and a button that starts it', async () => {
    server.start();
    await server.ask('a');
    fake.answers.push('Restart');
    await crashFiveTimes();
    expect(states.at(-1)).toMatchObject({ kind: 'stopped', reason: expect.stringContaining('5 times') });
    expect(fake.shown.map(({ text }) => text)).toEqual([expect.stringContaining('ended 5 times within three minutes')]);
    await expect.poll(() => clients.length).toBe(2);
    expect(clients[0]?.isDisposed).toBe(true);
    expect(await server.ask('a')).toMatchObject({ method: 'a' });
  });

  it('that is down says so to who asks', async () => {
    server.start();
    await server.ask('a');
    await crashFiveTimes();
    await expect(server.ask('a')).rejects.toThrow(ServerStopped);
    await expect(server.ask('a')).rejects.toThrow('is not started again');
  });

  it('that cannot be started can be tried again', async () => {
    canStart = false;
    server.start();
    await expect(server.ask('a')).rejects.toThrow('could not be started');
    canStart = true;
    await server.restart();
    expect(await server.ask('a')).toMatchObject({ method: 'a' });
  });

  it('is heard after a restart by who listened before', async () => {
    const heard: unknown[] = [];
    server.onNotification('told', (params) => heard.push(params));
    server.start();
    server.onNotification('told', (params) => heard.push(params));
    clients[0]?.handlers.get('told')?.(1);
    await server.restart();
    clients[1]?.handlers.get('told')?.(2);
    expect(heard).toEqual([1, 1, 2, 2]);
  });
});

describe('crashes', () => {
  it('are counted within three minutes', () => {
    let now = 0;
    const reasons: string[] = [];
    const handler = createCrashHandler(
      (reason) => reasons.push(reason),
      () => now,
    );
    for (let count = 0; count < 20; count += 1) {
      now += 60_000;
      expect(handler.closed()).toMatchObject({ action: CloseAction.Restart });
    }
    expect(handler.closed()).toMatchObject({ action: CloseAction.Restart });
    expect(handler.closed()).toMatchObject({ action: CloseAction.DoNotRestart, handled: true });
    expect(reasons).toHaveLength(1);
  });

  it('say nothing by themselves that the library would show', () => {
    const handler = createCrashHandler(() => undefined);
    expect(handler.error(crash.error, crash.message, 1)).toMatchObject({ handled: true });
  });
});
