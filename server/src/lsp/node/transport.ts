import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { type Connection, createConnection, type MessageStrategy, ProposedFeatures } from 'vscode-languageserver/node';
import type { Pause } from '../../base/scheduler.ts';
import { connectTo, type Input, standardInput } from './input.ts';
import type { MayBeKnown } from './long-message.ts';
import { createMessageReader } from './message-reader.ts';
import { createMessageWriter } from './message-writer.ts';
import { createPause } from './pause.ts';

/** The value of an option, as `--pipe NAME` or `--pipe=NAME`. */
function optionOf(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  const arg = args[at];
  return arg === option ? args[at + 1] : arg?.slice(option.length + 1);
}

function socketOf(args: readonly string[]): ReturnType<typeof connectTo> | undefined {
  const port = optionOf(args, '--socket');
  if (port !== undefined) return connectTo({ port: Number(port) });
  const path = optionOf(args, '--pipe');
  return path === undefined ? undefined : connectTo({ path });
}

/** The connection to a client, and what lets its messages in. */
export interface Transport {
  readonly connection: Connection;
  readonly pause: Pause;
}

/** Ends the program where what comes in is no message: whoever started it sees why, and starts it again. */
function refuse(why: string): never {
  writeSync(2, `iptables-language-server: the head of a message cannot be read: ${why}\n`);
  process.exit(1);
}

/** The library watches a stream for its end, and takes a reader or writer beside it as well; its types have both or neither. */
function watched(input: Input, mayBeKnown: MayBeKnown): NodeJS.ReadableStream {
  const { stream } = input;
  const watch = { read: stream.read.bind(stream), on: stream.on.bind(stream) };
  return { ...createMessageReader(input, refuse, mayBeKnown), ...watch } as unknown as NodeJS.ReadableStream;
}

/**
 * The connection that a command line asks for: `--stdio`, `--socket=PORT`, `--pipe=NAME` or `--node-ipc`, as the library has it, but with a reader and a writer of our own for the
 * first three. What Node.js sends to a parent, or hears of it, it makes text of itself.
 * @param mayBeKnown whether a text in so many bytes may have been opened before
 */
export function transportOf(args: readonly string[], messageStrategy: MessageStrategy, mayBeKnown: MayBeKnown): Transport {
  const options = { messageStrategy };
  if (args.includes('--stdio')) {
    // What anybody logs is no message.
    globalThis.console = new Console(process.stderr);
    // An editor that reads no more has gone; without a listener Node.js prints where the program stood, and ends as well.
    process.stdout.on('error', () => process.exit(1));
    const input = standardInput();
    const pause = createPause(input.bytesRead);
    const output = createMessageWriter(process.stdout, pause) as unknown as NodeJS.WritableStream;
    return { connection: createConnection(ProposedFeatures.all, watched(input, mayBeKnown), output, options), pause };
  }
  const socket = args.includes('--node-ipc') ? undefined : socketOf(args);
  if (socket === undefined) return { connection: createConnection(ProposedFeatures.all, options), pause: createPause(() => 0) };
  const pause = createPause(socket.bytesRead);
  const [input, output] = [createMessageReader(socket, refuse, mayBeKnown), createMessageWriter(socket.stream, pause)];
  return { connection: createConnection(ProposedFeatures.all, input, output, options), pause };
}
