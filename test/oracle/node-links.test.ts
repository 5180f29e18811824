import type { NodeLab } from '../support/node-lab.ts';
import {
  describeLabCases,
  farNodePort,
  type LabCase,
  nodePort,
  nodePortOfCart,
  query,
  toCart,
  toPod,
  toWeb,
} from '../support/node-lab-case.ts';

// Links, ports of bridges, neighbours and the routes of answers: faults that no rule shows, and nodes where something looks wrong and is not.

const ports = ['vethclient0', 'vethweb1', 'vethweb2'];
const isolate = (ways: string, which = ports): string =>
  which.map((port) => `bridge link set dev ${port} isolated ${ways}`).join('; ');
/** The node learns who is behind which port. */
const known = 'for ip in 10.42.0.10 10.42.0.11 10.42.0.12 10.42.0.30; do (: >/dev/tcp/$ip/9) 2>/dev/null || :; done';
const secondLink =
  (more: string) =>
  (lab: NodeLab): string =>
    `ip link add eth1 type veth peer name eth1 netns ${lab.pid('client')}; ip addr add 10.77.0.2/24 dev eth1; ip link set eth1 up; ${more}`;
const farClient: LabCase['others'] = [
  [
    'client',
    'ip link set eth1 up; ip addr add 10.77.0.1/24 dev eth1; ip addr add 192.0.2.7/32 dev lo',
    'ip addr del 192.0.2.7/32 dev lo',
  ],
];

