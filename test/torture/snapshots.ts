import { runToEnd } from '../../server/src/base/steps.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetFrom } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { type Attack, hostileText, mutateValue } from './attack.ts';

interface Item {
  readonly kind: string;
}

/** The sample's cluster, cut so that one reading takes about a millisecond. */
const snapshot = JSON.parse(fixtureText('sample/cluster.json')) as { readonly items: readonly Item[] };
const kinds = ['Service', 'EndpointSlice', 'Node', 'Pod'].map((kind) => snapshot.items.filter((item) => item.kind === kind));
const ruleset = rulesetFrom(fixturePath('sample/worker-1.iptables'));

/** What iptables-restore may be given: a table, a chain of kube-proxy's, a rule of one of its chains, COMMIT. Nothing else, on any line. */
const written =
  /^(?:\*(?:nat|filter|mangle)|:[A-Z0-9-]{1,28} (?:-|ACCEPT) \[0:0\]|-A (?:KUBE-[A-Z0-9-]{1,23}|PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) .*|COMMIT|#.*|)$/;

/** Damaged clusters. */
export const snapshots: Attack = {
  name: 'snapshots',
  claim: 'a damaged snapshot is read or refused, and what is written for it is rules only',
  attempt: (below) => {
    const some = kinds.flatMap((items) => {
      const from = below(Math.max(1, items.length - 2));
      return items.slice(from, from + 2);
    });
    const items = mutateValue(some, below, 30 + below(200));
    const text = JSON.stringify(below(50) === 0 ? mutateValue({ ...snapshot, items }, below, 4) : { ...snapshot, items });
    const result = readSnapshot(below(40) === 0 ? text.slice(0, below(text.length)) : text, hostileText(below), 0);
    if (!result.ok) return;
    const text4 = runToEnd(expectedText(result.cluster, proxyOptions({ node: 'worker-1', family: 'ipv4' })));
    const strange = text4.split('\n').find((line) => !written.test(line));
    if (strange !== undefined) throw new Error(`expected writes ${JSON.stringify(strange)} for ${text}`);
    if (below(8) === 0) driftReport(ruleset, result.cluster);
  },
};
