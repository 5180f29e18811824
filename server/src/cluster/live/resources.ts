import type { ClusterKind } from '../objects.ts';

/** A kind of objects as the API has it. */
export interface Resource {
  readonly kind: ClusterKind;
  /** As a URL and RBAC name it: "endpointslices". */
  readonly plural: string;
  /** Of all namespaces: "/api/v1/services". */
  readonly path: string;
  /** For messages: "services in all namespaces". */
  readonly where: string;
}

export const services: Resource = {
  kind: 'Service',
  plural: 'services',
  path: '/api/v1/services',
  where: 'services in all namespaces',
};

export const endpointSlices: Resource = {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  where: 'endpointslices.discovery.k8s.io in all namespaces',
};

export const nodes: Resource = { kind: 'Node', plural: 'nodes', path: '/api/v1/nodes', where: 'nodes' };

export const pods: Resource = { kind: 'Pod', plural: 'pods', path: '/api/v1/pods', where: 'pods in all namespaces' };

/** The path of one namespaced object or of what lies below it: "/api/v1/namespaces/shop/pods/web-1/log". */
export function namespacedPath(namespace: string, plural: string, name = '', below = ''): string {
  const parts = ['/api/v1/namespaces', encodeURIComponent(namespace), plural];
  if (name !== '') parts.push(encodeURIComponent(name));
  if (below !== '') parts.push(below);
  return parts.join('/');
}

/** Whether a text can be an object's name or namespace (RFC 1123 subdomain), so that it means itself within a URL. */
export function isObjectName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text);
}
