/**
 * What differs between the versions of kube-proxy that write rules of today's layout, in its iptables mode. Read from
 * pkg/proxy/iptables/proxier.go and pkg/proxy/topology.go of those versions; feature gates at their defaults.
 */

/** The minor number of a version: 34 for 1.34. */
export type ProxyVersion = number;

/** From 1.24 on the chains are KUBE-SVC-, KUBE-SVL-, KUBE-EXT-, KUBE-FW- and KUBE-SEP-. */
export const oldestVersion: ProxyVersion = 24;
export const newestVersion: ProxyVersion = 36;

/** The version that "1.34", "v1.34.1" or "1.34+k3s1" names; undefined for what is no version of 1.x. */
export function parseProxyVersion(text: string): ProxyVersion | undefined {
  const match = /^v?1\.(\d{1,3})(?:[.+-].*)?$/.exec(text.trim());
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** "1.34". */
export function proxyVersionText(version: ProxyVersion): string {
  return `1.${version}`;
}

export interface VersionTraits {
  /** Packets to be dropped are marked in nat (KUBE-MARK-DROP), which kubelet's rule drops; later filter chains drop them. Until 1.24. */
  readonly marksDrops: boolean;
  /** A KUBE-FW- chain ends in a rule that only has a comment. Since 1.27. */
  readonly explainsFirewallEnd: boolean;
  /** KUBE-FIREWALL, with the rule against packets from elsewhere to 127.0.0.0/8, is kube-proxy's too. Since 1.27. */
  readonly writesLocalnetRule: boolean;
  /** The rule that leads to KUBE-NODEPORTS spares loopback addresses that cannot work. Since 1.26. */
  readonly sparesLoopback: boolean;
  /** Counts dropped and loopback packets with `-m nfacct` where the kernel can. Since 1.31. */
  readonly countsPackets: boolean;
  /** Without a ready endpoint, terminating ones that still serve are used. Since 1.26 (feature gate ProxyTerminatingEndpoints). */
  readonly usesTerminating: boolean;
  /** External IPs of a Service of type ClusterIP follow externalTrafficPolicy Local too. Since 1.29 (ExternalPolicyLocal). */
  readonly localForExternalIPs: boolean;
  /** Load-balancer addresses with ipMode Proxy get no rules. Since 1.30 (feature gate LoadBalancerIPMode). */
  readonly heedsIPMode: boolean;
  /**
   * Whose addresses source ranges may let the node itself in by: none in particular (until 1.27, where the node counts as 0.0.0.0), that of the
   * node's first family (1.28), that of each family (since 1.29).
   */
  readonly knownNodeAddresses: 'none' | 'primary' | 'all';
  /**
   * Which Services may use zone hints: those whose topology-aware-hints are "Auto" (until 1.26, before there was topology-mode), those
   * with either annotation but "Disabled" (until 1.30), all whose endpoints carry hints (feature gate ServiceTrafficDistribution).
   */
  readonly zoneHints: 'annotated-auto' | 'annotated' | 'always';
  /** A range of all addresses among a Service's source ranges stands for no ranges at all. Since 1.34 (pkg/proxy/serviceport.go). */
  readonly zeroRangeIsNone: boolean;
  /** The names of an endpoint's chain and comment have its address as the slice spells it. Until 1.30 (pkg/proxy/endpointslicecache.go). */
  readonly namesGivenAddress: boolean;
  /**
   * Which of several endpoints with one address and port counts: the last of this node's, else the first (until 1.35), or the last that
   * is not terminating, else the first (addEndpoints in pkg/proxy/endpointslicecache.go). The order of slices is left to chance.
   */
  readonly twins: 'last-local' | 'last-not-terminating';
  /** Hints for nodes come before those for zones. Since 1.34 (feature gate PreferSameTrafficDistribution). */
  readonly nodeHints: boolean;
}

/** What a version does. One outside the known range counts as the nearest in it. */
export function versionTraits(version: ProxyVersion): VersionTraits {
  return {
    marksDrops: version <= 24,
    explainsFirewallEnd: version >= 27,
    writesLocalnetRule: version >= 27,
    sparesLoopback: version >= 26,
    countsPackets: version >= 31,
    usesTerminating: version >= 26,
    localForExternalIPs: version >= 29,
    heedsIPMode: version >= 30,
    knownNodeAddresses: version <= 27 ? 'none' : version === 28 ? 'primary' : 'all',
    zoneHints: version <= 26 ? 'annotated-auto' : version <= 30 ? 'annotated' : 'always',
    zeroRangeIsNone: version >= 34,
    namesGivenAddress: version <= 30,
    twins: version <= 35 ? 'last-local' : 'last-not-terminating',
    nodeHints: version >= 34,
  };
}
