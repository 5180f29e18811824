import { describeLabCases, type LabCase, nodePort, toCart, toWeb } from '../support/node-lab-case.ts';

// What runs out, what is there twice, and what does Services without iptables: each fault with a twin that looks alike and does no harm.

/** A connection of another Pod to the endpoint of shop/cart, which left by a port of the node. */
const connection = (port: number): string =>
  `conntrack -I -p tcp -s 10.42.0.12 -d 10.42.1.20 --sport ${port} --dport 8080 --reply-src 10.42.1.20 --reply-dst 172.18.0.2 --reply-port-src 8080 --reply-port-dst ${port} --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 600 2>/dev/null`;

const snat = (ports: string): string =>
  `iptables -t nat -I POSTROUTING -d 10.42.1.20 -p tcp -j SNAT --to-source 172.18.0.2:${ports}; ${connection(40_000)}; ${connection(40_001)}`;

const eth0OfFewBytes = 'ip link set eth0 mtu 1400';
const eth0AsBefore =
  'ip link set eth0 mtu 1500; ip route replace default via 172.18.0.1; ip route replace 10.42.1.0/24 via 172.18.0.3';

/** The maps of kube-proxy in nftables mode, as up to 1.32; what a Service's chain does is given. */
const nftMode = (choice: string): string => `iptables -t nat -F; iptables -t nat -X; iptables -F; iptables -X
  printf '%s\\n' 'table ip kube-proxy {' 'chain endpoint-A { meta l4proto tcp dnat to 10.42.0.11:8080; }' 'chain endpoint-B { meta l4proto tcp dnat to 10.42.0.12:8080; }' \\
  'chain endpoint-C { meta l4proto tcp dnat to 10.42.0.99:8080; }' \\
  'chain mark-for-masquerade { meta mark set meta mark or 0x4000; }' 'chain service-67NZLRHB-shop/web/tcp/http { ip saddr != 10.42.0.0/16 jump mark-for-masquerade; ${choice}; }' \\
  'chain external-67NZLRHB-shop/web/tcp/http { jump mark-for-masquerade; goto service-67NZLRHB-shop/web/tcp/http; }' \\
  'map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.10.80 . tcp . 80 : goto service-67NZLRHB-shop/web/tcp/http } }' \\
  'map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 30080 : goto external-67NZLRHB-shop/web/tcp/http } }' \\
  'set nodeport-ips { type ipv4_addr; elements = { 172.18.0.2 } }' \\
  'chain services { ip daddr . meta l4proto . th dport vmap @service-ips; ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports; }' \\
  'chain nat-prerouting { type nat hook prerouting priority -100; jump services; }' 'chain nat-output { type nat hook output priority -100; jump services; }' \\
  'chain nat-postrouting { type nat hook postrouting priority 100; meta mark and 0x4000 != 0 masquerade; }' '}' | nft -f -`;

const cases: readonly LabCase[] = [
  {
    what: 'all ports that SNAT may give are taken',
    make: snat('40000-40001'),
    undo: 'conntrack -F 2>/dev/null',
    ask: [
      [toCart, 'lost', 'snat-ports-used-up'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'some of the ports that SNAT may give are taken',
    make: snat('40000-40999'),
    undo: 'conntrack -F 2>/dev/null',
    ask: [
      [toCart, 'arrives'],
      [toWeb, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'the node has the address of the Pod that asks',
    make: 'ip addr add 10.42.0.30/32 dev lo',
    undo: 'ip addr del 10.42.0.30/32 dev lo',
    ask: [
      [toCart, 'lost', 'pod-address-taken'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'the node has another address of the network of Pods',
    make: 'ip addr add 10.42.0.77/32 dev lo',
    undo: 'ip addr del 10.42.0.77/32 dev lo',
    ask: [
      [toCart, 'arrives'],
      [toWeb, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: "messages of the path's MTU are dropped where two links differ",
    make: `${eth0OfFewBytes}; iptables -I OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP`,
    undo: eth0AsBefore,
    ask: [[toCart, 'arrives', 'path-mtu-dropped']],
  },
  {
    what: 'two links differ, and echo requests are dropped',
    make: `${eth0OfFewBytes}; iptables -I OUTPUT -p icmp --icmp-type echo-request -j DROP`,
    undo: eth0AsBefore,
    ask: [
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: "messages of the path's MTU are dropped where no link needs any",
    make: 'iptables -I OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP',
    ask: [[toCart, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'nftables mode with an endpoint that is gone',
    make: nftMode('goto endpoint-C'),
    undo: 'nft delete table ip kube-proxy',
    ask: [
      [toWeb, 'lost', 'endpoint-gone'],
      [nodePort, 'lost', 'endpoint-gone'],
    ],
  },
  {
    what: 'nftables mode',
    make: nftMode('numgen random mod 2 vmap { 0 : goto endpoint-A, 1 : goto endpoint-B }'),
    undo: 'nft delete table ip kube-proxy',
    ask: [
      [toWeb, 'arrives'],
      [nodePort, 'arrives'],
      [['node', { to: '10.96.10.80', dport: 80 }], 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'nftables mode with a rule that drops what goes to an endpoint',
    make: `${nftMode('goto endpoint-A')}; iptables -I FORWARD -d 10.42.0.11 -p tcp --dport 8080 -j DROP`,
    undo: 'nft delete table ip kube-proxy',
    ask: [
      [toWeb, 'lost', 'dropped-by-rule'],
      [nodePort, 'lost', 'dropped-by-rule'],
    ],
  },
  {
    what: "one Service's address translated to another's",
    make: 'iptables -t nat -I PREROUTING -d 10.96.10.80 -p tcp --dport 80 -j DNAT --to-destination 10.96.10.90:80',
    ask: [
      [toWeb, 'lost', 'translated-elsewhere'],
      [nodePort, 'arrives'],
    ],
  },
];

describeLabCases('what runs out on a node, is there twice, or is done without iptables', cases);
