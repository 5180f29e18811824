import { setFlagsFromString } from 'node:v8';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { startServer } from '../server.ts';
import { nodeFiles } from './files.ts';

// Each version of a large dump leaves tens of megabytes behind that nobody needs. V8 would let them pile up to several times of what is in
// use; an editor has other use for the memory.
setFlagsFromString('--heap-growing-percent=15');

// Without a transport on the command line the library throws; a person who tries the program deserves a sentence.
const transports = ['--stdio', '--node-ipc', '--socket', '--pipe'];
if (!process.argv.some((argument) => transports.some((transport) => argument.startsWith(transport)))) {
  process.stderr.write(
    'iptables-language-server speaks the Language Server Protocol to an editor: start it with --stdio, --socket=PORT or --pipe=NAME\n',
  );
  process.exit(2);
}

startServer(createConnection(ProposedFeatures.all), {
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  files: nodeFiles,
  live: () => import('../cluster/live.ts'),
});
