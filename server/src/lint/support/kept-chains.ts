import { createMemory } from '../../base/memory.ts';
import { hashedPrefix } from '../../kube/identity/chain-names.ts';
import { roleInfo } from '../../kube/identity/roles.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';

/** Programs that make all of their chains at once, used or not, by what is known of chains by name. */
const keepers = new Set(['ufw', 'Docker', 'Docker Swarm', 'Podman (netavark)', 'libvirt']);

/**
 * Single chains that stay when nothing jumps to them any more. Source: kubelet up to 1.27, syncIPTablesRulesDeprecated; CNI portmap,
 * genSetMarkChain; kube-proxy, pkg/proxy/ipvs/proxier.go, iptablesChains, which are made whether there are load balancers or not.
 * By table and name, or by name in any table.
 */
const keptAlone: Readonly<Record<string, string>> = {
  'nat KUBE-FIREWALL': 'kube-proxy',
  'KUBE-MARK-MASQ': 'kube-proxy',
  'KUBE-MARK-DROP': 'kubelet',
  'KUBE-LOAD-BALANCER': 'kube-proxy',
  'KUBE-NODE-PORT': 'kube-proxy',
  'KUBE-SOURCE-RANGES-FIREWALL': 'kube-proxy',
  'CNI-HOSTPORT-SETMARK': 'CNI portmap',
  'CNI-ADMIN': 'CNI firewall',
};

interface Skeleton {
  readonly owner: string;
  /** A chain that only this program makes: the others have common names. */
  readonly isOwn: RegExp;
  readonly isKept: RegExp;
}

/** Source: firewalld, src/firewall/core/ipXtables.py; OpenWrt firewall3, zones.c and defaults.c; Shorewall, Chains.pm. */
const skeletons: readonly Skeleton[] = [
  {
    owner: 'firewalld',
    isOwn: /^(?:INPUT|FORWARD|PREROUTING|POSTROUTING)_(?:direct|ZONES)$/,
    isKept: /^(?:(?:INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)_\S+|(?:IN|OUT|FWD|FWDI|FWDO|FWDN|PRE|POST)_\S+)$/,
  },
  {
    owner: 'OpenWrt',
    isOwn: /^(?:zone|delegate)_/,
    isKept:
      /^(?:(?:zone|delegate|nat_reflection)_\S+|(?:input|output|forward|forwarding|prerouting|postrouting)_\S*rule|reject|syn_flood|notrack|MINIUPNPD\S*)$/,
  },
  {
    owner: 'Shorewall',
    isOwn: /^(?:shorewall|sha-[lr]h-[0-9a-f]+)$/,
    isKept:
      /^(?:shorewall|sha-[lr]h-[0-9a-f]+|dynamic|blacklst|logdrop|logreject|logflags|reject|smurfs|smurflog|tcpflags|Drop|Reject|Broadcast|dropBcast)$/,
  },
];

/**
 * Who keeps a chain ready, whether some rule jumps to it or not: "ufw"; undefined where nobody is known to. That nothing leads to such a chain is
 * how a healthy node looks.
 */
export function keeperOf({ name, table }: Chain): string | undefined {
  // One of kube-proxy's for a Service or an endpoint: of those a large cluster has 50,000.
  if (hashedPrefix(name) !== undefined) return undefined;
  for (const key of [name, `${table.name} ${name}`]) if (Object.hasOwn(keptAlone, key)) return keptAlone[key];
  const { owner } = roleInfo(table.name, name, false);
  if (keepers.has(owner)) return owner;
  return skeletons.find(({ owner: maker, isKept }) => isKept.test(name) && makersOf(table).has(maker))?.owner;
}

const makersBefore = createMemory<Table, ReadonlySet<string>>();

/** The programs whose own chains a table has. */
function makersOf(table: Table): ReadonlySet<string> {
  let makers = makersBefore.get(table);
  if (makers === undefined) {
    const found = new Set<string>();
    for (const name of table.chains.keys()) for (const { owner, isOwn } of skeletons) if (isOwn.test(name)) found.add(owner);
    makers = found;
    makersBefore.set(table, makers);
  }
  return makers;
}
