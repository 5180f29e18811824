/**
 * Runs a program in a container by exec: no shell, no standard input, no terminal. The client library's Exec makes the request and sorts the
 * channels. Around it is what it lacks: streams of our own (it ends the process's standard output where a server says so), bounds,
 * time-outs, a way to give up, the server's words on a refusal, and that a message which it cannot read ends this and not the process.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { PassThrough, Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { WebSocket } from 'ws';
import { type Fields, fieldsAt, isFields, objectsAt, textAt } from '../fields.ts';
import { type Reading, readText } from './answers.ts';
import type { Api } from './api.ts';
import { ApiError, errorOfConnection, errorOfStatus, shown } from './api-error.ts';
import { withoutCredentials } from './without-credentials.ts';

export interface PodContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null where the command did not end in a way that has one: it could not be started, or nobody said. */
  readonly exitCode: number | null;
  /** What went wrong, in a sentence; empty where the exit code is 0. */
  readonly problem: string;
  /** Whether the container has no such program. */
  readonly notFound: boolean;
}

type Ending = Pick<CommandResult, 'exitCode' | 'problem' | 'notFound'>;

/** Bytes of standard output; a dump of the largest clusters has some 20 MB. */
const mostOutput = 300_000_000;
const mostErrors = 100_000;
const largestMessage = 10_000_000;
const largestRefusal = 100_000;

/** With what it was asked. */
type SentOptions = Pick<RequestOptions, 'headers' | 'auth'>;

/** A socket that a throw of whoever listens ends: the library throws at an unknown channel, an empty message, a status that is no JSON. */
class GuardedSocket extends WebSocket {
  override emit(event: string | symbol, ...values: readonly unknown[]): boolean {
    try {
      return super.emit(event, ...values);
    } catch {
      this.terminate();
      return true;
    }
  }
}

function endingOf(status: unknown, sent: SentOptions): Ending {
  const fields: Fields = isFields(status) ? status : {};
  if (textAt(fields, 'status') === 'Success') return { exitCode: 0, problem: '', notFound: false };
  const message =
    shown(withoutCredentials(textAt(fields, 'message'), sent)) || 'The command failed, and the server does not say how.';
  const causes = objectsAt(fieldsAt(fields, 'details'), 'causes');
  const exit = causes.find((cause) => textAt(cause, 'reason') === 'ExitCode');
  const exitCode = exit === undefined ? null : Number(textAt(exit, 'message'));
  // runc and crun say so in words only; a shell-less container runtime may give the shell's 127 all the same.
  const notFound = exitCode === 127 || /executable file [^ ]* ?not found|no such file or directory/i.test(message);
  return { exitCode: exitCode !== null && Number.isInteger(exitCode) ? exitCode : null, problem: message, notFound };
}

/** The error of an answer that opens no connection. It may have no end, as any answer. */
async function refusal(response: IncomingMessage, what: string, sent: SentOptions, reading: Reading): Promise<ApiError> {
  const text = withoutCredentials(await readText(response, largestRefusal, reading).catch(() => ''), sent);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return errorOfStatus(response.statusCode ?? 0, what, body, 0);
}

/** Keeps what is written to it; what is beyond `most` bytes is told and dropped. */
function collector(most: number, onTooMuch: () => void): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) onTooMuch();
      else chunks.push(chunk);
      done();
    },
  });
  // What comes behind the end counts for nothing.
  stream.on('error', () => undefined);
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

/**
 * Runs `argv` and gives what it printed. A command that failed is a result, not an error.
 * @param patience milliseconds without any output after which it is given up
 * @throws ApiError where it could not be asked to run: no permission, no such Pod, not reachable
 */
export async function runInPod(
  api: Api,
  target: PodContainer,
  argv: readonly string[],
  signal: AbortSignal,
  patience = 60_000,
): Promise<CommandResult> {
  try {
    return await runOnce(api, target, argv, signal, patience);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    // The token may have rotated.
    api.reload();
    return runOnce(api, target, argv, signal, patience);
  }
}

function runOnce(
  api: Api,
  { namespace, pod, container }: PodContainer,
  argv: readonly string[],
  signal: AbortSignal,
  patience: number,
): Promise<CommandResult> {
  const config = api.config();
  return new Promise((done, fail) => {
    let socket: GuardedSocket | undefined;
    let ending: Ending | undefined;
    let isOver = false;
    let isRefused = false;
    let sent: SentOptions = {};
    const stop = (error: ApiError): void => {
      finish();
      fail(error);
      socket?.terminate();
    };
    // Of a refusal that is broken off it is still known that it is one.
    const broken = (error: unknown): void => {
      if (!isRefused) stop(error instanceof ApiError ? error : errorOfConnection(error, api.server));
    };
    const giveUp = (): void => stop(new ApiError('unreachable', 'The command was given up.'));
    const stdout = collector(mostOutput, () =>
      stop(new ApiError('garbage', `${argv[0]} printed more than ${mostOutput} bytes.`)),
    );
    const stderr = collector(mostErrors, () => undefined);
    const silence = new ApiError('unreachable', `${argv[0]} said nothing for ${patience / 1_000} s.`);
    const timer = setTimeout(() => stop(silence), patience);
    const finish = (): void => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };

    const open = (uri: string, protocols: string[], options: SentOptions): WebSocket => {
      sent = options;
      socket = new GuardedSocket(uri, protocols, { ...options, handshakeTimeout: patience, maxPayload: largestMessage });
      socket.on('message', () => timer.refresh());
      socket.on('error', broken);
      socket.on('unexpected-response', (_request, response) => {
        isRefused = true;
        clearTimeout(timer);
        const reading = { quiet: patience, whole: patience, server: api.server, heard: () => undefined };
        refusal(response, `create pods/exec in namespace ${namespace}`, options, reading).then(stop, stop);
      });
      socket.on('close', () => {
        if (isRefused) return;
        finish();
        const ended = ending ?? { exitCode: null, problem: 'The connection ended before the command did.', notFound: false };
        done({ stdout: stdout.text(), stderr: stderr.text(), ...ended });
      });
      // Given up while credentials were asked for.
      if (isOver || signal.aborted) socket.terminate();
      return socket;
    };
    const unused = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener('abort', giveUp);
    new Exec(config, new WebSocketHandler(config, open, unused))
      .exec(namespace, pod, container, [...argv], stdout.stream, stderr.stream, null, false, (status) => {
        ending = endingOf(status, sent);
      })
      .catch(broken);
  });
}
