/**
 * Which Service, endpoint and Pod a chain stands for: by kube-proxy's comments, by its hashes over the cluster's objects, and by
 * addresses. Lazy: a chain is looked at when it is asked for, and then kept.
 */

import type { Cluster } from '../../cluster/cluster.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { DumpOrigin } from '../proxy/dump-node.ts';
import { type ChainIdentity, onlyRole, type Resolution } from './chain-identity.ts';
import { hashedPrefix } from './chain-names.ts';
import { endpointChain, hostPortChain } from './endpoint-chains.ts';
import { chainIndexOf } from './hash-index.ts';
import { roleInfo } from './roles.ts';
import { serviceChain } from './service-chains.ts';

/** A map of all chains of a table is put into slots anew again and again as it grows, which takes 16 ms for 260,000. */
const chainsInPiece = 1_024;

/** What is known of chains, by their tables and their places there, in pieces that are made when one of their chains is asked for. */
type KnownChains = Map<Table, (ChainIdentity | undefined)[][]>;

function pieceOf(known: KnownChains, { table, index }: Chain): (ChainIdentity | undefined)[] {
  let pieces = known.get(table);
  if (pieces === undefined) {
    pieces = [];
    known.set(table, pieces);
  }
  const at = Math.floor(index / chainsInPiece);
  pieces[at] ??= [];
  return pieces[at];
}

/** Names for the chains of a ruleset, with what the cluster knows. Does nothing until a chain is asked for. */
export function resolveChains(ruleset: Ruleset, cluster: Cluster, origin: DumpOrigin = {}): Resolution {
  const known: KnownChains = new Map();
  const resolution: Resolution = {
    ruleset,
    cluster,
    index: chainIndexOf(cluster),
    origin,
    chain: (chain) => {
      const piece = pieceOf(known, chain);
      const at = chain.index % chainsInPiece;
      piece[at] ??= identify(resolution, chain);
      return piece[at];
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
