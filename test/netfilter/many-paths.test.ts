import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Enumeration, Outcome } from '../../server/src/netfilter/outcome.ts';
import { includes } from '../../server/src/netfilter/ranges.ts';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import { assumedBy, enumerate, ruleset } from './support.ts';

const remote = { isLocal: () => false };

function chains(count: number, rulesOf: (index: number) => readonly string[], policy = 'ACCEPT'): string {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const declared = indexes.map((index) => `:C${index} - [0:0]`);
  return [
    '*filter',
    `:FORWARD ${policy} [0:0]`,
    ...declared,
    '-A FORWARD -j C0',
    ...indexes.flatMap((index) => rulesOf(index).map((rule) => `-A C${index} ${rule}`)),
    'COMMIT',
    '',
  ].join('\n');
}

/** Each chain jumps to the next one by two rules: as many paths as 2 to the power of their number. */
function diamond(levels: number, first: (index: number) => string, last: string): string {
  return chains(levels, (index) => (index === levels - 1 ? [last] : [`${first(index)} -j C${index + 1}`, `-j C${index + 1}`]));
}

const words = ({ outcomes }: Enumeration) =>
  outcomes.map(({ verdict, probability, ...outcome }) => [
    verdict,
    probability,
    ...assumedBy({ verdict, probability, ...outcome }),
  ]);

describe('diamonds of jumps, 30 levels of them', () => {
  it('that are all gone through are one outcome, with each chain shown once', () => {
    const found = enumerate(
      diamond(30, () => '-s 203.0.113.0/24', '-p udp -j DROP'),
      {},
      remote,
    );
    expect(words(found)).toEqual([['accept', 1]]);
    expect(found.complete).toBe(true);
    expect(found.assumptions.join()).toContain('shown as one');
    const report = traceReport(
      ruleset(diamond(30, () => '-s 203.0.113.0/24', '-p udp -j DROP')),
      { from: '203.0.113.9', to: '10.0.0.1:80' },
      remote,
    );
    expect(report.ok && report.report.outcomes.map(({ steps }) => steps.length)).toEqual([60]);
  });

  it('that a verdict ends are one outcome', () => {
    expect(
      words(
        enumerate(
          diamond(30, () => '-s 203.0.113.0/24', '-j DROP'),
          {},
          remote,
        ),
      ),
    ).toEqual([['drop', 1]]);
  });

  it('of chance keep their shares', () => {
    const halves = (index: number) => `-m statistic --mode random --probability 0.5 ${index === 3 ? '-m mark --mark 0x1' : ''}`;
    expect(words(enumerate(diamond(30, halves, '-p tcp -j RETURN'), {}, remote))).toEqual([['accept', 1]]);
    const quarter = chains(30, (index) =>
      index === 29
        ? ['-m mark --mark 0x3/0x3 -j DROP']
        : [
            `-m statistic --mode random --probability 0.5 -j MARK --or-mark 0x${index < 2 ? index + 1 : 0}`,
            `-m statistic --mode random --probability 0.5 -g C${index + 1}`,
            `-j C${index + 1}`,
            '-j RETURN',
          ],
    );
    const found = words(enumerate(quarter, {}, remote));
    const total = found.reduce((sum, [, probability]) => sum + Number(probability), 0);
    expect(total).toBeCloseTo(1, 9);
    expect(
      found.filter(([verdict]) => verdict === 'drop').reduce((sum, [, probability]) => sum + Number(probability), 0),
    ).toBeCloseTo(0.25, 9);
  });

  it('of open questions say only what matters', () => {
    const open = (index: number) => `-m set --match-set s${index} src`;
    expect(words(enumerate(diamond(30, open, '-p udp -j DROP'), {}, remote))).toEqual([['accept', 1]]);
    const one = diamond(30, open, '-m set --match-set s7 src -j DROP');
    expect(words(enumerate(one, {}, remote))).toEqual([
      ['accept', 1, 'The set s7 does not have 203.0.113.9.'],
      ['drop', 1, 'The set s7 has 203.0.113.9.'],
    ]);
  });
});

