/** The collections of objects that the tests' API server has, by their plural. */
export const collections: Readonly<
  Record<string, { readonly kind: string; readonly path: string; readonly apiVersion: string }>
> = {
  services: { kind: 'Service', path: '/api/v1/services', apiVersion: 'v1' },
  endpointslices: {
    kind: 'EndpointSlice',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    apiVersion: 'discovery.k8s.io/v1',
  },
  nodes: { kind: 'Node', path: '/api/v1/nodes', apiVersion: 'v1' },
  pods: { kind: 'Pod', path: '/api/v1/pods', apiVersion: 'v1' },
};

/** The plural of a kind. @throws where there is no such collection. */
export function pluralOf(kind: string): string {
  for (const [plural, collection] of Object.entries(collections)) if (collection.kind === kind) return plural;
  throw new Error(`no collection of ${kind}`);
}
