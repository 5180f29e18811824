import { bundleFiles } from '../support/bundles.ts';
import type { LabHost } from '../support/node-lab.ts';
import type { Order } from '../support/node-lab-agent.ts';

const recorded = bundleFiles('healthy');
const textOf = (path: string): string => recorded.find((file) => file.path === path)?.text ?? '';
// Without the rules that count by nfacct, which not every kernel has.
export const rules = textOf('iptables-save.txt')
  .replace(/^\[\d+:\d+\] /gm, '')
  .replace(/^.*-m nfacct .*\n/gm, '');
export const cluster = textOf('cluster.json');

export interface Question {
  readonly at: LabHost;
  readonly order: Partial<Order> & Pick<Order, 'to' | 'dport'>;
}

export const toWeb: Question = { at: 'client0', order: { to: '10.96.10.80', dport: 80 } };
export const toCart: Question = { at: 'client0', order: { to: '10.96.10.90', dport: 80 } };
const nodePort: Question = { at: 'client', order: { to: '172.18.0.2', dport: 30080 } };
const nodePortOfCart: Question = { at: 'client', order: { to: '172.18.0.2', dport: 30090 } };
const localhost: Question = { at: 'node', order: { from: '127.0.0.1', to: '127.0.0.1', dport: 30080 } };
const ownNodePort: Question = { at: 'node', order: { to: '172.18.0.2', dport: 30080 } };
const itself: Question = { at: 'dns', order: { to: '10.96.0.10', dport: 53 } };
export const query: Question = { at: 'client0', order: { protocol: 'udp', to: '10.96.0.10', dport: 53, sport: 41000 } };

/** A table of nft's own with chains and sets. */
const nft = (inner: string): string => `printf '%s\\n' 'table inet guard {' '${inner}' '}' | nft -f -`;

interface Fault {
  readonly what: string;
  /** Bash in the node's namespace, to make it and to take it away. */
  readonly make: string;
  readonly undo: string;
  /** Rules other than the recorded ones; undefined for those. */
  readonly rules?: string;
  readonly cluster?: string;
  readonly ask: readonly (readonly [Question, 'arrives' | 'lost' | 'refused'])[];
  /** The first cause where a packet is lost; none for what only looks like a fault. */
  readonly code?: string;
}

