import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { command, part } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import type { NodeRecord } from '../../cluster/objects.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import type { RouteRecord } from '../../node/records.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, failedNeighbour, otherNode, whoHas } from '../signs.ts';
import { nodeName, type Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';

/** Packets to a Pod of another node that are routed to a machine that does not have it. */
export const podRouteWrong: NodeFinding = {
  codes: {
    'pod-route-wrong': 'The Pod is on another node, and the route to it leads to a machine or a link that does not have it.',
  },
  look,
};

function hasAddress({ addresses }: NodeRecord, ip: string): boolean {
  return addresses.some(({ address }) => address === ip);
}

/** A wider route for the same address, that leads to the Pod's node. */
function shadowedRoute({ facts }: Subject, route: RouteRecord, ip: string, node: NodeRecord): RouteRecord | undefined {
  return facts.routes?.records.find(
    (other) =>
      other !== route &&
      other.table === route.table &&
      other.type === 'unicast' &&
      !other.network.endsWith('/0') &&
      inCIDR(ip, other.network) &&
      other.hops.some(({ gateway }) => gateway !== '' && hasAddress(node, gateway)),
  );
}

const directLinks: ReadonlySet<string> = new Set(['', 'bridge', 'veth', 'bond', 'vlan', 'dummy']);

/** Why the route of a journey is wrong, in words; undefined for one that may be right. */
function wrongBecause(subject: Subject, { end }: Journey, route: RouteRecord, node: NodeRecord): string | undefined {
  const { cluster, facts } = subject;
  const ip = end.destination.text;
  const [hop, ...others] = route.hops;
  if (hop === undefined || others.length > 0 || (hop.gateway !== '' && hasAddress(node, hop.gateway))) return undefined;
  const shadowed = shadowedRoute(subject, route, ip, node);
  if (shadowed !== undefined)
    return `the wider route ${shadowed.network} leads to that node, by ${shadowed.hops[0]?.gateway ?? ''}, and this one is taken before it`;
  if (hop.gateway !== '') {
    const taker = cluster.nodeAt(hop.gateway);
    return taker === undefined || taker.name === node.name || taker.name === nodeName(subject)
      ? undefined
      : `${hop.gateway} is node ${taker.name}`;
  }
  const link = linkNamed(facts, hop.interface);
  // Tunnels, and what network plugins lead to by eBPF, need no router in the route.
  if (link === undefined || !directLinks.has(link.kind) || /^(?:cilium|lxc|tun|wg|vpc|gke)/.test(link.name)) return undefined;
  return failedNeighbour(subject, ip)?.interface === hop.interface
    ? `the Pod is looked for on the link of ${hop.interface} itself, where nobody answers`
    : undefined;
}

function causeOf(subject: Subject, journey: Journey): Cause | undefined {
  const { routes } = subject.facts;
  const { end, route: answer } = journey;
  const ip = end.destination.text;
  if (answer.kind !== 'route' || answer.route.type !== 'unicast' || routes === null || end.destination.standsIn === true)
    return undefined;
  const node = otherNode(subject, ip);
  const why = node === undefined ? undefined : wrongBecause(subject, journey, answer.route, node);
  if (node === undefined || why === undefined) return undefined;
  const { network, line, hops, table } = answer.route;
  const [hop] = hops;
  const via = hop?.gateway === '' ? command`` : command` via ${hop?.gateway ?? ''}`;
  const way = command`${part(via)} dev ${hop?.interface ?? ''}`;
  const right = node.addresses.find(({ type, address }) => type === 'InternalIP' && isIPv6(address) === isIPv6(ip))?.address;
  return {
    code: 'pod-route-wrong',
    message: `Packets to ${endText(journey)} (${whoHas(subject, ip)}), which is on node ${node.name}, go by the route ${network}${way}: ${why}.`,
    evidence: [{ file: answer.route.file ?? routes.file, line, text: `${network}${way}, table ${table}` }],
    confirm: [command`ip route get ${ip}`, command`kubectl get node ${node.name} -o wide`],
    mend: [
      command`ip route del ${network}${part(way)}`,
      ...(right === undefined
        ? []
        : [command`see that a route to the Pods of ${node.name} leads to ${right}, or into the network plugin's tunnel`]),
    ],
  };
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found: Found[] = [];
  for (const journey of leaving(asked)) {
    const { end } = journey;
    const tried = tries.get(tryKey(end.destination.text, end.dport));
    const cause = (tried?.well ?? 0) > 0 ? undefined : causeOf(subject, journey);
    if (cause === undefined) continue;
    // The machine at the end of a wrong route may send the packet on.
    const isLost = (tried?.unanswered.length ?? 0) > 0 || failedNeighbour(subject, end.destination.text) !== undefined;
    found.push(foundCause(cause, { ends: [journey], as: isLost ? 'lost' : 'unknown' }));
  }
  return { ...nothing, found };
}
