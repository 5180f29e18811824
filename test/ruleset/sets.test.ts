import { describe, expect, it } from 'vitest';
import { membersOf, setNamesOn, setsOf } from '../../server/src/ruleset/sets.ts';
import { rulesetOf } from '../support/dumps.ts';

const text = `Name: KUBE-CLUSTER-IP
Type: hash:ip,port
Header: family inet hashsize 1024 maxelem 65536
Members:
10.96.0.1,tcp:443
10.96.0.10,udp:53

create LISTED hash:ip family inet
add LISTED 10.0.0.1
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
-A PREROUTING -m set ! --match-set ELSEWHERE src -j RETURN
COMMIT
`;

describe('sets', () => {
  const ruleset = rulesetOf(text);
  const sets = setsOf(ruleset);

  it('have a type, members, and the rules that name them', () => {
    expect(sets.get('KUBE-CLUSTER-IP')).toMatchObject({
      type: 'hash:ip,port',
      declarations: [0],
      entries: [4, 5],
      references: [{ line: 11, start: 33, end: 48 }],
    });
    expect(sets.get('LISTED')).toMatchObject({ type: 'hash:ip', declarations: [7], entries: [8], references: [] });
    expect(sets.get('ELSEWHERE')).toMatchObject({ type: undefined, declarations: [], references: [{ line: 12 }] });
  });

  it('give their members, as many as are wanted', () => {
    const set = sets.get('KUBE-CLUSTER-IP');
    if (set === undefined) throw new Error('no set');
    expect(membersOf(ruleset, set)).toEqual(['10.96.0.1,tcp:443', '10.96.0.10,udp:53']);
    expect(membersOf(ruleset, set, 1)).toEqual(['10.96.0.1,tcp:443']);
  });

  it('are named by rules alone, in the options that take a set', () => {
    const on = (line: string): readonly string[] => setNamesOn(rulesetOf(`*filter\n${line}\n`), 1).map((word) => word.text);
    expect(on('-A INPUT -m set --match-set A src -m set ! --match-set B dst -j SET --add-set C src')).toEqual(['A', 'B', 'C']);
    expect(on('-A INPUT -m comment --comment "--match-set A src" -j DROP')).toEqual([]);
    expect(on(':A-set - [0:0]')).toEqual([]);
    expect(on('add A-set 10.0.0.1')).toEqual([]);
  });

  it('are known in a listing, too', () => {
    const listing = rulesetOf(`Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     all  --  anywhere             anywhere             match-set KUBE-CLUSTER-IP dst,dst
`);
    expect(setsOf(listing).get('KUBE-CLUSTER-IP')?.references).toMatchObject([{ line: 2 }]);
  });
});
