/** What a table's text shows as a whole; `completeness.ts` says what follows from it. */
import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import { builtinChains, isTableName } from '../catalog/tables.ts';
import type { Hook } from '../catalog/types.ts';
import { beginsWithOption, type Line } from '../syntax/line.ts';
import { isGap } from '../syntax/pasted/gaps.ts';
import { joinedCode } from '../syntax/pasted/joined-lines.ts';
import { readPrompt } from '../syntax/pasted/prompt.ts';
import { hasMisreadAddress } from '../syntax/pasted/redacted.ts';
import { placeOf, unusualLines } from '../syntax/unusual-lines.ts';
import { cutLines } from './cut-columns.ts';
import type { Ruleset, Table } from './ruleset.ts';
import { hasLinesTakenOut } from './taken-lines.ts';

/**
 * What printed a table: iptables-save (`*table` to COMMIT), `iptables -S` (-P, -N and -A), `iptables -L`; or rules alone, as grep leaves them and as
 * they stand where the beginning of a table was cut off.
 */
export type TableForm = 'save' | 'commands' | 'listing' | 'rules';

/** What is known of a table's text as a whole. */
export interface Extent {
  readonly form: TableForm;
  /** Whether the first lines of what iptables printed are shown. */
  readonly begins: boolean;
  /** Whether it is certain that nothing behind its last line is missing. */
  readonly ends: boolean;
  /** Lines that say that something was left out: "...", "[snip]". */
  readonly gaps: readonly number[];
  /** Whether its lines are in the order of their letters, with the rules of all tables in one. */
  readonly isSorted: boolean;
  /** The words of lines that could not be read; each line may be a rule or a declaration. */
  readonly unread: { has(word: string): boolean };
  /** Chains that rules name and that no line declares, by their places: of an excerpt all. Built-in chains are not among them. */
  readonly undeclared: readonly number[];
  /** In a listing, where the chain that a line begins ends: the line of the next one. */
  readonly listedEnds: ReadonlyMap<number, number>;
  /** False for a listing in which chains lack the names of their columns: grep took lines away, and rows stand below chains that are not theirs. */
  readonly hasColumns: boolean;
  /** Whether lines with some word in them are missing, as grep -v takes them out. */
  readonly hasLinesTakenOut: boolean;
  /** Whether it is loaded with --noflush. */
  readonly isLoadedOnTop: boolean;
  /** Whether a rule could not be read to its target, which may be any chain. */
  readonly hasLostTargets: boolean;
  /** Rules that were cut, all at one place, so that each may ask for more and lead elsewhere. */
  readonly cut: ReadonlySet<number>;
}

const known = createMemory<Table, Extent>();

const linesBetweenPauses = 4_096;
/** Of which only numbers are looked at. */
const chainsBetweenPauses = 32_768;

/** What a table's text shows; looked for once for each table. */
export function extentOf(ruleset: Ruleset, table: Table): Extent {
  return known.get(table) ?? runToEnd(extentSteps(ruleset, table));
}

/** The same; pauses every few thousand lines. */
export function* extentSteps(ruleset: Ruleset, table: Table): Steps<Extent> {
  let extent = known.get(table);
  if (extent === undefined) {
    extent = yield* examine(ruleset, table);
    known.set(table, extent);
  }
  return extent;
}

/** What the lines of a table that are no plain rules and declarations say. */
interface Unread {
  readonly gaps: readonly number[];
  readonly unread: Extent['unread'];
  readonly hasLostTargets: boolean;
  readonly isIncremental: boolean;
}

