import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createLifecycle } from '../lifecycle.ts';
import { startServer } from '../server.ts';
import { cleanUpBeforeExit } from './before-exit.ts';
import { nodeFiles } from './files.ts';
import { limitYoungGeneration } from './young-generation.ts';

// Without a transport on the command line the library throws; a person who tries the program deserves a sentence.
const transports = ['--stdio', '--node-ipc', '--socket', '--pipe'];
if (!process.argv.some((argument) => transports.some((transport) => argument.startsWith(transport)))) {
  process.stderr.write(
    'iptables-language-server speaks the Language Server Protocol to an editor: start it with --stdio, --socket=PORT or --pipe=NAME\n',
  );
  process.exit(2);
}

limitYoungGeneration();
startServer(createConnection(ProposedFeatures.all, { messageStrategy: createLifecycle() }), {
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  files: nodeFiles,
  live: () => import('../../cluster/live/live.ts'),
  beforeExit: cleanUpBeforeExit,
});
