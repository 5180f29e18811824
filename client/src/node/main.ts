import type { ExtensionContext } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { activateExtension } from '../extension.ts';
import { provideCheckTasks } from './check-tasks.ts';
import { createOpenByFile } from './open-by-file.ts';

let stop: (() => Promise<void>) | undefined;

/**
 * The entry for VS Code on a desktop or a remote machine: the server is a Node.js process. They speak over its input and output: over Node's own channel between processes the
 * server could neither write an answer of megabytes in parts nor see that a document of megabytes is on its way, and a hover behind one would wait longer.
 */
export function activate(context: ExtensionContext): void {
  const module = context.asAbsolutePath('dist/server/iptables-language-server.cjs');
  context.subscriptions.push(provideCheckTasks(context.asAbsolutePath('dist/cli/iptables-inspect.cjs')));
  stop = activateExtension(context, (options) => {
    const byFile = createOpenByFile(() => client);
    const middleware = { ...options.middleware, ...byFile.middleware };
    const server = { module, transport: TransportKind.stdio };
    const client = new LanguageClient('iptables', 'iptables', server, { ...options, middleware });
    byFile.answerServer();
    return client;
  });
}

/** VS Code waits for this when the window closes. */
export async function deactivate(): Promise<void> {
  await stop?.();
}
