import { writeSync } from 'node:fs';
import { projectVersion } from '../../base/project.ts';
import { mayKeepText } from '../kept-diagnostics.ts';
import { createLifecycle } from '../lifecycle.ts';
import { startServer } from '../server.ts';
import { cleanUpBeforeExit } from './before-exit.ts';
import { nodeFiles } from './files.ts';
import { keptTexts } from './kept-texts.ts';
import { collectOften } from './old-generation.ts';
import { transportOf } from './transport.ts';
import { limitYoungGeneration } from './young-generation.ts';

// Without a transport on the command line the library throws; a person who tries the program deserves a sentence.
const transports = ['--stdio', '--node-ipc', '--socket', '--pipe'];
if (!process.argv.some((argument) => transports.some((transport) => argument.startsWith(transport)))) {
  const [asked] = process.argv.slice(2);
  if (asked === '--version' || asked === '-V') {
    writeSync(1, `${projectVersion}\n`);
    process.exit(0);
  }
  const isHelp = asked === '--help' || asked === '-h';
  writeSync(
    isHelp ? 1 : 2,
    'iptables-language-server speaks the Language Server Protocol to an editor: start it with --stdio, --socket=PORT or --pipe=NAME\n',
  );
  process.exit(isHelp ? 0 : 2);
}

limitYoungGeneration();
const kept = keptTexts(process.argv[1]);
const mayBeKnown = (bytes: number): boolean => kept !== undefined && mayKeepText(bytes);
const { connection, pause } = transportOf(process.argv.slice(2), createLifecycle(), mayBeKnown);
startServer(connection, {
  pause,
  files: nodeFiles,
  kept,
  live: () => import('../../cluster/live/live.ts'),
  beforeExit: cleanUpBeforeExit,
  afterOpening: collectOften,
});
