/**
 * How much of a node's rules a text shows. People paste excerpts, listings without `-v`, and texts that were cut; what the part that is not shown
 * could explain is nobody's fault, and nothing may be claimed of it. Whoever says that something is missing, that nothing leads somewhere, or
 * that a rule takes every packet, asks here first.
 */
import { createMemory } from '../base/memory.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import { endsInHashedName } from '../syntax/saved-layout.ts';
import { type Extent, extentOf, type TableForm } from './extent.ts';
import { hasLostMark } from './lost-condition.ts';
import { type Chain, type Dump, type Ruleset, type Table, tableAt } from './ruleset.ts';

/** What printed a table. */
export function formOf(ruleset: Ruleset, table: Table): TableForm {
  return extentOf(ruleset, table).form;
}

/**
 * Whether rules that stand together may be of several tables, as `iptables-save | grep` and `| sort` leave them: chains of one name are one chain then, and what
 * stands below a rule in the text need not come after it. Where COMMIT or a prompt follows or precedes them they are of one table. Likewise of a
 * listing of which grep left a heading here and there: rows stand below chains that are not theirs.
 */
export function mayMixTables(ruleset: Ruleset, table: Table): boolean {
  if (mayMixChains(ruleset, table) || extentOf(ruleset, table).isSorted) return true;
  if (table.commitLine !== undefined || extentOf(ruleset, table).form !== 'rules') return false;
  return ruleset.lines.at(table.firstLine)?.context.table === undefined;
}

/** Whether rows of a listing may stand below chains that are not theirs: grep took headings away, and the names of columns with them. */
export function mayMixChains(ruleset: Ruleset, table: Table): boolean {
  return !extentOf(ruleset, table).hasColumns;
}

/**
 * Whether all of a table's chains and all of their rules are shown, so that what is not there is not in the kernel. Listings and the output of
 * `-S` have no last line of their own: where they end with the text, the last chain may go on all the same (`isChainShownWhole`).
 */
export function isTableWhole(ruleset: Ruleset, table: Table): boolean {
  const { form, begins, ends, gaps, undeclared, hasColumns, cut, hasLinesTakenOut } = extentOf(ruleset, table);
  if (!begins || gaps.length > 0 || !hasColumns || cut.size > 0 || hasLinesTakenOut) return false;
  switch (form) {
    case 'save':
      return ends;
    case 'commands':
      // -N of every chain comes before the first -A: rules are missing where the last chains have none.
      return undeclared.length === 0 && (ends || lastShown(table) >= lastDeclared(table));
    case 'listing':
      return undeclared.length === 0 && hasAllReferences(ruleset, table);
    case 'rules':
      return false;
  }
}

/**
 * Whether a table is the input of a program that loads it with --noflush, on top of what is there: it makes or takes away single chains and rules,
 * and declares no built-in chain.
 */
export function isLoadedOnTop(ruleset: Ruleset, table: Table): boolean {
  return extentOf(ruleset, table).isLoadedOnTop;
}

/** Whether every chain of a table is shown, if not every rule: `iptables -S` names them all first. */
export function hasEveryChain(ruleset: Ruleset, table: Table): boolean {
  const { form, begins, ends, gaps, undeclared, hasLinesTakenOut } = extentOf(ruleset, table);
  // Rules come behind the last -N.
  if (form === 'commands' && !hasLinesTakenOut)
    return begins && gaps.length === 0 && undeclared.length === 0 && (ends || lastShown(table) >= 0);
  return isTableWhole(ruleset, table);
}

/** The chains that rules of a table jump to or belong to, and that no line declares: "the text does not show ...". */
export function unshownChains(ruleset: Ruleset, table: Table): readonly Chain[] {
  return table.chains.atAll(extentOf(ruleset, table).undeclared);
}

/** Whether a chain is shown from its first rule to its last, so that what is not there is not in the kernel. */
export function isChainShownWhole(ruleset: Ruleset, chain: Chain): boolean {
  const { table } = chain;
  const extent = extentOf(ruleset, table);
  if (chain.declarations.length === 0 && !(chain.builtin && (chain.mentions.length > 0 || extent.form === 'save'))) return false;
  if (extent.unread.has(chain.name) || extent.cut.size > 0 || extent.hasLinesTakenOut) return false;
  switch (extent.form) {
    case 'save':
      return extent.ends && extent.gaps.length === 0;
    case 'commands':
      // Rules come in the order of the chains.
      return extent.gaps.length === 0 && (extent.ends || placeOf(chain) < lastShown(table));
    case 'listing':
      return isListedWhole(extent, chain) && !(extent.begins && lacksReferences(ruleset, table));
    case 'rules':
      return false;
  }
}

