import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { chainAt, expandedChain } from '../../server/src/features/expand-chain.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { dumpState } from '../support/dump-state.ts';
import { fixtureText } from '../support/fixtures.ts';

const sample = fixtureText('sample/worker-1.iptables');
const state = dumpState(sample);

/** The plain hover of the command word of the first line with a text. */
function hoverOf(text: string, dump = sample, of = dump === sample ? state : dumpState(dump)): string {
  const line = dump.split('\n').findIndex((each) => each.includes(text));
  const found = runToEnd(hover(of, { line, character: 1 }, 0, false));
  const contents = found?.contents;
  return typeof contents === 'object' && 'value' in contents ? contents.value : '';
}

describe('the hover of a rule', () => {
  it('says which packets come to it, by all rules on the way, with shares multiplied', () => {
    const text = hoverOf('--to-destination 10.244.0.17:8080');
    expect(text).toContain('Comes to it, unless a rule above takes it:');
    expect(text).toContain('33.3 % of packets in PREROUTING or OUTPUT with -d 10.96.40.10/32 -p tcp -m tcp --dport 80');
    expect(text).not.toContain('statistic');
  });

  it('tells no shares where clients are sent back to where they were', () => {
    expect(hoverOf('--to-destination 10.244.1.21:9000')).toContain('-m statistic');
  });

  it('says nothing of rules of built-in chains, to which all packets come', () => {
    expect(hoverOf('-A FORWARD ')).not.toContain('Comes to it');
  });

  it('names only a few ways where there are many', () => {
    expect(hoverOf('-A KUBE-MARK-MASQ -j MARK')).toContain('Other packets come to it in other ways, too.');
  });

  const filter = (...rules: readonly string[]): string =>
    `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;

  it.each([
    ['every packet', ['-A INPUT -j A', '-A A -j DROP'], 'every packet in INPUT'],
    ['a way for each jump', ['-A INPUT -i lo -j A', '-A FORWARD -p udp -j A', '-A A -j DROP'], 'packets in FORWARD with -p udp'],
    [
      'several chains deep',
      ['-A INPUT -i lo -j B', '-A B -s 10.0.0.0/8 -j A', '-A A -j DROP'],
      'packets in INPUT with -i lo -s 10.0.0.0/8',
    ],
    ['no packet', ['-A B -j A', '-A A -j DROP'], 'No packet comes to it: no built-in chain leads here.'],
    ['no packet, in a loop', ['-A B -j A', '-A A -j B', '-A A -j DROP'], 'No packet comes to it'],
  ])('may be %s', (_, rules, expected) => {
    expect(hoverOf('-A A -j DROP', filter(...rules))).toContain(expected);
  });

  it('claims nothing of an excerpt that it does not show', () => {
    const text = hoverOf('-A A -j DROP', '-A B -s 10.0.0.0/8 -j A\n-A A -j DROP\n');
    expect(text).toContain('packets in B with -s 10.0.0.0/8');
    expect(text).toContain('More rules than are shown may lead to');
  });
});

describe('a chain that is expanded', () => {
  it('has each end with the conditions of all rules on the way, and leads to them', () => {
    const { text, links, reason } = runToEnd(expandedChain(state, 'nat', 'KUBE-SVC-3MGBTRC5ATFFL7T7'));
    expect(reason).toBe('');
    const lines = text.split('\n');
    expect(lines[0]).toBe('KUBE-SVC-3MGBTRC5ATFFL7T7 (nat) with all that it jumps to.');
    const end = lines.findIndex((line) => line.includes('DNAT --to-destination 10.244.0.17:8080'));
    expect(lines[end]).toMatch(
      /^\d+\. 33\.3 % DNAT --to-destination 10\.244\.0\.17:8080 {2}\(KUBE-SEP-QWFXKANDF3TMYGQH, line \d+\)$/,
    );
    expect(lines[end + 1]).toMatch(/^ {5}-p tcp {2}\(KUBE-SEP-QWFXKANDF3TMYGQH, line \d+\)$/);
    const source = sample.split('\n');
    expect(links.length).toBeGreaterThan(6);
    for (const { line, target } of links) {
      const place = /\((?:\S+, )?line (\d+)\)$/.exec(lines[line] ?? '');
      expect(Number(place?.[1])).toBe(target + 1);
      expect(source[target]).toMatch(/^-A /);
    }
  });

  it('ends with its policy, where it is a built-in one', () => {
    const { text } = runToEnd(expandedChain(state, 'filter', 'FORWARD'));
    expect(text).toMatch(/Otherwise accept, the policy of FORWARD {2}\(line \d+\)/);
    expect(text).toContain('REJECT --reject-with icmp-port-unreachable');
  });

  it('stops at loops, and at what the dump does not have', () => {
    const looped = dumpState('*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -j A\n-A A -j GONE\nCOMMIT\n');
    const { text } = runToEnd(expandedChain(looped, 'filter', 'INPUT'));
    expect(text).toContain('A, which leads back here');
    expect(text).toContain('GONE');
  });

  it('is the one that is named at a place, else the one of the line', () => {
    const line = sample.split('\n').findIndex((each) => each.startsWith('-A PREROUTING '));
    const jump = (sample.split('\n')[line] ?? '').indexOf('KUBE-SERVICES');
    expect(chainAt(state, { line, character: jump + 2 })).toEqual({ table: 'nat', chain: 'KUBE-SERVICES' });
    expect(chainAt(state, { line, character: 1 })).toEqual({ table: 'nat', chain: 'PREROUTING' });
    expect(chainAt(state, { line: 0, character: 0 })).toBeNull();
    expect(runToEnd(expandedChain(state, 'nat', 'NOBODY'))).toMatchObject({ reason: expect.stringContaining('NOBODY') });
  });

  it('is bounded where a chain leads to very many rules', () => {
    const wide = Array.from({ length: 100 }, (_, at) => `-A B -s 10.0.0.${at} -j RETURN`);
    const many = Array.from({ length: 100 }, (_, at) => `-A INPUT -d 10.1.0.${at} -j B`);
    const large = dumpState(`*filter\n:INPUT ACCEPT [0:0]\n:B - [0:0]\n${[...many, ...wide].join('\n')}\nCOMMIT\n`);
    const { text } = runToEnd(expandedChain(large, 'filter', 'INPUT'));
    expect(text).toMatch(/more rules are not expanded/);
  });
});
