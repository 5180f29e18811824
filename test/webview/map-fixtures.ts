import type {
  FlowGraph,
  FlowPodRef,
  FlowState,
  FlowStateKind,
  MapEndpoint,
  MapEntry,
  MapService,
} from '../../server/src/kube/flow/graph.ts';

/** A state with the words that the server has for it. */
export function stateOf(kind: FlowStateKind, words: string, more: Partial<FlowState> = {}): FlowState {
  return { kind, words, line: null, remarks: [], ...more };
}

export const serves = stateOf('serves', '1 endpoint');

export function mapEntry(label: string, more: Partial<MapEntry> = {}): MapEntry {
  return { kind: 'cluster-ip', label, state: serves, line: 12, ...more };
}

/** An endpoint; on a node where one is given. */
export function mapEndpoint(address: string, pod = '', node: string | null = null, ready: boolean | null = true): MapEndpoint {
  const ref: FlowPodRef | null =
    pod === '' ? null : { namespace: 'shop', name: pod, node, zone: null, ready, terminating: false };
  return { address, pod: ref, line: 40 };
}

/** "shop/web" with one entry and one endpoint. */
export function mapService(to: string, more: Partial<MapService> = {}): MapService {
  const [namespace = '', name = ''] = to.includes('/') ? to.split('/') : ['', to];
  return {
    to,
    namespace,
    name,
    state: serves,
    entries: [mapEntry('10.96.20.10:80/tcp')],
    endpoints: [mapEndpoint('10.244.0.11:8080', `${name}-7d9c-x2x`, 'node-a')],
    line: 20,
    ...more,
  };
}

export function mapOf(services: readonly MapService[], more: Partial<FlowGraph> = {}): FlowGraph {
  return {
    title: 'All Services of node-a',
    entries: [],
    nodes: [],
    edges: [],
    notes: [],
    map: { services },
    source: 'cluster.json',
    ...more,
  };
}

/** A map with each state, several entries, Pods that are not ready, and a Service without a name. */
export function richMap(): FlowGraph {
  const refused = stateOf('refuses', 'rejected in FORWARD', { line: 77 });
  const partly = stateOf('limited', 'only from 203.0.113.0/24', {
    line: 31,
    remarks: ['Other packets: dropped in KUBE-FW-AAAA.'],
  });
  const none = stateOf('no-endpoints', 'no endpoints', { line: 9 });
  return mapOf([
    mapService('shop/web', {
      state: stateOf('serves', '3 endpoints'),
      entries: [mapEntry('10.96.20.10:80/tcp'), mapEntry('NodePort 30080/tcp', { kind: 'node-port', line: 14 })],
      endpoints: [
        mapEndpoint('10.244.0.11:8080', 'web-7d9c-x2x', 'node-a'),
        mapEndpoint('10.244.0.12:8080', 'web-7d9c-b7k', 'node-a', false),
        mapEndpoint('10.244.1.11:8080', 'web-7d9c-q5z', 'node-b'),
      ],
    }),
    mapService('shop/checkout', {
      state: partly,
      entries: [
        mapEntry('10.96.20.11:443/tcp'),
        mapEntry('203.0.113.80:443/tcp', { kind: 'load-balancer-ip', state: partly, line: 16 }),
        mapEntry('health check port 31000/tcp', { kind: 'health-check' }),
      ],
    }),
    mapService('shop/cart', { state: none, entries: [mapEntry('10.96.20.12:80/tcp', { state: none })], endpoints: [] }),
    mapService('shop/api', { state: stateOf('differs', 'differs from cluster.json, 2 endpoints') }),
    mapService('legacy/erp', {
      state: refused,
      entries: [
        mapEntry('10.96.20.13:8000/tcp', { state: refused }),
        mapEntry('198.51.100.7:8000/tcp', { kind: 'external-ip', state: refused }),
      ],
      endpoints: [mapEndpoint('192.0.2.9:8000')],
    }),
    mapService('legacy/old', { state: stateOf('unreached', 'no rule leads to it', { line: 55 }), entries: [], endpoints: [] }),
    mapService('monitoring/node-exporter', { state: stateOf('leads', '1 endpoint, as far as shown') }),
    mapService('monitoring/unclear', { state: stateOf('unknown', 'the chain is not shown'), endpoints: [] }),
    mapService('KUBE-SVC-AAAABBBBCCCCDDDD', { state: stateOf('serves', '1 endpoint') }),
    mapService('shop/redis', { endpoints: [mapEndpoint('10.244.2.2:6379', 'redis-0', null)] }),
  ]);
}

const addressOf = (at: number): string => `10.${128 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;

/** So many Services in namespaces of some hundred, one in forty with a fault, with up to twelve endpoints on twenty nodes. */
export function manyServices(count: number): FlowGraph {
  let endpoint = 0;
  const services = Array.from({ length: count }, (_, at): MapService => {
    const fault = at % 40 === 7 ? (at % 3 === 0 ? 'refuses' : at % 3 === 1 ? 'no-endpoints' : 'limited') : null;
    const endpoints = fault === 'no-endpoints' ? 0 : (at * 7) % 13;
    const state =
      fault === null
        ? stateOf('serves', `${endpoints} endpoints`)
        : stateOf(
            fault,
            fault === 'refuses'
              ? 'dropped by the policy of FORWARD'
              : fault === 'limited'
                ? 'only from 203.0.113.0/24'
                : 'no endpoints',
          );
    const namespace = `team-${String(Math.floor(at / 120) + 1).padStart(2, '0')}`;
    const name = `${['frontend', 'checkout-api', 'worker', 'metrics'][at % 4]}-${at}`;
    return {
      to: `${namespace}/${name}`,
      namespace,
      name,
      state,
      entries: [
        mapEntry(`10.96.${at >> 8}.${at & 255}:80/tcp`, { state }),
        ...(at % 5 === 0 ? [mapEntry(`NodePort ${30_000 + (at % 2768)}/tcp`, { kind: 'node-port', state })] : []),
      ],
      endpoints: Array.from({ length: endpoints }, (__, own) => {
        endpoint += 1;
        return mapEndpoint(
          `${addressOf(endpoint)}:8080`,
          `${name}-7d9c-${own}`,
          `node-${(endpoint % 20) + 1}`,
          endpoint % 17 !== 0,
        );
      }),
      line: 100 + at,
    };
  });
  return mapOf(services);
}
