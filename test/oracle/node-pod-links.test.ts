import { describeLabCases, farNodePort, type LabCase, nodePort, query, toCart, toWeb } from '../support/node-lab-case.ts';

// Links and routes of Pods, and rules that ask for the time, for how often, or for what is on the other side of a filter.

/** A second link to the client, which has an address that no link of the node has, and sends from it there. */
const secondLink = (all: number, own: number): Pick<LabCase, 'make' | 'undo' | 'others'> => ({
  make: (
    lab,
  ) => `ip link add eth1 type veth peer name eth1 netns ${lab.pid('client')}; ip addr add 10.77.0.2/24 dev eth1; ip link set eth1 up
    sysctl -qw net.ipv4.conf.all.rp_filter=${all} net.ipv4.conf.eth1.rp_filter=${own}`,
  undo: 'ip link del eth1; sysctl -qw net.ipv4.conf.all.rp_filter=0',
  others: [
    [
      'client',
      'ip link set eth1 up; ip addr add 10.77.0.1/24 dev eth1; ip addr add 192.0.2.7/32 dev lo',
      'ip addr del 192.0.2.7/32 dev lo',
    ],
  ],
});
const byEth1: LabCase['ask'][number][0] = ['client', { ...farNodePort[1], to: '10.77.0.2' }];
const often = (who: string): string =>
  `iptables -I FORWARD -p tcp --dport 8080 -m conntrack --ctstate NEW -m recent --name RATE --update --seconds 600 --hitcount 4 -j DROP
   iptables -I FORWARD 2 -p tcp --dport 8080 -m conntrack --ctstate NEW -m recent --name RATE --set
   for i in 1 2 3 4 5; do echo +${who} >/proc/net/xt_recent/RATE; done`;

/** What nftables mode leaves behind, with an endpoint of shop/web. */
const leftover = (endpoint: string): Pick<LabCase, 'make' | 'undo'> => ({
  make: `nft -f - <<'RULES'
table ip kube-proxy {
  chain web { meta l4proto tcp dnat to ${endpoint}; }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.10.80 . tcp . 80 : goto web }; }
  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
}
RULES`,
  undo: 'nft delete table ip kube-proxy',
});

const cases: readonly LabCase[] = [
  {
    what: 'a table that nftables mode left behind, with an endpoint that is gone',
    ...leftover('10.42.0.99:8080'),
    ask: [
      [toWeb, 'lost', 'translated-elsewhere'],
      [toCart, 'arrives'],
    ],
  },
  {
    what: 'a table that nftables mode left behind, with an endpoint that is one still',
    ...leftover('10.42.0.12:8080'),
    ask: [[toWeb, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a strict reverse path filter that does not answer who asks for the address, and counts nothing',
    ...secondLink(1, 0),
    ask: [
      [byEth1, 'lost', 'rp-filter-strict'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'the same filter, which the link itself makes loose',
    ...secondLink(1, 2),
    ask: [[byEth1, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a narrower route to the Pod of another node, by a machine that does not have it',
    make: 'ip route add 10.42.1.20/32 via 172.18.0.1',
    undo: 'ip route del 10.42.1.20/32',
    ask: [
      [toCart, 'lost', 'pod-route-wrong'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'the route to the Pods of another node gone, and the default route left',
    make: 'ip route del 10.42.1.0/24',
    undo: 'ip route add 10.42.1.0/24 via 172.18.0.3',
    ask: [
      [toCart, 'lost', 'node-route-missing'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'the Pods of another node looked for on a link of this one',
    make: 'ip link add br9 type bridge; ip link set br9 up; ip route replace 10.42.1.0/24 dev br9',
    undo: 'ip link del br9; ip route replace 10.42.1.0/24 via 172.18.0.3',
    ask: [[toCart, 'lost', 'pod-route-wrong']],
  },
  {
    what: 'narrower routes to Pods of another node that lead to it',
    make: 'ip route add 10.42.1.20/32 via 172.18.0.3; ip route add 10.42.1.16/28 via 172.18.0.1',
    undo: 'ip route del 10.42.1.20/32; ip route del 10.42.1.16/28',
    ask: [[toCart, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a Pod whose own end of its link is down',
    make: ':',
    others: [['dns', 'ip link set eth0 down', 'ip link set eth0 up; ip route replace default via 10.42.0.1']],
    ask: [
      [query, 'lost', 'link-down'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a link that is no port of the bridge any more',
    make: 'ip link set vethdns nomaster',
    undo: 'ip link set vethdns master cni0; bridge link set dev vethdns hairpin on',
    ask: [
      [query, 'lost', 'port-off-bridge'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a link that a Pod left behind, down and without hairpin mode, and links of nobody',
    make: 'ip link add eth7 type bridge; ip link add vethold type veth peer name vethold2; ip link set vethold master cni0',
    undo: 'ip link del eth7; ip link del vethold',
    ask: [
      [query, 'arrives'],
      [toWeb, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: "a chain of a Service's that somebody flushed",
    make: 'iptables -t nat -F KUBE-SVC-67NZLRHBNDSAWJRO',
    ask: [
      [toWeb, 'lost', 'service-passed-over'],
      [toCart, 'arrives'],
    ],
  },
  {
    what: 'the Pods of another node as addresses of this one',
    make: 'ip route add local 10.42.1.0/24 dev lo',
    undo: 'ip route del local 10.42.1.0/24 dev lo table local',
    ask: [
      [toCart, 'refused', 'pod-address-taken'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a rule that sends what is for a Service to a Pod that is gone',
    make: 'iptables -t nat -I PREROUTING -d 10.96.10.80 -p tcp -j DNAT --to-destination 10.42.0.99:80',
    ask: [[toWeb, 'lost', 'translated-elsewhere']],
  },
  {
    what: 'a rule that lets only first packets pass to Pods',
    make: 'iptables -I FORWARD -o cni0 -m conntrack ! --ctstate NEW -j DROP',
    ask: [
      [toCart, 'lost', 'answer-dropped'],
      [nodePort, 'lost', 'later-packets-dropped'],
    ],
  },
  {
    what: 'a rule that drops all day',
    make: 'iptables -I FORWARD -p tcp --dport 8080 -m time --timestart 00:00 --timestop 23:59:59 -j DROP',
    ask: [
      [toWeb, 'lost', 'dropped-by-rule'],
      [query, 'arrives'],
    ],
  },
  {
    what: 'a rule that dropped until a day that is past',
    make: 'iptables -I FORWARD -p tcp --dport 8080 -m time --datestop 2001-01-01T00:00:00 -j DROP',
    ask: [[toWeb, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a client that has come too often',
    make: often('10.42.0.30'),
    ask: [[toCart, 'lost', 'dropped-by-rule']],
  },
  {
    what: 'another client that has come too often',
    make: often('10.42.0.12'),
    ask: [[toCart, 'arrives']],
    isHealthy: true,
  },
];

describeLabCases('links and routes of Pods', cases);
