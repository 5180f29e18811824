import type { Steps } from '../../base/steps.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** Chains, rules and COMMIT stand between `*table` and COMMIT in a file for iptables-restore. */
export const outsideTable: LintRule = {
  codes: { 'outside-table': 'A chain, a rule or a COMMIT stands outside `*table` and COMMIT.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { isPaste, strayCommits } = fileShape(input);
  for (const table of ruleset.tables) {
    yield;
    if (!table.declared) checkOutside(ruleset, table, isPaste, report);
  }
  for (const number of strayCommits) {
    const severity = isPaste || isEndOfCutTable(ruleset, number) ? 'info' : 'error';
    const message = 'COMMIT without a table: no *table stands above it';
    report(finding(linePlace(ruleset, number), 'outside-table', severity, message));
  }
}

/** Whether a COMMIT ends a table of which nothing else is shown: the text was cut right above it, and other tables follow. */
function isEndOfCutTable({ lines, tables }: Ruleset, number: number): boolean {
  if (tables.length === 0) return false;
  for (let above = number - 1; above >= 0; above -= 1) {
    const kind = lines[above]?.kind;
    if (kind !== 'blank' && kind !== 'comment' && kind !== 'foreign' && kind !== 'other') return false;
  }
  return true;
}

/**
 * Rules outside a table are what grep and `iptables -S` print, and what is left of a dump that was cut in its middle. In a file for
 * iptables-restore, where a table follows or stands before, they are a mistake.
 */
function checkOutside(ruleset: Ruleset, table: Table, isPaste: boolean, report: (finding: Finding) => void): void {
  const first = ruleset.lines[table.firstLine];
  if (
    isPaste ||
    first === undefined ||
    first.listing ||
    table.commitLine !== undefined ||
    (first.kind === 'chain-command' && first.command === 'policy')
  )
    return;
  if (first.context.within !== undefined || !ruleset.tables.some((other) => other.declared && other.dump === table.dump)) return;
  const other = ruleset.tables.find(({ declared, index }) => declared && index > table.index);
  const where =
    other === undefined ? 'the COMMIT above it has ended its table' : `no *table stands above it (*${other.name} comes below)`;
  const what = first.kind === 'chain' ? 'This chain' : 'This rule';
  report(
    finding(linePlace(ruleset, table.firstLine), 'outside-table', 'error', `${what} stands outside a table: ${where}`, { table }),
  );
}
