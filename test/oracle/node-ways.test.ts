import { expect, it } from 'vitest';
import { rejectTypeNames } from '../../server/src/catalog/values/read-names.ts';
import { heardOfRefusal } from '../../server/src/diagnose/refusals.ts';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { bundleFiles, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { addresses, type LabHost, type NodeLab } from '../support/node-lab.ts';
import type { Order } from '../support/node-lab-agent.ts';
import { labsOfTests } from '../support/node-labs.ts';
import { describeWith } from '../support/requirements.ts';

// Ways of packets and answers that something beside the filter rules decides: conntrack's own rules, routes for answers, marks, links. Each fault has
// a twin that looks alike and does no harm. The kernel is asked first, and the bundle that the script collects must say the same.

const recorded = bundleFiles('healthy');
const textOf = (path: string): string => recorded.find((file) => file.path === path)?.text ?? '';
const rules = textOf('iptables-save.txt')
  .replace(/^\[\d+:\d+\] /gm, '')
  .replace(/^.*-m nfacct .*\n/gm, '');

type Question = readonly [at: LabHost, order: Partial<Order> & Pick<Order, 'to' | 'dport'>];
const toWeb: Question = ['client0', { to: '10.96.10.80', dport: 80 }];
const toCart: Question = ['client0', { to: '10.96.10.90', dport: 80 }];
const nodePort: Question = ['client', { to: '172.18.0.2', dport: 30080 }];
const nodePortOfCart: Question = ['client', { to: '172.18.0.2', dport: 30090 }];
const query: Question = ['client0', { protocol: 'udp', to: '10.96.0.10', dport: 53 }];
const ofNode: Question = ['node', { to: '10.96.10.80', dport: 80 }];

interface Case {
  readonly what: string;
  /** Bash in the node's namespace, to make it and to take it away. */
  readonly make: string;
  readonly undo?: string;
  readonly rules?: string;
  readonly ask: readonly (readonly [Question, 'arrives' | 'lost' | 'refused'])[];
  /** The first cause of what does not arrive; none where nothing is wrong. */
  readonly code?: string;
}

const pods = [10, 11, 12, 30].map((last) => `ip route add 10.42.0.${last}/32 dev cni0`).join('; ');
const hostPort = (port: number, to: string): string =>
  `iptables -t nat -N CNI-HOSTPORT-DNAT; iptables -t nat -I PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
   iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp --dport ${port} -j DNAT --to-destination ${to}`;

/** A chain with a rule, in a table of its own. */
const nft = (table: string, inner: string): string => `printf '%s\\n' '${table} {' 'chain ways {' '${inner}' '}' '}' | nft -f -`;

const cases: readonly Case[] = [
  {
    what: 'packets in a zone of conntrack that answers are not in',
    make: 'iptables -t raw -A PREROUTING -i eth0 -j CT --zone 7',
    undo: 'iptables -t raw -F',
    ask: [
      [nodePort, 'lost'],
      [nodePortOfCart, 'arrives'],
      [toWeb, 'arrives'],
    ],
    code: 'answer-untracked',
  },
  {
    what: 'a zone for both directions',
    make: 'iptables -t raw -A PREROUTING -j CT --zone 7; iptables -t raw -A OUTPUT -j CT --zone 7',
    undo: 'iptables -t raw -F',
    ask: [
      [nodePort, 'arrives'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'answers that are not tracked',
    make: 'iptables -t raw -A PREROUTING -i cni0 -p tcp --sport 8080 -j NOTRACK',
    undo: 'iptables -t raw -F',
    ask: [
      [toWeb, 'lost'],
      [query, 'arrives'],
    ],
    code: 'answer-untracked',
  },
  {
    what: 'queries that are not tracked',
    make: 'iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack',
    undo: 'iptables -t raw -F',
    ask: [
      [query, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'untracked',
  },
  {
    what: 'a DNS cache of the node at the address of a Service',
    make: `ip addr add 10.96.0.10/32 dev lo; iptables -t raw -A PREROUTING -d 10.96.0.10 -j CT --notrack; iptables -t raw -A OUTPUT -s 10.96.0.10 -j CT --notrack
      (exec >/dev/null 2>&1 </dev/null; timeout 20 python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('10.96.0.10', 53))
while 1:
  text, other = s.recvfrom(99)
  s.sendto(b'cached', other)" &)
      until ss -lun | grep -q 10.96.0.10:53; do :; done`,
    undo: 'iptables -t raw -F; ip addr del 10.96.0.10/32 dev lo',
    ask: [[query, 'arrives']],
  },
  {
    what: 'a policy rule that refuses answers',
    make: 'ip rule add from 10.42.0.0/24 to 172.18.0.1 blackhole',
    undo: 'ip rule del from 10.42.0.0/24 to 172.18.0.1 blackhole',
    ask: [
      [nodePort, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'answer-no-route',
  },
  {
    what: 'a policy rule that sends answers to another machine',
    make: 'ip rule add iif cni0 to 172.18.0.1 lookup 100; ip route add default via 172.18.0.3 table 100',
    undo: 'ip rule del iif cni0 to 172.18.0.1 lookup 100; ip route flush table 100',
    ask: [
      [nodePort, 'lost'],
      [toCart, 'arrives'],
    ],
    code: 'answer-misrouted',
  },
  {
    what: 'a policy rule with a table that has all routes',
    make: 'ip rule add iif cni0 lookup 100; ip route add default via 172.18.0.1 table 100; ip route add 10.42.0.0/24 dev cni0 table 100; ip route add 10.42.1.0/24 via 172.18.0.3 table 100',
    undo: 'ip rule del iif cni0 lookup 100; ip route flush table 100',
    ask: [
      [nodePort, 'arrives'],
      [toCart, 'arrives'],
    ],
  },
  {
    what: "a policy rule for the bit of kube-proxy's mark",
    make: 'ip rule add fwmark 0x4000/0x4000 lookup 200; ip route add unreachable default table 200',
    undo: 'ip rule del fwmark 0x4000/0x4000 lookup 200; ip route flush table 200',
    ask: [
      [nodePort, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'mark-routes',
  },
  {
    what: 'a policy rule for another bit',
    make: 'ip rule add fwmark 0x100/0x100 lookup 200; ip route add unreachable default table 200',
    undo: 'ip rule del fwmark 0x100/0x100 lookup 200; ip route flush table 200',
    ask: [[nodePort, 'arrives']],
  },
  {
    what: 'forwarding off where answers come in',
    make: 'sysctl -qw net.ipv4.conf.cni0.forwarding=0',
    undo: 'sysctl -qw net.ipv4.conf.cni0.forwarding=1',
    ask: [[nodePort, 'lost']],
    code: 'forwarding-off',
  },
  {
    what: "the Pods' bridge down",
    make: 'ip link set cni0 down',
    undo: 'ip link set cni0 up',
    ask: [[nodePort, 'lost']],
    code: 'pod-route-missing',
  },
  {
    what: "a Pod's address on the node",
    make: 'ip addr add 10.42.0.10/32 dev lo',
    undo: 'ip addr del 10.42.0.10/32 dev lo',
    ask: [
      [query, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'pod-address-taken',
  },
  {
    what: 'a route for each Pod, and a black hole for what is left of their network',
    make: `ip route add blackhole 10.42.0.0/26 proto bird; ${pods}`,
    undo: `ip route del blackhole 10.42.0.0/26; ${pods.replaceAll(' add ', ' del ')}`,
    ask: [
      [nodePort, 'arrives'],
      [query, 'arrives'],
    ],
  },
  {
    what: 'a program of the node without a route to Services',
    make: 'ip route del default',
    undo: 'ip route add default via 172.18.0.1',
    ask: [
      [ofNode, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'no-route',
  },
  {
    what: 'a rule that takes packets past those of Services',
    make: 'iptables -t nat -I PREROUTING -s 10.42.0.30 -j ACCEPT',
    ask: [
      [toWeb, 'lost'],
      [nodePort, 'arrives'],
    ],
    code: 'service-passed-over',
  },
  {
    what: 'NodePorts for another address',
    make: '',
    rules: rules.replace(
      '-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
      '-d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ),
    ask: [[nodePort, 'refused']],
    code: 'service-passed-over',
  },
  {
    what: 'a table of nft for bridges',
    make: nft('table bridge guard', 'type filter hook forward priority 0; ip daddr 10.42.0.10 drop'),
    undo: 'nft delete table bridge guard',
    ask: [
      [query, 'lost'],
      [toWeb, 'arrives'],
      [nodePort, 'arrives'],
    ],
    code: 'nft-table-drops',
  },
  {
    what: 'a table of nft that keeps packets from conntrack',
    make: nft('table inet guard', 'type filter hook prerouting priority raw; ip daddr 10.96.0.0/12 udp dport 53 notrack'),
    undo: 'nft delete table inet guard',
    ask: [
      [query, 'lost'],
      [toWeb, 'arrives'],
    ],
    code: 'untracked',
  },
  {
    what: 'tables of nft for other devices, bridges and ports',
    make: `${nft('table netdev guard', 'type filter hook ingress device "cni0" priority 0; tcp dport 30000-32767 drop')}
${nft('table bridge guard', 'type filter hook forward priority 0; ip daddr 10.42.0.99 drop')}
${nft('table inet guard', 'type nat hook prerouting priority -110; tcp dport 31000 redirect to :9999')}`,
    undo: 'nft delete table netdev guard; nft delete table bridge guard; nft delete table inet guard',
    ask: [
      [nodePort, 'arrives'],
      [query, 'arrives'],
    ],
  },
  {
    what: 'a hostPort with a number of its own',
    make: hostPort(8099, '10.42.0.11:8080'),
    ask: [
      [nodePort, 'arrives'],
      [['client', { to: '172.18.0.2', dport: 8099 }], 'arrives'],
    ],
  },
];

describeWith(['root', 'iptables'], 'packets and answers on their ways', () => {
  const withLab = labsOfTests();

  const bundle = (lab: NodeLab): readonly BundleFile[] =>
    withChanges(
      lab.collect().filter(({ path }) => path !== 'kube-proxy.log'),
      { 'cluster.json': textOf('cluster.json') },
    );

  it.concurrent.each(cases)(
    '$what',
    ({ make, undo, rules: others, ask, code }) =>
      withLab(async (lab) => {
        lab.load(others ?? rules);
        try {
          lab.run('node', make);
          const heard: readonly string[] = await lab.askAll(ask.map(([question]) => question));
          const files = bundle(lab);
          expect(heard).toEqual(ask.map(([, outcome]) => outcome));
          // With the cluster's objects, and by what the node has alone.
          for (const known of [files, withChanges(files, { 'cluster.json': null })]) {
            const said = ask.map(([[at, order]]) =>
              diagnosed(known, {
                from: order.from ?? addresses[at],
                to: `${order.to}:${order.dport}`,
                protocol: order.protocol ?? 'tcp',
              }),
            );
            const isTold = (at: number): boolean => known === files || code !== 'pod-address-taken' || heard[at] === 'arrives';
            expect(said.map(({ outcome }, at) => (isTold(at) ? outcome : heard[at]))).toEqual(heard);
            for (const [at, diagnosis] of said.entries()) {
              if (heard[at] !== 'arrives' && isTold(at)) expect(codesOf(diagnosis)[0]).toBe(code);
              if (code === undefined) expect(codesOf(diagnosis)).toEqual([]);
            }
          }
        } finally {
          lab.run('node', undo ?? '');
        }
      }),
    120_000,
  );

  it.concurrent(
    'a redirection by a table of nft',
    () =>
      withLab(async (lab) => {
        lab.load(rules);
        lab.run(
          'node',
          nft('table ip guard', 'type nat hook prerouting priority dstnat - 10; tcp dport 30080 redirect to :9999'),
        );
        try {
          expect(await lab.ask('client', { to: '172.18.0.2', dport: 30_080 })).toBe('refused');
          const files = bundle(lab);
          const taken = diagnosed(files, { from: '172.18.0.1', to: '172.18.0.2:30080' });
          expect(codesOf(taken)[0]).toBe('translated-elsewhere');
          expect(codesOf(diagnosed(files, { from: '172.18.0.1', to: '172.18.0.2:30090' }))).toEqual([]);
        } finally {
          lab.run('node', 'nft delete table ip guard');
        }
      }),
    120_000,
  );

  it.concurrent(
    'what a sender hears of each refusal',
    () =>
      withLab((lab) => {
        const asker = `
import errno, socket
for protocol, kind in (('tcp', socket.SOCK_STREAM), ('udp', socket.SOCK_DGRAM)):
  s = socket.socket(socket.AF_INET, kind)
  s.settimeout(2 if protocol == 'tcp' else 0.4)
  try:
    s.connect(('10.42.0.12', 8080 if protocol == 'tcp' else 53))
    s.send(b'x')
    s.recv(9)
    print('arrives')
  except socket.timeout: print('lost')
  except OSError as error: print(errno.errorcode[error.errno])`;
        const answers = rejectTypeNames('ipv4').filter((name) => name !== 'tcp-reset');
        // Only so many errors a second go to one address.
        lab.run('node', 'sysctl -qw net.ipv4.icmp_ratelimit=0');
        for (const answer of answers) {
          lab.load(rules);
          lab.run('node', `iptables -I FORWARD -d 10.42.0.12 -j REJECT --reject-with ${answer}`);
          const heard = lab.run('client0', 'python3', asker).trim().split('\n');
          const said = (['tcp', 'udp'] as const).map((protocol) => {
            const text = heardOfRefusal(answer, { family: 'ipv4', protocol, isFromHere: false });
            return /\bE[A-Z]{4,}\b/.exec(text)?.[0] ?? 'lost';
          });
          expect([answer, ...said]).toEqual([answer, ...heard]);
        }
      }),
    120_000,
  );

  it.concurrent(
    'a hostPort with the number of a NodePort',
    () =>
      withLab(async (lab) => {
        lab.load(rules);
        lab.run('node', hostPort(30_080, '10.42.0.10:8081'));
        expect(await lab.ask('client', { to: '172.18.0.2', dport: 30_080 })).toBe('refused');
        const files = bundle(lab);
        const taken = diagnosed(files, { from: '172.18.0.1', to: '172.18.0.2:30080' });
        expect(codesOf(taken)[0]).toBe('translated-elsewhere');
        expect(taken.causes[0]?.message).toMatch(
          /Service shop\/web:http \(a NodePort\).* sends it to 10\.42\.0\.10:8081 before kube-proxy's/,
        );
        expect(codesOf(diagnosed(files, { from: '172.18.0.1', to: '172.18.0.2:30090' }))).toEqual([]);
      }),
    120_000,
  );
});
