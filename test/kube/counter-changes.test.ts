import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { counterChanges } from '../../server/src/kube/drift/counter-changes.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';

function changes(before: string, after: string): readonly string[] {
  const report = runToEnd(counterChanges(rulesetOf(before), rulesetOf(after)));
  return report.changes.map(
    ({ table, chain, line, packets, bytes, isRestarted }) =>
      `${table} ${chain} ${line}: ${packets} packets, ${bytes} bytes${isRestarted ? ' since zero' : ''}`,
  );
}

const dump = (input: string, ...rules: readonly string[]): string =>
  ['*filter', `:INPUT ACCEPT ${input}`, ':FORWARD DROP [0:0]', ...rules, 'COMMIT', ''].join('\n');

describe('the counters of two dumps', () => {
  it('say which rules and policies counted in between', () => {
    const before = dump('[5:500]', '[1:60] -A INPUT -p tcp -j ACCEPT', '[0:0] -A INPUT -p udp -j DROP');
    const after = dump('[7:620]', '[4:240] -A INPUT -p tcp -j ACCEPT', '[0:0] -A INPUT -p udp -j DROP');
    expect(changes(before, after)).toEqual(['filter INPUT 2: 2 packets, 120 bytes', 'filter INPUT 4: 3 packets, 180 bytes']);
  });

  it('are of the same rule, wherever it stands and however it is spelt', () => {
    const before = dump('[0:0]', '[1:60] -A INPUT -p tcp -j ACCEPT', '[2:80] -A INPUT -s 10.0.0.0/8 -j DROP');
    const after = dump(
      '[0:0]',
      '[5:200] -A INPUT --source 10.0.0.0/255.0.0.0 -j DROP',
      '[0:0] -A INPUT -p udp -j DROP',
      '[1:60] -A INPUT -p tcp -j ACCEPT',
    );
    expect(changes(before, after)).toEqual(['filter INPUT 4: 3 packets, 120 bytes']);
  });

  it('of rules that read alike go in order', () => {
    const rule = '-A INPUT -p tcp -j LOG';
    expect(changes(dump('[0:0]', `[1:1] ${rule}`, `[2:2] ${rule}`), dump('[0:0]', `[3:3] ${rule}`, `[2:2] ${rule}`))).toEqual([
      'filter INPUT 4: 2 packets, 2 bytes',
    ]);
  });

  it('that count from zero again are what they say at least', () => {
    const before = dump('[0:0]', '[9:900] -A INPUT -p tcp -j ACCEPT');
    const after = dump('[0:0]', '[2:80] -A INPUT -p tcp -j ACCEPT');
    expect(changes(before, after)).toEqual(['filter INPUT 4: 2 packets, 80 bytes since zero']);
    expect(runToEnd(counterChanges(rulesetOf(before), rulesetOf(after))).notes).toEqual([
      '1 of them count from zero since the first dump, as they were written anew or zeroed: they may have counted more.',
    ]);
  });

  it('that one of them does not show are compared with nothing', () => {
    const without = dump('[0:0]', '-A INPUT -p tcp -j ACCEPT');
    const report = runToEnd(counterChanges(rulesetOf(without), rulesetOf(dump('[7:620]', '[4:240] -A INPUT -p tcp -j ACCEPT'))));
    expect(report).toEqual({
      changes: [],
      compared: 0,
      notes: ['No rule has counters in both dumps: save them with "iptables-save -c".'],
    });
  });

  it.each(['nft', 'legacy'])('of a node are those of the packets that went through it (%s)', (kind) => {
    const [before, after] = [fixtureText(`seen/${kind}-before.iptables`), fixtureText(`seen/${kind}-after.iptables`)];
    const lines = after.split('\n');
    const report = runToEnd(counterChanges(rulesetOf(before), rulesetOf(after)));
    const counted = new Map(report.changes.map(({ line, packets }) => [line, packets]));
    // Before the first packet all counters were zero: what counts now is what was counted.
    const rules = lines.flatMap((text, at) => {
      const packets = Number(/^\[(\d+):\d+\] -A /.exec(text)?.[1] ?? 0);
      return packets > 0 ? [[at + 1, packets] as const] : [];
    });
    expect(rules.length).toBeGreaterThan(15);
    for (const [line, packets] of rules) expect(`${line} ${counted.get(line)}`).toBe(`${line} ${packets}`);
  });
});
