/** Which node a dump was taken on, told by what only one node has. */

import { canonicalCIDR } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { dnatDestination, singleAddress } from '../proxy/rule-values.ts';

export interface NodeGuess {
  /** Empty where nothing tells. */
  readonly node: string;
  /** One sentence. */
  readonly reason: string;
}

const mostRulesLookedAt = 400;

/** A node's name as a word of a file's name: "node-a" in "/tmp/node-a.iptables-save". The longest one counts. */
function nodeInName(cluster: Cluster, fileName: string): string | undefined {
  const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  const named = cluster.nodes
    .map(({ name }) => name)
    .filter((name) => {
      const at = base.indexOf(name);
      return at >= 0 && !/[a-z0-9-]/i.test(base.charAt(at - 1)) && !/[a-z0-9-]/i.test(base.charAt(at + name.length));
    });
  return named.sort((a, b) => b.length - a.length)[0];
}

/** The nodes that a dump's rules speak for, with how often: by policy Local's endpoints, a node's Pod network, and Pods that only their node has rules for. */
function votesOf(ruleset: Ruleset, dump: Dump, cluster: Cluster): ReadonlyMap<string, number> {
  const votes = new Map<string, number>();
  const vote = (node: string | undefined): void => {
    if (node !== undefined && cluster.node(node) !== undefined) votes.set(node, (votes.get(node) ?? 0) + 1);
  };
  const nodeOfPodAt = (ip: string | undefined): string | undefined =>
    ip === undefined ? undefined : cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork)?.node;
  const ofNetwork = new Map(cluster.nodes.flatMap(({ name, podCIDRs }) => podCIDRs.map((cidr) => [cidr, name] as const)));
  const nat = dump.tables.find(({ name }) => name === 'nat');
  let looked = 0;
  for (const chain of nat?.chains.values() ?? []) {
    if (looked > mostRulesLookedAt) break;
    if (chain.name.startsWith('KUBE-SVL-')) {
      for (const endpoint of chain.jumps) vote(nodeOfEndpoint(endpoint));
      looked += 1;
    } else if (!chain.name.startsWith('KUBE-')) {
      for (const line of chain.rules.slice(0, mostRulesLookedAt - looked)) {
        looked += 1;
        const rule = ruleAt(ruleset, line);
        if (rule === undefined) continue;
        vote(nodeOfPodAt(dnatDestination(rule)?.ip));
        if (chain.name === 'POSTROUTING') vote(nodeOfPodAt(singleAddress(rule, '--source')));
        const source = optionOf(rule, '--source');
        if (source !== undefined && source.negation === undefined)
          vote(ofNetwork.get(canonicalCIDR(source.values[0]?.text ?? '') ?? ''));
      }
    }
  }
  return votes;

  function nodeOfEndpoint(chain: Chain): string | undefined {
    for (const line of chain.rules) {
      const rule = ruleAt(ruleset, line);
      const ip = rule === undefined ? undefined : dnatDestination(rule)?.ip;
      if (ip === undefined) continue;
      const nodes = new Set(cluster.endpointsAt(ip).map(({ endpoint }) => endpoint.nodeName));
      return nodes.size === 1 ? [...nodes][0] : undefined;
    }
    return undefined;
  }
}

/** The node that a dump was most likely taken on. */
export function guessNode(ruleset: Ruleset, dump: Dump, cluster: Cluster, fileName: string): NodeGuess {
  const [only, ...others] = cluster.nodes;
  if (only !== undefined && others.length === 0) return { node: only.name, reason: `${only.name} is the cluster's only node.` };
  const named = nodeInName(cluster, fileName);
  if (named !== undefined) return { node: named, reason: `The dump's file is named after ${named}.` };
  const votes = [...votesOf(ruleset, dump, cluster)].sort((a, b) => b[1] - a[1]);
  const [first, second] = votes;
  if (first !== undefined && first[1] > (second?.[1] ?? 0))
    return { node: first[0], reason: `Pods and Pod networks in the dump's rules are ${first[0]}'s.` };
  return { node: '', reason: 'Nothing in the dump tells which node it was taken on.' };
}
