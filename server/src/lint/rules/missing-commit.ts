import type { Steps } from '../../base/steps.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { replaced } from '../mending/change.ts';
import { isCutOff, isCutTable } from '../support/cut-text.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** A table that does not end. In what was pasted or cut that is information: the part that is not shown has its COMMIT. */
export const missingCommit: LintRule = {
  codes: { 'missing-commit': 'A table has no COMMIT: iptables-restore loads none of it.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { isPaste, last, joined } = fileShape(input);
  const areTakenOut = hasNoCommits(ruleset);
  for (const table of ruleset.tables) {
    yield;
    if (!table.declared || table.commitLine !== undefined) continue;
    // Of several lines on one the first alone was read.
    if (joined.some((number) => number >= table.firstLine && number < table.endLine)) continue;
    report(missingIn(ruleset, table, isPaste || areTakenOut || isCutOff(input, last) || isCutTable(ruleset, table)));
  }
}

/** Whether grep took every COMMIT out of what iptables-save printed: nobody forgets all of them, of three not even without its header. */
function hasNoCommits({ tables }: Ruleset): boolean {
  return (
    tables.length > 1 &&
    tables.every(({ commitLine, dump }) => commitLine === undefined && (dump.generator !== undefined || tables.length > 2))
  );
}

function headerPlace(ruleset: Ruleset, table: Table): Place {
  const line = ruleset.lines.at(table.firstLine);
  const statement = line === undefined ? undefined : statementOf(line);
  const end = statement?.kind === 'table' ? statement.name.end : (line?.text.length ?? 0);
  return { line: table.firstLine, start: line?.prefix ?? 0, end };
}

/** The last line of a table that is not blank. */
function lastWritten(ruleset: Ruleset, table: Table): number {
  let last = table.endLine - 1;
  while (last > table.firstLine && ruleset.lines.at(last)?.text === '') last -= 1;
  return last;
}

function missingIn(ruleset: Ruleset, table: Table, isPaste: boolean): Finding {
  const last = lastWritten(ruleset, table);
  const end = ruleset.lines.at(last)?.text.length ?? 0;
  const message = `COMMIT expected: table ${table.name} has none before ${
    table.endLine < ruleset.lines.length ? `line ${table.endLine + 1}` : 'the end'
  }, so iptables-restore loads none of it`;
  return finding(headerPlace(ruleset, table), 'missing-commit', isPaste ? 'info' : 'error', message, {
    table,
    related: [{ line: last, start: 0, end, message: 'the last line of the table' }],
    // What was cut is not all of a table: with COMMIT it would take the place of all that the node has.
    fixes: [
      {
        title: 'Add COMMIT',
        safety: isPaste ? 'unsafe' : 'safe',
        changes: () => [replaced({ line: last, start: end, end }, '\nCOMMIT')],
      },
    ],
  });
}
