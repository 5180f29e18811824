import {
  emptyNode,
  type FlowBadge,
  type FlowEdge,
  type FlowEntry,
  type FlowGraph,
  type FlowNode,
  type FlowPodRef,
  type FlowServiceRef,
} from '../../server/src/kube/flow/graph.ts';

/** A node with what a test says and nothing else. */
export function node(id: string, kind: FlowNode['kind'], more: Partial<FlowNode> = {}): FlowNode {
  return { ...emptyNode(id, kind, id), ...more };
}

/** An edge with what a test says and nothing else. */
export function edge(from: string, to: string, more: Partial<FlowEdge> = {}): FlowEdge {
  return { from, to, line: null, probability: 1, condition: '', packets: null, ...more };
}

export function graphOf(nodes: readonly FlowNode[], edges: readonly FlowEdge[], more: Partial<FlowGraph> = {}): FlowGraph {
  return { title: 'a flow', entries: [], nodes, edges, notes: [], source: 'a test', ...more };
}

export const web: FlowServiceRef = {
  namespace: 'shop',
  name: 'web',
  port: 'http',
  portNumber: 80,
  protocol: 'tcp',
  clusterIP: '10.96.20.10',
};

export function pod(name: string, host: string | null, ready: boolean | null = true, zone: string | null = null): FlowPodRef {
  return { namespace: 'shop', name, node: host, zone, ready, terminating: false };
}

const hairpin = (address: string, line: number): FlowBadge => ({
  kind: 'hairpin',
  label: 'hairpin',
  condition: `from ${address}`,
  line,
});

function chain(id: string, kind: FlowNode['kind'], label: string, name: string, line: number, more: Partial<FlowNode> = {}) {
  return node(id, kind, { label, detail: name, table: 'nat', chain: name, line, ...more });
}