describe('hostile rulesets', () => {
  it('nested 40,000 deep are gone through', () => {
    const deep = chains(40_000, (index) => (index === 39_999 ? ['-j DROP'] : [`-j C${index + 1}`]));
    const { outcomes, complete } = enumerate(deep, {}, remote);
    expect([outcomes.map(({ verdict }) => verdict), complete]).toEqual([['drop'], true]);
  });

  it('in a circle of 40,000 chains as well', () => {
    const { outcomes } = enumerate(
      chains(40_000, (index) => [`-j C${(index + 1) % 40_000}`]),
      {},
      remote,
    );
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['accept']);
  });

  it('with 40,000 sets that nobody declared list the likeliest first, and say that there are more', () => {
    const text = chains(1, () => Array.from({ length: 40_000 }, (_, index) => `-m set --match-set s${index} src -j DROP`));
    const answer = traceReport(ruleset(text), { from: '203.0.113.9', to: '10.0.0.1:80' }, remote);
    if (!answer.ok) throw new Error(answer.message);
    const { outcomes, assumptions } = answer.report;
    expect(outcomes.map(({ verdict }) => verdict).slice(0, 3)).toEqual(['accept', 'drop', 'drop']);
    expect(outcomes).toHaveLength(1000);
    expect(Math.max(...outcomes.map(({ assuming }) => assuming.length))).toBeLessThanOrEqual(101);
    expect(assumptions.join(' ')).toContain('There are more outcomes than these');
    expect(assumptions.join(' ')).toContain('are not listed');
  });

  it('with more paths than worlds can be told apart do not claim to be complete', () => {
    const marks = chains(1, () =>
      Array.from({ length: 30 }, (_, bit) => `-m set --match-set s${bit} src -j MARK --or-mark 0x${(2 ** bit).toString(16)}`),
    );
    const { outcomes, complete, assumptions } = enumerate(marks, {}, remote);
    expect(outcomes[0]?.packet.mark).toBe(0);
    expect(complete).toBe(false);
    expect(assumptions.join()).toContain('There are more outcomes than these');
  });

  it('that no single path gets through say so where worlds are left out as well', () => {
    const bits = Array.from(
      { length: 30 },
      (_, bit) => `-A C30 -m set --match-set s${bit} src -j MARK --or-mark 0x${(2 ** bit).toString(16)}\n`,
    );
    const text = diamond(30, () => '-s 203.0.113.0/24', '-j C30')
      .replace(':C0 ', ':C30 - [0:0]\n:C0 ')
      .replace('COMMIT', `${bits.join('')}COMMIT`);
    const { outcomes, complete, assumptions } = enumerate(text, {}, remote);
    expect(outcomes.map(({ verdict, packet }) => [verdict, packet.mark])).toEqual([['accept', 0]]);
    expect(complete).toBe(false);
    expect(assumptions.join()).toContain('Only the likeliest outcome is shown');
  });

  it('with 5,000 interfaces tell the first ones apart, and say so', () => {
    const text = chains(1, () => Array.from({ length: 5000 }, (_, index) => `-i veth${index} -j DROP`));
    const { outcomes, complete, assumptions } = enumerate(text, {}, remote);
    expect(outcomes[0]?.verdict).toBe('accept');
    expect(complete).toBe(false);
    expect(assumptions.join()).toContain('More than 512 values are told apart');
  });
});

