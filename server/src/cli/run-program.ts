import { CommanderError } from 'commander';
import { nearestNames } from '../base/nearest-names.ts';
import { print, programName, say } from './output.ts';
import { program } from './program.ts';
import { UsageError } from './usage-error.ts';
import { withHelp } from './with-help.ts';
import { type Answer, written } from './written.ts';

function unknownCommand(asked: string, commands: readonly string[]): string {
  const [nearest] = nearestNames(asked, commands);
  return `unknown command '${asked}'${nearest === undefined ? `; ${programName} --help names all` : ` (Did you mean ${nearest}?)`}`;
}

/** Runs what the arguments ask for, whatever it is; the exit status. Everything is written before it returns. Throws UsageError for what cannot be used. */
export async function runProgram(): Promise<number> {
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
    return await written(answer);
  } catch (error) {
    // Help and version are what was asked for; everything else has been explained already.
    if (!(error instanceof CommanderError)) throw error;
    await print(help);
    return error.exitCode === 0 ? 0 : 2;
  }
}
