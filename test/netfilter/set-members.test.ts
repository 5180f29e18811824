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