/** Everything a flow can show at once: three entries, both policies, source ranges, counters, drift, badges and a verdict. */
export function richGraph(): FlowGraph {
  const entries: FlowEntry[] = [
    { id: 'e:ip', kind: 'cluster-ip', ip: '10.96.20.10', port: 80, protocol: 'tcp', label: '10.96.20.10:80/tcp' },
    { id: 'e:np', kind: 'node-port', ip: null, port: 30080, protocol: 'tcp', label: 'NodePort 30080/tcp' },
    { id: 'e:lb', kind: 'load-balancer-ip', ip: '203.0.113.80', port: 80, protocol: 'tcp', label: '203.0.113.80:80/tcp' },
  ];
  const share = (cluster: number, local: number) => ({ 'e:ip': cluster, 'e:np': local, 'e:lb': local });
  const sep = (id: string, hash: string, ip: string, line: number, at: Partial<FlowNode>): FlowNode =>
    chain(`sep:${id}`, 'endpoint', ip, `KUBE-SEP-${hash}`, line, {
      service: web,
      address: ip,
      badges: [hairpin(ip.slice(0, ip.lastIndexOf(':')), line + 100)],
      ...at,
    });
  const behind = (id: string, name: string, host: string, ip: string, at: Partial<FlowNode>): FlowNode =>
    node(`pod:${id}`, 'pod', { label: name, detail: ip, address: ip, pod: pod(name, host), ...at });
  const third = 1 / 3;
  return {
    title: 'shop/web:http',
    entries,
    nodes: [
      node('e:ip', 'entry', { label: '10.96.20.10:80/tcp', detail: 'clusterIP', packets: 1830 }),
      node('e:np', 'entry', { label: 'NodePort 30080/tcp', detail: 'any address of node-a', packets: 120 }),
      node('e:lb', 'entry', { label: '203.0.113.80:80/tcp', detail: 'load-balancer IP', packets: 75 }),
      chain('services', 'dispatch', 'KUBE-SERVICES', 'KUBE-SERVICES', 21),
      chain('nodeports', 'dispatch', 'KUBE-NODEPORTS', 'KUBE-NODEPORTS', 22),
      chain('fw', 'firewall', 'shop/web:http', 'KUBE-FW-LNITJ2S4TDGKMAA3', 31, {
        service: web,
        badges: [{ kind: 'source-ranges', label: '2 source ranges', condition: '', line: 64 }],
      }),
      chain('ext', 'external', 'shop/web:http', 'KUBE-EXT-LNITJ2S4TDGKMAA3', 32, {
        service: web,
        badges: [
          { kind: 'local-only', label: 'local only', condition: 'external traffic', line: 70 },
          { kind: 'masquerade', label: 'masquerade', condition: 'from this node', line: 69 },
        ],
      }),
      chain('svc', 'service', 'shop/web:http', 'KUBE-SVC-LNITJ2S4TDGKMAA3', 33, {
        service: web,
        packets: 1830,
        badges: [
          { kind: 'masquerade', label: 'masquerade', condition: 'unless from 10.244.0.0/16', line: 74 },
          { kind: 'affinity', label: 'affinity 10800 s', condition: '', line: 75 },
        ],
      }),
      chain('svl', 'service-local', 'shop/web:http', 'KUBE-SVL-LNITJ2S4TDGKMAA3', 34, { service: web, packets: 195 }),
      sep('1', '2XZJVPRY2PQVE3B3', '10.244.0.11:8080', 40, { shares: share(third, 1), share: third, packets: 612 }),
      sep('2', 'OYPFS5VJICHGATKP', '10.244.1.7:8080', 41, { shares: share(third, 0), share: third, packets: 0 }),
      sep('3', 'WJZ4QK2MHBA3SRUX', '10.244.2.9:8080', 42, {
        shares: share(third, 0),
        share: third,
        packets: 1218,
        drift: 'stale',
      }),
      behind('1', 'web-7d9c-x2x4z', 'node-a', '10.244.0.11:8080', { shares: share(third, 1), share: third }),
      behind('2', 'web-7d9c-m8r7t', 'node-b', '10.244.1.7:8080', {
        shares: share(third, 0),
        share: third,
        pod: pod('web-7d9c-m8r7t', 'node-b', false),
      }),
      node('addr:3', 'address', {
        label: '10.244.2.9:8080',
        detail: 'no Pod has this address',
        address: '10.244.2.9:8080',
        shares: share(third, 0),
        share: third,
        drift: 'stale',
      }),
      behind('4', 'web-7d9c-q9kkl', 'node-b', '10.244.1.31:8080', { drift: 'missing' }),
      node('drop', 'verdict', { label: 'DROP', detail: 'KUBE-PROXY-FIREWALL', table: 'filter', line: 140 }),
    ],
    edges: [
      edge('e:ip', 'services', { packets: 1830 }),
      edge('e:np', 'services', { packets: 120 }),
      edge('e:lb', 'services', { packets: 75 }),
      edge('services', 'svc', {
        line: 50,
        packets: 1830,
        rule: '-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LNITJ2S4TDGKMAA3',
      }),
      edge('services', 'fw', {
        line: 51,
        packets: 75,
        rule: '-A KUBE-SERVICES -d 203.0.113.80/32 -p tcp -m comment --comment "shop/web:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-LNITJ2S4TDGKMAA3',
      }),
      edge('services', 'nodeports', {
        line: 59,
        packets: 120,
        condition: 'to an address of this node',
        rule: '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
      }),
      edge('nodeports', 'ext', { line: 62, packets: 120 }),
      edge('fw', 'ext', { line: 64, packets: 70, probability: null, condition: 'from 203.0.113.0/24' }),
      edge('fw', 'ext', { line: 65, packets: 5, probability: null, condition: 'from 198.51.100.0/24' }),
      edge('fw', 'drop', { line: 140, packets: 0, probability: null, condition: 'from elsewhere' }),
      edge('ext', 'svc', { line: 68, packets: 0, probability: null, condition: 'from a Pod' }),
      edge('ext', 'svc', { line: 71, packets: 0, probability: null, condition: 'from this node' }),
      edge('ext', 'svl', { line: 72, packets: 195, probability: null, condition: 'from outside' }),
      edge('svc', 'sep:1', { line: 75, packets: 200, probability: null, condition: 'client seen within 10800 s' }),
      edge('svc', 'sep:2', { line: 76, packets: 0, probability: null, condition: 'client seen within 10800 s' }),
      edge('svc', 'sep:3', { line: 77, packets: 800, probability: null, condition: 'client seen within 10800 s' }),
      edge('svc', 'sep:1', {
        line: 78,
        packets: 412,
        probability: third,
        rule: '-A KUBE-SVC-LNITJ2S4TDGKMAA3 -m comment --comment "shop/web:http -> 10.244.0.11:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-2XZJVPRY2PQVE3B3',
      }),
      edge('svc', 'sep:2', { line: 79, packets: 0, probability: third }),
      edge('svc', 'sep:3', { line: 80, packets: 418, probability: third }),
      edge('svl', 'sep:1', { line: 82, packets: 195 }),
      edge('sep:1', 'pod:1', { line: 85, packets: 612 }),
      edge('sep:2', 'pod:2', { line: 87, packets: 0 }),
      edge('sep:3', 'addr:3', { line: 89, packets: 1218 }),
    ],
    notes: [
      { severity: 'info', message: 'The dump has counters: shares seen stand beside shares expected.', line: null },
      { severity: 'warning', message: 'Endpoint 10.244.2.9:8080 is no longer in the cluster.', line: 42 },
    ],
    routes: [
      {
        entry: 'e:ip',
        origins: [
          { words: 'a Pod', masqueraded: 0 },
          { words: 'this node', masqueraded: 1 },
          { words: 'outside', masqueraded: 1 },
        ],
        ends: null,
      },
      { entry: 'e:np', origins: [{ words: 'outside', masqueraded: 0 }], ends: null },
      {
        entry: 'e:np',
        origins: [
          { words: 'a Pod', masqueraded: 0 },
          { words: 'this node', masqueraded: 1 },
        ],
        ends: { 'pod:1': third, 'pod:2': third, 'addr:3': third },
      },
      { entry: 'e:lb', origins: [{ words: '203.0.113.0/24', masqueraded: 0 }], ends: null },
      { entry: 'e:lb', origins: [{ words: 'elsewhere', masqueraded: 0 }], ends: { drop: 1 } },
    ],
    state: { kind: 'limited', words: 'only from 203.0.113.0/24 at 203.0.113.80:80/tcp', line: 140, remarks: [] },
    source: 'cluster.json, read 2 minutes ago',
  };
}

