import { createMemory } from '../../base/memory.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { roleOf } from '../identity/roles.ts';
import type { FlowNodeKind } from './graph.ts';

const kinds = createMemory<Chain, { readonly kind: FlowNodeKind | null }>();

/** What a chain is drawn as; null for one that is left out: marks, hooks, postrouting, chains that are not kube-proxy's. */
export function drawnKind(chain: Chain): FlowNodeKind | null {
  let known = kinds.get(chain);
  if (known === undefined) {
    known = { kind: kindOf(chain) };
    kinds.set(chain, known);
  }
  return known.kind;
}

function kindOf(chain: Chain): FlowNodeKind | null {
  switch (roleOf(chain.table.name, chain.name, chain.builtin)) {
    case 'services':
    case 'nodeports':
    case 'external-services':
      return 'dispatch';
    case 'external':
    case 'xlb':
      return 'external';
    case 'firewall':
      return 'firewall';
    case 'service':
      return 'service';
    case 'service-local':
      return 'service-local';
    case 'endpoint':
      return 'endpoint';
    case 'cni-hostport':
      if (chain.name === 'CNI-HOSTPORT-DNAT' || chain.name === 'KUBE-HOSTPORTS') return 'dispatch';
      return /^(?:CNI-DN-|KUBE-HP-)/.test(chain.name) ? 'endpoint' : null;
    default:
      return null;
  }
}
