/** What a whole file looks like: a file for iptables-restore, or what somebody pasted. One walk over its lines for all rules that ask. */
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { Line } from '../syntax/line.ts';
import type { LintInput } from './finding.ts';

export interface FileShape {
  /** Lines that could not be read and begin with no option: prose, or words that stand where none may. */
  readonly unread: readonly number[];
  /** Lines that are no line of iptables' for certain: prompts, fences, gaps, rules in nft's language. */
  readonly foreign: readonly number[];
  /** Lines with something in front that iptables-restore would not take: an indent before `*`, a quote mark, a line number. */
  readonly prefixed: readonly number[];
  /** Lines that hold nothing but blanks. */
  readonly blank: readonly number[];
  /** How many lines end in CR LF, have blanks at their end, begin with blanks; and how many lines there are that are not empty. */
  readonly carriageReturns: number;
  readonly trailingBlanks: number;
  readonly indented: number;
  readonly written: number;
  /** The last line that is not empty; -1 where there is none. */
  readonly last: number;
  /** Whether somebody pasted it from a terminal, a chat or a ticket: it shows prompts, fences, quote marks, gaps, listings or joined lines. */
  readonly isPaste: boolean;
  /** Whether it looks like a file for iptables-restore: no paste, and each table stands between `*table` and COMMIT. */
  readonly isRestoreFile: boolean;
}

const known = new WeakMap<Ruleset, FileShape>();

/** The shape of a file; worked out once for a ruleset. */
export function fileShape({ ruleset }: LintInput): FileShape {
  let shape = known.get(ruleset);
  if (shape === undefined) {
    shape = examine(ruleset);
    known.set(ruleset, shape);
  }
  return shape;
}

/** So many lines that cannot be read may be mistakes; more are somebody's words. */
const fewLines = 3;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Whether what stands in front of a line makes iptables-restore refuse it. An indented rule it takes. */
function isRefusedPrefix(line: Line): boolean {
  if (line.prefix === 0) return false;
  return line.text.slice(0, line.prefix).trim() !== '' || line.text.charCodeAt(line.prefix) !== 0x2d;
}

function examine(ruleset: Ruleset): FileShape {
  const unread: number[] = [];
  const foreign: number[] = [];
  const prefixed: number[] = [];
  const blank: number[] = [];
  let carriageReturns = 0;
  let trailingBlanks = 0;
  let indented = 0;
  let written = 0;
  let last = -1;
  let listed = false;
  for (let number = 0; number < ruleset.lines.length; number += 1) {
    const line = ruleset.lines[number];
    if (line === undefined) continue;
    if (line.carriageReturn) carriageReturns += 1;
    const { text } = line;
    if (text.length === 0) continue;
    written += 1;
    last = number;
    if (isBlank(text.charCodeAt(text.length - 1))) trailingBlanks += 1;
    if (isBlank(text.charCodeAt(0))) indented += 1;
    if (line.listing) listed = true;
    else if (isRefusedPrefix(line)) prefixed.push(number);
    switch (line.kind) {
      case 'other':
        if (!/^\s*-/.test(text)) unread.push(number);
        break;
      case 'foreign':
        foreign.push(number);
        break;
      case 'blank':
        blank.push(number);
        break;
      default:
    }
  }
  const quoted = prefixed.some((number) => {
    const line = ruleset.lines[number];
    return line !== undefined && line.text.slice(0, line.prefix).trim() !== '';
  });
  const isPaste = foreign.length > 0 || quoted || listed || unread.length > Math.max(fewLines, written / 4);
  const isRestoreFile =
    !isPaste && ruleset.tables.length > 0 && ruleset.tables.every((table) => table.declared && table.commitLine !== undefined);
  return {
    unread,
    foreign,
    prefixed,
    blank,
    carriageReturns,
    trailingBlanks,
    indented,
    written,
    last,
    isPaste,
    isRestoreFile,
  };
}
