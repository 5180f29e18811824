/** What a whole file looks like: a file for iptables-restore, or what somebody pasted. One walk over its lines for all rules that ask. */
import { type Ruleset, tableAt } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import { joinedCode } from '../../syntax/pasted/joined-lines.ts';
import { isGap } from '../../syntax/pasted/paste.ts';
import { readPrompt } from '../../syntax/pasted/prompt.ts';
import type { LintInput } from './finding.ts';

export interface FileShape {
  /** Lines that the reader found something wrong with. */
  readonly withProblems: readonly number[];
  /** Lines on which several lines of a dump stand. */
  readonly joined: readonly number[];
  /** Lines that could not be read and begin with no option: prose, or words that stand where none may. */
  readonly unread: readonly number[];
  /** Lines that are no line of iptables' for certain: prompts, fences, gaps, rules in nft's language. */
  readonly foreign: readonly number[];
  /** Lines with something in front that iptables-restore would not take: an indent before `*`, a quote mark, a line number. */
  readonly prefixed: readonly number[];
  /** Lines that hold nothing but blanks. */
  readonly blank: readonly number[];
  /** COMMIT outside a table. */
  readonly strayCommits: readonly number[];
  /** Commands other than declarations, policies and -A. */
  readonly commands: readonly number[];
  /** How many lines end in CR LF, and how many begin with a blank. */
  readonly carriageReturns: number;
  readonly indented: number;
  /** How many lines are not empty, and how many of them end in a blank; the latter is counted only where that does harm. */
  readonly written: number;
  readonly trailingBlanks: number;
  /** What iptables-save warns of: "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them". */
  readonly warnings: readonly number[];
  /** Whether the text of `ipset save` or `ipset list` stands in it. */
  readonly hasSets: boolean;
  /** The first line that is not empty; -1 where there is none. */
  readonly first: number;
  /** The last line that is not empty; -1 where there is none. */
  readonly last: number;
  /** Whether somebody pasted it from a terminal, a chat or a ticket: it shows prompts, fences, quote marks, gaps or listings. */
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

/** Whether a line begins with an option, as every line of a rule does. */
export function beginsWithOption({ text }: Line): boolean {
  const start = text.length - text.trimStart().length;
  const letter = text.charAt(text.charAt(start + 1) === '-' ? start + 2 : start + 1);
  return text.charAt(start) === '-' && ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'));
}

/** Whether what stands in front of a line makes iptables-restore refuse it. An indented rule it takes. */
function isRefusedPrefix(line: Line): boolean {
  if (line.prefix === 0) return false;
  return line.text.slice(0, line.prefix).trim() !== '' || line.text.charCodeAt(line.prefix) !== 0x2d;
}

function endsInBlank(text: string): boolean {
  return isBlank(text.charCodeAt(text.length - 1));
}

function examine(ruleset: Ruleset): FileShape {
  const withProblems: number[] = [];
  const joined: number[] = [];
  const unread: number[] = [];
  const foreign: number[] = [];
  const prefixed: number[] = [];
  const blank: number[] = [];
  const commits: number[] = [];
  const warnings: number[] = [];
  const commands: number[] = [];
  let carriageReturns = 0;
  let indented = 0;
  let empty = 0;
  let first = -1;
  let last = -1;
  let isPaste = false;
  let isHarmedByBlanks = false;
  let hasSets = false;
  for (let number = 0; number < ruleset.lines.length; number += 1) {
    const line = ruleset.lines[number];
    if (line === undefined) continue;
    if (first < 0 && line.text !== '') first = number;
    if (line.carriageReturn) carriageReturns += 1;
    if (line.problems.length > 0) {
      if (line.problems.some(({ code }) => code === joinedCode)) {
        joined.push(number);
        last = number;
        continue;
      }
      withProblems.push(number);
    }
    if (isCommand(line)) commands.push(number);
    if (line.listing) isPaste = true;
    if (line.prefix > 0) {
      if (isBlank(line.text.charCodeAt(0))) indented += 1;
      if (isRefusedPrefix(line)) prefixed.push(number);
    }
    switch (line.kind) {
      case 'rule':
      case 'chain':
        break;
      case 'blank':
        if (line.text.length === 0) {
          empty += 1;
          continue;
        }
        blank.push(number);
        isHarmedByBlanks = true;
        break;
      case 'commit':
        commits.push(number);
        if (endsInBlank(line.text)) isHarmedByBlanks = true;
        break;
      case 'comment':
        if (line.text.startsWith('# Warning: ', line.prefix)) warnings.push(number);
        if (isGap(line.text) || readPrompt(line.text)?.family !== undefined) isPaste = true;
        break;
      case 'other':
        if (!beginsWithOption(line)) unread.push(number);
        else if (isBlank(line.text.charCodeAt(0))) indented += 1;
        break;
      case 'foreign':
        foreign.push(number);
        break;
      case 'set':
        hasSets = true;
        break;
      default:
    }
    last = number;
  }
  const written = ruleset.lines.length - empty;
  const [table] = ruleset.tables;
  const beginsWithin = table?.declared === false && table.commitLine !== undefined && table.chains.size > 0;
  const hasQuotes = prefixed.some((number) => {
    const line = ruleset.lines[number];
    return line !== undefined && line.text.slice(0, line.prefix).trim() !== '';
  });
  isPaste ||=
    foreign.length > 0 || joined.length > 0 || beginsWithin || hasQuotes || unread.length > Math.max(fewLines, written / 4);
  return {
    withProblems,
    joined,
    unread,
    foreign,
    prefixed,
    blank,
    strayCommits: commits.filter((number) => tableAt(ruleset, number) === undefined),
    commands,
    carriageReturns,
    indented,
    written,
    trailingBlanks: isHarmedByBlanks ? ruleset.lines.filter(({ text }) => text.length > 0 && endsInBlank(text)).length : 0,
    warnings,
    hasSets,
    first,
    last,
    isPaste,
    isRestoreFile:
      !isPaste && ruleset.tables.length > 0 && ruleset.tables.every((table) => table.declared && table.commitLine !== undefined),
  };
}

/** Whether a line changes what stands above it, other than by one more chain, policy or rule at the end. */
function isCommand({ kind, command }: Line): boolean {
  if (command === undefined || command === 'append' || command === 'policy') return false;
  return command !== 'new' || kind === 'chain-command';
}
