import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { tcpFlags } from '../../server/src/netfilter/packet.ts';
import { loggedPacket } from '../../server/src/netfilter/seen/log-fields.ts';
import { readSeen } from '../../server/src/netfilter/seen/read-seen.ts';
import type { SeenPacket } from '../../server/src/netfilter/seen/seen-packet.ts';

const packetsOf = (text: string): readonly SeenPacket[] => runToEnd(readSeen(text)).packets;

/** The steps of the first packet, each as "table chain kind verdict". */
const stepsOf = (text: string): readonly string[] =>
  packetsOf(text)[0]?.steps.map(({ table, chain, kind, verdict }) => `${table} ${chain} ${kind} ${verdict}`.trim()) ?? [];

describe('the words of a kernel log about a packet', () => {
  const { fields, key } = loggedPacket(
    'IN=eth0 OUT=cni0 MAC=02:00 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x10 PREC=0x00 TTL=63 ID=7 DF PROTO=TCP SPT=4000 DPT=80 SEQ=5 ACK=0 WINDOW=64240 RES=0x00 SYN ACK URGP=0 UID=1000 GID=100 MARK=0x4000',
  );

  it('tell its ends, its sizes, its flags and who sent it', () => {
    expect(fields).toEqual({
      in: 'eth0',
      out: 'cni0',
      src: '10.0.0.1',
      dst: '10.0.0.2',
      protocol: 'tcp',
      sport: 4000,
      dport: 80,
      flags: tcpFlags.SYN | tcpFlags.ACK,
      icmp: null,
      ttl: 63,
      ident: 7,
      length: 60,
      tos: 0x10,
      mark: 0x4000,
      uid: 1000,
      gid: 100,
    });
  });

  it('have what stays the same behind NAT, by which a packet is known again', () => {
    expect(key).toBe('LEN=60 ID=7 PROTO=TCP SEQ=5');
    expect(loggedPacket('IN= OUT=eth0 LEN=64 FLOWLBL=9 PROTO=UDP SPT=1 DPT=2 LEN=24').key).toBe('LEN=64 FLOWLBL=9 PROTO=UDP');
  });

  it('of IPv6 have other names', () => {
    expect(
      loggedPacket('IN=eth0 OUT= SRC=fd00:0:0::1 DST=fd00::2 LEN=72 TC=8 HOPLIMIT=64 PROTO=ICMPv6 TYPE=128 CODE=0').fields,
    ).toMatchObject({
      src: 'fd00::1',
      tos: 8,
      ttl: 64,
      protocol: 'ipv6-icmp',
      icmp: { type: 128, code: 0 },
    });
  });

  it('of an ICMP error are its own, and not those of the packet that it is about', () => {
    const error = loggedPacket(
      'SRC=10.0.0.9 DST=10.0.0.1 LEN=88 PROTO=ICMP TYPE=3 CODE=4 [SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=4000 DPT=80 SYN ]',
    );
    expect(error.fields).toMatchObject({
      src: '10.0.0.9',
      length: 88,
      protocol: 'icmp',
      icmp: { type: 3, code: 4 },
      sport: null,
      flags: null,
    });
  });

  it('are taken by their first meaning where two have one name, but for the mark', () => {
    expect(loggedPacket('SRC=10.0.0.1 LEN=64 PROTO=UDP SPT=1 DPT=2 LEN=24').fields.length).toBe(64);
    expect(loggedPacket('MARK=0x1 MARK=0x2').fields.mark).toBe(2);
  });

  it('that say nothing sure leave it open', () => {
    expect(loggedPacket('SRC=x DST=y SPT=z TTL= PROTO= MARK=q').fields).toMatchObject({
      src: null,
      dst: null,
      sport: null,
      ttl: null,
      protocol: null,
      flags: null,
      mark: 0,
    });
    expect(loggedPacket('SPT=1 RST').fields).toMatchObject({ protocol: 'tcp', flags: tcpFlags.RST });
    expect(loggedPacket('TYPE=8 PROTO=ICMP').fields.icmp).toEqual({ type: 8, code: 0 });
  });
});

