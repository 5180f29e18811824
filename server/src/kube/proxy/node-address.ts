import { canonicalIP, isIPv6 } from '../../base/ip.ts';
import type { NodeRecord } from '../../cluster/objects.ts';
import type { ProxyOptions } from './options.ts';
import { versionTraits } from './version.ts';

/**
 * The address of a family by which kube-proxy knows its node: an internal one before an external one (GetNodeHostIPs), else loopback;
 * "0.0.0.0" or "::" in versions that did not look for it (detectNodeIPs, nodeIPTuple).
 */
export function nodeAddress(node: NodeRecord | undefined, { family, version }: Pick<ProxyOptions, 'family' | 'version'>): string {
  const { knownNodeAddresses } = versionTraits(version);
  const unspecified = family === 'ipv6' ? '::' : '0.0.0.0';
  if (knownNodeAddresses === 'none') return unspecified;
  const known = ['InternalIP', 'ExternalIP'].flatMap((type) =>
    (node?.addresses ?? []).filter((address) => address.type === type && canonicalIP(address.address) !== undefined),
  );
  const found = known.find(({ address }) => isIPv6(address) === (family === 'ipv6'));
  if (knownNodeAddresses === 'primary' && known.length > 0 && found !== known[0]) return unspecified;
  return found?.address ?? (family === 'ipv6' ? '::1' : '127.0.0.1');
}
