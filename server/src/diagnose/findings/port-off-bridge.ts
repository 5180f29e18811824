import { command } from '../../base/shell-text.ts';
import type { LinkRecord } from '../../node/records.ts';
import { bridgeNamed, linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { failedNeighbour, isGone, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** A Pod's link that belongs to no bridge any more, and to nothing else. */
export const portOffBridge: NodeFinding = {
  codes: {
    'port-off-bridge': "A link of a Pod is no port of the Pods' bridge, and no route leads to it: nothing comes to that Pod.",
  },
  look: atOnce(look),
};

/** Links of the kind that the bridge's ports are, up, that are no port, have no address, and that no route leads to. */
function strayLinks({ facts }: Subject, bridge: string): readonly LinkRecord[] {
  const links = facts.links?.records ?? [];
  if (
    facts.addresses === null ||
    facts.routes === null ||
    facts.addresses.skipped + facts.routes.skipped > 0 ||
    !links.some(({ kind, master }) => kind === 'veth' && master === bridge)
  )
    return [];
  // Every link of IPv6 has routes of its own, to fe80::/64 and ff00::/8.
  const others = facts.routes.records.filter(({ network }) => !/^f[ef]/.test(network));
  const routed = new Set(others.flatMap(({ hops }) => hops.map((hop) => hop.interface)));
  const addressed = new Set(facts.addresses.records.filter(({ scope }) => scope !== 'link').map((each) => each.interface));
  return links.filter(
    ({ kind, master, isUp, name }) => kind === 'veth' && master === '' && isUp && !addressed.has(name) && !routed.has(name),
  );
}

function causeFor(subject: Subject, ip: string): Cause | undefined {
  const bridge = bridgeNamed(subject, linkOfRoute(routeTo(subject, ip)));
  if (bridge === undefined || failedNeighbour(subject, ip)?.interface !== bridge || isGone(subject, ip)) return undefined;
  const stray = strayLinks(subject, bridge);
  const [first] = stray;
  if (first === undefined) return undefined;
  const names = stray
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ');
  const which = stray.length === 1 ? `Link ${names} is` : `Links ${names} are`;
  return {
    code: 'port-off-bridge',
    message: `${which} up and no port of ${bridge}, has no address and no route leads there; nobody on ${bridge} answers for ${whoHas(subject, ip)}, which is likely behind it.`,
    evidence: stray
      .slice(0, 5)
      .map(({ line, name }) => ({ file: subject.facts.links?.file ?? '', line, text: `${name}: no master` })),
    confirm: [command`ip -d link show ${first.name}`, command`bridge link show`, command`ip neigh show ${ip}`],
    mend: [
      command`ip link set ${first.name} master ${bridge}`,
      command`or delete the Pod, so that the network plugin connects it anew`,
    ],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found: Found[] = [];
  for (const journey of accepted(asked)) {
    const from = sourceOf(journey);
    const cause = from === undefined ? undefined : causeFor(subject, from);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey], isBeforeRules: true }));
    if (journey.isDelivered || journey.end.destination.standsIn === true) continue;
    const other = causeFor(subject, journey.end.destination.text);
    if (other !== undefined) found.push(foundCause(other, { ends: [journey] }));
  }
  return { ...nothing, found };
}

function sourceOf({ start }: Journey): string | undefined {
  return start.isFromHere || start.source === null || start.source.standsIn === true ? undefined : start.source.text;
}