const cases: readonly LabCase[] = [
  {
    what: 'ports that are isolated',
    make: isolate('on'),
    undo: isolate('off'),
    ask: [
      [toWeb, 'lost', 'ports-isolated'],
      [toPod, 'lost', 'ports-isolated'],
      [query, 'arrives'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'one isolated port',
    make: isolate('on', ['vethclient0']),
    undo: isolate('off', ['vethclient0']),
    ask: [
      [toWeb, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a rule for a port of the bridge',
    make: `${known}; iptables -I FORWARD -m physdev --physdev-in vethclient0 -j DROP`,
    ask: [
      [toWeb, 'lost', 'dropped-by-rule'],
      [toCart, 'lost', 'dropped-by-rule'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a rule for another port of the bridge, and what is bridged let through',
    make: `${known}; iptables -I FORWARD -m physdev --physdev-in vethdns --physdev-out vethweb1 -j DROP; iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT`,
    ask: [
      [toWeb, 'arrives'],
      [toPod, 'arrives'],
      [query, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a table of nft that refuses what a bridge passes',
    make: `${known}; printf '%s\\n' 'table inet guard {' 'chain ways { type filter hook forward priority 10; ct status dnat accept' 'ip saddr 10.42.0.30 ip daddr 10.42.0.11 reject with icmp port-unreachable' '}' '}' | nft -f -`,
    undo: 'nft delete table inet guard',
    ask: [
      [toPod, 'refused', 'nft-table-drops'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a bridge without its address',
    make: 'ip addr del 10.42.0.1/24 dev cni0; ip route add 10.42.0.0/24 dev cni0',
    undo: 'ip addr add 10.42.0.1/24 dev cni0',
    others: [
      ['client0', 'ip neigh flush all', ''],
      ['web1', 'ip neigh flush all', ''],
      ['web2', 'ip neigh flush all', ''],
    ],
    ask: [
      [toWeb, 'lost', 'pod-gateway-gone'],
      [nodePort, 'lost', 'pod-gateway-gone'],
    ],
  },
  {
    what: 'another bridge with a part of the network of Pods',
    make: 'ip link add br-x type bridge; ip link set br-x up; ip addr add 10.42.0.9/29 dev br-x',
    undo: 'ip link del br-x',
    ask: [[query, 'lost', 'networks-overlap']],
  },
  {
    what: 'another bridge with a network of its own, as Docker leaves it',
    make: `ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; for each in DOCKER DOCKER-USER; do iptables -N $each; done
      iptables -I FORWARD -o docker0 -j DOCKER; iptables -I FORWARD -j DOCKER-USER; iptables -A DOCKER-USER -j RETURN; iptables -P FORWARD DROP
      iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE`,
    undo: 'ip link del docker0',
    ask: [
      [toWeb, 'arrives'],
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a default route by a router that is silent',
    make: secondLink('ip route add default via 10.77.0.9 dev eth1 metric 1; ip route del default via 172.18.0.1'),
    undo: 'ip link del eth1; ip route add default via 172.18.0.1',
    others: farClient,
    ask: [
      [farNodePort, 'lost', 'next-hop-silent'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'answers by another link that leads back as well',
    make: secondLink('ip route del default; ip route add default via 10.77.0.1 dev eth1'),
    undo: 'ip link del eth1; ip route add default via 172.18.0.1',
    others: farClient,
    ask: [
      [farNodePort, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a tunnel that takes all that is not of a link (wg-quick)',
    make: `ip link add wg0 type veth peer name wg0p; ip link set wg0 up; ip rule add pref 100 lookup main suppress_prefixlength 0
      ip rule add pref 101 not fwmark 0xca6c lookup 51820; ip route add default dev wg0 table 51820`,
    undo: 'ip rule del pref 100; ip rule del pref 101; ip link del wg0',
    others: [['client', 'ip addr add 192.0.2.7/32 dev lo', 'ip addr del 192.0.2.7/32 dev lo']],
    ask: [
      [farNodePort, 'lost', 'answer-misrouted'],
      [nodePort, 'arrives'],
      [toCart, 'arrives'],
    ],
  },
  {
    what: 'a policy rule for Pods, whose table has no route to those of the node',
    make: 'ip rule add from 10.42.0.0/16 lookup 100; ip route add default via 172.18.0.3 table 100',
    undo: 'ip rule del from 10.42.0.0/16 lookup 100; ip route flush table 100',
    ask: [[toWeb, 'lost', 'pod-route-missing']],
  },
  {
    what: 'a mark that delivers packets to the node, where nobody takes them',
    make: 'iptables -t mangle -A PREROUTING -i cni0 -p tcp -j MARK --set-mark 0x1; ip rule add fwmark 0x1 lookup 100; ip route add local 0.0.0.0/0 dev lo table 100',
    undo: 'ip rule del fwmark 0x1 lookup 100; ip route flush table 100; iptables -t mangle -F',
    ask: [
      [toWeb, 'lost', 'mark-routes'],
      [query, 'arrives'],
    ],
  },
  {
    what: 'what Cilium leaves behind: rules, a table of its own, and the table of own addresses later',
    make: `ip rule add pref 9 fwmark 0x200/0xf00 lookup 2004; ip rule add pref 100 lookup local; ip rule del pref 0; ip route add local default dev lo table 2004
      iptables -N CILIUM_INPUT; iptables -N CILIUM_FORWARD; iptables -I FORWARD -j CILIUM_FORWARD; iptables -A CILIUM_FORWARD -o cilium_host -j ACCEPT
      iptables -t raw -N CILIUM_PRE_raw; iptables -t raw -A PREROUTING -j CILIUM_PRE_raw; iptables -t raw -A CILIUM_PRE_raw -m mark --mark 0x200/0xf00 -j CT --notrack`,
    undo: 'ip rule add pref 0 lookup local; ip rule del pref 100; ip rule del pref 9; ip route flush table 2004; iptables -t raw -F; iptables -t raw -X',
    ask: [
      [toWeb, 'arrives'],
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'marks that say by which link answers leave (AWS)',
    make: `ip rule add pref 1024 fwmark 0x80/0x80 lookup main; iptables -t mangle -A PREROUTING -i eth0 -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
      iptables -t mangle -A PREROUTING -i cni0 -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80`,
    undo: 'ip rule del pref 1024; iptables -t mangle -F',
    ask: [
      [nodePort, 'arrives'],
      [nodePortOfCart, 'arrives'],
      [toWeb, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a TTL that ends at the node',
    make: 'iptables -t mangle -A PREROUTING -i cni0 -j TTL --ttl-set 1',
    undo: 'iptables -t mangle -F',
    ask: [
      [toCart, 'lost', 'ttl-expired'],
      [nodePort, 'lost', 'ttl-expired'],
    ],
  },
  {
    what: 'a source that nobody has',
    make: 'iptables -t nat -I POSTROUTING -s 10.42.0.0/16 -j SNAT --to-source 172.18.0.99',
    ask: [
      [toCart, 'lost', 'source-not-here'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'what the node sends to itself, kept from conntrack',
    make: 'iptables -t raw -A OUTPUT -o lo -j NOTRACK; iptables -t raw -A PREROUTING -i lo -j NOTRACK',
    undo: 'iptables -t raw -F',
    ask: [
      [['node', { from: '127.0.0.1', to: '127.0.0.1', dport: 30080 }], 'refused', 'untracked'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a redirection to a port where nobody listens',
    make: 'iptables -t nat -I PREROUTING -i cni0 -p tcp --dport 80 -j REDIRECT --to-ports 15001',
    ask: [
      [toWeb, 'refused', 'translated-elsewhere'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a port of the node itself, where nobody listens',
    make: '',
    ask: [[['client', { to: '172.18.0.2', dport: 6443 }], 'refused', 'nothing-listens']],
  },
];

describeLabCases('links, neighbours and routes', cases);
