import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type SeenReport, seenSteps } from '../../server/src/kube/question/seen.ts';
import type { SeenPacketReport } from '../../server/src/netfilter/seen/compare-seen.ts';
import { nftMonitorEvent } from '../../server/src/netfilter/seen/read-nft-monitor.ts';
import { readSeen } from '../../server/src/netfilter/seen/read-seen.ts';
import { type Recorded, type RecordedRuleset, sets } from '../netfilter/recorded-traces.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';

function seen(dump: string, text: string): SeenReport {
  const answer = runToEnd(seenSteps(resolveChains(rulesetOf(dump), emptyCluster), text));
  if (!answer.ok) throw new Error(answer.message);
  return answer.report;
}

/** The rules of a packet as "nat KUBE-SERVICES 3", by their places in their chains. */
function placesOf(dump: string, { steps }: SeenPacketReport): readonly string[] {
  const lines = dump.split('\n');
  return steps.flatMap(({ table, chain, line }) => {
    if (line === null) return [];
    let place = 0;
    for (let at = line - 1; at >= 0 && !lines[at]?.startsWith('*'); at -= 1)
      if (lines[at]?.replace(/^\[\d+:\d+\] /, '').startsWith(`-A ${chain} `)) place += 1;
    return [`${table} ${chain} ${place}`];
  });
}

/** A packet in a few words: "tcp 192.168.50.2 -> 10.96.0.10 NEW accept". */
function words({ packet: { protocol, src, dst, dport, state }, verdict }: SeenPacketReport): string {
  return `${protocol} ${src} -> ${dst}:${dport} ${state} ${verdict}`;
}

describe('what nft monitor says of a packet', () => {
  const fieldsOf = (family: string, words: string): unknown => {
    const shown = new Map();
    nftMonitorEvent(`trace id a1 ${family} filter FORWARD packet: ${words}`, 1, shown);
    return nftMonitorEvent(`trace id a1 ${family} filter FORWARD policy accept`, 2, shown)?.fields;
  };

  it.each([
    ['ip', 'icmp type echo-reply', 0],
    ['ip', 'icmp type destination-unreachable', 3],
    ['ip', 'icmp type echo-request', 8],
    ['ip', 'icmp type time-exceeded', 11],
    ['ip', 'icmp type 13', 13],
    ['ip6', 'icmpv6 type destination-unreachable', 1],
    ['ip6', 'icmpv6 type packet-too-big', 2],
    ['ip6', 'icmpv6 type time-exceeded', 3],
    ['ip6', 'icmpv6 type echo-request', 128],
    ['ip6', 'icmpv6 type echo-reply', 129],
  ])('%s %s', (family, words, type) => {
    expect(fieldsOf(family, `iif "eth0" ${words}`)).toMatchObject({ in: 'eth0', icmp: { type, code: 0 } });
  });
});

/** Lines of a monitor with those of its packets in turn: each packet keeps its own order. */
function inTurn(text: string): string {
  const packets = new Map<string, string[]>();
  let count = 0;
  for (const line of text.split('\n').filter(Boolean)) {
    const id = /(?:trace id|TRACE: 2|PACKET: 2) ([0-9a-f]+)/.exec(line)?.[1] ?? '';
    packets.set(id, [...(packets.get(id) ?? []), line]);
    count += 1;
  }
  const lines: string[] = [];
  for (let at = 0; lines.length < count; at += 1) for (const own of packets.values()) lines.push(...own.slice(at, at + 1));
  return lines.join('\n');
}

