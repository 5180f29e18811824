/** Whether a program of the node listens. */
import { isIPv6 } from '../../base/ip.ts';
import type { NodeFacts } from '../facts.ts';

/**
 * Links of what takes packets to the node's addresses before a socket is looked for: ipvs has the Services' addresses on kube-ipvs0 (kube-proxy,
 * ipvs.DefaultDummyDevice), Cilium and Calico do Services in eBPF.
 */
const withoutSockets = /^(?:kube-ipvs|cilium_|bpf(?:in|out)\.cali)/;

/** Whether something other than a socket may take what is for the node. */
function hasOtherTakers({ addresses, links, proxyConfiguration }: NodeFacts): boolean {
  if (proxyConfiguration !== null && proxyConfiguration.mode === 'ipvs') return true;
  if (addresses?.records.some((record) => withoutSockets.test(record.interface)) === true) return true;
  return links?.records.some(({ name }) => withoutSockets.test(name)) === true;
}

/**
 * Whether something listens at an address and port; undefined where sockets are not known, the protocol has none that are shown, or ipvs or eBPF may
 * take what comes there.
 */
export function listens(facts: NodeFacts, protocol: string, ip: string, port: number): boolean | undefined {
  const { sockets } = facts;
  if (sockets === null || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const isV6 = isIPv6(ip);
  const takes = (own: string): boolean =>
    // A socket of all IPv6 addresses takes IPv4 as well, unless it is told not to.
    own === '' || own === ip || own === '::' || (!isV6 && own === '0.0.0.0');
  const isTaken = sockets.records.some((each) => each.protocol === protocol && each.port === port && takes(each.ip));
  return isTaken || !hasOtherTakers(facts) ? isTaken : undefined;
}
