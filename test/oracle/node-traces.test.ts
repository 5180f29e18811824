import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { seenSteps } from '../../server/src/kube/question/seen.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import type { SeenPacketReport } from '../../server/src/netfilter/seen/compare-seen.ts';
import { readBundle } from '../../server/src/node/bundle.ts';
import { buildRuleset } from '../../server/src/ruleset/build.ts';
import { readDocument } from '../../server/src/syntax/document.ts';
import { type LabHost, type LabQuestion, type NodeLab, startNodeLab } from '../support/node-lab.ts';
import { labRules } from '../support/node-lab-case.ts';
import { describeWith } from '../support/requirements.ts';

// Every packet that the kernel traces on a node goes one of the ways that follow from the node's bundle, which leaves nothing open but chance.

/** What a bundle has to tell for the rules to be followed; each is made on the node, and taken away. */
const circumstances: readonly (readonly [what: string, make: string, undo: string])[] = [
  ['what kube-proxy and flannel wrote', '', ''],
  [
    'sets, marks, ranges, types of addresses and a policy that drops',
    `ipset create friends hash:ip; ipset add friends 10.42.0.30; ipset create ports bitmap:port range 1-40000; ipset add ports 8080
     iptables -P FORWARD DROP; iptables -I FORWARD -m set --match-set friends src -m set --match-set ports dst -j MARK --set-xmark 0x10/0xf0
     iptables -I FORWARD -m iprange --src-range 172.18.0.1-172.18.0.9 -m addrtype --src-type UNICAST -j MARK --set-xmark 0x20/0xf0
     iptables -A FORWARD -m mark --mark 0x20/0xf0 -p tcp -m multiport --dports 8080,9090:9099 -j LOG
     iptables -I INPUT ! -i lo -p tcp -m tcp ! --syn -m conntrack --ctstate NEW -j DROP
     iptables -A INPUT -i cni0 -d 10.42.0.1 -p tcp -m multiport --dports 22,10250 -j REJECT --reject-with tcp-reset`,
    'iptables -P FORWARD ACCEPT; iptables -F; iptables -X; ipset destroy friends; ipset destroy ports',
  ],
  [
    'routes by mark and by source, redirects and translations of a node of its own',
    `ip route add 10.42.1.0/24 via 172.18.0.1 table 77; ip rule add fwmark 0x700/0x700 lookup 77
     ip rule add from 10.42.0.12 to 10.42.1.0/24 blackhole
     iptables -t mangle -A PREROUTING -s 10.42.0.30 -d 10.96.10.90 -j MARK --set-xmark 0x700/0x700
     iptables -t mangle -A PREROUTING -i eth0 -j DSCP --set-dscp 8
     iptables -t nat -I PREROUTING -i cni0 -d 10.42.0.1 -p tcp --dport 9999 -j REDIRECT --to-ports 30080
     iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 8443 -j DNAT --to-destination 10.42.0.11-10.42.0.12:8080
     iptables -t nat -I POSTROUTING -s 10.42.0.11 -o eth0 -p tcp -j SNAT --to-source 172.18.0.2:40000-50000`,
    `ip rule del fwmark 0x700/0x700; ip route flush table 77; ip rule del from 10.42.0.12 to 10.42.1.0/24; iptables -t mangle -F`,
  ],
];

const tcpPorts: readonly (readonly [to: string, port: number])[] = [
  ['10.96.10.80', 80],
  ['10.96.10.80', 81],
  ['10.96.10.90', 80],
  ['10.96.0.10', 53],
  ['172.18.0.2', 30080],
  ['172.18.0.2', 30090],
  ['172.18.0.2', 8443],
  ['10.42.0.1', 30080],
  ['10.42.0.1', 9999],
  ['10.42.0.1', 22],
  ['10.42.0.11', 8080],
  ['10.42.0.12', 8080],
  ['10.42.0.12', 9095],
  ['10.42.1.20', 8080],
];

/** All packets but those that carry data or end a connection, which meet the same rules as others before them. */
const tracing = `for each in PREROUTING OUTPUT; do
  iptables -t raw -I $each -p tcp --tcp-flags FIN,RST,PSH NONE -j TRACE; iptables -t raw -I $each -p tcp --tcp-flags RST RST -j TRACE
  iptables -t raw -I $each -p udp -j TRACE; iptables -t raw -I $each -p icmp -j TRACE
done`;

const hosts: readonly LabHost[] = ['client0', 'web1', 'web2', 'dns', 'client', 'worker2', 'node'];

/** Everybody asks everything: Services, NodePorts, Pods and the node, by open ports and by others. */
function questions(): readonly LabQuestion[] {
  return hosts.flatMap((host): readonly LabQuestion[] => [
    ...tcpPorts.map(([to, dport]): LabQuestion => [host, { to, dport, wait: 150 }]),
    [host, { protocol: 'udp', to: '10.96.0.10', dport: 53, wait: 150 }],
    [host, { protocol: 'udp', to: '172.18.0.2', dport: 5353, wait: 150 }],
    ...(host === 'node' ? [[host, { from: '127.0.0.1', to: '127.0.0.1', dport: 30080, wait: 150 }] as const] : []),
  ]);
}

