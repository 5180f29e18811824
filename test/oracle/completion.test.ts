/** What completion offers, finished to a rule, read by real iptables-restore. */
import { beforeAll, expect, it } from 'vitest';
import { finished, mostPlaces, offeredBehind, somePlaces } from '../support/completion-places.ts';
import { describeWith } from '../support/requirements.ts';
import type { GeneratedRule } from './arbitrary-rules.ts';
import { judgeAll, openNamespace } from './real-iptables.ts';

/** What only a machine with the set, the estimator, the file or the policy at hand takes. */
const ofTheMachine =
  / (?:(?:-m|--match)[ =]"?(?:set|rateest|nfacct|bpf|cgroup)|(?:-j|--jump)[ =]"?(?:SET|SECMARK|CT|CLUSTERIP|NOTRACK)|--helper|--match-set|--rateest\S*|--path)["= ]/;

/**
 * Of the words at each place one of so many is tried: over all places each comes up many times. IPTABLES_OFFERS=all tries them all, 73,067 rules, which
 * takes a quarter of an hour.
 */
const oneOf = process.env['IPTABLES_OFFERS'] === 'all' ? 1 : 40;

/** Rules that are begun like those that load and end in a word that is offered, and in what the rule lacks then. */
function offeredRules(): readonly GeneratedRule[] {
  const rules: GeneratedRule[] = [];
  for (const [number, { row, before }] of somePlaces(mostPlaces).entries()) {
    if (finished(row, before.trimEnd()) === undefined) continue;
    const offered = [...offeredBehind(row, before).values()];
    for (const [index, text] of offered.entries()) {
      if ((index + number) % oneOf !== 0) continue;
      const rule = finished(row, text);
      if (rule !== undefined && !ofTheMachine.test(`${rule} `)) rules.push({ family: row.family, table: row.table, text: rule });
    }
  }
  return rules;
}

describeWith(['root', 'iptables'], 'rules of what is offered', () => {
  let rules: readonly GeneratedRule[] = [];
  beforeAll(() => {
    rules = offeredRules();
  }, 900_000);

  it.each(['nft', 'legacy'] as const)(
    'are read by iptables-restore of the %s back end',
    { timeout: oneOf === 1 ? 3_600_000 : 300_000 },
    async (backend) => {
      expect(rules.length).toBeGreaterThan(2_000);
      const namespace = await openNamespace();
      try {
        const verdicts = await judgeAll([namespace], backend, rules);
        expect(
          rules
            .filter((rule) => verdicts.get(rule)?.accepted !== true)
            .map((rule) => `${rule.family} ${rule.table} ${rule.text}: ${verdicts.get(rule)?.message}`),
        ).toEqual([]);
      } finally {
        namespace.close();
      }
    },
  );
});
