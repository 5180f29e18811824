import { describe, expect, it } from 'vitest';
import { bundleFiles, type Changes, diagnosed, withChanges } from '../support/bundles.ts';

// Questions that recur in public threads and need facts of the node, which no ruleset has: each with the words that answer it.

const healthy = bundleFiles('healthy');

interface Asked {
  readonly question: string;
  readonly bundle?: string;
  readonly changes?: Changes;
  readonly ask?: readonly [from: string, to: string];
  /** What the first cause says, or where there is none what was looked at. */
  readonly answer: RegExp;
  /** What mends it; absent where nothing is wrong. */
  readonly mend?: RegExp;
}

const flushedNat = (text: string): string =>
  text.replace(
    /\*nat\n[\s\S]*?COMMIT\n/,
    '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n',
  );

/** What kube-proxy writes for a Service without endpoints. */
const refused =
  (comment: string, target: string) =>
  (text: string): string => {
    const end = text.indexOf('COMMIT\n', text.indexOf('*filter\n'));
    const rule = `-A KUBE-SERVICES -d 10.96.10.200/32 -p tcp -m comment --comment "${comment}" -m tcp --dport 80 -j ${target}\n`;
    return text.slice(0, end) + rule + text.slice(end);
  };

const stale =
  'ipv4     2 udp      17 25 src=10.42.0.30 dst=10.96.0.10 sport=41000 dport=53 [UNREPLIED] src=10.42.0.9 dst=10.42.0.30 sport=53 dport=41000 mark=0 use=1\n';

const questions: readonly Asked[] = [
  {
    question: "Who changed kube-proxy's rules?",
    changes: { 'iptables-save.txt': flushedNat },
    ask: ['shop/client-0', 'shop/web'],
    answer: /Somebody flushed rules under kube-proxy: table nat .*mangle still has it/,
    mend: /restart kube-proxy/,
  },
  {
    question: 'Why is a Service refused?',
    changes: {
      'cluster.json': null,
      'iptables-save.txt': refused('shop/old:http has no endpoints', 'REJECT --reject-with icmp-port-unreachable'),
    },
    ask: ['10.42.0.30', '10.96.10.200:80'],
    answer: /kube-proxy refuses the packet, as shop\/old:http has no endpoints/,
    mend: /^give shop\/old an endpoint that is ready: .*kubectl get service old -n shop -o wide/,
  },
  {
    question: 'Why is a Service dropped on this node alone?',
    changes: { 'cluster.json': null, 'iptables-save.txt': refused('shop/old:http has no local endpoints', 'DROP') },
    ask: ['10.42.0.30', '10.96.10.200:80'],
    answer: /kube-proxy drops the packet, as shop\/old:http has no local endpoints/,
    mend: /^run a ready Pod of shop\/old on this node/,
  },
  {
    question: 'Why is a Service refused, whose name would be a command?',
    changes: {
      'cluster.json': null,
      'iptables-save.txt': refused('shop/$(reboot):http has no endpoints', 'REJECT --reject-with icmp-port-unreachable'),
    },
    ask: ['10.42.0.30', '10.96.10.200:80'],
    answer: /has no endpoints/,
    mend: /^change it where .* is configured/,
  },
  {
    question: 'Why does UDP go to a dead Pod?',
    changes: { 'conntrack.txt': (text) => stale + text },
    ask: ['shop/client-0', 'kube-system/kube-dns:dns'],
    answer: /leads to 10\.42\.0\.9:53, which is no endpoint of it any more/,
    mend: /^conntrack -D -p udp --orig-dst 10\.96\.0\.10 --orig-port-dst 53 --dst-nat 10\.42\.0\.9$/,
  },
  {
    question: 'Is conntrack full?',
    changes: { 'sysctl.txt': (text) => text.replace(/(nf_conntrack_count = )\d+/, '$1262144') },
    answer: /holds 262144 of 262144 connections \(100 %\)/,
    mend: /^sysctl -w net\.netfilter\.nf_conntrack_max=524288$/,
  },
  { question: 'Is conntrack full, where it is not?', answer: /Conntrack's table has room: \d+ of 262144 connections/ },
  {
    question: 'Why does a Pod not reach itself?',
    bundle: 'hairpin-off',
    ask: ['shop/solo-0', 'shop/solo'],
    answer: /not in hairpin mode: Pod shop\/solo-0/,
    mend: /^bridge link set dev veth1aa601b0 hairpin on$/,
  },
  {
    question: 'Why do Pods of one node alone not reach each other by a Service?',
    changes: { 'sysctl.txt': (text) => text.replace('bridge-nf-call-iptables = 1', 'bridge-nf-call-iptables = 0') },
    ask: ['shop/client-0', 'shop/web'],
    answer: /the answer goes from Pod to Pod without meeting iptables/,
    mend: /^modprobe br_netfilter$/,
  },
  {
    question: 'Are packets dropped by the reverse path filter?',
    ask: ['outside', 'node:worker-1:30080'],
    answer: /The reverse path filter lets pass what comes in/,
  },
  {
    question: 'Why does NodePort not work on localhost?',
    bundle: 'route-localnet-off',
    ask: ['127.0.0.1', '127.0.0.1:30080'],
    answer: /its source is a loopback address/,
    mend: /^sysctl -w net\.ipv4\.conf\.all\.route_localnet=1$/,
  },
  {
    question: 'Is the client address kept?',
    ask: ['shop/client-0', 'kube-system/kube-dns:dns'],
    answer: /translated to 10\.42\.0\.10:53, handed on to .*10\.42\.0\.10/,
  },
  {
    question: 'Is the client address kept, by a NodePort?',
    ask: ['outside', 'node:worker-1:30090'],
    answer: /with its source changed to 172\.18\.0\.2/,
  },
  {
    question: 'How many rules are there, and how many does a packet meet?',
    answer: /There are \d+ rules, of which kube-proxy has \d+ for 5 Service ports/,
  },
  {
    question: 'Did the last sync of kube-proxy go well?',
    answer: /kube-proxy's last sync in the log went well \(kube-proxy\.log, line \d+\)/,
  },
  {
    question: 'iptables lets it pass; where is it lost then?',
    bundle: 'nothing-listens',
    ask: ['shop/client-0', 'shop/pay'],
    answer: /iptables lets it pass; .*look at Pod shop\/pay-0/,
  },
];

describe('questions that people ask', () => {
  it.each(questions)('$question', ({ bundle, changes, ask, answer, mend }) => {
    const files = withChanges(bundle === undefined ? healthy : bundleFiles(bundle), changes ?? {});
    const { causes, looked } = diagnosed(files, ask === undefined ? null : { from: ask[0], to: ask[1] });
    if (mend === undefined) {
      expect(causes).toEqual([]);
      expect(looked.join('\n')).toMatch(answer);
      return;
    }
    expect(causes[0]?.message).toMatch(answer);
    expect(causes[0]?.mend[0]).toMatch(mend);
    expect(causes[0]?.evidence[0]?.line).toBeGreaterThan(0);
  });
});