/** A Service with this many endpoints, spread over nodes in three zones; every fiftieth Pod is not ready. */
export function manyEndpoints(count: number, hosts = 12): FlowGraph {
  const nodes: FlowNode[] = [
    node('e', 'entry', { label: '10.96.77.7:443/tcp', detail: 'clusterIP' }),
    chain('services', 'dispatch', 'KUBE-SERVICES', 'KUBE-SERVICES', 9),
    chain('svc', 'service', 'big/fleet:https', 'KUBE-SVC-4N57TFCL4MD7ZTDA', 10, {
      badges: [{ kind: 'masquerade', label: 'masquerade', condition: 'unless from 10.128.0.0/9', line: 20 }],
    }),
  ];
  const edges: FlowEdge[] = [edge('e', 'services'), edge('services', 'svc', { line: 19 })];
  for (let at = 0; at < count; at += 1) {
    const address = `10.${128 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}:8443`;
    const host = `node-${(at % hosts) + 1}`;
    const name = `fleet-6b8f-${at.toString(36).padStart(5, '0')}`;
    const place = {
      address,
      shares: { e: 1 / count },
      share: 1 / count,
      pod: { namespace: 'big', name, node: host, zone: `eu-1${'abc'[at % 3]}`, ready: at % 50 !== 49, terminating: false },
    };
    const hash = at.toString(32).toUpperCase().padStart(16, 'A');
    nodes.push(
      chain(`sep:${at}`, 'endpoint', address, `KUBE-SEP-${hash}`, 30 + at, {
        ...place,
        badges: [hairpin(address.slice(0, -5), 10_000 + 2 * at)],
      }),
      node(`pod:${at}`, 'pod', { label: name, detail: address, ...place }),
    );
    edges.push(edge('svc', `sep:${at}`, { line: 20_000 + at, probability: 1 / count }), edge(`sep:${at}`, `pod:${at}`));
  }
  const entry: FlowEntry = {
    id: 'e',
    kind: 'cluster-ip',
    ip: '10.96.77.7',
    port: 443,
    protocol: 'tcp',
    label: '10.96.77.7:443/tcp',
  };
  return graphOf(nodes, edges, { title: 'big/fleet:https', entries: [entry], source: 'cluster.json' });
}

