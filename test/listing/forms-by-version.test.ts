import { describe, expect, it } from 'vitest';
import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';

/** What a row says whose words behind the destination are these, in iptables-save's words. */
function ruleOf(target: string, protocol: string, words: string, family: 'v4' | 'v6' = 'v4', table = 'filter'): string {
  const any = family === 'v4' ? '0.0.0.0/0' : '::/0';
  const text = `*${table}\nChain X (0 references)\n pkts bytes target     prot opt in     out     source               destination\n    0     0 ${target.padEnd(10)} ${protocol.padEnd(4)} --  *      *       ${any}            ${any}            ${words}\n`;
  const line = readWholeDocument(text, `rules.${family}`).lines.at(3);
  const statement = line === undefined ? undefined : statementOf(line);
  return statement?.kind === 'rule' && line !== undefined
    ? canonicalRule(statement, line.context).replace('-A X ', '')
    : 'no rule';
}

// From the print functions of the extensions of iptables 1.4.0 to 1.8.11, where they differ from what 1.8.9 prints here.
describe('what a listing prints behind the destination', () => {
  it.each([
    // TCP flags: by number, by name, glued to what stands in front.
    ['ACCEPT', 'tcp', 'tcp dpt:22 flags:0x17/0x02', '-p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT'],
    [
      'ACCEPT',
      'tcp',
      'tcp dpt:22flags: 0x17/0x02 ctstate NEW',
      '-p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j ACCEPT',
    ],
    ['DROP', 'tcp', 'tcpflags: 0x3F/0x29', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,PSH,URG -j DROP'],
    ['DROP', 'tcp', 'tcpflags:! 0x17/0x02', '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP'],
    ['DROP', 'tcp', 'tcp dpt:httpflags: FIN,SYN,RST,ACK/SYN', '-p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP'],
    [
      'DROP',
      'tcp',
      'tcp flags:!FIN,SYN,RST,ACK/SYN ctstate NEW',
      '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j DROP',
    ],
    [
      'DROP',
      'tcp',
      'tcp spts:1024:65535 dpts:!http:https flags:ACK/NONE',
      '-p tcp -m tcp --sport 1024:65535 ! --dport 80:443 --tcp-flags ACK NONE -j DROP',
    ],
    ['ACCEPT', 'tcp', 'multiport dports  !ssh,domain', '-p tcp -m multiport ! --dports 22,53 -j ACCEPT'],
    // ICMP
    ['ACCEPT', 'icmp', 'icmptype 8', '-p icmp -m icmp --icmp-type 8 -j ACCEPT'],
    ['ACCEPT', 'icmp', 'icmp !type 3 code 1', '-p icmp -m icmp ! --icmp-type 3/1 -j ACCEPT'],
    ['ACCEPT', 'icmp', 'icmp echo-request', '-p icmp -m icmp --icmp-type 8 -j ACCEPT'],
    ['ACCEPT', 'icmp', 'icmp !echo-request', '-p icmp -m icmp ! --icmp-type 8 -j ACCEPT'],
    // Other matches
    ['ACCEPT', 'all', 'MARK match 0x1', '-m mark --mark 0x1 -j ACCEPT'],
    ['ACCEPT', 'all', 'CONNMARK match !0x1/0xff', '-m connmark ! --mark 0x1/0xff -j ACCEPT'],
    ['ACCEPT', 'all', 'state RELATED,ESTABLISHED', '-m state --state RELATED,ESTABLISHED -j ACCEPT'],
    ['ACCEPT', 'all', 'set allowed src,dst', '-m set --match-set allowed src,dst -j ACCEPT'],
    [
      'ACCEPT',
      'all',
      '! match-set allowed src return-nomatch ! update-counters packets-gt 5',
      '-m set ! --match-set allowed src --return-nomatch ! --update-counters --packets-gt 5 -j ACCEPT',
    ],
    ['DROP', 'tcp', '#conn/32 > 5', '-p tcp -m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr -j DROP'],
    ['ACCEPT', 'all', 'OWNER UID match 0', '-m owner --uid-owner 0 -j ACCEPT'],
    ['ACCEPT', 'all', 'TOS match 0x10', '-m tos --tos 0x10/0xff -j ACCEPT'],
    ['ACCEPT', 'all', 'tos match! Minimize-Delay', '-m tos ! --tos 0x10/0x3f -j ACCEPT'],
    [
      'ACCEPT',
      'all',
      'connbytes ! 10:20 connbytes mode bytes connbytes direction both',
      '-m connbytes ! --connbytes 10:20 --connbytes-mode bytes --connbytes-dir both -j ACCEPT',
    ],
    ['ACCEPT', 'all', '! realm 0x10', '-m realm ! --realm 0x10 -j ACCEPT'],
    ['ACCEPT', 'dccp', 'dccp REQUEST,DATA', '-p dccp -m dccp --dccp-types REQUEST,DATA -j ACCEPT'],
    [
      'ACCEPT',
      'esp',
      'policy match dir in pol ipsec proto esp mode tunnel',
      '-p esp -m policy --dir in --pol ipsec --proto esp --mode tunnel -j ACCEPT',
    ],
    // Targets
    ['LOG', 'all', "LOG level warning prefix `dropped: '", '-j LOG --log-prefix "dropped: "'],
    [
      'LOG',
      'all',
      'LOG level debug tcp-sequence ip-options prefix "x"',
      '-j LOG --log-prefix x --log-level 7 --log-tcp-sequence --log-ip-options',
    ],
    ['MARK', 'all', 'MARK set 0x4000', '-j MARK --set-xmark 0x4000/0xffffffff'],
    ['CONNMARK', 'all', 'CONNMARK set 0x1/0xff', '-j CONNMARK --set-xmark 0x1/0xff'],
    ['CONNMARK', 'all', 'CONNMARK save mask 0xff', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff'],
    ['CT', 'all', 'CTzone 5', '-j CT --zone 5'],
    ['CT', 'all', 'CT helper ftpzone 5', '-j CT --helper ftp --zone 5'],
    ['CT', 'all', 'CT notrack', '-j CT --notrack'],
    ['CT', 'udp', 'udp dpt:domain NOTRACK', '-p udp -m udp --dport 53 -j NOTRACK'],
    ['NOTRACK', 'all', 'NOTRACK', '-j NOTRACK'],
    ['TOS', 'all', 'TOS set Minimize-Delay', '-j TOS --set-tos 0x10/0x3f'],
    ['TOS', 'all', 'TOS or 0x10', '-j TOS --set-tos 0x10/0x10'],
    ['NFLOG', 'all', 'nflog-prefix "a b" nflog-group 5', '-j NFLOG --nflog-prefix "a b" --nflog-group 5'],
    ['ULOG', 'all', "ULOG copy_range 0 nlgroup 1 prefix `a b' queue_threshold 1", '-j ULOG --ulog-prefix "a b"'],
    ['SET', 'all', 'add-set seen src exist timeout 60', '-j SET --add-set seen src --exist --timeout 60'],
    [
      'DNAT',
      'tcp',
      'tcp dpt:http to:10.244.1.7:8080 random persistent',
      '-p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.7:8080 --random --persistent',
    ],
  ])('%s %s %s', (target, protocol, words, rule) => {
    expect(ruleOf(target, protocol, words)).toBe(rule);
  });

  it.each([
    ['ACCEPT', 'icmpv6', 'ipv6-icmptype 135', '-p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT'],
    ['ACCEPT', 'icmpv6', 'ipv6-icmp !type 1 code 4', '-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4 -j ACCEPT'],
    ['ACCEPT', 'icmpv6', 'ipv6-icmp neighbour-solicitation', '-p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT'],
    ['ACCEPT', 'all', 'ipv6header flags:!0x80 soft', '-m ipv6header ! --header hop-by-hop --soft -j ACCEPT'],
    [
      'ACCEPT',
      'all',
      'rt type:0 segsleft:1 0-addrs ::1 0-not-strict',
      '-m rt --rt-type 0 --rt-segsleft 1 --rt-0-addrs ::1 --rt-0-not-strict -j ACCEPT',
    ],
    ['SNPT', 'all', 'src-pfx fd00::/64 dst-pfx 2001:db8::/64', '-j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/64'],
    ['SNPT', 'all', 'SNPT src-pfx fd00::/64 dst-pfx 2001:db8::/64', '-j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/64'],
  ])('IPv6: %s %s %s', (target, protocol, words, rule) => {
    expect(ruleOf(target, protocol, words, 'v6')).toBe(rule);
  });
});
