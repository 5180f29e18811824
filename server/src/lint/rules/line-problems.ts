import type { Steps } from '../../base/steps.ts';
import { hasCutLines, isCutLine } from '../../ruleset/completeness.ts';
import { type Table, tableAt } from '../../ruleset/ruleset.ts';
import { problemCodes } from '../../syntax/checks/problem-codes.ts';
import type { Problem } from '../../syntax/statement.ts';
import { removedLines, replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isCutAway, isCutOff, isCutOn } from '../support/cut-text.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';
import { lineRepairs } from '../support/line-repairs.ts';
import { optionFixes } from '../support/option-fixes.ts';
import { SharedFinding, type SharedFindings } from '../support/shared-finding.ts';
import { hasTrailingBlanks } from './transport-damage.ts';
import { isUnsupportedRevision } from './unsupported-revision.ts';

/**
 * What the reader found wrong with single lines, in iptables' words. Lines of a paste that are none of iptables' are left to
 * `not-iptables`, what a transport did to every line to `transport`.
 */
export const lineProblems: LintRule = {
  codes: { ...problemCodes, 'cut-off': 'The text begins or ends in the middle of a line.' },
  check,
};

const problemsBetweenPauses = 512;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const shape = fileShape(input);
  const unread = new Set(shape.unread);
  const isEverywhere = hasTrailingBlanks(shape);
  const cutTables = new Set<Table>();
  const fixesOf = (number: number): readonly Fix[] =>
    (ruleset.lines.at(number)?.problems ?? []).flatMap((problem) => fixesFor(input, number, problem));
  let table: Table | undefined;
  let mayBeCut = false;
  let shared: SharedFindings = { ruleset, table, fixesOf };
  for (const [index, number] of shape.withProblems.entries()) {
    if (index % problemsBetweenPauses === problemsBetweenPauses - 1) yield;
    const line = ruleset.lines.at(number);
    if (line === undefined) continue;
    if (isUnsupportedRevision(line.text)) continue;
    if (!shape.isRestoreFile && unread.has(number) && !isCutAway(input, number)) continue;
    // Tables of commands stand within others.
    if (table === undefined || number >= table.endLine || ruleset.commands !== undefined) {
      table = tableAt(ruleset, number);
      mayBeCut = table !== undefined && hasCutLines(ruleset, table);
      if (table !== shared.table) shared = { ruleset, table, fixesOf };
    }
    if (mayBeCut && isCutLine(ruleset, number)) {
      if (table !== undefined && !cutTables.has(table)) {
        cutTables.add(table);
        const message = `The lines of table ${table.name} are cut, all at one place: what rules ask for and where they lead is not known`;
        report(finding(linePlace(ruleset, number), 'cut-off', 'info', message, { table, chain: table.chains.get(line.name) }));
      }
      continue;
    }
    const cut = isCutOff(input, number) ? 'ends' : isCutOn(input, number) ? 'begins' : undefined;
    if (cut !== undefined) {
      const message = `The text ${cut} in the middle of this line`;
      report(finding(linePlace(ruleset, number), 'cut-off', 'info', message, { table, chain: table?.chains.get(line.name) }));
      continue;
    }
    const fault = unread.has(number) ? undefined : ruleset.lines.faultAt(number);
    if (fault !== undefined) {
      report(new SharedFinding(number, fault, shared));
      continue;
    }
    // getopt stops at the first word that it cannot place, and so does what iptables says.
    const problems = unread.has(number) ? line.problems.slice(0, 1) : line.problems;
    for (const problem of problems) {
      if (isEverywhere && problem.code === 'trailing-blanks') continue;
      report(
        finding({ line: number, start: problem.start, end: problem.end }, problem.code, problem.severity, problem.message, {
          table,
          chain: table?.chains.get(line.name),
          fixes: () => fixesFor(input, number, problem),
        }),
      );
    }
  }
}

const betweenOptions: ReadonlySet<string> = new Set(['needs-protocol', 'excluded-option', 'repeated-option']);

function fixesFor({ document, ruleset }: LintInput, number: number, problem: Problem): readonly Fix[] {
  const line = ruleset.lines.at(number);
  if (line === undefined) return [];
  if (problem.code === 'never-matches') {
    const title = 'Remove the rule that no packet matches';
    return [{ title, safety: 'unsafe', changes: () => removedLines(document, [number]) }];
  }
  if (betweenOptions.has(problem.code)) return optionFixes(line, number, problem);
  const { fix, start, end } = problem;
  if (fix === undefined) {
    return lineRepairs(line, problem).map(
      ({ title, ...edit }): Fix => ({ title, safety: 'unsafe', changes: () => [replaced({ line: number, ...edit }, edit.text)] }),
    );
  }
  const { title, text, isGuess } = fix;
  return [{ title, safety: isGuess === true ? 'unsafe' : 'safe', changes: () => [replaced({ line: number, start, end }, text)] }];
}
