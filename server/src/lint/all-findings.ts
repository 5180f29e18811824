/** All that is said of a text: of its ruleset, and with a cluster of where the two disagree. */
import type { Steps } from '../base/steps.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { driftSteps } from '../kube/drift/drift.ts';
import type { DriftOptions } from '../kube/drift/settings.ts';
import { isElsewhere } from '../kube/proxy/mode.ts';
import { findingCodes, lint } from './registry.ts';
import { clusterDriftCodes, clusterDriftFindings } from './rules/cluster-drift.ts';
import type { Finding, LintInput } from './support/finding.ts';
import { type Judged, judge, type Severities } from './support/judge.ts';
import { mergeDrift } from './support/merge-drift.ts';

/** How grave findings are where nobody says otherwise: as each of them is. */
export const ownSeverities: Severities = new Map();

/**
 * What lint and a comparison found, as it is told: without what the file ignores, and as grave as asked for. Pauses every few thousand findings.
 * @param drift where the text and a cluster disagree; undefined where they were not compared
 */
export function* judged(
  input: LintInput,
  found: readonly Finding[],
  drift: readonly Finding[] | undefined,
  severities: Severities,
): Steps<Judged> {
  const all = drift === undefined ? found : mergeDrift(found, drift);
  const isLookedFor = (code: string): boolean => drift !== undefined || !(code in clusterDriftCodes);
  return yield* judge(input, all, severities, findingCodes(), isLookedFor);
}

export interface AllFindings extends Judged {
  /** Whether the node's Services are not in its iptables, so that nothing of them could be compared with the cluster; a finding says why. */
  readonly isElsewhere: boolean;
}

/** The findings that say that a node's Services are not in its iptables. */
const saysElsewhere: ReadonlySet<string> = new Set(['service-proxy', 'nat-flushed', 'not-compared']);

/** Looks at a text, and compares it with the cluster unless that is an empty one. Pauses often. */
export function* allFindings(
  input: LintInput,
  severities: Severities,
  against: { readonly cluster: Cluster; readonly options: DriftOptions } | undefined,
): Steps<AllFindings> {
  const found = yield* lint(input);
  if (against === undefined || against.cluster.source.kind === 'none')
    return { ...(yield* judged(input, found, undefined, severities)), isElsewhere: false };
  const drift = yield* driftSteps(input.ruleset, against.cluster, against.options);
  const all = yield* judged(input, found, yield* clusterDriftFindings(input, drift), severities);
  const isNotCompared = drift.dumps.some(({ obstacle, proxy }) => obstacle !== undefined && isElsewhere(proxy));
  return { ...all, isElsewhere: isNotCompared && all.findings.some(({ code }) => saysElsewhere.has(code)) };
}
