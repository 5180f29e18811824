/**
 * A dump against a cluster, Service by Service: which rules are missing, which are for something that is gone, and which differ from what
 * kube-proxy would write. Comments, counters and the order of Services make no difference.
 */

import type { Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { hasProxyRules } from '../proxy/mode.ts';
import { type ComparedDump, compareDump } from './compare-dump.ts';
import { type DriftFinding, type DriftStatus, worstStatus } from './finding.ts';
import { knowsServices } from './other-cluster.ts';
import type { DriftOptions } from './settings.ts';

export interface ServiceDrift {
  readonly namespace: string;
  readonly name: string;
  readonly status: DriftStatus;
  /** In the order of their lines. */
  readonly findings: readonly DriftFinding[];
}

export interface Drift {
  /** By namespace and name; Services that kube-proxy has nothing to do with are not among them. */
  readonly services: readonly ServiceDrift[];
  readonly dumps: readonly ComparedDump[];
  /** What holds for all dumps: that there is no cluster, or not enough of one. */
  readonly notes: readonly string[];
}

/** What of a cluster is needed to compare anything; what is lacking, in sentences. */
function lacking(cluster: Cluster): readonly string[] {
  if (cluster.source.kind === 'none') return ['No cluster is known to compare the dump with.'];
  const notes: string[] = [];
  if (!cluster.kinds.has('Service')) notes.push(`${cluster.source.label} has no Services: nothing was compared.`);
  if (!cluster.kinds.has('EndpointSlice')) notes.push(`${cluster.source.label} has no EndpointSlices: nothing was compared.`);
  return notes;
}

/**
 * The dumps of a ruleset that say most of kube-proxy's Services in their family: without those of the other back end, and tables apart, as where
 * a header was cut off.
 */
function dumpsToCompare(ruleset: Ruleset): readonly Dump[] {
  const { dumps } = ruleset;
  const worth = (dump: Dump): number =>
    hasProxyRules(ruleset, dump) ? 2 : dump.tables.some(({ name }) => name === 'nat' || name === 'filter') ? 1 : 0;
  const most = new Map<Dump['family'], number>();
  for (const dump of dumps) most.set(dump.family, Math.max(worth(dump), most.get(dump.family) ?? 0));
  return dumps.filter((dump) => worth(dump) === most.get(dump.family));
}

const mostNamespacesNamed = 6;

/** That a snapshot is of some namespaces, and what was not compared for that. */
function partNote(namespaces: ReadonlySet<string>, leftOut: ReadonlySet<string>): string {
  const some = (names: ReadonlySet<string>): string => {
    const sorted = [...names].toSorted();
    const more = sorted.length > mostNamespacesNamed ? ` and ${sorted.length - mostNamespacesNamed} more` : '';
    return `${sorted.length === 1 ? 'namespace' : 'namespaces'} ${sorted.slice(0, mostNamespacesNamed).join(', ')}${more}`;
  };
  return `The snapshot lacks default/kubernetes, which every cluster has: it is of ${some(namespaces)} alone ("kubectl get -A" reads all). Services of ${some(leftOut)} were not compared.`;
}

/** Compares the dumps of a ruleset with a cluster. Pauses every few dozen Services; never throws. */
export function* driftSteps(ruleset: Ruleset, cluster: Cluster, options: DriftOptions = {}): Steps<Drift> {
  const notes = lacking(cluster);
  if (notes.length > 0) return { services: [], dumps: [], notes };
  const byService = new Map<string, { readonly namespace: string; readonly name: string; readonly findings: DriftFinding[] }>();
  const entry = (namespace: string, name: string): DriftFinding[] => {
    const key = `${namespace}/${name}`;
    let found = byService.get(key);
    if (found === undefined) {
      found = { namespace, name, findings: [] };
      byService.set(key, found);
    }
    return found.findings;
  };
  const knownBefore = new Map<string, boolean>();
  const isKnown = (namespace: string): boolean => {
    const isIt = knownBefore.get(namespace) ?? knowsServices(ruleset, cluster, namespace);
    knownBefore.set(namespace, isIt);
    return isIt;
  };
  const leftOut = new Set<string>();
  const dumps: ComparedDump[] = [];
  for (const dump of dumpsToCompare(ruleset)) {
    const { compared, findings, services } = yield* compareDump(ruleset, dump, cluster, options);
    dumps.push(compared);
    // Where one namespace alone could be read, what is not of it was not compared.
    for (const { namespace, name } of services) if (isKnown(namespace)) entry(namespace, name);
    for (const finding of findings) {
      if (isKnown(finding.namespace)) entry(finding.namespace, finding.service).push(finding);
      else if (finding.namespace !== '') leftOut.add(finding.namespace);
    }
  }
  const services = [...byService.values()].map(({ namespace, name, findings }): ServiceDrift => {
    const sorted = findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
    return { namespace, name, status: worstStatus(sorted), findings: sorted };
  });
  services.sort((a, b) => (a.namespace === b.namespace ? (a.name < b.name ? -1 : 1) : a.namespace < b.namespace ? -1 : 1));
  const only = [...new Set([cluster.onlyIn.get('Service'), cluster.onlyIn.get('EndpointSlice')])].filter(
    (name) => name !== undefined,
  );
  return {
    services,
    dumps,
    notes: [
      ...(ruleset.dumps.length === 0 ? ['The dump has no tables.'] : []),
      ...(leftOut.size === 0 || cluster.namespaces === null ? [] : [partNote(cluster.namespaces, leftOut)]),
      ...only.map((namespace) => `Namespace ${namespace} alone could be read: the Services of others were not compared.`),
    ],
  };
}
