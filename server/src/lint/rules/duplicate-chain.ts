import type { Steps } from '../../base/steps.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { removedLines } from '../mending/change.ts';
import { severityFor } from '../support/back-ends.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A chain that is declared twice. */
export const duplicateChain: LintRule = {
  codes: {
    'duplicate-chain': 'A chain is declared twice. iptables-legacy-restore refuses that, nft takes it.',
  },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    for (const chain of tableFacts(ruleset, table).redeclared) yield* reportDuplicates(input, chain, report);
  }
}

const declarationsBetweenPauses = 256;

function* reportDuplicates({ document, ruleset }: LintInput, chain: Chain, report: (finding: Finding) => void): Steps<void> {
  const { table } = chain;
  const [first = 0, ...again] = chain.declarations;
  const original = mentionsOn(ruleset, first).find(({ name }) => name === chain.name);
  for (const [index, number] of again.entries()) {
    if (index % declarationsBetweenPauses === declarationsBetweenPauses - 1) yield;
    // -N, -X and -E change what there is while the file is read: restore-command looks at them.
    if (ruleset.lines.at(number)?.kind !== 'chain' || chain.mentions.length > 0) continue;
    const severity = severityFor(table.dump, { legacy: false, nft: true });
    const place = mentionsOn(ruleset, number).find(({ name }) => name === chain.name);
    if (severity === undefined || place === undefined) continue;
    const message = `error creating chain '${chain.name}': it is declared in line ${first + 1} already (iptables-legacy-restore refuses that, iptables-nft-restore takes it)`;
    report(
      finding(place, 'duplicate-chain', severity, message, {
        table,
        chain,
        fixes: [
          {
            title: `Remove this declaration of ${chain.name}`,
            safety: 'safe',
            changes: () => removedLines(document, [number]),
          },
        ],
        related: original === undefined ? [] : [{ ...original, message: 'declared here' }],
      }),
    );
  }
}
