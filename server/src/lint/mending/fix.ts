import type { SafeText } from '../../base/safe-text.ts';
import type { Change } from './change.ts';

/**
 * As ruff has it. `safe`: what the ruleset does stays as it is, or what iptables-restore refused is written in the one form that it can have meant;
 * such fixes may be made without a look at each. `unsafe`: packets may fare otherwise than before, rules go that somebody may still want, or the fix is
 * a guess.
 */
export type Safety = 'safe' | 'unsafe';

/** One way to mend what a finding is about, in the file. */
export interface Fix {
  /** What it does, as a title: "Declare chain WEB". Names from the dump are in it as they are. */
  readonly title: string;
  readonly safety: Safety;
  /** Worked out when asked for, as they may be as many as the file has lines. None overlaps another. */
  readonly changes: () => readonly Change[];
  /** Whether it is line ends that it mends: the `\n` of its changes stay what they are, and a byte order mark goes. */
  readonly mendsLineEnds?: boolean;
  /** Whether it writes every line anew as it was read: other fixes wait until that is done. */
  readonly mendsAllLines?: true;
}

/** A command that mends on the node what no change of the file can. */
export interface NodeCommand {
  /** One line for a shell; what comes from the dump is quoted in it. */
  readonly command: SafeText<'shell'>;
  /** What it does, a sentence without a full stop. */
  readonly does: string;
}
