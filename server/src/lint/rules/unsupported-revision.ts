import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** What iptables-save prints for an extension whose revision in the kernel is newer than the program (kubernetes/kubernetes#95409). */
export const unsupportedRevision: LintRule = {
  codes: { 'unsupported-revision': 'The iptables that wrote the dump was too old to print an extension: its options are lost.' },
  check,
};

const mark = '[unsupported revision]';

/** Whether a line says so. What is missing on it is nobody's mistake. */
export function isUnsupportedRevision(text: string): boolean {
  return text.includes(mark);
}

const problemsBetweenPauses = 256;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const [index, number] of fileShape(input).withProblems.entries()) {
    if (index % problemsBetweenPauses === problemsBetweenPauses - 1) yield;
    const line = ruleset.lines.at(number);
    const start = line?.text.indexOf(mark) ?? -1;
    if (line === undefined || start < 0) continue;
    const table = tableAt(ruleset, number);
    const message = `${line.target || 'This rule'} was loaded by a newer iptables than the one that printed it: its options are not shown, an iptables-save of that version shows them`;
    report(
      finding({ line: number, start, end: start + mark.length }, 'unsupported-revision', 'warning', message, {
        table,
        chain: table?.chains.get(line.name),
      }),
    );
  }
}
