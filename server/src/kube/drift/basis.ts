/** As what a dump of one family is compared with a cluster, and why it may not be compared at all. */

import { isIPv6 } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { isProxied } from '../expected/service-ports.ts';
import { type DumpNode, dumpNode, dumpNodeSteps } from '../proxy/dump-node.ts';
import { type ProxyLayout, proxyLayoutSteps } from '../proxy/layout.ts';
import { type ServiceProxy, serviceProxyOf, serviceProxyText } from '../proxy/mode.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { oldestVersion, proxyVersionText } from '../proxy/version.ts';
import { type DumpSide, readDumpSide } from './dump-side.ts';
import { whyOtherCluster } from './other-cluster.ts';
import { comparedOptions, type DriftOptions } from './settings.ts';

export interface ComparisonBasis {
  readonly cluster: Cluster;
  readonly layout: ProxyLayout;
  readonly side: DumpSide;
  readonly node: DumpNode;
  readonly options: ProxyOptions;
  /** Who does Services on the node. */
  readonly proxy: ServiceProxy;
  /** Why the dump cannot be compared at all, in sentences; undefined where it can. */
  readonly obstacle: string | undefined;
}

/** Whether kube-proxy would write anything for a cluster's Services in a family. */
function hasServices({ services }: Cluster, family: Family): boolean {
  return services.some((service) => isProxied(service) && service.clusterIPs.some((ip) => isIPv6(ip) === (family === 'ipv6')));
}

/** Whether kube-proxy has nothing to write in the family of a dump, and has written nothing, as in the other family of a cluster with one. */
function isNothingExpected(proxy: ServiceProxy, { dump }: DumpSide, cluster: Cluster): boolean {
  return (proxy.kind === 'absent' || proxy.kind === 'other') && !hasServices(cluster, dump.family);
}

/** Why a dump cannot be compared at all; undefined where it can. */
function obstacleTo(proxy: ServiceProxy, layout: ProxyLayout, side: DumpSide, cluster: Cluster): string | undefined {
  if (isNothingExpected(proxy, side, cluster)) return undefined;
  if (proxy.kind !== 'iptables') return serviceProxyText(proxy);
  if (side.nat === undefined) return 'The dump has no nat table, where kube-proxy’s Services are.';
  if (layout.newest !== null && layout.newest < oldestVersion)
    return `The rules are those of kube-proxy ${proxyVersionText(layout.newest)} or earlier, whose chains were laid out in another way; from ${proxyVersionText(oldestVersion)} on they can be compared.`;
  if (side.changedNames > side.portChains.size + side.endpointChains.length)
    return 'The names of chains were changed, so that they do not tell which Service they are for.';
  return whyOtherCluster(side.ruleset, side.dump, cluster);
}

interface Known {
  readonly cluster: Cluster;
  readonly given: string;
  readonly basis: ComparisonBasis;
}

const known = createMemory<Dump, Known>();

/** The basis of comparing a dump with a cluster. Kept, as the drawing asks about one Service after another. Pauses every few hundred chains. */
export function* comparisonBasis(ruleset: Ruleset, dump: Dump, cluster: Cluster, given: DriftOptions): Steps<ComparisonBasis> {
  const before = known.get(dump);
  const key = JSON.stringify([given.node, given.fileName, given.clusterCIDR, given.version]);
  if (before?.cluster === cluster && before.given === key && before.basis.side.ruleset === ruleset) return before.basis;
  const layout = yield* proxyLayoutSteps(ruleset, dump);
  yield;
  const side = yield* readDumpSide(ruleset, dump);
  yield* dumpNodeSteps({ ruleset, cluster, origin: given });
  const node = dumpNode({ ruleset, cluster, origin: given }, dump);
  const options = yield* comparedOptions(side, cluster, layout, given, node.name);
  const proxy = serviceProxyOf(ruleset, dump, cluster, node.name);
  const basis = { cluster, layout, side, node, options, proxy, obstacle: obstacleTo(proxy, layout, side, cluster) };
  known.set(dump, { cluster, given: key, basis });
  return basis;
}
