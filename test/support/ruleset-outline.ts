import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';

/** A ruleset as plain data: chains name each other instead of holding one another. */
export function rulesetOutline(ruleset: Ruleset): object {
  return {
    dumps: ruleset.dumps.map(({ tables, ...dump }) => ({ ...dump, tables: tables.map(({ index }) => index) })),
    tables: ruleset.tables.map(({ dump, chains, targets, ...table }) => ({
      ...table,
      dump: dump.index,
      targets: [...targets],
      chains: Array.from(chains.values(), ({ table: owner, jumps, ...chain }) => ({
        ...chain,
        table: owner.index,
        jumps: jumps.map(({ name }) => name),
      })),
    })),
  };
}
