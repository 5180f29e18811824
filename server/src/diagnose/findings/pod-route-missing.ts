import { inCIDR } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { listens } from '../../node/look-ups/listening.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import { interfacesOf } from '../../node/look-ups/route.ts';
import type { AddressRecord, RouteRecord } from '../../node/records.ts';
import { linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { decidedBy, isByPolicy } from '../route-words.ts';
import { endText, failedNeighbour, podAddressesHere, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** Packets to a Pod of this very node that take another way than to it. */
export const podRouteMissing: NodeFinding = {
  codes: {
    'pod-route-missing': "The Pod is on this node, and packets to it are routed away: its route or its network's is missing.",
    'networks-overlap': 'Two interfaces have networks with the address of a Pod in both, and its packets take the wrong one.',
    'pod-address-taken': 'The node itself has the address of a Pod, and keeps the packets that are for it.',
  },
  look: atOnce(look),
};

function prefixOf(network: string): number {
  return Number(network.slice(network.indexOf('/') + 1));
}

/** The own network, longest first, in which an address lies. */
function ownNetwork({ facts }: Subject, ip: string): AddressRecord | undefined {
  return (facts.addresses?.records ?? [])
    .filter(({ prefix, scope, ip: own }) => scope !== 'link' && prefix < (own.includes(':') ? 128 : 32) && prefix > 0)
    .filter(({ ip: own, prefix }) => inCIDR(ip, `${own}/${prefix}`))
    .toSorted((a, b) => b.prefix - a.prefix)[0];
}

/** Whether a route leads to other machines: by the default route, or the interface of that. Network plugins lead to own Pods by a router of their own (cilium_host). */
function leadsAway({ facts }: Subject, { network, hops }: RouteRecord): boolean {
  if (hops.some(({ gateway }) => isOwn(facts, gateway) === true)) return false;
  if (prefixOf(network) === 0) return true;
  const others = (facts.routes?.records ?? []).filter((route) => prefixOf(route.network) === 0 && route.table === 'main');
  const away = new Set(others.flatMap(interfacesOf));
  return hops.every((hop) => away.has(hop.interface));
}

const usualMend = command`set the Pods' interface up (ip link set cni0 up), or restart the network plugin's Pod on this node`;

/** Why a journey leads elsewhere, in words and with evidence; undefined for one that may be right. */
function misled(
  subject: Subject,
  journey: Journey,
): { readonly why: string; readonly evidence: readonly Evidence[]; readonly mend: Cause['mend'] } | undefined {
  const { route, end } = journey;
  if (route.kind !== 'route' || route.route.type !== 'unicast' || route.route.hops.every(({ gateway }) => gateway === ''))
    return undefined;
  const ip = end.destination.text;
  const plain = routeTo(subject, ip);
  // The usual routes lead to it: a policy rule takes its packets to a table that does not.
  if (isByPolicy(route) && route.rule !== null && plain.kind === 'route' && linkOfRoute(plain) !== null) {
    if (!podAddressesHere(subject).includes(ip) && ownNetwork(subject, ip) === undefined) return undefined;
    return {
      why: `policy rule ${route.rule.priority} has them looked for in table ${route.rule.table}, which has no route to the Pods of this node`,
      evidence: decidedBy(subject, route).slice(0, 1),
      mend: [
        command`ip rule add to ${plain.route.network} lookup main priority ${Math.max(1, route.rule.priority - 1)}`,
        command`ip route add ${plain.route.network} dev ${linkOfRoute(plain) ?? ''} table ${route.rule.table}`,
      ],
    };
  }
  const own = ownNetwork(subject, ip);
  // A route that is wider than the own network is taken only where the own one is gone.
  const isOwnGone =
    own !== undefined && prefixOf(route.route.network) < own.prefix && !interfacesOf(route.route).includes(own.interface);
  if (!isOwnGone && !(podAddressesHere(subject).includes(ip) && leadsAway(subject, route.route))) return undefined;
  const link = own === undefined ? undefined : linkNamed(subject.facts, own.interface);
  const state = link === undefined ? '' : link.isUp ? '' : `, which is down`;
  const why = isOwnGone
    ? `${own.interface} has ${own.ip}/${own.prefix}${state}, and the route of that network is gone`
    : 'the network plugin made no route to it, or it is gone';
  const evidence = [
    ...(isOwnGone && subject.facts.addresses !== null
      ? [{ file: own.file ?? subject.facts.addresses.file, line: own.line, text: `${own.interface} ${own.ip}/${own.prefix}` }]
      : []),
    ...(link !== undefined && !link.isUp && subject.facts.links !== null
      ? [{ file: subject.facts.links.file, line: link.line, text: `${link.name}: not UP` }]
      : []),
  ];
  return { why, evidence, mend: [usualMend] };
}

function routeCause(subject: Subject, journey: Journey): Cause | undefined {
  const because = misled(subject, journey);
  const { routes } = subject.facts;
  if (because === undefined || journey.route.kind !== 'route' || routes === null) return undefined;
  const { route } = journey.route;
  const [hop] = route.hops;
  const ip = journey.end.destination.text;
  return {
    code: 'pod-route-missing',
    message: `Packets to ${endText(journey)} (${whoHas(subject, ip)}), which is on this node, leave by ${hop?.interface ?? ''} to ${hop?.gateway ?? ''} (route ${route.network}): ${because.why}.`,
    evidence: [
      {
        file: route.file ?? routes.file,
        line: route.line,
        text: `${route.network} via ${hop?.gateway ?? ''} dev ${hop?.interface ?? ''}`,
      },
      ...because.evidence,
    ],
    confirm: [command`ip route get ${ip}`, command`ip -br addr; ip -br link`],
    mend: because.mend,
  };
}

/** A packet that is looked for on one link, as its network there is the narrower one, while the Pod is in the network of another. */
function overlapCause(subject: Subject, journey: Journey): Cause | undefined {
  const { facts } = subject;
  const ip = journey.end.destination.text;
  const name = linkOfRoute(journey.route);
  if (name === null || journey.route.kind !== 'route' || facts.routes === null) return undefined;
  const { route } = journey.route;
  const other = (facts.addresses?.records ?? []).find(
    (own) =>
      own.interface !== name &&
      own.scope !== 'link' &&
      own.prefix > 0 &&
      own.prefix < prefixOf(route.network) &&
      inCIDR(ip, `${own.ip}/${own.prefix}`),
  );
  const isSilent = failedNeighbour(subject, ip)?.interface === name;
  const isPod = podAddressesHere(subject).includes(ip);
  if (other === undefined || !isSilent || prefixOf(route.network) > 30 || !isPod) return undefined;
  return {
    code: 'networks-overlap',
    message: `Packets to ${endText(journey)} (${whoHas(subject, ip)}) leave by ${name}, as its route ${route.network} is narrower than the network ${other.ip}/${other.prefix} of ${other.interface}, where the Pod is: nobody answers on ${name}.`,
    evidence: [
      { file: route.file ?? facts.routes.file, line: route.line, text: `${route.network} dev ${name}` },
      {
        file: other.file ?? facts.addresses?.file ?? '',
        line: other.line,
        text: `${other.interface} ${other.ip}/${other.prefix}`,
      },
    ],
    confirm: [command`ip route get ${ip}`, command`ip -br addr`],
    mend: [command`give ${name} a network that is not one of Pods, or take it away (ip link del ${name})`],
  };
}

/** The same where no interface has the address, and a route of type local is for it. */
function takenByRoute({ facts }: Subject, journey: Journey, pod: string): Cause | undefined {
  const ip = journey.end.destination.text;
  const route = facts.routes?.records.find(({ type, network }) => type === 'local' && inCIDR(ip, network));
  if (facts.routes === null || route === undefined) return undefined;
  return {
    code: 'pod-address-taken',
    message: `Packets are sent to ${endText(journey)}, ${pod}, and a route of this node says that all of ${route.network} is its own (type local, table ${route.table}): the node keeps them, and the Pod never sees one.`,
    evidence: [{ file: route.file ?? facts.routes.file, line: route.line, text: `local ${route.network}, table ${route.table}` }],
    confirm: [command`ip route get ${ip}`],
    mend: [command`ip route del local ${route.network} table ${route.table}`],
  };
}

/** A translated packet that this node keeps, as it has the address of the Pod that it is for. */
function takenCause(subject: Subject, journey: Journey): Cause | undefined {
  const { end, isDelivered, start } = journey;
  const ip = end.destination.text;
  const { cluster, facts } = subject;
  if (!isDelivered || ip === start.destination.text || !end.dnat || end.destination.standsIn === true) return undefined;
  const pod = cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  const record = facts.addresses?.records.find((each) => each.ip === ip);
  if (pod === undefined || cluster.nodeAt(ip) !== undefined) return undefined;
  if (record === undefined) return takenByRoute(subject, journey, `Pod ${pod.namespace}/${pod.name}`);
  return {
    code: 'pod-address-taken',
    message: `Packets are sent to ${endText(journey)}, Pod ${pod.namespace}/${pod.name}, and ${record.interface} of this node has that address itself: the node keeps them, and the Pod never sees one.`,
    evidence: [
      {
        file: record.file ?? facts.addresses?.file ?? '',
        line: record.line,
        text: `${record.interface} ${record.ip}/${record.prefix}`,
      },
    ],
    confirm: [command`ip addr show to ${ip}`, command`ip route get ${ip}`],
    mend: [command`ip addr del ${ip}/${record.prefix} dev ${record.interface}`],
  };
}

/** Packets of a Pod whose address the node itself has, too: the kernel takes none that come from an address of its own (ip_route_input). */
function askerCause({ cluster, facts }: Subject, asked: Asked): Cause | undefined {
  const ip = asked.packet.source?.text ?? '';
  const pod = cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  const record = facts.addresses?.records.find((each) => each.ip === ip);
  if (!asked.packet.isFromHere || pod === undefined || record === undefined || cluster.nodeAt(ip) !== undefined) return undefined;
  return {
    code: 'pod-address-taken',
    message: `The packets come from ${ip}, Pod ${pod.namespace}/${pod.name}, and ${record.interface} of this node has that address itself: the node drops what comes in from an address of its own as a martian, and keeps what is sent to the Pod.`,
    evidence: [
      {
        file: record.file ?? facts.addresses?.file ?? '',
        line: record.line,
        text: `${record.interface} ${record.ip}/${record.prefix}`,
      },
    ],
    confirm: [command`ip addr show to ${ip}`, command`ip route get ${ip}`],
    mend: [command`ip addr del ${ip}/${record.prefix} dev ${record.interface}`],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found: Found[] = [];
  const ofAsker = asked === null ? undefined : askerCause(subject, asked);
  if (ofAsker !== undefined) found.push(foundCause(ofAsker, { ends: asked?.journeys ?? [], isBeforeRules: true }));
  for (const journey of leaving(asked)) {
    const cause = routeCause(subject, journey) ?? overlapCause(subject, journey);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey] }));
  }
  for (const journey of accepted(asked)) {
    const cause = takenCause(subject, journey);
    if (cause === undefined) continue;
    const { protocol, destination, dport } = journey.end;
    // The kernel answers TCP with a reset; that nobody takes a datagram most programs never hear.
    const isHeard = dport === null ? undefined : listens(subject.facts, protocol, destination.text, dport);
    found.push(foundCause(cause, { ends: [journey], as: isHeard === false && protocol === 'tcp' ? 'refused' : 'lost' }));
  }
  return { ...nothing, found };
}
