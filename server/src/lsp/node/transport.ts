import { Console } from 'node:console';
import { createConnection as connectTo, type Socket } from 'node:net';
import {
  type Connection,
  createConnection,
  type MessageStrategy,
  ProposedFeatures,
  StreamMessageReader,
} from 'vscode-languageserver/node';
import type { Pause } from '../../base/scheduler.ts';
import { createMessageWriter } from './message-writer.ts';

/** The value of an option, as `--pipe NAME` or `--pipe=NAME`. */
function optionOf(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  const arg = args[at];
  return arg === option ? args[at + 1] : arg?.slice(option.length + 1);
}

function socketOf(args: readonly string[]): Socket | undefined {
  const port = optionOf(args, '--socket');
  if (port !== undefined) return connectTo(Number(port), '127.0.0.1');
  const pipe = optionOf(args, '--pipe');
  return pipe === undefined ? undefined : connectTo(pipe);
}

/**
 * The connection that a command line asks for: `--stdio`, `--socket=PORT`, `--pipe=NAME` or `--node-ipc`, as the library has it, but with a writer of our own for the first
 * three. What Node.js sends to a parent it makes text of itself.
 */
export function connectionOf(args: readonly string[], pause: Pause, messageStrategy: MessageStrategy): Connection {
  const options = { messageStrategy };
  if (args.includes('--stdio')) {
    // What anybody logs is no message.
    globalThis.console = new Console(process.stderr);
    // The library watches a stream for its end, and takes a writer beside it as well; its types have both or neither.
    const output = createMessageWriter(process.stdout, pause) as unknown as NodeJS.WritableStream;
    return createConnection(ProposedFeatures.all, process.stdin, output, options);
  }
  const socket = args.includes('--node-ipc') ? undefined : socketOf(args);
  if (socket === undefined) return createConnection(ProposedFeatures.all, options);
  return createConnection(ProposedFeatures.all, new StreamMessageReader(socket), createMessageWriter(socket, pause), options);
}
