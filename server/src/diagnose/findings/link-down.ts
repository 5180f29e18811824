import { isIPv6 } from '../../base/ip.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { isOwn, ownAddress } from '../../node/look-ups/own-address.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
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

function downCause(subject: Subject, name: string): Cause | undefined {
  const link = linkNamed(subject.facts, name);
  // What has the addresses of Services in ipvs mode (kube-ipvs0) never is up, and need not be.
  if (link === undefined || link.isUp || link.kind === 'dummy' || /^(?:kube-ipvs|dummy|nodelocaldns)/.test(name))
    return undefined;
  return {
    code: 'link-down',
    message: `Interface ${name} is down, and these packets need it: nothing comes in or leaves there, and its routes are gone.`,
    evidence: [{ file: subject.facts.links?.file ?? '', line: link.line, text: `${name}: not UP` }],
    confirm: [`ip link show ${name}`],
    mend: [`ip link set ${name} up`],
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
    confirm: ['ip -br addr', `kubectl get node ${node.name} -o wide`],
    mend: ['give the node its address back, or restart kubelet (--node-ip) so that it registers the one that it has'],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (asked === null) return nothing;
  const found: Found[] = [];
  for (const journey of asked.journeys) {
    const down = needed(subject, journey).flatMap((name) => downCause(subject, name) ?? []);
    const missing = missingAddress(subject, journey);
    for (const cause of [...down, ...(missing === undefined ? [] : [missing])])
      found.push(foundCause(cause, { ends: [journey], isBeforeRules: true }));
  }
  const isKnown = subject.facts.links !== null && asked.journeys.some((journey) => needed(subject, journey).length > 0);
  return { found, fine: found.length === 0 && isKnown ? ['The interfaces that the packets take are up.'] : [] };
}
