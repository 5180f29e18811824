import type { LabQuestion } from '../support/node-lab.ts';
import {
  describeLabCases,
  type LabCase,
  nodePort,
  nodePortOfCart,
  query,
  toCart,
  toPod,
  toWeb,
} from '../support/node-lab-case.ts';

// What drops packets beside iptables' own verdicts: ARP, queues, ebtables, chains of nft at other priorities, routes back. With their twins.

/** Nobody answers later than at once where nothing answers at all. */
const briefly = ([at, order]: LabQuestion): LabQuestion => [at, { wait: 1_200, ...order }];
const nft = (inner: string): string => `printf '%s\\n' 'table inet guard {' '${inner}' '}' | nft -f -`;
const forgetful: LabCase['others'] = [['client0', 'ip neigh flush all', '']];

const cases: readonly LabCase[] = [
  {
    what: 'interfaces that answer for their own addresses alone (LVS)',
    make: 'for each in all cni0 eth0; do sysctl -qw net.ipv4.conf.$each.arp_ignore=1 net.ipv4.conf.$each.arp_announce=2; done',
    undo: 'for each in all cni0 eth0; do sysctl -qw net.ipv4.conf.$each.arp_ignore=0 net.ipv4.conf.$each.arp_announce=0; done',
    others: forgetful,
    ask: [
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a queue that nobody has opened',
    make: 'iptables -I FORWARD -s 10.42.0.30 -p tcp --dport 8080 -j NFQUEUE --queue-num 5',
    ask: [
      [briefly(toWeb), 'lost', 'queue-without-listener'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a proxy that is not there',
    make: 'iptables -t mangle -A PREROUTING -i cni0 -p tcp --dport 80 -j TPROXY --on-port 15006 --tproxy-mark 1/1',
    undo: 'iptables -t mangle -F',
    ask: [[briefly(toWeb), 'lost', 'tproxy-without-listener']],
  },
  {
    what: 'a rule of ebtables for an address',
    make: 'ebtables -A FORWARD -p IPv4 --ip-dst 10.42.0.10 -j DROP; ebtables -A FORWARD -s 02:00:00:00:00:66 -j DROP; ebtables -A FORWARD -p ARP --arp-ip-dst 10.42.0.99 -j DROP',
    undo: 'ebtables -F FORWARD',
    ask: [
      [briefly(query), 'lost', 'nft-table-drops'],
      [toWeb, 'arrives'],
      [toCart, 'arrives'],
    ],
  },
  {
    what: 'chains of nft before and behind translation and marks',
    make: `${nft('chain behind { type filter hook prerouting priority -50; tcp dport 30080 drop\niifname "eth0" tcp dport 8081 drop\n}\nchain early { type filter hook prerouting priority -160; meta mark 0x55 drop\n}')}
      iptables -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 0x55`,
    undo: 'nft delete table inet guard; iptables -t mangle -F',
    ask: [
      [nodePort, 'arrives'],
      [toWeb, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a chain of nft that sees the translated port',
    make: nft('chain behind { type filter hook prerouting priority -50; iifname "eth0" tcp dport 8080 drop\n}'),
    undo: 'nft delete table inet guard',
    ask: [
      [briefly(nodePort), 'lost', 'nft-table-drops'],
      [toPod, 'arrives'],
    ],
  },
  {
    what: 'a mark of nft that a policy rule takes, from the second packet on',
    make: `${nft('chain c { type filter hook prerouting priority -150; iifname "eth0" tcp dport 30090 meta mark set 0x77\n}')}; ip rule add fwmark 0x77 blackhole`,
    undo: 'nft delete table inet guard; ip rule del fwmark 0x77 blackhole',
    ask: [
      [briefly(nodePortOfCart), 'lost', 'mark-routes'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a match of the reverse path, where all is as it should be',
    make: `iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP
      ${nft('chain c { type filter hook prerouting priority -290; meta nfproto ipv4 fib saddr . iif oif missing drop\n}')}`,
    undo: 'iptables -t raw -F; nft delete table inet guard',
    ask: [
      [nodePort, 'arrives'],
      [toCart, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a match of the reverse path on an asymmetric way',
    make: (lab) =>
      `ip link add eth1 type veth peer name eth1 netns ${lab.pid('client')}; ip addr add 10.77.0.2/24 dev eth1; ip link set eth1 up
      iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP`,
    undo: 'ip link del eth1; iptables -t raw -F',
    others: [
      [
        'client',
        'ip link set eth1 up; ip addr add 10.77.0.1/24 dev eth1; ip addr add 192.0.2.7/32 dev lo',
        'ip addr del 192.0.2.7/32 dev lo',
      ],
    ],
    ask: [[['client', { from: '192.0.2.7', to: '10.77.0.2', dport: 30080, wait: 1_200 }], 'lost', 'dropped-by-rule']],
  },
  {
    what: 'a port of the bridge that is disabled',
    make: 'bridge link set dev vethdns state 0',
    undo: 'bridge link set dev vethdns state 3',
    ask: [
      [briefly(query), 'lost', 'port-blocked'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a gateway of Pods that is another machine on their bridge',
    make: (lab) =>
      `ip addr del 10.42.0.1/24 dev cni0; ip route add 10.42.0.0/24 dev cni0; ip link add togw type veth peer name gw netns ${lab.pid('client')}
      ip link set togw master cni0 up; bridge link set dev togw hairpin on`,
    undo: 'ip link del togw; ip addr add 10.42.0.1/24 dev cni0',
    others: [
      [
        'client',
        'ip route del 10.42.0.0/24; ip addr add 10.42.0.1/24 dev gw; ip link set gw up; ip route add 10.42.1.0/24 via 172.18.0.3; sysctl -qw net.ipv4.ip_forward=1',
        'sysctl -qw net.ipv4.ip_forward=0; ip route del 10.42.1.0/24 via 172.18.0.3; ip route replace 10.42.0.0/24 via 172.18.0.2',
      ],
      ['worker2', 'ip route replace 10.42.0.0/24 via 172.18.0.1', 'ip route replace 10.42.0.0/24 via 172.18.0.2'],
      ...forgetful,
    ],
    ask: [[toCart, 'arrives']],
    isHealthy: true,
  },
];

describeLabCases('what drops packets beside the rules of iptables', cases);
