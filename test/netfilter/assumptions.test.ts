import { describe, expect, it } from 'vitest';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import { assumedBy, enumerate, type PacketTexts } from './support.ts';

const remote: EnumerateOptions = { isLocal: () => false };

/** Verdicts of a forwarded packet, each with what it takes to be so. */
function outcomes(rules: readonly string[], given: PacketTexts = {}): readonly string[] {
  const text = `*filter\n:FORWARD ACCEPT [0:0]\n${rules.map((rule) => `-A FORWARD ${rule}\n`).join('')}COMMIT\n`;
  return enumerate(text, given, remote).outcomes.map((outcome) => [outcome.verdict, ...assumedBy(outcome)].join(': '));
}

describe('a fact and its negation', () => {
  it.each<readonly [match: string, negated: string, packet?: PacketTexts]>([
    ['-m mac --mac-source 02:00:00:00:00:01', '-m mac ! --mac-source 02:00:00:00:00:01'],
    ['-m ttl --ttl-eq 63', '-m ttl ! --ttl-eq 63'],
    ['-m length --length 0:100', '-m length ! --length 0:100'],
    ['-m tos --tos 0x10/0x3f', '-m tos ! --tos 0x10/0x3f'],
    ['-m dscp --dscp 0x2e', '-m dscp ! --dscp-class EF'],
    ['-m string --string "GET" --algo bm --to 65535', '-m string ! --string "GET" --algo bm --to 65535'],
    ['-m conntrack --ctstatus ASSURED', '-m conntrack ! --ctstatus ASSURED', { state: 'ESTABLISHED' }],
    ['-m conntrack --ctexpire 1:100', '-m conntrack ! --ctexpire 1:100'],
    ['-m conntrack --ctdir REPLY', '-m conntrack --ctdir ORIGINAL', { state: 'ESTABLISHED' }],
    ['-m conntrack --ctdir REPLY', '-m conntrack ! --ctdir REPLY', { state: 'ESTABLISHED' }],
    ['-m u32 --u32 "0x6&0xff=0x11"', '-m u32 ! --u32 "0x6&0xff=0x11"'],
    ['-m set --match-set s src', '-m set ! --match-set s src'],
    ['-m connmark --mark 0x1', '-m connmark ! --mark 0x1'],
    ['-i eth0', '! -i eth0'],
    ['-p tcp -m tcp --tcp-option 2', '-p tcp -m tcp ! --tcp-option 2'],
    ['-p tcp -m tcpmss --mss 1:536', '-p tcp -m tcpmss ! --mss 1:536'],
    ['-m cpu --cpu 1', '-m cpu ! --cpu 1'],
    ['-m socket', '-m socket'],
    ['-m realm --realm 5', '-m realm ! --realm 5'],
    ['-m cgroup --path a', '-m cgroup ! --path a'],
    ['-m connlabel --label 3', '-m connlabel ! --label 3'],
    ['-m recent --rcheck --name L', '-m recent ! --rcheck --name L'],
    [
      '-m connbytes --connbytes 10:20 --connbytes-mode bytes --connbytes-dir both',
      '-m connbytes ! --connbytes 10:20 --connbytes-mode bytes --connbytes-dir both',
    ],
    ['-m frobnicate --hard 1', '-m frobnicate ! --hard 1'],
    ['-m statistic --mode random --probability 0', '-m statistic --mode random ! --probability 0'],
  ])('%s and %s: never neither of both', (match, negated, packet) => {
    const isSame = match === negated;
    const found = outcomes([`${match} -j DROP`, `${negated} -j REJECT`], packet);
    expect(found.some((text) => text.startsWith('accept'))).toBe(isSame);
  });

  it('of who sends a packet are one question, as every Istio Pod asks it', () => {
    const text = `*nat
:OUTPUT ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -o lo -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;
    const found = enumerate(text, { isFromHere: true, out: 'lo' }, remote).outcomes;
    expect(found.map((outcome) => [outcome.packet.dport, assumedBy(outcome)])).toEqual([
      [80, ['No process of user 1337 sends the packet.']],
      [80, ['A process of user 1337 sends the packet.']],
    ]);
  });
});

describe('questions about one value', () => {
  it.each([
    ['-m ttl --ttl-lt 10', '-m ttl --ttl-gt 5', '-m ttl --ttl-eq 7', ['accept']],
    ['-m length --length 0:100', '-m length --length 101:65535', '-p tcp', []],
    ['-i eth+', '! -i eth0', '-i eth1', ['accept']],
  ])('%s, %s, %s do not contradict each other', (one, two, three, never) => {
    const found = outcomes([`${one} -j DROP`, `${two} -j REJECT`, `${three} -j ACCEPT`]);
    const verdicts = found.map((text) => text.split(':')[0]);
    if (never.length === 0) expect(verdicts).toEqual(['drop', 'reject']);
    else expect(found.filter((text) => text.startsWith('accept') && text.includes(three))).toEqual([]);
  });

  it('an interface whose prefix is known is likely one that the rules name', () => {
    const found = outcomes(['-i cali+ -j MARK --set-mark 0x1', '-i cali1 -m mark --mark 0x1 -j REJECT', '-i cali+ -j DROP']);
    expect(found.map((text) => text.split(':')[0])).toEqual(['accept', 'reject', 'drop']);
  });

  it('come from the packet where it says them', () => {
    expect(outcomes(['-m ttl --ttl-eq 63 -j DROP'], { ttl: 64 })).toEqual(['drop']);
    expect(outcomes(['-m length --length 60 -j DROP'], { length: 60 })).toEqual(['drop']);
    expect(outcomes(['-m dscp --dscp 0x2e -j DROP'], { tos: 0xb8 })).toEqual(['drop']);
    expect(outcomes(['-m ecn --ecn-ip-ect 0 -j DROP'], { tos: 0xb8 })).toEqual(['drop']);
    expect(outcomes(['-p tcp -m tcp --tcp-flags SYN,FIN SYN,FIN -j DROP'], { flags: 3 })).toEqual(['drop']);
  });

  it('of a packet that is forwarded are told of its TTL as it came', () => {
    expect(outcomes(['-m ttl --ttl-eq 63 -j DROP'])).toEqual(['drop: The TTL is 63.', 'accept: The TTL is not 63.']);
    expect(outcomes(['-m ttl --ttl-eq 64 -j DROP'], { ttl: 64 })).toEqual(['accept']);
    const { outcomes: dead, assumptions } = enumerate('*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n', { ttl: 1 }, remote);
    expect(dead.map((outcome) => outcome.verdict)).toEqual(['drop']);
    expect(assumptions).toEqual(['A packet whose TTL runs out is dropped before FORWARD.']);
  });
});

describe('what a rule writes', () => {
  it('is what later rules find on a list of -m recent', () => {
    expect(outcomes(['-m recent --set --name L', '-m recent --rcheck --seconds 60 --name L -j DROP'])).toEqual(['drop']);
    expect(outcomes(['-m recent --set --name L', '-m recent --remove --name L', '-m recent --rcheck --name L -j DROP'])).toEqual([
      'accept',
    ]);
    expect(outcomes(['-m recent --remove --name L -j ACCEPT', '-m recent --rcheck --name L -j DROP'])).toEqual([
      'accept',
      'accept: The client was put on the list L.',
    ]);
  });

  it('is written where the matches before it hold, though a later one does not', () => {
    expect(outcomes(['-m recent --set --name L -m mark --mark 0x9 -j ACCEPT', '-m recent --rcheck --name L -j DROP'])).toEqual([
      'drop',
    ]);
    expect(outcomes(['-p udp -m recent --set --name L', '-m recent --remove --name L -j DROP']).length).toBe(2);
  });

  it('is asked for as often as it was seen', () => {
    const often = ['-m recent --set --name L', '-m recent --update --seconds 60 --hitcount 4 --name L -j DROP'];
    expect(outcomes(often)).toEqual(['accept', 'drop: The client was put on the list L within 60 s at least 4 times.']);
  });

  it('is what later rules find in a set, also one whose members are known', () => {
    const text = `create s hash:ip family inet
add s 192.0.2.1
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -j SET --add-set s src
-A FORWARD -m set --match-set s src -j DROP
COMMIT
`;
    expect(enumerate(text, {}, remote).outcomes.map((outcome) => outcome.verdict)).toEqual(['drop']);
    const later = text.replace('-A FORWARD -j SET', '-A FORWARD -p udp -j SET');
    expect(enumerate(later, {}, remote).outcomes.map((outcome) => [outcome.verdict, ...assumedBy(outcome)])).toEqual([
      ['accept', 'The set s does not have 203.0.113.9.'],
      ['drop', 'The set s has 203.0.113.9.'],
    ]);
  });

  it('changes TTL, type of service and marks bit by bit', () => {
    const changed = (rule: string, given: PacketTexts = {}) =>
      enumerate(`*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ${rule}\nCOMMIT\n`, given, { isLocal: () => true })
        .outcomes[0]?.packet;
    expect(changed('TTL --ttl-set 10')?.ttl).toBe(10);
    expect(changed('TTL --ttl-dec 2', { ttl: 64 })?.ttl).toBe(62);
    expect(changed('TTL --ttl-inc 250', { ttl: 64 })?.ttl).toBe(255);
    const marked = { mark: 0x1, connectionMark: 0x8000_0002 };
    expect(changed('CONNMARK --restore-mark', marked)?.mark).toBe(0x8000_0002);
    expect(changed('CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x80000000', marked)?.mark).toBe(0x8000_0000);
    expect(changed('CONNMARK --save-mark', { mark: 0xf000_0000 })?.connectionMark).toBe(0xf000_0000);
    expect(changed('DSCP --set-dscp-class EF', { tos: 1 })?.tos).toBe(0xb9);
    expect(changed('DSCP --set-dscp-class cs5', { tos: 1 })?.tos).toBe(0xa1);
    expect(changed('DSCP --set-dscp-class AF41', { tos: 0 })?.tos).toBe(0x88);
    expect(changed('DSCP --set-dscp-class be', { tos: 0xb9 })?.tos).toBe(1);
    expect(changed('TOS --set-tos 0x10/0x3f', { tos: 0xc0 })?.tos).toBe(0xd0);
    expect(changed('TOS --or-tos 0x04', { tos: 0x10 })?.tos).toBe(0x14);
    expect(changed('CONNMARK --save-mark --nfmask 0xff --ctmask 0xf', { mark: 0x12, connectionMark: 0x30 })?.connectionMark).toBe(
      0x22,
    );
    expect(changed('CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0xff', { mark: 0xf1, connectionMark: 0x12 })?.mark).toBe(0x13);
  });
});

describe('a word that was not understood', () => {
  it('is an assumption and never widens a rule', () => {
    expect(outcomes(['--frobnicate yes -j DROP'])).toEqual([
      'accept: "--frobnicate yes" does not match.',
      'drop: "--frobnicate yes" matches.',
    ]);
  });

  it('in an address or port leaves the question open', () => {
    expect(outcomes(['-s ns1.example.org -j DROP']).map((text) => text.split(':')[0])).toEqual(['accept', 'drop']);
    expect(outcomes(['-p tcp -m tcp --dport frob -j DROP']).map((text) => text.split(':')[0])).toEqual(['accept', 'drop']);
  });
});

describe('rates, quotas and their like', () => {
  it.each([
    ['-m limit --limit 1/sec', 'drop'],
    ['-m hashlimit --hashlimit-upto 1/sec --hashlimit-name x', 'drop'],
    ['-m hashlimit --hashlimit-above 1/sec --hashlimit-name x', 'accept'],
    ['-m connlimit --connlimit-above 100', 'accept'],
    ['-m connlimit --connlimit-upto 100', 'drop'],
    ['-m connlimit --connlimit-above 0', 'drop'],
    ['-m quota --quota 100000', 'drop'],
    ['-m quota ! --quota 100000', 'accept'],
    ['-m quota --quota 10', 'accept'],
    ['-m quota --quota 19', 'accept'],
    ['-m quota --quota 20', 'drop'],
    ['-m quota --quota 0', 'accept'],
    ['-m rpfilter', 'drop'],
    ['-m rpfilter --invert', 'accept'],
    ['-m policy --dir in --pol ipsec', 'accept'],
    ['-m physdev ! --physdev-is-bridged', 'drop'],
    ['-m helper --helper ftp', 'accept'],
    ['-m connbytes --connbytes 2 --connbytes-mode packets --connbytes-dir both', 'accept'],
    ['-m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir both', 'drop'],
    ['-m connbytes --connbytes 100: --connbytes-mode bytes --connbytes-dir reply', 'accept'],
    ['-m pkttype --pkt-type broadcast', 'accept'],
    ['-m pkttype ! --pkt-type broadcast', 'drop'],
  ])('%s: one outcome, %s', (match, verdict) => {
    const table = /rpfilter/.test(match) ? ['raw', 'PREROUTING'] : ['filter', 'FORWARD'];
    const text = `*${table[0]}\n:${table[1]} ACCEPT [0:0]\n-A ${table[1]} ${match} -j DROP\nCOMMIT\n`;
    expect(enumerate(text, {}, remote).outcomes.map((outcome) => outcome.verdict)).toEqual([verdict]);
  });
});

describe('a reverse path filter where routes are known', () => {
  const fate = (match: string, isBack: boolean): readonly string[] => {
    const text = `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m rpfilter ${match} -j DROP\nCOMMIT\n`;
    const { outcomes: all } = enumerate(text, { in: 'eth0' }, { ...remote, hasWayBack: () => isBack });
    return all.map(({ verdict }) => verdict);
  };

  it('asks them', () => {
    expect(fate('--invert', true)).toEqual(['accept']);
    expect(fate('--invert', false)).toEqual(['drop']);
  });

  it('takes it to pass where the source may be an address of the node, which --accept-local lets in', () => {
    expect(fate('--accept-local --invert', false)).toEqual(['accept']);
  });
});

describe('whether a connection has seen an answer', () => {
  const seen = (given: PacketTexts): readonly string[] => outcomes(['-m conntrack --ctstatus SEEN_REPLY -j DROP'], given);

  it('is known of a new one and of an answer, else it is an assumption', () => {
    expect(seen({ state: 'NEW', before: null })).toEqual(['accept']);
    expect(seen({ state: 'ESTABLISHED', direction: 'reply', before: null })).toEqual(['drop']);
    expect(seen({ state: 'ESTABLISHED', direction: 'original', before: null })).toHaveLength(2);
    expect(seen({ state: 'ESTABLISHED', direction: 'original', before: 2 })).toEqual(['drop']);
  });
});

describe('a share that is negated', () => {
  it('is the rest of all packets', () => {
    const text = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m statistic --mode random ! --probability 0.25 -j DROP\nCOMMIT\n';
    expect(enumerate(text, {}, remote).outcomes.map(({ verdict, probability }) => [verdict, probability])).toEqual([
      ['drop', 0.75],
      ['accept', 0.25],
    ]);
  });
});

describe('how much a connection has carried', () => {
  const verdicts = (match: string, given: PacketTexts) =>
    enumerate(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m connbytes ${match} -j DROP\nCOMMIT\n`, given, remote).outcomes.map(
      (outcome) => outcome.verdict,
    );
  const first: PacketTexts = {};
  const answer: PacketTexts = { state: 'ESTABLISHED', direction: 'reply', before: 1 };
  const second: PacketTexts = { state: 'ESTABLISHED', direction: 'original', before: 2 };

  it('is known in packets of the first ones that go each way', () => {
    const carried = (count: number, direction: string): string =>
      `--connbytes ${count}:${count} --connbytes-mode packets --connbytes-dir ${direction}`;
    const packets = (given: PacketTexts): readonly string[] =>
      ['original', 'reply', 'both'].map((direction) => {
        const met = [0, 1, 2, 3].filter((count) => verdicts(carried(count, direction), given).join() === 'drop');
        return `${direction} ${met.join()}`;
      });
    expect(packets(first)).toEqual(['original 1', 'reply 0', 'both 1']);
    expect(packets(answer)).toEqual(['original 1', 'reply 1', 'both 2']);
    expect(packets(second)).toEqual(['original 2', 'reply 1', 'both 3']);
    expect(verdicts(carried(3, 'both'), { ...second, before: 7 })).toHaveLength(2);
  });

  it('is known in bytes of the first packet alone, where its length is said', () => {
    const large = '--connbytes 100: --connbytes-mode bytes --connbytes-dir both';
    expect(verdicts(large, { ...first, length: 1400 })).toEqual(['drop']);
    expect(verdicts(large, { ...first, length: 60 })).toEqual(['accept']);
    expect(verdicts(large, first)).toHaveLength(2);
    expect(verdicts(large, { ...answer, length: 1400 })).toHaveLength(2);
  });
});

describe('IPv6', () => {
  const verdicts = (rule: string, given: PacketTexts = {}) =>
    enumerate(
      `# Generated by ip6tables-save v1.8.9 on x\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${rule} -j DROP\nCOMMIT\n`,
      { from: 'fd00::9', to: 'fd00::1', ...given },
      remote,
    ).outcomes.map((outcome) => outcome.verdict);

  it('packets have no extension headers unless somebody says so', () => {
    expect(verdicts('-m hbh --hbh-len 8')).toEqual(['accept']);
    expect(verdicts('-m frag ! --fragid 1')).toEqual(['accept']);
    expect(verdicts('-m ipv6header ! --header hop-by-hop --soft')).toEqual(['drop']);
    expect(verdicts('-m ipv6header --header hop-by-hop --soft')).toEqual(['accept']);
  });

  it('pings where nobody says which message', () => {
    const message = { protocol: 'ipv6-icmp', sport: null, dport: null };
    expect(verdicts('-p ipv6-icmp -m icmp6 --icmpv6-type 128/0', message)).toEqual(['drop']);
    expect(verdicts('-p ipv6-icmp -m icmp6 --icmpv6-type 129', message)).toEqual(['accept']);
    const answer = { ...message, state: 'ESTABLISHED', direction: 'reply' } as const;
    expect(verdicts('-p ipv6-icmp -m icmp6 --icmpv6-type 129', answer)).toEqual(['drop']);
  });
});
