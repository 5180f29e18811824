/** The programs that print a node's iptables rules, and what their answers mean. */
import { shown } from './api-error.ts';
import type { CommandResult } from './run-in-pod.ts';
import { cutDump } from './whole-dump.ts';

export type Backend = 'nft' | 'legacy' | 'default';

/** One program that is run. */
export interface DumpCommand {
  readonly family: 'ipv4' | 'ipv6';
  /** `default` is whichever the container's `iptables-save` is for. */
  readonly backend: Backend;
  readonly argv: readonly string[];
}

/** Both back ends are asked: rules in the other one than expected are a cause of trouble by themselves. */
export const dumpCommands: readonly DumpCommand[] = [
  { family: 'ipv4', backend: 'nft', argv: ['iptables-nft-save', '-c'] },
  { family: 'ipv6', backend: 'nft', argv: ['ip6tables-nft-save', '-c'] },
  { family: 'ipv4', backend: 'legacy', argv: ['iptables-legacy-save', '-c'] },
  { family: 'ipv6', backend: 'legacy', argv: ['ip6tables-legacy-save', '-c'] },
];

/** Run for a family where the container has neither of the programs above. */
export const fallbackCommands: readonly DumpCommand[] = [
  { family: 'ipv4', backend: 'default', argv: ['iptables-save', '-c'] },
  { family: 'ipv6', backend: 'default', argv: ['ip6tables-save', '-c'] },
];

export interface NodeDump {
  readonly family: 'ipv4' | 'ipv6';
  readonly backend: Backend;
  /** "iptables-nft-save -c". */
  readonly command: string;
  /** Whole: every table has its COMMIT. */
  readonly text: string;
}

export interface NodeDumps {
  readonly dumps: readonly NodeDump[];
  /** What could not be read, in sentences; one for each program that failed or whose answer was cut. */
  readonly problems: readonly string[];
}

export type Answer =
  | { readonly kind: 'dump'; readonly text: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'problem'; readonly problem: string };

/** What the program's result means; anything that is not whole is a problem. */
export function judge({ argv }: DumpCommand, result: CommandResult): Answer {
  const command = argv.join(' ');
  if (result.notFound) return { kind: 'not-found' };
  const said = shown(result.stderr);
  if (result.problem !== '') {
    return { kind: 'problem', problem: `${command} failed: ${result.problem}${said === '' ? '' : ` It said: ${said}`}` };
  }
  if (result.stdout.trim() === '') return { kind: 'empty' };
  const cut = cutDump(result.stdout);
  if (cut === undefined) return { kind: 'dump', text: result.stdout };
  const lines = result.stdout.split('\n').length - 1;
  return { kind: 'problem', problem: `The answer of ${command} was cut short after ${lines} lines: ${cut}.` };
}