function* readUnread(ruleset: Ruleset, table: Table): Steps<Unread> {
  const gaps: number[] = [];
  const words = new Set<string>();
  const endless: string[] = [];
  const addWords = (text: string): void => {
    if (text.length > mostSplit) endless.push(text);
    else for (const word of text.split(wordEnds)) words.add(word);
  };
  let hasLostTargets = false;
  let isIncremental = false;
  // "iptables -S | sort": what stands below a rule need not come after it.
  const first = ruleset.lines.at(table.firstLine);
  const isSorted = first?.kind === 'rule' && first.context.within?.kind !== 'command';
  const unusual = unusualLines(ruleset.lines);
  for (let place = placeOf(unusual, table.firstLine); place < unusual.length; place += 1) {
    if (place % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const number = unusual[place] as number;
    if (number >= table.endLine) break;
    // It is a rule or a chain, and all of it was read.
    if (ruleset.lines.shapeAt(number) > 0) continue;
    const line = ruleset.lines.at(number);
    if (line === undefined) continue;
    switch (line.kind) {
      case 'foreign':
      case 'comment':
        if (isGap(line.text) || isLostRule(line, table)) gaps.push(number);
        else if (line.kind === 'foreign' && (beginsWithOption(line) || lostTarget.test(line.text))) addWords(line.text);
        break;
      case 'other':
        if (isLostRule(line, table)) gaps.push(number);
        addWords(line.text);
        break;
      case 'rule':
        // What is wrong with it may have kept the rest from being read.
        if (line.target === '' && line.faults.some(({ severity }) => severity === 'error')) {
          addWords(line.name);
          hasLostTargets = true;
        }
        if (line.isUnsure && hasMisreadAddress(line.text)) gaps.push(number);
        isIncremental ||= line.command === 'delete';
        break;
      case 'chain-command':
        if (isSorted && (line.command === 'new' || line.command === 'policy')) gaps.push(number);
        isIncremental ||= line.command === 'new' || line.command === 'delete-chain' || line.command === 'flush';
        break;
      default:
    }
    // Only the first of several lines on one was read.
    if (line.problems.some(({ code }) => code === joinedCode)) {
      gaps.push(number);
      addWords(line.text);
    }
  }
  const unread = { has: (word: string) => words.has(word) || endless.some((text) => text.includes(word)) };
  return { gaps, unread, hasLostTargets, isIncremental };
}

/** Whether a line that nobody understood may have been a rule of any chain, before somebody's editor or a picture changed it. */
function isLostRule({ kind, text, context }: Line, { chains }: Table): boolean {
  if (kind === 'comment' || beginsWithOption({ text }) || text.length > mostSplit || context.within?.kind === 'wrapped')
    return false;
  const target = lostTarget.exec(text);
  // One that names its chain keeps that one alone from being known.
  if (target !== null)
    return !text
      .slice(0, target.index)
      .split(wordEnds)
      .some((word) => chains.has(word));
  return lostRow.test(text);
}

const lostTarget = /[ \t][-\u2010-\u2015\u2212]{1,2}(?:j|g|jump|goto)[ \t]{1,4}[A-Za-z]/;
/** What stands between a row's protocol and its addresses. */
const lostRow =
  /[ \t](?:--|-f|!f|\u2014|\u2013)[ \t]{1,8}(?:[\w*.+-]{1,16}[ \t]{1,16}){0,2}(?:anywhere|!?[\dOlI]{1,3}\.[\dOlI.]{1,12}(?:\/\d{1,2})?|::\/0)/;

function* examine(ruleset: Ruleset, table: Table): Steps<Extent> {
  const { gaps, unread, hasLostTargets, isIncremental } = yield* readUnread(ruleset, table);
  const undeclared: number[] = [];
  const { declarations } = table.lists;
  const builtins = new Set(builtinsOf(table).map((name) => table.chains.places.get(name)));
  for (let place = 0; place < table.chains.size; place += 1) {
    if (place % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    if (declarations.lengthOf(place) === 0 && !builtins.has(place)) undeclared.push(place);
  }
  const form = formByFirstLine(table, ruleset.lines.at(table.firstLine));
  const isSorted = form === 'save' && (yield* hasRulesFirst(ruleset, table));
  const isOnTop = form === 'save' && isIncremental && !builtinsOf(table).some((name) => isShown(table, name));
  return {
    form,
    begins: !isOnTop && hasBeginning(table, form),
    hasLinesTakenOut: form !== 'listing' && (yield* hasLinesTakenOut(ruleset, table)),
    isLoadedOnTop: isOnTop,
    hasLostTargets,
    cut: yield* cutLines(ruleset.lines, table.firstLine, table.endLine, table.chains),
    ends: yield* hasEnd(ruleset, table, form),
    gaps: isSorted ? [table.firstLine, ...gaps] : gaps,
    isSorted,
    unread,
    undeclared,
    listedEnds: form === 'listing' ? listedEndsOf(table) : noEnds,
    hasColumns: form !== 'listing' || hasColumnsThroughout(ruleset, table),
  };
}

/** A longer line is searched instead: to part it takes long, and nobody asks for most of its words. */
const mostSplit = 100_000;
/** What stands around a chain's name in a line that was damaged. */
const wordEnds = /[\s:"'`,;()]+/;
const noEnds: ReadonlyMap<number, number> = new Map();

/** Fewer rules above the chains of a table may be misplaced. */
const severalRules = 3;

/** Whether all rules stand between a table's line and the chains that it declares, as `iptables-save | sort` leaves them: those of all tables in the last. */
function* hasRulesFirst({ lines }: Ruleset, table: Table): Steps<boolean> {
  let rules = 0;
  let hasChains = false;
  for (let number = table.firstLine + 1; number < table.endLine; number += 1) {
    if (number % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const kind = lines.kindAt(number);
    if (kind === 'rule') rules += 1;
    if (kind === 'rule' ? hasChains : kind === 'chain' && rules < severalRules) return false;
    hasChains ||= kind === 'chain';
  }
  return hasChains;
}

function formByFirstLine(table: Table, first: Line | undefined): TableForm {
  if (table.declared) return 'save';
  if (first?.listing === true) return 'listing';
  // What somebody did one by one shows nothing of what was there before.
  if (first?.context.within?.kind === 'command') return 'rules';
  return first?.kind === 'chain-command' && (first.command === 'policy' || first.command === 'new') ? 'commands' : 'rules';
}

function builtinsOf({ name }: Table): readonly Hook[] {
  return isTableName(name) ? builtinChains[name] : [];
}

/** Whether a line declares a chain, or says its policy. */
function isShown({ chains }: Table, name: Hook): boolean {
  const chain = chains.get(name);
  return chain !== undefined && (chain.declarations.length > 0 || chain.mentions.length > 0);
}

function hasBeginning(table: Table, form: TableForm): boolean {
  const expected = builtinsOf(table);
  switch (form) {
    case 'save':
      // iptables-save declares every chain: where none is, its lines were taken out.
      if (table.dump.generator !== undefined && !hasDeclarations(table)) return false;
      // Without any built-in chain it is the input of a program that knows the others to be there.
      return expected.some((name) => isShown(table, name) || table.chains.get(name)?.rules[0] !== undefined);
    case 'commands':
    case 'listing':
      // Every built-in chain is printed, nat's INPUT since Linux 2.6.36. `-L CHAIN` and `-S CHAIN` print one chain.
      return expected.length > 0 && expected.every((name) => isShown(table, name) || (table.name === 'nat' && name === 'INPUT'));
    case 'rules':
      return false;
  }
}

function hasDeclarations({ lists }: Table): boolean {
  return lists.declarations.count > 0;
}

/** Whether something stands behind a table that could not, had it been cut there: COMMIT; right behind the output of a command the next prompt. */
function* hasEnd({ lines }: Ruleset, table: Table, form: TableForm): Steps<boolean> {
  if (form === 'save') return table.commitLine !== undefined;
  let last = table.endLine - 1;
  while (last > table.firstLine && !ofTable.has(lines.kindAt(last) ?? 'blank')) {
    last -= 1;
    if (last % linesBetweenPauses === 0) yield;
  }
  let next = last + 1;
  // The rest of a line that was broken begins with no prompt, whatever it looks like.
  while (next < table.endLine && (lines.kindAt(next) === 'blank' || lines.at(next)?.context.within?.kind === 'wrapped')) {
    next += 1;
    if (next % linesBetweenPauses === 0) yield;
  }
  const line = next < table.endLine ? lines.at(next) : undefined;
  return line !== undefined && readPrompt(line.text.slice(line.prefix)) !== undefined;
}

/** The kinds of lines that a table's own are of. */
const ofTable: ReadonlySet<Line['kind']> = new Set(['rule', 'chain', 'chain-command', 'columns']);

function listedEndsOf({ chains }: Table): ReadonlyMap<number, number> {
  const begins: number[] = [];
  for (const { declarations } of chains.values()) begins.push(...declarations.slice(0, 1));
  begins.sort((a, b) => a - b);
  return new Map(begins.slice(0, -1).map((line, at) => [line, begins[at + 1] ?? line]));
}

function hasColumnsThroughout({ lines }: Ruleset, { chains, firstLine, endLine }: Table): boolean {
  // A heading that is missing leaves the names of its columns.
  for (let number = firstLine; number < endLine; number += 1) {
    const { within } = lines.at(number)?.context ?? {};
    if (lines.at(number)?.kind === 'columns' && (within?.kind !== 'listing' || within.named)) return false;
  }
  for (const { declarations } of chains.values()) {
    for (const number of declarations) {
      let next = number + 1;
      while (lines.at(next)?.kind === 'comment') next += 1;
      if (lines.at(next)?.kind !== 'columns') return false;
    }
  }
  return true;
}
