/** How kube-proxy hooks its chains in, for texts that do not show the built-in chains whole. */
import type { Hook } from '../../catalog/types.ts';
import { isChainShownWhole, mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

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
 * The chains of a table that a hook is taken to lead to besides what is shown: kube-proxy's own, where the text does not show the hook's base
 * chain whole and no rule that it shows leads to them.
 */
export function assumedHooks(ruleset: Ruleset, table: Table, hook: Hook): readonly Chain[] {
  const base = table.chains.get(hook);
  if (base !== undefined && isChainShownWhole(ruleset, base)) return [];
  return (hooked[table.name]?.[hook] ?? [])
    .map((name) => table.chains.get(name))
    .filter((chain) => chain !== undefined)
    .filter((chain) => chain.rules.length > 0 && chain.references.length === 0 && mayHaveMoreReferences(ruleset, chain));
}
