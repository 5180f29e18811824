import { isTableName } from '../catalog/tables.ts';
import type { Family, TableName } from '../catalog/types.ts';
import { readHeader } from './header.ts';
import type { Problem, RuleCommand, Statement } from './statement.ts';

/**
 * What the lines above say about a line. Two lines in the same circumstances share one object, so that `===` compares them.
 * `undefined` is "not said": a dump may start in the middle of a table.
 */
export interface LineContext {
  readonly family: Family | undefined;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** 'unknown' for `*name` with a name that iptables does not have. */
  readonly table: TableName | 'unknown' | undefined;
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
  /** How a rule or chain command acts; undefined on other lines. */
  readonly command: RuleCommand | 'new' | 'policy' | 'flush' | 'delete-chain' | 'zero' | 'rename' | 'list' | undefined;
  readonly isGoto: boolean;
  readonly problems: readonly Problem[];
  /** It ended in CR LF, which iptables-restore does not take; `text` is without the CR. */
  readonly carriageReturn: boolean;
}

const contexts = new Map<string, LineContext>();

/** The one shared context object for these circumstances; there are few. */
export function lineContext(
  family: LineContext['family'],
  backend: LineContext['backend'],
  table: LineContext['table'],
): LineContext {
  const key = `${family ?? ''} ${backend ?? ''} ${table ?? ''}`;
  let context = contexts.get(key);
  if (context === undefined) {
    context = Object.freeze({ family, backend, table });
    contexts.set(key, context);
  }
  return context;
}

/** The circumstances behind a line: a header says the family and back end, `*table` the table, COMMIT ends it. */
export function contextAfter(line: Line): LineContext {
  const { context } = line;
  switch (line.kind) {
    case 'comment': {
      const generator = readHeader(line.text);
      return generator === undefined ? context : lineContext(generator.family, generator.backend, context.table);
    }
    case 'table':
      return lineContext(context.family, context.backend, isTableName(line.name) ? line.name : 'unknown');
    case 'commit':
      return lineContext(context.family, context.backend, undefined);
    default:
      return context;
  }
}
