import { type ExtensionContext, Uri } from 'vscode';
import { BrowserMessageReader, BrowserMessageWriter, LanguageClient } from 'vscode-languageclient/browser';
import { activateExtension } from '../extension.ts';
import { giveFiles } from './files.ts';

type ServerWorker = ConstructorParameters<typeof BrowserMessageReader>[0] & { terminate(): void };

// The browser's own, which the types for Node.js do not have.
declare const Worker: new (url: string) => ServerWorker;

/** The entry for VS Code in a browser without a remote machine: the server is a worker, and sees files through the client. */
export function activate(context: ExtensionContext): void {
  const url = Uri.joinPath(context.extensionUri, 'dist/server/browser.js').toString(true);
  let worker: ServerWorker | undefined;
  context.subscriptions.push({ dispose: () => worker?.terminate() });
  activateExtension(context, (options) => {
    const start = async (): Promise<{ reader: BrowserMessageReader; writer: BrowserMessageWriter }> => {
      // One that was told to end does not end by itself.
      worker?.terminate();
      worker = new Worker(url);
      // The client would ask whether it is a Worker, and VS Code's extension host has put a class of its own in that one's place.
      return { reader: new BrowserMessageReader(worker), writer: new BrowserMessageWriter(worker) };
    };
    const client = new LanguageClient('iptables', 'iptables', start, options);
    giveFiles(client);
    return client;
  });
}
