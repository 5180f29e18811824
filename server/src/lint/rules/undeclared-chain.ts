import { nearestNames } from '../../base/nearest-names.ts';
import type { Steps } from '../../base/steps.ts';
import { formOf, isNamedInUnreadLine, isTableWhole } from '../../ruleset/completeness.ts';
import { type Mention, mentionsOn } from '../../ruleset/places.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { declaredChains, isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { LateFinding } from '../support/late-finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/** A jump to a chain that the table does not declare: iptables-restore refuses the whole table (kubernetes/kubernetes#80462). */
export const undeclaredChain: LintRule = {
  codes: { 'undeclared-chain': 'A rule belongs or jumps to a chain that its table does not declare.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const faulty: Chain[] = [];
  for (const table of ruleset.tables) {
    yield;
    const { undeclared } = tableFacts(ruleset, table);
    if (undeclared.length === 0) continue;
    // The kernel holds no jump to a chain that is not there: in what it printed such a chain was cut off.
    if (formOf(ruleset, table) !== 'save' || !isTableWhole(ruleset, table)) continue;
    for (const place of undeclared) {
      const chain = table.chains.at(place);
      if (chain !== undefined && !isNamedInUnreadLine(ruleset, chain)) faulty.push(chain);
      yield;
    }
  }
  if (faulty.length === 0) return;
  const elsewhere = yield* declaringTables(ruleset, new Set(faulty.map(({ name }) => name)));
  for (const chain of faulty) {
    yield* reportChain(input, chain, elsewhere.get(chain.name), report);
    yield;
  }
}

const looksBetweenPauses = 1_024;

/**
 * By a chain's name: the first table that declares it, of these names alone. A file may hold thousands of tables, a table hundreds of thousands of chains, and
 * either be asked for thousands of names: what there is less of in a table is looked through.
 */
function* declaringTables(ruleset: Ruleset, names: ReadonlySet<string>): Steps<ReadonlyMap<string, Table>> {
  const found = new Map<string, Table>();
  let looked = 0;
  for (const table of ruleset.tables) {
    const { chains } = table;
    for (const name of chains.size < names.size ? chains.keys() : names) {
      looked += 1;
      if (looked % looksBetweenPauses === 0) yield;
      if (!names.has(name) || found.has(name)) continue;
      if ((chains.get(name)?.declarations.length ?? 0) > 0) found.set(name, table);
    }
  }
  return found;
}

/** @param elsewhere the table that does declare the chain */
function* reportChain(
  input: LintInput,
  chain: Chain,
  elsewhere: Table | undefined,
  report: (finding: Finding) => void,
): Steps<void> {
  const { ruleset } = input;
  const hint =
    elsewhere === undefined ? '' : `; table ${elsewhere.name} has a chain of that name, but a jump cannot leave its table`;
  const what = { rule: 'Rule for', jump: 'Jump to', goto: 'Goto', declaration: '', command: '' } as const;
  const wholeOf = (line: number, isOwn: boolean): Finding => {
    const place = mentionOn(ruleset, chain, line, isOwn);
    const message = `${what[place.kind]} chain ${chain.name}, which table ${chain.table.name} does not declare${hint}`;
    const fixes = (): readonly Fix[] => fixesOf(input, chain, place);
    return finding(place, code, severity, message, { table: chain.table, chain, fixes });
  };
  const reports = [
    { lines: chain.rules, wholeAt: (line: number): Finding => wholeOf(line, true) },
    { lines: chain.references, wholeAt: (line: number): Finding => wholeOf(line, false) },
  ];
  for (const { lines, wholeAt } of reports) {
    for (const [at, line] of lines.entries()) {
      report(new LateFinding(line, code, severity, wholeAt));
      if (at % looksBetweenPauses === looksBetweenPauses - 1) yield;
    }
  }
}

const code = 'undeclared-chain';
const severity = 'error';

/** Where a rule (0-based) names a chain: as its own, or as the one that it leads to. */
function mentionOn(ruleset: Ruleset, { name }: Chain, line: number, isOwn: boolean): Mention {
  const found = mentionsOn(ruleset, line).find((each) => each.name === name && (each.kind === 'rule') === isOwn);
  return found ?? { line, kind: isOwn ? 'rule' : 'jump', start: 0, end: 0 };
}

/** A name that a declaration may have as it is, for both back ends. */
const plainName = /^[\w.+:@%~][\w.+:@%~-]{0,27}$/;

/** A chain with rules lacks its declaration only; one that is only jumped to may as well be misspelled, and empty it does nothing. */
function fixesOf(input: LintInput, chain: Chain, place: Mention): readonly Fix[] {
  const { name, table } = chain;
  if (!isMendable(input, table)) return [];
  const fixes: Fix[] = [];
  if (plainName.test(name))
    fixes.push({
      title: `Declare ${name}${chain.rules.length === 0 ? ', without rules' : ''}`,
      safety: chain.rules.length === 0 ? 'unsafe' : 'safe',
      changes: () => declaredChains(input, table, [name]),
    });
  const near = chain.rules.length === 0 ? likelyMeant(input, chain, place) : undefined;
  if (near !== undefined) fixes.push({ title: `Jump to ${near}`, safety: 'unsafe', changes: () => [replaced(place, near)] });
  return fixes;
}

/** So many names may be misspelled; and so many are compared with one, of 50,000 in a large cluster. */
const fewNames = 20;
const mostLikened = 500;

/** The chain whose name is most like that of one which is not there: declared above, and not on a way back here. */
function likelyMeant({ ruleset }: LintInput, { name, table }: Chain, { line }: Mention): string | undefined {
  if (tableFacts(ruleset, table).undeclared.length > fewNames) return undefined;
  const rule = ruleAt(ruleset, line);
  const own = table.chains.get(rule?.chain.text ?? '');
  // With options of its own it is a target that is misspelled.
  if (own === undefined || rule?.options.some(({ spec }) => spec === undefined) !== false) return undefined;
  const above: string[] = [];
  for (const other of table.chains.values()) {
    if (above.length === mostLikened) break;
    if (!other.builtin && (other.declarations[0] ?? line) < line) above.push(other.name);
  }
  const [near] = nearestNames(name, above);
  const meant = table.chains.get(near ?? '');
  return meant === undefined || leadsTo(meant, own) ? undefined : near;
}

const mostFollowed = 1000;

/** Whether jumps lead from one chain to another; true too where there are too many to follow. */
function leadsTo(from: Chain, to: Chain): boolean {
  const reached = new Set([from]);
  for (const chain of reached) {
    if (chain === to || reached.size > mostFollowed) return true;
    for (const next of chain.jumps) reached.add(next);
  }
  return false;
}
