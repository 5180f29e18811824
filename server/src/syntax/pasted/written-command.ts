/** A command of a shell that somebody is writing: what of it iptables reads as a rule, also while it says nothing that could be run. */
import { isTableName } from '../../catalog/tables.ts';
import type { Family, TableName } from '../../catalog/types.ts';
import type { Span } from '../statement.ts';
import {
  commandStart,
  gluedTable,
  longestCommand,
  nextCommand,
  programIn,
  requoted,
  type ShellWord,
  wordsOf,
  wordsOfOwnOption,
} from './shell-command.ts';

/** The command of iptables that a place of a line is in. Offsets are 0-based UTF-16 units in the line. */
export interface WrittenCommand {
  readonly family: Family;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** filter unless -t names another. */
  readonly table: TableName;
  /** What iptables-restore would take, at the places where the line has it: all else is blank. It reaches to the place at least. */
  readonly text: string;
  /** Whether -t stands in it, and whether -w does: each is given once. */
  readonly hasTable: boolean;
  readonly waits: boolean;
  /** The value of -t, where the place is in it; empty where it is not there yet. */
  readonly tableName: Span | undefined;
}

/** The command of iptables that an offset of a line is in, behind the program's name; undefined where there is none, or its table has no such name. */
export function writtenCommand(line: string, offset: number): WrittenCommand | undefined {
  if (line.length > longestCommand || !/tables|IPT/i.test(line)) return undefined;
  let from = commandStart(line);
  while (from < line.length) {
    const { words, end } = wordsOf(line, from);
    if (offset <= end) return commandOf(line, words, offset);
    from = nextCommand(line, end);
    if (from === end) return undefined;
  }
  return undefined;
}

function commandOf(line: string, words: readonly ShellWord[], offset: number): WrittenCommand | undefined {
  const found = programIn(words);
  const name = found === undefined ? undefined : words[found.index];
  if (found === undefined || name === undefined || offset <= name.end) return undefined;
  let table: string | undefined;
  let waits = false;
  let tableName: Span | undefined;
  let text = ' '.repeat(name.end);
  for (let index = found.index + 1; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) break;
    const isAt = offset > word.start && offset <= word.end;
    const own = isAt ? 0 : wordsOfOwnOption(words, index);
    if (own > 0) {
      const value = words[index + 1];
      if (/^--?t/.test(word.text)) {
        // Behind -t stands a table, also where the next word is another option still.
        const isMissing = value === undefined || offset < value.start;
        if (offset > word.end && (isMissing || offset <= value.end))
          tableName = isMissing ? { start: offset, end: offset } : value;
        table = isMissing && tableName !== undefined ? 'filter' : value?.text;
        index += isMissing && tableName !== undefined ? 0 : own - 1;
      } else {
        waits ||= /^--?[wW]/.test(word.text);
        index += own - 1;
      }
      continue;
    }
    // The place is in a table that stands in one with its letter.
    if (isAt && offset > word.start + 2 && /^-t[a-z]+$/.test(line.slice(word.start, word.end))) {
      tableName = { start: word.start + 2, end: word.end };
      table = word.text.slice(2);
      continue;
    }
    const glued = isAt ? undefined : gluedTable(word.text);
    if (glued === undefined) text = text.padEnd(word.start) + requoted(line.slice(word.start, word.end));
    else table = glued;
  }
  const { family, backend } = found;
  const known = table ?? 'filter';
  if (!isTableName(known) && tableName === undefined) return undefined;
  return {
    family,
    backend,
    table: isTableName(known) ? known : 'filter',
    text: text.padEnd(offset),
    hasTable: table !== undefined,
    waits,
    tableName,
  };
}
