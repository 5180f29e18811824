import { InvalidArgumentError, Option } from 'commander';

/** `--format`, one of these, text without. */
export function formatOption(...choices: readonly string[]): Option {
  return new Option('--format <format>', 'how to print it').choices(choices).default('text');
}

/** An option that may be given several times. */
export function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The value of a flag that may stand alone, as kube-proxy reads it: "--flag", "--flag=false". */
export function onOrOff(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('expected true or false');
}
