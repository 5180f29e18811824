import { type ExtensionContext, Uri } from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { activateExtension } from '../extension.ts';

// The browser's own, which the types for Node.js do not have.
declare const Worker: new (url: string) => ConstructorParameters<typeof LanguageClient>[2] & { terminate(): void };

/** The entry for VS Code in a browser without a remote machine: the server is a worker. */
export function activate(context: ExtensionContext): void {
  const url = Uri.joinPath(context.extensionUri, 'dist/server/browser.js').toString(true);
  activateExtension(context, (options) => new LanguageClient('iptables', 'iptables', async () => new Worker(url), options));
}
