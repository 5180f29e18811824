/** What paths take to be so, and why a rule matched or did not. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import { conditionText, ruleReasons } from '../../server/src/netfilter/rule-reasons.ts';
import { walkSteps } from '../../server/src/netfilter/walk.ts';
import { assumedBy, enumerate, type PacketTexts, packet, ruleset } from './support.ts';

const notLocal: EnumerateOptions = { isLocal: () => false };

function filter(...rules: readonly string[]): string {
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
}

/** "drop 1 [what is assumed]" for each outcome, with how many unlikely assumptions it makes. */
function told(text: string, given: PacketTexts = {}, options: EnumerateOptions = notLocal): readonly string[] {
  return enumerate(text, given, options).outcomes.map(
    (outcome) => `${outcome.verdict} ${outcome.oddity} [${assumedBy(outcome).join(' ')}]`,
  );
}

const mac = '-m mac --mac-source 00:11:22:33:44:55';
const came = 'The frame came from 00:11:22:33:44:55.';
const cameNot = 'The frame did not come from 00:11:22:33:44:55.';

describe('a path', () => {
  it.each<readonly [name: string, rules: readonly string[], expected: readonly string[]]>([
    ['is one of two where a question is open', [`-A FORWARD ${mac} -j DROP`], [`accept 0 [${cameNot}]`, `drop 1 [${came}]`]],
    [
      'answers a question once',
      [`-A FORWARD ${mac} -j MARK --set-xmark 0x1/0x1`, `-A FORWARD ${mac} -j DROP`],
      [`accept 0 [${cameNot}]`, `drop 1 [${came}]`],
    ],
    [
      'asks nothing for a rule that does not match anyway',
      ['-A FORWARD -m set --match-set a src -j DROP', `-A FORWARD ${mac} -m set --match-set a src -j REJECT`],
      ['accept 0 [The set a does not have 203.0.113.9.]', 'drop 1 [The set a has 203.0.113.9.]'],
    ],
    [
      'answers nothing with yes and no in one rule',
      ['-A FORWARD -m set --match-set a src -m set ! --match-set a src -j DROP'],
      ['accept 0 [The set a does not have 203.0.113.9.]', 'accept 1 [The set a has 203.0.113.9.]'],
    ],
    [
      'passes over a chain that is not there, and says so once',
      ['-A FORWARD -j LOST', '-A FORWARD -j LOST', '-A FORWARD -j DROP'],
      ['drop 0 [LOST, which the text does not show, lets the packet pass.]'],
    ],
    ['passes over a jump that leads back', ['-A FORWARD -j A', '-A A -j B', '-A B -j A', '-A B -j DROP'], ['drop 0 []']],
  ])('%s', (_name, rules, expected) => {
    expect(told(filter(...rules)).toSorted()).toEqual(expected.toSorted());
  });

  it('says what it makes of a target that it does not know', () => {
    const { assumptions } = enumerate(filter('-A FORWARD -j A', '-A A -j B', '-A B -j A'), {}, notLocal);
    expect(assumptions).toEqual(['B leads back to A, which iptables refuses: the jump is passed over.']);
  });

  it('does what matches do besides, though the rule is taken not to match', () => {
    const rules = filter(
      '-A FORWARD -m recent --name X --set -m hashlimit --hashlimit-above 1/sec --hashlimit-name h -j DROP',
      '-A FORWARD -m recent --name X --rcheck -j REJECT',
    );
    expect(told(rules, {}, { ...notLocal, isListed: () => false })).toEqual(['reject 0 []']);
  });

  it('ends where REDIRECT finds no address', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j REDIRECT --to-ports 8080\nCOMMIT\n';
    expect(told(text)).toEqual([
      'accept 0 [The interface that the packet came in by has an address, which REDIRECT gives it.]',
      'drop 1 [The interface that the packet came in by has no address, so that REDIRECT drops it.]',
    ]);
    expect(told(text, {}, { ...notLocal, redirectAddress: () => null })).toEqual(['drop 0 []']);
    expect(told(text.replaceAll('PREROUTING', 'OUTPUT'), { isFromHere: true })).toEqual(['accept 0 []']);
  });
});

describe('the interface that a packet leaves by', () => {
  const out = (given: PacketTexts, options: EnumerateOptions): unknown =>
    enumerate(filter(), given, options).outcomes[0]?.packet.out;
  it('is the one that it is routed to', () => {
    const routes: EnumerateOptions = { ...notLocal, wayOut: () => 'eth9' };
    expect(out({ isFromHere: true }, routes)).toBe('eth9');
    expect(out({ isFromHere: true, out: 'eth1' }, routes)).toBe('eth1');
    expect(out({}, routes)).toBe('eth9');
    expect(out({ isFromHere: true }, { isLocal: () => true })).toBe('lo');
    expect(told(filter('-A OUTPUT -o eth9 -j DROP'), { isFromHere: true }, routes)).toEqual(['drop 0 []']);
  });

  it('is none for what comes in for this node', () => {
    expect(out({}, { isLocal: () => true })).toBeNull();
  });
});

describe('the reason of a condition', () => {
  const rules = ruleset(
    filter(
      '-A FORWARD -m statistic --mode random --probability 0 -j DROP',
      '-A FORWARD -m statistic --mode random --probability 1 -j A',
      '-A FORWARD -m limit --limit 5/min -j A',
      '-A FORWARD -m hashlimit --hashlimit-above 1/sec --hashlimit-name h -j DROP',
      `-A FORWARD ${mac} -j DROP`,
      '-A FORWARD -m comment --comment x -p udp -j DROP',
      '-A FORWARD -m recent --name X --set',
      '-A FORWARD -m set --match-set a src -m ttl --ttl-eq 64 -j DROP',
      '-A OUTPUT -m set --match-set b src -j DROP',
    ),
  );
  const start = packet();
  const outcome = enumerate(filter(`-A FORWARD ${mac} -j DROP`), {}, notLocal).outcomes.find(({ oddity }) => oddity === 0);
  if (outcome === undefined) throw new Error('no outcome');
  // Only what it takes to be so is asked here.
  const gone = runToEnd(walkSteps(ruleset(filter()), start, { ...outcome, last: null }, notLocal));

  it.each<readonly [line: number, reasons: readonly (readonly [holds: boolean | null, why: string])[]]>([
    [6, [[false, 'by chance: 0 % of the packets that are asked']]],
    [7, [[true, 'by chance: 100 % of the packets that are asked']]],
    [8, [[true, 'Rates stay within the limits of -m limit and -m hashlimit.']]],
    [9, [[false, 'Rates stay within the limits of -m limit and -m hashlimit.']]],
    [10, [[false, cameNot]]],
    // Comments are no condition.
    [11, [[false, 'the packet is tcp']]],
    [12, [[true, '']]],
    [
      13,
      [
        [null, 'nothing tells'],
        [null, 'nothing tells'],
      ],
    ],
    [14, [[null, 'nothing tells']]],
  ])('on line %i says why', (number, expected) => {
    const line = rules.lines.at(number);
    if (gone === undefined || line === undefined) throw new Error('no way');
    expect(ruleReasons(gone, line, start).map(({ holds, why }) => [holds, why])).toEqual(expected);
  });

  it('quotes it as rules write it', () => {
    expect(conditionText({ match: '', options: [], predicates: [] })).toBe('interfaces');
    expect(conditionText({ match: 'limit', options: [], predicates: [] })).toBe('-m limit');
  });
});
