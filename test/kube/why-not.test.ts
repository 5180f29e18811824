import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type PacketQuestion, traceQuestion } from '../../server/src/kube/question/trace.ts';
import { type WhyNot, whyNot } from '../../server/src/kube/question/why-not.ts';
import { ruleset } from '../netfilter/support.ts';

const local = new Set(['10.0.0.1']);

function asked(dump: string, question: PacketQuestion, at = 0): WhyNot | undefined {
  const resolution = resolveChains(ruleset(dump), emptyCluster, { fileName: 'node-a.iptables' });
  const found = runToEnd(whyNot(resolution, question, at, { local }));
  for (const { question: changed, assuming } of found?.changes ?? []) {
    if (assuming.length > 0) continue;
    const answer = runToEnd(traceQuestion(resolution, changed, { local }));
    expect(answer.ok && answer.report.outcomes.every(({ verdict }) => verdict === 'accept'), JSON.stringify(changed)).toBe(true);
  }
  return found;
}

function words(found: WhyNot | undefined): readonly string[] {
  return (found?.changes ?? []).map(({ words: said, line }) => `${line}: ${said}`);
}

function filter(...rules: readonly string[]): string {
  return `*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
}

describe('why a packet does not pass', () => {
  it('is a policy: the rules before it say what would have passed', () => {
    const dump = filter('-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT', '-A INPUT -s 192.168.7.0/24 -j ACCEPT');
    const found = asked(dump, { from: '203.0.113.9', to: '10.0.0.1:80' });
    expect(found?.stoppedBy).toMatchObject({ kind: 'policy', line: 1 });
    expect(words(found)).toEqual(['5: for port 443 instead of 80', '6: from 192.168.7.1']);
    expect(found?.changes.map(({ question }) => question)).toEqual([
      { from: '203.0.113.9', to: '10.0.0.1:443' },
      { from: '192.168.7.1', to: '10.0.0.1:80' },
    ]);
  });

  it('is a rule: what it does not ask for passes', () => {
    const found = asked(filter('-A INPUT -s 203.0.113.0/24 -i eth0 -p tcp -m tcp --dport 22 -j DROP', '-A INPUT -j ACCEPT'), {
      from: '203.0.113.9',
      to: '10.0.0.1:22',
      in: 'eth0',
    });
    expect(found?.stoppedBy).toMatchObject({ kind: 'drop', line: 4 });
    expect(words(found)).toEqual(['5: for port 21 instead of 22', '5: from 198.51.100.1', '5: in by eth1']);
  });

  it.each<readonly [string, string, PacketQuestion, readonly string[]]>([
    [
      'a negated source',
      '-A INPUT ! -s 10.0.0.0/8 -j REJECT --reject-with icmp-port-unreachable\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:22' },
      ['5: from 10.0.0.1'],
    ],
    [
      'a range of ports, by the nearest',
      '-A INPUT -p tcp -m multiport --dports 1000:2000,90 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: for port 90 instead of 80'],
    ],
    [
      'the state of the connection',
      '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: of a connection that is ESTABLISHED'],
    ],
    ['a protocol', '-A INPUT -p udp -j ACCEPT', { from: '203.0.113.9', to: '10.0.0.1:80' }, ['5: as udp']],
    ['a mark', '-A INPUT -m mark --mark 0x10/0x10 -j ACCEPT', { from: '203.0.113.9', to: '10.0.0.1:80' }, ['5: with mark 0x10']],
    [
      'a user',
      '-A OUTPUT -m owner ! --uid-owner 101 -j DROP',
      { from: '10.0.0.1', to: '10.0.0.9:80', hook: 'output', uid: '0' },
      ['5: sent by user 101'],
    ],
    ['an interface', '-A INPUT -i cni+ -j ACCEPT', { from: '203.0.113.9', to: '10.0.0.1:80', in: 'eth0' }, ['5: in by cni0']],
    [
      'an interface, of which the longest name that the kernel has',
      '-A INPUT -i abcdefghijklmn+ -j ACCEPT\n-A INPUT -i abcdefghijklmno -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80', in: 'eth0' },
      ['5: in by abcdefghijklmn0', '6: in by abcdefghijklmno'],
    ],
    [
      'the interface that it leaves by',
      '-A FORWARD -o eth1 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.9:80', in: 'eth0', out: 'eth0' },
      ['5: out by eth1'],
    ],
    [
      'an interface that none of a prefix is',
      '-A INPUT -i eth+ -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80', in: 'eth3' },
      ['5: in by net0'],
    ],
    [
      'the port that it is from',
      '-A INPUT -p tcp -m tcp --sport 1024:65535 -j ACCEPT',
      { from: '203.0.113.9:80', to: '10.0.0.1:80' },
      ['5: from port 1024 instead of 80'],
    ],
    [
      'any port but one',
      '-A INPUT -p udp -m udp ! --dport 53 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:53', protocol: 'udp' },
      ['5: for port 52 instead of 53'],
    ],
    [
      'the last port, where all below it are refused',
      '-A INPUT -p tcp -m tcp --dport 1:65534 -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: for port 65535 instead of 80'],
    ],
    [
      'the first port, where all above it are refused',
      '-A INPUT -p tcp -m tcp --dport 2:65535 -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: for port 1 instead of 80'],
    ],
    [
      'no port, where all are refused: 0 is none that a program has',
      '-A INPUT -p tcp -m tcp --dport 1:65535 -j DROP\n-A INPUT -p tcp -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      [],
    ],
    ['one address', '-A INPUT -s 192.168.7.5/32 -j ACCEPT', { from: '203.0.113.9', to: '10.0.0.1:80' }, ['5: from 192.168.7.5']],
    [
      'two of several networks',
      '-A INPUT -s 192.168.7.0/24,192.168.8.0/24,192.168.9.0/24 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: from 192.168.7.1', '5: from 192.168.8.1'],
    ],
    [
      'an address of none of several networks',
      '-A INPUT -s 203.0.113.0/24,198.51.100.0/24 -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: from 192.0.2.1'],
    ],
    [
      'a network and an address of IPv6',
      '-A FORWARD -s fd00:7::/64 -j ACCEPT\n-A FORWARD -s fd00:8::5/128 -j ACCEPT',
      { from: '2001:db8::9', to: '[fd00::1]:80' },
      ['5: from fd00:7::1', '6: from fd00:8::5'],
    ],
    [
      'a state that is not the refused one',
      '-A INPUT -m conntrack --ctstate NEW -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: of a connection that is ESTABLISHED'],
    ],
    [
      'a mark with those bits that the packet has besides',
      '-A INPUT -m mark --mark 0x10/0x10 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80', mark: '0x1' },
      ['5: with mark 0x11'],
    ],
    [
      'no mark, where one is refused',
      '-A INPUT -m mark --mark 0x8000/0x8000 -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80', mark: '0x8001' },
      ['5: with mark 0x0'],
    ],
    [
      'an ICMP type',
      '-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1', protocol: 'icmp', icmpType: '13' },
      ['5: as ICMP 8'],
    ],
    [
      'no user that only the node’s own list has a number for',
      '-A OUTPUT -m owner --uid-owner web -j ACCEPT\n-A OUTPUT -j DROP',
      { from: '10.0.0.1', to: '10.0.0.9:80', hook: 'output', uid: '0' },
      [],
    ],
    ['no protocol that a rule is not for', '-A INPUT ! -p tcp -j ACCEPT', { from: '203.0.113.9', to: '10.0.0.1:80' }, []],
    [
      'a chain that lets it pass, and one that lets it go on',
      '-A INPUT -p tcp -m tcp --dport 443 -j WEB\n-A INPUT -j GUARD\n-A INPUT -j ACCEPT\n-A WEB -j ACCEPT\n-A GUARD -s 192.168.7.0/24 -j RETURN\n-A GUARD -j DROP',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: for port 443 instead of 80', '9: from 192.168.7.1'],
    ],
    [
      'another port, where a whole network is refused one, or all but one address',
      '-A INPUT -d 10.0.0.0/24 -p tcp -m tcp --dport 80 -j DROP\n-A INPUT ! -d 10.9.9.9/32 -p tcp -m tcp --dport 80 -j DROP\n-A INPUT -j ACCEPT',
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      ['5: for port 79 instead of 80'],
    ],
  ])('may be %s', (_, rules, question, expected) => {
    expect(words(asked(filter(rules), question))).toEqual(expected);
  });

  it('is not said by rules that two conditions keep from the packet, nor by what does not help', () => {
    const two = filter('-A INPUT -s 192.168.7.0/24 -p tcp -m tcp --dport 443 -j ACCEPT');
    expect(words(asked(two, { from: '203.0.113.9', to: '10.0.0.1:80' }))).toEqual([]);
    const vain = filter('-A INPUT -p tcp -m tcp --dport 443 -j WEB', '-A WEB -j DROP').replace(
      '*filter\n',
      '*filter\n:WEB - [0:0]\n',
    );
    expect(words(asked(vain, { from: '203.0.113.9', to: '10.0.0.1:80' }))).toEqual([]);
  });

  it('keeps to what the outcome takes to be so', () => {
    const dump = filter('-A INPUT -i lan0 -j ACCEPT', '-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT');
    const question = { from: '203.0.113.9', to: '10.0.0.1:80' };
    const at = 0;
    expect(words(asked(dump, question, at))).toEqual(['6: for port 443 instead of 80', '5: in by lan0']);
  });

  it('says another source port instead of the one that the source has, and another source with the port of the one before', () => {
    const dump = filter(
      '-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --sport 1024:65535 -j ACCEPT',
      '-A INPUT -s 192.168.7.0/24 -p tcp -m tcp --sport 80 -j ACCEPT',
    );
    const found = asked(dump, { from: '203.0.113.9:80', to: '10.0.0.1:443' });
    expect(found?.changes.map(({ question }) => question)).toEqual([
      { from: '192.168.7.1:80', to: '10.0.0.1:443' },
      { from: '203.0.113.9', sport: '1024', to: '10.0.0.1:443' },
    ]);
  });

  it('leaves the interface open by which another client’s packet comes, and the protocol as it is', () => {
    const dump = filter('-A INPUT -s 192.168.7.0/24 -j ACCEPT', '-A INPUT -p udp -m udp --dport 54 -j ACCEPT');
    const found = asked(dump, { from: '203.0.113.9', to: '10.0.0.1:53', protocol: 'udp', in: 'eth0' });
    expect(found?.changes.map(({ question }) => question)).toEqual([
      { from: '203.0.113.9', to: '10.0.0.1:54', protocol: 'udp', in: 'eth0' },
      { from: '192.168.7.1', to: '10.0.0.1:53', protocol: 'udp' },
    ]);
  });

  it('says what it takes to be so besides, and nothing that a set keeps from passing', () => {
    const office = filter('-A INPUT -m set --match-set office src -j DROP', '-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT');
    const question = { from: '203.0.113.9', to: '10.0.0.1:80' };
    expect(asked(office, question, 0)?.changes).toEqual([
      expect.objectContaining({
        words: 'for port 443 instead of 80',
        line: 6,
        assuming: ['The set office does not have 203.0.113.9.'],
      }),
    ]);
    const inside = asked(office, question, 1);
    expect(inside?.stoppedBy).toMatchObject({ kind: 'drop', line: 4 });
    expect(inside?.changes).toEqual([]);
  });

  it('is at most six changes', () => {
    const rules = Array.from({ length: 9 }, (_, index) => `-A INPUT -s 192.168.${index}.0/24 -j ACCEPT`);
    const found = asked(filter(...rules), { from: '203.0.113.9', to: '10.0.0.1:80' });
    expect(words(found)).toEqual(Array.from({ length: 6 }, (_, index) => `${index + 5}: from 192.168.${index}.1`));
  });

  it('names no port of a packet that was translated: that of the rule is not the one it was sent to', () => {
    const dump = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.5:8080\nCOMMIT\n${filter(
      '-A FORWARD -p tcp -m tcp --dport 8443 -j ACCEPT',
      '-A FORWARD -s 192.168.7.0/24 -j ACCEPT',
    )}`;
    const found = asked(dump, { from: '203.0.113.9', to: '192.0.2.1:80' });
    expect(words(found)).toEqual(['10: from 192.168.7.1']);
    expect(found?.changes[0]?.question).toEqual({ from: '192.168.7.1', to: '192.0.2.1:80' });
    const ports = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination :8080\nCOMMIT\n${filter(
      '-A FORWARD -p tcp -m tcp --dport 8443 -j ACCEPT',
    )}`;
    expect(words(asked(ports, { from: '203.0.113.9', to: '192.0.2.1:80', hook: 'forward' }))).toEqual([]);
  });

  it('names no other port of a Service without endpoints', () => {
    const dump = filter(
      '-A FORWARD -d 10.96.0.10/32 -p tcp -m comment --comment "shop/api has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
      '-A FORWARD -j ACCEPT',
    );
    const found = asked(dump, { from: '203.0.113.9', to: '10.96.0.10:80' });
    expect(found?.stoppedBy).toMatchObject({ kind: 'reject' });
    expect(words(found)).toEqual([]);
  });

  it('is nothing where it passes, or where there is no such outcome', () => {
    expect(asked(filter('-A INPUT -j ACCEPT'), { from: '203.0.113.9', to: '10.0.0.1:80' })).toBeUndefined();
    expect(asked(filter(), { from: '203.0.113.9', to: '10.0.0.1:80' }, 7)).toBeUndefined();
    expect(asked(filter(), { from: 'nobody', to: '10.0.0.1:80' })).toBeUndefined();
  });
});
