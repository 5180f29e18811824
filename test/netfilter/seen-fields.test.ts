/** What lines of traces tell of a packet, and what it may have been as it started. */
import { describe, expect, it } from 'vitest';
import { tcpFlags } from '../../server/src/netfilter/packet.ts';
import { loggedPacket } from '../../server/src/netfilter/seen/log-fields.ts';
import { kernelLogEvent } from '../../server/src/netfilter/seen/read-kernel-log.ts';
import { nftMonitorEvent } from '../../server/src/netfilter/seen/read-nft-monitor.ts';
import { xtablesMonitorEvent } from '../../server/src/netfilter/seen/read-xtables-monitor.ts';
import { noFields, type SeenFields, type SeenPacket, type SeenStep } from '../../server/src/netfilter/seen/seen-packet.ts';
import { asksNat, seenLocal, seenStarts } from '../../server/src/netfilter/seen/seen-start.ts';

/** What `nft monitor trace` tells of a packet that it shows so. */
function shownByNft(words: string): SeenFields | undefined {
  const shown = new Map<string, SeenFields>();
  nftMonitorEvent(`trace id a1 ip filter FORWARD packet: ${words}`, 1, shown);
  return shown.get('a1');
}

describe('nft monitor', () => {
  it.each<readonly [words: string, fields: Partial<SeenFields>]>([
    ['iif "eth0" oif "eth1"', { in: 'eth0', out: 'eth1' }],
    ['ip saddr 10.0.0.1 ip daddr 10.0.0.2', { src: '10.0.0.1', dst: '10.0.0.2' }],
    ['ip saddr 10.0.0.1 ip saddr x', { src: '10.0.0.1' }],
    ['ip daddr 10.0.0.2 ip daddr x', { dst: '10.0.0.2' }],
    ['ip ttl 0 ip id 0 ip length 0', { ttl: 0, ident: 0, length: 0 }],
    ['ip ttl 64 ip id 7 ip length 60', { ttl: 64, ident: 7, length: 60 }],
    ['ip6 hoplimit 63 ip6 nexthdr udp', { ttl: 63, protocol: 'udp' }],
    ['ip protocol tcp tcp sport 0 tcp dport 80', { protocol: 'tcp', sport: 0, dport: 80 }],
    ['udp sport  53 udp dport 54', { protocol: 'udp', sport: 53, dport: 54 }],
    ['tcp flags == syn', { flags: tcpFlags.SYN }],
    ['tcp flags == syn,ack', { flags: tcpFlags.SYN | tcpFlags.ACK }],
    ['tcp flags ==', { flags: 0 }],
    ['icmp type echo-reply', { protocol: 'icmp', icmp: { type: 0, code: 0 } }],
    ['icmp type destination-unreachable', { icmp: { type: 3, code: 0 } }],
    ['icmp type echo-request', { icmp: { type: 8, code: 0 } }],
    ['icmp type time-exceeded', { icmp: { type: 11, code: 0 } }],
    ['icmp type 0', { icmp: { type: 0, code: 0 } }],
    ['icmp type nothing', { icmp: null }],
    ['icmpv6 type destination-unreachable', { protocol: 'ipv6-icmp', icmp: { type: 1, code: 0 } }],
    ['icmpv6 type packet-too-big', { icmp: { type: 2, code: 0 } }],
    ['icmpv6 type time-exceeded', { icmp: { type: 3, code: 0 } }],
    ['icmpv6 type echo-request', { icmp: { type: 128, code: 0 } }],
    ['icmpv6 type echo-reply', { icmp: { type: 129, code: 0 } }],
    ['icmpv6 type 0', { icmp: { type: 0, code: 0 } }],
    ['meta mark 0x00004000', { mark: 0x4000 }],
    ['meta length 5', { mark: 0, length: null }],
    ['ip mark 5', { mark: 0 }],
  ])('%s', (words, fields) => {
    expect(shownByNft(words)).toMatchObject(fields);
  });

  it('names a rule and what it came to, and a mark behind it', () => {
    const shown = new Map<string, SeenFields>();
    const event = (text: string) => nftMonitorEvent(`trace id a1 ip filter FORWARD ${text}`, 7, shown);
    expect(event('rule ip protocol tcp counter packets 1 bytes 60 jump A (verdict jump A)')).toMatchObject({
      kind: 'rule',
      rule: { by: 'nft', text: 'ip protocol tcp counter packets 1 bytes 60 jump A', verdict: 'jump A' },
      verdict: 'JUMP',
      fields: noFields,
      family: 'ipv4',
      line: 7,
    });
    expect(event('rule drop # handle 4 (verdict drop)')).toMatchObject({
      rule: { text: 'drop', verdict: 'drop' },
      verdict: 'DROP',
    });
    expect(event('policy drop meta mark 0x5')).toMatchObject({ kind: 'policy', verdict: 'DROP' });
    expect(event('verdict continue')).toMatchObject({ kind: 'return', verdict: '', fields: { mark: 5 } });
    expect(event('rule without an end')).toBeUndefined();
    expect(nftMonitorEvent('trace id zz', 1, shown)).toBeUndefined();
  });
});

