import { describe, expect, it } from 'vitest';
import { type Answer, negate } from '../../server/src/netfilter/answer.ts';
import { byChance } from '../../server/src/netfilter/chance.ts';
import { compiledRule, isForAnother } from '../../server/src/netfilter/compile-rule.ts';
import { addressDoubt, canonicalProtocol, inNetworks, networkTest } from '../../server/src/netfilter/core-match-predicates.ts';
import { endpointRule } from '../../server/src/netfilter/endpoint-rule.ts';
import { broadcastAnswer, isOwnAddress } from '../../server/src/netfilter/local-address.ts';
import { ownAddressOf } from '../../server/src/netfilter/nat.ts';
import { ipAddress, type Packet } from '../../server/src/netfilter/packet.ts';
import { packetWords } from '../../server/src/netfilter/packet-words.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { address, assumedBy, enumerate, type PacketTexts, packet, ruleset } from './support.ts';

const nothing = { isLocal: () => undefined };

/** An answer in words: yes, no, by chance, or the question that is open. */
function told(answer: Answer): string {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  switch (answer.kind) {
    case 'doubt': {
      const { fact, negated } = answer;
      const spans = fact.value?.within.map(([from, to]) => `${from}..${to}`).join(' ') ?? 'no value';
      return `${negated ? 'not: ' : ''}${fact.key} (${spans})${fact.likely ? ' likely' : ''}`;
    }
    case 'chance':
      return `chance ${answer.probability}`;
    default:
      return `${answer.kind} ${answer.holds}`;
  }
}

describe('an address that the node picked', () => {
  const redirected: Packet = { ...packet(), destination: ownAddressOf('ipv4') };
  const six: Packet = { ...packet({ from: 'fd00::9', to: 'fd00::1' }), destination: ownAddressOf('ipv6') };

  it.each<readonly [networks: string, of: Packet, answer: string]>([
    ['0.0.0.0/0', redirected, 'yes'],
    ['127.0.0.0/8', redirected, 'no'],
    ['127.0.0.1', redirected, 'no'],
    ['127.0.0.0/8,127.0.0.1', redirected, 'no'],
    ['10.0.0.0/8', redirected, 'destination picked 167772160..184549376 (167772160..184549376)'],
    ['10.0.0.1', redirected, 'destination picked 167772161..167772162 (167772161..167772162)'],
    [
      '10.0.0.0/8,192.168.0.0/16',
      redirected,
      'destination picked 167772160..184549376 3232235520..3232301056 (167772160..184549376 3232235520..3232301056)',
    ],
    // A mask with holes is no span of addresses.
    ['10.0.0.0/255.0.255.0', redirected, 'destination in 10.0.0.0/255.0.255.0 (no value)'],
    ['::1', six, 'no'],
    ['::/0', six, 'yes'],
    ['::2', six, 'destination picked 2..3 (2..3)'],
  ])('may lie in %s', (networks, of, answer) => {
    const asked = (negated: boolean): string =>
      told(inNetworks(networks, negated, of.family, 'destination')?.(of, nothing) ?? true);
    expect(asked(false)).toBe(answer);
    expect(asked(true)).toBe(answer === 'yes' ? 'no' : answer === 'no' ? 'yes' : `not: ${answer}`);
  });

  it('is said to be of MASQUERADE or of REDIRECT', () => {
    const words = (end: 'source' | 'destination'): unknown => addressDoubt(packet(), end, '10.0.0.0/8', undefined);
    expect(words('source')).toMatchObject({ fact: { yes: 'The address that MASQUERADE gave lies in 10.0.0.0/8.' } });
    expect(words('destination')).toMatchObject({ fact: { no: 'The address that REDIRECT gave does not lie in 10.0.0.0/8.' } });
  });
});

