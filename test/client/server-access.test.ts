import { beforeEach, describe, expect, it } from 'vitest';
import type { BaseLanguageClient, ErrorHandler } from 'vscode-languageclient';
import { createCrashCount } from '../../client/src/crash-count.ts';
import { createServerAccess, type ServerAccess, type ServerState, ServerStopped } from '../../client/src/server-access.ts';
import { fake, resetVscode } from '../support/vscode.ts';

/** A language client without a server: it starts, tells, and answers with what it was asked. */
class TestClient {
  readonly errorHandler: ErrorHandler;
  readonly handlers = new Map<string, (params: unknown) => void>();
  readonly canStart: boolean;
  readonly shown: boolean[] = [];
  isDisposed = false;

  constructor(errorHandler: ErrorHandler, canStart: boolean) {
    this.errorHandler = errorHandler;
    this.canStart = canStart;
  }
  async start(): Promise<void> {
    if (!this.canStart) throw new Error('spawn node ENOENT');
  }
  onNotification(method: string, handler: (params: unknown) => void): void {
    this.handlers.set(method, handler);
  }
  async sendRequest(method: string, params: unknown): Promise<unknown> {
    return { method, params };
  }
  error(_message: string, _data: unknown, showNotification: boolean): void {
    this.shown.push(showNotification);
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

it('starts with the first question, and once', async () => {
  server.startUnlessStarted();
  server.startUnlessStarted();
  expect(clients).toHaveLength(1);
  await server.ask('iptables/contexts');
  expect(clients).toHaveLength(1);
});

it('is started by a question where nobody has yet', async () => {
  expect(clients).toHaveLength(0);
  await server.ask('iptables/contexts');
  expect(clients).toHaveLength(1);
});

/** Its process ends, each time that it is up. */
async function crashFiveTimes(): Promise<void> {
  for (let crash = 0; crash < 5; crash += 1) {
    await expect.poll(() => states.at(-1)?.kind).toBe('running');
    const action = await clients.at(-1)?.errorHandler.closed();
    expect(action).toMatchObject({ handled: true });
  }
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
    await expect.poll(() => clients.length).toBe(6);
    await expect.poll(() => clients.slice(0, 5).every(({ isDisposed }) => isDisposed)).toBe(true);
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

  it('that ends while it starts is started again', async () => {
    server.start();
    await server.ask('a');
    canStart = false;
    await clients[0]?.errorHandler.closed();
    canStart = true;
    expect(await server.ask('a')).toMatchObject({ method: 'a' });
    // The one that ended, one or more that could not start, and the one that answers.
    expect(clients.length).toBeGreaterThan(2);
  });

  it('that ends while it is asked is asked again, or it is said why there is none', async () => {
    server.start();
    await server.ask('a');
    const [first] = clients;
    if (first === undefined) throw new Error('no client was made');
    first.sendRequest = async () => {
      await first.errorHandler.closed();
      throw new Error('Pending response rejected since connection got disposed');
    };
    expect(await server.ask('b')).toMatchObject({ method: 'b' });
    expect(clients).toHaveLength(2);
    for (let crash = 0; crash < 3; crash += 1) {
      await expect.poll(() => states.at(-1)?.kind).toBe('running');
      await clients.at(-1)?.errorHandler.closed();
    }
    await expect.poll(() => states.at(-1)?.kind).toBe('running');
    const last = clients.at(-1);
    if (last === undefined) throw new Error('no client is left');
    last.sendRequest = first.sendRequest;
    Object.assign(first, { errorHandler: last.errorHandler });
    await expect(server.ask('c')).rejects.toThrow(ServerStopped);
  });

  it('shows nothing by the library itself', () => {
    server.start();
    const [client] = clients;
    client?.error('Request failed', '[x](command:y)', true);
    expect(client?.shown).toEqual([false]);
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
    const count = createCrashCount(() => now);
    for (let crash = 0; crash < 20; crash += 1) {
      now += 60_000;
      expect(count.ended()).toBe(true);
    }
    expect(count.ended()).toBe(true);
    expect(count.ended()).toBe(false);
    count.forget();
    expect(count.ended()).toBe(true);
  });
});
