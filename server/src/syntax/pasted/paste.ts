/**
 * Lines as people paste them: with an indent, `> `, a line number or a file's name in front, between prompts, fences and prose, from
 * `iptables -L` and `ipset`. A line of a plain dump never comes here.
 */
import { isTableName } from '../../catalog/tables.ts';
import type { LineContext } from '../line.ts';
import { isColumnsLine, readListedChain, readListedRule } from '../listing/listing.ts';
import type { ForeignStatement, Statement } from '../statement.ts';
import { readSetLine } from './ipset.ts';
import { startsNftBlock } from './nft.ts';
import { readPrompt, readTitle } from './prompt.ts';
import { shiftStatement } from './shift.ts';

/** A line's statement, and what the line is besides. */
export interface PastedLine {
  readonly statement: Statement;
  /** UTF-16 units in front that are not the line's own. The statement's offsets count from the text's start all the same. */
  readonly prefix: number;
  readonly listing: boolean;
}

/** Reads a line of restore input. */
type ReadRestoreLine = (text: string, context: LineContext) => Statement;

/** Whether a line is one of restore input by its first characters; what is not may be so behind something that a paste put in front. */
export function isPlainLine(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x2d: {
      // '-', but not the third one of a separator, nor before a blank, which makes it a bullet
      const next = text.charCodeAt(1);
      return !(next === 0x2d && text.charCodeAt(2) === 0x2d) && next !== 0x20;
    }
    case 0x2a: // '*'
      return isTableLine(text);
    case 0x23: // '#'
    case 0x3a: // ':'
      return true;
    case 0x43: // 'C'
      return text.startsWith('COMMIT');
    case 0x5b: {
      // '[': counters, or the prompt of a Red Hat
      const next = text.charCodeAt(1);
      return next >= 0x30 && next <= 0x39;
    }
    default:
      return text.length === 0;
  }
}

const bullet = /^\s*(?:[-+\u2022]\s+\S|\*)/;
const afterStar = /^\*\s*(\S*)\s*(.?)/;

/**
 * Whether a line that begins with `*` is that of a table: it names one, or it is one word, which may be meant for one. Markdown has `* item`
 * and `**bold**`.
 */
function isTableLine(text: string): boolean {
  const [, word = '', more = ''] = afterStar.exec(text.length > mostLookedAt ? text.slice(0, mostLookedAt) : text) ?? [];
  return isTableName(word) || (/^[A-Za-z]*$/.test(word) && (more === '' || more === '#'));
}

const quoteMarks = /^(?:[ \t]*[>|]+[ \t]?)+/;
const restoreStart =
  '(?=(?:\\[\\d+:\\d+\\][ \\t]?)?-[AIDRCNPXFZE][ \\t]+\\S|\\*(?:filter|nat|mangle|raw|security)(?:\\s|$)|:[^\\s:]+[ \\t]+(?:-|[A-Z]+)(?:\\s|$)|COMMIT\\s*$|#[ \\t])';
const beforeRestore = new RegExp(
  `^(?:[ \\t]+|[ \\t]*[-*+\u2022][ \\t]+|[ \\t]*\\d+[:.)|]?[ \\t]+|[ \\t]*[\\w./@-]{1,80}[:-](?:\\d+[:-])?[ \\t]*|.{1,200}Restoring iptables rules: ?)${restoreStart}`,
);
const mostLookedAt = 400;

/** How many characters in front of a line of restore input are not its own; 0 where there are none, or it is no such line. */
function restorePrefix(text: string): number {
  return beforeRestore.exec(text.length > mostLookedAt ? text.slice(0, mostLookedAt) : text)?.[0].length ?? 0;
}

const fence = /^\s*(?:```|~~~)/;
const separator = /^\s*[-=_*~+]{3,}\s*$/;
const gap = /^[\s\W]*(?:\.{2,}|…|\[?\s*(?:snip|snipped|omitted|truncated|retrieval gap|cut)\b)/i;

/** Whether a line says that something was left out: "...", "[snip]", "# [retrieval gap]". */
export function isGap(text: string): boolean {
  return text.length < 200 && gap.test(text);
}

function foreignKind(text: string, context: LineContext): ForeignStatement['what'] | undefined {
  if (context.within?.kind === 'nft' || startsNftBlock(text)) return 'nft';
  if (fence.test(text)) return 'fence';
  if (separator.test(text)) return 'separator';
  if (isGap(text)) return 'gap';
  if (readTitle(text) !== undefined) return 'separator';
  if (readPrompt(text) !== undefined) return 'prompt';
  return bullet.test(text) ? 'text' : undefined;
}

/** A line that is not plain (`isPlainLine`). Never throws. */
export function readPastedLine(text: string, context: LineContext, readRestore: ReadRestoreLine): PastedLine {
  const quote = text.length > mostLookedAt && !/[>|]/.test(text.slice(0, mostLookedAt)) ? undefined : quoteMarks.exec(text)?.[0];
  if (quote === undefined) return readUnquoted(text, context, readRestore);
  const inner = text.slice(quote.length);
  const found = isPlainLine(inner)
    ? { statement: readRestore(inner, context), prefix: 0, listing: false }
    : readUnquoted(inner, context, readRestore);
  return {
    statement: shiftStatement(found.statement, quote.length),
    prefix: quote.length + found.prefix,
    listing: found.listing,
  };
}

function readUnquoted(text: string, context: LineContext, readRestore: ReadRestoreLine): PastedLine {
  const prefix = restorePrefix(text);
  if (prefix > 0) {
    const statement = shiftStatement(readRestore(text.slice(prefix), context), prefix);
    return { statement, prefix, listing: false };
  }
  const indent = text.length - text.trimStart().length;
  const inner = indent === 0 ? text : text.slice(indent);
  if (inner === '') return { statement: readRestore(text, context), prefix: 0, listing: false };
  const chain = readListedChain(inner);
  if (chain !== undefined) return { statement: shiftStatement(chain, indent), prefix: indent, listing: true };
  if (isColumnsLine(text)) return { statement: { kind: 'columns', problems: [] }, prefix: 0, listing: true };
  const rule = readListedRule(text, context);
  if (rule !== undefined) return { statement: rule, prefix: 0, listing: true };
  const set = readSetLine(inner, context);
  if (set !== undefined) {
    return { statement: shiftStatement(set, indent), prefix: indent, listing: set.kind === 'set' && set.type === undefined };
  }
  const what = foreignKind(text, context);
  if (what !== undefined) return { statement: { kind: 'foreign', what, problems: [] }, prefix: 0, listing: false };
  return { statement: readRestore(text, context), prefix: 0, listing: false };
}
