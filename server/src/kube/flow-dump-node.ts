import type { NodeRecord } from '../cluster/objects.ts';
import { rulesOf } from '../ruleset/rules.ts';
import type { Chain } from '../ruleset/ruleset.ts';
import type { Resolution } from './resolve.ts';
import { optionsOf } from './rule-values.ts';

const mostChainsLookedAt = 60;
const known = new WeakMap<Resolution, { readonly node: NodeRecord | null }>();

/** Where the endpoints of a KUBE-SVL- chain are, and the Pods behind a CNI-DN- chain: on the node that wrote the dump. */
function vote(resolution: Resolution, chain: Chain, votes: Map<string, number>): void {
  const count = (name: string | null | undefined): void => {
    if (name) votes.set(name, (votes.get(name) ?? 0) + 1);
  };
  if (chain.name.startsWith('CNI-DN-')) {
    count(resolution.chain(chain).endpoint?.pod?.node);
    return;
  }
  for (const { rule } of rulesOf(resolution.ruleset, chain)) {
    const target = chain.table.chains.get(rule.target?.text ?? '');
    if (target?.name.startsWith('KUBE-SEP-')) {
      const { endpoint } = resolution.chain(target);
      count(endpoint?.endpoint?.nodeName || endpoint?.pod?.node);
    }
    // flannel and the CNI bridge plugin treat the node's own Pod network apart.
    for (const option of [...optionsOf(rule, '--source'), ...optionsOf(rule, '--destination')]) {
      const network = option.values[0]?.text ?? '';
      count(resolution.cluster.nodes.find((node) => node.podCIDRs.includes(network))?.name);
    }
  }
}

function findNode(resolution: Resolution): NodeRecord | null {
  const { cluster, ruleset } = resolution;
  if (cluster.nodes.length <= 1) return cluster.nodes[0] ?? null;
  const votes = new Map<string, number>();
  let looked = 0;
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      if (!/^(?:KUBE-SVL-|CNI-DN-|FLANNEL-POSTRTG$|CNI-[0-9a-f]+$|KUBE-ROUTER-)/.test(chain.name)) continue;
      vote(resolution, chain, votes);
      looked += 1;
      if (looked === mostChainsLookedAt) break;
    }
  }
  const [best, second] = [...votes].toSorted((a, b) => b[1] - a[1]);
  if (best === undefined || best[1] === second?.[1]) return null;
  return cluster.node(best[0]) ?? null;
}

/**
 * The node that a ruleset was taken from, told by what its rules treat as local: endpoints of policy Local, hostPorts, the node's own Pod
 * network. null where the cluster has no such node or the rules do not tell.
 */
export function dumpNode(resolution: Resolution): NodeRecord | null {
  let answer = known.get(resolution);
  if (answer === undefined) {
    answer = { node: findNode(resolution) };
    known.set(resolution, answer);
  }
  return answer.node;
}
