import { command } from '../../base/shell-text.ts';
import { proxyLayout } from '../../kube/proxy/layout.ts';
import { portsOf } from '../../node/look-ups/links.ts';
import { bridgeNamed, bridgeSettings, linkOfRoute, routeTo, skipsRulesEvidence } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { hasServices, podInterfaces } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** What a bridge passes from Pod to Pod meets conntrack only with br_netfilter: without it answers keep the endpoint's address. */
export const bridgeNfOff: NodeFinding = {
  codes: {
    'bridge-nf-off':
      'Pods on one bridge cannot reach each other through a Service: bridged packets do not meet iptables (bridge-nf-call-iptables).',
  },
  look: atOnce(look),
};

/** A way from one Pod to another of the same bridge, by a Service whose address the client keeps its own with. */
function isBridged(subject: Subject, journey: Journey): boolean {
  const { start, end } = journey;
  if (!end.dnat || end.snat || start.isFromHere || start.source === null || end.destination.text === start.source.text)
    return false;
  const out = bridgeNamed(subject, linkOfRoute(journey.route));
  return out !== undefined && out === leavesBy(journey) && linkOfRoute(routeTo(subject, start.source.text)) === out;
}

function hasLocalService(subject: Subject, family: 'ipv4' | 'ipv6', bridge: string): boolean {
  const { ruleset } = subject;
  for (const dump of ruleset.dumps) {
    if (dump.family !== family || !hasServices(subject, family) || proxyLayout(ruleset, dump).masqueradeAll) continue;
    const nat = dump.tables.find(({ name }) => name === 'nat');
    for (const line of nat?.targets.get('DNAT')?.slice(0, 500) ?? []) {
      const ip = /--to-destination \[?([0-9a-f.:]+?)\]?(?::\d+)?(?:\s|$)/.exec(ruleset.lines.at(line)?.text ?? '')?.[1];
      if (ip !== undefined && linkOfRoute(routeTo(subject, ip)) === bridge) return true;
    }
  }
  return false;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found = [];
  const journeys = leaving(asked).filter((journey) => isBridged(subject, journey));
  for (const family of ['ipv4', 'ipv6'] as const) {
    const own = journeys.filter(({ start }) => start.family === family);
    const [journey] = own;
    for (const name of journey === undefined ? podInterfaces(subject) : [leavesBy(journey)]) {
      const bridge = bridgeNamed(subject, name);
      const evidence = bridge === undefined ? undefined : skipsRulesEvidence(subject, family, bridge);
      if (bridge === undefined || evidence === undefined) continue;
      const ports = portsOf(subject.facts, bridge).length;
      if (own.length === 0 && (ports < 2 || !hasLocalService(subject, family, bridge))) continue;
      const cause = {
        code: 'bridge-nf-off',
        message: `${bridgeSettings[family]} is off: where client and endpoint are both on ${bridge}, the answer goes from Pod to Pod without meeting iptables, so its source is the endpoint's address instead of the Service's, and the client drops it. Between nodes and from the node itself the Service works.`,
        evidence: [evidence],
        confirm: [command`sysctl ${bridgeSettings[family]}`, command`lsmod | grep br_netfilter`],
        mend: [command`modprobe br_netfilter`, command`sysctl -w ${bridgeSettings[family]}=1`],
      };
      found.push(foundCause(cause, { ends: own }));
    }
  }
  return {
    ...nothing,
    found,
    fine: journeys.length > 0 && found.length === 0 ? ['Bridged packets meet iptables (bridge-nf-call-iptables).'] : [],
  };
}
