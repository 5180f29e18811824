import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { looksLikeSnapshot } from '../../server/src/cluster/snapshot-sniff.ts';
import { sourceText } from '../../server/src/features/hover/source.ts';
import { fixtureText } from '../support/fixtures.ts';

const web = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web', creationTimestamp: '2026-11-23T00:58:07Z' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.96.20.10',
    clusterIPs: ['10.96.20.10', 'fd00:10:96:0::F77C'],
    externalIPs: ['192.0.2.50'],
    loadBalancerSourceRanges: ['203.0.113.9/24'],
    sessionAffinity: 'ClientIP',
    ports: [{ name: 'http', port: 80, nodePort: 30080, targetPort: 'http' }],
  },
  status: { loadBalancer: { ingress: [{ ip: '192.0.2.100', ipMode: 'Proxy' }, { hostname: 'lb.example' }] } },
};

const slice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: [
    {
      addresses: ['10.244.0.11'],
      conditions: { ready: true },
      nodeName: 'node-a',
      hints: { forZones: [{ name: 'z1' }] },
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    },
    { addresses: ['10.244.1.11'], conditions: {} },
  ],
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'shop',
    name: 'web-6d4b75cb6d-x2x2x',
    labels: { 'pod-template-hash': '6d4b75cb6d' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'web-6d4b75cb6d', controller: true }],
  },
  spec: { nodeName: 'node-a', containers: [{ ports: [{ containerPort: 8080, hostPort: 8081 }] }] },
  status: { phase: 'Running', podIP: '10.244.0.11', conditions: [{ type: 'Ready', status: 'False' }] },
};

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'z1' } },
  spec: { podCIDR: '10.244.0.0/24' },
  status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }], nodeInfo: { kubeletVersion: 'v1.34.1' } },
};

const list = { apiVersion: 'v1', kind: 'List', items: [web, slice, pod, node] };

function clusterOf(text: string): Cluster {
  const result = readSnapshot(text, 'cluster.json', 1000);
  if (!result.ok) throw new Error(result.error.message);
  return result.cluster;
}

function errorOf(text: string): string {
  const result = readSnapshot(text, 'cluster.json', 1000);
  if (result.ok) throw new Error('read without an error');
  return result.error.message;
}