export const faults: readonly Fault[] = [
  {
    what: 'nothing',
    make: '',
    undo: '',
    ask: [
      [toWeb, 'arrives'],
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
      [nodePortOfCart, 'arrives'],
      [localhost, 'arrives'],
      [ownNodePort, 'arrives'],
      [itself, 'arrives'],
      [query, 'arrives'],
    ],
  },
  {
    what: 'forwarding off',
    make: 'sysctl -qw net.ipv4.ip_forward=0',
    undo: 'sysctl -qw net.ipv4.ip_forward=1',
    ask: [
      [toWeb, 'lost'],
      [nodePort, 'lost'],
      [ownNodePort, 'arrives'],
    ],
    code: 'forwarding-off',
  },
  {
    what: 'forwarding off on the way in',
    make: 'sysctl -qw net.ipv4.conf.eth0.forwarding=0',
    undo: 'sysctl -qw net.ipv4.conf.eth0.forwarding=1',
    ask: [
      [nodePort, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'forwarding-off',
  },
  {
    what: 'route_localnet off',
    make: 'sysctl -qw net.ipv4.conf.all.route_localnet=0',
    undo: 'sysctl -qw net.ipv4.conf.all.route_localnet=1',
    ask: [
      [localhost, 'lost'],
      [ownNodePort, 'arrives'],
      [nodePort, 'arrives'],
    ],
    code: 'route-localnet-off',
  },
  {
    what: 'hairpin off',
    make: 'bridge link set dev vethdns hairpin off',
    undo: 'bridge link set dev vethdns hairpin on',
    ask: [
      [itself, 'lost'],
      [query, 'arrives'],
    ],
    code: 'hairpin-off',
  },
  {
    what: "hairpin off at another Pod's port",
    make: 'bridge link set dev vethweb1 hairpin off',
    undo: 'bridge link set dev vethweb1 hairpin on',
    ask: [[itself, 'arrives']],
    code: 'hairpin-off',
  },
  {
    what: 'a policy that drops',
    make: 'iptables-nft -P FORWARD DROP; iptables-nft -F FLANNEL-FWD',
    undo: '',
    ask: [
      [toWeb, 'lost'],
      [ownNodePort, 'arrives'],
    ],
    code: 'forward-drops-pods',
  },
  {
    what: 'a rule that refuses',
    make: 'iptables-nft -I FORWARD -p tcp --dport 8080 -s 10.42.0.30 -j REJECT',
    undo: '',
    ask: [
      [toWeb, 'refused'],
      [nodePort, 'arrives'],
    ],
    code: 'rejected-by-rule',
  },
  {
    what: 'a rule that drops answers',
    make: 'iptables-nft -I FORWARD -p tcp --sport 8080 -d 10.42.0.30 -j DROP',
    undo: '',
    ask: [
      [toWeb, 'lost'],
      [nodePort, 'arrives'],
    ],
    code: 'answer-dropped',
  },
  {
    what: "kube-proxy's mark taken away",
    make: 'iptables-nft -t mangle -A FORWARD -i eth0 -j MARK --set-mark 0x1',
    undo: '',
    ask: [
      [nodePortOfCart, 'lost'],
      [toCart, 'arrives'],
    ],
    code: 'mark-cleared',
  },
  {
    what: 'a mark before that of kube-proxy',
    make: 'iptables-nft -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 0x1',
    undo: '',
    ask: [[nodePortOfCart, 'arrives']],
  },
  {
    what: 'KUBE-POSTROUTING not hooked in',
    make: 'iptables-nft -t nat -D POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    undo: '',
    ask: [[nodePortOfCart, 'lost']],
    code: 'answers-bypass-node',
  },
  {
    what: 'nat flushed',
    make: 'iptables-nft -t nat -F; iptables-nft -t nat -X',
    undo: '',
    ask: [[nodePort, 'refused']],
    code: 'rules-flushed',
  },
  {
    what: 'a legacy policy that drops',
    make: 'iptables-legacy -P FORWARD DROP',
    undo: 'iptables-legacy -P FORWARD ACCEPT',
    ask: [[nodePort, 'lost']],
    code: 'both-back-ends',
  },
  {
    what: 'legacy tables without rules',
    make: 'iptables-legacy -t nat -L >/dev/null; iptables-legacy -L >/dev/null',
    undo: '',
    ask: [
      [nodePort, 'arrives'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a table of nft whose policy drops',
    make: nft(
      'chain ways { type filter hook forward priority 10; policy drop; ct state established,related accept\nip saddr 10.42.0.30 ip daddr 10.42.1.0/24 accept\n}',
    ),
    undo: 'nft delete table inet guard',
    ask: [
      [toWeb, 'lost'],
      [nodePort, 'lost'],
      [toCart, 'arrives'],
      [ownNodePort, 'arrives'],
    ],
    code: 'nft-table-drops',
  },
  {
    what: 'a table of nft that refuses, by way of a set and another chain',
    make: nft(
      'set pods { type ipv4_addr; flags interval; elements = { 10.42.0.8/29, 10.42.9.9 } }\nchain more { tcp dport { 80, 8000-8100 } reject with icmpx type port-unreachable\n}\nchain ways { type filter hook forward priority -5; ip saddr 10.42.0.30 ip daddr @pods jump more\n}',
    ),
    undo: 'nft delete table inet guard',
    ask: [
      [toWeb, 'refused'],
      [query, 'arrives'],
      [nodePort, 'arrives'],
    ],
    code: 'nft-table-drops',
  },
  {
    what: 'a table of nft that drops answers',
    make: nft(
      'chain ways { type filter hook forward priority 0; meta l4proto tcp ct state != new iifname "cni0" ct direction reply drop\n}',
    ),
    undo: 'nft delete table inet guard',
    ask: [
      [toWeb, 'lost'],
      [query, 'arrives'],
    ],
    code: 'nft-table-drops',
  },
  {
    what: 'a table of nft that drops others',
    make: nft(
      'chain ways { type filter hook forward priority 0; policy drop; ct state vmap { established : accept, related : accept, invalid : drop }\niifname "cni*" accept\nct status dnat accept\n}\nchain into { type filter hook input priority 0; tcp dport 22 drop\nmeta mark & 0xff == 0x1 drop\n}',
    ),
    undo: 'nft delete table inet guard',
    ask: [
      [toWeb, 'arrives'],
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
      [ownNodePort, 'arrives'],
    ],
  },
  {
    what: 'no route to the other node',
    make: 'ip route del 10.42.1.0/24; ip route del default',
    undo: 'ip route add 10.42.1.0/24 via 172.18.0.3; ip route add default via 172.18.0.1',
    ask: [
      [toCart, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'no-route',
  },
  {
    what: 'an endpoint that is gone',
    make: '',
    undo: '',
    rules: rules.replaceAll('10.42.0.10', '10.42.0.9'),
    ask: [
      [query, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'endpoint-gone',
  },
];

/** A Service that refuses, as it has no endpoints: what is refused stands in FORWARD. */
export const withRefusal = rules.replace(
  '-A KUBE-FORWARD',
  '-A KUBE-SERVICES -d 10.96.10.99/32 -p tcp -m comment --comment "shop/none:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n-A KUBE-FORWARD',
);

/** From everywhere to everything: whoever asks, and by which address. */
export const everything: readonly Question[] = [
  toWeb,
  toCart,
  nodePort,
  nodePortOfCart,
  localhost,
  { at: 'node', order: { from: '127.0.0.1', to: '127.0.0.1', dport: 30090 } },
  ownNodePort,
  { at: 'node', order: { to: '172.18.0.2', dport: 30090 } },
  { at: 'node', order: { to: '10.96.10.80', dport: 80 } },
  { at: 'node', order: { to: '10.96.10.90', dport: 80 } },
  itself,
  { at: 'worker2', order: { from: '10.42.1.20', to: '10.42.0.11', dport: 8080 } },
  { at: 'client0', order: { to: '172.18.0.2', dport: 30080 } },
  { at: 'client0', order: { to: '172.18.0.2', dport: 30090 } },
  { at: 'client0', order: { to: '10.96.10.99', dport: 80 } },
  { at: 'client0', order: { to: '10.42.0.11', dport: 8080 } },
  { at: 'client', order: { to: '172.18.0.2', dport: 30999 } },
];

const setEach = (name: string, value: number): string =>
  `for each in /proc/sys/net/ipv4/conf/*/${name}; do echo ${value} > $each; done`;
const ports = ['vethdns', 'vethweb1', 'vethweb2', 'vethclient0'];
const hairpins = (mode: string): string => ports.map((port) => `bridge link set dev ${port} hairpin ${mode}`).join('; ');

/** What may be so of a node, to make and to take away; some of it is no fault at all. */
export const circumstances: readonly (readonly [what: string, make: string, undo: string])[] = [
  ['all as it should be', '', ''],
  ['a strict reverse path filter everywhere', setEach('rp_filter', 1), setEach('rp_filter', 0)],
  ['no route_localnet', 'sysctl -qw net.ipv4.conf.all.route_localnet=0', 'sysctl -qw net.ipv4.conf.all.route_localnet=1'],
  ['no forwarding', 'sysctl -qw net.ipv4.ip_forward=0', `sysctl -qw net.ipv4.ip_forward=1; ${setEach('send_redirects', 0)}`],
  ['no masquerading', 'iptables-nft -t nat -F KUBE-POSTROUTING', ''],
  ['INPUT that drops', 'iptables-nft -P INPUT DROP; iptables-nft -A INPUT -i lo -j ACCEPT', ''],
  ['OUTPUT of nat without rules', 'iptables-nft -t nat -F OUTPUT', ''],
  ['no hairpin', hairpins('off'), hairpins('on')],
];
