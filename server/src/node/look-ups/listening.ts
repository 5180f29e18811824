/** Whether a program of the node listens. */
import { isIPv6 } from '../../base/ip.ts';
import type { NodeFacts } from '../facts.ts';

/** Whether something listens at an address and port; undefined where sockets are not known, or the protocol has none that are shown. */
export function listens({ sockets }: NodeFacts, protocol: string, ip: string, port: number): boolean | undefined {
  if (sockets === null || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const isV6 = isIPv6(ip);
  const takes = (own: string): boolean =>
    // A socket of all IPv6 addresses takes IPv4 as well, unless it is told not to.
    own === '' || own === ip || own === '::' || (!isV6 && own === '0.0.0.0');
  return sockets.records.some((each) => each.protocol === protocol && each.port === port && takes(each.ip));
}
