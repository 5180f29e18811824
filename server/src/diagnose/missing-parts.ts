/** What a bundle does not have, what that leaves open, and the command that prints it. */
import type { NodeFacts } from '../node/facts.ts';
import type { Missing } from './diagnosis.ts';

interface PartNeeded {
  readonly isThere: (facts: NodeFacts) => boolean;
  readonly what: string;
  readonly how: string;
}

const parts: readonly PartNeeded[] = [
  {
    isThere: ({ sysctls }) => sysctls !== null,
    what: "the kernel's settings: forwarding, reverse path filter, bridges, room for connections",
    how: 'sysctl -a 2>/dev/null | grep "^net\\." > sysctl.txt',
  },
  {
    isThere: ({ addresses }) => addresses !== null,
    what: "the node's addresses: which packets are for the node itself",
    how: 'ip -j -d addr > ip-addr.json',
  },
  {
    isThere: ({ routes }) => routes !== null,
    what: 'routes: where packets leave, and whether answers come back the same way',
    how: '{ ip -j -d -4 route show table all; ip -j -d -6 route show table all; } > ip-route.json; ip -j -d rule > ip-rule.json',
  },
  {
    isThere: ({ links }) => links !== null,
    what: 'interfaces: bridges and their ports, tunnels, MTUs',
    how: 'ip -j -d link > ip-link.json; bridge -j -d link > bridge-link.json',
  },
  {
    isThere: ({ conntrack }) => conntrack !== null,
    what: 'connections that the kernel knows: whether some lead to endpoints that are gone',
    how: 'conntrack -L -o extended > conntrack.txt; conntrack -S > conntrack-stats.txt',
  },
  {
    isThere: ({ sets, rules }) => sets !== null || !rules.some(({ text }) => text.includes('--match-set ')),
    what: 'members of the sets that rules ask for: whether a packet is in one',
    how: 'ipset save > ipset-save.txt',
  },
  {
    isThere: ({ proxyLog }) => proxyLog !== null,
    what: "kube-proxy's log: whether its last sync went well, and when it was",
    how: 'kubectl -n kube-system logs KUBE-PROXY-POD --tail=2000 > kube-proxy.log',
  },
  {
    isThere: ({ rules }) => rules.some(({ backEnd }) => backEnd === 'legacy') || rules.length === 0,
    what: 'the other back end of iptables: whether it has rules, too',
    how: 'iptables-legacy-save > iptables-legacy-save.txt; ip6tables-legacy-save > ip6tables-legacy-save.txt',
  },
];

/** What is missing, with how to get it. */
export function missingParts(facts: NodeFacts, hasCluster: boolean): readonly Missing[] {
  const cluster = {
    what: "the cluster's objects: whether the rules are what they should be, and which Pods there are",
    how: 'kubectl get nodes,services,endpointslices,pods -A -o json > cluster.json',
  };
  const lacking = parts.filter(({ isThere }) => !isThere(facts)).map(({ what, how }) => ({ what, how }));
  return [...lacking, ...(hasCluster ? [] : [cluster])];
}
