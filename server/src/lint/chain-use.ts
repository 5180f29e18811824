import { findMatch, findTarget } from '../catalog/lookup.ts';
import type { ExtensionSpec } from '../catalog/types.ts';
import { mentionsOn } from '../ruleset/places.ts';
import { hookBits, reachOf } from '../ruleset/reachable.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from './finding.ts';
import { tableFacts } from './table-facts.ts';

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
    const facts = tableFacts(table);
    for (const chain of facts.builtinJumpedTo) reportBuiltin(ruleset, chain, report);
    if (table.declared) for (const chain of facts.declaredLater) reportLater(ruleset, chain, report);
    yield;
    const placed = placedTargets(table);
    const reach = reachOf(table);
    if (placed.length > 0) {
      for (const chain of table.chains.values()) {
        if (!chain.builtin) checkTargets(ruleset, chain, reach.bitsOf(chain), placed, report);
      }
    }
    yield;
    for (const chain of facts.plain) if (!chain.builtin) checkMatches(ruleset, chain, report);
  }
}

/** A target that the kernel takes in some chains only, and the built-in chains that may not lead to it, as bits. */
interface PlacedTarget {
  readonly spec: ExtensionSpec;
  readonly refused: number;
}

/** Those among a table's targets. */
function placedTargets(table: Table): readonly PlacedTarget[] {
  return [...table.targets.keys()].flatMap((name) => {
    const spec = findTarget(name);
    return spec?.hooks === undefined ? [] : [{ spec, refused: ~hookBits(spec.hooks) }];
  });
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

function checkTargets(
  ruleset: Ruleset,
  chain: Chain,
  reachedFrom: number,
  placed: readonly PlacedTarget[],
  report: (finding: Finding) => void,
): void {
  for (const { spec, refused } of placed) {
    if ((reachedFrom & refused) === 0) continue;
    for (const number of chain.rules) {
      const line = ruleset.lines[number];
      if (line === undefined || line.target !== spec.name || line.listing || line.isGoto) continue;
      const place = mentionsOn(ruleset, number).find(({ kind }) => kind === 'jump');
      if (place !== undefined) reportPlaced(place, spec, chain, report);
    }
  }
}

function checkMatches(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const reachedFrom = reachOf(chain.table).bitsOf(chain);
  for (const number of chain.rules) {
    const line = ruleset.lines[number];
    const match = line === undefined || line.listing ? undefined : placedMatch.exec(line.text)?.[1];
    const spec = match === undefined ? undefined : findMatch(match);
    if (spec?.hooks === undefined || (reachedFrom & ~hookBits(spec.hooks)) === 0) continue;
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
