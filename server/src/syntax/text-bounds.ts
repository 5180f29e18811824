/**
 * Of one table the kernel takes 512 MB at most (XT_MAX_TABLE_SIZE, net/netfilter/x_tables.c), and the smallest rule has 152 bytes
 * (struct ipt_entry and a standard target): 3.5 million rules. The largest dumps that are known have a million lines.
 */
export const mostLines = 3_500_000;
/** Five tables of two families are a node's; these are the dumps of 5,000 nodes in one text. */
export const mostTables = 50_000;

const asterisk = 0x2a;

/** Why a text is no ruleset but an attack on the memory of who reads it, to stand behind its name; undefined for any other. */
export function beyondRulesets(text: string, lines = mostLines, tables = mostTables): string | undefined {
  let lineCount = 1;
  let tableCount = text.charCodeAt(0) === asterisk ? 1 : 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lineCount += 1;
    if (text.charCodeAt(at + 1) === asterisk) tableCount += 1;
    if (lineCount > lines) return `has more than ${lines.toLocaleString('en')} lines, and no kernel loads so many rules`;
    if (tableCount > tables) return `opens more than ${tables.toLocaleString('en')} tables, and no node has so many`;
  }
  return undefined;
}
