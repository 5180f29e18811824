import { describe, expect, it } from 'vitest';
import { statementsBetweenPauses } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type ReachResult, reachSteps } from '../../server/src/kube/question/reach.ts';
import { rulesetOf } from '../support/dumps.ts';

const services = 8;
const each = (make: (number: number) => string, count = services): readonly string[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** Nobody knows what the sets hold: each rule that asks for one doubles the paths, for each of the Services. */
const manyQuestions = [
  '*nat',
  ':PREROUTING ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ':KUBE-SERVICES - [0:0]',
  ':MAYBE - [0:0]',
  ...each((n) => `:KUBE-SVC-TG4Y7II5EGIOXNP${n} - [0:0]`),
  ...each((n) => `-A PREROUTING -m set --match-set unknown${n} dst -j MAYBE`, 30),
  '-A PREROUTING -j KUBE-SERVICES',
  '-A OUTPUT -j KUBE-SERVICES',
  ...each(
    (n) =>
      `-A KUBE-SERVICES -d 10.96.0.1${n}/32 -p tcp -m comment --comment "shop/web${n}:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNP${n}`,
  ),
  ...each(
    (n) =>
      `-A KUBE-SVC-TG4Y7II5EGIOXNP${n} -p tcp -m comment --comment "shop/web${n}:http" -j DNAT --to-destination 10.244.0.1${n}:8080`,
  ),
  '-A MAYBE -m mark --mark 0x1/0x1 -j RETURN',
  'COMMIT',
  '',
].join('\n');

function answered(text: string): { readonly pauses: number; readonly result: ReachResult } {
  const steps = reachSteps(resolveChains(rulesetOf(text), emptyCluster), null);
  for (let pauses = 0; ; pauses += 1) {
    const next = steps.next();
    if (next.done === true) return { pauses, result: next.value };
  }
}

describe('who reaches the Services of a ruleset with many open questions', () => {
  it('is told of each, and what it takes is shared by all', () => {
    const { pauses, result } = answered(manyQuestions);
    if (!result.ok) throw new Error(result.message);
    const ends = result.report.services.map(({ entries }) => entries[0]?.clients[0]?.answer);
    expect(ends.map((answer) => [answer?.outcome, ...(answer?.endpoints.map(({ address }) => address) ?? [])])).toEqual(
      Array.from({ length: services }, (_, n) => ['arrives', `10.244.0.1${n}:8080`]),
    );
    // In pauses of 512 things to do. Where each question had as much as the first, there were 21,131 of them.
    expect((pauses * statementsBetweenPauses) / 512).toBeLessThan(4_000);
  });
});
