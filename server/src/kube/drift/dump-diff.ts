/**
 * What differs between two dumps in meaning: not in order, counters, or the way a rule is spelled. What only one of them shows is compared with
 * nothing, and said.
 */

import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { type Cluster, emptyCluster } from '../../cluster/cluster.ts';
import { hasEveryChain, hasGap, mayBeHalf, mayHaveMoreTables, mayMixChains } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { severalDumpsNotes } from '../proxy/several-dumps.ts';
import { diffChainRules } from './diff-chain.ts';
import { diffServices } from './diff-services.ts';
import type { ChainDiff, DumpDiff, RuleDiff } from './dump-difference.ts';

const chainsBetweenPauses = 64;
const mostNamed = 6;

function tableKey(table: Table): string {
  return `${table.dump.family} ${table.name}`;
}

/** Of several tables of one name and family the last counts, as it does when they are loaded one after the other. */
function tablesOf(ruleset: Ruleset): ReadonlyMap<string, Table> {
  return new Map(ruleset.tables.map((table) => [tableKey(table), table]));
}

function exists(chain: Chain | undefined): chain is Chain {
  return chain !== undefined && (chain.builtin || chain.declarations.length > 0 || chain.rules.length > 0);
}

/** Whether a chain is named only at the end of a text that was cut: its name may be half of another. */
function hasHalfName(ruleset: Ruleset, { builtin, declarations, rules }: Chain): boolean {
  return !builtin && [...declarations, ...rules].every((line) => mayBeHalf(ruleset, line));
}

/** The policy that a dump says of a built-in chain; null where it says none. */
function policyOf({ lines }: Ruleset, chain: Chain | undefined): string | null {
  if (chain?.builtin !== true) return null;
  for (const number of [...chain.mentions, ...chain.declarations]) {
    const line = lines.at(number);
    const statement = line === undefined ? undefined : statementOf(line);
    if (statement?.kind === 'chain' && statement.policy !== undefined) return statement.policy.text;
    if (statement?.kind === 'chain-command' && statement.command === 'policy' && statement.argument !== undefined)
      return statement.argument.text;
  }
  return null;
}

function lineOf(chain: Chain | undefined): number | null {
  const line = chain?.declarations[0] ?? chain?.mentions[0] ?? chain?.rules[0];
  return line === undefined ? null : line + 1;
}

/** A built-in chain that lets everything through is there whether or not a dump shows it. */
function isBlank(ruleset: Ruleset, chain: Chain): boolean {
  return chain.builtin && chain.rules.length === 0 && (policyOf(ruleset, chain) ?? 'ACCEPT') === 'ACCEPT';
}

/** Whether a table has nothing to compare: only built-in chains that let everything through. */
function isEmpty(ruleset: Ruleset, { chains }: Table): boolean {
  return [...chains.values()].every((chain) => isBlank(ruleset, chain));
}

/** A table of both dumps, or of one where the other shows that it has none. */
interface Pair {
  readonly old: Table | undefined;
  readonly now: Table | undefined;
}

interface Pairs {
  readonly compared: readonly Pair[];
  readonly notCompared: readonly string[];
}

const familyNames: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/** Whether the node that a ruleset is from may have a table of this family that the ruleset does not show. */
function mayHaveTable(ruleset: Ruleset, family: Family): boolean {
  const dumps = ruleset.dumps.filter((dump) => dump.family === family);
  return dumps.length === 0 || dumps.every((dump) => mayHaveMoreTables(ruleset, dump));
}

function pairTables(before: Ruleset, after: Ruleset): Pairs {
  const oldTables = tablesOf(before);
  const newTables = tablesOf(after);
  const compared: Pair[] = [];
  const onlyIn = new Map<string, readonly Table[]>();
  for (const key of new Set([...oldTables.keys(), ...newTables.keys()])) {
    const old = oldTables.get(key);
    const now = newTables.get(key);
    const only = old === undefined ? now : now === undefined ? old : undefined;
    if (only === undefined) {
      compared.push({ old, now });
      continue;
    }
    const [shown, other, which] = old === undefined ? [after, before, 'second'] : [before, after, 'first'];
    if (isEmpty(shown, only)) continue;
    if (mayHaveTable(other, only.dump.family)) {
      const where = `${which} ${only.dump.family}`;
      onlyIn.set(where, [...(onlyIn.get(where) ?? []), only]);
    } else {
      compared.push({ old, now });
    }
  }
  const notCompared = [...onlyIn].map(([where, tables]) => `Only the ${where.split(' ')[0]} dump shows ${tablesText(tables)}.`);
  return { compared, notCompared };
}

/** "table nat of IPv4", "the tables mangle and nat of IPv4": tables of one family. */
function tablesText(tables: readonly Table[]): string {
  const names = tables.map(({ name }) => name);
  const listed = names.length === 1 ? `table ${names[0]}` : `the tables ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${listed} of ${familyNames[tables[0]?.dump.family ?? 'ipv4']}`;
}

/** Two rulesets, and what was found to differ between them so far. */
interface Comparison {
  readonly before: Ruleset;
  readonly after: Ruleset;
  readonly chains: ChainDiff[];
  readonly rules: RuleDiff[];
  readonly notCompared: string[];
  /** Whether one of the dumps does not show the interfaces of some chain. */
  hidesInterfaces: boolean;
}

