import { CommanderError } from 'commander';
import { nearestNames } from '../base/nearest-names.ts';
import { isAllWritten, OutputError, print, programName, say } from './output.ts';
import { type Answer, program } from './program.ts';
import { UsageError } from './usage-error.ts';

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

function unknownCommand(asked: string, commands: readonly string[]): string {
  const [nearest] = nearestNames(asked, commands);
  return `unknown command '${asked}'${nearest === undefined ? `; ${programName} --help names all` : ` (Did you mean ${nearest}?)`}`;
}

/** What is missing or too much is told by the help of the command: what its arguments are, and examples. */
function withHelp(text: string, command = ''): string {
  if (!/^(?:missing required argument|required option|too many arguments)/.test(text)) return text;
  return `${text.trimEnd().replace(/\.$/, '')}; ${programName} ${command} --help has examples`;
}

/** Runs what the arguments ask for; the exit status. Everything is written before it returns. */
async function run(): Promise<number> {
  let answer: Answer | undefined;
  let help = '';
  const root = program(
    (given) => {
      answer = given;
    },
    (text) => {
      help += text;
    },
    (text) => say(withHelp(text, process.argv[2])),
    process.argv[2],
  );
  try {
    if (process.argv.length <= 2) {
      const commands = root.commands.map((command) => command.name());
      throw new UsageError(`expected a command: ${commands.join(', ')}; --help says what each does`);
    }
    const [first, asked] = process.argv.slice(2);
    // Without this the help of all commands is printed for one that is none.
    if (first === 'help' && asked !== undefined && !root.commands.some((command) => command.name() === asked))
      throw new UsageError(
        unknownCommand(
          asked,
          root.commands.map((command) => command.name()),
        ),
      );
    await root.parseAsync();
    if (answer === undefined) throw new UsageError('the command gave no answer');
    await print(answer.output);
    if (answer.problem !== undefined && answer.problem !== '') say(answer.problem);
    return answer.status;
  } catch (error) {
    // Help and version are what was asked for; everything else has been explained already.
    if (!(error instanceof CommanderError)) throw error;
    await print(help);
    return error.exitCode === 0 ? 0 : 2;
  }
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    sayFailure(error);
    process.exitCode = 2;
  }
  isAnswered = true;
  // Everything is written. Memory that a large dump took need not be given back piece by piece.
  if (isAllWritten()) process.exit();
}

void main();
