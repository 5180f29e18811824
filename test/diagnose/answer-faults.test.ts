import { describe, it } from 'vitest';
import { toWeb as fromPod, nodePort, sysctl, toCart, toDNS } from './bundle-changes.ts';
import { checkFault, type FaultCase } from './fault-case.ts';

// What conntrack, links and routes say of answers, and of packets that are lost behind the rules.

/** An entry of a client's connection to shop/web that was sent on to web-5f6b-x1. */
const tried = (state: string, flags: string, sport = 41_000): string =>
  `ipv4     2 tcp      6 110 ${state} src=10.42.0.30 dst=10.96.10.80 sport=${sport} dport=80 ${flags}src=10.42.0.11 dst=10.42.0.30 sport=8080 dport=${sport} mark=0 use=1\n`;

const query = (flags: string, dport: number): string =>
  `ipv4     2 udp      17 25 src=10.42.0.30 dst=10.96.0.10 sport=41000 dport=${dport} ${flags}src=10.42.0.10 dst=10.42.0.30 sport=${dport} dport=41000 mark=0 use=1\n`;

/** The connections of the recorded node are of others. */
const only =
  (...entries: readonly string[]) =>
  (): string =>
    entries.join('');

const toWeb = [fromPod[0], '10.96.10.80:80'] as const;

const triedCart =
  'ipv4     2 tcp      6 110 SYN_SENT src=10.42.0.30 dst=10.96.10.90 sport=41000 dport=80 [UNREPLIED] src=10.42.1.20 dst=10.42.0.30 sport=8080 dport=41000 mark=0 use=1\n';
const withoutNodeRoute = (text: string): string => text.replace(/\{"dst":"10\.42\.1\.0\/24"[^{}]*\},?/, '');
const withoutFlannel = (text: string): string => text.replace(/^.*FLANNEL.*\n/gm, '');
/** Another node, which has no route either. */
const moreNodes = (text: string): string => {
  const cluster = JSON.parse(text) as { items: { kind: string; metadata: { name: string }; spec?: object }[] };
  const node = cluster.items.find(({ kind, metadata }) => kind === 'Node' && metadata.name !== 'worker-1');
  if (node === undefined) throw new Error('There is no other node.');
  cluster.items.push({
    ...node,
    metadata: { ...node.metadata, name: 'worker-9' },
    spec: { podCIDR: '10.42.9.0/24', podCIDRs: ['10.42.9.0/24'] },
  });
  return JSON.stringify(cluster);
};