describe('networks', () => {
  it.each<readonly [text: string, family: 'ipv4' | 'ipv6', ip: string, isIn: boolean | undefined]>([
    ['10.0.0.0/8', 'ipv4', '10.255.0.1', true],
    ['10.0.0.0/8', 'ipv4', '11.0.0.1', false],
    ['11.0.0.0/8,10.0.0.0/8', 'ipv4', '10.255.0.1', true],
    ['11.0.0.0/8,12.0.0.0/8', 'ipv4', '10.255.0.1', false],
    ['10.0.1.0/255.0.255.0', 'ipv4', '10.9.1.7', true],
    ['10.0.1.0/255.0.255.0', 'ipv4', '10.9.2.7', false],
    ['200.0.0.0/8', 'ipv4', '200.1.1.1', true],
    ['fd00::/16', 'ipv6', 'fd00::1', true],
    ['fd00::/16', 'ipv6', 'fd01::1', false],
    ['0.0.0.0/0', 'ipv4', 'fd00::1', false],
    ['::/0', 'ipv6', '10.0.0.1', false],
    ['x', 'ipv4', '10.0.0.1', undefined],
    ['10.0.0.0/8,x', 'ipv4', '10.0.0.1', undefined],
  ])('%s of %s and %s', (text, family, ip, isIn) => {
    expect(networkTest(text, family)?.(address(ip))).toBe(isIn);
  });

  it('that cannot be read are an open question', () => {
    const found = enumerate('*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP -s\nCOMMIT\n', {}, { isLocal: () => false });
    expect(found.outcomes.map((outcome) => assumedBy(outcome).join(' ')).filter((text) => text.includes('read'))).toEqual([
      '"-s", which cannot be read, does not match.',
      '"-s", which cannot be read, matches.',
    ]);
  });
});

it.each([
  ['0', ''],
  ['all', ''],
  ['ALL', ''],
  ['6', 'tcp'],
  ['TCP', 'tcp'],
  ['ipv6-icmp', 'ipv6-icmp'],
  ['icmpv6', 'ipv6-icmp'],
  ['255', '255'],
  ['256', '256'],
  ['Nope', 'nope'],
])('the protocol %s is %s', (text, name) => {
  expect(canonicalProtocol(text)).toBe(name);
});

