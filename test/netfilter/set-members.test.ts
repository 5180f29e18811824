import { describe, expect, it } from 'vitest';
import { isInSet } from '../../server/src/netfilter/set-members.ts';
import { assumedBy, enumerate, packet, ruleset } from './support.ts';

const sets = `create office hash:net family inet hashsize 1024 maxelem 65536
add office 10.0.0.0/8
add office 10.9.0.0/16 nomatch
add office 192.0.2.7
create web hash:ip,port family inet hashsize 1024 maxelem 65536
add web 10.0.0.1,tcp:80
add web 10.0.0.1,udp:53
create ports bitmap:port range 0-65535
add ports 80
create both list:set size 8
add both office
add both web
create devices hash:mac hashsize 1024 maxelem 65536
add devices 01:02:03:04:05:06
create empty hash:ip family inet hashsize 1024 maxelem 65536
`;
const known = ruleset(sets);

describe('a packet in a set whose members are in the text', () => {
  it.each([
    ['office', 'src', { from: '10.1.2.3' }, true],
    ['office', 'src', { from: '10.9.2.3' }, false],
    ['office', 'src', { from: '192.0.2.7' }, true],
    ['office', 'src', { from: '192.0.2.8' }, false],
    ['office', 'dst', { to: '10.1.2.3' }, true],
    ['web', 'dst,dst', {}, true],
    ['web', 'dst,dst', { dport: 81 }, false],
    ['web', 'dst,dst', { dport: 53 }, false],
    ['web', 'dst,dst', { dport: 53, protocol: 'udp' }, true],
    ['ports', 'dst', {}, true],
    ['ports', 'dst', { protocol: 'udp' }, true],
    ['ports', 'dst', { dport: 81 }, false],
    ['both', 'dst,dst', { to: '10.0.0.1' }, true],
    ['empty', 'src', {}, false],
  ])('%s %s %j: %s', (name, directions, given, answer) => {
    expect(isInSet(known, name, directions.split(','), packet(given))).toBe(answer);
  });

  it.each([
    ['devices', {}],
    ['nobody', {}],
  ])('is not told for %s', (name, given) => {
    expect(isInSet(known, name, ['src'], packet(given))).toBeUndefined();
  });

  it('is not told where a member is none that ipset prints', () => {
    const damaged = ruleset('create web hash:ip,port family inet\nadd web 10.0.0.1,:80\n');
    expect(isInSet(damaged, 'web', ['dst', 'dst'], packet())).toBeUndefined();
  });

  it('takes a port without a protocol for one of TCP, as ipset does', () => {
    const typed = ruleset('create web hash:ip,port family inet\nadd web 10.0.0.1,80\n');
    expect(isInSet(typed, 'web', ['dst', 'dst'], packet())).toBe(true);
    expect(isInSet(typed, 'web', ['dst', 'dst'], packet({ protocol: 'udp' }))).toBe(false);
  });

  it('goes by the closest member, of which a range is the widest', () => {
    const ranges = ruleset(`create r hash:ip family inet
add r 10.0.0.1-10.0.0.9
add r 0.0.0.0/1 nomatch
create n hash:net family inet
add n 10.0.0.0/8
add n 10.0.0.0/24 nomatch
add n 10.0.0.0/25
`);
    expect(isInSet(ranges, 'r', ['src'], packet({ from: '10.0.0.5' }))).toBe(false);
    expect(['10.0.0.5', '10.0.0.200', '10.0.1.1'].map((from) => isInSet(ranges, 'n', ['src'], packet({ from })))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each<readonly [what: string, text: string, directions: string, given: object, answer: boolean | undefined]>([
    ['the first of a range', 'create r hash:ip\nadd r 10.0.0.1-10.0.0.9\n', 'src', { from: '10.0.0.1' }, true],
    ['the last of a range', 'create r hash:ip\nadd r 10.0.0.1-10.0.0.9\n', 'src', { from: '10.0.0.9' }, true],
    ['one before a range', 'create r hash:ip\nadd r 10.0.0.1-10.0.0.9\n', 'src', { from: '10.0.0.0' }, false],
    ['one behind a range', 'create r hash:ip\nadd r 10.0.0.1-10.0.0.9\n', 'src', { from: '10.0.0.10' }, false],
    ['a range that has no end', 'create r hash:ip\nadd r 10.0.0.1-x\n', 'src', { from: '10.0.0.1' }, undefined],
    [
      'one address that is excepted from its network',
      'create r hash:net\nadd r 10.0.0.0/8\nadd r 10.0.0.1 nomatch\n',
      'src',
      { from: '10.0.0.1' },
      false,
    ],
    ['a network and a port of the other end', 'create r hash:net,port\nadd r 10.0.0.0/8,tcp:40000\n', 'dst,src', {}, true],
    ['a network and a port of the wrong end', 'create r hash:net,port\nadd r 10.0.0.0/8,tcp:40000\n', 'dst,dst', {}, false],
    ['two networks, of which one is another', 'create r hash:net,net\nadd r 203.0.113.0/24,10.9.0.0/16\n', 'src,dst', {}, false],
    ['two networks', 'create r hash:net,net\nadd r 203.0.113.0/24,10.0.0.0/16\n', 'src,dst', {}, true],
    ['one direction for both dimensions', 'create r hash:ip,port\nadd r 10.0.0.1,tcp:80\n', 'dst', {}, true],
    [
      'a port, of a packet without',
      'create r hash:ip,port\nadd r 10.0.0.1,tcp:80\n',
      'dst,dst',
      { protocol: 'icmp', sport: null, dport: null },
      undefined,
    ],
    ['a port of a protocol that nobody knows', 'create r hash:ip,port\nadd r 10.0.0.1,frob:80\n', 'dst,dst', {}, undefined],
    ['a port spelt in capitals and with zeros', 'create r hash:ip,port\nadd r 10.0.0.1,TCP:0080\n', 'dst,dst', {}, true],
    ['a member of one dimension in a set of two', 'create r hash:ip,port\nadd r 10.0.0.1\n', 'dst,dst', {}, undefined],
    ['a set that nothing makes', 'add r 10.0.0.1\n', 'dst', {}, undefined],
    [
      'a list of sets of which one is not known',
      'create r list:set\nadd r a\nadd r b\ncreate a hash:ip\nadd a 10.0.0.9\n',
      'dst',
      {},
      undefined,
    ],
    [
      'a list of sets of which one is not known and one has it',
      'create r list:set\nadd r a\nadd r b\ncreate a hash:ip\nadd a 10.0.0.1\n',
      'dst',
      {},
      true,
    ],
    ['a list of sets that has itself', 'create r list:set\nadd r r\n', 'dst', {}, undefined],
    [
      'IPv6',
      'create r hash:net family inet6\nadd r fd00::/16\nadd r fd00:1::/32 nomatch\n',
      'src',
      { from: 'fd00:2::1', to: 'fd00::1' },
      true,
    ],
    [
      'IPv6 that is excepted',
      'create r hash:net family inet6\nadd r fd00::/16\nadd r fd00:1::/32 nomatch\n',
      'src',
      { from: 'fd00:1::1', to: 'fd00::1' },
      false,
    ],
  ])('is told by %s', (_, text, directions, given, answer) => {
    expect(isInSet(ruleset(text), 'r', directions.split(','), packet(given))).toBe(answer);
  });

  it('decides a rule, so that no way takes something to be so', () => {
    const text = `${sets}*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m set --match-set office src -j DROP
-A FORWARD -m set ! --match-set web dst,dst -j REJECT
COMMIT
`;
    const remote = { isLocal: () => false };
    const verdicts = (given: object) =>
      enumerate(text, given, remote).outcomes.map((outcome) => [outcome.verdict, assumedBy(outcome)]);
    expect(verdicts({ from: '10.1.1.1' })).toEqual([['drop', []]]);
    expect(verdicts({})).toEqual([['accept', []]]);
    expect(verdicts({ dport: 81 })).toEqual([['reject', []]]);
  });
});
