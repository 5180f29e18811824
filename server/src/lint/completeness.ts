import type { Ruleset, Table } from '../ruleset/ruleset.ts';

/** What a table as pasted cannot be asked, because a part of it is missing. */
export interface Completeness {
  /** True when the table is whole: it names a built-in chain, has its COMMIT, and shows no gap. */
  readonly whole: boolean;
  /** Lines in it that could not be read, and comments: whatever they name may be used by them. */
  mentionedElsewhere(chain: string): boolean;
}

const gap = /^\W*(?:\.{2,}|…|\[?\s*(?:snip|snipped|omitted|truncated|retrieval gap|cut)\b)/i;

/**
 * Whether a table can be judged as a whole. People paste excerpts; what the missing part could explain is nobody's fault.
 * Without a built-in chain or without COMMIT a table is an excerpt.
 */
export function completenessOf(ruleset: Ruleset, table: Table): Completeness {
  let hasBuiltin = false;
  for (const chain of table.chains.values()) {
    if (chain.builtin && (chain.declarations.length > 0 || chain.mentions.length > 0)) {
      hasBuiltin = true;
      break;
    }
  }
  let hasGap = false;
  const unread: string[] = [];
  for (let line = table.firstLine; line < table.endLine; line += 1) {
    const source = ruleset.lines[line];
    if (source?.kind !== 'other' && source?.kind !== 'comment') continue;
    if (gap.test(source.text)) hasGap = true;
    if (source.kind === 'other') unread.push(source.text);
  }
  return {
    whole: table.declared && hasBuiltin && table.commitLine !== undefined && !hasGap,
    mentionedElsewhere: (chain) => unread.some((text) => text.includes(chain)),
  };
}