/**
 * Whether rules that jump to a chain may stand where the text does not show them. A listing says how many there are: "Chain X (2 references)".
 */
export function mayHaveMoreReferences(ruleset: Ruleset, chain: Chain): boolean {
  const { table } = chain;
  const extent = extentOf(ruleset, table);
  if (extent.unread.has(chain.name) || mayHaveMoreJumps(ruleset, table)) return true;
  if (extent.form !== 'listing') return false;
  const said = extent.hasColumns ? referencesSaid(ruleset, chain) : undefined;
  return said === undefined || said !== chain.references.length;
}

/** Whether unseen rules may jump to any chain of a table at all. Where they may not, a listing says of each chain how many do. */
export function mayHaveMoreJumps(ruleset: Ruleset, table: Table): boolean {
  const { form, ends, hasLostTargets } = extentOf(ruleset, table);
  if (hasLostTargets) return true;
  switch (form) {
    case 'save':
      return !isTableWhole(ruleset, table);
    case 'commands':
      return !isTableWhole(ruleset, table) || !ends;
    case 'listing':
      return false;
    case 'rules':
      return true;
  }
}

/**
 * Whether some way from a built-in chain may lead to a chain, though the text shows none: a rule that is not shown may jump to it, or to a chain
 * from which it is reached.
 */
export function mayBeReached(ruleset: Ruleset, chain: Chain): boolean {
  const { table } = chain;
  if (formOf(ruleset, table) !== 'listing') return chain.builtin || mayHaveMoreReferences(ruleset, chain);
  let reached = perhapsReached.get(table);
  if (reached === undefined) {
    const found = new Set<Chain>();
    for (const each of table.chains.values()) {
      if (each.builtin || mayHaveMoreReferences(ruleset, each) || hasUnknownJumper(ruleset, each)) found.add(each);
    }
    for (const each of found) for (const next of each.jumps) found.add(next);
    reached = found;
    perhapsReached.set(table, reached);
  }
  return reached.has(chain);
}

/** Whether a rule jumps to a chain of which it is not shown what chain it stands in: a row below a heading that is missing. */
function hasUnknownJumper({ lines }: Ruleset, { references, table }: Chain): boolean {
  return references.some((number) => table.chains.get(lines.nameAt(number)) === undefined);
}

const perhapsReached = createMemory<Table, ReadonlySet<Chain>>();

/**
 * Whether everything is shown that a packet can come to in a table from one of its chains: that chain and all that it leads to, each whole. Only
 * then can be said what is not there: no rule that accepts, no jump to some chain.
 * @param isKnown chains of which that is known without their last rules, by who writes them
 */
export function isShownFrom(ruleset: Ruleset, chain: Chain, isKnown: (chain: Chain) => boolean = () => false): boolean {
  const seen = new Set<Chain>([chain]);
  for (const each of seen) {
    if (!isChainShownWhole(ruleset, each) && !isKnown(each)) return false;
    for (const next of each.jumps) seen.add(next);
  }
  return true;
}

/** Whether a line that could not be read names a chain: it may declare or use what seems to be missing. */
export function isNamedInUnreadLine(ruleset: Ruleset, { table, name }: Pick<Chain, 'table' | 'name'>): boolean {
  return extentOf(ruleset, table).unread.has(name);
}

/** Whether a line of a table says that something was left out: "...", "[snip]". */
export function hasGap(ruleset: Ruleset, table: Table): boolean {
  return extentOf(ruleset, table).gaps.length > 0;
}

/** Chains that kube-proxy and kubelet make in tables nat and filter at once: where one of the two is not shown, it was left out. */
const madeInBoth = ['KUBE-SERVICES', 'KUBE-PROXY-CANARY', 'KUBE-KUBELET-CANARY'] as const;

/** Whether a node may have tables beside those that a dump shows: `iptables-save -t`, -S and -L print one at a time. */
export function mayHaveMoreTables(ruleset: Ruleset, dump: Dump): boolean {
  if (dump.tables.length < 2 || !dump.tables.every((table) => table.declared && isTableWhole(ruleset, table))) return true;
  return lacksTable(dump);
}

/** Whether a dump lacks a table that is on the node, as chains in another one show. */
export function lacksTable({ tables }: Dump): boolean {
  const isOfBoth = tables.some(({ chains }) => madeInBoth.some((name) => chains.has(name)));
  return isOfBoth && !['nat', 'filter'].every((wanted) => tables.some(({ name }) => name === wanted));
}

/** Whether the line of a rule shows its interfaces: `iptables -L` prints them with -v only. */
export function showsInterfaces(line: Line): boolean {
  if (!line.isUnsure) return true;
  const statement = statementOf(line);
  return statement.kind !== 'rule' || !statement.hidden.includes('interfaces');
}

