import type { Family } from '../../catalog/types.ts';
import { newestVersion, type ProxyVersion, versionTraits } from './version.ts';

/** How kube-proxy tells a Pod's traffic (`--detect-local-mode`): by its source, or by the interface it comes in by. */
export type PodTraffic =
  /** `ClusterCIDR` or `NodeCIDR`; canonical: "10.244.0.0/16". */
  | { readonly by: 'source'; readonly cidr: string }
  /** `BridgeInterface` ("cni0") or `InterfaceNamePrefix` ("veth+"). */
  | { readonly by: 'interface'; readonly name: string }
  /** By an interface that a listing without -v does not show: told by such a dump alone. */
  | { readonly by: 'unshown' };

/** What decides about the rules besides the cluster's objects: which node, and how kube-proxy was started there. */
export interface ProxyOptions {
  /** The node's name; empty for none, on which no endpoint is local. */
  readonly node: string;
  readonly family: Family;
  readonly version: ProxyVersion;
  /** null where kube-proxy does not know (no `--cluster-cidr`): then it masquerades nothing for coming from outside. */
  readonly podTraffic: PodTraffic | null;
  /** `--masquerade-all` */
  readonly masqueradeAll: boolean;
  /** `--iptables-localhost-nodeports`, for IPv4; false too where `--nodeport-addresses` leaves loopback out (NewProxier). */
  readonly localhostNodePorts: boolean;
  /** The node's addresses that `--nodeport-addresses` picks; null for all of them, its default. */
  readonly nodePortAddresses: readonly string[] | null;
  /** Whether the kernel has nfacct counters, which versions since 1.31 use. */
  readonly nfacct: boolean;
  /** Whether packets of no known connection are dropped: not with nf_conntrack_tcp_be_liberal (since 1.29). */
  readonly dropsInvalid: boolean;
  /** `1 << --iptables-masquerade-bit` */
  readonly masqueradeMark: number;
  /** MASQUERADE --random-fully, where iptables can (1.6.2 and later). */
  readonly randomFully: boolean;
}

/** What `--iptables-masquerade-bit` 14 makes. */
export const defaultMasqueradeMark = 0x4000;

/** Options with kube-proxy's own defaults for all that is not given. */
export function proxyOptions(given: Partial<ProxyOptions> & Pick<ProxyOptions, 'node' | 'family'>): ProxyOptions {
  const version = given.version ?? newestVersion;
  return {
    version,
    podTraffic: null,
    masqueradeAll: false,
    localhostNodePorts: true,
    nodePortAddresses: null,
    nfacct: versionTraits(version).countsPackets,
    dropsInvalid: true,
    masqueradeMark: defaultMasqueradeMark,
    randomFully: true,
    ...given,
  };
}
