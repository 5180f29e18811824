/** Where a table begins that no `*table` opens, or within one that has not ended. */
import { isTableName } from '../catalog/tables.ts';
import type { Hook } from '../catalog/types.ts';
import { contextBefore, isRestoreInput, type Line, type LineContext } from '../syntax/line.ts';
import { hooks, isDeclared, isMentioned, type OpenTable } from './table-builder.ts';

/**
 * Whether a line belongs to another table than the lines above it: a paste may hold several outputs of `-S` or `-L`, and one may stand within a
 * `*table` that has not ended.
 */
export function startsTable(table: OpenTable, line: Line): boolean {
  if (table.result.declared) return line.listing || isOutputOf(table, line);
  if (table.listing !== line.listing) return true;
  const { table: said } = line.context;
  if (said !== undefined && said !== table.result.name) return true;
  if (line.kind === 'rule') return false;
  const place = table.places.get(line.name);
  const flags = place === undefined ? undefined : table.flags[place];
  if (line.listing) {
    // A listing has its built-in chains first, in the order of a packet's way, and no chain twice.
    return (
      (flags !== undefined && (flags & isDeclared) > 0) ||
      (line.command === 'policy' && (table.hasUserChain || hooks.indexOf(line.name as Hook) < table.lastHook))
    );
  }
  return (
    flags !== undefined &&
    ((line.command === 'policy' && (flags & isMentioned) > 0) || (line.command === 'new' && (flags & isDeclared) > 0))
  );
}

/**
 * Whether a line in a `*table` was printed by another command, as a prompt above it shows. With a rule that shows nothing: a prompt may stand among
 * the lines of the table itself.
 */
function isOutputOf({ isInput, result }: OpenTable, { context, kind }: Line): boolean {
  const { table, within } = contextBefore({ context });
  if (kind !== 'chain-command' || table === undefined) return false;
  return table !== (isTableName(result.name) ? result.name : 'unknown') || (isInput && within !== undefined);
}

/** The table that the lines above a line say it is of. What a listing within a `*table` lists, nobody says: not that table, which takes no listing. */
export function tableSaid(line: Line): LineContext['table'] {
  return line.listing && isRestoreInput(contextBefore(line)) ? undefined : line.context.table;
}