describe('the log of the kernel', () => {
  it.each<readonly [words: string, fields: Partial<SeenFields>]>([
    ['IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2', { in: 'eth0', out: '', src: '10.0.0.1', dst: '10.0.0.2' }],
    [
      'LEN=60 TOS=0x10 TTL=64 ID=0 PROTO=TCP SPT=0 DPT=80 SYN',
      { length: 60, tos: 16, ttl: 64, ident: 0, protocol: 'tcp', sport: 0, dport: 80, flags: 2 },
    ],
    ['SPT=1 ACK PSH', { protocol: 'tcp', flags: tcpFlags.ACK | tcpFlags.PSH }],
    ['=x SPT=1', { sport: 1 }],
    ['x SPT=1', { sport: 1 }],
    ['PROTO=ICMP TYPE=0 CODE=0', { protocol: 'icmp', icmp: { type: 0, code: 0 } }],
    ['PROTO=ICMP TYPE=3 CODE=x', { icmp: { type: 3, code: 0 } }],
    ['PROTO=ICMPv6 TYPE=128 CODE=0', { protocol: 'ipv6-icmp', icmp: { type: 128, code: 0 } }],
    ['PROTO=UDP LEN=40 SPT=1 LEN=20', { length: 40 }],
    ['MARK=0x0', { mark: 0 }],
    ['MARK=x', { mark: 0 }],
    ['UID=0 GID=0', { uid: 0, gid: 0 }],
    // What an error tells of another packet is none of this one's.
    ['PROTO=ICMP TYPE=3 CODE=1 [SRC=10.9.9.9 PROTO=TCP SPT=5 ]', { src: null, protocol: 'icmp', sport: null }],
    ['[SRC=10.9.9.9 ]', { src: null }],
  ])('%s', (words, fields) => {
    expect(loggedPacket(words).fields).toMatchObject(fields);
  });

  it('says table, chain and number of a rule', () => {
    expect(kernelLogEvent('x TRACE: raw:PREROUTING:rule:2 IN=eth0 SRC=10.0.0.1', 5)).toMatchObject({
      table: 'raw',
      chain: 'PREROUTING',
      kind: 'rule',
      rule: { by: 'number', number: 2 },
      family: 'ipv4',
    });
    expect(kernelLogEvent('TRACE: raw:PREROUTING:policy:1 IN=eth0 SRC=fd00::1', 5)).toMatchObject({
      kind: 'policy',
      family: 'ipv6',
    });
    expect(kernelLogEvent('TRACE: nothing', 5)).toBeUndefined();
  });
});

