import { describeLabCases, type LabCase, nodePortOfCart, query, toCart, toWeb } from '../support/node-lab-case.ts';

// A tunnel between the nodes, as flannel and Calico make it: what carries the packets of Pods meets rules, neighbours and tables of its own.

const pods = ['cni0', 'vethclient0', 'vethweb1', 'vethweb2', 'vethdns'];
const sized = (mtu: number): string => pods.map((name) => `ip link set ${name} mtu ${mtu}`).join('; ');

/** One end of the tunnel. */
const end = (
  own: string,
  mac: string,
  router: string,
  otherRouter: string,
  otherMac: string,
  remote: string,
  network: string,
): string =>
  `ip link add flannel.1 type vxlan id 1 local ${own} dstport 8472 nolearning dev eth0
   ip link set flannel.1 address ${mac} mtu 1450 up; ip addr add ${router}/32 dev flannel.1
   ip neigh add ${otherRouter} lladdr ${otherMac} dev flannel.1 nud permanent; bridge fdb append ${otherMac} dev flannel.1 dst ${remote}
   ip route replace ${network} via ${otherRouter} dev flannel.1 onlink`;

const here = end('172.18.0.2', '02:00:00:00:00:01', '10.42.0.0', '10.42.1.0', '02:00:00:00:00:02', '172.18.0.3', '10.42.1.0/24');
const there = end('172.18.0.3', '02:00:00:00:00:02', '10.42.1.0', '10.42.0.0', '02:00:00:00:00:01', '172.18.0.2', '10.42.0.0/24');

/** A case on nodes with a tunnel. */
const tunnelled = (what: string, make: string, ask: LabCase['ask'], isHealthy?: true, mtu = 1450): LabCase => ({
  what,
  make: `${here}; ${sized(mtu)}\n${make}`,
  undo: `ip link del flannel.1; ${sized(1500)}; ip link set eth0 mtu 1500; ip route replace 10.42.1.0/24 via 172.18.0.3`,
  others: [['worker2', there, 'ip link del flannel.1; ip route replace 10.42.0.0/24 via 172.18.0.2']],
  ask,
  ...(isHealthy === true ? { isHealthy } : {}),
});

const cases: readonly LabCase[] = [
  tunnelled(
    'a tunnel as it should be',
    '',
    [
      [toCart, 'arrives'],
      [nodePortOfCart, 'arrives'],
    ],
    true,
  ),
  tunnelled('a link with large frames below it', 'ip link set eth0 mtu 9000', [[toCart, 'arrives']], true),
  tunnelled(
    'a firewall that knows the tunnel, and drops all else',
    'iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -i cni0 -j ACCEPT; iptables -A INPUT -p udp -m udp --dport 8472 -j ACCEPT',
    [[toCart, 'arrives']],
    true,
  ),
  tunnelled('Pods with larger packets than it takes', '', [[toCart, 'arrives', 'mtu-above-tunnel']], undefined, 1500),
  tunnelled(
    'a firewall that drops what comes out of it',
    'iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -i cni0 -j ACCEPT; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    [
      [toCart, 'lost', 'tunnel-packets-lost'],
      [toWeb, 'arrives'],
    ],
  ),
  tunnelled('a firewall that drops what goes into it', 'iptables -I OUTPUT -p udp -m udp --dport 8472 -j DROP', [
    [toCart, 'lost', 'tunnel-packets-lost'],
    [toWeb, 'arrives'],
  ]),
  tunnelled('no entry for the other node', 'bridge fdb del 02:00:00:00:00:02 dev flannel.1 dst 172.18.0.3', [
    [toCart, 'lost', 'tunnel-packets-lost'],
    [toWeb, 'arrives'],
  ]),
  tunnelled('a neighbour that is no more', 'ip neigh replace 10.42.1.0 lladdr 02:00:00:00:00:09 dev flannel.1 nud permanent', [
    [toCart, 'lost', 'tunnel-packets-lost'],
  ]),
  {
    what: "a Pod's neighbour entry with a link address of nobody",
    make: 'ip neigh replace 10.42.0.10 lladdr 02:00:00:00:00:99 dev cni0 nud permanent',
    undo: 'ip neigh del 10.42.0.10 dev cni0',
    ask: [
      [query, 'lost', 'neighbour-wrong'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: "a Pod's neighbour entry that is permanent and right",
    make: `(: >/dev/tcp/10.42.0.10/9) 2>/dev/null || :
      mac=$(ip neigh show 10.42.0.10 dev cni0 | sed 's/.*lladdr \\([^ ]*\\).*/\\1/'); ip neigh replace 10.42.0.10 lladdr $mac dev cni0 nud permanent`,
    undo: 'ip neigh del 10.42.0.10 dev cni0',
    ask: [[query, 'arrives']],
    isHealthy: true,
  },
];

describeLabCases('tunnels and neighbours', cases);
