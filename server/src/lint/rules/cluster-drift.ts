import type { Steps } from '../../base/steps.ts';
import type { ComparisonBasis } from '../../kube/drift/basis.ts';
import type { ComparedDump } from '../../kube/drift/compare-dump.ts';
import type { Drift } from '../../kube/drift/drift.ts';
import { type DriftFinding, leftByLargeCluster } from '../../kube/drift/finding.ts';
import { driftFindings } from '../../kube/drift/report.ts';
import { isElsewhere, type ServiceProxy } from '../../kube/proxy/mode.ts';
import { type Ruleset, tableAt } from '../../ruleset/ruleset.ts';
import { restartKubeProxy } from '../mending/node-commands.ts';
import { asKubeProxyWrites } from '../mending/service-rules.ts';
import { type Finding, finding, type LintInput, type Severity } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';
import { hasKubelet } from './service-proxy.ts';

/** Findings that need the cluster: no lint rule of a dump alone makes them. */
export const clusterDriftCodes: Readonly<Record<string, string>> = {
  'drift-missing': 'The cluster has a Service, port or endpoint that the dump has no rules for.',
  'drift-stale': 'The dump has rules for a Service, port or endpoint that the cluster no longer has.',
  'drift-differs':
    "A Service's rules are not those that kube-proxy would write for it now: another address, port, policy or share.",
  'not-compared': 'The dump was not compared with the cluster: it is of another one, or its Services are elsewhere.',
};

const findingsBetweenPauses = 512;

/** Where the dump and the cluster disagree, each at its rule, in text order. Pauses every few hundred. */
export function* clusterDriftFindings(input: LintInput, drift: Drift): Steps<readonly Finding[]> {
  const basisOf = new Map(drift.dumps.map(({ dump, basis }) => [dump.family, basis]));
  const findings: Finding[] = drift.dumps.flatMap((dump) => notCompared(input.ruleset, dump));
  for (const [at, found] of driftFindings(drift).entries()) {
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
    findings.push(atRule(input, found, basisOf.get(found.family)));
  }
  return findings;
}

/** Why a dump was not compared with a cluster that has Services of its family. */
function notCompared(ruleset: Ruleset, { dump, obstacle, layout, proxy }: ComparedDump): readonly Finding[] {
  const [table] = dump.tables;
  if (obstacle === undefined || table === undefined || (layout.mode === null && !isToldByCluster(proxy, ruleset))) return [];
  const place = linePlace(ruleset, proxy.line ?? table.firstLine);
  return [finding(place, 'not-compared', 'info', `Not compared with the cluster: ${obstacle}`, { table })];
}

/** Whether it is the cluster that says who does Services: what the dump itself shows is said without it (`service-proxy`). */
function isToldByCluster(proxy: ServiceProxy, ruleset: Ruleset): boolean {
  return isElsewhere(proxy) && proxy.line === null && !(proxy.kind === 'absent' && hasKubelet(ruleset));
}

function severityOf({ cause }: DriftFinding): Severity {
  return cause === leftByLargeCluster ? 'info' : 'warning';
}

function atRule(input: LintInput, found: DriftFinding, basis: ComparisonBasis | undefined): Finding {
  const { ruleset } = input;
  const { status, message, cause, expected } = found;
  // What has no place in the dump is said at the top of the table where it would stand.
  const table =
    found.line === null
      ? ruleset.tables.find(({ name, dump }) => name === 'nat' && dump.family === found.family)
      : tableAt(ruleset, found.line);
  const line = found.line ?? table?.firstLine ?? 0;
  const source = ruleset.lines.at(line);
  const text = source?.text ?? '';
  const start = source?.prefix ?? 0;
  const parts = [cause === '' ? message : `${message} (${cause})`, expected === null ? '' : `Expected: ${expected}`];
  const chain = table?.chains.get(source?.name ?? '');
  return finding(
    { line, start, end: Math.max(text.trimEnd().length, start) },
    `drift-${status}`,
    severityOf(found),
    parts.filter((part) => part !== '').join('\n'),
    {
      table,
      chain,
      fixes: () => (basis === undefined ? [] : asKubeProxyWrites(input, basis, found)),
      onNode: found.cause === leftByLargeCluster ? [] : restartKubeProxy(basis?.node.name),
    },
  );
}