/** A chain in both dumps; undefined where one does not have it. */
interface ChainPair {
  readonly old: Chain | undefined;
  readonly now: Chain | undefined;
}

function* compareTables(comparison: Comparison, pair: Pair): Steps<void> {
  const { old, now } = pair;
  const isMixed =
    (old !== undefined && mayMixChains(comparison.before, old)) || (now !== undefined && mayMixChains(comparison.after, now));
  // Behind a part that was left out another table may have begun.
  const hasGaps = (old !== undefined && hasGap(comparison.before, old)) || (now !== undefined && hasGap(comparison.after, now));
  if (hasGaps) {
    comparison.notCompared.push(
      `Of ${(old ?? now)?.name} nothing was compared: a part is left out, and what stands behind it may be another table's.`,
    );
    return;
  }
  if (isMixed) {
    comparison.notCompared.push(`Of ${(old ?? now)?.name} nothing was compared: rows stand below chains that may not be theirs.`);
    return;
  }
  const unseen = { first: [] as string[], second: [] as string[] };
  let count = 0;
  for (const name of new Set([...(old?.chains.keys() ?? []), ...(now?.chains.keys() ?? [])])) {
    count += 1;
    if (count % chainsBetweenPauses === 0) yield;
    const [oldChain, newChain] = [old?.chains.get(name), now?.chains.get(name)];
    const chains = { old: exists(oldChain) ? oldChain : undefined, now: exists(newChain) ? newChain : undefined };
    if (chains.old === undefined && chains.now !== undefined && hasHalfName(comparison.after, chains.now)) continue;
    if (chains.now === undefined && chains.old !== undefined && hasHalfName(comparison.before, chains.old)) continue;
    if (chains.old === undefined && chains.now === undefined) continue;
    // A chain is gone only from a table whose chains are all shown.
    if (chains.old === undefined && old !== undefined && !hasEveryChain(comparison.before, old)) unseen.first.push(name);
    else if (chains.now === undefined && now !== undefined && !hasEveryChain(comparison.after, now)) unseen.second.push(name);
    else compareChains(comparison, pair, chains);
  }
  for (const [which, names] of Object.entries(unseen)) {
    if (names.length === 0) continue;
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
    const shown = `${names.slice(0, mostNamed).join(', ')}${more}`;
    comparison.notCompared.push(`The ${which} dump does not show ${(old ?? now)?.name} ${shown}.`);
  }
}

function compareChains(comparison: Comparison, pair: Pair, { old, now }: ChainPair): void {
  const { before, after } = comparison;
  const table = pair.now ?? pair.old;
  const name = (old ?? now)?.name ?? '';
  const isInOne = old === undefined || now === undefined;
  if (
    table === undefined ||
    (isInOne && (old === undefined || isBlank(before, old)) && (now === undefined || isBlank(after, now)))
  )
    return;
  const place = { family: table.dump.family, table: table.name, chain: name };
  const policy = { before: policyOf(before, old), after: policyOf(after, now) };
  const otherPolicy = policy.before !== policy.after && policy.before !== null && policy.after !== null;
  if (isInOne || otherPolicy) {
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    const lines = { before: lineOf(old), after: lineOf(now) };
    comparison.chains.push({ ...place, change, ...lines, policy: otherPolicy ? policy : null });
  }
  const { changes, notCompared, withInterfaces } = diffChainRules(
    { ruleset: before, table: pair.old ?? table, chain: old },
    { ruleset: after, table: pair.now ?? table, chain: now },
  );
  for (const { change, rule, line } of changes) comparison.rules.push({ ...place, change, rule, line: line + 1 });
  if (!withInterfaces) comparison.hidesInterfaces = true;
  if (notCompared !== '') comparison.notCompared.push(`Of ${table.name} ${name} was not compared: ${notCompared}.`);
}

/**
 * What the second dump has and the first does not, and the other way round. Services are known by comments, and by the cluster where one
 * is given. Pauses every few dozen chains.
 */
export function* diffDumps(before: Ruleset, after: Ruleset, cluster: Cluster = emptyCluster): Steps<DumpDiff> {
  const { compared, notCompared } = pairTables(before, after);
  const comparison: Comparison = { before, after, chains: [], rules: [], notCompared: [...notCompared], hidesInterfaces: false };
  const services = yield* diffServices(
    { ruleset: before, tables: compared.flatMap(({ old }) => old ?? []) },
    { ruleset: after, tables: compared.flatMap(({ now }) => now ?? []) },
    cluster,
  );
  for (const pair of compared) yield* compareTables(comparison, pair);
  for (const [ruleset, which] of [
    [before, 'first'],
    [after, 'second'],
  ] as const) {
    const used = [...new Set([...tablesOf(ruleset).values()].map(({ dump }) => dump))];
    for (const note of severalDumpsNotes(ruleset, used))
      comparison.notCompared.push(note.replace('The text', `The ${which} text`));
  }
  if (comparison.hidesInterfaces)
    comparison.notCompared.push('Interfaces were not compared where one of the dumps does not show them.');
  const { chains, rules } = comparison;
  return { services, chains, rules, ...(comparison.notCompared.length === 0 ? {} : { notCompared: comparison.notCompared }) };
}

/** Whether two dumps have a table that both show, so that anything of them could be compared. */
export function haveCommonTable(before: Ruleset, after: Ruleset): boolean {
  return pairTables(before, after).compared.length > 0;
}
