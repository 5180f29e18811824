import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { joinedCode } from '../../syntax/pasted/joined-lines.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { lineRanges } from '../support/line-ranges.ts';
import { repairEdits } from '../support/repair.ts';

/** Several lines of a dump on one, as in a JSON string: said once. Its code is one of the reader's problems (`line-problems`). */
export const joinedLines: LintRule = { codes: {}, check };

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { joined } = fileShape(input);
  const [first] = joined;
  const line = first === undefined ? undefined : ruleset.lines[first];
  const problem = line?.problems.find(({ code }) => code === joinedCode);
  if (first === undefined || problem === undefined) return;
  const message = `Several lines of a dump stand on one, and only the first of them is read: ${lineRanges(joined)}`;
  report(
    finding({ line: first, start: problem.start, end: problem.end }, joinedCode, 'info', message, {
      table: tableAt(ruleset, first),
      fixes: [
        {
          title: 'Put each line on a line of its own',
          safety: 'unsafe',
          changes: () => repairEdits(input.document, 'plain-dump'),
        },
      ],
    }),
  );
}
