import { type Fields, textAt } from '../fields.ts';
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
  /** The namespace that it is limited to; empty for all of them, or where there are none. */
  readonly namespace: string;
}

export const services: Resource = {
  kind: 'Service',
  plural: 'services',
  path: '/api/v1/services',
  where: 'services in all namespaces',
  namespace: '',
};

export const endpointSlices: Resource = {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  where: 'endpointslices.discovery.k8s.io in all namespaces',
  namespace: '',
};

export const nodes: Resource = { kind: 'Node', plural: 'nodes', path: '/api/v1/nodes', where: 'nodes', namespace: '' };

export const pods: Resource = {
  kind: 'Pod',
  plural: 'pods',
  path: '/api/v1/pods',
  where: 'pods in all namespaces',
  namespace: '',
};

/** Whether an object says itself that it is of another kind. Those in a list need not say it. */
export function isOfOtherKind(object: Fields, { kind }: Resource): boolean {
  const said = textAt(object, 'kind');
  return said !== '' && said !== kind;
}

/** The same kind in one namespace; undefined for Nodes, which are in none, and for a text that is no namespace. */
export function inNamespace(resource: Resource, namespace: string): Resource | undefined {
  if (resource.kind === 'Node' || !isObjectName(namespace)) return undefined;
  const at = resource.path.lastIndexOf('/');
  return {
    ...resource,
    path: `${resource.path.slice(0, at)}/namespaces/${encodeURIComponent(namespace)}${resource.path.slice(at)}`,
    where: resource.where.replace(/in all namespaces$/, `in namespace ${namespace}`),
    namespace,
  };
}

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
