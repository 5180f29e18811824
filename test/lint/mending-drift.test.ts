import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import { mend } from '../../server/src/lint/mending/mend.ts';
import { changedLines, textOf, unmendedLines } from '../../server/src/lint/mending/mended-text.ts';
import type { Finding, LintInput } from '../../server/src/lint/support/finding.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';

function read(text: string): LintInput {
  const document = readWholeDocument(text, 'node.iptables');
  return { document, ruleset: buildWholeRuleset(document) };
}

function found(input: LintInput, cluster: Cluster): readonly Finding[] {
  return runToEnd(allFindings(input, ownSeverities, { cluster, options: {} })).findings;
}

const isDrift = ({ code }: Finding): boolean => code.startsWith('drift-');

/** Dumps that are older than their cluster, and what kube-proxy itself made of them when it was back. */
const stale: readonly (readonly [dump: string, cluster: string, synced: string])[] = [
  ['lab/shop-stale/node-a.iptables', 'lab/shop-stale/cluster.json', 'lab/shop-stale/node-a.synced.iptables'],
  [
    'lab/round-2/drift-7-round1/node-0.before.iptables',
    'lab/round-2/drift-7-round1/cluster.json',
    'lab/round-2/drift-7-round1/node-0.after.iptables',
  ],
  [
    'lab/round-2/drift-7-round1/node-0.before.ip6tables',
    'lab/round-2/drift-7-round1/cluster.json',
    'lab/round-2/drift-7-round1/node-0.after.ip6tables',
  ],
];

describe.each(stale)('the rules that kube-proxy would write, in %s', (dump, snapshot, synced) => {
  const text = fixtureText(dump);
  const cluster = clusterFrom(fixturePath(snapshot));

  it('do away with a difference, one by one', { timeout: 120_000 }, () => {
    const input = read(text);
    const differences = found(input, cluster).filter(isDrift);
    expect(differences.length).toBeGreaterThan(0);
    // A dozen of them: each is looked for in the whole text anew.
    const apart = Math.ceil(differences.length / 12);
    for (const finding of differences.filter((_, at) => at % apart === 0)) {
      const [fix] = finding.fixes();
      expect(fix?.safety).toBe('unsafe');
      const after = runToEnd(textOf(runToEnd(changedLines(runToEnd(unmendedLines(text)), fix?.changes() ?? []))));
      const left = found(read(after), cluster);
      const isLeft = ({ code, message }: Finding): boolean => code === finding.code && message === finding.message;
      expect(left.some(isLeft), `${finding.code}: ${finding.message}: ${fix?.title}`).toBe(false);
      expect(left.filter(isDrift).length).toBeLessThan(differences.length);
    }
  });

  it('are those that kube-proxy wrote', { timeout: 120_000 }, () => {
    const { left, input } = runToEnd(
      mend({
        text,
        fileName: dump,
        unsafe: true,
        *find(input) {
          return (yield* allFindings(input, ownSeverities, { cluster, options: {} })).findings;
        },
      }),
    );
    expect(left.filter((each) => isDrift(each) || each.severity === 'error').map(({ message }) => message)).toEqual([]);
    const { rules, services } = runToEnd(diffDumps(input.ruleset, read(fixtureText(synced)).ruleset));
    expect(rules.map(({ change, rule }) => `${change} ${rule}`)).toEqual([]);
    expect(services).toEqual([]);
  });
});
