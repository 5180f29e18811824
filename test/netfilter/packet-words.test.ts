import { describe, expect, it } from 'vitest';
import { ruleConditions } from '../../server/src/netfilter/compile-rule.ts';
import type { Packet } from '../../server/src/netfilter/packet.ts';
import { packetWords } from '../../server/src/netfilter/packet-words.ts';
import { type PacketTexts, packet, ruleset } from './support.ts';

/** What is said of a packet where each condition of a rule looks, joined; nothing for those that say nothing. */
function wordsFor(rule: string, given: PacketTexts = {}, onItsWay: Partial<Packet> = {}): string {
  const family = given.from?.includes(':') ? 'ipv6' : 'ipv4';
  const { lines } = ruleset(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${rule} -j DROP\nCOMMIT\n`);
  const line = lines.at(2);
  if (line === undefined) throw new Error('no rule');
  return ruleConditions(line, family)
    .map((condition) => packetWords(condition, { ...packet(given), ...onItsWay }))
    .filter((text) => text !== '')
    .join('; ');
}

describe('what a packet has where a condition looks', () => {
  it.each<readonly [rule: string, given: PacketTexts, words: string]>([
    ['-s 10.0.0.0/8', {}, 'the packet is from 203.0.113.9'],
    ['-d 10.0.0.0/8', {}, 'the packet is for 10.0.0.1'],
    ['-p udp', {}, 'the packet is tcp'],
    ['-i eth0', { in: 'eth1' }, 'the packet came in by eth1'],
    ['-i eth0', { in: '' }, 'the packet came in by no interface here'],
    ['-i eth0', { in: null }, ''],
    ['-p tcp -m tcp --dport 53', {}, 'the packet is tcp; the packet is for port 80'],
    ['-p tcp -m tcp --sport 53 --dport 53', {}, 'the packet is tcp; the packet is from port 40000, for port 80'],
    ['-p tcp -m tcp --sport 53', { sport: null }, 'the packet is tcp'],
    ['-p udp -m udp --dport 53', {}, 'the packet is tcp; the packet is tcp'],
    ['-m multiport --ports 1,2', {}, 'the packet is from port 40000, for port 80'],
    ['-m multiport --dports 1,2', {}, 'the packet is for port 80'],
    ['-m multiport --sports 1,2', {}, 'the packet is from port 40000'],
    ['-p tcp -m tcp --tcp-flags SYN SYN', { flags: 0x12 }, 'the packet is tcp; the packet is with SYN,ACK'],
    ['-p tcp -m tcp --tcp-flags SYN SYN', { flags: 0 }, 'the packet is tcp; the packet is with no flags'],
    ['-m mark --mark 0x1', { mark: 0x4000 }, 'its mark is 0x4000'],
    ['-m connmark --mark 0x1', {}, 'the mark of its connection is 0x0'],
    ['-m conntrack --ctstate ESTABLISHED', {}, 'its connection is NEW'],
    ['-m state --state ESTABLISHED', {}, 'its connection is NEW'],
    ['-m conntrack --ctproto 17', {}, ''],
    ['-m length --length 100', { length: 60 }, 'the packet has 60 bytes'],
    ['-m length --length 100', { length: null }, ''],
    ['-m ttl --ttl-eq 5', { ttl: 64 }, 'its TTL is 64'],
    ['-m tos --tos 0x10', { tos: 0x08 }, 'its TOS is 0x8'],
    ['-m addrtype --dst-type LOCAL', {}, 'the packet is from 203.0.113.9 for 10.0.0.1'],
    ['-m set --match-set x src', {}, 'the packet is from 203.0.113.9 for 10.0.0.1:80'],
    ['-m owner --uid-owner 0', {}, 'no process of this node sent it'],
    ['-m owner --uid-owner 0', { isFromHere: true, uid: 1000, gid: 100 }, 'its user is 1000 its group is 100'],
    [
      '-p icmp -m icmp --icmp-type 3',
      { protocol: 'icmp', sport: null, dport: null, icmp: { type: 8, code: 0 } },
      'the packet is icmp; the packet is icmp type 8 code 0',
    ],
    ['-m comment --comment "x"', {}, ''],
    ['-o eth0', { out: 'eth1' }, 'the packet leaves by eth1'],
    ['-o eth0', { out: null }, ''],
    ['-f', {}, 'the packet is no fragment'],
    ['-p tcp -m tcp --syn', { flags: 0x10 }, 'the packet is tcp; the packet is with ACK'],
    ['-m multiport --dports 1,2', { protocol: 'udp' }, 'the packet is for port 80'],
    ['-p icmp -m icmp --icmp-type 3', {}, 'the packet is tcp; the packet is tcp'],
    ['-m set --match-set x src', { protocol: 'icmp', sport: null, dport: null }, 'the packet is from 203.0.113.9 for 10.0.0.1'],
    ['-m owner --uid-owner 0', { isFromHere: true, uid: 1000, gid: null }, 'its user is 1000'],
    ['-m owner --gid-owner 0', { isFromHere: true, uid: null, gid: 100 }, 'its group is 100'],
    ['-m ttl --ttl-eq 5', { ttl: null }, ''],
    ['-m iprange --src-range 10.0.0.1-10.0.0.9', {}, 'the packet is from 203.0.113.9 for 10.0.0.1'],
  ])('%s of %j: %s', (rule, given, words) => {
    expect(wordsFor(rule, given)).toBe(words);
  });

  it.each<readonly [rule: string, onItsWay: Partial<Packet>, words: string]>([
    ['-o eth0', { out: 'eth1', hook: 'INPUT' }, 'the packet leaves by no interface here'],
    ['-o eth0', { out: 'eth1', hook: 'PREROUTING' }, 'the packet leaves by no interface here'],
    ['-o eth0', { out: 'eth1', hook: 'POSTROUTING' }, 'the packet leaves by eth1'],
    ['-m conntrack --ctstate DNAT', { dnat: true }, 'its connection is NEW, its destination was changed'],
    ['-m conntrack --ctstate SNAT', { snat: true }, 'its connection is NEW, its source was changed'],
    ['-p tcp -m tcp --syn', { flags: null }, 'the packet is tcp'],
    ['-s 10.0.0.0/8', { source: null }, ''],
    ['-m addrtype --src-type LOCAL', { source: null }, 'the packet is from an address of the node for 10.0.0.1'],
    ['-m set --match-set x src', { source: null }, 'the packet is from an address of the node for 10.0.0.1'],
  ])('%s of a packet on its way with %j: %s', (rule, onItsWay, words) => {
    expect(wordsFor(rule, {}, onItsWay)).toBe(words);
  });
});
