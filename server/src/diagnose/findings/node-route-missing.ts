import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import type { NodeRecord } from '../../cluster/objects.ts';
import type { RouteAnswer } from '../../node/look-ups/route.ts';
import type { RouteRecord } from '../../node/records.ts';
import { linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, otherNode, whoHas } from '../signs.ts';
import { nodeName, type Subject } from '../subject.ts';
import { type Tries, triesOf, tryKey } from '../tries.ts';

/** Packets to the Pods of another node that go by the default route, as the network plugin's route to them is gone. */
export const nodeRouteMissing: NodeFinding = {
  codes: {
    'node-route-missing':
      "The Pod is on another node, and this node's route to that node's Pods is missing: packets go by the default route, to a router that knows no Pods.",
  },
  look,
};

interface Lack {
  readonly node: NodeRecord;
  /** The default route that is taken. */
  readonly route: RouteRecord;
}

function isDefault({ network }: RouteRecord): boolean {
  return network.endsWith('/0');
}

/** What leads to a Pod of another node where nothing but the default route does; undefined for any other way. */
function lackOf(subject: Subject, ip: string, answer: RouteAnswer): Lack | undefined {
  const node = otherNode(subject, ip);
  if (node === undefined || answer.kind !== 'route' || !isDefault(answer.route) || answer.route.type !== 'unicast')
    return undefined;
  const { route } = answer;
  // A policy rule may lead elsewhere than the plugin's route, which is there all the same.
  if (subject.facts.routes?.records.some((each) => !isDefault(each) && inCIDR(ip, each.network)) === true) return undefined;
  const isToNode = ({ gateway }: { readonly gateway: string }): boolean =>
    gateway === '' || node.addresses.some(({ address }) => address === gateway);
  return route.hops.some(isToNode) ? undefined : { node, route };
}

/** Whether some route other than the default one leads to a node's Pods. */
function hasRoute(subject: Subject, { name, podCIDRs }: NodeRecord, isSixth: boolean): boolean {
  const own = subject.cluster.pods.find(({ node, hostNetwork }) => node === name && !hostNetwork);
  const bases = podCIDRs.map((network) => network.slice(0, network.indexOf('/')));
  const known = [...bases, ...(own?.podIPs ?? [])].filter((ip) => isIPv6(ip) === isSixth);
  return known.some((ip) => {
    const answer = routeTo(subject, ip);
    return answer.kind === 'route' && !isDefault(answer.route);
  });
}

/** Links and chains of plugins that make a route for each node. */
const pluginLink = /^(?:flannel(?:\.\d+|-wg|-v6\.\d+)?|vxlan\.calico|cilium_vxlan)$/;

/** Whether this node has a route for each other node: true where it has those of others, false where it has none, undefined where no other is known. */
function makesRoutes(subject: Subject, { node }: Lack, isSixth: boolean): boolean | undefined {
  const { cluster, facts, ruleset } = subject;
  if ((facts.links?.records ?? []).some(({ name }) => pluginLink.test(name))) return true;
  if (ruleset.tables.some(({ chains }) => chains.has('FLANNEL-FWD') || chains.has('FLANNEL-POSTRTG'))) return true;
  const others = cluster.nodes.filter(({ name }) => name !== node.name && name !== nodeName(subject)).slice(0, mostNodes);
  return others.length === 0 ? undefined : others.some((other) => hasRoute(subject, other, isSixth));
}

const mostNodes = 50;

/** The node's address where this node reaches it on a link of its own. */
function onLink(subject: Subject, { node }: Lack, isSixth: boolean): string | undefined {
  const addresses = node.addresses.filter(({ type, address }) => type === 'InternalIP' && isIPv6(address) === isSixth);
  return addresses.find(({ address }) => linkOfRoute(routeTo(subject, address)) !== null)?.address;
}

/** The cause where it is one: tries were lost, or all other nodes' Pods have a route. In clouds that route Pods themselves none has. */
function causeOf(subject: Subject, ip: string, lack: Lack, lost: readonly Evidence[], what: string): Cause | undefined {
  const { routes } = subject.facts;
  const isSixth = isIPv6(ip);
  const made = makesRoutes(subject, lack, isSixth);
  const near = onLink(subject, lack, isSixth);
  const isSure = lost.length > 0 ? made !== false : made === true && near !== undefined;
  if (!isSure || routes === null) return undefined;
  const { node, route } = lack;
  const [hop] = route.hops;
  const network = node.podCIDRs.find((each) => isIPv6(each) === isSixth) ?? `${ip}/${isSixth ? 128 : 32}`;
  const tried = lost.length === 0 ? '' : ' Conntrack has tries of this that got no further.';
  return {
    code: 'node-route-missing',
    message: `${what} ${whoHas(subject, ip)}, which is on node ${node.name}, and this node has no route to that node's Pods (${network}): they go by the default route to ${hop?.gateway ?? ''}, as anything does that nobody knows. The network plugin did not make the route, or somebody took it away.${tried}`,
    evidence: [
      {
        file: route.file ?? routes.file,
        line: route.line,
        text: `default via ${hop?.gateway ?? ''} dev ${hop?.interface ?? ''}, table ${route.table}`,
      },
      ...lost,
    ],
    confirm: [command`ip route get ${ip}`, command`ip route show table all`, command`kubectl get node ${node.name} -o wide`],
    mend: [
      command`restart the network plugin's Pod on this node, and look into its log`,
      ...(near === undefined ? [] : [command`ip route add ${network} via ${near}`]),
    ],
  };
}

/** What tries say of a way: some were lost, or none was made; undefined where they only went well. */
function lostOf(
  tries: ReadonlyMap<string, Tries>,
  { end }: Journey,
  which: 'unanswered' | 'halfOpen',
): readonly Evidence[] | undefined {
  const of = tries.get(tryKey(end.destination.text, end.dport));
  const lost = of?.[which] ?? [];
  return (of?.well ?? 0) > 0 && lost.length === 0 ? undefined : lost;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null || subject.facts.routes === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found: Found[] = [];
  for (const journey of leaving(asked)) {
    const ip = journey.end.destination.text;
    const lack = journey.end.destination.standsIn === true ? undefined : lackOf(subject, ip, journey.route);
    const lost = lostOf(tries, journey, 'unanswered');
    if (lack === undefined || lost === undefined) continue;
    const cause = causeOf(subject, ip, lack, lost, `Packets are sent to`);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey] }));
  }
  for (const journey of accepted(asked)) {
    if (journey.answer === null) continue;
    const { destination, route } = journey.answer;
    const lack = lackOf(subject, destination, route);
    const lost = lostOf(tries, journey, 'halfOpen');
    if (lack === undefined || lost === undefined) continue;
    const cause = causeOf(subject, destination, lack, lost, `The packet arrives at ${endText(journey)}, its answer is for`);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey] }));
  }
  return { ...nothing, found };
}
