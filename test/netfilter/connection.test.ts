import { describe, expect, it } from 'vitest';
import { compiledRule, ruleConditions } from '../../server/src/netfilter/compile-rule.ts';
import {
  afterAnswer,
  answerIn,
  type Connection,
  connectionOf,
  laterIn,
  type Route,
  routeBack,
} from '../../server/src/netfilter/connection.ts';
import { ownAddressOf } from '../../server/src/netfilter/nat.ts';
import { type End, type Packet, tcpFlags } from '../../server/src/netfilter/packet.ts';
import { address, type PacketTexts, packet, ruleset } from './support.ts';

const way: Route = { isFromHere: false, in: 'eth1', out: null };
const { SYN, ACK } = tcpFlags;

function endText({ address: ip, port }: End): string {
  return `${ip?.standsIn === true ? 'own' : (ip?.text ?? 'picked')} ${port ?? '-'}`;
}

function endsText({ source, sport, destination, dport }: Packet): string {
  return `${endText({ address: source, port: sport })} > ${endText({ address: destination, port: dport })}`;
}

/** The connection of a packet that left as another. */
function opened(given: PacketTexts, last: Partial<Packet>): Connection {
  const first = packet(given);
  return connectionOf(first, { packet: { ...first, isTracked: true, ...last } });
}

describe('a packet of a connection', () => {
  const icmp = { protocol: 'icmp', sport: null, dport: null } as const;

  it.each<readonly [name: string, given: PacketTexts, last: Partial<Packet>, answer: string, later: string]>([
    ['as it is without NAT', {}, {}, '10.0.0.1 80 > 203.0.113.9 40000', '203.0.113.9 40000 > 10.0.0.1 80'],
    [
      'behind DNAT',
      {},
      { destination: address('10.244.0.9'), dport: 8080 },
      '10.244.0.9 8080 > 203.0.113.9 40000',
      '203.0.113.9 40000 > 10.0.0.1 80',
    ],
    [
      'behind MASQUERADE',
      {},
      { source: null, sport: null },
      // The address that was picked is one of the node's.
      '10.0.0.1 80 > own -',
      '203.0.113.9 40000 > 10.0.0.1 80',
    ],
    [
      'behind REDIRECT',
      {},
      { destination: ownAddressOf('ipv4'), dport: 8080 },
      'own 8080 > 203.0.113.9 40000',
      '203.0.113.9 40000 > 10.0.0.1 80',
    ],
  ])('is addressed %s', (_name, given, last, answer, later) => {
    const connection = opened(given, last);
    expect(endsText(answerIn(connection, way))).toBe(answer);
    expect(endsText(laterIn(connection, way))).toBe(later);
  });

  it('is translated as the first one was, and answers the other way round', () => {
    const connection = opened({}, { dport: 8080, source: address('10.0.0.254'), sport: 1024 });
    const words = ({ translation }: Packet): readonly string[] =>
      [translation?.destination, translation?.source].map((end) => (end === undefined || end === null ? 'none' : endText(end)));
    expect(words(laterIn(connection, way))).toEqual(['10.0.0.1 8080', '10.0.0.254 1024']);
    expect(words(answerIn(connection, way))).toEqual(['203.0.113.9 40000', '10.0.0.1 80']);
  });

  it.each<readonly [name: string, made: Packet, expected: Partial<Packet>]>([
    [
      'TCP answers with SYN and ACK',
      answerIn(opened({}, {}), way),
      { flags: SYN | ACK, icmp: null, state: 'ESTABLISHED', direction: 'reply', before: 1 },
    ],
    [
      'TCP goes on with ACK',
      laterIn(opened({}, {}), way),
      { flags: ACK, icmp: null, state: 'ESTABLISHED', direction: 'original', before: 2 },
    ],
    ['UDP has no flags, in answers', answerIn(opened({ protocol: 'udp' }, {}), way), { flags: null, icmp: null }],
    ['UDP has no flags, later', laterIn(opened({ protocol: 'udp' }, {}), way), { flags: null, icmp: null }],
    ['ping is answered', answerIn(opened(icmp, {}), way), { icmp: { type: 0, code: 0 }, state: 'ESTABLISHED' }],
    ['ping goes on', laterIn(opened(icmp, {}), way), { icmp: { type: 8, code: 0 }, state: 'ESTABLISHED' }],
    [
      'an error about it is related',
      answerIn(opened(icmp, {}), way, { icmp: { type: 3, code: 1 } }),
      { icmp: { type: 3, code: 1 }, state: 'RELATED' },
    ],
    [
      'an error of IPv6, too',
      answerIn(opened({ ...icmp, protocol: 'ipv6-icmp', from: 'fd00::9', to: 'fd00::1' }, {}), way, {
        icmp: { type: 1, code: 4 },
      }),
      { state: 'RELATED' },
    ],
    // What conntrack leaves alone it tells by the packet alone.
    [
      'an untracked SYN with ACK belongs to nothing',
      answerIn(opened({}, { state: 'UNTRACKED' }), way),
      { flags: SYN | ACK, state: 'INVALID', direction: 'original', translation: null, before: null },
    ],
    [
      'an untracked ACK may open a connection that was there before',
      laterIn(opened({}, { state: 'UNTRACKED' }), way),
      { flags: ACK, state: 'NEW', direction: 'original' },
    ],
    [
      'an untracked answer to UDP is new',
      answerIn(opened({ protocol: 'udp' }, { state: 'UNTRACKED' }), way),
      { flags: null, state: 'NEW' },
    ],
    ['an untracked echo reply belongs to nothing', answerIn(opened(icmp, { state: 'UNTRACKED' }), way), { state: 'INVALID' }],
    [
      'an error about what is untracked belongs to nothing',
      answerIn(opened(icmp, { state: 'UNTRACKED' }), way, { icmp: { type: 3, code: 1 } }),
      { state: 'INVALID' },
    ],
  ])('%s', (_name, made, expected) => {
    expect(made).toMatchObject(expected);
  });

  it('comes the way that it is sent', () => {
    const here: Route = { isFromHere: true, in: null, out: 'eth0' };
    expect(answerIn(opened({}, {}), here)).toMatchObject({ isFromHere: true, in: '', out: 'eth0' });
    expect(answerIn(opened({}, {}), way)).toMatchObject({ isFromHere: false, in: 'eth1', out: null });
  });

  it('has the mark of the connection, and answers its zone', () => {
    const connection = opened({}, { connectionMark: 7, zones: { original: 1, reply: 2 } });
    expect(answerIn(connection, way)).toMatchObject({ connectionMark: 7, mark: 0, knownIn: 2 });
    expect(laterIn(connection, way)).toMatchObject({ connectionMark: 7, mark: 0, knownIn: null });
  });
});

