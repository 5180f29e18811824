import type { Steps } from '../../base/steps.ts';
import { hashedPrefix } from '../../kube/identity/chain-names.ts';
import { isNeverJumpedTo } from '../../kube/identity/roles.ts';
import { isLargeClusterMode } from '../../kube/proxy/large-cluster.ts';
import { formOf, isNamedInUnreadLine, isTableWhole, mayBeReached, mayHaveMoreJumps } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import { endpoint, proxyNameSteps, service } from '../../ruleset/proxy-names.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { type Change, removedLines } from '../mending/change.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';
import { isMendable, linesWithChains } from '../mending/mendable.ts';
import { iptablesOf, nodeCommand } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { isFlushed } from '../support/flushed-nat.ts';
import { keeperOf } from '../support/kept-chains.ts';
import { LateFinding } from '../support/late-finding.ts';
import { someOf } from '../support/some-of.ts';
import { tableFacts } from '../support/table-facts.ts';

/**
 * A chain that is declared, but no way from a built-in chain leads to it, so that no packet ever enters it. kube-proxy's canaries and
 * hint chains exist to be watched and are none; chains that some program keeps ready are one information together, and endpoint chains that
 * large-cluster mode has not cleaned yet are information.
 */
export const orphanedChain: LintRule = {
  codes: {
    'orphaned-chain': 'A chain is declared, but no way from a built-in chain leads to it.',
    'stale-endpoint-chain': 'A KUBE-SEP- chain that large-cluster mode has not cleaned up yet.',
  },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const kept: Chain[] = [];
  for (const table of ruleset.tables) {
    yield;
    const { unreached } = tableFacts(ruleset, table);
    if (unreached.length === 0 || isNothingSaid(ruleset, table)) continue;
    const { chains } = table;
    const kinds = yield* proxyNameSteps(chains);
    const isOfService = (place: number): boolean => kinds[place] === endpoint || kinds[place] === service;
    const orphans = unreached.filter((place) => isOfService(place) || !isNeverJumpedTo(chains.nameAt(place)));
    if (orphans.length === 0 || isFlushed(ruleset, table)) continue;
    const largeCluster = isLargeClusterMode(ruleset, table);
    // Nobody keeps such chains ready. In iptables-save's own form no other rules may lead to one, and of tens of thousands those are made that are shown.
    const isSurely = formOf(ruleset, table) === 'save' ? isOfService : () => false;
    const unsure: Chain[] = [];
    for (const [at, place] of orphans.entries()) {
      if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
      if (isNamedInUnreadLine(ruleset, { table, name: chains.nameAt(place) })) continue;
      const chain = isSurely(place) ? undefined : chains.at(place);
      if (chain !== undefined && mayBeReached(ruleset, chain)) unsure.push(chain);
      else if (chain !== undefined && keeperOf(chain) !== undefined) kept.push(chain);
      else reportOrphan(input, { table, place, isLeft: largeCluster && isOfService(place) }, report);
    }
    reportUnsure(ruleset, table, unsure, report);
  }
  reportKept(ruleset, kept, report);
}

const chainsBetweenPauses = 64;

/** Whether no chain of a table can be said to be reached from nowhere: rules that are not shown may jump to it. */
function isNothingSaid(ruleset: Ruleset, table: Table): boolean {
  return mayHaveMoreJumps(ruleset, table) && !isUnsureSaid(ruleset, table);
}

/** `iptables -S` names every chain first: nothing shows whether its last rules were cut off. */
function isUnsureSaid(ruleset: Ruleset, table: Table): boolean {
  return formOf(ruleset, table) === 'commands' && isTableWhole(ruleset, table);
}

/** A chain of a table by its place. */
interface Orphaned {
  readonly table: Table;
  readonly place: number;
  /** Whether kube-proxy has left it, to remove it later. */
  readonly isLeft: boolean;
}