describe('what nft monitor trace prints', () => {
  const trace = [
    'trace id a1 ip nat PREROUTING packet: iif "eth0" ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1 ip daddr 10.96.0.1 ip ttl 63 ip protocol tcp ip length 60 tcp sport 4000 tcp dport 80 tcp flags == syn',
    'trace id a1 ip nat PREROUTING rule counter packets 1 bytes 60 jump KUBE-SERVICES (verdict jump KUBE-SERVICES)',
    'trace id a1 ip nat KUBE-MARK-MASQ rule counter packets 1 bytes 60 # handle 12 meta mark set mark or 0x4000 (verdict continue)',
    'trace id a1 ip nat KUBE-SERVICES verdict continue meta mark 0x4000',
    'trace id a1 ip nat PREROUTING policy accept meta mark 0x4000',
    'trace id a1 ip filter FORWARD packet: iif "eth0" oif "cni0" ip saddr 10.0.0.1 ip daddr 10.244.0.7 udp sport 4000 udp dport 53',
    'trace id a1 ip filter FORWARD policy drop',
  ].join('\n');

  it('are the steps of a packet, with its verdicts', () => {
    expect(stepsOf(trace)).toEqual([
      'nat PREROUTING rule JUMP',
      'nat KUBE-MARK-MASQ rule CONTINUE',
      'nat KUBE-SERVICES return',
      'nat PREROUTING policy ACCEPT',
      'filter FORWARD policy DROP',
    ]);
    expect(packetsOf(trace)[0]?.steps.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7]);
  });

  it('tell what the packet is where it was shown last, and the mark that it has since', () => {
    const [packet] = packetsOf(trace);
    expect(packet).toMatchObject({ format: 'nft-monitor', family: 'ipv4', id: 'a1' });
    expect(packet?.steps[0]?.fields).toMatchObject({
      in: 'eth0',
      out: '',
      src: '10.0.0.1',
      dst: '10.96.0.1',
      ttl: 63,
      length: 60,
      protocol: 'tcp',
      sport: 4000,
      dport: 80,
      flags: tcpFlags.SYN,
      mark: 0,
    });
    expect(packet?.steps.at(-1)?.fields).toMatchObject({
      in: 'eth0',
      out: 'cni0',
      dst: '10.244.0.7',
      protocol: 'udp',
      dport: 53,
      mark: 0x4000,
    });
  });

  it('of IPv6 tell the hop limit, the next header and the mark', () => {
    const six = [
      'trace id b2 ip6 filter INPUT packet: iif "lo" ip6 saddr fd00::1 ip6 daddr fd00::2 ip6 hoplimit 64 ip6 nexthdr ipv6-icmp ip6 length 72 icmpv6 type echo-request meta mark 0x00000007',
      'trace id b2 ip6 filter INPUT policy accept',
    ].join('\n');
    expect(packetsOf(six)[0]).toMatchObject({
      family: 'ipv6',
      steps: [
        {
          fields: {
            in: 'lo',
            src: 'fd00::1',
            dst: 'fd00::2',
            ttl: 64,
            protocol: 'ipv6-icmp',
            length: 72,
            icmp: { type: 128 },
            mark: 7,
          },
        },
      ],
    });
    const other = six.replace(' icmpv6 type echo-request', '').replace('nexthdr ipv6-icmp', 'nexthdr 47');
    expect(packetsOf(other)[0]?.steps[0]?.fields).toMatchObject({ protocol: 'gre', icmp: null });
  });

  it('are nothing where they are cut or of something else', () => {
    for (const line of [
      'trace id a1 ip nat PREROUTING rule counter packets 1',
      'trace id a1 inet nat X policy accept',
      'trace id zz ip nat X policy accept',
      'add rule ip nat X',
    ])
      expect(packetsOf(line)).toEqual([]);
  });
});

