import type { Steps } from '../../base/steps.ts';
import type { Hook } from '../../catalog/types.ts';
import { isShownFrom } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
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

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const services = table.chains.get('KUBE-SERVICES');
    if (services === undefined || services.declarations.length === 0 || isFlushed(ruleset, table)) continue;
    const message =
      table.name === 'nat'
        ? natMessage(ruleset, services)
        : table.name === 'filter'
          ? filterMessage(ruleset, services)
          : undefined;
    const place = message === undefined ? undefined : declarationOf(ruleset, services);
    if (message === undefined || place === undefined) continue;
    report(finding(place, 'services-not-hooked', 'warning', message, { table, chain: services }));
  }
}

/** Whether it is certain that a built-in chain does not lead to a chain: it is shown with all that it leads to. */
function lacksWay(ruleset: Ruleset, hook: Hook, to: Chain): boolean {
  const from = to.table.chains.get(hook);
  return from !== undefined && !reachOf(to.table).hooksOf(to).includes(hook) && isShownFrom(ruleset, from);
}

function isReached(chain: Chain): boolean {
  // Led to from nowhere it is orphaned.
  return reachOf(chain.table).isReached(chain);
}

function natMessage(ruleset: Ruleset, services: Chain): string | undefined {
  if (!isReached(services)) return undefined;
  const missing = (['PREROUTING', 'OUTPUT'] as const).filter((hook) => lacksWay(ruleset, hook, services));
  if (missing.length === 0) return undefined;
  const who = missing[0] === 'PREROUTING' ? 'Pods and other hosts' : 'this node itself';
  return `No way leads from ${missing.join(' and ')} to KUBE-SERVICES: Services do not work for ${who}`;
}

function filterMessage(ruleset: Ruleset, services: Chain): string | undefined {
  const rejects = services.rules.some((line) => ruleset.lines[line]?.target === 'REJECT');
  if (!rejects || !isReached(services) || !lacksWay(ruleset, 'FORWARD', services)) return undefined;
  return 'No way leads from FORWARD to KUBE-SERVICES: for Pods, connections to a Service without endpoints time out where they should be refused';
}
