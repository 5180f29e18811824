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

const problemsBetweenPauses = 32;
const sharedBetweenPauses = 4_096;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { withProblems, faulty } = fileShape(input);
  const look = lookingAt(input, report);
  const shared = sharedOf(input, report);
  let next = 0;
  for (let at = 0; at < faulty.length || next < withProblems.length; ) {
    const own = withProblems[next] ?? ruleset.lines.length;
    const behind = shared(at, Math.min(at + sharedBetweenPauses, faulty.length), own);
    if (behind > at) {
      at = behind;
      yield;
      continue;
    }
    const number = Math.min(own, faulty[at] ?? own);
    look(number);
    if (number === own) next += 1;
    else at += 1;
    if ((at + next) % problemsBetweenPauses === problemsBetweenPauses - 1) yield;
  }
}

/**
 * Reports what is wrong with lines as with all of their shape, but for those of which more may be to say.
 * @returns a function that is given places of `FileShape.faulty`, from one up to, but not including, another, and a line before which to end, and gives the first place that is not reported
 */
function sharedOf(input: LintInput, report: (finding: Finding) => void): (from: number, to: number, endLine: number) => number {
  const { ruleset } = input;
  const { places, shapes } = ruleset.lines.columns;
  const { faulty, first, last } = fileShape(input);
  const fixesOf = fixesOfLines(input);
  let tableOfShapes: Table | undefined;
  const ofShapes = new Map<number, SharedFindings>();
  const sharedBy = (table: Table, number: number): SharedFindings | undefined => {
    if (table !== tableOfShapes) ofShapes.clear();
    tableOfShapes = table;
    const shape = shapes[places[number] as number] as number;
    const known = ofShapes.get(shape);
    const fault = known === undefined ? ruleset.lines.faultAt(number) : undefined;
    if (fault === undefined) return known;
    const shared = { ruleset, table, fault, fixesOf };
    ofShapes.set(shape, shared);
    return shared;
  };
  return (from, to, endLine) => {
    // Tables of commands stand within others.
    const table = ruleset.commands === undefined ? tableAt(ruleset, faulty[from] ?? 0) : undefined;
    if (table === undefined || hasCutLines(ruleset, table)) return from;
    const end = Math.min(endLine, table.endLine);
    let at = from;
    for (; at < to; at += 1) {
      const number = faulty[at] as number;
      // A text may begin or end within the one line, or before one of no known shape.
      if (number >= end || number === first || number === last || (places[number + 1] ?? -1) < 0) break;
      const shared = sharedBy(table, number);
      if (shared === undefined) break;
      report(new SharedFinding(number, shared));
    }
    return at;
  };
}

/** Reports what is wrong with one line: gives a function for lines in their order, by their numbers. */
function lookingAt(input: LintInput, report: (finding: Finding) => void): (number: number) => void {
  const { ruleset } = input;
  const shape = fileShape(input);
  const unread = new Set(shape.unread);
  const isEverywhere = hasTrailingBlanks(shape);
  const cutTables = new Set<Table>();
  const fixesOf = fixesOfLines(input);
  let table: Table | undefined;
  let mayBeCut = false;
  return (number) => {
    const line = ruleset.lines.at(number);
    if (line === undefined) return;
    if (isUnsupportedRevision(line.text)) return;
    if (!shape.isRestoreFile && unread.has(number) && !isCutAway(input, number)) return;
    // Tables of commands stand within others.
    if (table === undefined || number >= table.endLine || ruleset.commands !== undefined) {
      table = tableAt(ruleset, number);
      mayBeCut = table !== undefined && hasCutLines(ruleset, table);
    }
    if (mayBeCut && isCutLine(ruleset, number)) {
      if (table !== undefined && !cutTables.has(table)) {
        cutTables.add(table);
        const message = `The lines of table ${table.name} are cut, all at one place: what rules ask for and where they lead is not known`;
        report(finding(linePlace(ruleset, number), 'cut-off', 'info', message, { table, chain: table.chains.get(line.name) }));
      }
      return;
    }
    const cut = isCutOff(input, number) ? 'ends' : isCutOn(input, number) ? 'begins' : undefined;
    if (cut !== undefined) {
      const message = `The text ${cut} in the middle of this line`;
      report(finding(linePlace(ruleset, number), 'cut-off', 'info', message, { table, chain: table?.chains.get(line.name) }));
      return;
    }
    const fault = unread.has(number) ? undefined : ruleset.lines.faultAt(number);
    if (fault !== undefined) {
      report(new SharedFinding(number, { ruleset, table, fault, fixesOf }));
      return;
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
  };
}

/** The fixes for all that is wrong with a line. */
function fixesOfLines(input: LintInput): SharedFindings['fixesOf'] {
  return (number) => (input.ruleset.lines.at(number)?.problems ?? []).flatMap((problem) => fixesFor(input, number, problem));
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
