import type { Steps } from '../../base/steps.ts';
import { extensionData, findTarget, matches } from '../../catalog/lookup.ts';
import type { ExtensionSpec, Hook } from '../../catalog/types.ts';
import { marksOf, newChainMark } from '../../ruleset/chain-marks.ts';
import { mayMixTables } from '../../ruleset/completeness.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import { chainsReachedFrom, isReachedFrom, otherHooks, reachOf } from '../../ruleset/reachable.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleOption } from '../../syntax/statement.ts';
import { severityFor } from '../support/back-ends.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A target or match in a chain where the kernel does not take it, as a built-in chain leads there. */
export const targetNotInChain: LintRule = {
  codes: {
    'target-not-in-chain':
      'A target or match is used in a chain that a built-in chain leads to in which the kernel does not take it.',
  },
  check,
};

/** Of chains without such a match. */
const hasNoPlaced = newChainMark();

const chainsBetweenPauses = 128;
const rulesBetweenPauses = 2_048;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    // A chain of two tables is reached from where neither is.
    if (mayMixTables(ruleset, table)) continue;
    checkTargets(ruleset, table, report);
    yield;
    const marks = marksOf(ruleset, table);
    for (const [at, chain] of tableFacts(ruleset, table).plain.entries()) {
      if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
      if (((marks[chain.index] as number) & hasNoPlaced) > 0 || chain.builtin) continue;
      if (!(yield* checkMatches(ruleset, chain, report))) (marks[chain.index] as number) |= hasNoPlaced;
    }
    yield;
    checkTargetsWithOptions(ruleset, table, report);
  }
}

/** Matches that the kernel takes in some chains only, always or with some options, by name. */
let placedMatches: ReadonlyMap<string, ExtensionSpec> | undefined;

function matchesWithHooks(): ReadonlyMap<string, ExtensionSpec> {
  placedMatches ??= new Map(
    matches
      .filter((spec) => spec.hooks !== undefined || extensionData(spec).hooksWith !== undefined)
      .map((spec) => [spec.name, spec] as const),
  );
  return placedMatches;
}

/** Those of them that a line loads: to look for the words that do so is a tenth of reading the rule, and most rules load none. */
function* placedIn(text: string): Generator<ExtensionSpec> {
  for (const loading of [' -m ', ' --match ']) {
    for (let at = text.indexOf(loading); at >= 0; at = text.indexOf(loading, at + loading.length)) {
      const start = at + loading.length;
      const end = text.indexOf(' ', start);
      const spec = matchesWithHooks().get(text.slice(start, end < 0 ? undefined : end));
      if (spec !== undefined) yield spec;
    }
  }
}

/** Where the kernel takes an extension with the options that a rule gives it; undefined for everywhere. */
function hooksOf(spec: ExtensionSpec, { dump: { family } }: Table, options: readonly RuleOption[]): readonly Hook[] | undefined {
  if (spec.hooks !== undefined) return spec.hooks;
  return extensionData(spec).hooksWith?.({
    family,
    protocol: 0,
    protocolNegated: false,
    backend: undefined,
    table: undefined,
    hook: undefined,
    rule: options,
    all: options.filter((option) => option.spec?.extension === spec),
  });
}

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
        const line = ruleset.lines.at(number);
        if (line === undefined || line.target !== name || line.listing || line.isGoto) continue;
        const place = mentionsOn(ruleset, number).find(({ kind }) => kind === 'jump');
        if (place !== undefined) reportPlaced(place, spec, spec.hooks, chain, report);
      }
    }
  }
}

const fewLines = 16;

/** The chains that hold these lines. */
function chainsWith(ruleset: Ruleset, table: Table, lines: readonly number[]): ReadonlySet<Chain> {
  const chains = new Set<Chain>();
  for (const number of lines) {
    const chain = table.chains.get(ruleset.lines.at(number)?.name ?? '');
    if (chain !== undefined) chains.add(chain);
  }
  return chains;
}

/** Targets that the kernel takes in some chains only where they have some option. */
function checkTargetsWithOptions(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  for (const [name, lines] of table.targets) {
    const spec = findTarget(name);
    if (spec === undefined || extensionData(spec).hooksWith === undefined) continue;
    for (const number of lines) {
      const line = ruleset.lines.at(number);
      const chain = table.chains.get(line?.name ?? '');
      if (line === undefined || line.listing || chain === undefined || chain.builtin) continue;
      const place = mentionsOn(ruleset, number).find(({ kind }) => kind === 'jump');
      const hooks = hooksOf(spec, table, ruleAt(ruleset, number)?.options ?? []);
      if (place !== undefined && hooks !== undefined && isReachedFrom(ruleset, chain, otherHooks(hooks)))
        reportPlaced(place, spec, hooks, chain, report);
    }
  }
}

/** Says whether some rule loads such a match at all. */
function* checkMatches(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): Steps<boolean> {
  const { lines } = ruleset;
  let hasPlaced = false;
  // Lines of one shape load the same: what varies is values.
  const without = new Set<number>();
  for (const [at, number] of chain.rules.entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const shape = lines.shapeAt(number);
    if (without.has(shape) || lines.formAt(number)?.listing !== false) continue;
    const placed = new Set(placedIn(lines.textAt(number)));
    if (placed.size > 0) hasPlaced = true;
    else if (shape > 0) without.add(shape);
    for (const spec of placed) {
      const options = ruleAt(ruleset, number)?.options ?? [];
      const hooks = hooksOf(spec, chain.table, options);
      if (hooks === undefined || !isReachedFrom(ruleset, chain, otherHooks(hooks))) continue;
      const word = options.find(({ name, values }) => name === '--match' && values[0]?.text === spec.name)?.values[0];
      if (word !== undefined) reportPlaced({ line: number, start: word.start, end: word.end }, spec, hooks, chain, report);
    }
  }
  return hasPlaced;
}

function reportPlaced(
  place: Place,
  extension: ExtensionSpec,
  taken: readonly Hook[],
  chain: Chain,
  report: (finding: Finding) => void,
): void {
  const { table } = chain;
  // The nft back end asks after a rule's options when the rule is added, of its own chain alone.
  const isAlways = extension.hooks !== undefined;
  const severity = severityFor(table.dump, { legacy: false, nft: !isAlways });
  if (severity === undefined) return;
  const refused = reachOf(table)
    .hooksOf(chain)
    .filter((hook) => !taken.includes(hook));
  const what = isAlways
    ? `The kernel takes ${extension.name}`
    : `The legacy back end’s kernel takes ${extension.name} with these options`;
  const message = `${what} only in ${taken.join(', ')} and chains that are reached from there, but ${refused.join(', ')} leads to ${chain.name}`;
  report(finding(place, 'target-not-in-chain', severity, message, { table, chain }));
}