function reportOrphan(input: LintInput, { table, place, isLeft }: Orphaned, report: (finding: Finding) => void): void {
  const line = table.lists.declarations.firstOf(place);
  if (line === undefined) return;
  const [code, severity] = isLeft ? (['stale-endpoint-chain', 'info'] as const) : (['orphaned-chain', 'warning'] as const);
  report(new LateFinding(line, code, severity, () => orphan(input, table.chains.at(place) as Chain, { code, severity, line })));
}

type Orphan = Pick<Finding, 'code' | 'severity' | 'line'>;

function orphan(input: LintInput, chain: Chain, { code, severity, line }: Orphan): Finding {
  const place = declarationOf(input.ruleset, chain) ?? { line, start: 0, end: 0 };
  const more = { table: chain.table, chain, unnecessary: true, fixes: () => removal(input, chain) };
  if (code === 'stale-endpoint-chain') {
    const message = `${chain.name} is no longer used: with more than 1,000 endpoints kube-proxy removes such chains only about once a sync period`;
    return finding(place, code, severity, message, more);
  }
  const { length } = chain.references;
  const why =
    length === 0
      ? 'no rule jumps to it'
      : `only chains that are orphaned themselves jump to it (${length === 1 ? '1 rule' : `${length} rules`})`;
  const message = `No packet ever enters ${chain.name}: no way from a built-in chain of ${chain.table.name} leads to it; ${why}`;
  return finding(place, code, severity, message, { ...more, onNode: deletion(chain) });
}

/** No packet fares otherwise; but whoever wrote the chain may be about to use it. */
function removal(input: LintInput, chain: Chain): readonly Fix[] {
  if (!isMendable(input, chain.table)) return [];
  const changes = (): readonly Change[] => {
    const { document, ruleset } = input;
    return removedLines(
      document,
      linesWithChains(chain.table, { chains: [chain] }, () => false, ruleset),
    );
  };
  const rules = new Set([...chain.rules, ...chain.references]).size;
  const withRules = rules === 0 ? '' : rules === 1 ? ' with its rule' : ` with its ${rules} rules`;
  return [{ title: `Remove ${chain.name}${withRules}`, safety: 'unsafe', changes }];
}

/** What is jumped to cannot be deleted; kube-proxy removes its own chains when it syncs. */
function deletion({ name, table, references, rules }: Chain): readonly NodeCommand[] {
  if (references.length > 0 || hashedPrefix(name) !== undefined) return [];
  const command = (option: string, does: string): readonly NodeCommand[] =>
    nodeCommand([iptablesOf(table.dump.family), '-w', '-t', table.name, option, name], does);
  return [...(rules.length === 0 ? [] : command('-F', `takes the rules out of ${name}`)), ...command('-X', `deletes ${name}`)];
}

function namesOf(chains: readonly Chain[]): string {
  return someOf(chains.map(({ name }) => name));
}

function reportUnsure(ruleset: Ruleset, table: Table, chains: readonly Chain[], report: (finding: Finding) => void): void {
  const [first] = chains;
  if (first === undefined || !isUnsureSaid(ruleset, table)) return;
  const place = declarationOf(ruleset, first);
  if (place === undefined) return;
  const message = `No rule of this text leads to ${namesOf(chains)}, and nothing shows whether the text goes on`;
  report(finding(place, 'orphaned-chain', 'info', message, { table, chain: first }));
}

function reportKept(ruleset: Ruleset, chains: readonly Chain[], report: (finding: Finding) => void): void {
  const [first] = chains;
  const place = first === undefined ? undefined : declarationOf(ruleset, first);
  if (first === undefined || place === undefined) return;
  const keepers = [...new Set(chains.flatMap((chain) => keeperOf(chain) ?? []))];
  const are = chains.length === 1 ? 'is' : 'are';
  const verb = keepers.length === 1 ? 'keeps' : 'keep';
  const message = `No packet enters ${namesOf(chains)} now: ${keepers.join(' and ')} ${verb} ${chains.length === 1 ? 'it' : 'them'} ready, whether ${chains.length === 1 ? 'it' : 'they'} ${are} used or not`;
  report(finding(place, 'orphaned-chain', 'info', message, { table: first.table, chain: first }));
}