const cases: readonly FaultCase[] = [
  {
    what: 'tries that nobody answered',
    changes: { 'conntrack.txt': only(tried('SYN_SENT', '[UNREPLIED] '), tried('SYN_SENT', '[UNREPLIED] ', 41_001)) },
    ask: toWeb,
    outcome: 'lost',
    code: 'never-answered',
  },
  {
    what: 'a try that nobody answered, and one that went well',
    changes: {
      'conntrack.txt': only(tried('SYN_SENT', '[UNREPLIED] '), tried('TIME_WAIT', '', 41_001)),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'tries to an endpoint that is none any more',
    changes: { 'conntrack.txt': only(tried('SYN_SENT', '[UNREPLIED] ').replace('src=10.42.0.11', 'src=10.42.0.9')) },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'tries of another client',
    changes: { 'conntrack.txt': only(tried('SYN_SENT', '[UNREPLIED] ').replaceAll('10.42.0.30', '10.42.0.12')) },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'tries that were answered and never went on',
    changes: { 'conntrack.txt': only(tried('SYN_RECV', '')) },
    ask: toWeb,
    outcome: 'lost',
    code: 'answer-lost',
  },
  {
    what: 'a query that nobody answered',
    changes: { 'conntrack.txt': only(query('[UNREPLIED] ', 53)) },
    ask: toDNS,
    outcome: 'lost',
    code: 'never-answered',
  },
  {
    what: 'tries that a known fault explains',
    changes: {
      'conntrack.txt': only(tried('SYN_SENT', '[UNREPLIED] ')),
      'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '262144'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'conntrack-full',
  },
  {
    what: 'the interface of the node is down',
    changes: { 'ip-link.json': (text) => text.replace(/("ifname":"eth0".*?"flags":\[[^\]]*?)"UP",?/, '$1') },
    ask: nodePort,
    outcome: 'lost',
    code: 'link-down',
  },
  {
    what: 'the node has another address than the cluster says',
    changes: {
      'ip-addr.json': (text) => text.replaceAll('172.18.0.2"', '172.18.0.9"'),
      'ip-route.json': (text) => text.replaceAll('172.18.0.2"', '172.18.0.9"'),
    },
    ask: nodePort,
    outcome: 'lost',
    code: 'address-not-here',
  },
  {
    what: "the route to another node's Pods is gone, and the default route is left",
    changes: { 'ip-route.json': withoutNodeRoute, 'conntrack.txt': only(triedCart) },
    ask: toCart,
    outcome: 'lost',
    code: 'node-route-missing',
  },
  {
    what: 'the same where nobody tried',
    changes: { 'ip-route.json': withoutNodeRoute, 'conntrack.txt': only() },
    ask: toCart,
    outcome: 'lost',
    code: 'node-route-missing',
  },
  {
    what: 'a cloud that routes Pods itself: no node has a route',
    changes: { 'ip-route.json': withoutNodeRoute, 'iptables-save.txt': withoutFlannel, 'cluster.json': moreNodes },
    ask: toCart,
    outcome: 'arrives',
  },
  {
    what: 'a cloud that routes Pods itself, and a try that nobody answered',
    changes: {
      'ip-route.json': withoutNodeRoute,
      'iptables-save.txt': withoutFlannel,
      'cluster.json': moreNodes,
      'conntrack.txt': only(triedCart),
    },
    ask: toCart,
    outcome: 'lost',
    code: 'never-answered',
  },
  {
    what: 'a try that went well by the default route',
    changes: {
      'ip-route.json': withoutNodeRoute,
      'conntrack.txt': only(triedCart.replace('[UNREPLIED] ', '').replace('SYN_SENT', 'TIME_WAIT')),
    },
    ask: toCart,
    outcome: 'arrives',
  },
  {
    what: "the route for answers to another node's Pod is gone",
    changes: { 'ip-route.json': withoutNodeRoute },
    ask: ['10.42.1.20', '10.42.0.11:8080'],
    outcome: 'lost',
    code: 'node-route-missing',
  },
  {
    what: "the route of the Pods' network is gone",
    changes: {
      'ip-route.json': (text) =>
        text.replace(
          '{"dst":"10.42.0.0/24","dev":"cni0","protocol":"kernel","scope":"link","prefsrc":"10.42.0.1","flags":[]},',
          '',
        ),
    },
    ask: nodePort,
    outcome: 'lost',
    code: 'pod-route-missing',
  },
  {
    what: 'a network plugin that leads to its Pods by an address of the node',
    changes: {
      'ip-route.json': (text) =>
        text.replace('{"dst":"10.42.0.0/24","dev":"cni0"', '{"dst":"10.42.0.0/24","gateway":"10.42.0.1","dev":"cni0"'),
    },
    ask: nodePort,
    outcome: 'arrives',
  },
  {
    what: "an interface for Services' addresses that is never up",
    changes: {
      'ip-link.json': (text) =>
        `${text}\n[{"ifindex":99,"ifname":"kube-ipvs0","flags":["BROADCAST","NOARP"],"mtu":1500,"linkinfo":{"info_kind":"dummy"}}]`,
      'ip-addr.json': (text) =>
        `${text}\n[{"ifname":"kube-ipvs0","addr_info":[{"family":"inet","local":"172.18.0.200","prefixlen":32,"scope":"global"}]}]`,
    },
    ask: ['outside', '172.18.0.200:30080'],
    outcome: 'arrives',
  },
  {
    what: 'a policy rule that sends answers by the same router',
    changes: {
      'ip-rule.json': (text) =>
        text.replace('{"priority":32766', '{"priority":100,"src":"10.42.0.0","srclen":16,"table":"100"},{"priority":32766'),
      'ip-route.json': (text) =>
        text.replace('[{', '[{"dst":"default","gateway":"172.18.0.1","dev":"eth0","table":"100","flags":[]},{'),
    },
    ask: toCart,
    outcome: 'arrives',
  },
];

describe('an answer in a bundle', () => {
  it.each(cases)('$what: $outcome $code', checkFault);
});
