/** How kube-proxy hooks its chains in, for excerpts that leave the built-in chains out. */
import type { Hook } from '../../catalog/types.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';

/** In the order in which packets meet them. Source: kube-proxy, iptablesJumpChains, and CNI portmap's. */
const hooked: Readonly<Record<string, Readonly<Partial<Record<Hook, readonly string[]>>>>> = {
  nat: {
    PREROUTING: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'CNI-HOSTPORT-DNAT'],
    OUTPUT: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'CNI-HOSTPORT-DNAT'],
    POSTROUTING: ['KUBE-POSTROUTING', 'CNI-HOSTPORT-MASQ'],
  },
  filter: {
    INPUT: ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES'],
    FORWARD: ['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'],
    OUTPUT: ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-SERVICES'],
  },
};

/**
 * The chains of a table that a hook would lead to, where the dump does not have the hook's base chain. Chains that some rule of the dump leads
 * to are not among them.
 */
export function assumedHooks(table: Table, hook: Hook): readonly Chain[] {
  return (hooked[table.name]?.[hook] ?? [])
    .map((name) => table.chains.get(name))
    .filter((chain) => chain !== undefined)
    .filter((chain) => chain.rules.length > 0 && chain.references.length === 0);
}
