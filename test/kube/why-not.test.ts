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