describe('outcomes of paths that end alike', () => {
  const matches = [
    '',
    '-m set --match-set a src',
    '-m set ! --match-set b src',
    '-m set --match-set c src',
    '-m statistic --mode random --probability 0.5',
    '-m mark --mark 0x1/0x1',
    '-m set --match-set a src -m statistic --mode random --probability 0.25',
    '-i eth0',
    '! -i eth+',
  ];
  const ends = [
    '-j ACCEPT',
    '-j DROP',
    '-j REJECT',
    '-j RETURN',
    '-j MARK --or-mark 0x1',
    '-j MARK --and-mark 0xfffffffe',
    '-j MARK --or-mark 0x2',
    '',
  ];

  const text = fc
    .array(fc.array(fc.tuple(fc.constantFrom(...matches), fc.nat(ends.length + 5)), { minLength: 1, maxLength: 4 }), {
      minLength: 4,
      maxLength: 6,
    })
    .map((rules) =>
      chains(rules.length, (index) =>
        (rules[index] ?? []).map(([match, end]) => {
          const later = rules.length - index - 1;
          const jump = later === 0 ? '' : `${end % 2 === 0 ? '-j' : '-g'} C${index + 1 + (end % later)}`;
          return `${match} ${ends[end] ?? jump}`;
        }),
      ),
    );

  /** Shares by verdict and mark. */
  function shares(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { verdict, packet, probability } of outcomes) {
      const key = `${verdict} ${packet.mark}`;
      sums[key] = (sums[key] ?? 0) + probability;
    }
    const shares = Object.entries(sums).map(([key, share]) => [key, Math.round(share * 1e6) / 1e6] as const);
    return Object.fromEntries(shares.filter(([, share]) => share > 0).sort());
  }

  it('are those of all paths, whatever the answers to open questions are', () => {
    const answers = fc.record({
      a: fc.boolean(),
      b: fc.boolean(),
      c: fc.boolean(),
      eth: fc.constantFrom('eth0', 'eth1', 'wlan0'),
    });
    fc.assert(
      fc.property(text, answers, (rules, { a, b, c, eth }) => {
        const sets: Readonly<Record<string, boolean>> = { a, b, c };
        const holds = (fact: Outcome['assumed']): boolean => {
          if (fact === null) return true;
          const { about, key, value } = fact.fact;
          const truth =
            about === 'set' ? sets[key.split(' ')[1] ?? ''] === true : value === undefined || includes(value.within, eth);
          return truth === fact.holds && holds(fact.previous);
        };
        const single = enumerate(
          rules,
          { in: eth },
          { ...remote, decide: (fact) => (fact.about === 'set' ? sets[fact.key.split(' ')[1] ?? ''] === true : undefined) },
        );
        const merged = enumerate(rules, {}, { ...remote, mostOutcomes: 1 });
        fc.pre(single.complete && merged.complete);
        expect(shares(merged.outcomes.filter(({ assumed }) => holds(assumed)))).toEqual(shares(single.outcomes));
      }),
      { seed: 20261125, numRuns: 400 },
    );
  });
});

describe('more packets than can be followed', () => {
  /** Five rules in each of some chains mark a packet where it is in a set that nobody knows: 32 packets leave the first, 1,024 the second. */
  const marking = (hooks: readonly (readonly [table: string, chain: string])[]): string =>
    hooks
      .map(([table, chain], at) => {
        const bits = [0, 1, 2, 3, 4].map((bit) => 1 << (5 * at + bit));
        const rules = bits.map(
          (bit) => `-A ${chain} -m set --match-set s${bit} src -j MARK --set-xmark 0x${bit.toString(16)}/0x${bit.toString(16)}\n`,
        );
        return `*${table}\n:${chain} ACCEPT [0:0]\n${rules.join('')}COMMIT\n`;
      })
      .join('');

  it('are said to be some of all', () => {
    const hooks = [
      ['raw', 'PREROUTING'],
      ['mangle', 'PREROUTING'],
      ['filter', 'FORWARD'],
    ] as const;
    expect(enumerate(marking(hooks), {}, remote).complete).toBe(false);
    expect(enumerate(marking(hooks.slice(0, 1)), {}, remote).complete).toBe(true);
  });
});
