/** What a whole file looks like: a file for iptables-restore, or what somebody pasted. One walk over its lines for all rules that ask. */
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { type Ruleset, tableAt } from '../../ruleset/ruleset.ts';
import { readHeader } from '../../syntax/header.ts';
import { beginsWithOption, contextBefore, isRestoreInput, type Line } from '../../syntax/line.ts';
import { isGap } from '../../syntax/pasted/gaps.ts';
import { joinedCode } from '../../syntax/pasted/joined-lines.ts';
import { isProse } from '../../syntax/pasted/notes.ts';
import { readPrompt } from '../../syntax/pasted/prompt.ts';
import { faultyLines, unusualLineSteps } from '../../syntax/unusual-lines.ts';
import type { LintInput } from './finding.ts';

export interface FileShape {
  /** Lines that the reader found something wrong with, but for `faulty`. */
  readonly withProblems: readonly number[];
  /** Rules of which the same is wrong with all of their shape; none of them has a text that may be anything. */
  readonly faulty: Uint32Array;
  /** Lines on which several lines of a dump stand. */
  readonly joined: readonly number[];
  /** Lines that could not be read: prose, or words that stand where none may. Within a table such a line begins with no option. */
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

const known = createMemory<Ruleset, FileShape>();

/** The shape of a file; worked out once for a ruleset. */
export function fileShape(input: LintInput): FileShape {
  return known.get(input.ruleset) ?? runToEnd(fileShapeSteps(input));
}

/** The same; pauses every few hundred lines that are no plain rules. */
export function* fileShapeSteps({ document, ruleset }: LintInput): Steps<FileShape> {
  let shape = known.get(ruleset);
  if (shape === undefined) {
    shape = yield* examine(ruleset, document.apart !== undefined);
    known.set(ruleset, shape);
  }
  return shape;
}

const linesBetweenPauses = 256;

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

/** A field of a log in JSON or logfmt: `msg="`, `"err":"`. */
const field = /[\w"][=:] ?"/;

/** Whether a line outside all tables shows that a text is no file for iptables-restore: a log's, or somebody's sentence. */
function isForeign(line: Line | undefined): boolean {
  return line !== undefined && (field.test(line.text) || isProse(line.text));
}

function endsInBlank(text: string): boolean {
  return isBlank(text.charCodeAt(text.length - 1));
}

function trailingBlanksIn({ lines }: Ruleset): number {
  let count = 0;
  for (const { text } of lines) if (text.length > 0 && endsInBlank(text)) count += 1;
  return count;
}

/** What is counted as the lines go by. */
interface Count {
  readonly withProblems: number[];
  readonly joined: number[];
  readonly unread: number[];
  readonly foreign: number[];
  readonly prefixed: number[];
  readonly blank: number[];
  readonly commits: number[];
  readonly warnings: number[];
  readonly commands: number[];
  carriageReturns: number;
  indented: number;
  empty: number;
  first: number;
  last: number;
  isPaste: boolean;
  isHarmedByBlanks: boolean;
  hasSets: boolean;
}

function nothingYet(): Count {
  return {
    withProblems: [],
    joined: [],
    unread: [],
    foreign: [],
    prefixed: [],
    blank: [],
    commits: [],
    warnings: [],
    commands: [],
    carriageReturns: 0,
    indented: 0,
    empty: 0,
    first: -1,
    last: -1,
    isPaste: false,
    isHarmedByBlanks: false,
    hasSets: false,
  };
}

function countLine(count: Count, line: Line, number: number): void {
  if (line.text.length === 0) {
    count.empty += 1;
    if (line.carriageReturn) count.carriageReturns += 1;
    return;
  }
  if (count.first < 0) count.first = number;
  count.last = number;
  if (line.carriageReturn) count.carriageReturns += 1;
  if (line.isFaulty) {
    if (line.faults.some(({ code }) => code === joinedCode)) {
      count.joined.push(number);
      return;
    }
    count.withProblems.push(number);
  }
  if (isCommand(line)) count.commands.push(number);
  if (line.listing) count.isPaste = true;
  if (line.prefix > 0) {
    if (isBlank(line.text.charCodeAt(0))) count.indented += 1;
    if (isRefusedPrefix(line)) count.prefixed.push(number);
  }
  countKind(count, line, number);
}

/** The same for a chain or rule of a known shape. */
function countShaped(count: Count, { lines }: Ruleset, number: number): void {
  if (count.first < 0) count.first = number;
  count.last = number;
  const form = lines.formAt(number);
  if (form?.carriageReturn === true) count.carriageReturns += 1;
  if (form?.isFaulty === true) count.withProblems.push(number);
}

/** "# iptables-save" as root types it; what iptables-save itself says at its head names the program, too. */
function isPrompt({ text, prefix }: Line): boolean {
  return readPrompt(text)?.family !== undefined && readHeader(text.slice(prefix)) === undefined;
}

function countKind(count: Count, line: Line, number: number): void {
  switch (line.kind) {
    case 'rule':
    case 'chain':
      break;
    case 'blank':
      count.blank.push(number);
      count.isHarmedByBlanks = true;
      break;
    case 'commit':
      count.commits.push(number);
      if (endsInBlank(line.text)) count.isHarmedByBlanks = true;
      break;
    case 'comment':
      if (line.text.startsWith('# Warning: ', line.prefix)) count.warnings.push(number);
      if (isGap(line.text) || isPrompt(line)) count.isPaste = true;
      break;
    case 'other':
      // Outside a table words that begin like an option, and with no command, are a part of something else.
      if (!beginsWithOption(line) || !isRestoreInput(contextBefore(line))) count.unread.push(number);
      else if (isBlank(line.text.charCodeAt(0))) count.indented += 1;
      break;
    case 'foreign':
      count.foreign.push(number);
      break;
    case 'set':
      count.hasSets = true;
      break;
    default:
  }
}

function* strayOnes(ruleset: Ruleset, commits: readonly number[]): Steps<readonly number[]> {
  const stray: number[] = [];
  for (const [place, number] of commits.entries()) {
    if (tableAt(ruleset, number) === undefined) stray.push(number);
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  return stray;
}

function* examine(ruleset: Ruleset, isApart: boolean): Steps<FileShape> {
  const count = nothingYet();
  let next = 0;
  // Chains and rules, which are never empty, stand between the lines that are looked at.
  const skipTo = (number: number): void => {
    if (number > next) {
      if (count.first < 0) count.first = next;
      count.last = number - 1;
    }
    next = number + 1;
  };
  for (const [place, number] of (yield* unusualLineSteps(ruleset.lines)).entries()) {
    skipTo(number);
    if (ruleset.lines.shapeAt(number) > 0) {
      countShaped(count, ruleset, number);
    } else {
      const line = ruleset.lines.at(number);
      if (line !== undefined) countLine(count, line, number);
    }
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  skipTo(ruleset.lines.length);
  const strayCommits = yield* strayOnes(ruleset, count.commits);
  const { withProblems, joined, unread, foreign, prefixed, blank, warnings, commands } = count;
  const written = ruleset.lines.length - count.empty;
  const [table] = ruleset.tables;
  const beginsWithin = table?.declared === false && table.commitLine !== undefined && table.chains.size > 0;
  const hasQuotes = prefixed.some((number) => {
    const line = ruleset.lines.at(number);
    return line !== undefined && line.text.slice(0, line.prefix).trim() !== '';
  });
  // Somebody's words, or a program's, stand above what was set in as a block.
  const isBlock = count.indented * 2 > written && unread.some((number) => /^\S/.test(ruleset.lines.at(number)?.text ?? ''));
  const isPaste =
    count.isPaste ||
    isBlock ||
    foreign.length > 0 ||
    joined.length > 0 ||
    isApart ||
    beginsWithin ||
    hasQuotes ||
    unread.length > Math.max(fewLines, written / 4) ||
    unread.some((number) => tableAt(ruleset, number) === undefined && isForeign(ruleset.lines.at(number)));
  return {
    withProblems,
    faulty: faultyLines(ruleset.lines),
    joined,
    unread,
    foreign,
    prefixed,
    blank,
    strayCommits,
    commands,
    carriageReturns: count.carriageReturns,
    indented: count.indented,
    written,
    trailingBlanks: count.isHarmedByBlanks ? trailingBlanksIn(ruleset) : 0,
    warnings,
    hasSets: count.hasSets,
    first: count.first,
    last: count.last,
    isPaste,
    isRestoreFile:
      !isPaste &&
      ruleset.tables.length > 0 &&
      ruleset.tables.every(({ declared, commitLine }) => declared && commitLine !== undefined),
  };
}

/** Whether a line changes what stands above it, other than by one more chain, policy or rule at the end. */
function isCommand({ kind, command }: Line): boolean {
  if (command === undefined || command === 'append' || command === 'policy') return false;
  return command !== 'new' || kind === 'chain-command';
}
