import type { Steps } from '../../base/steps.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';
import { isCutOff } from './skipped-text.ts';

/** `*table` and COMMIT: each table needs both, and rules stand between them. */
export const tableStructure: LintRule = {
  codes: {
    'missing-commit': 'A table has no COMMIT: iptables-restore loads none of it.',
    'outside-table': 'A chain, a rule or a COMMIT stands outside `*table` and COMMIT.',
  },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { isPaste, strayCommits, last } = fileShape(input);
  for (const table of ruleset.tables) {
    yield;
    if (!table.declared) {
      checkOutside(ruleset, table, isPaste, report);
      continue;
    }
    if (table.commitLine === undefined) report(missingCommit(ruleset, table, isPaste || isCutOff(input, last)));
  }
  for (const number of strayCommits) {
    const line = ruleset.lines[number];
    if (line === undefined) continue;
    const place = { line: number, start: line.prefix, end: line.text.length };
    report(finding(place, 'outside-table', isPaste ? 'info' : 'error', 'COMMIT without a table: no *table stands above it'));
  }
}

function headerPlace(ruleset: Ruleset, table: Table): Place {
  const line = ruleset.lines[table.firstLine];
  const statement = line === undefined ? undefined : statementOf(line);
  const end = statement?.kind === 'table' ? statement.name.end : (line?.text.length ?? 0);
  return { line: table.firstLine, start: line?.prefix ?? 0, end };
}

/** The last line of a table that is not blank. */
function lastWritten(ruleset: Ruleset, table: Table): number {
  let last = table.endLine - 1;
  while (last > table.firstLine && ruleset.lines[last]?.text === '') last -= 1;
  return last;
}

function missingCommit(ruleset: Ruleset, table: Table, isPaste: boolean): Finding {
  const last = lastWritten(ruleset, table);
  const end = ruleset.lines[last]?.text.length ?? 0;
  const message = `COMMIT expected: table ${table.name} has none before ${
    table.endLine < ruleset.lines.length ? `line ${table.endLine + 1}` : 'the end'
  }, so iptables-restore loads none of it`;
  return finding(headerPlace(ruleset, table), 'missing-commit', isPaste ? 'info' : 'error', message, {
    table,
    related: [{ line: last, start: 0, end, message: 'the last line of the table' }],
    fix: { title: 'Add COMMIT', text: '\nCOMMIT', at: { line: last, start: end, end } },
  });
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
  const place = { line: table.firstLine, start: first.prefix, end: first.text.length };
  const other = ruleset.tables.find(({ declared, index }) => declared && index > table.index);
  const where =
    other === undefined ? 'the COMMIT above it has ended its table' : `no *table stands above it (*${other.name} comes below)`;
  const what = first.kind === 'chain' ? 'This chain' : 'This rule';
  report(finding(place, 'outside-table', 'error', `${what} stands outside a table: ${where}`, { table }));
}
