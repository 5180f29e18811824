import { isIPv6 } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import { linkNamed, portBehind } from '../../node/look-ups/links.ts';
import { isOwn, ownAddress } from '../../node/look-ups/own-address.ts';
import type { LinkRecord } from '../../node/records.ts';
import { bridgeNamed, linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, failedNeighbour, whoHas } from '../signs.ts';
import { nodeName, type Subject } from '../subject.ts';

/** Interfaces and addresses that the question's packets need, and that are not there. */
export const linkDown: NodeFinding = {
  codes: {
    'link-down': 'An interface that the packets come in or leave by is down.',
    'address-not-here': "The address that was asked for is the node's by the cluster, and the node does not have it.",
  },
  look: atOnce(look),
};

/** The interfaces that a journey needs: of the address that was asked for, and those that it comes in and leaves by. */
function needed(subject: Subject, journey: Journey): readonly string[] {
  const { start, isDelivered, verdict } = journey;
  if (start.isFromHere && isDelivered) return [];
  const own = start.isFromHere ? undefined : ownAddress(subject.facts, start.destination.text)?.interface;
  const out = verdict === 'accept' && !isDelivered ? leavesBy(journey) : null;
  return [own, start.in, out].filter((name) => name !== undefined && name !== null && name !== '' && name !== 'lo') as string[];
}

/** A port of a bridge, or the link that packets leave by, that is up itself while its other end is down. */
function withoutCarrier(subject: Subject, journey: Journey): Cause | undefined {
  const { facts } = subject;
  const out = journey.verdict === 'accept' && !journey.isDelivered ? leavesBy(journey) : null;
  const link = out === null ? undefined : linkNamed(facts, out);
  if (link?.isUp === true && !link.hasCarrier && link.kind !== 'dummy')
    return carrierCause(subject, link, `packets to ${endText(journey)} leave by it, and go nowhere`);
  const from = journey.start.isFromHere ? undefined : journey.start.source?.text;
  const to = journey.isDelivered || journey.end.destination.standsIn === true ? undefined : journey.end.destination.text;
  for (const ip of [from, to]) {
    const port = ip === undefined ? undefined : portWithoutCarrier(subject, ip);
    if (ip !== undefined && port !== undefined) return carrierCause(subject, port, `${whoHas(subject, ip)} is behind it`);
  }
  return undefined;
}

/** The port of a bridge that an address is behind, where that one's other end is down: the bridge no longer knows where the address is. */
function portWithoutCarrier(subject: Subject, ip: string): LinkRecord | undefined {
  const { facts } = subject;
  const bridge = bridgeNamed(subject, linkOfRoute(routeTo(subject, ip)));
  if (bridge === undefined) return undefined;
  const behind = portBehind(facts, bridge, ip);
  if (behind !== undefined) {
    const link = linkNamed(facts, behind);
    return link?.isUp === true && !link.hasCarrier ? link : undefined;
  }
  const [only, ...others] = (facts.links?.records ?? []).filter(
    (link) => link.master === bridge && link.isUp && !link.hasCarrier,
  );
  return others.length === 0 && failedNeighbour(subject, ip)?.interface === bridge ? only : undefined;
}

function carrierCause(subject: Subject, { name, line, master }: LinkRecord, why: string): Cause {
  const other = master === '' ? 'its cable or its other end' : 'its other end, in the Pod,';
  return {
    code: 'link-down',
    message: `Interface ${name} is up and has no carrier (NO-CARRIER): ${other} is down, and ${why}.`,
    evidence: [
      { file: subject.facts.links?.file ?? '', line, text: `${name}: NO-CARRIER${master === '' ? '' : `, master ${master}`}` },
    ],
    confirm: [command`ip link show ${name}`, ...(master === '' ? [] : [command`bridge link show dev ${name}`])],
    mend: [
      master === ''
        ? command`look at what ${name} is connected to, or at the route that leads there`
        : command`set the interface up in the Pod (ip link set eth0 up), or delete the Pod so that it is made anew`,
    ],
  };
}

function downCause(subject: Subject, name: string): Cause | undefined {
  const link = linkNamed(subject.facts, name);
  // What has the addresses of Services in ipvs mode (kube-ipvs0) never is up, and need not be.
  if (link === undefined || link.isUp || link.kind === 'dummy' || /^(?:kube-ipvs|dummy|nodelocaldns)/.test(name))
    return undefined;
  return {
    code: 'link-down',
    message: `Interface ${name} is down, and these packets need it: nothing comes in or leaves there, and its routes are gone.`,
    evidence: [{ file: subject.facts.links?.file ?? '', line: link.line, text: `${name}: not UP` }],
    confirm: [command`ip link show ${name}`],
    mend: [command`ip link set ${name} up`],
  };
}

/** An address of this node by the cluster that the node itself does not have. */
function missingAddress(subject: Subject, { start }: Journey): Cause | undefined {
  const { cluster, facts } = subject;
  const ip = start.destination.text;
  const node = cluster.node(nodeName(subject));
  if (facts.addresses === null || isOwn(facts, ip) !== false) return undefined;
  if (node?.addresses.some(({ address, type }) => address === ip && type === 'InternalIP') !== true) return undefined;
  const others = facts.addresses.records.filter(({ scope, ip: own }) => scope === 'global' && isIPv6(own) === isIPv6(ip));
  return {
    code: 'address-not-here',
    message: `The cluster says that ${ip} is an address of node ${node.name}, and none of its interfaces has it (they have ${others
      .slice(0, 5)
      .map(({ ip: own }) => own)
      .join(', ')}): packets to it do not come here, and no NodePort is reached by it.`,
    evidence: [{ file: facts.addresses.file, line: 1, text: `no interface has ${ip}` }],
    confirm: [command`ip -br addr`, command`kubectl get node ${node.name} -o wide`],
    mend: [command`give the node its address back, or restart kubelet (--node-ip) so that it registers the one that it has`],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (asked === null) return nothing;
  const found: Found[] = [];
  for (const journey of asked.journeys) {
    const down = needed(subject, journey).flatMap((name) => downCause(subject, name) ?? []);
    const others = [withoutCarrier(subject, journey), missingAddress(subject, journey)];
    for (const cause of [...down, ...others.filter((each) => each !== undefined)])
      found.push(foundCause(cause, { ends: [journey], isBeforeRules: true }));
  }
  const isKnown = subject.facts.links !== null && asked.journeys.some((journey) => needed(subject, journey).length > 0);
  return { found, fine: found.length === 0 && isKnown ? ['The interfaces that the packets take are up.'] : [] };
}