describe('xtables-monitor', () => {
  it.each<readonly [text: string, event: object | undefined]>([
    [
      ' TRACE: 2 a1 filter:A:rule:0x1:JUMP:B  -4 -t filter -A A -j B ',
      { chain: 'A', kind: 'rule', verdict: 'JUMP', rule: { text: '-A A -j B' } },
    ],
    ['TRACE: 2 a1 filter:A:rule:0x1:DROP', { kind: 'rule', verdict: 'DROP', rule: null }],
    ['TRACE: 10 a1 filter:A:return:', { kind: 'return', verdict: '', rule: null, family: 'ipv6' }],
    ['TRACE: 2 a1 filter:INPUT:policy:ACCEPT', { kind: 'policy', verdict: 'ACCEPT', rule: null }],
    ['TRACE: 2 a1 filter:a:b:rule:0x1:DROP', { chain: 'a:b' }],
    ['TRACE: 2 a1 filter::rule:0x1:DROP', undefined],
    ['TRACE: 2 a1 filter:A:policy:DROP -4 -t filter -A A -j B', { kind: 'policy', rule: null }],
    ['TRACE: 2 a1 filter', undefined],
    ['nothing', undefined],
    ['PACKET: 2 a1 IN=eth0', undefined],
  ])('%s', (text, event) => {
    const told = xtablesMonitorEvent(text, 1, new Map());
    if (event === undefined) expect(told).toBeUndefined();
    else expect(told).toMatchObject(event);
  });
});

type Told = Partial<SeenFields> & { readonly table?: string; readonly chain: string; readonly text?: string };

function seen(...told: readonly Told[]): SeenPacket {
  const steps = told.map(({ table = 'filter', chain, text, ...fields }, at): SeenStep => {
    const ends = { src: '10.0.0.9', dst: '10.0.0.1', ...fields };
    return {
      table,
      chain,
      kind: 'rule',
      rule: text === undefined ? null : { by: 'text', text },
      verdict: '',
      fields: { ...noFields, ...ends },
      line: at + 1,
    };
  });
  return { format: 'xtables-monitor', family: 'ipv4', id: 'a1', steps };
}

const tcp = { protocol: 'tcp', sport: 5, dport: 80 } as const;

