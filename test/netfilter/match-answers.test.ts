/** What matches say of a packet, one by one: yes, no, or the question that stays open, as the kernel's sources have it. */
import { describe, expect, it } from 'vitest';
import { tcpFlags } from '../../server/src/netfilter/packet.ts';
import { address } from './support.ts';
import { answers, type Case, six, type With } from './told-answers.ts';

const local = { knows: { isLocal: () => true } } as const;
const notLocal = { knows: { isLocal: () => false } } as const;
const dst = '-m addrtype --dst-type';
const src = '-m addrtype --src-type';

describe('the type of an address', () => {
  it.each<Case>([
    [`${dst} LOCAL`, {}, 'local 10.0.0.1 <local>'],
    [`${dst} ! --dst-type LOCAL`.replace('--dst-type ! ', '! '), {}, '!local 10.0.0.1 <local>'],
    [`${dst} LOCAL`, { knows: { seemsLocal: () => true } }, 'local 10.0.0.1 <local> likely'],
    [`${dst} LOCAL`, local, 'yes'],
    [`${dst} LOCAL`, notLocal, 'no'],
    [`${dst} LOCAL`, { own: true, ...notLocal }, 'yes'],
    [`${dst} UNICAST`, {}, '!local 10.0.0.1 <local>'],
    [`${dst} UNICAST`, local, 'no'],
    [`${dst} UNICAST`, notLocal, 'yes'],
    [`${dst} UNICAST,LOCAL`, {}, 'yes'],
    [`${dst} MULTICAST`, {}, 'no'],
    [`${dst} MULTICAST`, { to: '224.0.0.1' }, 'yes'],
    [`${dst} MULTICAST`, { to: '239.255.255.255' }, 'yes'],
    [`${dst} MULTICAST`, { to: '240.0.0.1' }, 'no'],
    [`${dst} MULTICAST,LOCAL`, { to: '224.0.0.1' }, 'yes'],
    [`${dst} LOCAL`, { to: '224.0.0.1', ...local }, 'no'],
    [`${dst} BROADCAST`, { to: '255.255.255.255' }, 'yes'],
    [`${dst} BROADCAST`, { to: '0.0.0.1' }, 'yes'],
    [`${dst} BROADCAST`, notLocal, 'no'],
    [`${dst} BROADCAST`, { to: '10.0.0.255' }, 'broadcast 10.0.0.255 <local>'],
    [`${dst} LOCAL`, { to: '10.0.0.255' }, 'local 10.0.0.255 <local>'],
    [`${dst} UNICAST`, { to: '10.0.0.255' }, '!broadcast 10.0.0.255 <local>'],
    [`${dst} BROADCAST,UNICAST`, { to: '10.0.0.255', ...notLocal }, 'yes'],
    [`${dst} BROADCAST`, { knows: { isBroadcast: () => true } }, 'yes'],
    [`${src} BROADCAST`, { from: '10.0.0.255', ...notLocal }, 'no'],
    // What comes in has no source of this node: that would be a martian.
    [`${src} LOCAL`, {}, 'no'],
    [`${src} LOCAL`, local, 'yes'],
    [`${src} LOCAL`, { isFromHere: true }, 'yes'],
    [`${src} LOCAL`, { in: 'lo' }, 'yes'],
    [`${src} UNICAST`, {}, 'yes'],
    // MASQUERADE picks an own one.
    [`${src} LOCAL`, { source: null }, 'yes'],
    [`${src} UNICAST`, { source: null }, 'no'],
    [`${src} LOCAL`, { ...six, source: null }, 'yes'],
    [`${src} UNICAST`, { ...six, source: null }, 'yes'],
    [`${dst} LOCAL`, { ...six }, 'local fd00::1 <local>'],
    [`${dst} UNICAST`, { ...six }, 'yes'],
    [`${dst} MULTICAST`, { ...six }, 'no'],
    [`${dst} MULTICAST`, { ...six, to: 'ff02::1' }, 'yes'],
    [`${dst} UNICAST`, { ...six, to: 'ff02::1' }, 'no'],
    [`${dst} UNICAST`, { ...six, to: '::' }, 'no'],
    [`${dst} UNSPEC`, { ...six, to: '::' }, 'yes'],
    [`${dst} UNSPEC`, { ...six }, 'no'],
    [`${dst} ANYCAST`, { ...six }, 'no'],
    [`${dst} UNREACHABLE`, { ...six }, 'no'],
    [`${dst} UNICAST,LOCAL`, { ...six, ...notLocal }, 'no'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

describe('a rule of one family', () => {
  it.each<Case>([
    ['-4', {}, ''],
    ['--ipv4', {}, ''],
    ['-6', {}, 'no'],
    ['--ipv6', six, ''],
    ['-f', {}, 'no'],
    ['! -f', {}, 'yes'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

describe('what conntrack knows', () => {
  const ct = '-m conntrack';
  it.each<Case>([
    [`${ct} --ctproto 6`, {}, 'yes'],
    [`${ct} --ctproto udp`, {}, 'no'],
    [`${ct} --ctorigsrc 203.0.113.0/24`, {}, 'yes'],
    [`${ct} --ctorigsrc 10.0.0.0/8`, {}, 'no'],
    [`${ct} --ctrepldst 203.0.113.0/24`, {}, 'yes'],
    [`${ct} --ctreplsrc 10.0.0.0/8`, {}, 'yes'],
    [`${ct} --ctreplsrc 203.0.113.0/24`, {}, 'no'],
    [`${ct} --ctreplsrc 203.0.113.0/24`, { direction: 'reply' }, 'yes'],
    [`${ct} --ctrepldst 10.0.0.0/8`, { direction: 'reply' }, 'yes'],
    [`${ct} --ctorigsrcport 40000`, {}, 'yes'],
    [`${ct} --ctorigdstport 80`, {}, 'yes'],
    [`${ct} --ctreplsrcport 80`, {}, 'yes'],
    [`${ct} --ctreplsrcport 40000`, {}, 'no'],
    [`${ct} --ctrepldstport 40000`, {}, 'yes'],
    [`${ct} --ctrepldst 10.0.0.0/8`, { source: null }, 'source in 10.0.0.0/8'],
    [`${ct} --ctreplsrc 10.0.0.0/8`, { own: true }, 'destination in 10.0.0.0/8'],
    [`${ct} --ctrepldstport 40000`, { sport: null }, "answers' destination port in 40000..40001 of 0..65536"],
    [`${ct} --ctrepldstport 0`, { sport: null, dport: null, protocol: 'gre' }, 'yes'],
    [`${ct} --ctdir ORIGINAL`, {}, 'yes'],
    [`${ct} --ctdir REPLY`, {}, 'no'],
    [`${ct} --ctdir reply`, { direction: 'reply' }, 'yes'],
    [`${ct} --ctdir ORIGINAL`, { direction: 'reply' }, 'no'],
    [`${ct} --ctdir REPLY`, { direction: null }, 'direction reply'],
    [`${ct} --ctdir ORIGINAL`, { direction: null }, '!direction reply'],
    [`${ct} --ctstatus CONFIRMED`, {}, 'no'],
    [`${ct} --ctstatus CONFIRMED`, { in: 'lo' }, 'yes'],
    [`${ct} --ctstatus CONFIRMED`, { state: 'ESTABLISHED', before: 1 }, 'yes'],
    [
      `${ct} --ctstatus SEEN_REPLY`,
      { state: 'ESTABLISHED', before: null, direction: null },
      '-m conntrack --ctstatus SEEN_REPLY',
    ],
    [`${ct} --ctstatus SEEN_REPLY`, { before: null }, 'no'],
    [`${ct} --ctstatus ASSURED`, { state: 'ESTABLISHED', before: 2, protocol: 'sctp' }, 'yes'],
    [`${ct} --ctstatus ASSURED`, { state: 'ESTABLISHED', before: 2, protocol: 'gre' }, '-m conntrack --ctstatus ASSURED'],
    [`${ct} --ctstatus ASSURED`, { state: 'ESTABLISHED', before: 1, protocol: 'gre' }, '-m conntrack --ctstatus ASSURED'],
    [`${ct} --ctstatus NONE,CONFIRMED`, {}, 'no'],
    [`${ct} --ctexpire 10:20`, {}, 'seconds until the connection is forgotten in 10..21 of any'],
    // Before conntrack has seen a packet, and where there is no connection.
    [`${ct} --ctstate NEW`, { isTracked: false }, 'no'],
    [`${ct} --ctstate INVALID`, { isTracked: false }, 'yes'],
    [`${ct} --ctstate NEW`, { isTracked: false, hasTemplate: true }, 'yes'],
    [`${ct} --ctstate ESTABLISHED`, { isTracked: false, hasTemplate: true, state: 'ESTABLISHED' }, 'no'],
    [`${ct} --ctstate UNTRACKED`, { state: 'UNTRACKED' }, 'yes'],
    [`${ct} --ctstate INVALID`, { state: 'UNTRACKED' }, 'no'],
    [`${ct} --ctproto 6`, { state: 'INVALID' }, 'no'],
    [`${ct} ! --ctproto 6`, { state: 'INVALID' }, 'no'],
    [`${ct} --ctstate INVALID --ctproto 17`, { state: 'INVALID' }, 'yes; yes'],
    [`${ct} --ctproto 6`, { isTracked: false, hasTemplate: true }, 'no'],
    [`${ct} --ctorigdst 0.0.0.0`, { isTracked: false, hasTemplate: true }, 'yes'],
    [`${ct} --ctorigdstport 0`, { isTracked: false, hasTemplate: true }, 'yes'],
    [`${ct} --ctdir ORIGINAL`, { isTracked: false, hasTemplate: true, direction: 'reply' }, 'yes'],
    [`${ct} --ctstatus CONFIRMED`, { isTracked: false, hasTemplate: true }, 'yes'],
    // Translated connections.
    [`${ct} --ctstate DNAT`, {}, 'no'],
    [`${ct} --ctstate DNAT`, { dnat: true }, 'yes'],
    [`${ct} --ctstate SNAT`, { dnat: true }, 'no'],
    [`${ct} --ctstate SNAT`, { snat: true }, 'yes'],
    [`${ct} --ctstate SNAT`, { snat: true, source: null }, 'yes'],
    [`${ct} --ctstate SNAT`, { snat: true, source: null, isFromHere: true }, 'MASQUERADE changed an own address'],
    [`${ct} --ctstate SNAT`, { snat: true, source: null, ...local }, 'MASQUERADE changed an own address'],
    [`${ct} --ctstate SNAT`, { snat: true, isFromHere: true }, 'yes'],
    ['-m state --state NEW,RELATED', {}, 'yes'],
    ['-m state --state EST', { state: 'ESTABLISHED' }, 'yes'],
    ['-m helper --helper ftp', {}, 'no'],
    ['-m helper --helper ftp', { state: 'ESTABLISHED' }, 'assumed false'],
    ['-m helper --helper ftp', { state: 'RELATED' }, '-m helper --helper ftp'],
    ['-m helper --helper ftp', { state: 'RELATED', isTracked: false }, 'no'],
    ['-m connmark --mark 0x5/0xf', { connectionMark: 0x15 }, 'yes'],
    ['-m connmark --mark 0x5/0xf', { connectionMark: 0x14 }, 'no'],
    ['-m connmark ! --mark 0x5', { isTracked: false }, 'no'],
    ['-m connmark ! --mark 0x5', { isTracked: false, hasTemplate: true }, 'yes'],
    ['-m connmark --mark 0', { state: 'INVALID' }, 'no'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

describe('values of a packet', () => {
  const { SYN, ACK, FIN } = tcpFlags;
  it.each<Case>([
    ['-m ttl --ttl-eq 64', { ttl: null }, 'ttl in 64..65 of -1..257 likely'],
    ['-m ttl --ttl-eq 64', { ttl: null, ttlChange: -1 }, 'ttl in 65..66 of -1..257'],
    ['-m ttl --ttl-lt 65', { ttl: null }, 'ttl in null..65 of -1..257 likely'],
    ['-m ttl --ttl-gt 63', { ttl: null }, 'ttl in 64..null of -1..257 likely'],
    ['-m ttl --ttl-gt 64', { ttl: null }, 'ttl in 65..null of -1..257'],
    ['-m length --length 60', { length: null }, 'length in 60..61 of 20..65536 likely'],
    ['-m length --length 61:', { length: null }, 'length in 61..65536 of 20..65536'],
    ['-m length --length :59', { length: null }, 'length in 0..60 of 20..65536'],
    ['-m tos --tos 0x10', { tos: null }, 'tos in 16..17 of 0..256'],
    ['-m tos --tos 0', { tos: null }, 'tos in 0..1 of 0..256 likely'],
    ['-m dscp --dscp 0x2e', { tos: null }, 'tos in 184..188 of 0..256'],
    ['-m dscp --dscp 0', { tos: null }, 'tos in 0..4 of 0..256 likely'],
    ['-m dscp --dscp-class EF', { tos: 0xb8 }, 'yes'],
    ['-m dscp --dscp-class EF', { tos: 0xbc }, 'no'],
    ['-m dscp --dscp 0x3f', { tos: 0xff }, 'yes'],
    ['-m ecn --ecn-ip-ect 3', { tos: 0xff }, 'yes'],
    ['-m ecn --ecn-ip-ect 3', { tos: 0xfe }, 'no'],
    ['-m ecn --ecn-ip-ect 0', { tos: 0 }, 'yes'],
    ['-m owner --uid-owner 0', { isFromHere: true, uid: null }, 'uid in 0..1 of any'],
    ['-m owner --uid-owner 0-9', { isFromHere: true, uid: 9 }, 'yes'],
    ['-m owner --uid-owner 0-9', { isFromHere: true, uid: 10 }, 'no'],
    ['-m owner --uid-owner 0', { uid: 0 }, 'no'],
    ['-m owner --gid-owner 5', { isFromHere: true, gid: 5 }, 'yes'],
    ['-m owner --socket-exists', { isFromHere: true }, 'yes'],
    ['-m owner --socket-exists', {}, 'no'],
    ['-m owner --gid-owner 5 --suppl-groups', { isFromHere: true, gid: 5 }, 'yes'],
    ['-m cpu --cpu 0', {}, 'cpu in 0..1 of any'],
    ['-m mac --mac-source 00:11:22:33:44:55', {}, 'mac in 00:11:22:33:44:55..00:11:22:33:44:55\0 of any <frame>'],
    ['-m mac --mac-source 00:11:22:33:44:55', { isFromHere: true }, 'no'],
    ['-m mac --mac-source 00:11:22:33:44:55', { in: 'lo' }, 'no'],
    ['-m mark --mark 0x5/0xf', { mark: 0xf5 }, 'yes'],
    ['-m mark --mark 0x5/0xf', { mark: 0xf4 }, 'no'],
    ['-m mark --mark 0x80000000', { mark: 0x8000_0000 }, 'yes'],
    // A value beside its mask is never met (mark_mt).
    ['-m mark --mark 0x10/0xf', { mark: 0x10 }, 'no'],
    ['-p tcp -m tcp --syn', { flags: SYN }, 'yes; yes'],
    ['-p tcp -m tcp --syn', { flags: SYN | ACK }, 'yes; no'],
    ['-p tcp -m tcp --syn', { flags: FIN }, 'yes; no'],
    ['-p tcp -m tcp --syn', { flags: SYN | tcpFlags.URG }, 'yes; yes'],
    ['-p tcp -m tcp --syn', { protocol: 'udp', flags: null }, 'no; no'],
    ['-p tcp -m tcp --tcp-flags ALL NONE', { flags: 0 }, 'yes; yes'],
    ['-p tcp -m tcp --tcp-flags SYN,ACK SYN', { flags: null }, expect.stringContaining('tcp flags in 2..4 6..8 10..12')],
    ['-p tcp -m tcpmss --mss 1460', { flags: SYN }, 'yes; mss in 1460..1461 of 0..65536 likely'],
    ['-p tcp -m tcpmss --mss 1461:', { flags: SYN }, 'yes; mss in 1461..65536 of 0..65536'],
    ['-p tcp -m tcpmss --mss :1459', { flags: null }, 'yes; mss in 0..1460 of 0..65536'],
    ['-p tcp -m tcpmss ! --mss 1460', { flags: ACK }, 'yes; no'],
    ['-p tcp -m tcpmss ! --mss 1460', { protocol: 'udp', flags: null }, 'no; no'],
    ['-p icmp -m icmp --icmp-type 3/4', { protocol: 'icmp', icmp: null }, 'yes; icmp type and code in 772..773 of 0..65536'],
    ['-p icmp -m icmp --icmp-type 8', { protocol: 'icmp', icmp: null }, 'yes; icmp type and code in 2048..2304 of 0..65536'],
    ['-p icmp -m icmp --icmp-type 255/255', { protocol: 'icmp', icmp: { type: 255, code: 255 } }, 'yes; yes'],
    ['-m iprange --src-range 10.0.0.1-10.0.0.9', { source: null }, 'source picked in 167772161..167772170 of any'],
    ['-m iprange --dst-range 10.0.0.1', {}, 'yes'],
    ['-m iprange --dst-range 10.0.0.2-10.0.0.9', {}, 'no'],
    ['-m iprange --dst-range 9.0.0.0-10.0.0.0', {}, 'no'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toEqual(answer);
  });
});

describe('what is taken to be so of all packets', () => {
  it.each<Case>([
    ['-m limit --limit 1/s', {}, 'assumed true'],
    ['-m hashlimit --hashlimit-upto 1/s --hashlimit-name x', {}, 'assumed true'],
    ['-m hashlimit --hashlimit-above 1/s --hashlimit-name x', {}, 'assumed false'],
    ['-m hashlimit ! --hashlimit-upto 1/s --hashlimit-name x', {}, 'assumed false'],
    ['-m connlimit --connlimit-above 5', {}, 'assumed false'],
    ['-m connlimit --connlimit-upto 5 --connlimit-mask 24 --connlimit-saddr', {}, 'assumed true'],
    ['-m connlimit --connlimit-above 0', {}, 'yes'],
    ['-m connlimit --connlimit-upto 0', {}, 'no'],
    ['-m quota --quota 100', {}, 'assumed true'],
    ['-m quota --quota 19', {}, 'no'],
    ['-m quota --quota 20', {}, 'assumed true'],
    ['-m quota --quota 99', { length: 100 }, 'no'],
    ['-m quota --quota 100', { length: 100 }, 'assumed true'],
    ['-m policy --dir in --pol none', {}, 'assumed true'],
    ['-m policy --dir in --pol ipsec', {}, 'assumed false'],
    ['-m pkttype --pkt-type unicast', {}, 'assumed true'],
    ['-m pkttype --pkt-type broadcast', { to: '255.255.255.255' }, 'assumed true'],
    ['-m pkttype --pkt-type multicast', { to: '224.0.0.1' }, 'assumed true'],
    ['-m pkttype --pkt-type multicast', { to: '240.0.0.1' }, 'assumed false'],
    ['-m pkttype --pkt-type unicast', { to: '224.0.0.1', isFromHere: true }, 'assumed true'],
    ['-m pkttype --pkt-type unicast', { to: '224.0.0.1', in: 'lo' }, 'assumed true'],
    ['-m rpfilter', {}, 'assumed true'],
    ['-m rpfilter --invert', {}, 'assumed false'],
    ['-m rpfilter', { in: 'lo' }, 'yes'],
    ['-m rpfilter --invert', { in: 'lo' }, 'no'],
    ['-m rpfilter', { knows: { hasWayBack: () => true } }, 'yes'],
    ['-m rpfilter', { knows: { hasWayBack: () => false } }, 'no'],
    ['-m rpfilter --invert', { knows: { hasWayBack: () => false } }, 'yes'],
    ['-m rpfilter --accept-local', { knows: { hasWayBack: () => false } }, 'assumed true'],
    ['-m rpfilter --accept-local', { knows: { hasWayBack: () => true } }, 'yes'],
    ['-m rpfilter --loose', { knows: { hasWayBack: (_packet, isLoose) => isLoose } }, 'yes'],
    ['-m rpfilter --validmark', { knows: { hasWayBack: (_packet, _isLoose, isMarkKept) => isMarkKept } }, 'yes'],
    ['-m rpfilter', { knows: { hasWayBack: (_packet, isLoose, isMarkKept) => isLoose || isMarkKept } }, 'no'],
    ['-m statistic --mode nth --every 4', {}, 'chance 0.25'],
    ['-m statistic --mode nth ! --every 4', {}, 'chance 0.75'],
    ['-m statistic --mode random --probability 0.25', {}, 'chance 0.25'],
    ['-m statistic --mode random ! --probability 0.25', {}, 'chance 0.75'],
    ['-m statistic --mode random --probability 1.5', {}, '-m statistic --mode random --probability 1.5'],
    ['-m statistic --mode nth --every 0', {}, '-m statistic --mode nth --every 0'],
    ['-m ipv6header --header frag', { ...six }, 'assumed false'],
    ['-m ipv6header ! --header frag', { ...six }, 'assumed true'],
    ['-m ipv6header ! --header none', { ...six }, 'assumed false'],
    ['-m frag --fragfirst', { ...six }, 'assumed false'],
    ['-m string --algo bm --string x', {}, '-m string --string x --algo bm'],
    ['-m string --algo bm ! --string x', {}, '!-m string --string x --algo bm'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

describe('lists and sets', () => {
  const on = (times: number | null): With => ({ lists: new Map([['X 203.0.113.9', times]]) });
  const listed = (isListed: boolean): With => ({ knows: { isListed: () => isListed } });
  it.each<Case>([
    ['-m recent --name X --set', {}, 'effect true'],
    ['-m recent --name X ! --set', {}, 'effect false'],
    ['-m recent --name X --rcheck', {}, 'age on X 203.0.113.9 in 0..null of any <recent>'],
    ['-m recent --name X --rcheck --seconds 60', {}, 'age on X 203.0.113.9 in 0..61 of any <recent>'],
    ['-m recent --name X ! --rcheck', {}, '!age on X 203.0.113.9 in 0..null of any <recent>'],
    ['-m recent --name X --rcheck --rdest', {}, 'age on X 10.0.0.1 in 0..null of any <recent>'],
    ['-m recent --rcheck', {}, 'age on DEFAULT 203.0.113.9 in 0..null of any <recent>'],
    ['-m recent --name X --rcheck', { source: null }, 'age on X picked in 0..null of any <recent>'],
    ['-m recent --name X --rcheck', on(1), 'yes'],
    ['-m recent --name X --rcheck', on(0), 'no'],
    ['-m recent --name X --rcheck', on(null), 'yes'],
    ['-m recent --name X --update', on(1), 'effect true'],
    ['-m recent --name X --remove', on(1), 'effect true'],
    ['-m recent --name X --remove', on(0), 'no'],
    ['-m recent --name X ! --update', on(1), 'no'],
    ['-m recent --name X --rcheck', listed(false), 'no'],
    ['-m recent --name X --rcheck', listed(true), 'yes'],
    ['-m recent --name X --rcheck --seconds 60', listed(false), 'no'],
    ['-m recent --name X --rcheck --seconds 60', listed(true), 'age on X 203.0.113.9 in 0..61 of any <recent> likely'],
    ['-m recent --name X --mask 255.255.255.0 --rcheck', listed(true), 'age on X 203.0.113.9 in 0..null of any <recent>'],
    ['-m recent --name X --mask 255.255.255.255 --rcheck', listed(true), 'yes'],
    ['-m recent --name X --rcheck --hitcount 3', {}, 'hits on X 203.0.113.9 within any in 3..null of any <recent>'],
    ['-m recent --name X --rcheck --hitcount 1', on(1), 'yes'],
    ['-m recent --name X --rcheck --hitcount 3', on(0), 'no'],
    ['-m recent --name X --rcheck --hitcount 3', listed(false), 'no'],
    ['-m recent --name X --rcheck --hitcount 3', { ...on(2), ...listed(false) }, 'no'],
    ['-m recent --name X --rcheck --hitcount 3', { ...on(3), ...listed(false) }, 'yes'],
    ['-m recent --name X --update --hitcount 3', { ...on(3), ...listed(false) }, 'effect true'],
    [
      '-m recent --name X --rcheck --seconds 60 --hitcount 3',
      { ...on(1), knows: { isListed: () => true, listedTimes: () => 2 } },
      'hits on X 203.0.113.9 within 60 in 3..null of any <recent> likely',
    ],
    [
      '-m recent --name X --rcheck --seconds 60 --hitcount 3',
      { knows: { isListed: () => true, listedTimes: () => 2 } },
      'hits on X 203.0.113.9 within 60 in 3..null of any <recent>',
    ],
    ['-m set --match-set a src', {}, 'set a src 203.0.113.9 tcp 40000 80 <set>'],
    ['-m set ! --match-set a src', {}, '!set a src 203.0.113.9 tcp 40000 80 <set>'],
    ['-m set --match-set a src', { knows: { isInSet: () => true } }, 'yes'],
    ['-m set ! --match-set a src', { knows: { isInSet: () => true } }, 'no'],
    ['-m set --match-set a src', { knows: { isInSet: () => true, isSetChanged: () => false } }, 'yes'],
    [
      '-m set --match-set a src',
      { knows: { isInSet: () => true, isSetChanged: () => true } },
      'set a src 203.0.113.9 tcp 40000 80 <set> likely',
    ],
    ['-m set --match-set a src', { sets: new Map([['a src 203.0.113.9 tcp 40000 80', true]]) }, 'yes'],
    ['-m set --match-set a src', { sets: new Map([['a src 203.0.113.9 tcp 40000 80', false]]) }, 'no'],
    ['-m set --match-set a src --packets-gt 5', {}, '-m set --match-set a src --packets-gt 5'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

describe('how much a connection has carried', () => {
  const of = (mode: string, dir: string, bounds: string): string =>
    `-m connbytes --connbytes ${bounds} --connbytes-dir ${dir} --connbytes-mode ${mode}`;
  const first: With = { before: 0 };
  const answer: With = { before: 1, direction: 'reply', state: 'ESTABLISHED' };
  const later: With = { before: 2, direction: 'original', state: 'ESTABLISHED' };
  it.each<Case>([
    [of('packets', 'original', '1:1'), first, 'yes'],
    [of('packets', 'reply', '0:0'), first, 'yes'],
    [of('packets', 'both', '1:1'), first, 'yes'],
    [of('packets', 'original', '1:1'), answer, 'yes'],
    [of('packets', 'reply', '1:1'), answer, 'yes'],
    [of('packets', 'both', '2:2'), answer, 'yes'],
    [of('packets', 'original', '2:2'), later, 'yes'],
    [of('packets', 'reply', '1:1'), later, 'yes'],
    [of('packets', 'both', '3'), later, 'yes'],
    [of('packets', 'both', '4'), later, 'no'],
    [of('packets', 'both', '1:1'), { ...later, before: 3 }, 'packets both of the connection in 1..2 of any'],
    [of('packets', 'both', '1:1'), { ...answer, direction: 'original' }, 'packets both of the connection in 1..2 of any'],
    [of('packets', 'both', '1:1'), { ...later, direction: 'reply' }, 'packets both of the connection in 1..2 of any'],
    [of('bytes', 'both', '60:60'), { ...first, length: 60 }, 'yes'],
    [of('bytes', 'both', '61:'), { ...first, length: 60 }, 'no'],
    [of('bytes', 'both', '60:60'), { ...first, length: null }, 'bytes both of the connection in 60..61 of any'],
    [of('bytes', 'original', '60:60'), { ...later, length: 60 }, 'bytes original of the connection in 60..61 of any'],
    [of('bytes', 'reply', '0:0'), first, 'yes'],
    [of('avgpkt', 'both', '60:60'), { ...first, length: 60 }, 'yes'],
    [of('packets', 'both', '1:1'), { ...first, state: 'INVALID' }, 'no'],
    [of('packets', 'both', '1:1').replace('--connbytes 1', '! --connbytes 1'), first, 'no'],
  ])('%s of %j: %s', (rule, given, expected) => {
    expect(answers(rule, given)).toBe(expected);
  });
});

it('the source of a translated connection is what its first packet said', () => {
  const ends = { source: { address: address('10.9.9.9'), port: 1 }, destination: { address: address('10.8.8.8'), port: 2 } };
  const given: With = { asked: ends, answered: { source: ends.destination, destination: { address: null, port: null } } };
  expect(answers('-m conntrack --ctorigsrc 10.9.9.9 --ctreplsrc 10.8.8.8 --ctorigdstport 2', given)).toBe('yes; yes; yes');
  expect(answers('-m conntrack --ctrepldst 10.9.9.9', given)).toBe('source in 10.9.9.9');
});
