import { describe, expect, it } from 'vitest';
import { markValue } from '../../server/src/netfilter/option-view.ts';
import { loggedPacket } from '../../server/src/netfilter/seen/log-fields.ts';
import { nftMonitorEvent } from '../../server/src/netfilter/seen/read-nft-monitor.ts';
import type { SeenFields } from '../../server/src/netfilter/seen/seen-packet.ts';
import { enumerate, type PacketTexts } from './support.ts';

describe('a mark, and its mask', () => {
  it.each([
    ['0x4000/0xffff', { value: 0x4000, mask: 0xffff }],
    ['0xffffffff', { value: 0xffff_ffff, mask: 0xffff_ffff }],
    ['0/0xffffffff', { value: 0, mask: 0xffff_ffff }],
    ['0x100000000', undefined],
    ['1/0x100000000', undefined],
    ['x/1', undefined],
    ['1/x', undefined],
  ])('%s', (text, read) => {
    expect(markValue(text)).toEqual(read);
  });
});

describe('numbers that the kernel cannot have printed', () => {
  it('are none in a log', () => {
    const fields = (text: string): SeenFields => loggedPacket(text).fields;
    expect(fields('TYPE=255 CODE=255').icmp).toEqual({ type: 255, code: 255 });
    expect(fields('TYPE=256').icmp).toBeNull();
    expect(fields('TYPE=0 CODE=256').icmp).toEqual({ type: 0, code: 0 });
    expect([fields('MARK=0xffffffff').mark, fields('MARK=0x100000000').mark]).toEqual([0xffff_ffff, 0]);
    expect([fields('LEN=4294967295').length, fields('LEN=4294967296').length]).toEqual([0xffff_ffff, null]);
    expect(fields('PROTO=ICMPv6').protocol).toBe('ipv6-icmp');
  });

  it('are none in nft monitor', () => {
    const fields = (words: string, family = 'ip'): SeenFields | undefined => {
      const shown = new Map<string, SeenFields>();
      nftMonitorEvent(`trace id a1 ${family} filter FORWARD packet: ${words}`, 1, shown);
      return nftMonitorEvent(`trace id a1 ${family} filter FORWARD policy accept`, 2, shown)?.fields;
    };
    expect([fields('icmp type 255')?.icmp, fields('icmp type 256')?.icmp]).toEqual([{ type: 255, code: 0 }, null]);
    expect([fields('icmpv6 type 255', 'ip6')?.icmp, fields('icmpv6 type 256', 'ip6')?.icmp]).toEqual([
      { type: 255, code: 0 },
      null,
    ]);
    expect([fields('meta mark 0xffffffff')?.mark, fields('meta mark 0x100000000')?.mark]).toEqual([0xffff_ffff, 0]);
    expect([fields('ip ttl 64 ip length 4294967295')?.length, fields('ip length 4294967296')?.length]).toEqual([
      0xffff_ffff,
      null,
    ]);
  });
});

describe('numbers that are the last of their kind', () => {
  it.each<readonly [rule: string, packet: PacketTexts, verdict: string]>([
    ['-p tcp -m tcp --dport 65535', { dport: 65535 }, 'drop'],
    ['-p 255', { protocol: '255', sport: null, dport: null }, 'drop'],
    ['-m mark --mark 0xffffffff', { mark: 0xffff_ffff }, 'drop'],
    ['-m mark ! --mark 0xffffffff', { mark: 0xffff_ffff }, 'accept'],
    ['-m ttl --ttl-eq 255', { ttl: 255 }, 'drop'],
    ['-m ttl --ttl-gt 254', { ttl: 255 }, 'drop'],
    ['-m ttl --ttl-gt 254', { ttl: 254 }, 'accept'],
    ['-m ttl --ttl-lt 65', { ttl: 64 }, 'drop'],
    ['-m ttl --ttl-lt 64', { ttl: 64 }, 'accept'],
  ])('%s of a packet with %o: %s', (rule, given, verdict) => {
    const text = `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule} -j DROP\nCOMMIT\n`;
    expect(enumerate(text, given, { isLocal: () => false }).outcomes.map((outcome) => outcome.verdict)).toEqual([verdict]);
  });
});