describe('a snapshot', () => {
  it('gives records in canonical form', () => {
    const cluster = clusterOf(JSON.stringify(list));
    expect(cluster.source).toMatchObject({ kind: 'snapshot', label: 'cluster.json', fileChangedAt: 1000 });
    expect(cluster.warnings).toEqual([]);
    expect(cluster.service('shop', 'web')).toMatchObject({
      clusterIPs: ['10.96.20.10', 'fd00:10:96::f77c'],
      loadBalancerIPs: [{ ip: '192.0.2.100', ipMode: 'Proxy' }],
      loadBalancerSourceRanges: ['203.0.113.0/24'],
      affinityTimeout: 10800,
      externalTrafficPolicy: 'Cluster',
      ports: [{ name: 'http', protocol: 'tcp', port: 80, nodePort: 30080, targetPort: 'http' }],
      createdAt: Date.UTC(2026, 10, 23, 0, 58, 7),
    });
    expect(cluster.slicesOf('shop', 'web')[0]?.endpoints).toMatchObject([
      { ready: true, serving: true, terminating: false, hintZones: ['z1'], hintNodes: null },
      { ready: true, serving: true, hintZones: null, targetRef: null },
    ]);
    expect(cluster.pod('shop', 'web-6d4b75cb6d-x2x2x')).toMatchObject({
      ready: false,
      deployment: 'web',
      hostPorts: [{ hostPort: 8081, containerPort: 8080, protocol: 'tcp', hostIP: '' }],
    });
    expect(cluster.node('node-a')).toMatchObject({ zone: 'z1', podCIDRs: ['10.244.0.0/24'], kubeletVersion: 'v1.34.1' });
  });

  it('is looked up by address, in any spelling', () => {
    const cluster = clusterOf(JSON.stringify(list));
    expect(cluster.servicesAt('fd00:0010:96::f77c').map(({ service, use }) => [service.name, use])).toEqual([
      ['web', 'cluster-ip'],
    ]);
    expect(cluster.servicesAt('192.0.2.50').map(({ use }) => use)).toEqual(['external-ip']);
    expect(cluster.servicesAt('192.0.2.100').map(({ use }) => use)).toEqual(['load-balancer-ip']);
    expect(cluster.podsAt('10.244.0.11').map(({ name }) => name)).toEqual(['web-6d4b75cb6d-x2x2x']);
    expect(cluster.endpointsAt('10.244.1.11').map(({ slice: { name } }) => name)).toEqual(['web-1']);
    expect(cluster.nodeAt('172.18.0.2')?.name).toBe('node-a');
    expect(cluster.servicesAt('10.0.0.1')).toEqual([]);
  });

  it.each([
    ['one JSON list', JSON.stringify(list)],
    [
      'JSON lists behind each other',
      [web, slice, pod, node].map((item) => JSON.stringify({ ...list, items: [item] }, null, 4)).join('\n'),
    ],
    ['one object a line', [web, slice, pod, node].map((item) => JSON.stringify(item)).join('\n')],
    ['a plain JSON list', JSON.stringify([web, slice, pod, node])],
    ['a byte order mark', `\ufeff${JSON.stringify(list)}`],
    ['YAML documents in JSON style', [web, slice, pod, node].map((item) => `---\n${JSON.stringify(item)}`).join('\n')],
  ])('is read from %s', (_, text) => {
    const cluster = clusterOf(text);
    expect([cluster.services.length, cluster.slices.length, cluster.pods.length, cluster.nodes.length]).toEqual([1, 1, 1, 1]);
  });

  it("is read from the API's own lists, whose items say no kind", () => {
    const { kind: _kind, apiVersion: _version, ...bare } = web;
    const cluster = clusterOf(JSON.stringify({ kind: 'ServiceList', apiVersion: 'v1', items: [bare] }));
    expect(cluster.service('shop', 'web')?.type).toBe('LoadBalancer');
  });

  it('is read from YAML of several shapes', () => {
    const items = [
      '  kind: Node',
      '  metadata:',
      '    name: node-a',
      '    annotations:',
      '      text: |',
      '        - not an item',
    ];
    const whole = [
      'apiVersion: v1',
      'items:',
      '- apiVersion: v1',
      ...items,
      '- apiVersion: v1',
      ...items.map((line) => line.replace('node-a', 'node-b')),
      'kind: List',
      '',
    ];
    expect(clusterOf(whole.join('\r\n')).nodes.map(({ name }) => name)).toEqual(['node-a', 'node-b']);
    expect(
      clusterOf(`# saved\n---\n${whole.slice(2, 9).join('\n').replace('- ', '  ').replace(/^ {2}/gm, '')}\n---\n`).nodes,
    ).toHaveLength(1);
  });

  it('is no page of a list, of which others follow: what is on those would be called gone', () => {
    const page = (kind: string, more: string, items: readonly object[]) => ({
      apiVersion: 'v1',
      kind,
      metadata: { continue: more, remainingItemCount: 500 },
      items,
    });
    const result = (...values: readonly object[]) =>
      readSnapshot(values.map((each) => JSON.stringify(each)).join('\n'), 'pages', 0);
    for (const values of [[page('List', 'abc', [web])], [page('ServiceList', '', [web]), page('PodList', 'abc', [])]])
      expect(result(...values)).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(/^This is one page of a /) },
      });
    const yaml = `apiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify(web)}\nmetadata:\n  continue: abc\n`;
    expect(readSnapshot(yaml, 'pages', 0)).toMatchObject({ ok: false, error: { message: expect.stringContaining('one page') } });
    // All of its pages, one behind the other.
    expect(result(page('ServiceList', 'abc', [web]), page('ServiceList', '', [])).ok).toBe(true);
  });

  it('warns of kinds that are missing', () => {
    expect(
      clusterOf(JSON.stringify({ ...list, items: [web, pod, node, { kind: 'Endpoints', apiVersion: 'v1' }] })).warnings,
    ).toEqual([expect.stringContaining('no EndpointSlices; it has Endpoints instead')]);
    expect(clusterOf(JSON.stringify({ ...list, items: [web, slice, pod, node, null] })).warnings).toEqual([
      '1 object of the snapshot without a name or of a wrong shape left out.',
    ]);
  });

  it.each<[kind: 'Service' | 'EndpointSlice' | 'Pod' | 'Node', object: object, fault: string]>([
    [
      'Service',
      { spec: { ports: [{ port: '9000' }] } },
      'Service shop/x: spec.ports[0].port is the text "9000", expected a number from 0 to 65535',
    ],
    [
      'Service',
      { spec: { ports: [{ port: 80 }, { port: 70000 }] } },
      'Service shop/x: spec.ports[1].port is 70000, expected a number from 0 to 65535',
    ],
    ['Service', { spec: { ports: { port: 80 } } }, 'Service shop/x: spec.ports is an object, expected a list'],
    ['Service', { spec: { ports: [null] } }, 'Service shop/x: spec.ports[0] is null, expected an object'],
    ['Service', { spec: { clusterIP: 10 } }, 'Service shop/x: spec.clusterIP is 10, expected a text'],
    ['Service', { spec: { clusterIPs: '10.0.0.1' } }, 'Service shop/x: spec.clusterIPs is the text "10.0.0.1", expected a list'],
    ['Service', { spec: { selector: { version: 1 } } }, 'Service shop/x: spec.selector.version is 1, expected a text'],
    ['Service', { spec: 'none' }, 'Service shop/x: spec is the text "none", expected an object'],
    ['Service', { metadata: { name: 'x' } }, 'Service x has no metadata.namespace'],
    [
      'EndpointSlice',
      { endpoints: [{ addresses: '10.0.0.1' }] },
      'EndpointSlice shop/x: endpoints[0].addresses is the text "10.0.0.1", expected a list',
    ],
    [
      'EndpointSlice',
      { endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: 'false' } }] },
      'EndpointSlice shop/x: endpoints[0].conditions.ready is the text "false", expected true or false',
    ],
    ['EndpointSlice', { endpoints: {} }, 'EndpointSlice shop/x: endpoints is an object, expected a list'],
    ['Pod', { spec: { hostNetwork: 'true' } }, 'Pod shop/x: spec.hostNetwork is the text "true", expected true or false'],
    [
      'Node',
      { status: { addresses: ['10.0.0.1'] } },
      'Node shop/x: status.addresses[0] is the text "10.0.0.1", expected an object',
    ],
  ])('takes nothing from the %ss where one has a value of a wrong type: %j', (kind, object, fault) => {
    const others = [web, slice, pod, node];
    const faulty = { kind, metadata: { namespace: 'shop', name: 'x' }, ...object };
    const cluster = clusterOf(JSON.stringify({ ...list, items: [faulty, ...others] }));
    expect(cluster.warnings).toEqual([
      `No ${kind}s: ${fault}. Nothing is taken from the ${kind}s of the snapshot. Save what "kubectl get nodes,services,endpointslices,pods -A -o json" prints.`,
    ]);
    expect([cluster.kinds.has(kind), cluster.knows(kind, 'shop')]).toEqual([false, false]);
    expect([cluster.services, cluster.slices, cluster.pods, cluster.nodes].map(({ length }) => length)).toEqual(
      others.map((other) => (other.kind === kind ? 0 : 1)),
    );
  });

  it('takes null for a field that is not set, and a time of YAML for one', () => {
    const unset = { ...web, spec: { ...web.spec, externalIPs: null, selector: null }, status: null };
    expect(clusterOf(JSON.stringify({ ...list, items: [unset, slice, pod, node] })).warnings).toEqual([]);
    const written = 'kind: Node\napiVersion: v1\nmetadata:\n  name: a\n  creationTimestamp: 2024-01-01T00:00:00Z\n';
    expect(clusterOf(written).kinds).toEqual(new Set(['Node']));
  });

  it('leaves out what only shares a name', () => {
    const knative = { ...web, apiVersion: 'serving.knative.dev/v1', metadata: { namespace: 'shop', name: 'function' } };
    expect(clusterOf(JSON.stringify([web, knative])).services).toHaveLength(1);
  });
});

