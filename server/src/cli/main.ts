import { projectVersion } from '../base/project.ts';
import { setFlagsBack } from '../lsp/node/young-generation.ts';
import { isAllWritten, OutputError, say } from './output.ts';
import { plainlyChecked } from './plain-check.ts';
import { UsageError } from './usage-error.ts';
import { withHelp } from './with-help.ts';
import { written } from './written.ts';

let isAnswered = false;

/** Without an answer there is no 0: not where something failed, and not where nothing was left to wait for. */
process.on('exit', (code) => {
  if (isAnswered || code !== 0) return;
  say('ended before there was an answer');
  process.exitCode = 2;
});

process.on('uncaughtException', (error) => {
  sayFailure(error);
  process.exit(2);
});

function sayFailure(error: unknown): void {
  if (error instanceof UsageError || error instanceof OutputError) say(withHelp(error.message, process.argv[2]));
  else say(`this is a fault of the program, and no answer: ${error instanceof Error ? error.message : String(error)}`);
}

/** Runs what the arguments ask for; the exit status. Everything is written before it returns. */
async function run(args: readonly string[]): Promise<number> {
  const plain = plainlyChecked(args);
  if (plain === undefined) {
    const { runProgram } = await import('./run-program.ts');
    return runProgram();
  }
  const { checkCached } = await import('./check-cached.ts');
  return written(await checkCached(plain.files, plain.options, projectVersion));
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    sayFailure(error);
    process.exitCode = 2;
  }
  isAnswered = true;
  setFlagsBack();
  // Everything is written. Memory that a large dump took need not be given back piece by piece.
  if (isAllWritten()) process.exit();
}

void main();
