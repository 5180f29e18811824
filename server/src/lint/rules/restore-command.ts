import { createLongList, type LongList } from '../../base/long-list.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { findTarget, standardTargets } from '../../catalog/lookup.ts';
import { builtinChains, isTableName } from '../../catalog/tables.ts';
import { canonicalRules } from '../../ruleset/canonical.ts';
import { hasGap, isLoadedOnTop } from '../../ruleset/completeness.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import type { ChainCommandStatement, RuleStatement, Span } from '../../syntax/statement.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/**
 * Commands of restore input that find nothing to work on: -D, -R and -C of a rule that is not there, -N of a chain that is, -X of one that is
 * in use. Such a table is gone through line by line as iptables-restore does, beginning with empty built-in chains.
 */
export const restoreCommand: LintRule = {
  codes: { 'restore-command': 'A command of restore input finds nothing to work on, or something in its way.' },
  check,
};

/** A rule as far as commands need it: its canonical text, and where it leads. */
interface Entry {
  readonly text: string;
  readonly target: string;
}

type Chains = Map<string, LongList<Entry>>;

/** Of lines that nothing is made of. */
const lookedAtBetweenPauses = 1_024;

function noRules(): LongList<Entry> {
  return createLongList(({ text }) => text);
}

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { commands, isPaste } = fileShape(input);
  if (commands.length === 0) return;
  let next = 0;
  for (const table of ruleset.tables) {
    const own: number[] = [];
    for (; next < commands.length && (commands[next] ?? 0) < table.endLine; next += 1) {
      const line = commands[next] ?? 0;
      if (line >= table.firstLine) own.push(line);
    }
    if (!table.declared || !isTableName(table.name) || hasGap(ruleset, table)) continue;
    // What a log shows was loaded with --noflush; what stood in the kernel then is not known.
    if (isPaste && isLoadedOnTop(ruleset, table)) continue;
    if (own.length > 0) yield* goThrough(input, table, own, report);
  }
}

/**
 * Which lines of a table matter to its commands, by their distance from its first: 1 for these, for what is said of the chains that they name, and for the rules that
 * jump to one that is to go. All of them where all chains that are in use by none are to go, and commands name some.
 */
function* mattering({ lines }: Ruleset, table: Table, commands: readonly number[]): Steps<Uint8Array> {
  const matters = new Uint8Array(table.endLine - table.firstLine);
  const names = new Set<string>();
  const going = new Set<string>();
  let looked = 0;
  for (const number of commands) {
    looked += 1;
    if (looked % lookedAtBetweenPauses === 0) yield;
    matters[number - table.firstLine] = 1;
    const name = lines.nameAt(number);
    const command = lines.formAt(number)?.command;
    if (name !== '') names.add(name);
    if (command === 'rename' && lines.targetAt(number) !== '') names.add(lines.targetAt(number));
    if (command === 'delete-chain') going.add(name);
  }
  if (going.has('') && names.size > 0) return matters.fill(1);
  // Of a chain of which no command takes rules away it matters that it is there, and which of its rules jump to one that is to go.
  const jumping = new Set<string>();
  const mark = function* (list: readonly number[]): Steps<void> {
    for (const number of list) {
      looked += 1;
      if (looked % lookedAtBetweenPauses === 0) yield;
      matters[number - table.firstLine] = 1;
    }
  };
  for (const name of names) {
    const chain = table.chains.get(name);
    yield* mark(chain?.declarations ?? []);
    yield* mark(chain?.rules ?? []);
    if (!going.has(name)) continue;
    const references = chain?.references ?? [];
    yield* mark(references);
    for (const number of references) jumping.add(lines.nameAt(number));
  }
  for (const name of jumping) yield* mark(table.chains.get(name)?.declarations ?? []);
  return matters;
}

/** Commands that look for a rule by its words. */
const lookingForRules: ReadonlySet<string> = new Set(['delete', 'check']);

/** Of one shape all lines have the same options. */
const otherFamilyOption = / -(?:[46]|-ip)/;

/** Whether a line is one rule at the end of its chain for certain: without lists of addresses, and not for one family alone. */
function isOneRule({ lines }: Ruleset, number: number): boolean {
  if (lines.startAt(number) < 0 || lines.formAt(number)?.isPlain !== true || lines.kindAt(number) !== 'rule') return false;
  const text = lines.textAt(number);
  return text.startsWith('-A ') && !text.includes(',') && !otherFamilyOption.test(text);
}

