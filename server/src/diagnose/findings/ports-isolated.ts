import { command } from '../../base/shell-text.ts';
import { type BridgePort, portBehind, portsOf } from '../../node/look-ups/links.ts';
import { bridgedSkipsRules, bridgeNamed, linkOfRoute } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** A bridge passes nothing from one isolated port to another (br_private.h, br_skb_isolated). */
export const portsIsolated: NodeFinding = {
  codes: {
    'ports-isolated': 'Two Pods on one bridge cannot reach each other: both of their ports are isolated.',
  },
  look: atOnce(look),
};

interface Apart {
  readonly bridge: string;
  readonly ports: readonly BridgePort[];
}

/** The ports behind which an address may be: its own where that is known, else those that are no other neighbour's. */
function portsFor({ facts }: Subject, bridge: string, all: readonly BridgePort[], ip: string): readonly BridgePort[] {
  const name = portBehind(facts, bridge, ip);
  if (name !== undefined) return all.filter((port) => port.name === name);
  const others = (facts.neighbours?.records ?? []).filter((each) => each.interface === bridge && each.ip !== ip);
  const taken = new Set(others.map((each) => portBehind(facts, bridge, each.ip)));
  return all.filter((port) => !taken.has(port.name));
}

/** Both ports of a packet that a bridge passes, as it is or once br_netfilter translated it, where both are isolated. */
function keptApart(subject: Subject, { start, end, route, isBridged }: Journey): Apart | undefined {
  const bridge = bridgeNamed(subject, start.in);
  if (bridge === undefined || start.source === null || linkOfRoute(route) !== bridge) return undefined;
  // Without br_netfilter what is translated is routed, and leaves by the bridge itself.
  if (!isBridged && bridgedSkipsRules(subject, start.family, bridge)) return undefined;
  const all = portsOf(subject.facts, bridge);
  const [from, to] = [start.source.text, end.destination.text].map((ip) => portsFor(subject, bridge, all, ip));
  const isApart = [from, to].every((ports) => ports !== undefined && ports.length > 0 && ports.every((port) => port.isIsolated));
  const ports = [...(from?.length === 1 ? from : []), ...(to?.length === 1 ? to : [])];
  const names = new Set(ports.map(({ name }) => name));
  return isApart && names.size === ports.length && ports.length > 0 ? { bridge, ports } : undefined;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const journeys = leaving(asked).filter((journey) => keptApart(subject, journey) !== undefined);
  const [journey] = journeys;
  const apart = journey === undefined ? undefined : keptApart(subject, journey);
  if (journey === undefined || apart === undefined) return nothing;
  const { bridge, ports } = apart;
  const names = ports.map(({ name }) => name).join(', ');
  const cause = {
    code: 'ports-isolated',
    message: `The ports of ${bridge} that lead to both are isolated (${names}), and a bridge passes nothing between such ports: ${whoHas(subject, journey.start.source?.text ?? '')} cannot reach ${whoHas(subject, journey.end.destination.text)}, which is on the same bridge. The node itself and other networks reach both.`,
    evidence: ports.map(({ file, line, name }) => ({ file, line, text: `${name}: master ${bridge}, isolated true` })),
    confirm: [command`bridge -d link show | grep -A1 ${`master ${bridge}`}`],
    mend: ports.map(({ name }) => command`bridge link set dev ${name} isolated off`),
  };
  return { ...nothing, found: [foundCause(cause, { ends: journeys })] };
}
