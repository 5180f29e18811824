/** What stands behind `--` in `npm run NAME -- ...`: read, explained (`--help`), or refused with status 2. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Ends the script with status 2: what is wrong with its options, and what they are. */
export function refuse(message: string, usage: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

/** The values of a script's options. `--help` prints `usage` and ends the script; what is no option of its ends it with status 2. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
): ReturnType<typeof parseArgs<{ readonly options: Options }>>['values'] {
  // Asked for it, also beside what is wrong.
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs<{ readonly options: Options }>({ options }).values;
  } catch (error) {
    // Node.js adds how to write what looks like an option and is none, over several sentences.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s/);
    refuse(`${first.replace(/\.$/, '')}.`, usage);
  }
}

/** An option's value as a whole number from `least` on; another one ends the script with status 2. */
export function wholeNumber(option: string, text: string, usage: string, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    const bound = least === 0 ? '' : ` from ${least} on`;
    refuse(`--${option} takes a whole number${bound}, not ${JSON.stringify(text)}.`, usage);
  }
  return value;
}