/** Where the rules lead that commands look for by their words; empty for those that have no target. */
function* targetsLookedFor({ lines }: Ruleset, commands: readonly number[]): Steps<ReadonlySet<string>> {
  const targets = new Set<string>();
  let gone = 0;
  for (const number of commands) {
    gone += 1;
    if (gone % statementsBetweenPauses === 0) yield;
    if (!lookingForRules.has(lines.formAt(number)?.command ?? '')) continue;
    const target = lines.targetAt(number);
    const line = target === '' ? lines.at(number) : undefined;
    const statement = line === undefined ? undefined : statementOf(line);
    if (statement?.kind !== 'rule' || statement.number === undefined) targets.add(target);
  }
  return targets;
}

/** Whether commands may look for a rule that leads there, by its words. What is no chain may be saved under another name. */
function mayBeLookedFor(target: string, lookedFor: ReadonlySet<string>): boolean {
  return (
    lookedFor.size > 0 &&
    (lookedFor.has(target) || standardTargets.has(target) || findTarget(target) !== undefined || target === '')
  );
}

function* goThrough(
  { document, ruleset }: LintInput,
  table: Table,
  commands: readonly number[],
  report: (finding: Finding) => void,
): Steps<void> {
  const builtin: readonly string[] = isTableName(table.name) ? builtinChains[table.name] : [];
  const chains: Chains = new Map(builtin.map((name) => [name, noRules()]));
  const lookedFor = yield* targetsLookedFor(ruleset, commands);
  const matters = yield* mattering(ruleset, table, commands);
  let gone = 0;
  for (let at = matters.indexOf(1); at >= 0; at = matters.indexOf(1, at + 1)) {
    gone += 1;
    if (gone % statementsBetweenPauses === 0) yield;
    const number = table.firstLine + at;
    const target = ruleset.lines.targetAt(number);
    if (!mayBeLookedFor(target, lookedFor) && isOneRule(ruleset, number)) {
      const rules = chains.get(ruleset.lines.nameAt(number));
      rules?.insert(rules.length, { text: '', target });
      continue;
    }
    const line = ruleset.lines.at(number);
    if (line === undefined) continue;
    if (line.kind === 'chain' && !chains.has(line.name)) chains.set(line.name, noRules());
    // With an error of its own a line changes nothing.
    if (line.faults.some(({ severity }) => severity === 'error')) continue;
    const problem = line.kind === 'rule' || line.kind === 'chain-command' ? applyLine(line, chains, builtin) : undefined;
    if (problem === undefined) continue;
    const place = { line: number, start: problem.at.start, end: problem.at.end };
    const fixes: readonly Fix[] = isForNothing(line, problem)
      ? [{ title: 'Remove this command', safety: 'unsafe', changes: () => removedLines(document, [number]) }]
      : [];
    const more = { table, chain: table.chains.get(line.name), fixes };
    report(finding(place, 'restore-command', 'error', problem.message, more));
  }
}

interface CommandProblem {
  readonly at: Span;
  readonly message: string;
}

/** Whether what a command is to bring about is so without it: nothing is there to be taken away, or what it makes is there. */
function isForNothing({ command, context }: Line, { message }: CommandProblem): boolean {
  if (context.within !== undefined) return false;
  if (command === 'new') return true;
  const takesAway = command === 'delete' || command === 'delete-chain' || command === 'flush' || command === 'zero';
  return takesAway && (message.startsWith('No chain ') || message.startsWith('Bad rule '));
}

function applyLine(line: Line, chains: Chains, builtin: readonly string[]): CommandProblem | undefined {
  // Before anything is taken away only the canonical texts of rules that commands name are of use, but which these are shows later.
  const statement = statementOf(line);
  if (statement.kind === 'rule') return applyRule(statement, line, chains);
  if (statement.kind === 'chain-command') return applyChainCommand(statement, chains, builtin);
  return undefined;
}