/** A firewall's chains: jumps and gotos, a chain that two lead to, and a loop. */
export function chainGraph(): FlowGraph {
  const filter = (name: string, line: number, more: Partial<FlowNode> = {}): FlowNode =>
    node(name, 'chain', { label: name, detail: `filter, line ${line}`, table: 'filter', chain: name, line, ...more });
  const jump = (from: string, to: string, line: number, condition = ''): FlowEdge =>
    edge(from, to, { line, condition, probability: condition === '' ? 1 : null });
  return graphOf(
    [
      filter('FORWARD', 3),
      filter('DOCKER-USER', 4),
      filter('DOCKER-FORWARD', 5),
      filter('DOCKER-CT', 6),
      filter('DOCKER-BRIDGE', 7),
      filter('DOCKER', 8),
      filter('DOCKER-ISOLATION-STAGE-1', 9),
      filter('DOCKER-ISOLATION-STAGE-2', 10),
      filter('LOGDROP', 11),
      filter('AGAIN', 12),
      node('accept', 'verdict', { label: 'ACCEPT' }),
      node('drop', 'verdict', { label: 'DROP' }),
    ],
    [
      jump('FORWARD', 'DOCKER-USER', 20),
      jump('FORWARD', 'DOCKER-FORWARD', 21),
      jump('FORWARD', 'drop', 22, 'policy'),
      jump('DOCKER-USER', 'LOGDROP', 23, 'from 192.0.2.0/24'),
      jump('DOCKER-FORWARD', 'DOCKER-CT', 24),
      jump('DOCKER-FORWARD', 'DOCKER-ISOLATION-STAGE-1', 25),
      jump('DOCKER-FORWARD', 'DOCKER-BRIDGE', 26),
      jump('DOCKER-FORWARD', 'accept', 27, 'in docker0'),
      jump('DOCKER-CT', 'accept', 28, 'RELATED,ESTABLISHED'),
      jump('DOCKER-BRIDGE', 'DOCKER', 29, 'out docker0'),
      jump('DOCKER', 'accept', 30, 'to 172.17.0.2, tcp port 80'),
      jump('DOCKER-ISOLATION-STAGE-1', 'DOCKER-ISOLATION-STAGE-2', 31, 'in docker0, out other'),
      jump('DOCKER-ISOLATION-STAGE-2', 'drop', 32, 'out docker0'),
      jump('LOGDROP', 'drop', 33),
      jump('DOCKER', 'AGAIN', 34, 'mark 0x1'),
      jump('AGAIN', 'DOCKER-FORWARD', 35, 'mark 0x2'),
    ],
    { title: 'filter FORWARD' },
  );
}

/** A graph whose every text tries to be something else. */
export function hostileGraph(): FlowGraph {
  const evil = '<img src=x onerror="alert(1)">"\'&]]>--><script>alert(2)</script>\n%%{init}%%\u202e';
  const rich = richGraph();
  return {
    ...rich,
    title: evil,
    source: evil,
    nodes: rich.nodes.map((item) => ({
      ...item,
      label: `${evil}${item.label}`,
      detail: evil,
      badges: item.badges.map((badge) => ({ ...badge, label: evil, condition: evil })),
      pod: item.pod === null ? null : { ...item.pod, name: evil, namespace: evil, node: evil },
    })),
    edges: rich.edges.map((item) => ({ ...item, condition: evil, rule: evil })),
    notes: [{ severity: 'warning', message: evil, line: 1 }],
  };
}
