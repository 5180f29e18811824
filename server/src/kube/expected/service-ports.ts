/** The Service ports that kube-proxy writes rules for, as it sees them for one family (pkg/proxy/serviceport.go). */

import { isIPv6 } from '../../base/ip.ts';
import type { Family } from '../../catalog/types.ts';
import type { ServicePort, ServiceRecord } from '../../cluster/objects.ts';
import { portName } from '../identity/chain-names.ts';
import { portHashes } from '../identity/hash-index.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { versionTraits } from '../proxy/version.ts';
import { portFault, serviceFault } from './sound-service.ts';

export interface ProxiedPort {
  readonly service: ServiceRecord;
  readonly port: ServicePort;
  /** "shop/web:http", "shop/orders" for an unnamed port. */
  readonly name: string;
  /** The hash that its chains share. */
  readonly hash: string;
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  readonly sourceRanges: readonly string[];
  /** 0 where there is none. */
  readonly healthCheckNodePort: number;
  /** Seconds; 0 without session affinity. */
  readonly affinitySeconds: number;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Reachable by a NodePort, an external IP or a load balancer's. */
  readonly external: boolean;
  /** Whether any traffic goes to endpoints of the whole cluster: with policy Local too, from Pods and the node itself. */
  readonly usesCluster: boolean;
  /** Whether any traffic goes to endpoints of this node only. */
  readonly usesLocal: boolean;
}

/** Whether kube-proxy leaves a Service alone: headless, ExternalName, or another proxy's by its labels. */
export function isProxied(service: ServiceRecord): boolean {
  return service.type !== 'ExternalName' && !service.headless && service.serviceProxyName === '' && !service.labelledHeadless;
}

function isOf(family: Family): (address: string) => boolean {
  return (address) => isIPv6(address) === (family === 'ipv6');
}

/** A Service's sound ports in the order of its spec; none for a Service that kube-proxy leaves alone, that is not sound, or without a clusterIP of this family. */
export function proxiedPorts(service: ServiceRecord, { family, version }: ProxyOptions): readonly ProxiedPort[] {
  if (!isProxied(service) || serviceFault(service) !== undefined) return [];
  const ofFamily = isOf(family);
  const clusterIP = service.clusterIPs.find(ofFamily);
  if (clusterIP === undefined) return [];
  const { heedsIPMode, localForExternalIPs, zeroRangeIsNone } = versionTraits(version);
  const externalIPs = service.externalIPs.filter(ofFamily);
  const loadBalancerIPs = service.loadBalancerIPs
    .filter(({ ip, ipMode }) => ofFamily(ip) && (ipMode === 'VIP' || !heedsIPMode))
    .map(({ ip }) => ip);
  const ranges = service.loadBalancerSourceRanges.filter(ofFamily);
  const sourceRanges = zeroRangeIsNone && ranges.some((range) => range.endsWith('/0')) ? [] : ranges;
  const internalLocal = service.internalTrafficPolicy === 'Local';
  const externalLocal =
    service.externalTrafficPolicy === 'Local' &&
    (service.type !== 'ClusterIP' || (localForExternalIPs && service.externalIPs.length > 0));
  const healthCheckNodePort = service.type === 'LoadBalancer' && externalLocal ? service.healthCheckNodePort : 0;
  const sound = portHashes(service).filter(({ port }) => portFault(port) === undefined);
  return sound.map(({ port, hash }) => {
    const external = port.nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0;
    return {
      service,
      port,
      name: portName(service.namespace, service.name, port.name),
      hash,
      clusterIP,
      externalIPs,
      loadBalancerIPs,
      sourceRanges,
      healthCheckNodePort,
      affinitySeconds: service.affinityTimeout,
      internalLocal,
      externalLocal,
      external,
      usesCluster: !internalLocal || external,
      usesLocal: internalLocal || (externalLocal && external),
    };
  });
}
