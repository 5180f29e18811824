import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { createLifecycle } from '../lifecycle.ts';
import { startServer } from '../server.ts';
import { clientFiles } from './client-files.ts';

/** The part of a dedicated worker's global scope that is used here; the full type would need the DOM's library in every file. */
interface WorkerScope {
  setTimeout(callback: () => void, milliseconds: number): void;
}

declare const self: WorkerScope & ConstructorParameters<typeof BrowserMessageReader>[0];

// A message to oneself comes after the messages that wait already, and sooner than any timer.
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.addEventListener('message', () => {
      channel.port1.close();
      resolve();
    });
    channel.port1.start();
    channel.port2.postMessage(undefined);
  });
}

const connection = createConnection(new BrowserMessageReader(self), new BrowserMessageWriter(self), {
  messageStrategy: createLifecycle(),
});
startServer(connection, {
  pause,
  files: clientFiles(connection),
  kept: undefined,
  live: undefined,
  beforeExit: undefined,
  afterOpening: undefined,
});
