/**
 * What one line of a dump says. All offsets are 0-based UTF-16 units within the line, ends exclusive, so that an edit above shifts nothing.
 */
import type { Family, OptionSpec } from '../catalog/types.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A word as iptables-restore splits them: quotes removed, escapes resolved. */
export interface Word extends Span {
  readonly text: string;
  readonly quoted: boolean;
}

/** `[packets:bytes]`. Beyond 2^53 the numbers lose their last digits; the text keeps them. */
export interface Counters extends Span {
  readonly packets: number;
  readonly bytes: number;
}

/** What is wrong with a line, by the line alone; not where. */
export interface Fault {
  /** Names the lint rule: "unknown-option". */
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning' | 'info' | 'hint';
  /** The back end that alone refuses the line; absent where both do, or neither. */
  readonly refusedBy?: 'nft' | 'legacy';
  /** The likeliest answer, where there is one: replace the span by this. `isGuess` where something else may have been meant. */
  readonly fix?: { readonly title: string; readonly text: string; readonly isGuess?: boolean };
}

/** The same with its place. */
export interface Problem extends Span, Fault {}

export interface RuleOption {
  /** What the catalogue knows of it; undefined for an unknown option. */
  readonly spec: OptionSpec | undefined;
  /** Canonical long name ("--destination-port"); what was typed, for an unknown option. */
  readonly name: string;
  /** The option's own word as typed. */
  readonly word: Word;
  /** The `!` before it. */
  readonly negation: Span | undefined;
  readonly values: readonly Word[];
  /**
   * Which loaded match it belongs to: 0 for iptables' own options, n for the n-th -m, -1 for the target, `notUnderstood` for words that
   * nobody understood.
   */
  readonly instance: number;
}

/**
 * The instance of an option that nobody understood: of a match that the catalogue does not have, a misspelled one, a stray word, or what a
 * listing prints in a form that is not known. It may ask anything of a packet, so it makes a rule's match an assumption; it is never left out.
 */
export const notUnderstood = -2;

/** What a rule may ask of a packet though its text does not show it: `iptables -L` prints the interfaces with -v alone. */
export type HiddenCondition = 'interfaces';

export type RuleCommand = 'append' | 'insert' | 'replace' | 'delete' | 'check';

interface StatementBase {
  readonly problems: readonly Problem[];
}

export interface BlankStatement extends StatementBase {
  readonly kind: 'blank';
}

export interface CommentStatement extends StatementBase {
  readonly kind: 'comment';
  readonly text: string;
}

/** `*nat` */
export interface TableStatement extends StatementBase {
  readonly kind: 'table';
  readonly name: Word;
}

/** `:INPUT ACCEPT [0:0]`; `-` is the policy of a user chain. */
export interface ChainStatement extends StatementBase {
  readonly kind: 'chain';
  readonly name: Word;
  readonly policy: Word | undefined;
  readonly counters: Counters | undefined;
}

/** `[0:0] -A CHAIN ...` and its kin. */
export interface RuleStatement extends StatementBase {
  readonly kind: 'rule';
  readonly command: RuleCommand;
  readonly commandWord: Word;
  readonly chain: Word;
  /** The rule number of -I, -R and -D; 1-based as typed. */
  readonly number: Word | undefined;
  readonly counters: Counters | undefined;
  /** All but the command, in the order typed. -j and -g are among them. */
  readonly options: readonly RuleOption[];
  /** The value of -j or -g. */
  readonly target: Word | undefined;
  readonly isGoto: boolean;
  /** What the rule may ask besides its options; empty where the text shows all of it, as restore input does. */
  readonly hidden: readonly HiddenCondition[];
}

export type ChainCommand = 'new' | 'policy' | 'flush' | 'delete-chain' | 'zero' | 'rename' | 'list';

/** `-N CHAIN`, `-P CHAIN POLICY`, `-F`, `-X`, `-Z`, `-E`, `-L`, `-S`. */
export interface ChainCommandStatement extends StatementBase {
  readonly kind: 'chain-command';
  readonly command: ChainCommand;
  readonly commandWord: Word;
  readonly chain: Word | undefined;
  /** The policy of -P, the new name of -E. */
  readonly argument: Word | undefined;
}

export interface CommitStatement extends StatementBase {
  readonly kind: 'commit';
}

/** The line that names the columns of an `iptables -L` listing: "pkts bytes target prot opt in out source destination". */
export interface ColumnsStatement extends StatementBase {
  readonly kind: 'columns';
}

/** A set that `ipset save` ("create NAME TYPE ...") or `ipset list` ("Name: NAME") declares. */
export interface SetStatement extends StatementBase {
  readonly kind: 'set';
  readonly name: Word;
  /** "hash:ip,port"; `ipset list` says it in a line of its own. */
  readonly type: Word | undefined;
  readonly family: Family | undefined;
}

/** A member of a set: "add NAME 10.0.0.1,tcp:80", or a line below "Members:". */
export interface SetEntryStatement extends StatementBase {
  readonly kind: 'set-entry';
  /** An empty span where the set is named further above. */
  readonly set: Word;
  readonly entry: Word;
}

/** What `ipset list` says of a set: "Type: hash:ip", "Header: family inet hashsize 1024", "Members:". */
export interface SetDetailStatement extends StatementBase {
  readonly kind: 'set-detail';
  readonly key: Word;
  readonly value: Word | undefined;
}

/** A line that is no line of iptables' for certain: a prompt, a fence of Markdown, "...", rules in nft's own language, or the rest of a line that a terminal broke. */
export interface ForeignStatement extends StatementBase {
  readonly kind: 'foreign';
  readonly what: 'prompt' | 'fence' | 'gap' | 'nft' | 'separator' | 'text' | 'log' | 'wrapped';
}

/** A line that is none of these: prose, or a broken line. */
export interface OtherStatement extends StatementBase {
  readonly kind: 'other';
}

export type Statement =
  | BlankStatement
  | CommentStatement
  | TableStatement
  | ChainStatement
  | RuleStatement
  | ChainCommandStatement
  | CommitStatement
  | ColumnsStatement
  | SetStatement
  | SetEntryStatement
  | SetDetailStatement
  | ForeignStatement
  | OtherStatement;