function applyRule(statement: RuleStatement, line: Line, chains: Chains): CommandProblem | undefined {
  const { chain, command, commandWord, number } = statement;
  const rules = chains.get(chain.text);
  if (rules === undefined) {
    // -A of a chain that is not there is undeclaredChain's.
    if (command === 'append') return undefined;
    return { at: chain, message: `No chain ${chain.text} is declared above this line` };
  }
  const position = number === undefined ? undefined : Number(number.text);
  const entries = (): readonly Entry[] => canonicalRules(statement, line.context).map((text) => ({ text, target: line.target }));
  switch (command) {
    case 'append':
      for (const entry of entries()) rules.insert(rules.length, entry);
      return undefined;
    case 'insert': {
      const at = position ?? 1;
      if (number !== undefined && at > rules.length + 1) {
        return { at: number, message: `Index of insertion too big: ${chain.text} has ${count(rules.length)} here` };
      }
      for (const [index, entry] of entries().entries()) rules.insert(at - 1 + index, entry);
      return undefined;
    }
    case 'replace': {
      if (number === undefined || position === undefined) return undefined;
      if (position > rules.length) {
        return { at: number, message: `Index of replacement too big: ${chain.text} has ${count(rules.length)} here` };
      }
      rules.removeAt(position - 1);
      for (const [index, entry] of entries().entries()) rules.insert(position - 1 + index, entry);
      return undefined;
    }
    case 'delete':
      if (number !== undefined && position !== undefined) {
        if (position > rules.length) {
          return { at: number, message: `Index of deletion too big: ${chain.text} has ${count(rules.length)} here` };
        }
        rules.removeAt(position - 1);
        return undefined;
      }
      return removeRule(statement, entries(), rules);
    case 'check':
      return entries().every(({ text }) => rules.has(text))
        ? undefined
        : {
            at: commandWord,
            message: `Bad rule (does a matching rule exist in that chain?): ${chain.text} has no such rule here`,
          };
  }
}

function removeRule(
  { chain, commandWord }: RuleStatement,
  removed: readonly Entry[],
  rules: LongList<Entry>,
): CommandProblem | undefined {
  for (const { text } of removed) {
    if (!rules.removeFirst(text)) {
      const message = `Bad rule (does a matching rule exist in that chain?): ${chain.text} has no such rule here, unless the file is loaded with --noflush`;
      return { at: commandWord, message };
    }
  }
  return undefined;
}

function count(rules: number): string {
  return rules === 1 ? '1 rule' : `${rules} rules`;
}

function applyChainCommand(
  { command, commandWord, chain, argument }: ChainCommandStatement,
  chains: Chains,
  builtin: readonly string[],
): CommandProblem | undefined {
  const name = chain?.text;
  const at = chain ?? commandWord;
  switch (command) {
    case 'new':
      if (name === undefined) return undefined;
      if (chains.has(name)) return { at, message: `Chain already exists: ${name}` };
      chains.set(name, noRules());
      return undefined;
    case 'rename': {
      const renamed = name === undefined ? undefined : chains.get(name);
      if (name === undefined || argument === undefined) return undefined;
      if (renamed === undefined) return { at, message: `No chain ${name} is declared above this line` };
      if (chains.has(argument.text)) return { at: argument, message: `Chain already exists: ${argument.text}` };
      chains.delete(name);
      chains.set(argument.text, renamed);
      return undefined;
    }
    case 'delete-chain':
      if (name === undefined) {
        // One look at all rules: there may be as many chains. An empty one that goes uses none.
        const used = new Set(Array.from(chains.values(), (rules) => rules.items().map(({ target }) => target)).flat());
        for (const [each, rules] of chains) {
          if (!builtin.includes(each) && rules.length === 0 && !used.has(each)) chains.delete(each);
        }
        return undefined;
      }
      return deleteChain(name, at, chains, builtin);
    case 'flush':
      if (name === undefined) {
        for (const rules of chains.values()) rules.clear();
        return undefined;
      }
      return emptyChain(name, at, chains);
    case 'zero':
      return name === undefined || chains.has(name) ? undefined : { at, message: `No chain ${name} is declared above this line` };
    default:
      return undefined;
  }
}

function emptyChain(name: string, at: Span, chains: Chains): CommandProblem | undefined {
  const rules = chains.get(name);
  if (rules === undefined) return { at, message: `No chain ${name} is declared above this line` };
  rules.clear();
  return undefined;
}

function usesOf(name: string, chains: Chains): number {
  let uses = 0;
  for (const rules of chains.values()) for (const { target } of rules.items()) if (target === name) uses += 1;
  return uses;
}

function deleteChain(name: string, at: Span, chains: Chains, builtin: readonly string[]): CommandProblem | undefined {
  const rules = chains.get(name);
  if (rules === undefined) return { at, message: `No chain ${name} is declared above this line` };
  if (builtin.includes(name)) return { at, message: `${name} is a built-in chain: it cannot be deleted` };
  const uses = usesOf(name, chains);
  if (uses > 0) return { at, message: `${name} is still in use: ${uses === 1 ? '1 rule jumps' : `${uses} rules jump`} to it` };
  if (rules.length > 0) return { at, message: `${name} is not empty: it has ${count(rules.length)}` };
  chains.delete(name);
  return undefined;
}
