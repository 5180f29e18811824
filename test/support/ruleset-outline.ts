import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';

/** A ruleset as plain data: chains name each other instead of holding one another. */
export function rulesetOutline(ruleset: Ruleset): object {
  return {
    dumps: ruleset.dumps.map(({ tables, ...dump }) => ({ ...dump, tables: tables.map(({ index }) => index) })),
    tables: ruleset.tables.map(({ dump, chains, targets, lists, ...table }) => ({
      ...table,
      dump: dump.index,
      targets: [...targets],
      chains: Array.from(chains.values(), (chain) => ({
        index: chain.index,
        name: chain.name,
        table: chain.table.index,
        builtin: chain.builtin,
        declarations: chain.declarations,
        rules: chain.rules,
        references: chain.references,
        mentions: chain.mentions,
        jumps: chain.jumps.map(({ name }) => name),
      })),
    })),
  };
}
