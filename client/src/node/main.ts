import type { ExtensionContext } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { activateExtension } from '../extension.ts';

/** The entry for VS Code on a desktop or a remote machine: the server is a Node.js process. */
export function activate(context: ExtensionContext): void {
  const module = context.asAbsolutePath('dist/server/iptables-language-server.cjs');
  activateExtension(
    context,
    (options) => new LanguageClient('iptables', 'iptables', { module, transport: TransportKind.ipc }, options),
  );
}
