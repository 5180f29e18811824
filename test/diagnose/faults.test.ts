import { describe, expect, it } from 'vitest';
import { bundleFiles, type Changes, codesOf, diagnosed, withChanges } from '../support/bundles.ts';

// Each fault as it shows in a bundle, made of the recorded healthy one, and beside it what looks like it and is none.

const healthy = bundleFiles('healthy');

type Question = readonly [from: string, to: string];
const toWeb: Question = ['shop/client-0', 'shop/web'];
const toCart: Question = ['shop/client-0', 'shop/cart'];
const fromOutside: Question = ['outside', 'node:worker-1:30080'];
const outsideToCart: Question = ['outside', 'node:worker-1:30090'];
const toDNS: Question = ['shop/client-0', 'kube-system/kube-dns:dns'];

interface Case {
  readonly what: string;
  readonly changes: Changes;
  readonly ask: Question;
  readonly outcome: 'arrives' | 'lost' | 'refused';
  /** The first cause; none where it is absent. */
  readonly code?: string;
}

const setting =
  (name: string, value: string) =>
  (text: string): string =>
    text.replace(new RegExp(`^(${name.replaceAll('.', '\\.')}) = .*$`, 'm'), `$1 = ${value}`);

const all =
  (...changes: readonly ((text: string) => string)[]) =>
  (text: string): string =>
    changes.reduce((done, change) => change(done), text);

const add =
  (table: string, ...rules: readonly string[]) =>
  (text: string): string => {
    const start = text.indexOf(`*${table}\n`);
    const end = text.indexOf('COMMIT\n', start);
    return `${text.slice(0, end)}${rules.map((rule) => `${rule}\n`).join('')}${text.slice(end)}`;
  };

/** What conntrack has of a client's DNS query. */
function query(reply: string, more = ''): string {
  return `ipv4     2 udp      17 25 src=10.42.0.30 dst=10.96.0.10 sport=41000 dport=53 [UNREPLIED] src=${reply} dst=10.42.0.30 sport=53 dport=41000 mark=0 use=1\n${more}`;
}

const tunnel = (mtu: number): string =>
  JSON.stringify([
    {
      ifindex: 90,
      ifname: 'flannel.1',
      flags: ['UP', 'LOWER_UP'],
      mtu,
      linkinfo: { info_kind: 'vxlan', info_data: { id: 1, link: 'eth0' } },
    },
  ]);

const withTunnel = (mtu: number): Changes => ({
  'ip-link.json': (text) => `${text}\n${tunnel(mtu)}`,
  'ip-route.json': (text) =>
    text.replace(
      '"dst":"10.42.1.0/24","gateway":"172.18.0.3","dev":"eth0"',
      '"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"',
    ),
});

const otherCart = (text: string): string => text.replaceAll('10.42.1.20', '10.42.1.21');

