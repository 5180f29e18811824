import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { bundleFiles, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { addresses, type LabHost, type NodeLab, startNodeLab } from '../support/node-lab.ts';
import type { Order } from '../support/node-lab-agent.ts';
import { describeWith } from '../support/requirements.ts';

// Faults that are really there: packets are sent through a real kernel, the bundle is what the script collects, and both must say the same.

const recorded = bundleFiles('healthy');
const textOf = (path: string): string => recorded.find((file) => file.path === path)?.text ?? '';
// Without the rules that count by nfacct, which not every kernel has.
const rules = textOf('iptables-save.txt')
  .replace(/^\[\d+:\d+\] /gm, '')
  .replace(/^.*-m nfacct .*\n/gm, '');
const cluster = textOf('cluster.json');

interface Question {
  readonly at: LabHost;
  readonly order: Partial<Order> & Pick<Order, 'to' | 'dport'>;
}

const toWeb: Question = { at: 'client0', order: { to: '10.96.10.80', dport: 80 } };
const toCart: Question = { at: 'client0', order: { to: '10.96.10.90', dport: 80 } };
const nodePort: Question = { at: 'client', order: { to: '172.18.0.2', dport: 30080 } };
const nodePortOfCart: Question = { at: 'client', order: { to: '172.18.0.2', dport: 30090 } };
const localhost: Question = { at: 'node', order: { from: '127.0.0.1', to: '127.0.0.1', dport: 30080 } };
const ownNodePort: Question = { at: 'node', order: { to: '172.18.0.2', dport: 30080 } };
const itself: Question = { at: 'dns', order: { to: '10.96.0.10', dport: 53 } };
const query: Question = { at: 'client0', order: { protocol: 'udp', to: '10.96.0.10', dport: 53, sport: 41000 } };

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

const faults: readonly Fault[] = [
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
const withRefusal = rules.replace(
  '-A KUBE-FORWARD',
  '-A KUBE-SERVICES -d 10.96.10.99/32 -p tcp -m comment --comment "shop/none:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n-A KUBE-FORWARD',
);

/** From everywhere to everything: whoever asks, and by which address. */
const everything: readonly Question[] = [
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
const circumstances: readonly (readonly [what: string, make: string, undo: string])[] = [
  ['all as it should be', '', ''],
  ['a strict reverse path filter everywhere', setEach('rp_filter', 1), setEach('rp_filter', 0)],
  ['no route_localnet', 'sysctl -qw net.ipv4.conf.all.route_localnet=0', 'sysctl -qw net.ipv4.conf.all.route_localnet=1'],
  ['no forwarding', 'sysctl -qw net.ipv4.ip_forward=0', `sysctl -qw net.ipv4.ip_forward=1; ${setEach('send_redirects', 0)}`],
  ['no masquerading', 'iptables-nft -t nat -F KUBE-POSTROUTING', ''],
  ['INPUT that drops', 'iptables-nft -P INPUT DROP; iptables-nft -A INPUT -i lo -j ACCEPT', ''],
  ['OUTPUT of nat without rules', 'iptables-nft -t nat -F OUTPUT', ''],
  ['no hairpin', hairpins('off'), hairpins('on')],
];

describeWith(['root', 'iptables'], 'a node with a fault', () => {
  let lab: NodeLab;
  beforeAll(async () => {
    lab = await startNodeLab();
  }, 60_000);
  afterAll(() => lab.stop());

  const load = (text: string): void => {
    lab.run('node', 'iptables-nft-restore', text);
    lab.run('node', 'conntrack -F 2>/dev/null; ip neigh flush all');
  };

  /** The bundle with the cluster, which no node has. */
  const bundle = (objects = cluster): readonly BundleFile[] =>
    withChanges(
      lab.collect().filter(({ path }) => path !== 'kube-proxy.log'),
      { 'cluster.json': objects },
    );

  const asked = ({ at, order }: Question): { readonly from: string; readonly to: string; readonly protocol: string } => ({
    from: order.from ?? addresses[at],
    to: `${order.to}:${order.dport}`,
    protocol: order.protocol ?? 'tcp',
  });

  it.each(faults)(
    '$what',
    async ({ make, undo, ask, code, rules: others, cluster: objects }) => {
      load(others ?? rules);
      lab.run('node', make);
      const heard = [];
      try {
        for (const [question] of ask) heard.push(await lab.ask(question.at, question.order));
        const files = bundle(objects);
        expect(heard).toEqual(ask.map(([, outcome]) => outcome));
        const said = ask.map(([question]) => diagnosed(files, asked(question)));
        expect(said.map(({ outcome }) => outcome)).toEqual(heard);
        for (const [at, diagnosis] of said.entries()) {
          if (heard[at] !== 'arrives') expect(codesOf(diagnosis)[0]).toBe(code);
          if (code === undefined) expect(codesOf(diagnosis)).toEqual([]);
        }
      } finally {
        lab.run('node', undo);
      }
    },
    60_000,
  );

  it.runIf(existsSync('/proc/sys/net/bridge'))(
    'bridged packets that do not meet iptables',
    async () => {
      load(rules);
      lab.run('node', 'sysctl -qw net.bridge.bridge-nf-call-iptables=0');
      try {
        expect(await lab.ask('client0', toWeb.order)).toBe('lost');
        expect(await lab.ask('client0', toCart.order)).toBe('arrives');
        const files = bundle();
        const [web, cart] = [diagnosed(files, asked(toWeb)), diagnosed(files, asked(toCart))];
        expect([web.outcome, codesOf(web)[0], cart.outcome]).toEqual(['lost', 'bridge-nf-off', 'arrives']);
      } finally {
        lab.run('node', 'sysctl -qw net.bridge.bridge-nf-call-iptables=1');
      }
    },
    60_000,
  );

  it.each(circumstances)(
    '%s: every question is answered as the kernel does',
    async (_what, make, undo) => {
      load(withRefusal);
      lab.run('node', make);
      try {
        const heard = [];
        for (const { at, order } of everything) heard.push(await lab.ask(at, order));
        const files = bundle();
        const said = everything.map((question) => diagnosed(files, asked(question)).outcome);
        const named = (outcomes: readonly (string | null)[]): readonly string[] =>
          everything.map((question, at) => `${asked(question).from} ${asked(question).to} ${outcomes[at]}`);
        expect(named(said)).toEqual(named(heard));
      } finally {
        lab.run('node', undo);
      }
    },
    120_000,
  );

  it('an entry of conntrack to a Pod that is gone', async () => {
    load(rules);
    expect(await lab.ask('client0', query.order)).toBe('arrives');
    // The Pod is replaced: rules and cluster know it, and the client goes on from the same port.
    lab.run('dns', 'ip link set eth0 down');
    try {
      lab.run('node', 'iptables-nft-restore', rules.replaceAll('10.42.0.10', '10.42.0.12'));
      expect(await lab.ask('client0', query.order)).toBe('lost');
      expect(await lab.ask('client0', { ...query.order, sport: 41001 })).toBe('arrives');
      const moved = cluster.replaceAll('10.42.0.10', '10.42.0.12');
      const stale = diagnosed(bundle(moved), asked(query));
      expect([stale.outcome, codesOf(stale)[0]]).toEqual(['lost', 'conntrack-stale']);
      lab.run('node', stale.causes[0]?.mend[0] ?? '');
      expect(await lab.ask('client0', query.order)).toBe('arrives');
      const mended = diagnosed(bundle(moved), asked(query));
      expect(mended.outcome).toBe('arrives');
      expect(codesOf(mended)).not.toContain('conntrack-stale');
    } finally {
      lab.run('dns', 'ip link set eth0 up; ip route add default via 10.42.0.1');
    }
  }, 60_000);

  it('a strict reverse path filter on an asymmetric way', async () => {
    load(rules);
    lab.run(
      'node',
      `ip link add eth1 type veth peer name eth1 netns ${lab.pid('client')}; ip addr add 10.77.0.2/24 dev eth1; ip link set eth1 up`,
    );
    lab.run('client', 'ip link set eth1 up; ip addr add 10.77.0.1/24 dev eth1; ip addr add 192.0.2.7/32 dev lo');
    const question = { from: '192.0.2.7', to: '10.77.0.2', dport: 30080 };
    const ask = { from: '192.0.2.7', to: '10.77.0.2:30080' };
    try {
      expect(await lab.ask('client', question)).toBe('arrives');
      const loose = diagnosed(bundle(), ask);
      expect([loose.outcome, codesOf(loose)]).toEqual(['arrives', []]);
      lab.run('node', 'sysctl -qw net.ipv4.conf.eth1.rp_filter=1');
      expect(await lab.ask('client', question)).toBe('lost');
      const strict = diagnosed(bundle(), ask);
      expect([strict.outcome, codesOf(strict)[0]]).toEqual(['lost', 'rp-filter-strict']);
      // Who sends to an address of another interface comes in there all the same: the counter alone tells.
      lab.run('client', 'ip route add 172.18.0.2/32 via 10.77.0.2');
      expect(await lab.ask('client', { ...question, to: '172.18.0.2' })).toBe('lost');
      const other = diagnosed(bundle(), { ...ask, to: '172.18.0.2:30080' });
      expect([other.outcome, codesOf(other)[0]]).toEqual(['lost', 'rp-filter-strict']);
      const [mend = ''] = other.causes[0]?.mend ?? [];
      lab.run('node', mend);
      expect(await lab.ask('client', question)).toBe('arrives');
    } finally {
      lab.run('node', 'ip link del eth1; sysctl -qw net.ipv4.conf.all.rp_filter=0');
    }
  }, 60_000);
});
