import type { Steps } from '../../base/steps.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import { type Change, insertedBehind, removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable, lastDeclaration, rulesAtEnd } from '../mending/mendable.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** Chains, rules and COMMIT stand between `*table` and COMMIT in a file for iptables-restore. */
export const outsideTable: LintRule = {
  codes: { 'outside-table': 'A chain, a rule or a COMMIT stands outside `*table` and COMMIT.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { document, ruleset } = input;
  const { isPaste, strayCommits } = fileShape(input);
  for (const table of ruleset.tables) {
    yield;
    if (!table.declared) checkOutside(input, table, isPaste, report);
  }
  for (const number of strayCommits) {
    const severity = isPaste || isEndOfCutTable(ruleset, number) ? 'info' : 'error';
    const message = 'COMMIT without a table: no *table stands above it';
    const fixes: readonly Fix[] =
      severity === 'error'
        ? [{ title: 'Remove this COMMIT', safety: 'safe', changes: () => removedLines(document, [number]) }]
        : [];
    report(finding(linePlace(ruleset, number), 'outside-table', severity, message, { fixes }));
  }
}

/** Whether a COMMIT ends a table of which nothing else is shown: the text was cut right above it, and what iptables-save prints follows. */
function isEndOfCutTable({ lines, tables }: Ruleset, number: number): boolean {
  if (tables.length === 0 && lines.at(number + 1)?.text.startsWith('# Completed on ') !== true) return false;
  for (let above = number - 1; above >= 0; above -= 1) {
    const kind = lines.at(above)?.kind;
    if (kind !== 'blank' && kind !== 'comment' && kind !== 'foreign' && kind !== 'other') return false;
  }
  return true;
}

/**
 * Rules outside a table are what grep and `iptables -S` print, and what is left of a dump that was cut in its middle. In a file for
 * iptables-restore, where a table follows or stands before, they are a mistake.
 */
function checkOutside(input: LintInput, table: Table, isPaste: boolean, report: (finding: Finding) => void): void {
  const { ruleset } = input;
  const first = ruleset.lines.at(table.firstLine);
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
    finding(linePlace(ruleset, table.firstLine), 'outside-table', 'error', `${what} stands outside a table: ${where}`, {
      table,
      fixes: () => moves(input, table),
    }),
  );
}

/** Into the table above or below: the text does not say which of them is meant. */
function moves(input: LintInput, outside: Table): readonly Fix[] {
  const { document, ruleset } = input;
  const tables = ruleset.tables.filter(
    ({ declared, dump, commitLine }) => declared && dump === outside.dump && commitLine !== undefined,
  );
  const above = tables.findLast(({ index }) => index < outside.index);
  const below = tables.find(({ index }) => index > outside.index);
  const numbers: number[] = [];
  for (let number = outside.firstLine; number < outside.endLine; number += 1) {
    const kind = ruleset.lines.at(number)?.kind;
    if (kind === 'chain' || kind === 'rule') numbers.push(number);
    else if (kind === 'chain-command') return [];
  }
  const texts = (kind: Line['kind']): readonly string[] =>
    numbers.flatMap((number) => (ruleset.lines.kindAt(number) === kind ? [ruleset.lines.textAt(number)] : []));
  return [above, below].flatMap((table): readonly Fix[] => {
    if (table === undefined || table.name !== outside.name || !isMendable(input, table) || !hasChains(table, outside)) return [];
    const title = `Move ${numbers.length === 1 ? 'it' : `these ${numbers.length} lines`} into *${table.name} ${table === above ? 'above' : 'below'}`;
    const changes = (): readonly Change[] => [
      ...insertedBehind(document, lastDeclaration(ruleset, table), texts('chain')),
      ...rulesAtEnd(input, table, texts('rule')),
      ...removedLines(document, numbers),
    ];
    return [{ title, safety: 'unsafe', changes }];
  });
}

/** Whether the chains that the lines outside belong or jump to are there, or come with them. */
function hasChains(table: Table, outside: Table): boolean {
  for (const { name, builtin, declarations, rules, references } of outside.chains.values()) {
    if (builtin || declarations.length > 0 || rules.length + references.length === 0) continue;
    const there = table.chains.get(name);
    if (there === undefined || (!there.builtin && there.declarations.length === 0)) return false;
  }
  return true;
}
