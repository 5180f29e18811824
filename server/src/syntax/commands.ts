import type { ChainCommand, RuleCommand } from './statement.ts';

interface CommandBase {
  readonly short: string;
  readonly long: string;
  /** How many words it must have: the chain, a new name, a policy. */
  readonly required: number;
  /** How many more it takes when they do not look like options. */
  readonly optional: number;
}

/** A command of iptables(8), as restore input and `iptables -S` have them. */
export type CommandSpec =
  | (CommandBase & { readonly kind: 'rule'; readonly command: RuleCommand })
  | (CommandBase & { readonly kind: 'chain'; readonly command: ChainCommand });

const commands: readonly CommandSpec[] = [
  { kind: 'rule', command: 'append', short: '-A', long: '--append', required: 1, optional: 0 },
  { kind: 'rule', command: 'insert', short: '-I', long: '--insert', required: 1, optional: 1 },
  { kind: 'rule', command: 'replace', short: '-R', long: '--replace', required: 1, optional: 1 },
  { kind: 'rule', command: 'delete', short: '-D', long: '--delete', required: 1, optional: 1 },
  { kind: 'rule', command: 'check', short: '-C', long: '--check', required: 1, optional: 0 },
  { kind: 'chain', command: 'new', short: '-N', long: '--new-chain', required: 1, optional: 0 },
  { kind: 'chain', command: 'policy', short: '-P', long: '--policy', required: 1, optional: 1 },
  { kind: 'chain', command: 'flush', short: '-F', long: '--flush', required: 0, optional: 1 },
  { kind: 'chain', command: 'delete-chain', short: '-X', long: '--delete-chain', required: 0, optional: 1 },
  { kind: 'chain', command: 'zero', short: '-Z', long: '--zero', required: 0, optional: 2 },
  { kind: 'chain', command: 'rename', short: '-E', long: '--rename-chain', required: 1, optional: 1 },
  { kind: 'chain', command: 'list', short: '-L', long: '--list', required: 0, optional: 2 },
  { kind: 'chain', command: 'list', short: '-S', long: '--list-rules', required: 0, optional: 2 },
];

const bySpelling = new Map(commands.flatMap((command) => [[command.short, command] as const, [command.long, command] as const]));

/** The one command whose long name begins so; undefined where there is none, or more than one. */
export function commandBeginningWith(beginning: string): CommandSpec | undefined {
  const [first, second] = commands.filter(({ long }) => long.startsWith(beginning));
  // --list is not unique as a beginning, but a name of its own.
  return second === undefined ? first : undefined;
}

/** The command that a word spells exactly; undefined for every other word. */
export function commandFor(word: string): CommandSpec | undefined {
  return bySpelling.get(word);
}