it.each([
  ['255.255.255.255', '255.255.255.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['256.0.0.1', undefined],
  ['0.256.0.1', undefined],
  ['0.0.256.1', undefined],
  ['0.0.1.256', undefined],
  ['FD00:0::1', 'fd00::1'],
  ['fd00::g', undefined],
  ['10.0.0.0/8', undefined],
])('the address %s is %s', (text, printed) => {
  expect(ipAddress(text)?.text).toBe(printed);
});

describe('interfaces', () => {
  const notLocal = { isLocal: () => false };
  const verdicts = (rules: string, given: PacketTexts): readonly string[] =>
    enumerate(
      `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:A - [0:0]\n${rules}\nCOMMIT\n`,
      given,
      notLocal,
    ).outcomes.map(({ verdict, packet: { mark } }) => `${verdict} ${mark}`);

  it.each<readonly [name: string, given: PacketTexts, verdicts: readonly string[]]>([
    ['-i eth0', { in: 'eth0' }, ['drop 0']],
    ['-i eth0', { in: 'eth01' }, ['accept 0']],
    ['-i eth+', { in: 'eth01' }, ['drop 0']],
    ['-i eth+', { in: 'eth' }, ['drop 0']],
    ['-i eth+', { in: 'et1' }, ['accept 0']],
    ['-i +', { in: 'et1' }, ['drop 0']],
    ['! -i eth+', { in: 'et1' }, ['drop 0']],
    ['-o eth0', { out: 'eth0' }, ['drop 0']],
    ['-o eth0', { out: 'eth1' }, ['accept 0']],
  ])('%s of %j', (condition, given, expected) => {
    expect(verdicts(`-A FORWARD ${condition} -j DROP`, given)).toEqual(expected);
  });

  it('that a packet leaves by are none on its way to this node', () => {
    const found = enumerate(
      '*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -o eth0 -j DROP\nCOMMIT\n',
      { out: 'eth0' },
      { isLocal: () => true },
    );
    expect(found.outcomes.map(({ verdict }) => verdict)).toEqual(['accept']);
  });

  it('that begin alike are not taken to be others', () => {
    const rules = '-A FORWARD -i cali+ -j MARK --set-xmark 0x1/0xffffffff\n-A FORWARD -i calx0 -j DROP';
    expect(verdicts(rules, {}).toSorted()).toEqual(['accept 0', 'accept 1', 'drop 0']);
    const within = '-A FORWARD -i cali+ -j MARK --set-xmark 0x1/0xffffffff\n-A FORWARD -i cali0 -j DROP';
    expect(verdicts(within, {}).toSorted()).toEqual(['accept 0', 'accept 1', 'drop 1']);
  });
});

describe('chance', () => {
  it.each([
    [0, 'chance 0'],
    [0.25, 'chance 0.25'],
    [1, 'chance 1'],
    [1.5, undefined],
    [-0.5, undefined],
    [Number.NaN, undefined],
  ])('of %s', (probability, expected) => {
    const predicate = byChance(probability);
    expect(predicate === undefined ? undefined : told(predicate(packet(), nothing))).toBe(expected);
  });

  it('is what is left where it is negated', () => {
    expect(told(negate({ kind: 'chance', probability: 0.25 }))).toBe('chance 0.75');
    expect(told(negate({ kind: 'assumed', holds: true, assumption: 'x' }))).toBe('assumed false');
    expect(told(negate({ kind: 'effect', holds: true, change: (each) => each }))).toBe('effect false');
    expect(negate(true)).toBe(false);
  });
});

describe('an own address', () => {
  it('is a loopback address, one that the node picked, or one that is known', () => {
    const isOwn = (ip: string, known?: boolean): unknown => isOwnAddress(address(ip), { isLocal: () => known });
    expect([isOwn('127.8.9.1'), isOwn('::1'), isOwn('10.0.0.1'), isOwn('10.0.0.1', true), isOwn('10.0.0.1', false)]).toEqual([
      true,
      true,
      undefined,
      true,
      false,
    ]);
    expect(isOwnAddress(ownAddressOf('ipv4'), { isLocal: () => false })).toBe(true);
  });

  it.each<readonly [to: string, given: object, answer: string]>([
    ['10.0.0.255', {}, 'broadcast 10.0.0.255 (no value)'],
    ['10.0.0.254', {}, 'no'],
    ['10.0.255.1', {}, 'no'],
    ['10.0.0.254', { isBroadcast: () => true }, 'yes'],
    ['10.0.0.255', { isBroadcast: () => false }, 'no'],
    ['10.0.0.255', { isBroadcast: () => undefined }, 'broadcast 10.0.0.255 (no value)'],
    ['10.0.0.255', { isLocal: () => true }, 'no'],
    ['fd00::ff', {}, 'no'],
  ])('of everybody: %s with %j', (to, knows, answer) => {
    const from = to.includes(':') ? 'fd00::9' : '203.0.113.9';
    expect(told(broadcastAnswer(packet({ from, to }), { ...nothing, ...knows }))).toBe(answer);
    // What NAT gave is an endpoint.
    const given = { destination: address(to), dnat: true };
    expect(told(broadcastAnswer(given, { ...nothing, ...knows }))).toBe(answer.startsWith('broadcast') ? 'no' : answer);
  });
});

describe("kube-proxy's rules, told by their layout", () => {
  const line = (text: string): Line => {
    const found = ruleset(`*nat\n:KUBE-SEP-ABCDEFGHIJKLMNOP - [0:0]\n${text}\nCOMMIT\n`).lines.at(2);
    if (found === undefined) throw new Error('no line');
    return found;
  };
  const redirect = (to: string): Line =>
    line(`-A KUBE-SEP-ABCDEFGHIJKLMNOP -p tcp -m comment --comment "a/b:c" -m tcp -j DNAT --to-destination ${to}`);

  it('are read in full where an address or a probability is none', () => {
    expect(endpointRule(redirect('10.244.0.9:8080'), 'ipv4')).toBeDefined();
    expect(endpointRule(redirect('10.244.0.999:8080'), 'ipv4')).toBeUndefined();
    expect(compiledRule(redirect('10.244.0.999:8080'), 'ipv4')?.action).toMatchObject({ kind: 'dnat', range: null });
  });

  it('are for another packet where their address is another', () => {
    const rule = line('-A KUBE-SEP-ABCDEFGHIJKLMNOP -d 10.0.0.2/32 -p tcp -j DROP');
    expect([isForAnother(rule, '10.0.0.1'), isForAnother(rule, '10.0.0.2')]).toEqual([true, false]);
    expect(isForAnother(line('-A KUBE-SEP-ABCDEFGHIJKLMNOP -d 010.0.0.2/32 -p tcp -j DROP'), '8.0.0.2')).toBe(false);
    expect(isForAnother(line('-A KUBE-SEP-ABCDEFGHIJKLMNOP -p tcp -j DROP'), '8.0.0.2')).toBe(false);
  });
});

it('nothing is said of a packet where a condition is of nobody', () => {
  const words = (match: string): string => packetWords({ match, options: [], predicates: [] }, packet());
  expect([words(''), words('nope'), words('toString')]).toEqual(['', '', '']);
});
