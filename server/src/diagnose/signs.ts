/** Signs that several findings look at: settings as evidence, where this node's Pods are, whether an endpoint is there. */
import { inCIDR, isIPv6 } from '../base/ip.ts';
import type { SafeText } from '../base/safe-text.ts';
import { command } from '../base/shell-text.ts';
import type { NodeRecord } from '../cluster/objects.ts';
import { hasProxyRules } from '../kube/proxy/mode.ts';
import type { Setting } from '../node/look-ups/sysctl.ts';
import type { NeighbourRecord } from '../node/records.ts';
import { linkOfRoute, routeTo } from './bridges.ts';
import type { Evidence } from './diagnosis.ts';
import type { Journey } from './journey.ts';
import { nodeName, type Subject } from './subject.ts';

/** A kernel setting with its value, and where the bundle has it. */
export function settingEvidence({ file, line, name, value }: Setting): Evidence {
  return { file, line, text: `${name} = ${value}` };
}

/** Whether the rules at hand have Services of kube-proxy's in a family. */
export function hasServices({ ruleset }: Subject, family: 'ipv4' | 'ipv6'): boolean {
  return ruleset.dumps.some((dump) => dump.family === family && hasProxyRules(ruleset, dump));
}

const mostPodsAsked = 500;

/** Addresses of Pods that this node has, as far as the cluster says; those on the host network aside. */
export function podAddressesHere(subject: Subject): readonly string[] {
  const node = nodeName(subject);
  const pods = subject.cluster.pods.filter((pod) => node !== '' && pod.node === node && !pod.hostNetwork);
  return pods.flatMap(({ podIPs }) => podIPs).slice(0, mostPodsAsked);
}

/** The interfaces behind which this node's Pods are: bridges, or a link for each Pod. */
export function podInterfaces(subject: Subject): readonly string[] {
  const names = new Set<string>();
  for (const ip of podAddressesHere(subject)) {
    const name = linkOfRoute(routeTo(subject, ip));
    if (name !== null) names.add(name);
  }
  if (names.size > 0) return [...names];
  // Without a cluster: a bridge with ports, whose network is no other link's.
  const { links } = subject.facts;
  return (links?.records ?? [])
    .filter(({ kind, name }) => kind === 'bridge' && links?.records.some(({ master }) => master === name))
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('docker') && !name.startsWith('br-') && !name.startsWith('virbr'));
}

/** A neighbour answers within milliseconds, and is asked again after a second. */
const fewestProbes = 2;

/** Whether conntrack has several tries that were sent to an address and not answered. */
function hasUnansweredTries({ facts }: Subject, ip: string): boolean {
  const text = facts.conntrack?.text ?? '';
  const sign = `[UNREPLIED] src=${ip} `;
  const first = text.indexOf(sign);
  return first >= 0 && text.includes(sign, first + sign.length);
}

/**
 * What the node knows of a neighbour's absence: an entry that failed, or that nobody has answered yet. Of the latter the kernel may only just have
 * asked: it is a sign where it asked more than once, or where several tries were not answered.
 */
export function failedNeighbour(subject: Subject, ip: string): NeighbourRecord | undefined {
  return subject.facts.neighbours?.records.find(({ ip: own, mac, states, probes }) => {
    if (own !== ip || mac !== '') return false;
    if (states.includes('FAILED')) return true;
    return states.includes('INCOMPLETE') && (probes === null ? hasUnansweredTries(subject, ip) : probes >= fewestProbes);
  });
}

/**
 * Whether nobody has an address any more, as far as the cluster knows: no endpoint, no Pod that runs, no node. False where the cluster does not
 * say enough, and for addresses outside of all Pod networks, which the cluster need not know.
 */
export function isGone({ cluster }: Subject, ip: string): boolean {
  if (!cluster.kinds.has('EndpointSlice') || !cluster.kinds.has('Pod') || cluster.onlyIn.size > 0 || cluster.namespaces !== null)
    return false;
  if (cluster.endpointsAt(ip).length > 0 || cluster.nodeAt(ip) !== undefined) return false;
  const running = cluster.podsAt(ip).some(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
  if (running) return false;
  const networks = cluster.nodes.flatMap(({ podCIDRs }) => podCIDRs);
  return (
    networks.some((network) => inCIDR(ip, network)) || cluster.pods.some(({ podIPs }) => podIPs.some((own) => isNear(own, ip)))
  );
}

/** Whether two addresses share their first three parts (IPv4), so that they are likely of one Pod network. */
function isNear(one: string, other: string): boolean {
  if (isIPv6(one) || isIPv6(other)) return false;
  return one.slice(0, one.lastIndexOf('.')) === other.slice(0, other.lastIndexOf('.'));
}

/** "10.42.0.11:8080" of where a packet ends. */
export function endText({ end }: Journey): string {
  return end.dport === null
    ? end.destination.text
    : isIPv6(end.destination.text)
      ? `[${end.destination.text}]:${end.dport}`
      : `${end.destination.text}:${end.dport}`;
}

/** "Pod shop/web-1 (10.42.0.11)" where the cluster knows who has an address, else the address. */
export function whoHas({ cluster }: Subject, ip: string): SafeText<'shell'> {
  const pod = cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  if (pod !== undefined) return command`Pod ${pod.namespace}/${pod.name} (${ip})`;
  const node = cluster.nodeAt(ip);
  return node === undefined ? command`${ip}` : command`node ${node.name} (${ip})`;
}

/** The node of a Pod, by its address, where that is another one than this; undefined where it is not, or not known. */
export function otherNode(subject: Subject, ip: string): NodeRecord | undefined {
  const pod = subject.cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  const own = nodeName(subject);
  return pod === undefined || pod.node === '' || own === '' || pod.node === own ? undefined : subject.cluster.node(pod.node);
}