describe('what a packet may have been as it started', () => {
  const states = (of: SeenPacket, hasNat: boolean): readonly string[] =>
    seenStarts(of, hasNat).map(({ packet: { state, direction } }) => `${state} ${direction ?? '?'}`);
  const others = ['ESTABLISHED reply', 'ESTABLISHED original', 'RELATED original', 'INVALID ?', 'UNTRACKED ?'];

  it('is told by whether table nat was asked', () => {
    const syn = { ...tcp, flags: tcpFlags.SYN };
    expect(
      states(seen({ chain: 'PREROUTING', in: 'eth0', ...syn }, { table: 'nat', chain: 'PREROUTING', ...syn }), true),
    ).toEqual(['NEW original']);
    expect(states(seen({ chain: 'PREROUTING', in: 'eth0', ...syn }), true)).toEqual(others);
    expect(states(seen({ chain: 'PREROUTING', in: 'eth0', ...syn }), false)).toEqual(['NEW original', ...others]);
    expect(states(seen({ chain: 'PREROUTING', in: 'eth0', ...tcp, flags: tcpFlags.RST }), false)).toEqual(others);
    expect(states(seen({ chain: 'PREROUTING', in: 'lo', ...syn }), true)).toEqual(['NEW original', ...others]);
  });

  it('is nothing where its ends are not shown', () => {
    expect(states(seen(), false)).toEqual([]);
    expect(states(seen({ chain: 'INPUT', src: null }), false)).toEqual([]);
    expect(states(seen({ chain: 'INPUT', dst: null }), false)).toEqual([]);
  });

  it.each<readonly [name: string, of: SeenPacket, expected: object]>([
    [
      'from outside',
      seen({ chain: 'FORWARD', in: 'eth0', ...tcp }),
      { isFromHere: false, in: 'eth0', out: null, protocol: 'tcp' },
    ],
    [
      'through the node',
      seen({ chain: 'PREROUTING', in: 'eth0', ...tcp }, { chain: 'FORWARD', out: 'eth1', ...tcp }),
      { isFromHere: false, out: 'eth1' },
    ],
    ['of this node', seen({ chain: 'OUTPUT', out: 'eth0', ...tcp }), { isFromHere: true, in: '', out: 'eth0' }],
    ['of this node, seen late', seen({ chain: 'POSTROUTING', out: 'eth0', ...tcp }), { isFromHere: true }],
    [
      'of this node, seen without a way out',
      seen({ chain: 'OUTPUT', ...tcp }, { chain: 'POSTROUTING', out: 'eth1', ...tcp }),
      { isFromHere: true, out: 'eth1' },
    ],
    ['seen behind the routing', seen({ chain: 'FORWARD', in: 'eth0', out: 'eth1', ...tcp }), { isFromHere: false, out: 'eth1' }],
    [
      'with a protocol that a rule tells',
      seen({ chain: 'INPUT', in: 'eth0', text: '-A INPUT -p sctp -j ACCEPT', sport: 5 }),
      { protocol: 'sctp' },
    ],
    ['with ports alone', seen({ chain: 'INPUT', in: 'eth0', dport: 5 }), { protocol: 'udp' }],
    ['with one port alone', seen({ chain: 'INPUT', in: 'eth0', sport: 5 }), { protocol: 'udp' }],
    ['with nothing', seen({ chain: 'INPUT', in: 'eth0' }), { protocol: 'icmp' }],
    [
      'of IPv6 with nothing',
      { ...seen({ chain: 'INPUT', in: 'eth0', src: 'fd00::9', dst: 'fd00::1' }), family: 'ipv6' },
      { protocol: 'ipv6-icmp' },
    ],
  ])('%s', (_name, of, expected) => {
    expect(seenStarts(of, true)[0]?.packet).toMatchObject(expected);
  });

  it('is translated where it was seen to be', () => {
    const turned = (later: Partial<SeenFields>): unknown =>
      seenStarts(seen({ chain: 'PREROUTING', in: 'eth0', ...tcp }, { chain: 'FORWARD', ...tcp, ...later }), true)[0]?.packet
        .translation;
    expect(turned({ dst: '10.0.0.1' })).toEqual({ destination: null, source: null });
    expect(turned({ dst: '10.1.1.1' })).toMatchObject({ destination: { address: { text: '10.1.1.1' }, port: 80 } });
    expect(turned({ dport: 8080 })).toMatchObject({ destination: { address: { text: '10.0.0.1' }, port: 8080 } });
    expect(turned({ dst: null })).toEqual({ destination: null, source: null });
  });

  it('says why it is taken to be one of a connection', () => {
    const notes = (hasNat: boolean): readonly string[] =>
      seenStarts(seen({ chain: 'INPUT', in: 'eth0', ...tcp }), hasNat).map(({ note }) => note);
    expect(notes(true)[0]).toBe('Table nat was not asked: the packet is taken to belong to a connection that was there.');
    expect(notes(false).slice(0, 2)).toEqual(['', '']);
  });
});

describe('an address of the node, by a trace', () => {
  it.each<readonly [chain: string, isLocal: boolean | undefined]>([
    ['INPUT', true],
    ['FORWARD', false],
    // Behind both ways nothing tells.
    ['POSTROUTING', undefined],
    ['PREROUTING', undefined],
  ])('is told by %s', (chain, isLocal) => {
    const local = seenLocal(seen({ chain, in: 'eth0' }), undefined);
    expect([local('10.0.0.1'), local('10.0.0.2'), local('127.0.0.1')]).toEqual([isLocal, undefined, true]);
    expect(seenLocal(seen({ chain }), () => false)('10.0.0.1')).toBe(false);
  });
});

it('table nat is asked at the first hook of a way, where it has rules', () => {
  const steps = (chain: string) => seen({ chain }).steps.map((step) => ({ step, chain: null, isRule: true, lines: [] }));
  const asked = (chain: string, base: string): boolean => asksNat(steps(chain), (hook) => hook === base);
  expect([
    asked('PREROUTING', 'PREROUTING'),
    asked('OUTPUT', 'OUTPUT'),
    asked('PREROUTING', 'OUTPUT'),
    asked('FORWARD', 'FORWARD'),
  ]).toEqual([true, true, false, false]);
});
