import { count } from '../base/counted.ts';

/**
 * Of one table the kernel takes 512 MB at most (XT_MAX_TABLE_SIZE, net/netfilter/x_tables.c), and the smallest rule has 152 bytes
 * (struct ipt_entry and a standard target): 3.5 million rules. The largest dumps that are known have a million lines.
 */
export const mostLines = 3_500_000;
/** Five tables of two families are a node's; these are the dumps of 5,000 nodes in one text. */
export const mostTables = 50_000;

const asterisk = 0x2a;
const lineFeed = 0x0a;

function tooManyLines(lines: number): string {
  return `has more than ${count(lines)} lines, and no kernel loads so many rules`;
}

/** How large a text is. */
interface Size {
  /** Its line feeds and one; of a text that is beyond, those up to there. */
  readonly lines: number;
  /** Why it is no ruleset but an attack on the memory of who reads it, to stand behind its name; undefined for any other. */
  readonly beyond: string | undefined;
}

/** How many lines a text has, and whether it is beyond any ruleset. */
export function sizeOf(text: string, lines = mostLines, tables = mostTables): Size {
  let lineCount = 1;
  let tableCount = text.charCodeAt(0) === asterisk ? 1 : 0;
  for (let at = text.indexOf('\n'); at >= 0; ) {
    lineCount += 1;
    const first = text.charCodeAt(at + 1);
    if (first === asterisk) tableCount += 1;
    if (lineCount > lines) return { lines: lineCount, beyond: tooManyLines(lines) };
    if (tableCount > tables)
      return { lines: lineCount, beyond: `opens more than ${count(tables)} tables, and no node has so many` };
    // To look for the next one takes as long as to look at 20 characters: of blank lines it is known.
    at = first === lineFeed ? at + 1 : text.indexOf('\n', at + 1);
  }
  return { lines: lineCount, beyond: undefined };
}

/** UTF-16 units. Shorter texts are read in a moment. */
const mostOfProse = 4_000_000;
/**
 * What lines have that open a table, declare a chain, are a rule in whatever form, or tell of what iptables-restore refused, also where a page, a log
 * or a terminal wrote them in its own way. Much else has it too.
 */
const marks =
  /-[A-Z](?![A-Za-z])|--[a-z]|[\u2010-\u2015\u2212]|Chain |COMMIT|(?<!\w)[*:]\w|::|\d\.\d|anywhere|tables|&[#a-z]|\\u00|%2|=2|failed|Error/;

/** Whether a text is long and has not one of the marks that lines of iptables have: it need not be read to say that it holds none. */
export function isPlainlyProse(text: string, most = mostOfProse): boolean {
  return text.length > most && !marks.test(text);
}

/** A change as LSP sends it, as far as it tells how many lines there are; lines are 0-based. */
interface LineChange {
  readonly range?: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly text: string;
}

/** The size of a text of so many lines after changes. */
export function afterChanges(before: number, changes: readonly LineChange[], most = mostLines): Size {
  let lines = before;
  let beyond: string | undefined;
  for (const { range, text } of changes) {
    const [first, last] = range === undefined ? [0, lines - 1] : [range.start.line, range.end.line];
    const added = sizeOf(text, most);
    lines += added.lines - 1 - (Math.min(last, lines - 1) - Math.min(first, lines - 1));
    beyond ??= added.beyond ?? (lines > most ? tooManyLines(most) : undefined);
  }
  return { lines, beyond };
}
