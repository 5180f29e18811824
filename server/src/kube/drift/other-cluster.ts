/** Whether a dump is of another cluster than the one at hand: an editor finds snapshots by itself, and people keep several. */

import { isIPv6 } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { isProxied } from '../expected/service-ports.ts';
import { portHash, portName } from '../identity/chain-names.ts';
import { portHashes } from '../identity/hash-index.ts';
import { singleAddress } from '../proxy/rule-values.ts';
import type { DumpSide } from './dump-side.ts';

/** Every cluster has these. */
const everywhere: ReadonlySet<string> = new Set(['default/kubernetes', 'kube-system/kube-dns']);
const fewestTold = 4;
const leastShare = 0.25;

/** Where the dump has the API server's Service, whose address a cluster keeps for life. */
function apiServerIP({ entries, ruleset }: DumpSide): string | undefined {
  for (const line of entries.get(portHash(portName('default', 'kubernetes', 'https'), 'tcp')) ?? []) {
    const rule = ruleAt(ruleset, line);
    const ip = rule === undefined ? undefined : singleAddress(rule, '--destination');
    if (ip !== undefined) return ip;
  }
  return undefined;
}

/** Why a dump cannot be of this cluster, in a sentence; undefined where it may be. */
export function otherCluster(side: DumpSide, cluster: Cluster): string | undefined {
  const { label } = cluster.source;
  const dumped = apiServerIP(side);
  const known = cluster.service('default', 'kubernetes')?.clusterIPs.filter((ip) => isIPv6(ip) === (side.dump.family === 'ipv6'));
  if (dumped !== undefined && known !== undefined && known.length > 0 && !known.includes(dumped))
    return `The dump is of another cluster than ${label}: there default/kubernetes is ${dumped}, here ${known.join(', ')}.`;
  const common = new Set<string>();
  const hashes = new Set<string>();
  for (const service of cluster.services) {
    const names = everywhere.has(`${service.namespace}/${service.name}`) ? common : hashes;
    if (isProxied(service)) for (const { hash } of portHashes(service)) names.add(hash);
  }
  const inDump = [...side.entries.keys()].filter((hash) => !common.has(hash));
  const shared = inDump.filter((hash) => hashes.has(hash)).length;
  if (inDump.length < fewestTold || hashes.size < fewestTold) return undefined;
  if (shared >= inDump.length * leastShare || shared >= hashes.size * leastShare) return undefined;
  return `The dump seems to be of another cluster than ${label}: of the ${inDump.length} Service ports that it has rules for, ${shared} are there.`;
}
