import type { Steps } from '../../base/steps.ts';
import type { Hook } from '../../catalog/types.ts';
import { isShownFrom } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import { isReachedFrom, reachOf } from '../../ruleset/reachable.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';
import { isMendable, rulesInFront } from '../mending/mendable.ts';
import { iptablesCommand, restartKubeProxy } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { isFlushed } from '../support/flushed-nat.ts';

/**
 * KUBE-SERVICES is there, but is not led to as it must be: no Service works, or what has no endpoint times out where it should be refused
 * (kubernetes/kubernetes#66454, #48719).
 */
export const servicesNotHooked: LintRule = {
  codes: { 'services-not-hooked': 'KUBE-SERVICES is there, but a built-in chain that must lead to it does not.' },
  check,
};

/** What is wrong: what it means, and the built-in chains that lack their jump. */
interface Unhooked {
  readonly message: string;
  readonly hooks: readonly Hook[];
}

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    const services = table.chains.get('KUBE-SERVICES');
    if (services === undefined || services.declarations.length === 0 || isFlushed(ruleset, table)) continue;
    const found =
      table.name === 'nat' ? inNat(ruleset, services) : table.name === 'filter' ? inFilter(ruleset, services) : undefined;
    const place = found === undefined ? undefined : declarationOf(ruleset, services);
    if (found === undefined || place === undefined) continue;
    const onNode = [...found.hooks.flatMap((hook) => insertion(table, hook)), ...restartKubeProxy()];
    const fixes = (): readonly Fix[] => hooking(input, table, found.hooks);
    report(finding(place, 'services-not-hooked', 'warning', found.message, { table, chain: services, fixes, onNode }));
  }
}

/** The rule by which kube-proxy has a built-in chain lead to KUBE-SERVICES, without `-A CHAIN` (`iptablesJumpChains`; base-rules.ts). */
function hookRule({ name }: Table): string {
  const opening = name === 'filter' ? '-m conntrack --ctstate NEW ' : '';
  return `${opening}-m comment --comment "kubernetes service portals" -j KUBE-SERVICES`;
}

/** kube-proxy puts its jumps in front of what is there. */
function insertion(table: Table, hook: Hook): readonly NodeCommand[] {
  const does = `puts kube-proxy's jump to KUBE-SERVICES in front of ${hook}`;
  return iptablesCommand(table.dump.family, table.name, `-I ${hook} 1 ${hookRule(table)}`, does);
}

function hooking(input: LintInput, table: Table, hooks: readonly Hook[]): readonly Fix[] {
  const chains = hooks.flatMap((hook) => table.chains.get(hook) ?? []);
  if (!isMendable(input, table) || chains.length < hooks.length) return [];
  return [
    {
      title: `Lead from ${hooks.join(' and ')} to KUBE-SERVICES, as kube-proxy does`,
      safety: 'unsafe',
      changes: () => chains.flatMap((chain) => rulesInFront(input, chain, [`-A ${chain.name} ${hookRule(table)}`])),
    },
  ];
}

/** Whether it is certain that a built-in chain does not lead to a chain: it is shown with all that it leads to. */
function lacksWay(ruleset: Ruleset, hook: Hook, to: Chain): boolean {
  const from = to.table.chains.get(hook);
  return from !== undefined && !isReachedFrom(ruleset, to, [hook]) && isShownFrom(ruleset, from);
}

function isReached(chain: Chain): boolean {
  // Led to from nowhere it is orphaned.
  return reachOf(chain.table).isReached(chain);
}

function inNat(ruleset: Ruleset, services: Chain): Unhooked | undefined {
  if (!isReached(services)) return undefined;
  const missing = (['PREROUTING', 'OUTPUT'] as const).filter((hook) => lacksWay(ruleset, hook, services));
  if (missing.length === 0) return undefined;
  const who = missing[0] === 'PREROUTING' ? 'Pods and other hosts' : 'this node itself';
  const message = `No way leads from ${missing.join(' and ')} to KUBE-SERVICES: Services do not work for ${who}`;
  return { message, hooks: missing };
}

function inFilter(ruleset: Ruleset, services: Chain): Unhooked | undefined {
  const rejects = services.rules.some((line) => ruleset.lines.targetAt(line) === 'REJECT');
  if (!rejects || !isReached(services) || !lacksWay(ruleset, 'FORWARD', services)) return undefined;
  const message =
    'No way leads from FORWARD to KUBE-SERVICES: for Pods, connections to a Service without endpoints time out where they should be refused';
  return { message, hooks: ['FORWARD'] };
}
