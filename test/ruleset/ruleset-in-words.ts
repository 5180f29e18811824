/** All that a ruleset says of a text, in words. */
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import {
  formOf,
  hasCutLines,
  hasEveryChain,
  hasGap,
  isChainShownWhole,
  isLoadedOnTop,
  isNamedInUnreadLine,
  isRuleShownWhole,
  isShownFrom,
  isTableWhole,
  mayBeHalf,
  mayBeReached,
  mayHaveMoreReferences,
  mayHaveMoreTables,
  mayMixChains,
  mayMixTables,
  unshownChains,
} from '../../server/src/ruleset/completeness.ts';
import { mentionsOf } from '../../server/src/ruleset/places.ts';
import { reachOf } from '../../server/src/ruleset/reachable.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../server/src/ruleset/ruleset.ts';
import { membersOf, setsOf } from '../../server/src/ruleset/sets.ts';

/** The words that are true. */
function holding(words: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(words).flatMap(([word, holds]) => (holds ? [word] : []));
}

/** Lines from 1. */
function places(lines: readonly number[]): string {
  return lines.map((line) => line + 1).join(' ');
}

function dumpText(ruleset: Ruleset, dump: Dump): string {
  const { family, familyBy, generator } = dump;
  const by = generator === undefined ? '' : ` ${generator.program} ${generator.version} ${generator.backend ?? ''}`.trimEnd();
  return `${family} by ${familyBy}${by}${mayHaveMoreTables(ruleset, dump) ? ', may have more tables' : ''}`;
}

function tableWords(ruleset: Ruleset, table: Table): readonly string[] {
  const unshown = unshownChains(ruleset, table);
  const words = holding({
    declared: table.declared,
    whole: isTableWhole(ruleset, table),
    'every chain': hasEveryChain(ruleset, table),
    'a gap': hasGap(ruleset, table),
    'cut lines': hasCutLines(ruleset, table),
    'loaded on top': isLoadedOnTop(ruleset, table),
    'mixed tables': mayMixTables(ruleset, table),
    'mixed chains': mayMixChains(ruleset, table),
  });
  const notShown = unshown.length === 0 ? [] : [`not shown ${unshown.map(({ name }) => name).join(' ')}`];
  return [`form ${formOf(ruleset, table)}`, ...words, ...notShown];
}

function chainWords(ruleset: Ruleset, chain: Chain): readonly string[] {
  const reach = reachOf(chain.table);
  const words = holding({
    'built in': chain.builtin,
    whole: isChainShownWhole(ruleset, chain),
    'shown from here': isShownFrom(ruleset, chain),
    'more references': mayHaveMoreReferences(ruleset, chain),
    'may be reached': mayBeReached(ruleset, chain),
    'named in an unread line': isNamedInUnreadLine(ruleset, chain),
    reached: reach.isReached(chain),
  });
  return [...words, ...reach.hooksOf(chain).map((hook) => `from ${hook}`)];
}

function listsText({ declarations, rules, references, mentions, jumps }: Chain): string {
  const lists = Object.entries({ declarations, rules, references, mentions }).flatMap(([name, lines]) =>
    lines.length === 0 ? [] : [`${name} ${places(lines)}`],
  );
  return [...lists, ...(jumps.length === 0 ? [] : [`jumps ${jumps.map(({ name }) => name).join(' ')}`])].join('; ');
}

function mentionsText(ruleset: Ruleset, chain: Chain): string {
  return Array.from(mentionsOf(ruleset, chain), ({ kind, line, start, end }) => `${kind} ${line + 1}:${start}-${end}`).join(', ');
}

/** What iptables would print of a rule, where its line is not just that, and what the line does not show. */
function ruleText(ruleset: Ruleset, number: number): readonly string[] {
  const line = ruleset.lines.at(number);
  const rule = ruleAt(ruleset, number);
  if (line === undefined || rule === undefined) return [];
  const printed = canonicalRules(rule, line.context).filter((text) => text !== line.text);
  const words = holding({ 'not shown whole': !isRuleShownWhole(ruleset, number), 'may be half': mayBeHalf(ruleset, number) });
  return printed.length + words.length === 0 ? [] : [`  ${number + 1} ${[...words, ...printed].join(' | ')}`];
}

function setTexts(ruleset: Ruleset): readonly string[] {
  return Array.from(setsOf(ruleset), ([name, set]) => {
    const references = set.references.map(({ line, start, end }) => `${line + 1}:${start}-${end}`);
    return `  set ${name} ${set.type ?? '-'}: declared ${places(set.declarations)}; named ${references.join(' ')}; has ${membersOf(ruleset, set, 3).join(' ')}`;
  });
}

/** All of it. */
export function rulesetInFull(ruleset: Ruleset): readonly string[] {
  const told = ruleset.dumps.flatMap((dump) => [
    `  dump ${dumpText(ruleset, dump)}`,
    ...dump.tables.flatMap((table) => [
      `  table ${table.name} ${table.firstLine + 1}-${table.endLine}, COMMIT ${table.commitLine === undefined ? '-' : table.commitLine + 1}, ${tableWords(ruleset, table).join(', ')}`,
      ...Array.from(table.targets, ([name, lines]) => `    target ${name} ${places(lines)}`),
      ...reachOf(table).loops.map(({ from, to }) => `    loop ${from.name} to ${to.name}`),
      ...Array.from(table.chains.values()).flatMap((chain) => [
        `    ${chain.name}: ${chainWords(ruleset, chain).join(', ')}`,
        `      ${listsText(chain)}`,
        `      ${mentionsText(ruleset, chain)}`,
      ]),
    ]),
  ]);
  const rules = Array.from({ length: ruleset.lines.length }, (_, number) => ruleText(ruleset, number)).flat();
  return [...told.map((line) => line.trimEnd()), ...rules, ...setTexts(ruleset)];
}

/** What is claimed of the text, of its tables and of its chains: "nat whole", and the names of the chains that it is claimed of. */
export function claimsOf(ruleset: Ruleset): ReadonlyMap<string, ReadonlySet<string>> {
  const claims = new Map<string, Set<string>>();
  const add = (claim: string, name: string): void => {
    claims.set(claim, (claims.get(claim) ?? new Set()).add(name));
  };
  for (const dump of ruleset.dumps) add(dumpText(ruleset, dump), '');
  for (const table of ruleset.tables) {
    for (const word of tableWords(ruleset, table)) add(`${table.name} ${word}`, '');
    for (const chain of table.chains.values()) {
      for (const word of ['there', ...chainWords(ruleset, chain)]) add(`${table.name}, chains ${word}`, chain.name);
    }
  }
  return claims;
}