describe('a connection after its first answer', () => {
  const connection = opened({}, { connectionMark: 7 });
  it('has the mark that rules gave it', () => {
    const answer = { ...answerIn(connection, way), connectionMark: 9 };
    const after = afterAnswer(connection, { packet: answer });
    expect(after).toMatchObject({ mark: 9, isAnswered: true });
    expect(laterIn(after, way)).toMatchObject({ connectionMark: 9, state: 'ESTABLISHED', before: 2 });
  });

  it.each<readonly [protocol: string, state: string]>([
    // TCP that saw no answer goes on with SYN alone (nf_conntrack_proto_tcp.c).
    ['tcp', 'INVALID'],
    ['udp', 'NEW'],
  ])('that conntrack did not see is as it was, for %s', (protocol, state) => {
    const first = opened({ protocol }, { connectionMark: 7 });
    const after = afterAnswer(first, { packet: { ...answerIn(first, way), state: 'UNTRACKED', connectionMark: 9 } });
    expect(after).toMatchObject({ mark: 7, isAnswered: false });
    expect(laterIn(after, way)).toMatchObject({ connectionMark: 7, state, before: 1 });
    expect(answerIn(after, way)).toMatchObject({ state: 'ESTABLISHED', direction: 'reply', before: 1 });
  });
});

describe('the way back', () => {
  it.each<readonly [name: string, first: PacketTexts, last: Partial<Packet>, expected: Route]>([
    ['from this node', { in: 'eth0' }, { hook: 'INPUT' }, { isFromHere: true, in: '', out: 'eth0' }],
    ['through it', { in: 'eth0' }, { hook: 'POSTROUTING', out: 'eth1' }, { isFromHere: false, in: 'eth1', out: 'eth0' }],
    [
      'to this node',
      { isFromHere: true, out: 'eth1' },
      { hook: 'POSTROUTING', out: 'eth1' },
      { isFromHere: false, in: 'eth1', out: null },
    ],
  ])('is %s', (_name, given, last, expected) => {
    const first = packet(given);
    expect(routeBack(first, { ...first, ...last })).toEqual(expected);
  });
});

describe('the rule on a line', () => {
  const { lines } = ruleset('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\nCOMMIT\n');
  const [policy, rule] = [lines.at(1), lines.at(2)];
  if (policy === undefined || rule === undefined) throw new Error('no lines');

  it('is read once', () => {
    expect(compiledRule(rule, 'ipv4')).not.toBeNull();
    expect(compiledRule(rule, 'ipv4')).toBe(compiledRule(rule, 'ipv4'));
  });

  it('is none where the line holds another thing', () => {
    expect(compiledRule(policy, 'ipv4')).toBeNull();
    expect(ruleConditions(policy, 'ipv4')).toEqual([]);
    expect(ruleConditions(rule, 'ipv4')).toHaveLength(1);
  });
});
