/** As what a dump of one family is compared with a cluster, and why it may not be compared at all. */
import type { Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type DumpNode, dumpNode } from '../proxy/dump-node.ts';
import { type ProxyLayout, proxyLayout } from '../proxy/layout.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { oldestVersion, proxyVersionText } from '../proxy/version.ts';
import { type DumpSide, readDumpSide } from './dump-side.ts';
import { otherCluster } from './other-cluster.ts';
import { comparedOptions, type DriftOptions } from './settings.ts';

export interface ComparisonBasis {
  readonly cluster: Cluster;
  readonly layout: ProxyLayout;
  readonly side: DumpSide;
  readonly node: DumpNode;
  readonly options: ProxyOptions;
  /** Why the dump cannot be compared at all, in a sentence; undefined where it can. */
  readonly obstacle: string | undefined;
}

/** Why a dump cannot be compared at all; undefined where it can. */
function obstacleTo(layout: ProxyLayout, side: DumpSide, cluster: Cluster): string | undefined {
  if (layout.mode === null) return 'Nothing in the dump is kube-proxy’s.';
  if (layout.mode === 'ipvs')
    return 'kube-proxy runs in ipvs mode on this node: its Services are in the kernel’s ipvs tables and in ipsets, which the dump does not show.';
  if (layout.mode === 'userspace') return 'kube-proxy ran in userspace mode, in which the rules do not name endpoints.';
  if (side.nat === undefined) return 'The dump has no nat table, where kube-proxy’s Services are.';
  if (layout.newest !== null && layout.newest < oldestVersion)
    return `The rules are those of kube-proxy ${proxyVersionText(layout.newest)} or earlier, whose chains were laid out in another way; from ${proxyVersionText(oldestVersion)} on they can be compared.`;
  if (side.changedNames > side.portChains.size + side.endpointChains.length)
    return 'The names of chains were changed, so that they do not tell which Service they are for.';
  return otherCluster(side, cluster);
}

interface Known {
  readonly cluster: Cluster;
  readonly given: string;
  readonly basis: ComparisonBasis;
}

const known = new WeakMap<Dump, Known>();

/** The basis of comparing a dump with a cluster. Kept, as the drawing asks about one Service after another. Pauses every few hundred chains. */
export function* comparisonBasis(ruleset: Ruleset, dump: Dump, cluster: Cluster, given: DriftOptions): Steps<ComparisonBasis> {
  const before = known.get(dump);
  const key = JSON.stringify([given.node, given.fileName, given.clusterCIDR, given.version]);
  if (before?.cluster === cluster && before.given === key && before.basis.side.ruleset === ruleset) return before.basis;
  const layout = proxyLayout(ruleset, dump);
  yield;
  const side = yield* readDumpSide(ruleset, dump);
  const node = dumpNode({ ruleset, cluster, origin: given }, dump);
  const options = yield* comparedOptions(side, cluster, layout, given, node.name);
  const basis = { cluster, layout, side, node, options, obstacle: obstacleTo(layout, side, cluster) };
  known.set(dump, { cluster, given: key, basis });
  return basis;
}
