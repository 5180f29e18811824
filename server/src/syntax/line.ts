import { isTableName } from '../catalog/tables.ts';
import type { Family, TableName } from '../catalog/types.ts';
import { readHeader } from './header.ts';
import { columnsOf } from './listing/listing.ts';
import { isMembersLine } from './pasted/ipset.ts';
import { nftDepthAfter } from './pasted/nft.ts';
import { readPrompt } from './pasted/prompt.ts';
import type { ChainCommand, Problem, RuleCommand, Statement } from './statement.ts';

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
  | { readonly kind: 'nft'; readonly depth: number };

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
  /** Whether it is a line of an `iptables -L` listing: its chain, for a rule, is named further above. */
  readonly listing: boolean;
  /** How many UTF-16 units at its start only a paste put there: an indent, `> `, a line number, the file that grep names. */
  readonly prefix: number;
  readonly problems: readonly Problem[];
  /** It ended in CR LF, which iptables-restore does not take; `text` is without the CR. */
  readonly carriageReturn: boolean;
}

const contexts = new Map<string, LineContext>();

/** The one shared context object for these circumstances in restore input; there are few. */
export function lineContext(
  family: LineContext['family'],
  backend: LineContext['backend'],
  table: LineContext['table'],
): LineContext {
  const key = `${family ?? ''} ${backend ?? ''} ${table ?? ''}`;
  let context = contexts.get(key);
  if (context === undefined) {
    context = Object.freeze({ family, backend, table, within: undefined });
    contexts.set(key, context);
  }
  return context;
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
    case 'output':
      return true;
  }
}

/** The circumstances behind a line: a header says the family and back end, `*table` the table, COMMIT ends it. */
export function contextAfter(line: Line): LineContext {
  const { context } = line;
  switch (line.kind) {
    case 'comment': {
      const text = line.prefix === 0 ? line.text : line.text.slice(line.prefix);
      const generator = readHeader(text);
      if (generator !== undefined) return lineContext(generator.family, generator.backend, context.table);
      // Within `*table` a comment that holds a command is a comment.
      return context.table === undefined || context.within !== undefined ? afterPrompt(text, context) : context;
    }
    case 'table':
      return lineContext(context.family, context.backend, isTableName(line.name) ? line.name : 'unknown');
    case 'commit':
      return lineContext(context.family, context.backend, undefined);
    case 'chain':
      return line.listing ? inListing(context, line.name) : outside(context);
    case 'rule':
      return line.listing ? context : outside(context);
    case 'chain-command':
      return outside(context);
    case 'columns':
      return inListing(context, context.within?.kind === 'listing' ? context.within.chain : '', line.text);
    case 'set':
      return line.listing ? surrounded(context, { kind: 'set', name: line.name, members: false }) : outside(context);
    case 'set-detail':
      return context.within?.kind === 'set' && isMembersLine(line.text)
        ? surrounded(context, { ...context.within, members: true })
        : context;
    case 'foreign':
      return afterForeign(line.text.slice(line.prefix), context);
    default:
      return context;
  }
}

const output: Surroundings = { kind: 'output' };

/** Behind a listing or the like: back in restore input, or in the output of the command that the prompt shows. */
function outside(context: LineContext): LineContext {
  if (context.within === undefined || context.within.kind === 'output') return context;
  return context.table === undefined ? lineContext(context.family, context.backend, undefined) : surrounded(context, output);
}

function surrounded(context: LineContext, within: Surroundings): LineContext {
  return { family: context.family, backend: context.backend, table: context.table, within };
}

function inListing(context: LineContext, chain: string, columns = ''): LineContext {
  return surrounded(context, { kind: 'listing', chain, named: columns !== '', ...columnsOf(columns) });
}

function afterPrompt(text: string, context: LineContext): LineContext {
  const prompt = readPrompt(text);
  if (prompt === undefined) return context;
  if (prompt.table === undefined) return lineContext(prompt.family ?? context.family, prompt.backend, undefined);
  return { family: prompt.family ?? context.family, backend: prompt.backend, table: prompt.table, within: output };
}

function afterForeign(text: string, context: LineContext): LineContext {
  const depth = nftDepthAfter(text, context.within?.kind === 'nft' ? context.within.depth : 0);
  if (depth > 0) return surrounded(context, { kind: 'nft', depth });
  if (context.within?.kind === 'nft') return lineContext(context.family, context.backend, undefined);
  const after = afterPrompt(text, context);
  // Prose and fences between two chains of a listing do not end it; they end the members of a set.
  return after === context && context.within?.kind === 'set' ? outside(context) : after;
}
