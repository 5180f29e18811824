import type { Family, TableName } from '../catalog/types.ts';
import type { ChainCommand, Fault, Problem, RuleCommand, Statement } from './statement.ts';

/** What a line that is no restore input stands in. */
export type Surroundings =
  /** What `iptables -S` or `-L` printed, as the prompt above it says: no `*table` stands there, the prompt named the table. */
  | { readonly kind: 'output' }
  /** The rules of a chain, as `iptables -L` prints them, and which columns they have. */
  | {
      readonly kind: 'listing';
      readonly chain: string;
      readonly numbered: boolean;
      readonly counted: boolean;
      readonly interfaces: boolean;
      /** Whether the line that names the columns was seen; without it they are told by what a row holds. */
      readonly named: boolean;
    }
  /** The members of a set, as `ipset list` prints them. */
  | { readonly kind: 'set'; readonly name: string; readonly members: boolean }
  /** Rules in nft's own language, so many braces deep. */
  | { readonly kind: 'nft'; readonly depth: number }
  /**
   * A command of a shell, which says its family and table itself; what of it stands on the lines below, empty where none does. `before` is what
   * the lines above say.
   */
  | { readonly kind: 'command'; readonly more: string; readonly before: LineContext }
  /**
   * A line that a terminal or a backslash broke: what of it stands on the lines below; or one of those, where that is undefined. `before` is
   * what the lines above say.
   */
  | { readonly kind: 'wrapped'; readonly more: string | undefined; readonly before: LineContext };

/**
 * What the lines above say about a line. Lines in the same circumstances share one object; `sameContext` compares them.
 * `undefined` is "not said": a dump may start in the middle of a table.
 */
export interface LineContext {
  readonly family: Family | undefined;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** 'unknown' for `*name` with a name that iptables does not have. */
  readonly table: TableName | 'unknown' | undefined;
  /** Undefined in restore input, which most dumps are from their first line to the last. */
  readonly within: Surroundings | undefined;
}

/**
 * A line as the ruleset keeps it: its text, and of its statement only what relates it to other lines.
 * The rest is read again when it is asked for (`statementOf`, about 2 µs); no tokens are kept.
 */
export interface Line {
  readonly text: string;
  readonly context: LineContext;
  readonly kind: Statement['kind'];
  /** The table of `*table`, the chain of a rule, of `:CHAIN` and of chain commands; empty otherwise. */
  readonly name: string;
  /** The target of a rule, the new name of -E; empty where there is none. */
  readonly target: string;
  /**
   * How a rule or chain command acts; for the declaration of a chain 'policy' or, where it says `-` or nothing, 'new'. Undefined on other lines.
   */
  readonly command: RuleCommand | ChainCommand | undefined;
  readonly isGoto: boolean;
  /**
   * Whether a rule may ask more of a packet than what is known of it: some condition is hidden, or some word was not understood. No claim may
   * rest on such a rule's matching; `statementOf` says which words and conditions these are (`hidden`, `notUnderstood`).
   */
  readonly isUnsure: boolean;
  /** Whether it is a line of an `iptables -L` listing: its chain, for a rule, is named further above. */
  readonly listing: boolean;
  /** How many UTF-16 units at its start only a paste put there: an indent, `> `, a line number, the file that grep names. */
  readonly prefix: number;
  readonly problems: readonly Problem[];
  /** The same without their places, which have to be looked for in some lines. */
  readonly faults: readonly Fault[];
  /** Whether there are any. */
  readonly isFaulty: boolean;
  /** Whether it says nothing but a chain or a rule at a chain's end, as a dump does, with nothing wrong with it. */
  readonly isPlain: boolean;
  /** It ended in CR LF, which iptables-restore does not take; `text` is without the CR. */
  readonly carriageReturn: boolean;
}

const contexts = new Map<string, LineContext>();
const output: Surroundings = { kind: 'output' };

function sharedContext(
  family: LineContext['family'],
  backend: LineContext['backend'],
  table: LineContext['table'],
  within: LineContext['within'],
): LineContext {
  const key = `${family ?? ''} ${backend ?? ''} ${table ?? ''} ${within?.kind ?? ''}`;
  let context = contexts.get(key);
  if (context === undefined) {
    context = { family, backend, table, within };
    contexts.set(key, context);
  }
  return context;
}

/** The one shared context object for these circumstances in restore input; there are few. */
export function lineContext(
  family: LineContext['family'],
  backend: LineContext['backend'],
  table: LineContext['table'],
): LineContext {
  return sharedContext(family, backend, table, undefined);
}

/** The same for what a command printed, of which a prompt or a title says the table. */
export function outputContext(
  family: LineContext['family'],
  backend: LineContext['backend'],
  table: LineContext['table'],
): LineContext {
  return sharedContext(family, backend, table, output);
}

/** Whether two lines stand in the same circumstances. */
export function sameContext(a: LineContext, b: LineContext): boolean {
  if (a === b) return true;
  return a.family === b.family && a.backend === b.backend && a.table === b.table && sameSurroundings(a.within, b.within);
}

function sameSurroundings(a: Surroundings | undefined, b: Surroundings | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind) return a === b;
  switch (a.kind) {
    case 'listing':
      return (
        b.kind === 'listing' &&
        a.chain === b.chain &&
        a.named === b.named &&
        a.numbered === b.numbered &&
        a.counted === b.counted &&
        a.interfaces === b.interfaces
      );
    case 'set':
      return b.kind === 'set' && a.name === b.name && a.members === b.members;
    case 'nft':
      return b.kind === 'nft' && a.depth === b.depth;
    case 'command':
      return b.kind === 'command' && a.more === b.more && sameContext(a.before, b.before);
    case 'wrapped':
      return b.kind === 'wrapped' && a.more === b.more && sameContext(a.before, b.before);
    case 'output':
      return true;
  }
}

/** What the lines above say about a line, without what it says of itself. */
export function contextBefore({ context }: Pick<Line, 'context'>): LineContext {
  const { within } = context;
  return within?.kind === 'command' || within?.kind === 'wrapped' ? within.before : context;
}

/**
 * Whether a line stands in a table that the text opens, as iptables-restore reads it: nothing is anybody else's words there, unless a paste put it
 * in front of every line.
 */
export function isRestoreInput({ table, within }: LineContext): boolean {
  return table !== undefined && within === undefined;
}

/** All that a line says, where it was broken with what stands on the lines below. */
export function wholeText({ text, context }: Pick<Line, 'text' | 'context'>): string {
  return text + textBelow(context);
}

/** What of a line stands on the lines below; empty for one that was not broken. */
export function textBelow({ within }: LineContext): string {
  return within?.kind === 'command' || within?.kind === 'wrapped' ? (within.more ?? '') : '';
}

const option = /^\s*(?:\[[^\]\s]*\]?\s*)?(?:!\s+)?-{1,2}[A-Za-z]/;

/** Whether a line begins with an option, as every line of a rule does: counters and a `!` may stand before it. */
export function beginsWithOption({ text }: Pick<Line, 'text'>): boolean {
  return option.test(text);
}
