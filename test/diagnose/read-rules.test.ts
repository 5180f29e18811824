/** What rules say is asked of their options: a word in a comment, or behind a `!`, says something else. */
import { describe, expect, it } from 'vitest';
import { markLedger } from '../../server/src/diagnose/marks.ts';
import { bundleFiles, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { rulesetOf } from '../support/dumps.ts';

describe('NodePorts on loopback addresses', () => {
  const jump = '-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS';

  it.each([
    ['-d 127.0.0.0/8 ', true],
    ['! -d 172.18.0.99/32 ', true],
    ['-m comment --comment "not -d 127.0.0.1" ', true],
    ['! -d 127.0.0.0/8 ', false],
    ['-d 172.18.0.2/32 ', false],
  ])('with a jump for "%s": %s', (conditions, isOpen) => {
    const files = withChanges(bundleFiles('route-localnet-off'), {
      'iptables-save.txt': (text) => text.replace(jump, conditions + jump),
    });
    expect(codesOf(diagnosed(files)).includes('route-localnet-off')).toBe(isOpen);
  });
});

describe('the bits of marks', () => {
  const rules = (...lines: readonly string[]) => rulesetOf(`*mangle\n:PREROUTING ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`);

  it.each([
    ['-A PREROUTING -j MARK --set-xmark 0x4000/0x4000', [0x4000], []],
    ['-A PREROUTING -j MARK --or-mark 0x4000', [0x4000], []],
    ['-A PREROUTING -j MARK --and-mark 0xffffbfff', [0x4000], []],
    ['-A PREROUTING -m mark ! --mark 0x8000/0x8000 -j ACCEPT', [], [0x8000]],
    ['-A PREROUTING -m connmark --mark 0x8000/0x8000 -j ACCEPT', [], []],
    ['-A PREROUTING -m comment --comment "-j MARK --set-xmark 0x4000/0x4000" -j ACCEPT', [], []],
    ['-A PREROUTING -m comment --comment "-m mark --mark 0x8000" -j ACCEPT', [], []],
  ])('of %s', (rule, written, tested) => {
    const ledger = markLedger({ ruleset: rules(rule) });
    expect([ledger.written.map(({ bits }) => bits), ledger.tested.map(({ bits }) => bits)]).toEqual([written, tested]);
  });

  it('are read in a listing, too', () => {
    const listing = `Chain KUBE-MARK-MASQ (1 references)
target     prot opt source               destination
MARK       all  --  0.0.0.0/0            0.0.0.0/0            MARK or 0x4000
`;
    expect(markLedger({ ruleset: rulesetOf(listing) }).written.map(({ bits }) => bits)).toEqual([0x4000]);
  });
});
