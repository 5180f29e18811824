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

  it('are read in order of the second dump, of chains and tables that both have', () => {
    const table = (name: string, ...rules: readonly string[]): string =>
      [`*${name}`, ':OUTPUT ACCEPT [0:0]', ':WEB - [0:0]', ...rules, 'COMMIT', ''].join('\n');
    const before = table('nat', '[1:10] -A WEB -j LOG', '[1:10] -A OUTPUT -j WEB') + table('filter', '[0:0] -A OUTPUT -j WEB');
    const after =
      table('mangle', '[5:50] -A OUTPUT -j WEB') +
      table('filter', '[3:30] -A OUTPUT -j WEB', '[9:90] -A WEB -j DROP') +
      table('nat', '[4:40] -A WEB -j LOG', '[2:20] -A OUTPUT -j WEB')
        .replace(':WEB', ':NEW - [0:0]\n:WEB')
        .replace('COMMIT', '[8:80] -A NEW -j LOG\nCOMMIT');
    const report = runToEnd(counterChanges(rulesetOf(before), rulesetOf(after)));
    expect(report.changes).toEqual([
      {
        family: 'ipv4',
        table: 'filter',
        chain: 'OUTPUT',
        line: 9,
        rule: '-A OUTPUT -j WEB',
        packets: 3,
        bytes: 30,
        isRestarted: false,
      },
      { family: 'ipv4', table: 'nat', chain: 'WEB', line: 16, rule: '-A WEB -j LOG', packets: 3, bytes: 30, isRestarted: false },
      {
        family: 'ipv4',
        table: 'nat',
        chain: 'OUTPUT',
        line: 17,
        rule: '-A OUTPUT -j WEB',
        packets: 1,
        bytes: 10,
        isRestarted: false,
      },
    ]);
    // Two policies and three rules; a chain that is no built-in one has no policy that counts.
    expect(report).toMatchObject({ compared: 5, notes: [] });
  });

  it('that went down in bytes alone, or that did not count, are told apart', () => {
    const of = (...counters: readonly string[]): string =>
      dump('[0:0]', ...counters.map((text, at) => `${text} -A INPUT -p tcp --dport ${at + 1} -j ACCEPT`));
    expect(changes(of('[5:500]', '[5:500]', '[5:500]'), of('[5:500]', '[6:100]', '[0:0]'))).toEqual([
      'filter INPUT 5: 6 packets, 100 bytes since zero',
      'filter INPUT 6: 0 packets, 0 bytes since zero',
    ]);
  });

  it('of two tables of one name are those of the last one', () => {
    const first = dump('[1:1]', '[1:1] -A INPUT -p tcp -j ACCEPT');
    const last = dump('[2:2]', '[2:2] -A INPUT -p tcp -j ACCEPT');
    expect(changes(first + last, dump('[2:2]', '[5:5] -A INPUT -p tcp -j ACCEPT'))).toEqual([
      'filter INPUT 4: 3 packets, 3 bytes',
    ]);
  });

  it('of IPv6 are apart from those of IPv4', () => {
    const six = (text: string): string => `# Generated by ip6tables-save v1.8.9\n${text}`;
    const rule = (packets: number): string => dump('[0:0]', `[${packets}:0] -A INPUT -p tcp -j ACCEPT`);
    const four = (text: string): string => `# Generated by iptables-save v1.8.9\n${text}`;
    const report = runToEnd(counterChanges(rulesetOf(four(rule(1)) + six(rule(2))), rulesetOf(six(rule(5)) + four(rule(9)))));
    expect(report.changes.map(({ family, line, packets }) => `${family} ${line} ${packets}`)).toEqual(['ipv6 5 3', 'ipv4 11 8']);
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