describe('packets that a kernel was seen to take', () => {
  const nft = fixtureText('seen/nft-after.iptables');
  const legacy = fixtureText('seen/legacy-after.iptables');

  it.each([
    ['xtables-monitor.txt', nft],
    ['nft-monitor.txt', nft],
    ['kernel.log', legacy],
  ])('are read of %s, each rule with its line, and go as follows from the dump', (file, dump) => {
    const { packets, summary } = seen(dump, fixtureText(`seen/${file}`));
    expect(
      packets.flatMap(({ difference, seenAt }) => (difference === null ? [] : [`${seenAt}: ${difference.message}`])),
    ).toEqual([]);
    expect(summary).toEqual({ agree: 22, differ: 0, unknown: 0 });
    const rules = packets.flatMap(({ steps }) => steps).filter(({ kind }) => kind === 'rule');
    expect(rules.filter(({ line }) => line === null)).toEqual([]);
    const opening = packets.filter(({ packet }) => packet.state === 'NEW').map(words);
    expect(opening).toEqual([
      'tcp 192.168.50.2 -> 10.96.0.10:80 NEW accept',
      'tcp 10.244.0.2 -> 10.96.0.10:80 NEW accept',
      'tcp 10.244.0.3 -> 192.168.50.1:30080 NEW accept',
      'tcp 192.168.50.2 -> 10.244.0.3:443 NEW drop',
      'udp 10.244.0.2 -> 10.244.0.3:5353 NEW reject',
      'udp 10.244.0.2 -> 10.244.0.3:53 NEW drop',
      'icmp 10.244.0.2 -> 10.244.0.3:null NEW accept',
      'tcp 192.168.50.1 -> 10.96.0.10:80 NEW accept',
      'tcp 10.244.0.3 -> 10.244.0.1:22 NEW drop',
    ]);
  });

  it('by xtables-monitor and by nft are the same rules', () => {
    const [one, other] = ['xtables-monitor.txt', 'nft-monitor.txt'].map((file) =>
      seen(nft, fixtureText(`seen/${file}`)).packets.map((packet) => placesOf(nft, packet)),
    );
    expect(one).toEqual(other);
    expect(one?.[0]).toEqual([
      'raw PREROUTING 1',
      'mangle PREROUTING 1',
      'nat PREROUTING 1',
      'nat KUBE-SERVICES 2',
      'nat KUBE-SVC-AAAAAAAAAAAAAAAA 1',
      'nat KUBE-MARK-MASQ 1',
      'nat KUBE-SVC-AAAAAAAAAAAAAAAA 2',
      'nat KUBE-SEP-AAAAAAAAAAAAAAAA 2',
      'filter FORWARD 3',
      'nat POSTROUTING 1',
      'nat KUBE-POSTROUTING 2',
      'nat KUBE-POSTROUTING 3',
    ]);
  });

  it('may stand in lines of a log, and those of another program between them', () => {
    const log = fixtureText('seen/kernel.log').replaceAll(/^\[/gm, 'Nov 26 01:24:25 node-a kernel: [');
    const { summary } = seen(legacy, `${log}Nov 26 01:24:26 node-a kubelet[1]: TRACE: x\n`);
    expect(summary).toEqual({ agree: 22, differ: 0, unknown: 0 });
  });

  const kernelVariants: readonly (readonly [string, (line: string) => string])[] = [
    ['dmesg -T', (line) => line.replace(/^\[[\d.]+\]/, '[Thu Nov 26 03:41:34 2026]')],
    ['dmesg -x', (line) => `kern  :warn  : ${line}`],
    ['dmesg --color=always', (line) => line.replace(/^(\[[\d.]+\]) (TRACE:)/, '\u001b[32m$1 \u001b[0m\u001b[33m$2\u001b[0m')],
    ['journalctl -k', (line) => line.replace(/^\[[\d.]+\]/, 'Nov 26 03:41:34 node-a kernel:')],
    ['journalctl -o short-iso', (line) => line.replace(/^\[[\d.]+\]/, '2026-11-26T03:41:34+00:00 node-a kernel:')],
    ['rsyslog', (line) => `<4>Nov 26 03:41:34 node-a kernel: ${line}`],
    ['Windows', (line) => `${line}\r`],
  ];

  it.each(kernelVariants)('are read of a kernel log as %s has it', (_, change) => {
    const log = fixtureText('seen/kernel.log').split('\n').filter(Boolean).map(change).join('\n');
    const { packets, summary } = seen(legacy, log);
    expect(summary).toEqual({ agree: 22, differ: 0, unknown: 0 });
    expect(packets.flatMap(({ steps }) => steps).some(({ kind, line }) => kind === 'rule' && line === null)).toBe(false);
  });

  const monitorVariants: readonly (readonly [string, (line: string) => string])[] = [
    ['times before it', (line) => `2026-11-26T03:41:34.123456789Z ${line}`],
    ['the lines of a container', (line) => `2026-11-26T03:41:34.123456789Z stdout F ${line}`],
    ['spaces before it', (line) => `    ${line}`],
    ['colours of a terminal', (line) => `\u001b[36m${line}\u001b[0m`],
    ['line ends of Windows', (line) => `${line}\r`],
  ];

  it.each(monitorVariants)('are read of both monitors with %s', (_, change) => {
    for (const file of ['xtables-monitor.txt', 'nft-monitor.txt']) {
      const text = fixtureText(`seen/${file}`).split('\n').filter(Boolean).map(change).join('\n');
      expect([file, seen(nft, text).summary]).toEqual([file, { agree: 22, differ: 0, unknown: 0 }]);
    }
  });

  it('are told apart where a monitor prints the steps of several in turn', () => {
    for (const file of ['xtables-monitor.txt', 'nft-monitor.txt']) {
      const plain = seen(nft, fixtureText(`seen/${file}`));
      const { packets, summary } = seen(nft, inTurn(fixtureText(`seen/${file}`)));
      expect([file, summary]).toEqual([file, plain.summary]);
      const all = (report: SeenReport): readonly string[] =>
        report.packets.map((packet) => placesOf(nft, packet).join()).toSorted();
      expect(all({ packets, summary, notes: [] })).toEqual(all(plain));
    }
  });

  it('are one packet where the kernel made a copy on the way, which a trace gives another name', () => {
    for (const [file, id] of [
      ['xtables-monitor.txt', /(?<=^(?:PACKET: 2| TRACE: 2) )[0-9a-f]+/],
      ['nft-monitor.txt', /(?<=^trace id )[0-9a-f]+/],
    ] as const) {
      const text = fixtureText(`seen/${file}`);
      const copied = new Set<string>();
      // From FORWARD on each has the name of its copy; in the second half all copies have one name, one after the other.
      const lines = text.split('\n').map((line, at, all) => {
        const name = id.exec(line)?.[0] ?? '';
        if (/FORWARD|IN=\S+ OUT=/.test(line)) copied.add(name);
        return copied.has(name) ? line.replace(id, at < all.length / 2 ? `f${name}` : '0123') : line;
      });
      expect([file, copied.size > 5]).toEqual([file, true]);
      expect([file, seen(nft, lines.join('\n')).summary]).toEqual([file, seen(nft, text).summary]);
    }
  });

  it('are compared as far as they were seen where lines were lost at the beginning, at the end, or are cut', () => {
    for (const [file, dump] of [
      ['xtables-monitor.txt', nft],
      ['nft-monitor.txt', nft],
      ['kernel.log', legacy],
    ] as const) {
      const lines = fixtureText(`seen/${file}`).split('\n').filter(Boolean);
      for (const part of [lines.slice(4), lines.slice(0, -3), [...lines.slice(0, 7), (lines[7] ?? '').slice(0, 60)]]) {
        const { packets, summary } = seen(dump, part.join('\n'));
        expect(packets.length).toBeGreaterThan(0);
        expect([file, part.length, summary.differ]).toEqual([file, part.length, 0]);
      }
    }
  });

  it('are not compared where nothing led to a rule, which is said', () => {
    const lines = fixtureText('seen/nft-monitor.txt').split('\n');
    const { packets } = seen(nft, lines.filter((_, at) => at !== 9).join('\n'));
    expect(packets[0]).toMatchObject({
      agrees: null,
      notes: [expect.stringMatching(/^Lines of the trace are missing before line 10, as /)],
    });
  });

  it('of which a line of a chain is missing say that it may be lost', () => {
    const lines = fixtureText('seen/nft-monitor.txt').split('\n');
    const { packets } = seen(nft, lines.filter((_, at) => at !== 21).join('\n'));
    expect(packets[0]?.difference?.message).toMatch(
      /takes the packet here: .* Behind it both are the same: a line of the trace may be lost\.$/,
    );
  });

  it('differ where the dump does, from the rule on', () => {
    const changed = nft.replace(/(-A FORWARD -m mark --mark 0x4000\/0x4000 -j) ACCEPT/, '$1 DROP');
    const { packets, summary } = seen(changed, fixtureText('seen/kernel.log'));
    expect(summary.differ).toBe(3);
    const first = packets.find(({ agrees }) => agrees === false);
    expect(first?.difference?.message).toMatch(/^By the dump the packet is dropped here by filter FORWARD, line \d+\.$/);
  });

  it('differ where the dump does not have a rule, which is said', () => {
    const without = nft.replace(/^.*-A SHOP -p icmp -j ACCEPT\n/m, '');
    const { packets } = seen(without, fixtureText('seen/xtables-monitor.txt'));
    const differing = packets.filter(({ agrees }) => agrees === false);
    expect(differing.map(({ difference }) => difference?.message)).toEqual([
      'The dump does not have that rule of filter SHOP: it is of another node, or of another time.',
    ]);
    const [packet] = differing;
    expect(packet?.steps[packet.difference?.step ?? -1]).toMatchObject({ table: 'filter', chain: 'SHOP', line: null });
  });

  it('differ where another rule would have come first', () => {
    const more = nft.replace(/(:SHOP - .*\n)/, '$1[0:0] -A FORWARD -p icmp -j REJECT --reject-with icmp-port-unreachable\n');
    const { packets } = seen(more, fixtureText('seen/xtables-monitor.txt'));
    const [packet] = packets.filter(({ agrees }) => agrees === false);
    expect(packet?.packet.protocol).toBe('icmp');
    expect(packet?.difference).toMatchObject({
      message: expect.stringMatching(
        /^By the dump filter FORWARD, line \d+ takes the packet here: reject with icmp-port-unreachable\.$/,
      ),
    });
  });

  it('are compared though the dump is from before tracing began', () => {
    const before = nft.replaceAll(/^.*-j TRACE\n/gm, '');
    for (const file of ['xtables-monitor.txt', 'nft-monitor.txt'])
      expect(seen(before, fixtureText(`seen/${file}`)).summary).toEqual({ agree: 22, differ: 0, unknown: 0 });
    expect(seen(legacy.replaceAll(/^.*-j TRACE\n/gm, ''), fixtureText('seen/kernel.log')).summary.differ).toBe(0);
  });

  it('that were cut, or not seen to their end, are compared as far as they go', () => {
    const lines = fixtureText('seen/xtables-monitor.txt').split('\n');
    const { packets } = seen(nft, lines.slice(0, 10).join('\n'));
    expect(packets).toHaveLength(1);
    expect(packets[0]).toMatchObject({ agrees: true, verdict: null });
  });

  it('may be cut behind a policy that let the packet pass, and then has no verdict', () => {
    const rules =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j ACCEPT\nCOMMIT\n';
    const line = (place: string, through: string): string =>
      `[1.000001] TRACE: ${place} ${through} SRC=10.0.0.1 DST=8.8.8.8 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT=80 WINDOW=64240 RES=0x00 SYN URGP=0`;
    const all = [
      line('nat:PREROUTING:policy:1', 'IN=veth0 OUT='),
      line('filter:FORWARD:rule:1', 'IN=veth0 OUT=eth0'),
      line('nat:POSTROUTING:rule:1', 'IN= OUT=eth0'),
    ];
    const told = [1, 2, 3].map((length) => seen(rules, all.slice(0, length).join('\n')).packets[0]);
    expect(told.map((each) => [each?.agrees, each?.verdict])).toEqual([
      [true, null],
      [true, null],
      [true, 'accept'],
    ]);
  });

  it('of a text that tells of none are refused with what is expected', () => {
    const answer = runToEnd(seenSteps(resolveChains(rulesetOf(nft), emptyCluster), nft));
    expect(answer).toMatchObject({ ok: false, message: expect.stringContaining('xtables-monitor --trace') });
  });

  it('that are hostile end no reader', () => {
    const hostile = [
      'TRACE: ',
      'TRACE: nat:X:rule:99999999999 IN=',
      `TRACE: nat:${':'.repeat(9999)}:rule:1 IN=`,
      'trace id zz ip nat X rule (verdict accept)',
      'trace id 1 ip nat __proto__ rule constructor (verdict jump __proto__)',
      'PACKET: 2 1 SRC=x DST=y __proto__=1',
      ' TRACE: 2 1 nat:constructor:rule:0x1:JUMP:toString  -4 -t nat -A x',
      `PACKET: 2 2 ${'SYN '.repeat(5000)}`,
      `[1] TRACE: filter:INPUT:policy:1 IN= SRC=1.2.3.4 DST=1.2.3.5 [${'SRC=9.9.9.9 '.repeat(2000)}`,
    ].join('\n');
    expect(runToEnd(readSeen(hostile)).packets.length).toBeGreaterThan(1);
    expect(seen(nft, hostile).packets.length).toBeGreaterThan(1);
  });
});

describe('recorded packets through rules of real programs and random ones', () => {
  const rulesets = JSON.parse(fixtureText('corpus/round-2/trace-rulesets.json')) as Readonly<Record<string, RecordedRuleset>>;
  const recordings = fixtureText('corpus/round-2/traces.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
  const flagWords: Readonly<Record<string, string>> = { S: 'SYN', A: 'ACK', F: 'FIN', R: 'RST', P: 'PSH', U: 'URG' };

  /** A recording as the legacy back end would have logged it. */
  function logOf({ packet, events, seen: shown }: Recorded, { map, text }: RecordedRuleset, number: number): string {
    const { v, proto, sport, dport, type, flags } = packet;
    const rulesIn = (table: string, chain: string): number =>
      Object.keys(map).filter((key) => key.startsWith(`${table}:${chain}:`)).length;
    expect(text).not.toBe('');
    return events
      .map((event) => {
        const [table = '', chain = '', kind = '', handle = ''] = event.split(':');
        const isFirst = chain === 'PREROUTING' || (packet.at === 'node' && table !== 'filter') || shown.length < 2;
        const at = isFirst ? shown[0] : shown.at(-1);
        const place = kind === 'rule' ? (map[`${table}:${chain}:${handle}`] ?? 0) + 1 : rulesIn(table, chain) + 1;
        const ports =
          sport === undefined
            ? ''
            : ` SPT=${isFirst ? sport : ((at as { sport?: string }).sport ?? sport)} DPT=${isFirst ? dport : ((at as { dport?: string }).dport ?? dport)}`;
        return [
          `[1.0] TRACE: ${table}:${chain}:${kind}:${place} IN=${at?.in ?? ''} OUT=${isFirst && packet.at !== 'node' ? '' : (at?.out ?? '')}`,
          `SRC=${at?.src} DST=${at?.dst} LEN=${Number(at?.len) + (v === 6 ? 20 : 0)} ${v === 6 ? 'TC' : 'TOS'}=${Number(at?.tos ?? at?.tc)}`,
          `${v === 6 ? 'HOPLIMIT' : 'TTL'}=${at?.ttl ?? at?.hoplimit} ID=${number} PROTO=${proto === 'icmp6' ? 'ICMPv6' : proto.toUpperCase()}${ports}`,
          type === undefined ? '' : `TYPE=${type} CODE=0`,
          [...(flags ?? '')].map((letter) => flagWords[letter] ?? '').join(' '),
          `${packet.at === 'node' && isFirst ? `UID=${packet.uid ?? 0} GID=0` : ''}`,
        ].join(' ');
      })
      .join('\n');
  }

  it.each(Object.keys(rulesets))('go as follows from %s', (name) => {
    const ruleset = rulesets[name];
    if (ruleset === undefined) throw new Error(name);
    const mine = recordings.filter((recorded) => recorded.ruleset === name && recorded.events.length > 0);
    const log = mine.map((recorded, at) => logOf(recorded, ruleset, at + 1)).join('\n');
    if (mine.length === 0) return;
    const { packets } = seen(`${sets}${ruleset.text}`, log);
    expect(packets).toHaveLength(mine.length);
    const differing = packets.flatMap(({ difference, agrees, steps }, at) =>
      agrees === false
        ? [
            `${difference?.message} ${JSON.stringify(mine[at]?.packet)} ${steps.map((s) => `${s.table} ${s.chain} ${s.line}`).join('; ')}`,
          ]
        : [],
    );
    expect(differing).toEqual([]);
  });
});
