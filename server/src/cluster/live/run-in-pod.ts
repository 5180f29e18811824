/**
 * Runs a command in a container by the API server's `exec`, over a WebSocket (v4 and v5.channel.k8s.io). The command is an argv that
 * no shell sees; nothing is connected to this process's own streams.
 */
import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import { type Fields, fieldsAt, isFields, objectsAt, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, errorOfConnection, errorOfStatus, shown } from './api-error.ts';
import { namespacedPath } from './resources.ts';

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

const channels = { stdout: 1, stderr: 2, status: 3 } as const;
/** Bytes of standard output; a dump of the largest clusters has some 20 MB. */
const mostOutput = 300_000_000;
const mostErrors = 100_000;

function readStatus(text: string): Pick<CommandResult, 'exitCode' | 'problem' | 'notFound'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const status: Fields = isFields(value) ? value : {};
  if (textAt(status, 'status') === 'Success') return { exitCode: 0, problem: '', notFound: false };
  const message = shown(textAt(status, 'message')) || 'The command failed, and the server does not say how.';
  const causes = objectsAt(fieldsAt(status, 'details'), 'causes');
  const exit = causes.find((cause) => textAt(cause, 'reason') === 'ExitCode');
  const exitCode = exit === undefined ? null : Number(textAt(exit, 'message'));
  // runc and crun say so in words only; a shell-less container runtime may give the shell's 127 all the same.
  const notFound = exitCode === 127 || /executable file [^ ]* ?not found|no such file or directory/i.test(message);
  return { exitCode: exitCode !== null && Number.isInteger(exitCode) ? exitCode : null, problem: message, notFound };
}

async function refusal(response: IncomingMessage, what: string): Promise<ApiError> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) if (text.length < 100_000) text += String(chunk);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return errorOfStatus(response.statusCode ?? 0, what, body, 0);
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
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

async function runOnce(
  api: Api,
  target: PodContainer,
  argv: readonly string[],
  signal: AbortSignal,
  patience: number,
): Promise<CommandResult> {
  const what = `create pods/exec in namespace ${target.namespace}`;
  const parameters = new URLSearchParams({ container: target.container, stdout: 'true', stderr: 'true' });
  for (const argument of argv) parameters.append('command', argument);
  const url = `${api.server.replace(/^http/, 'ws')}${namespacedPath(target.namespace, 'pods', target.pod, 'exec')}?${parameters.toString()}`;
  const options = await api.socketOptions();
  return new Promise((done, fail) => {
    const socket = new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
      ...options,
      handshakeTimeout: patience,
      maxPayload: 10_000_000,
    });
    const output: Buffer[] = [];
    let size = 0;
    let errors = '';
    let status: ReturnType<typeof readStatus> | undefined;
    const timer = setTimeout(
      () => stop(new ApiError('unreachable', `${argv[0]} said nothing for ${patience / 1_000} s.`)),
      patience,
    );
    const giveUp = (): void => stop(new ApiError('unreachable', 'The command was given up.'));

    function stop(error: ApiError): void {
      finish();
      socket.terminate();
      fail(error);
    }

    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }

    signal.addEventListener('abort', giveUp);
    socket.on('unexpected-response', (_request, response) => {
      finish();
      refusal(response, what).then(fail, (error: unknown) => fail(errorOfConnection(error, api.server)));
    });
    socket.on('error', (error) => {
      finish();
      fail(errorOfConnection(error, api.server));
    });
    socket.on('message', (data) => {
      timer.refresh();
      const bytes = bytesOf(data);
      const content = bytes.subarray(1);
      switch (bytes[0]) {
        case channels.stdout:
          size += content.length;
          if (size > mostOutput) stop(new ApiError('garbage', `${argv[0]} printed more than ${mostOutput} bytes.`));
          else output.push(content);
          break;
        case channels.stderr:
          if (errors.length < mostErrors) errors += content.toString('utf8');
          break;
        case channels.status:
          status = readStatus(content.toString('utf8'));
          break;
        default:
        // Other channels are not asked for; v5 says there which stream has ended.
      }
    });
    socket.on('close', () => {
      finish();
      const ended = status ?? { exitCode: null, problem: 'The connection ended before the command did.', notFound: false };
      done({ stdout: Buffer.concat(output, size).toString('utf8'), stderr: errors, ...ended });
    });
    if (signal.aborted) giveUp();
  });
}