describe('what xtables-monitor prints', () => {
  const trace = [
    'PACKET: 2 c3 IN=eth0 SRC=10.0.0.1 DST=10.96.0.1 LEN=60 TTL=63 PROTO=TCP SPORT=4000 DPORT=80 SYN',
    ' TRACE: 2 c3 nat:PREROUTING:rule:0x3:JUMP:KUBE-SERVICES  -4 -t nat -A PREROUTING -j KUBE-SERVICES',
    ' TRACE: 2 c3 nat:MY:rule:CHAIN:rule:0x4:ACCEPT  -4 -t nat -A MY:rule:CHAIN -j ACCEPT',
    ' TRACE: 2 c3 nat:KUBE-SERVICES:return:4294967295:',
    ' TRACE: 2 c3 nat:PREROUTING:policy:ACCEPT',
  ].join('\n');

  it('are the steps of a packet, with the rules in words', () => {
    expect(stepsOf(trace)).toEqual([
      'nat PREROUTING rule JUMP',
      'nat MY:rule:CHAIN rule ACCEPT',
      'nat KUBE-SERVICES return 4294967295',
      'nat PREROUTING policy ACCEPT',
    ]);
    expect(packetsOf(trace)[0]?.steps.map(({ rule }) => rule)).toEqual([
      { by: 'text', text: '-A PREROUTING -j KUBE-SERVICES' },
      { by: 'text', text: '-A MY:rule:CHAIN -j ACCEPT' },
      null,
      null,
    ]);
    expect(packetsOf(trace)[0]?.steps[0]?.fields).toMatchObject({ in: 'eth0', sport: 4000, dport: 80, flags: tcpFlags.SYN });
  });

  it('are known by family, and without the line of the packet, too', () => {
    expect(packetsOf(' TRACE: 10 c3 filter:INPUT:policy:DROP')[0]).toMatchObject({
      format: 'xtables-monitor',
      family: 'ipv6',
      steps: [{ chain: 'INPUT', kind: 'policy', verdict: 'DROP', fields: { src: null, mark: 0 } }],
    });
    expect(packetsOf(' TRACE: 2 c3 filter:nothing')).toEqual([]);
    expect(packetsOf(' TRACE: 2 c3 filter::rule:0x1:ACCEPT')).toEqual([]);
  });
});

describe('what TRACE writes to the kernel log', () => {
  const line = (place: string, more = 'IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=60 ID=7 PROTO=TCP SPT=1 DPT=2 SYN'): string =>
    `Nov 26 12:00:00 node kernel: [ 12.3] TRACE: ${place} ${more}`;

  it('are the steps of a packet, with the places of the rules', () => {
    const text = [line('raw:PREROUTING:policy:2'), line('nat:PREROUTING:rule:1'), line('nat:KUBE-SERVICES:return:12')].join('\n');
    expect(packetsOf(text)).toHaveLength(1);
    expect(packetsOf(text)[0]?.steps.map(({ chain, kind, rule }) => [chain, kind, rule])).toEqual([
      ['PREROUTING', 'policy', { by: 'number', number: 2 }],
      ['PREROUTING', 'rule', { by: 'number', number: 1 }],
      ['KUBE-SERVICES', 'return', { by: 'number', number: 12 }],
    ]);
  });

  it('are of the family of its addresses', () => {
    expect(packetsOf(line('raw:PREROUTING:policy:2'))[0]?.family).toBe('ipv4');
    expect(packetsOf(line('raw:PREROUTING:policy:2', 'IN=eth0 SRC=fd00::1 DST=fd00::2 LEN=60'))[0]?.family).toBe('ipv6');
  });

  it('are two packets where the second is back at the first hook, or is another by what stays the same', () => {
    expect(packetsOf([line('filter:FORWARD:policy:1'), line('raw:PREROUTING:policy:1')].join('\n'))).toHaveLength(2);
    expect(packetsOf([line('nat:PREROUTING:rule:1'), line('filter:FORWARD:rule:1')].join('\n'))).toHaveLength(1);
    // nat holds source NAT at INPUT, behind filter.
    expect(packetsOf([line('filter:INPUT:policy:1'), line('nat:INPUT:policy:1')].join('\n'))).toHaveLength(1);
    expect(
      packetsOf([line('nat:OUTPUT:policy:1'), line('filter:OUTPUT:policy:1'), line('nat:POSTROUTING:policy:1')].join('\n')),
    ).toHaveLength(1);
    const other = line('nat:PREROUTING:rule:1').replace('ID=7', 'ID=8');
    expect(packetsOf([line('nat:PREROUTING:rule:1'), other].join('\n'))).toHaveLength(2);
  });
});