/**
 * Whether the line (0-based) of a rule shows everything that a packet must be for it, and what happens to it then, and all of that was understood.
 * Where it does not, the rule may be for fewer packets than it seems, never for more. The last line of a text that was cut may go on.
 */
export function isRuleShownWhole(ruleset: Ruleset, number: number): boolean {
  const line = ruleset.lines.at(number);
  if (line === undefined || line.isUnsure || isMarkLost(line) || line.problems.some(({ severity }) => severity === 'error'))
    return false;
  return !isLastLine(ruleset, number) && !isCutLine(ruleset, number);
}

/** Whether a rule of kube-proxy's is shown without the mark that it asks for. */
function isMarkLost(line: Line): boolean {
  if (line.name !== 'KUBE-FORWARD' || line.target !== 'ACCEPT') return false;
  const statement = statementOf(line);
  return statement.kind === 'rule' && hasLostMark(statement);
}

/** Whether rules of a table were cut, all at one place, so that each may ask for more and lead elsewhere. */
export function hasCutLines(ruleset: Ruleset, table: Table): boolean {
  return extentOf(ruleset, table).cut.size > 0;
}

/** Whether the line (0-based) of a rule was cut where all of its table's rules were. */
export function isCutLine(ruleset: Ruleset, number: number): boolean {
  const table = tableAt(ruleset, number);
  return table !== undefined && extentOf(ruleset, table).cut.has(number);
}

/** Whether a name or an address at the end of a line may be half of another: the text was cut there, for all that it shows. */
export function mayBeHalf(ruleset: Ruleset, number: number): boolean {
  const line = ruleset.lines.at(number);
  if (isCutLine(ruleset, number)) return true;
  return isLastLine(ruleset, number) && !(line !== undefined && endsInHashedName(line));
}

/** Whether a text ends with this line, and neither a line end nor COMMIT shows that the line does not go on. */
function isLastLine({ lines, tables }: Ruleset, number: number): boolean {
  return number === lines.length - 1 && tables.at(-1)?.commitLine === undefined;
}

/** The first line that names a chain: its declaration, its policy; -1 for a built-in chain of which neither is shown: they come first. */
function placeOf({ builtin, declarations, mentions, rules }: Chain): number {
  if (builtin && declarations.length + mentions.length === 0) return -1;
  return Math.min(
    declarations[0] ?? Number.POSITIVE_INFINITY,
    mentions[0] ?? Number.POSITIVE_INFINITY,
    rules[0] ?? Number.POSITIVE_INFINITY,
  );
}

/** Where the last chain in the output of -S that has rules is declared; -1 without any. */
function lastShown(table: Table): number {
  let last: Chain | undefined;
  for (const chain of table.chains.values()) {
    // The name of a chain that is not declared was cut.
    if (chain.declarations.length === 0 && !chain.builtin) continue;
    if ((chain.rules.at(-1) ?? -1) > (last?.rules.at(-1) ?? -1)) last = chain;
  }
  return last === undefined ? -1 : placeOf(last);
}

function lastDeclared(table: Table): number {
  let last = -1;
  for (const chain of table.chains.values()) last = Math.max(last, chain.declarations.at(-1) ?? chain.mentions.at(-1) ?? -1);
  return last;
}

/** A listed chain goes on to the next one: whole where another stands behind it, or the listing's end is shown. */
function isListedWhole({ gaps, ends, listedEnds, hasColumns }: Extent, chain: Chain): boolean {
  const [from = 0] = chain.declarations;
  const next = listedEnds.get(from);
  if (!hasColumns || (next === undefined && !ends)) return false;
  return !gaps.some((gap) => gap > from && (next === undefined || gap < next));
}

/** How many rules jump to a chain, as the line says that begins it in a listing; undefined where it does not. */
function referencesSaid(ruleset: Ruleset, chain: Chain): number | undefined {
  const line = ruleset.lines.at(chain.declarations[0] ?? -1);
  const found = line?.listing === true ? / \((\d+) references\)\s*$/.exec(line.text)?.[1] : undefined;
  return found === undefined ? undefined : Number(found);
}

/** Whether a listing says that more rules jump to some chain than it shows. */
function lacksReferences(ruleset: Ruleset, table: Table): boolean {
  for (const chain of table.chains.values()) if ((referencesSaid(ruleset, chain) ?? 0) > chain.references.length) return true;
  return false;
}

/** Whether a listing shows as many jumps to each chain as it says that there are. */
function hasAllReferences(ruleset: Ruleset, table: Table): boolean {
  for (const chain of table.chains.values()) {
    if (chain.builtin) continue;
    if (referencesSaid(ruleset, chain) !== chain.references.length) return false;
  }
  return true;
}
