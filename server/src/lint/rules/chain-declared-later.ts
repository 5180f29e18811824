import type { Steps } from '../../base/steps.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable, lastDeclaration, movedLine } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A chain that is used above its declaration: iptables-restore goes from line to line. */
export const chainDeclaredLater: LintRule = {
  codes: { 'chain-declared-later': 'A chain is used above the line that declares it.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    if (!table.declared) continue;
    for (const chain of tableFacts(ruleset, table).declaredLater) {
      yield;
      checkChain(input, chain, report);
    }
  }
}

function checkChain(input: LintInput, chain: Chain, report: (finding: Finding) => void): void {
  const { ruleset } = input;
  const [declared = 0] = chain.declarations;
  // -N on a line of its own is a command, and those above it may be, too.
  const isMovable = ruleset.lines.at(declared)?.kind === 'chain' && isMendable(input, chain.table);
  const fixes: readonly Fix[] = isMovable
    ? [
        {
          title: `Declare ${chain.name} above`,
          safety: 'safe',
          changes: () => movedLine(input, declared, lastDeclaration(ruleset, chain.table)),
        },
      ]
    : [];
  for (const list of ['rules', 'references'] as const) {
    for (const line of chain[list]) {
      if (line >= declared) break;
      const place = mentionsOn(ruleset, line).find(
        ({ name, kind }) => name === chain.name && (kind === 'rule') === (list === 'rules'),
      );
      if (place === undefined) continue;
      const message = `${chain.name} is declared only in line ${declared + 1}: iptables-restore needs it above`;
      report(finding(place, 'chain-declared-later', 'error', message, { table: chain.table, chain, fixes }));
    }
  }
}
