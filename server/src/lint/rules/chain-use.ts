import type { Steps } from '../../base/steps.ts';
import { findMatch, findTarget } from '../../catalog/lookup.ts';
import type { ExtensionSpec } from '../../catalog/types.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import { chainsReachedFrom, isReachedFrom, otherHooks, reachOf } from '../../ruleset/reachable.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** How chains may be used: not a built-in one as a target, not before its declaration, and with no target that the way there forbids. */
export const chainUse: LintRule = {
  codes: {
    'jump-to-builtin-chain': 'No rule can jump to a built-in chain.',
    'chain-declared-later': 'A chain is used above the line that declares it.',
    'target-not-in-chain':
      'A target or match is used in a chain that a built-in chain leads to in which the kernel does not take it.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    const facts = tableFacts(ruleset, table);
    for (const chain of facts.builtinJumpedTo) reportBuiltin(ruleset, chain, report);
    if (table.declared) for (const chain of facts.declaredLater) reportLater(ruleset, chain, report);
    yield;
    checkTargets(ruleset, table, report);
    yield;
    for (const chain of facts.plain) if (!chain.builtin) checkMatches(ruleset, chain, report);
  }
}

function reportBuiltin(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  for (const line of chain.references) {
    const place = mentionsOn(ruleset, line).find(({ kind }) => kind === 'jump' || kind === 'goto');
    if (place === undefined) continue;
    const message = `${chain.name} is a built-in chain of ${chain.table.name}: no rule can jump to it`;
    report(finding(place, 'jump-to-builtin-chain', 'error', message, { table: chain.table, chain }));
  }
}

function reportLater(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const [declared = 0] = chain.declarations;
  for (const lines of [chain.rules, chain.references]) {
    for (const line of lines) {
      if (line >= declared) break;
      const place = mentionsOn(ruleset, line).find(
        ({ name, kind }) => name === chain.name && (kind === 'rule') === (lines === chain.rules),
      );
      if (place === undefined) continue;
      const message = `${chain.name} is declared only in line ${declared + 1}: iptables-restore needs it above`;
      report(finding(place, 'chain-declared-later', 'error', message, { table: chain.table, chain }));
    }
  }
}

/** Matches that the kernel takes in some chains only. */
const placedMatch = / -m (owner|mac|physdev|rpfilter|socket|devgroup|eui64|cluster) /;

/**
 * Targets that the kernel takes in some chains only: few of those are used in a table, and few of a table's 50,000 chains are reached from where
 * they may not be, or few rules use them. Of the two the shorter list is gone through.
 */
function checkTargets(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  for (const [name, lines] of table.targets) {
    const spec = findTarget(name);
    if (spec?.hooks === undefined) continue;
    const refused = otherHooks(spec.hooks);
    const suspects =
      lines.length > fewLines
        ? chainsReachedFrom(table, refused)
        : [...chainsWith(ruleset, table, lines)].filter((chain) => isReachedFrom(ruleset, chain, refused));
    for (const chain of suspects) {
      if (chain.builtin) continue;
      for (const number of chain.rules) {
        const line = ruleset.lines[number];
        if (line === undefined || line.target !== name || line.listing || line.isGoto) continue;
        const place = mentionsOn(ruleset, number).find(({ kind }) => kind === 'jump');
        if (place !== undefined) reportPlaced(place, spec, chain, report);
      }
    }
  }
}

const fewLines = 16;

/** The chains that hold these lines. */
function chainsWith(ruleset: Ruleset, table: Table, lines: readonly number[]): ReadonlySet<Chain> {
  const chains = new Set<Chain>();
  for (const number of lines) {
    const chain = table.chains.get(ruleset.lines[number]?.name ?? '');
    if (chain !== undefined) chains.add(chain);
  }
  return chains;
}

function checkMatches(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  for (const number of chain.rules) {
    const line = ruleset.lines[number];
    const match = line === undefined || line.listing ? undefined : placedMatch.exec(line.text)?.[1];
    const spec = match === undefined ? undefined : findMatch(match);
    if (spec?.hooks === undefined || !isReachedFrom(ruleset, chain, otherHooks(spec.hooks))) continue;
    const option = ruleAt(ruleset, number)?.options.find(({ name, values }) => name === '--match' && values[0]?.text === match);
    const word = option?.values[0];
    if (word !== undefined) reportPlaced({ line: number, start: word.start, end: word.end }, spec, chain, report);
  }
}

function reportPlaced(place: Place, extension: ExtensionSpec, chain: Chain, report: (finding: Finding) => void): void {
  const taken = extension.hooks ?? [];
  const refused = reachOf(chain.table)
    .hooksOf(chain)
    .filter((hook) => !taken.includes(hook));
  const message = `The kernel takes ${extension.name} only in ${taken.join(', ')} and chains that are reached from there, but ${refused.join(', ')} leads to ${chain.name}`;
  report(finding(place, 'target-not-in-chain', 'error', message, { table: chain.table, chain }));
}
