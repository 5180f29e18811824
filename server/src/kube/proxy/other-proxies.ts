/** Programs that do the work of Services in kube-proxy's place, told by the chains that they make and by their Pods. */
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Chain, Dump } from '../../ruleset/ruleset.ts';

interface OtherProxy {
  readonly name: string;
  /** How their chains begin. */
  readonly chains: string;
  /** What their DaemonSet is called. */
  readonly daemonSets: readonly string[];
  /** What to collect; a sentence with commands. */
  readonly advice: string;
}

const otherProxies: readonly OtherProxy[] = [
  {
    name: 'Cilium',
    chains: 'CILIUM_',
    daemonSets: ['cilium', 'anetd'],
    advice: 'Collect "cilium-dbg status --verbose" and "cilium-dbg service list" in the node’s Cilium Pod.',
  },
  {
    name: 'kube-router',
    chains: 'KUBE-ROUTER-',
    daemonSets: ['kube-router'],
    advice: 'Collect "ipvsadm -Ln" and "ipset save" on the node: kube-router keeps Services there.',
  },
  {
    name: 'OVN-Kubernetes',
    chains: 'OVN-KUBE-',
    daemonSets: ['ovnkube-node', 'ovs-node'],
    advice: 'Collect "ovn-nbctl lb-list" in the node’s OVN-Kubernetes Pod.',
  },
  {
    name: 'Antrea',
    chains: 'ANTREA-',
    daemonSets: ['antrea-agent'],
    advice: 'Collect "antctl get ovsflows" in the node’s Antrea Pod: AntreaProxy keeps Services there.',
  },
  {
    name: 'Calico',
    chains: 'cali-',
    daemonSets: ['calico-node'],
    advice: 'Collect "calico-node -bpf nat dump" in the node’s Calico Pod: its eBPF mode keeps Services there.',
  },
];

export interface OtherProxyFound {
  readonly name: string;
  readonly reason: string;
  /** 0-based; null where it shows by the cluster alone. */
  readonly line: number | null;
  readonly advice: string;
}

/** The first chain of the first of those programs that has one; null for none. */
const firstChains = createMemory<Dump, Chain | null>();

/** By names alone: to make all chains of a large table takes long, and each kind of finding asks. */
function firstOfOther(dump: Dump): Chain | undefined {
  runToEnd(otherProxySteps(dump));
  return firstChains.get(dump) ?? undefined;
}

/** What the chains of any of them begin with: most chains of a large table begin otherwise, and are looked at once. */
const firstLetters: ReadonlySet<number> = new Set(otherProxies.map(({ chains }) => chains.charCodeAt(0)));
const namesBetweenPauses = 65_536;

function* firstOfOtherSteps(dump: Dump): Steps<Chain | undefined> {
  let first: Chain | undefined;
  let others = otherProxies;
  for (const { chains } of dump.tables) {
    for (let place = 0; place < chains.size; place += 1) {
      const name = chains.nameAt(place);
      if (firstLetters.has(name.charCodeAt(0))) {
        const rank = others.findIndex(({ chains: prefix }) => name.startsWith(prefix));
        if (rank >= 0) {
          first = chains.at(place);
          others = others.slice(0, rank);
        }
      }
      if (place % namesBetweenPauses === namesBetweenPauses - 1) yield;
    }
  }
  return first;
}

/** Looks for chains of those programs, so that `otherProxyIn` knows them. Pauses every few tens of thousands of chains. */
export function* otherProxySteps(dump: Dump): Steps<void> {
  if (firstChains.get(dump) === undefined) firstChains.set(dump, (yield* firstOfOtherSteps(dump)) ?? null);
}

/** Another program that may do Services on the node of a dump in which nothing is kube-proxy's; undefined where none shows. */
export function otherProxyIn(dump: Dump, cluster: Cluster, node: string): OtherProxyFound | undefined {
  const chain = firstOfOther(dump);
  const itsOwner = otherProxies.find(({ chains }) => chain?.name.startsWith(chains));
  if (chain !== undefined && itsOwner !== undefined) {
    const { name, advice } = itsOwner;
    const reason = `Nothing in nat is kube-proxy’s, and ${chain.name} is ${name}’s, which can do Services in kube-proxy’s place.`;
    return { name, reason, line: chain.declarations[0] ?? chain.rules[0] ?? chain.references[0] ?? null, advice };
  }
  const owners = new Set<string>();
  for (const pod of cluster.pods) {
    if (pod.owner?.kind === 'DaemonSet' && (node === '' || pod.node === node)) owners.add(pod.owner.name);
  }
  if (owners.has('kube-proxy')) return undefined;
  const found = otherProxies.find(({ daemonSets }) => daemonSets.some((daemonSet) => owners.has(daemonSet)));
  if (found === undefined) return undefined;
  return {
    name: found.name,
    reason: `Nothing in nat is kube-proxy’s, the cluster has no Pod of it, and ${found.name} runs, which can do Services in its place.`,
    line: null,
    advice: found.advice,
  };
}
