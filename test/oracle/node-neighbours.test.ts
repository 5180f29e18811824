import type { LabQuestion } from '../support/node-lab.ts';
import { describeLabCases, type LabCase, labCluster, nodePort, nodePortOfCart, toCart, toWeb } from '../support/node-lab-case.ts';

// What other programs and other machines have to do with a packet: entries in zones of their own, answers and packets that do not come by the node,
// hostPorts, devices, sets and tables of routes.

const query: LabQuestion = ['client0', { protocol: 'udp', to: '10.96.0.10', dport: 53, sport: 41_000 }];
const staleEntry = (more: string): string =>
  `conntrack -I -p udp -s 10.42.0.30 -d 10.96.0.10 --sport 41000 --dport 53 --reply-src 10.42.0.99 --reply-dst 10.42.0.30 --reply-port-src 53 --reply-port-dst 41000 -t 200 ${more} 2>/dev/null`;
const forget = 'conntrack -F 2>/dev/null';

const published = (
  port: number,
): string => `iptables -t nat -N DOCKER; iptables -t nat -I PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
  iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport ${port} -j DNAT --to-destination 172.17.0.2:80`;

const hostPortChains = `iptables -t nat -N CNI-HOSTPORT-DNAT; iptables -t nat -N CNI-DN-aaa
  iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8085 -j CNI-DN-aaa
  iptables -t nat -A CNI-DN-aaa -p tcp -m tcp --dport 8085 -j DNAT --to-destination 10.42.0.11:8080`;
const toHostPort: LabQuestion = ['client', { to: '172.18.0.2', dport: 8085 }];
/** The cluster, in which a Pod has a hostPort. */
const withHostPort = labCluster.replace(
  /("name": ?"web-5f6b-x1"[\s\S]*?"containers": ?\[\{)/,
  '$1"ports":[{"containerPort":8080,"hostPort":8085,"protocol":"TCP"}],',
);

const atDevice = (name: string): Pick<LabCase, 'make' | 'undo'> => ({
  make: `printf '%s\\n' 'table netdev guard {' 'chain c { type filter hook ingress device "${name}" priority 0; ip daddr 10.96.10.90 drop; }' '}' | nft -f -; echo > /dev/udp/10.42.0.30/9; sleep 0.3`,
  undo: 'nft delete table netdev guard',
});

const tableOfOwn = (gateway: string): Pick<LabCase, 'make' | 'undo'> => ({
  make: `ip rule add pref 90 from 172.18.0.2 lookup 50; ip route add default via ${gateway} dev eth0 table 50; ip route add 10.42.0.0/24 dev cni0 table 50
    ip route add 172.18.0.0/16 dev eth0 table 50`,
  undo: 'ip rule del pref 90; ip route flush table 50',
});

const blocked = (...more: readonly string[]): Pick<LabCase, 'make' | 'undo'> => ({
  make: `ipset create blocked hash:net; ${['ipset add blocked 10.42.0.0/24', ...more].join('; ')}; iptables -I FORWARD -m set --match-set blocked src -p tcp --dport 8080 -j DROP`,
  undo: 'iptables -F FORWARD; ipset destroy blocked',
});

const cases: readonly LabCase[] = [
  {
    what: 'an entry of conntrack to a Pod that is gone, in a zone that no rule gives',
    make: staleEntry('-w 7'),
    undo: forget,
    ask: [[query, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'the same entry in the zone of all packets, with a mark',
    make: staleEntry('--mark 0x4000'),
    undo: forget,
    ask: [[query, 'lost', 'conntrack-stale']],
  },
  {
    what: 'a Pod of another node whose answers go straight to who asked',
    make: 'true',
    others: [['client', 'ip route add 10.42.1.0/24 via 172.18.0.2', 'ip route del 10.42.1.0/24']],
    ask: [[['client', { to: '10.42.1.20', dport: 8080 }], 'unknown']],
  },
  {
    what: 'a NodePort of another node',
    make: 'true',
    ask: [[['client', { to: '172.18.0.3', dport: 30080 }], 'unknown']],
  },
  {
    what: 'a port that Docker publishes, with the number of a NodePort',
    make: published(30_080),
    ask: [
      [nodePort, 'lost', 'translated-elsewhere'],
      [toWeb, 'arrives'],
    ],
  },
  { what: 'another port that Docker publishes', make: published(8080), ask: [[nodePort, 'arrives']], isHealthy: true },
  {
    what: "a rule that accepts others' packets before masquerading",
    make: 'iptables -t nat -I POSTROUTING -s 192.168.122.0/24 -o eth0 -j ACCEPT',
    ask: [[nodePortOfCart, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a rule that accepts what is masqueraded',
    make: 'iptables -t nat -I POSTROUTING -o eth0 -j ACCEPT',
    ask: [[nodePortOfCart, 'lost', 'answers-bypass-node']],
  },
  {
    what: 'a hostPort whose rules nobody jumps to',
    make: hostPortChains,
    cluster: withHostPort,
    ask: [
      [toHostPort, 'refused', 'host-port-lost'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a hostPort whose rules are gone',
    make: 'true',
    cluster: withHostPort,
    ask: [[toHostPort, 'refused', 'host-port-lost']],
  },
  {
    what: 'a hostPort',
    make: `${hostPortChains}; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT`,
    cluster: withHostPort,
    ask: [[toHostPort, 'arrives']],
    isHealthy: true,
  },
  { what: "a chain of nft at a Pod's own port", ...atDevice('vethclient0'), ask: [[toCart, 'lost', 'nft-table-drops']] },
  { what: "a chain of nft at another Pod's port", ...atDevice('vethweb2'), ask: [[toCart, 'arrives']], isHealthy: true },
  {
    what: "a table for the node's own packets, by a router that is silent",
    ...tableOfOwn('172.18.0.99'),
    ask: [
      [['node', { to: '10.96.10.90', dport: 80 }], 'lost', 'next-hop-silent'],
      [toCart, 'arrives'],
    ],
  },
  { what: 'a set of networks', ...blocked(), ask: [[toCart, 'lost', 'dropped-by-rule']] },
  {
    what: 'a set of networks with an exception',
    ...blocked('ipset add blocked 10.42.0.30 nomatch'),
    ask: [[toCart, 'arrives']],
    isHealthy: true,
  },
];

describeLabCases('what other programs and machines have to do with packets', cases);
