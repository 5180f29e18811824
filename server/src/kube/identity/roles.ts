/** What a chain is for, told by its name: chains of kube-proxy 1.2 to 1.36, kubelet, CNI plugins, container engines and their kin. */
import { hashedPrefix } from './chain-names.ts';
import { networkChains, networkPrefixes } from './cni-chains.ts';
import { filterChains, hashedChains, kubernetesChains, kubernetesPrefixes, natChains } from './kubernetes-chains.ts';
import { type ChainRole, info, type RoleInfo } from './role.ts';

const builtinExplanations: Readonly<Record<string, string>> = {
  PREROUTING: 'Packets that have just come in, before they are routed.',
  INPUT: 'Packets for this node itself.',
  FORWARD: 'Packets that pass through this node, those to and from Pods among them.',
  OUTPUT: 'Packets from processes of this node, before they are routed; Pods on the host network count as such.',
  POSTROUTING: 'Packets about to leave, after they were routed.',
};
const builtinDocs = 'https://manpages.debian.org/bookworm/iptables/iptables.8.en.html#TABLES';

const userChain = info('user', '', '', '');

function named(chains: Readonly<Record<string, RoleInfo>>, name: string): RoleInfo | undefined {
  return Object.hasOwn(chains, name) ? chains[name] : undefined;
}

/** What is known of a chain by its whole name, whatever its table. */
function chainNamed(name: string): RoleInfo | undefined {
  return named(kubernetesChains, name) ?? named(networkChains, name);
}

/**
 * A chain's role and what is known about it.
 * @param table "nat"; the same name may mean another thing in another table
 * @param builtin whether it is one of iptables' own chains in that table
 */
export function roleInfo(table: string, name: string, builtin: boolean): RoleInfo {
  if (builtin) return info('builtin', 'netfilter', builtinExplanations[name] ?? '', builtinDocs);
  const hashed = hashedPrefix(name);
  if (hashed !== undefined) return hashedChains[hashed] ?? userChain;
  const byTable = table === 'filter' ? filterChains : table === 'nat' ? natChains : undefined;
  const exact = (byTable === undefined ? undefined : named(byTable, name)) ?? chainNamed(name);
  if (exact !== undefined) return exact;
  for (const [prefix, known] of kubernetesPrefixes) if (name.startsWith(prefix)) return known;
  for (const [prefix, known] of networkPrefixes) if (name.startsWith(prefix)) return known;
  return userChain;
}

/** The chain's role alone. */
export function roleOf(table: string, name: string, builtin: boolean): ChainRole {
  return roleInfo(table, name, builtin).role;
}

/** Chains that exist to be watched: that nothing jumps to them is by design (facts: KUBE-PROXY-CANARY, KUBE-IPTABLES-HINT). */
export function isNeverJumpedTo(name: string): boolean {
  const role = chainNamed(name)?.role;
  return role === 'canary' || role === 'hint';
}