/** What the kernel says of packets. */
class Monitor {
  /** As far as it has been heard. */
  text = '';
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(pid: number) {
    this.#process = spawn('nsenter', ['-t', String(pid), '-n', 'sh', '-c', 'exec stdbuf -oL xtables-monitor --trace 2>&1']);
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('utf8');
    });
  }

  /**
   * The packets whose traces may lack a line. The kernel tells by a socket that takes some 150 lines and drops others while nobody reads: what stands
   * near such a place is left out.
   */
  unsure(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { index } of this.text.matchAll(/^.*(?:lost|No buffer space).*$/gim))
      for (const [, id = ''] of this.text
        .slice(Math.max(0, index - 60_000), index + 60_000)
        .matchAll(/(?:TRACE|PACKET): 2 ([0-9a-f]+) /g))
        ids.add(id);
    return ids;
  }

  hasEnded(): boolean {
    return this.#process.exitCode !== null;
  }

  stop(): void {
    this.#process.kill();
  }
}

/** A packet's rules as lines of the dump, by `trace --seen` and by `trace`. */
function linesOf(steps: readonly { readonly line: number | null; readonly kind?: string; readonly rule: string }[]): string {
  return steps
    .filter(({ line, kind, rule }) => line !== null && kind !== 'policy' && kind !== 'return' && !rule.startsWith('policy '))
    .map(({ line }) => line)
    .join(' ');
}

describeWith(['root', 'iptables', 'ipset', 'nftables'], 'packets that the kernel traced on a node', () => {
  let lab: NodeLab;
  let traced = 0;
  let opening = 0;
  beforeAll(async () => {
    lab = await startNodeLab();
  }, 60_000);
  afterAll(() => lab.stop());

  /** What the kernel says of all questions' packets, with the bundle that was taken before. */
  async function recorded(make: string): Promise<{ readonly files: ReturnType<NodeLab['collect']>; readonly monitor: Monitor }> {
    lab.load(labRules);
    lab.run('node', make);
    lab.run('node', tracing);
    const files = lab.collect();
    const monitor = new Monitor(lab.pid('node'));
    let sport = 42_000;
    /** When all that was sent before was heard: the kernel tells in order, and what nobody heard is sent again. */
    const heardAll = async (): Promise<void> => {
      for (let isHeard = false; !isHeard; ) {
        sport += 1;
        if (monitor.hasEnded()) throw new Error(`xtables-monitor ended: ${monitor.text.slice(-300)}`);
        await lab.ask('client', { protocol: 'udp', to: '172.18.0.2', dport: 9, sport, wait: 30 });
        isHeard = monitor.text.includes(`SPORT=${sport} DPORT=9 `);
      }
    };
    try {
      await heardAll();
      for (const question of questions()) {
        await lab.ask(...question);
        await heardAll();
      }
      return { files, monitor };
    } finally {
      monitor.stop();
    }
  }

  it.each(circumstances)(
    '%s',
    async (_what, make, undo) => {
      try {
        const { files, monitor } = await recorded(make);
        const facts = readBundle(files);
        const rules = facts.rules.find(({ family, backEnd }) => family === 'ipv4' && backEnd === 'nft');
        const ruleset = runToEnd(buildRuleset(runToEnd(readDocument(rules?.text ?? '', 'iptables-save.txt'))));
        const resolution = { ...resolveChains(ruleset, emptyCluster), origin: { facts } };
        const answer = runToEnd(seenSteps(resolution, monitor.text));
        if (!answer.ok) throw new Error(answer.message);
        const unsure = monitor.unsure();
        const packets = answer.report.packets.filter(({ id }) => !unsure.has(id));
        expect(packets.filter(({ agrees }) => agrees !== true)).toEqual([]);
        traced += packets.length;

        /** A packet that opens a connection, asked for as a question: the ways that the bundle leaves, with their probabilities. */
        const checkOpening = ({ packet, steps, verdict }: SeenPacketReport): void => {
          const { src, sport, dst, dport, protocol } = packet;
          const asked = { from: `${src}:${sport}`, to: `${dst}:${dport}`, protocol };
          const followed = runToEnd(traceQuestion(resolution, { ...asked, kind: 'first' }));
          if (!followed.ok) throw new Error(followed.message);
          const { outcomes } = followed.report;
          const named = `${JSON.stringify(asked)} in by ${packet.in}`;
          expect(
            outcomes.flatMap(({ assuming }) => assuming),
            named,
          ).toEqual([]);
          expect(
            outcomes.reduce((sum, { probability }) => sum + probability, 0),
            named,
          ).toBeCloseTo(1, 9);
          const ways = outcomes.map((outcome) => linesOf(outcome.steps));
          expect(ways, named).toContain(linesOf(steps));
          if (verdict !== null)
            expect(
              outcomes.map((outcome) => outcome.verdict),
              named,
            ).toContain(verdict);
          opening += 1;
        };
        for (const each of packets) {
          const isAsked = each.packet.protocol === 'tcp' || each.packet.protocol === 'udp';
          if (each.packet.state === 'NEW' && isAsked && each.packet.in !== 'lo') checkOpening(each);
        }
      } finally {
        lab.run('node', undo);
      }
    },
    180_000,
  );

  it('are enough to say so', () => {
    expect(traced).toBeGreaterThanOrEqual(1000);
    expect(opening).toBeGreaterThanOrEqual(300);
  });
});
