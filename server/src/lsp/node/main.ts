import { setFlagsFromString } from 'node:v8';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createLifecycle } from '../lifecycle.ts';
import { startServer } from '../server.ts';
import { nodeFiles } from './files.ts';

// Without a transport on the command line the library throws; a person who tries the program deserves a sentence.
const transports = ['--stdio', '--node-ipc', '--socket', '--pipe'];
if (!process.argv.some((argument) => transports.some((transport) => argument.startsWith(transport)))) {
  process.stderr.write(
    'iptables-language-server speaks the Language Server Protocol to an editor: start it with --stdio, --socket=PORT or --pipe=NAME\n',
  );
  process.exit(2);
}

// Each version of a large dump leaves tens of megabytes behind. V8 lets them pile up to several times of what is in use; an editor has
// other use for the memory. This makes its collector, which works beside the program, begin earlier: 500 MB at most instead of 750.
setFlagsFromString('--heap-growing-percent=20');

startServer(createConnection(ProposedFeatures.all, { messageStrategy: createLifecycle() }), {
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  files: nodeFiles,
  live: () => import('../../cluster/live/live.ts'),
});
