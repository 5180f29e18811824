/**
 * A client that looks at the head of each message alone: what waits for an answer is then the server, and not a client that parses the
 * 20 MB which came before it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve as pathOf } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { serverBundle } from '../support/server-bundle.ts';

export interface RawClient {
  notify(method: string, params: object): void;
  /** Sends a message that is ready, made by `messageBytes`. */
  send(message: Buffer): void;
  /** Settles when the answer is there, whatever it says, with the first characters of it. */
  request(method: string, params: object): Promise<string>;
  /** Settles at the next message whose head fits. */
  message(fits: RegExp): Promise<string>;
  /** Ends the server. Gives the longest that it was at work without a look at what came in, in milliseconds of processor time: what else the machine does is not in it. */
  stop(): Promise<number>;
}

/** A message as it is written. What it takes to make the text of megabytes is not in what is measured. */
export function messageBytes(message: object): Buffer {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

const headLength = 400;
/** What is written at once: between two parts the answers that came in are looked at. */
const partLength = 200_000;
/** More than a socket between two processes holds. */
const readAtOnce = 262_144;
const probe = pathOf(import.meta.dirname, 'step-probe.cjs');

/** Cuts what comes in into messages and hands over the head of each. */
function createReader(take: (head: string) => void): (chunk: Buffer) => void {
  let begun = Buffer.alloc(0);
  let left = 0;
  let head = '';
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left);
        if (head.length < headLength) head += part.toString('latin1', 0, headLength);
        left -= part.length;
        rest = rest.subarray(part.length);
        if (left > 0) return;
        take(head);
        head = '';
        continue;
      }
      begun = Buffer.concat([begun, rest]);
      const end = begun.indexOf('\r\n\r\n');
      if (end < 0) return;
      left = Number(/Content-Length: (\d+)/.exec(begun.toString('latin1', 0, end))?.[1]);
      rest = begun.subarray(end + 4);
      begun = Buffer.alloc(0);
    }
  };
}

/**
 * Reads what a process writes into memory that is used again and again. Node.js takes fresh memory for each part otherwise, and to touch that, and to collect it, takes several
 * times as long as to read an answer of 30 MB: what is measured would be that.
 */
function readInto(memory: Buffer, output: Readable, take: (chunk: Buffer) => void): void {
  const { _handle: handle } = output as unknown as { readonly _handle: unknown };
  const onread = {
    buffer: memory,
    callback(length: number) {
      take(memory.subarray(0, length));
      return true;
    },
  };
  new Socket({ handle, onread, readable: true, writable: false, manualStart: true } as object).resume();
}

/** Starts the built server in a process of its own, and initializes it. @param folder the URI of the workspace's folder */
export async function startRawClient(folder: string, capabilities: object): Promise<RawClient> {
  if (!existsSync(serverBundle)) throw new Error(`${serverBundle} is not there: npm run build`);
  const child = spawn(process.execPath, ['--require', probe, serverBundle, '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const [stdin, stdout, , probed] = child.stdio as unknown as [Writable, Readable, null, Readable];
  const longestStep = text(probed);
  const answers = new Map<string, (head: string) => void>();
  const watchers = new Set<(head: string) => void>();
  let lastId = 0;

  let written: Promise<void> = Promise.resolve();
  const write = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; at += partLength) {
      await new Promise((done) => stdin.write(bytes.subarray(at, at + partLength), done));
      if (at + partLength < bytes.length) await new Promise((done) => setImmediate(done));
    }
  };
  const sendBytes = (bytes: Buffer): void => {
    written = written.then(() => write(bytes));
  };
  const send = (message: object): void => sendBytes(messageBytes(message));
  readInto(
    Buffer.allocUnsafeSlow(readAtOnce),
    stdout,
    createReader((head) => {
      const [, id, next] = /^\{"jsonrpc":"2\.0","id":("?\w+"?),"(method|result|error)"/.exec(head) ?? [];
      if (next === 'method') send({ id: JSON.parse(id ?? '0') as unknown, result: null });
      else if (id !== undefined) answers.get(id)?.(head);
      for (const watch of watchers) watch(head);
    }),
  );
  const client: RawClient = {
    notify: (method, params) => send({ method, params }),
    send: sendBytes,
    request: (method, params) =>
      new Promise((resolve) => {
        lastId += 1;
        const id = String(lastId);
        answers.set(id, (head) => {
          answers.delete(id);
          resolve(head);
        });
        send({ id: lastId, method, params });
      }),
    message: (fits) =>
      new Promise((resolve) => {
        const watch = (head: string): void => {
          if (!fits.test(head)) return;
          watchers.delete(watch);
          resolve(head);
        };
        watchers.add(watch);
      }),
    async stop() {
      const ended = once(child, 'exit');
      await client.request('shutdown', {});
      client.notify('exit', {});
      await ended;
      return Number(await longestStep);
    },
  };
  await client.request('initialize', {
    processId: process.pid,
    rootUri: folder,
    workspaceFolders: [{ uri: folder, name: 'workspace' }],
    capabilities,
  });
  client.notify('initialized', {});
  return client;
}
