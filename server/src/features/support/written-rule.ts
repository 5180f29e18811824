import type { Position } from 'vscode-languageserver-types';
import { type Ruleset, type Table, tableAt } from '../../ruleset/ruleset.ts';
import { contextBefore, type LineContext, lineContext } from '../../syntax/line.ts';
import { type WrittenCommand, writtenCommand } from '../../syntax/pasted/written-command.ts';

/** A line of restore input, or a command of a shell, in which somebody writes. */
export interface WrittenRule {
  /** What iptables-restore would take, each word where it stands; of a command that a backslash breaks all its lines, as one. */
  readonly text: string;
  /** Where the position is in `text`. */
  readonly offset: number;
  /** How many of its UTF-16 units stand on the lines above the position's own. */
  readonly above: number;
  readonly context: LineContext;
  readonly table: Table | undefined;
  /** The 0-based line up to which chains must have been declared. */
  readonly line: number;
  /** The command as it was written; undefined for a line of restore input. */
  readonly command: WrittenCommand | undefined;
}

/** So many lines does a broken command have at the most. */
const mostLines = 17;

/**
 * What is written at a position; undefined in listings, and in text that is neither. So many UTF-16 units behind the position as `typedSince` says
 * are left out: who asks did not have them yet.
 */
export function writtenRule(
  { ruleset }: { readonly ruleset: Ruleset },
  position: Position,
  typedSince = 0,
): WrittenRule | undefined {
  const { line, character } = position;
  const source = ruleset.lines.at(line);
  if (source === undefined || character > source.text.length) return undefined;
  const context = contextBefore(source);
  const isRestore = context.table !== undefined && context.within === undefined;
  const command = isRestore ? undefined : commandAt(ruleset, position, typedSince);
  if (command !== undefined) return command;
  if (context.within !== undefined || source.listing) return undefined;
  const table = tableAt(ruleset, line);
  const text = without(source.text, character, typedSince);
  return { text, offset: character, above: 0, context, table, line, command: undefined };
}

function without(text: string, from: number, count: number): string {
  return count === 0 ? text : text.slice(0, from) + text.slice(from + count);
}

function commandAt(ruleset: Ruleset, { line, character }: Position, typedSince: number): WrittenRule | undefined {
  const { lines } = ruleset;
  let first = line;
  while (first > 0 && line - first < mostLines && lines.at(first - 1)?.text.endsWith('\\') === true) first -= 1;
  let whole = '';
  let above = 0;
  for (let number = first; number < first + mostLines; number += 1) {
    const text = lines.at(number)?.text;
    if (text === undefined) break;
    if (number === line) above = whole.length;
    whole += number === line ? without(text, character, typedSince) : text;
    if (!text.endsWith('\\')) break;
    whole += '\n';
  }
  const offset = above + character;
  const command = writtenCommand(whole, offset);
  if (command === undefined) return undefined;
  const { family, backend, table } = command;
  const own = ruleset.commands?.byLine.get(first);
  const found = own?.name === table ? own : undefined;
  const known = mostChains([...(found === undefined ? [] : [found]), ...tablesOf(ruleset, command)]);
  return {
    text: command.text,
    offset,
    above,
    context: lineContext(family, backend, table),
    table: known,
    // A command is typed on a node that has the chains, wherever the text shows them.
    line: known === found ? first : lines.length,
    command,
  };
}

function tablesOf({ tables }: Ruleset, { family, table }: WrittenCommand): readonly Table[] {
  return tables.filter(({ name, dump }) => name === table && dump.family === family);
}

/** The first of those that show the most chains. */
function mostChains(tables: readonly Table[]): Table | undefined {
  return tables.reduce<Table | undefined>(
    (best, table) => (best === undefined || table.chains.size > best.chains.size ? table : best),
    undefined,
  );
}
