import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { linkNamed, portsOf } from '../../node/look-ups/links.ts';
import { largerSetting } from '../../node/look-ups/sysctl.ts';
import { bridgeNamed } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { accepted, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { podAddressesHere, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';

/** Pods on a bridge send all that is not of their own network to the bridge's address. */
export const podGatewayGone: NodeFinding = {
  codes: {
    'pod-gateway-gone': "The Pods' bridge has no address: they find no gateway, and send nothing but to each other.",
  },
  look,
};

/** A bridge with ports that is up, and has no address of IPv4, nor answers for those of others. */
function isWithoutAddress(subject: Subject, bridge: string): boolean {
  const { facts } = subject;
  const { addresses } = facts;
  if (addresses === null || addresses.skipped > 0 || linkNamed(facts, bridge)?.isUp !== true) return false;
  if (addresses.records.some(({ interface: name, ip }) => name === bridge && !isIPv6(ip))) return false;
  return (
    portsOf(facts, bridge).length > 0 &&
    !mayHaveOthers(subject, bridge) &&
    (largerSetting(facts, bridge, 'proxy_arp')?.value ?? 0) === 0
  );
}

/** Whether another machine may be on the bridge, which is the gateway then: behind a port that is no Pod's, or by more ports than there are Pods. */
function mayHaveOthers(subject: Subject, bridge: string): boolean {
  const { facts, cluster } = subject;
  const ports = portsOf(facts, bridge);
  if (ports.some(({ name }) => (linkNamed(facts, name)?.kind || 'veth') !== 'veth')) return true;
  const networks = (facts.routes?.records ?? [])
    .filter(({ type, hops }) => type === 'unicast' && hops.every((hop) => hop.interface === bridge))
    .map(({ network }) => network);
  const pods = podAddressesHere(subject).filter((ip) => networks.some((network) => inCIDR(ip, network)));
  return cluster.kinds.has('Pod') && ports.length > pods.length;
}

/** The bridge behind which the asker is, or who answers, where they need its address to send on. */
function bridgeOf(subject: Subject, journey: Journey): string | undefined {
  const { start, isBridged, isDelivered } = journey;
  if (start.family !== 'ipv4' || isBridged) return undefined;
  const pods = new Set(podAddressesHere(subject));
  const isPod = (ip: string | undefined): boolean => ip !== undefined && pods.has(ip);
  const into = start.isFromHere || !isPod(start.source?.text) ? undefined : bridgeNamed(subject, start.in);
  if (into !== undefined && isWithoutAddress(subject, into)) return into;
  const out = isDelivered || !isPod(journey.end.destination.text) ? undefined : bridgeNamed(subject, leavesBy(journey));
  return out !== undefined && out !== into && isWithoutAddress(subject, out) ? out : undefined;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const without = accepted(asked).filter((journey) => bridgeOf(subject, journey) !== undefined);
  const tries = without.length === 0 ? undefined : yield* triesOf(subject, asked);
  // Who was answered has a gateway.
  const journeys = without.filter(({ end }) => (tries?.get(tryKey(end.destination.text, end.dport))?.well ?? 0) === 0);
  const [journey] = journeys;
  const bridge = journey === undefined ? undefined : bridgeOf(subject, journey);
  if (journey === undefined || bridge === undefined) return nothing;
  const { addresses } = subject.facts;
  const { source } = journey.start;
  const who = bridgeNamed(subject, journey.start.in) === bridge ? (source?.text ?? '') : journey.end.destination.text;
  const cause = {
    code: 'pod-gateway-gone',
    message: `${bridge}, behind which ${whoHas(subject, who)} is, has no address of IPv4: that address is the gateway of its Pods, so they send nothing on but to each other, and answers go nowhere.`,
    evidence: [{ file: addresses?.file ?? '', line: 1, text: `${bridge} has no address of IPv4` }],
    confirm: [command`ip -4 addr show dev ${bridge}`, command`kubectl exec POD -- ip route`],
    mend: [
      command`ip addr add GATEWAY/PREFIX dev ${bridge}   (the network plugin gives it the first address of the node's podCIDR)`,
    ],
  };
  return { ...nothing, found: [foundCause(cause, { ends: journeys, isBeforeRules: true })] };
}
