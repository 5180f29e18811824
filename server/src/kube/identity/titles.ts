/** What a chain stands for in a few words, for outlines, lists and the ends of lines. Plain text. */
import { hostPort } from '../../base/ip.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { ChainEndpoint, ChainService, Resolution } from './chain-identity.ts';
import { portName } from './chain-names.ts';

/** "shop/web:http". */
export function serviceTitle(service: ChainService): string {
  return portName(service.namespace, service.name, service.port);
}

/** "10.244.0.11:8080"; without a port where it is not known. */
export function endpointAddress(endpoint: ChainEndpoint): string {
  return endpoint.port === null ? endpoint.ip : hostPort(endpoint.ip, endpoint.port);
}

/** "shop/web-1 on node-a" for a Pod, "shop/web-1, shop/web-2 on node-a" for Pods at one address, "198.51.100.10:8000" where it is no Pod's. */
export function endpointTitle(endpoint: ChainEndpoint): string {
  const { pod, otherPods } = endpoint;
  if (pod === null) return endpointAddress(endpoint);
  const names = [pod, ...otherPods].map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  return pod.node === null ? names : `${names} on ${pod.node}`;
}

/** "shop/web:http" for a Service's chain, "shop/web:http -> shop/web-1 on node-a" for an endpoint's; empty where nothing is known. */
export function chainTitle(resolution: Resolution, chain: Chain): string {
  const { service, endpoint } = resolution.chain(chain);
  if (endpoint === null) return service === null ? '' : serviceTitle(service);
  return service === null ? endpointTitle(endpoint) : `${serviceTitle(service)} -> ${endpointTitle(endpoint)}`;
}