describe('a text that is no snapshot', () => {
  it.each([
    ['', 'The file is empty.'],
    ['  \n', 'The file is empty.'],
    ['\u0000\u0001\u0002', 'binary file'],
    ['{"apiVersion": "v1",\n "items": [{"kind": "Se', 'The JSON is cut off: it ends at line 2 with 3 brackets open.'],
    ['{"apiVersion": "v1",\n "items": [,]}', 'Not JSON at line 2, column 12'],
    ['{"kind": "List", "items": []}', 'This holds no objects'],
    [
      '{"kind": "List", "apiVersion": "v1", "items": [{"kind": "Secret", "apiVersion": "v1"}]}',
      'no Service, EndpointSlice, Pod or Node, but Secret',
    ],
    ['{"kind": "List", "items": [{"kind": "Service"}]}', 'A Service has no metadata.name'],
    ['{"kind": "List", "items": {"kind": "Service"}}', '"items" of this List is no list'],
    [
      '{"kind":"Status","status":"Failure","message":"services is forbidden"}',
      "the API server's refusal, not its objects: services is forbidden",
    ],
    ['apiVersion: v1\nkind: Config\nclusters: []\n', 'This is a kubeconfig'],
    ['apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n', 'The YAML is cut off'],
    ['apiVersion: v1\nitems:\n- kind: Service\n  a: [\nkind: List\n', 'Not YAML at line'],
    ['Error from server (Forbidden): services is forbidden', 'an error message of kubectl'],
    ['No resources found in default namespace.', 'kubectl found nothing'],
    ['NAMESPACE     NAME    TYPE\ndefault  kubernetes  ClusterIP', "kubectl's table"],
    ['# Generated by iptables-save v1.8.9\n*nat\n', 'This is an iptables dump'],
    ['<!DOCTYPE html>', 'web page'],
    ['to whom it may concern', 'plain text'],
    ['42', 'a number'],
  ])('%j is refused with a reason', (text, message) => {
    expect(errorOf(text)).toContain(message);
  });

  it('never throws, whatever the fields hold', () => {
    const junk = fc.anything({ maxDepth: 3 });
    const object = fc.record({
      apiVersion: fc.constantFrom('v1', 'discovery.k8s.io/v1'),
      kind: fc.constantFrom('Service', 'EndpointSlice', 'Pod', 'Node', 'List'),
      metadata: fc.oneof(junk, fc.record({ name: fc.string(), namespace: fc.string(), labels: junk, ownerReferences: junk })),
      spec: fc.oneof(junk, fc.record({ ports: junk, clusterIPs: junk, containers: junk, sessionAffinityConfig: junk })),
      status: fc.oneof(junk, fc.record({ loadBalancer: junk, addresses: junk, podIPs: junk, conditions: junk })),
      endpoints: junk,
      items: junk,
    });
    fc.assert(
      fc.property(object, (value) => {
        const result = readSnapshot(JSON.stringify(value), 'x', 0);
        expect(result.ok || result.error.message.length > 0).toBe(true);
      }),
      { seed: 7, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,-\n #a0!&*|>\\'), maxLength: 60 }), (text) => {
        expect(readSnapshot(text, 'x', 0)).toHaveProperty('ok');
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});

describe('sniffing', () => {
  it('takes lists of the kinds that matter for snapshots', () => {
    expect(looksLikeSnapshot(JSON.stringify(list, null, 4).slice(0, 200))).toBe(true);
    expect(looksLikeSnapshot('{"kind":"ServiceList","apiVersion":"v1","items":[')).toBe(true);
    expect(looksLikeSnapshot('apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Node\n')).toBe(true);
    expect(looksLikeSnapshot('apiVersion: v1\nitems:\n- addressType: IPv4\n  apiVersion: discovery.k8s.io/v1\n')).toBe(true);
  });

  it('takes manifests, other lists and other files for none', () => {
    expect(looksLikeSnapshot('apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n')).toBe(false);
    expect(looksLikeSnapshot(JSON.stringify(web))).toBe(false);
    expect(looksLikeSnapshot('{"name": "vscode-iptables", "items": []}')).toBe(false);
    expect(looksLikeSnapshot('{"apiVersion":"v1","items":[{"apiVersion":"apps/v1","kind":"Deployment"')).toBe(false);
    expect(looksLikeSnapshot('')).toBe(false);
  });
});

describe('the recorded clusters', () => {
  it('are the same from JSON and from YAML', () => {
    const json = clusterOf(fixtureText('lab/shop/cluster.json'));
    const yaml = clusterOf(fixtureText('lab/shop/cluster.yaml'));
    expect(json.services).toHaveLength(13);
    expect(yaml.services).toEqual(json.services);
    expect(yaml.slices).toEqual(json.slices);
    expect(yaml.pods).toEqual(json.pods);
    expect(yaml.nodes).toEqual(json.nodes);
  });
});

describe('how old a snapshot is', () => {
  const at = (object: object): number => clusterOf(JSON.stringify({ kind: 'List', items: [web, object] })).source.readAt;
  const made = Date.parse('2026-11-24T10:00:00Z');
  const metadata = { name: 'x', namespace: 'shop', creationTimestamp: '2026-11-24T10:00:00Z' };

  it('is told by the newest time that its objects name, not by its file', () => {
    expect(at({ apiVersion: 'v1', kind: 'Pod', metadata })).toBe(made);
    const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-11-24T10:05:00Z' }];
    expect(at({ apiVersion: 'v1', kind: 'Node', metadata, status: { conditions } })).toBe(made + 300_000);
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: { renewTime: '2026-11-24T10:06:00.5Z' },
    };
    expect(at(lease)).toBe(made + 360_500);
  });

  it('is told by the list itself, as this program writes it', () => {
    const text = JSON.stringify({ kind: 'List', metadata: { creationTimestamp: '2026-11-24T11:00:00Z' }, items: [web] });
    expect(clusterOf(text).source.readAt).toBe(made + 3_600_000);
  });

  it('is not known where nothing names a time', () => {
    const text = JSON.stringify({ kind: 'List', items: [slice] });
    const { source } = clusterOf(text);
    expect(source.readAt).toBe(0);
    expect(sourceText(clusterOf(text), 61_000)).toBe('cluster.json, file changed 1 minute ago');
    const unsaved = readSnapshot(text, 'cluster.json', 0);
    expect(unsaved.ok && sourceText(unsaved.cluster, 61_000)).toBe('cluster.json');
  });
});
