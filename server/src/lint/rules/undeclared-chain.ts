import type { Steps } from '../../base/steps.ts';
import { formOf, isNamedInUnreadLine, isTableWhole } from '../../ruleset/completeness.ts';
import { mentionsOf } from '../../ruleset/places.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A jump to a chain that the table does not declare: iptables-restore refuses the whole table (kubernetes/kubernetes#80462). */
export const undeclaredChain: LintRule = {
  codes: { 'undeclared-chain': 'A rule belongs or jumps to a chain that its table does not declare.' },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    const { undeclared } = tableFacts(ruleset, table);
    if (undeclared.length === 0) continue;
    // The kernel holds no jump to a chain that is not there: in what it printed such a chain was cut off.
    if (formOf(ruleset, table) !== 'save' || !isTableWhole(ruleset, table)) continue;
    for (const chain of undeclared) {
      if (isNamedInUnreadLine(ruleset, chain)) continue;
      reportChain(ruleset, chain, report);
      yield;
    }
  }
}

const declaringBefore = new WeakMap<Ruleset, ReadonlyMap<string, Table>>();

/** By a chain's name: the first table that declares it. A file may hold thousands of tables. */
function declaringTables(ruleset: Ruleset): ReadonlyMap<string, Table> {
  let all = declaringBefore.get(ruleset);
  if (all === undefined) {
    const found = new Map<string, Table>();
    for (const table of ruleset.tables)
      for (const { name, declarations } of table.chains.values())
        if (declarations.length > 0 && !found.has(name)) found.set(name, table);
    all = found;
    declaringBefore.set(ruleset, all);
  }
  return all;
}

function reportChain(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const elsewhere = declaringTables(ruleset).get(chain.name);
  const hint =
    elsewhere === undefined ? '' : `; table ${elsewhere.name} has a chain of that name, but a jump cannot leave its table`;
  const what = { rule: 'Rule for', jump: 'Jump to', goto: 'Goto' } as const;
  for (const mention of mentionsOf(ruleset, chain)) {
    if (mention.kind === 'command' || mention.kind === 'declaration') continue;
    const message = `${what[mention.kind]} chain ${chain.name}, which table ${chain.table.name} does not declare${hint}`;
    report(finding(mention, 'undeclared-chain', 'error', message, { table: chain.table, chain }));
  }
}