const cases: readonly Case[] = [
  {
    what: 'forwarding is off',
    changes: {
      'sysctl.txt': all(
        setting('net.ipv4.ip_forward', '0'),
        setting('net.ipv4.conf.all.forwarding', '0'),
        setting('net.ipv4.conf.cni0.forwarding', '0'),
        setting('net.ipv4.conf.eth0.forwarding', '0'),
      ),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'forwarding-off',
  },
  {
    what: 'forwarding is off for one interface',
    changes: { 'sysctl.txt': setting('net.ipv4.conf.eth0.forwarding', '0') },
    ask: fromOutside,
    outcome: 'lost',
    code: 'forwarding-off',
  },
  {
    what: 'forwarding is off for new interfaces alone',
    changes: { 'sysctl.txt': setting('net.ipv4.conf.default.forwarding', '0') },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'bridged packets do not meet iptables',
    changes: { 'sysctl.txt': setting('net.bridge.bridge-nf-call-iptables', '0') },
    ask: toWeb,
    outcome: 'lost',
    code: 'bridge-nf-off',
  },
  {
    what: 'br_netfilter is not loaded',
    changes: { 'sysctl.txt': (text) => text.replace(/^net\.bridge\..*\n/gm, '') },
    ask: toWeb,
    outcome: 'lost',
    code: 'bridge-nf-off',
  },
  {
    what: 'bridged packets do not meet iptables, and the bridge has its own switch',
    changes: {
      'sysctl.txt': setting('net.bridge.bridge-nf-call-iptables', '0'),
      'ip-link.json': (text) => text.replace('"nf_call_iptables":0', '"nf_call_iptables":1'),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'bridged packets do not meet iptables, between nodes',
    changes: { 'sysctl.txt': setting('net.bridge.bridge-nf-call-iptables', '0') },
    ask: toCart,
    outcome: 'arrives',
    code: 'bridge-nf-off',
  },
  {
    what: 'conntrack is full',
    changes: {
      'sysctl.txt': setting('net.netfilter.nf_conntrack_count', '262144'),
      'conntrack-stats.txt': (text) => text.replace('drop=0', 'drop=812'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'conntrack-full',
  },
  {
    what: 'conntrack is nearly full',
    changes: { 'sysctl.txt': setting('net.netfilter.nf_conntrack_count', '256000') },
    ask: toWeb,
    outcome: 'arrives',
    code: 'conntrack-full',
  },
  {
    what: 'conntrack has many entries and room',
    changes: { 'sysctl.txt': setting('net.netfilter.nf_conntrack_count', '180000') },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'a few clashes',
    changes: { 'conntrack-stats.txt': (text) => text.replace('insert_failed=0', 'insert_failed=7') },
    ask: toDNS,
    outcome: 'arrives',
  },
  {
    what: 'many clashes',
    changes: { 'conntrack-stats.txt': (text) => text.replace('insert_failed=0', 'insert_failed=7000') },
    ask: toDNS,
    outcome: 'arrives',
    code: 'conntrack-insert-failed',
  },
  {
    what: 'an entry leads to a Pod that is gone',
    changes: { 'conntrack.txt': (text) => query('10.42.0.9', text) },
    ask: toDNS,
    outcome: 'lost',
    code: 'conntrack-stale',
  },
  {
    what: 'an entry from before the Service had rules',
    changes: { 'conntrack.txt': (text) => query('10.96.0.10', text) },
    ask: toDNS,
    outcome: 'lost',
    code: 'conntrack-stale',
  },
  {
    what: "another client's entry leads to a Pod that is gone",
    changes: { 'conntrack.txt': (text) => query('10.42.0.9', text).replace('src=10.42.0.30', 'src=10.42.0.11') },
    ask: toDNS,
    outcome: 'arrives',
    code: 'conntrack-stale',
  },
  {
    what: 'entries to the endpoint, and of TCP to one that is gone',
    changes: {
      'conntrack.txt': (text) =>
        `${query('10.42.0.10', text)}ipv4     2 tcp      6 86000 ESTABLISHED src=10.42.0.30 dst=10.96.10.80 sport=41000 dport=80 src=10.42.0.9 dst=10.42.0.30 sport=8080 dport=41000 [ASSURED] mark=0 use=1\nipv4     2 udp      17 25 src=10.42.0.30 dst=8.8.8.8 sport=41000 dport=53 [UNREPLIED] src=8.8.8.8 dst=172.18.0.2 sport=53 dport=41000 mark=0 use=1\n`,
    },
    ask: toDNS,
    outcome: 'arrives',
  },
  {
    what: 'the reverse path filter is strict on an asymmetric way',
    changes: {
      'sysctl.txt': setting('net.ipv4.conf.eth0.rp_filter', '1'),
      'nstat.txt': (text) => text.replace(/(TcpExtIPReversePathFilter +)0/, '$19'),
      'ip-route.json': (text) => text.replace('"gateway":"172.18.0.1","dev":"eth0"', '"gateway":"10.77.0.1","dev":"eth1"'),
      'ip-addr.json': (text) =>
        `${text}[{"ifname":"eth1","addr_info":[{"family":"inet","local":"10.77.0.2","prefixlen":24,"scope":"global"}]}]`,
    },
    ask: fromOutside,
    outcome: 'lost',
    code: 'rp-filter-strict',
  },
  {
    what: 'the reverse path filter is loose there',
    changes: {
      'sysctl.txt': setting('net.ipv4.conf.eth0.rp_filter', '2'),
      'nstat.txt': (text) => text.replace(/(TcpExtIPReversePathFilter +)0/, '$19'),
      'ip-route.json': (text) => text.replace('"gateway":"172.18.0.1","dev":"eth0"', '"gateway":"10.77.0.1","dev":"eth1"'),
      'ip-addr.json': (text) =>
        `${text}[{"ifname":"eth1","addr_info":[{"family":"inet","local":"10.77.0.2","prefixlen":24,"scope":"global"}]}]`,
    },
    ask: fromOutside,
    outcome: 'arrives',
  },
  {
    what: 'the reverse path filter is strict on a symmetric way',
    changes: { 'sysctl.txt': all(setting('net.ipv4.conf.all.rp_filter', '1'), setting('net.ipv4.conf.eth0.rp_filter', '1')) },
    ask: fromOutside,
    outcome: 'arrives',
  },
  {
    what: 'there is no route to the other node',
    changes: {
      'ip-route.json': (text) =>
        text
          .replace('{"dst":"10.42.1.0/24","gateway":"172.18.0.3","dev":"eth0","flags":[]},', '')
          .replace('{"dst":"default","gateway":"172.18.0.1","dev":"eth0","flags":[]},', ''),
    },
    ask: toCart,
    outcome: 'lost',
    code: 'no-route',
  },
  {
    what: 'Pods have a larger MTU than the tunnel',
    changes: withTunnel(1450),
    ask: toCart,
    outcome: 'arrives',
    code: 'mtu-above-tunnel',
  },
  {
    what: 'the same, and segments are made to fit',
    changes: {
      ...withTunnel(1450),
      'iptables-save.txt': add('mangle', '-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'),
    },
    ask: toCart,
    outcome: 'arrives',
  },
  {
    what: 'the tunnel leaves no room',
    changes: withTunnel(1500),
    ask: toCart,
    outcome: 'arrives',
    code: 'tunnel-mtu-above-link',
  },
  {
    what: 'FORWARD drops',
    changes: {
      'iptables-save.txt': (text) => text.replace(':FORWARD ACCEPT', ':FORWARD DROP').replace(/^.*-A FLANNEL-FWD .*\n/gm, ''),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'dropped-by-rule',
  },
  {
    what: 'a rule drops',
    changes: {
      'iptables-save.txt': (text) =>
        text.replace('-A FORWARD', '-A FORWARD -s 10.42.0.30/32 -p tcp -m tcp --dport 8080 -j DROP\n[0:0] -A FORWARD'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'dropped-by-rule',
  },
  {
    what: 'a rule drops the answer',
    changes: {
      'iptables-save.txt': (text) =>
        text.replace('-A FORWARD', '-A FORWARD -d 10.42.0.30/32 -p tcp -m tcp --sport 8080 -j DROP\n[0:0] -A FORWARD'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'answer-dropped',
  },
  {
    what: 'the endpoint is gone, and kube-proxy does not know',
    changes: { 'cluster.json': otherCart },
    ask: toCart,
    outcome: 'lost',
    code: 'proxy-sync-old',
  },
  {
    what: 'the endpoint is gone, without a log',
    changes: { 'cluster.json': otherCart, 'kube-proxy.log': null },
    ask: toCart,
    outcome: 'lost',
    code: 'endpoint-gone',
  },
  {
    what: 'nobody answers at an endpoint',
    changes: {
      'ip-neigh.json': (text) =>
        text.replace(
          /"dst":"10\.42\.0\.10","dev":"cni0","lladdr":"[^"]*","state":\["[A-Z]*"\]/,
          '"dst":"10.42.0.10","dev":"cni0","state":["FAILED"]',
        ),
    },
    ask: toDNS,
    outcome: 'lost',
    code: 'endpoint-gone',
  },
  {
    what: 'iptables-restore refused the rules',
    changes: {
      'cluster.json': otherCart,
      'kube-proxy.log': (text) =>
        `${text}I1125 20:58:40.000000   25821 proxier.go:668] "Syncing iptables rules" ipFamily="IPv4" fullSync=false\nE1125 20:58:40.100000   25821 proxier.go:1401] "Failed to execute iptables-restore" err=<\n\texit status 2: iptables-restore v1.8.9 (nf_tables): \n\tline 12: CHAIN_USER_DEL failed (Device or resource busy): chain X\n > ipFamily="IPv4"\nI1125 20:58:40.100100   25821 proxier.go:662] "SyncProxyRules complete" ipFamily="IPv4" elapsed="1ms"\n`,
    },
    ask: toCart,
    outcome: 'lost',
    code: 'proxy-sync-failed',
  },
  {
    what: 'iptables-restore refused the rules once, and the next sync went through',
    changes: {
      'kube-proxy.log': (text) =>
        `${text}I1125 20:58:40.000000   25821 proxier.go:668] "Syncing iptables rules" ipFamily="IPv4" fullSync=false\nE1125 20:58:40.100000   25821 proxier.go:1401] "Failed to execute iptables-restore" err="exit status 4" ipFamily="IPv4"\nI1125 20:58:40.100100   25821 proxier.go:662] "SyncProxyRules complete" ipFamily="IPv4" elapsed="1ms"\nI1125 20:58:41.000000   25821 proxier.go:668] "Syncing iptables rules" ipFamily="IPv4" fullSync=true\nI1125 20:58:41.100100   25821 proxier.go:662] "SyncProxyRules complete" ipFamily="IPv4" elapsed="1ms"\n`,
    },
    ask: toCart,
    outcome: 'arrives',
  },
  {
    what: 'kube-proxy falls back to another mode',
    changes: {
      'kube-proxy.log': (text) =>
        `E1125 20:57:44.000000   25821 server_linux.go:130] "Can't use the IPVS proxier" err="kernel lacks ip_vs"\nI1125 20:57:44.000100   25821 server_linux.go:131] "Unable to use IPVS, falling back to iptables"\n${text}`,
    },
    ask: toWeb,
    outcome: 'arrives',
    code: 'proxy-mode-fallback',
  },
  {
    what: 'nat was flushed',
    changes: {
      'iptables-save.txt': (text) =>
        text.replace(
          /\*nat\n[\s\S]*?COMMIT\n/,
          '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n',
        ),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'rules-flushed',
  },
  {
    what: 'nat was flushed, a NodePort',
    changes: {
      'iptables-save.txt': (text) =>
        text.replace(
          /\*nat\n[\s\S]*?COMMIT\n/,
          '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n',
        ),
    },
    ask: fromOutside,
    outcome: 'refused',
    code: 'rules-flushed',
  },
  {
    what: 'rules were flushed with -F',
    changes: { 'iptables-save.txt': (text) => text.replace(/^(?:\[\d+:\d+\] )?-A .*\n/gm, '') },
    ask: toWeb,
    outcome: 'lost',
    code: 'rules-flushed',
  },
  {
    what: 'all was flushed',
    changes: {
      'iptables-save.txt':
        '# Generated by iptables-save v1.8.9 (nf_tables) on Wed Nov 25 20:59:53 2026\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'rules-flushed',
  },
  {
    what: 'legacy tables are empty',
    changes: {
      'iptables-legacy-save.txt':
        '# Generated by iptables-save v1.8.9 on Wed Nov 25 20:59:53 2026\n*filter\n:INPUT ACCEPT [5:300]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'a legacy policy drops',
    changes: {
      'iptables-legacy-save.txt':
        '# Generated by iptables-save v1.8.9 on Wed Nov 25 20:59:53 2026\n*filter\n:INPUT ACCEPT [5:300]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -i docker0 -j ACCEPT\nCOMMIT\n',
    },
    ask: fromOutside,
    outcome: 'lost',
    code: 'both-back-ends',
  },
  {
    what: 'legacy rules lead to a Pod that is gone',
    changes: {
      'iptables-legacy-save.txt':
        '# Generated by iptables-save v1.8.9 on Wed Nov 25 20:59:53 2026\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]\n:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n[90:5400] -A PREROUTING -j KUBE-SERVICES\n[90:5400] -A KUBE-SERVICES -d 10.96.10.80/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO\n[90:5400] -A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-AAAAAAAAAAAAAAAA\n[90:5400] -A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.42.0.9:8080\nCOMMIT\n',
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'both-back-ends',
  },
  {
    what: "a rule takes kube-proxy's mark away",
    changes: {
      'iptables-save.txt': (text) => text.replace('COMMIT', '-A FORWARD -i eth0 -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT'),
    },
    ask: outsideToCart,
    outcome: 'lost',
    code: 'mark-cleared',
  },
  {
    what: 'a rule sets a mark before kube-proxy does',
    changes: {
      'iptables-save.txt': (text) => text.replace('COMMIT', '-A PREROUTING -i eth0 -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT'),
    },
    ask: outsideToCart,
    outcome: 'arrives',
  },
  {
    what: 'a rule sets other bits',
    changes: {
      'iptables-save.txt': (text) => text.replace('COMMIT', '-A FORWARD -i eth0 -j MARK --set-xmark 0x100/0xf00\nCOMMIT'),
    },
    ask: outsideToCart,
    outcome: 'arrives',
  },
  {
    what: 'KUBE-POSTROUTING is not hooked in',
    changes: { 'iptables-save.txt': (text) => text.replace(/^.*-j KUBE-POSTROUTING\n/m, '') },
    ask: outsideToCart,
    outcome: 'lost',
    code: 'answers-bypass-node',
  },
  {
    what: 'a rule sets the mark to drop by',
    changes: {
      'iptables-save.txt': (text) =>
        add(
          'filter',
          '-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP',
          '-A FORWARD -j KUBE-FIREWALL',
        )(
          text
            .replace('COMMIT', '-A FORWARD -i eth0 -j MARK --set-xmark 0x8001/0xffff\nCOMMIT')
            .replace(/^.*-A FORWARD -m comment --comment "kubernetes forwarding rules.*\n/m, '')
            .replace(/^.*-A FORWARD .*FLANNEL-FWD\n/m, ''),
        ),
    },
    ask: fromOutside,
    outcome: 'lost',
    code: 'mark-drops',
  },
  {
    what: 'a blackhole route to the other node',
    changes: {
      'ip-route.json': (text) =>
        text.replace(
          '{"dst":"10.42.1.0/24","gateway":"172.18.0.3","dev":"eth0","flags":[]}',
          '{"type":"blackhole","dst":"10.42.1.0/24","flags":[]}',
        ),
    },
    ask: toCart,
    outcome: 'lost',
    code: 'no-route',
  },
  {
    what: 'the other node does not answer',
    changes: {
      'ip-neigh.json': (text) =>
        `${text}[{"dst":"172.18.0.3","dev":"eth0","state":["FAILED"]}]`.replace(
          /\{"dst":"172\.18\.0\.3","dev":"eth0","lladdr":"[^"]*","state":\["[A-Z]*"\]\},?/,
          '',
        ),
    },
    ask: toCart,
    outcome: 'lost',
    code: 'next-hop-silent',
  },
  {
    what: 'kube-proxy was told ipvs and uses iptables',
    changes: { 'kube-proxy-config.yaml': (text) => text.replace('mode: iptables', 'mode: ipvs') },
    ask: toWeb,
    outcome: 'arrives',
    code: 'proxy-mode-fallback',
  },
  {
    what: 'conntrack dropped and is nearly full',
    changes: {
      'sysctl.txt': setting('net.netfilter.nf_conntrack_count', '243000'),
      'conntrack-stats.txt': (text) => text.replace('drop=0', 'drop=812'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'conntrack-full',
  },
  {
    what: 'Tailscale and Calico use the same bits',
    changes: {
      'iptables-save.txt': all(
        add(
          'filter',
          ':cali-FORWARD - [0:0]',
          ':ts-forward - [0:0]',
          '-A FORWARD -j cali-FORWARD',
          '-A FORWARD -j ts-forward',
          '-A cali-FORWARD -j MARK --set-xmark 0x10000/0x10000',
          '-A cali-FORWARD -m mark --mark 0x10000/0x10000 -j ACCEPT',
          '-A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000',
          '-A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT',
        ),
      ),
    },
    ask: toWeb,
    outcome: 'arrives',
    code: 'mark-bits-shared',
  },
];

function differing(changes: Changes): readonly string[] {
  return Object.keys(changes);
}

describe('a fault in a bundle', () => {
  it.each(cases)('$what: $outcome $code', ({ changes, ask: [from, to], outcome, code }) => {
    const diagnosis = diagnosed(withChanges(healthy, changes), { from, to });
    expect([diagnosis.outcome, codesOf(diagnosis)[0]]).toEqual([outcome, code]);
    // Look-alikes give nothing at all, with a question and without.
    if (code === undefined) {
      expect(codesOf(diagnosis)).toEqual([]);
      expect(codesOf(diagnosed(withChanges(healthy, changes)))).toEqual([]);
    } else expect(diagnosis.causes[0]?.evidence.length, differing(changes).join()).toBeGreaterThan(0);
  });

  it.each([toWeb, toCart, fromOutside, outsideToCart, toDNS])('from %s to %s without one: nothing', (from, to) => {
    const diagnosis = diagnosed(healthy, { from, to });
    expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['arrives', []]);
  });
});
