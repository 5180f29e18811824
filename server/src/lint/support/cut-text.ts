/** Where a text was cut: within its first line, within its last one, or before the end of its last table. */
import { builtinChains, isTableName } from '../../catalog/tables.ts';
import { type Ruleset, type Table, tableAt } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { beginsWithOption, type Line } from '../../syntax/line.ts';
import { fileShape } from './file-shape.ts';
import type { LintInput } from './finding.ts';

/**
 * Whether a paste ends within this line: it is the last one of it, or of its code block in Markdown, has something wrong with it, and no COMMIT
 * stands below.
 */
export function isCutOff(input: LintInput, number: number): boolean {
  const { ruleset } = input;
  const shape = fileShape(input);
  if (shape.isRestoreFile) return false;
  const isLastFaulty = shape.withProblems.at(-1) === number || shape.faulty.at(-1) === number;
  if (!(number === shape.last && isLastFaulty) && !isBeforeFence(ruleset, number)) return false;
  const line = ruleset.lines.at(number);
  // A value that somebody took out was not cut.
  if (line?.faults.every(({ severity }) => severity === 'info') === true) return false;
  // What cannot be read at all is no line that was begun.
  if (line === undefined || (line.kind === 'other' && !beginsWithOption(line))) return false;
  const table = tableAt(ruleset, number);
  return table !== undefined && table.commitLine === undefined;
}

function isBeforeFence({ lines }: Ruleset, number: number): boolean {
  const next = lines.at(number + 1);
  const statement = next?.kind === 'foreign' ? statementOf(next) : undefined;
  return statement?.kind === 'foreign' && statement.what === 'fence' && lines.formAt(number)?.isFaulty === true;
}

/** Whether a line is the first or the last of a text that was cut within it, and what is left of it begins with an option. */
export function isCutAway(input: LintInput, number: number): boolean {
  const line = input.ruleset.lines.at(number);
  return line !== undefined && beginsWithOption(line) && (isCutOff(input, number) || isCutOn(input, number));
}

/** How the comments of iptables-save end: "... on Mon Nov 23 00:58:31 2026". */
const dateAtEnd = / on [A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} \d{4}$/;

/**
 * Whether a text begins within this line: it is the first one, no whole rule, and what follows is the middle of a table, or it ends as the
 * first comment of iptables-save does.
 */
export function isCutOn(input: LintInput, number: number): boolean {
  const { ruleset } = input;
  const line = number === fileShape(input).first ? ruleset.lines.at(number) : undefined;
  if (line === undefined || !mayBeEndOfLine(line)) return false;
  const next = ruleset.tables.find(({ endLine }) => endLine > number + 1);
  if (next === undefined) return false;
  return !next.declared || (next.firstLine >= number && dateAtEnd.test(line.text.slice(-40)));
}

/** A command, behind the counters of its rule. */
const command = /^(?:\[\d{1,20}:\d{1,20}\] ?)?-\S /;

/** Whether a line has no command as iptables prints it, a word of its own: "-SERVICES -m comment" is the end of a name. */
function mayBeEndOfLine({ kind, text, prefix }: Line): boolean {
  return kind === 'other' || ((kind === 'rule' || kind === 'chain-command') && !command.test(text.slice(prefix, prefix + 50)));
}

/**
 * Whether a table without COMMIT is what iptables-save printed, cut before its end, rather than one that somebody wrote and did not end: the text
 * ends with it, and a header says so, or its built-in chains stand declared with their counters as iptables-save prints them.
 */
export function isCutTable(ruleset: Ruleset, table: Table): boolean {
  if (table.commitLine !== undefined || table !== ruleset.tables.at(-1)) return false;
  if (table.dump.generator !== undefined) return true;
  const expected = isTableName(table.name) ? builtinChains[table.name] : [];
  return expected.length > 0 && expected.every((name) => hasPrintedCounters(ruleset, table.chains.get(name)?.declarations[0]));
}

function hasPrintedCounters({ lines }: Ruleset, number: number | undefined): boolean {
  const line = number === undefined ? undefined : lines.at(number);
  const statement = line === undefined ? undefined : statementOf(line);
  return statement?.kind === 'chain' && statement.counters !== undefined;
}
