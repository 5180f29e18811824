/**
 * Which Service, endpoint and Pod a chain stands for: by kube-proxy's comments, by its hashes over the cluster's objects, and by
 * addresses. Lazy: a chain is looked at when it is asked for, and then kept.
 */

import type { Cluster } from '../../cluster/cluster.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { DumpOrigin } from '../proxy/dump-node.ts';
import { type ChainIdentity, onlyRole, type Resolution } from './chain-identity.ts';
import { hashedPrefix } from './chain-names.ts';
import { endpointChain, hostPortChain } from './endpoint-chains.ts';
import { chainIndexOf } from './hash-index.ts';
import { roleInfo } from './roles.ts';
import { serviceChain } from './service-chains.ts';

/** Names for the chains of a ruleset, with what the cluster knows. Does nothing until a chain is asked for. */
export function resolveChains(ruleset: Ruleset, cluster: Cluster, origin: DumpOrigin = {}): Resolution {
  const known = new Map<Chain, ChainIdentity>();
  const resolution: Resolution = {
    ruleset,
    cluster,
    index: chainIndexOf(cluster),
    origin,
    chain: (chain) => {
      let identity = known.get(chain);
      if (identity === undefined) {
        identity = identify(resolution, chain);
        known.set(chain, identity);
      }
      return identity;
    },
  };
  return resolution;
}

function identify(resolution: Resolution, chain: Chain): ChainIdentity {
  const info = roleInfo(chain.table.name, chain.name, chain.builtin);
  switch (info.role) {
    case 'service':
    case 'service-local':
    case 'external':
    case 'firewall':
    case 'xlb':
      return hashedPrefix(chain.name) === undefined ? onlyRole(info) : serviceChain(resolution, chain, info);
    case 'endpoint':
      return endpointChain(resolution, chain, info);
    case 'cni-hostport':
      return /^(?:CNI-DN-|KUBE-HP-)/.test(chain.name) ? hostPortChain(resolution, chain, info) : onlyRole(info);
    default:
      return onlyRole(info);
  }
}
