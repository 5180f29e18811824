import { tableAt } from '../ruleset/ruleset.ts';
import { problemCodes } from '../syntax/problem-codes.ts';
import type { Steps } from '../syntax/steps.ts';
import { type Finding, finding, type LintInput, type LintRule } from './finding.ts';

/** What the reader found wrong with single lines, in iptables' words. */
export const lineProblems: LintRule = { codes: problemCodes, check };

const linesBetweenPauses = 8192;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (let number = 0; number < ruleset.lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = ruleset.lines[number];
    if (line === undefined || line.problems.length === 0) continue;
    const table = tableAt(ruleset, number);
    const chain = table?.chains.get(line.name);
    for (const problem of line.problems) {
      report(
        finding({ line: number, start: problem.start, end: problem.end }, problem.code, problem.severity, problem.message, {
          table,
          chain,
          fix: problem.fix,
        }),
      );
    }
  }
}
