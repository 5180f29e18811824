/** The tables of iptables and their built-in chains. Source: iptables(8), "TABLES". */
import type { Hook, TableName } from './types.ts';

/** The built-in chains of each table, in the order in which iptables-save prints them. */
export const builtinChains: Readonly<Record<TableName, readonly Hook[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Whether iptables has a table of this name; case counts. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(builtinChains, name);
}

/** Whether the table has this built-in chain. PREROUTING is none in filter: there it is a user chain like another. */
export function isBuiltinChain(table: string, chain: string): chain is Hook {
  return isTableName(table) && (builtinChains[table] as readonly string[]).includes(chain);
}
