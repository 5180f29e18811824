import { describe, expect, it } from 'vitest';
import { type Changes, codesOf, diagnosed } from '../support/bundles.ts';
import {
  add,
  all,
  answersByEth1,
  healthy,
  nodePort,
  nodePortOfCart,
  sysctl,
  toCart,
  toDNS,
  toWeb,
  tunnel,
} from './bundle-changes.ts';
import { checkFault, type FaultCase } from './fault-case.ts';

// What the kernel and the network do: settings, conntrack, routes, links, and rules that drop. Beside each fault what looks like it and is none.

/** What conntrack has of a client's DNS query. */
function query(reply: string, more = ''): string {
  return `ipv4     2 udp      17 25 src=10.42.0.30 dst=10.96.0.10 sport=41000 dport=53 [UNREPLIED] src=${reply} dst=10.42.0.30 sport=53 dport=41000 mark=0 use=1\n${more}`;
}

const withTunnel = (mtu: number): Changes => ({
  'ip-link.json': (text) => `${text}\n${tunnel(mtu)}`,
  'ip-route.json': (text) =>
    text.replace(
      '"dst":"10.42.1.0/24","gateway":"172.18.0.3","dev":"eth0"',
      '"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"',
    ),
});

const neighbourOfWeb = /"dst":"10\.42\.0\.11","dev":"cni0","lladdr":"[^"]*","state":\["[A-Z]*"\]/;

const cases: readonly FaultCase[] = [
  {
    what: 'forwarding is off',
    changes: {
      'sysctl.txt': all(
        sysctl('net.ipv4.ip_forward', '0'),
        sysctl('net.ipv4.conf.all.forwarding', '0'),
        sysctl('net.ipv4.conf.cni0.forwarding', '0'),
        sysctl('net.ipv4.conf.eth0.forwarding', '0'),
      ),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'forwarding-off',
  },
  {
    what: 'forwarding is off for one interface',
    changes: { 'sysctl.txt': sysctl('net.ipv4.conf.eth0.forwarding', '0') },
    ask: nodePort,
    outcome: 'lost',
    code: 'forwarding-off',
  },
  {
    what: 'forwarding is off for new interfaces alone',
    changes: { 'sysctl.txt': sysctl('net.ipv4.conf.default.forwarding', '0') },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'bridged packets do not meet iptables',
    changes: { 'sysctl.txt': sysctl('net.bridge.bridge-nf-call-iptables', '0') },
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
      'sysctl.txt': sysctl('net.bridge.bridge-nf-call-iptables', '0'),
      'ip-link.json': (text) => text.replace('"nf_call_iptables":0', '"nf_call_iptables":1'),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'bridged packets do not meet iptables, between nodes',
    changes: { 'sysctl.txt': sysctl('net.bridge.bridge-nf-call-iptables', '0') },
    ask: toCart,
    outcome: 'arrives',
    code: 'bridge-nf-off',
  },
  {
    what: 'conntrack is full',
    changes: {
      'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '262144'),
      'conntrack-stats.txt': (text) => text.replace('drop=0', 'drop=812'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'conntrack-full',
  },
  {
    what: 'conntrack is nearly full',
    changes: { 'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '256000') },
    ask: toWeb,
    outcome: 'arrives',
    code: 'conntrack-full',
  },
  {
    what: 'conntrack has many entries and room',
    changes: { 'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '180000') },
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
      'sysctl.txt': sysctl('net.ipv4.conf.eth0.rp_filter', '1'),
      'nstat.txt': (text) => text.replace(/(TcpExtIPReversePathFilter +)0/, '$19'),
      ...answersByEth1,
    },
    ask: nodePort,
    outcome: 'lost',
    code: 'rp-filter-strict',
  },
  {
    what: 'the reverse path filter is loose there',
    changes: {
      'sysctl.txt': sysctl('net.ipv4.conf.eth0.rp_filter', '2'),
      'nstat.txt': (text) => text.replace(/(TcpExtIPReversePathFilter +)0/, '$19'),
      ...answersByEth1,
    },
    ask: nodePort,
    outcome: 'arrives',
  },
  {
    what: 'the reverse path filter is strict on an asymmetric way, and has dropped nothing',
    changes: {
      'sysctl.txt': sysctl('net.ipv4.conf.eth0.rp_filter', '1'),
      ...answersByEth1,
    },
    ask: nodePort,
    outcome: 'arrives',
  },
  {
    what: 'the reverse path filter is strict on a symmetric way',
    changes: { 'sysctl.txt': all(sysctl('net.ipv4.conf.all.rp_filter', '1'), sysctl('net.ipv4.conf.eth0.rp_filter', '1')) },
    ask: nodePort,
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
    what: 'an endpoint that the kernel has only just asked for',
    changes: {
      'ip-neigh.json': (text) =>
        text.replace(neighbourOfWeb, '"dst":"10.42.0.11","dev":"cni0","probes":1,"state":["INCOMPLETE"]'),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'an endpoint that the kernel has asked for, without the statistics',
    changes: {
      'ip-neigh.json': (text) => text.replace(neighbourOfWeb, '"dst":"10.42.0.11","dev":"cni0","state":["INCOMPLETE"]'),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'an endpoint that the kernel has asked for time and again',
    changes: {
      'ip-neigh.json': (text) =>
        text.replace(neighbourOfWeb, '"dst":"10.42.0.11","dev":"cni0","probes":3,"state":["INCOMPLETE"]'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'endpoint-gone',
  },
  {
    what: 'conntrack dropped once, and has room',
    changes: {
      'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '157000'),
      'conntrack-stats.txt': (text) => text.replace('drop=0', 'drop=4'),
    },
    ask: toWeb,
    outcome: 'arrives',
  },
  {
    what: 'conntrack dropped and is nearly full',
    changes: {
      'sysctl.txt': sysctl('net.netfilter.nf_conntrack_count', '243000'),
      'conntrack-stats.txt': (text) => text.replace('drop=0', 'drop=812'),
    },
    ask: toWeb,
    outcome: 'lost',
    code: 'conntrack-full',
  },
];

describe('a fault in a bundle', () => {
  it.each(cases)('$what: $outcome $code', checkFault);

  it.each([toWeb, toCart, nodePort, nodePortOfCart, toDNS])('from %s to %s without one: nothing', (from, to) => {
    const diagnosis = diagnosed(healthy, { from, to });
    expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['arrives', []]);
  });
});
