import type { Hook } from '../catalog/types.ts';
import { isGap } from '../syntax/pasted/paste.ts';
import type { Ruleset, Table } from './ruleset.ts';

/** What a table as pasted cannot be asked, because a part of it is missing. */
export interface Completeness {
  /**
   * True when the table is whole: `*table` to COMMIT, or all of a listing or of `iptables -S`, which name their built-in chains, and no gap.
   */
  readonly whole: boolean;
  /** Whether a line that could not be read mentions this text: it may declare or use what seems to be missing. */
  mentionedElsewhere(text: string): boolean;
}

const known = new WeakMap<Table, Completeness>();

/**
 * Whether a table can be judged as a whole. People paste excerpts; what the missing part could explain is nobody's fault.
 * Without a built-in chain or without COMMIT a table is an excerpt.
 */
export function completenessOf(ruleset: Ruleset, table: Table): Completeness {
  let completeness = known.get(table);
  if (completeness === undefined) {
    completeness = examine(ruleset, table);
    known.set(table, completeness);
  }
  return completeness;
}

function examine(ruleset: Ruleset, table: Table): Completeness {
  const first = ruleset.lines[table.firstLine];
  const isOutput =
    !table.declared && (first?.listing === true || (first?.kind === 'chain-command' && first.command === 'policy'));
  const builtins = hooks.filter((hook) => {
    const chain = table.chains.get(hook);
    return chain?.builtin === true && (chain.declarations.length > 0 || chain.mentions.length > 0 || chain.rules.length > 0);
  }).length;
  let hasGap = false;
  const unread: string[] = [];
  for (let line = table.firstLine; line < table.endLine; line += 1) {
    const source = ruleset.lines[line];
    if (source === undefined) continue;
    if (source.kind === 'foreign' || source.kind === 'comment') {
      if (isGap(source.text)) hasGap = true;
    } else if (source.kind === 'other') {
      unread.push(source.text);
    }
  }
  // `iptables -L CHAIN` prints one chain; a whole table has two built-in ones at least, and -S declares every chain first.
  const isWhole = isOutput
    ? builtins >= 2 && !hasUndeclaredRules(table)
    : table.declared && builtins > 0 && table.commitLine !== undefined;
  return {
    whole: isWhole && !hasGap,
    mentionedElsewhere: (text) => unread.some((line) => line.includes(text)),
  };
}

const hooks: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

function hasUndeclaredRules({ chains }: Table): boolean {
  for (const { builtin, declarations, rules } of chains.values()) {
    if (!builtin && rules.length > 0 && declarations.length === 0) return true;
  }
  return false;
}
