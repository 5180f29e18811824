/** Whatever the cluster and whichever kube-proxy: its own rules are no drift, and a change shows at the Service that changed and at no other. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, service, slice } from './objects.ts';

interface EndpointModel {
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly node: string;
  readonly zones: readonly string[] | undefined;
}

interface ServiceModel {
  readonly protocols: readonly ('TCP' | 'UDP' | 'SCTP')[];
  readonly unnamed: boolean;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly internal: 'Cluster' | 'Local';
  readonly external: 'Cluster' | 'Local';
  readonly externalIPs: boolean;
  readonly ranges: readonly string[];
  readonly affinity: number;
  readonly endpoints: readonly EndpointModel[];
}

const endpointModel: fc.Arbitrary<EndpointModel> = fc.record({
  ready: fc.boolean(),
  terminating: fc.boolean(),
  node: fc.constantFrom('node-a', 'node-b', 'node-c'),
  zones: fc.option(fc.constantFrom(['z1'], ['z2'], ['z1', 'z2']), { nil: undefined }),
});

const serviceModel: fc.Arbitrary<ServiceModel> = fc.record({
  protocols: fc.uniqueArray(fc.constantFrom('TCP', 'UDP', 'SCTP'), { minLength: 1, maxLength: 3 }),
  unnamed: fc.boolean(),
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
  internal: fc.constantFrom('Cluster', 'Local'),
  external: fc.constantFrom('Cluster', 'Local'),
  externalIPs: fc.boolean(),
  ranges: fc.constantFrom([], ['203.0.113.0/24', '2001:db8::/32'], ['0.0.0.0/0', '::/0'], ['172.18.0.0/16']),
  affinity: fc.constantFrom(0, 60, 10800),
  endpoints: fc.array(endpointModel, { maxLength: 5 }),
});

/** A Service with its slices, its addresses told by its number. */
function objectsOf(model: ServiceModel, number: number): readonly object[] {
  const name = `ns-${number % 2}/service-${number}`;
  const protocols = model.unnamed ? model.protocols.slice(0, 1) : model.protocols;
  const ports = protocols.map((protocol, index) => ({
    name: model.unnamed ? '' : protocol.toLowerCase(),
    protocol,
    port: 80 + index,
    ...(model.type === 'ClusterIP' ? {} : { nodePort: 30000 + number * 10 + index }),
  }));
  const spec = {
    type: model.type,
    internalTrafficPolicy: model.internal,
    ...(model.type === 'ClusterIP' ? {} : { externalTrafficPolicy: model.external }),
    ...(model.type === 'LoadBalancer' ? { loadBalancerSourceRanges: model.ranges, healthCheckNodePort: 32000 + number } : {}),
    ...(model.externalIPs ? { externalIPs: [`192.0.2.${number}`, `2001:db8::${number}`] } : {}),
    ...(model.affinity === 0
      ? {}
      : { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: model.affinity } } }),
  };
  const ingress = model.type === 'LoadBalancer' ? [{ ip: `198.51.100.${number}` }, { ip: `2001:db8:1::${number}` }] : [];
  const slicePorts = ports.map(({ name: port, protocol }, index) => ({ name: port, protocol, port: 8080 + index }));
  const slices = [`10.244.${number}.`, `fd00:244:${number}::`].map((prefix) =>
    slice(
      name,
      Object.fromEntries(
        model.endpoints.map(({ ready, terminating, node: on, zones }, index) => [
          `${prefix}${index + 1}`,
          { ready: ready && !terminating, terminating, serving: ready, node: on, ...(zones === undefined ? {} : { zones }) },
        ]),
      ),
      slicePorts,
      { suffix: prefix.includes(':') ? 'v6' : 'v4' },
    ),
  );
  return [service(name, { ip: [`10.96.0.${number}`, `fd00:96::${number}`], ports, spec, ingress }), ...slices];
}

const nodes = [
  node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1' }),
  node('node-b', { ips: ['172.18.0.3', 'fc00::3'], zone: 'z2' }),
  node('node-c', { ips: ['172.18.0.4'] }),
];

function clusterOf(models: readonly ServiceModel[]): Cluster {
  return clusterWith(...nodes, ...models.flatMap((model, index) => objectsOf(model, index + 1)));
}

const setting: fc.Arbitrary<ProxyOptions> = fc
  .record({
    node: fc.constantFrom('node-a', 'node-b', 'node-c'),
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    version: fc.integer({ min: 24, max: 36 }),
    detect: fc.constantFrom('source', 'interface', 'none', 'all'),
    nfacct: fc.boolean(),
    localhostNodePorts: fc.boolean(),
  })
  .map(({ detect, nfacct, ...given }) => {
    const cidr = given.family === 'ipv6' ? 'fd00:244::/32' : '10.244.0.0/16';
    return proxyOptions({
      ...given,
      podTraffic:
        detect === 'source' ? { by: 'source', cidr } : detect === 'interface' ? { by: 'interface', name: 'cni0' } : null,
      masqueradeAll: detect === 'all',
      ...(nfacct ? {} : { nfacct: false }),
    });
  });

function findings(
  text: string,
  cluster: Cluster,
  { node: name, version, family }: ProxyOptions,
  isVersionSaid = true,
): readonly string[] {
  const { services, summary } = driftReport(rulesetOf(text, family === 'ipv6' ? 'rules.v6' : 'rules.v4'), cluster, {
    node: name,
    version: isVersionSaid ? `1.${version}` : undefined,
  });
  expect(summary.notes).toEqual([]);
  return services.flatMap(({ service: full, findings: found }) => found.map(({ kind, message }) => `${full} ${kind} ${message}`));
}

it("is silent on kube-proxy's own rules", () => {
  fc.assert(
    fc.property(
      fc.array(serviceModel, { minLength: 1, maxLength: 6 }),
      setting,
      fc.boolean(),
      fc.boolean(),
      (models, options, isVersionSaid, hasComments) => {
        const cluster = clusterOf(models);
        const text = runToEnd(expectedText(cluster, options));
        // People strip comments before they show a dump.
        const shown = hasComments ? text : text.replaceAll(/ -m comment --comment "[^"]*"/g, '');
        expect(findings(shown, cluster, options, isVersionSaid)).toEqual([]);
      },
    ),
    { seed: 4, numRuns: 200 },
  );
});

it('speaks of the Service that changed, once for each thing that differs, and of no other', () => {
  fc.assert(
    fc.property(
      fc.array(serviceModel, { minLength: 2, maxLength: 5 }),
      fc.option(serviceModel, { nil: undefined }),
      fc.nat(),
      setting,
      (models, changed, which, options) => {
        const number = which % models.length;
        const before = clusterOf(models);
        const others = models.map((model, index) => ({ model, index })).filter(({ index }) => index !== number);
        const after = clusterWith(
          ...nodes,
          ...others.flatMap(({ model, index }) => objectsOf(model, index + 1)),
          ...(changed === undefined ? [] : objectsOf(changed, number + 1)),
        );
        const found = findings(runToEnd(expectedText(before, options)), after, options);
        const name = `ns-${(number + 1) % 2}/service-${number + 1}`;
        expect(found.filter((finding) => !finding.startsWith(`${name} `))).toEqual([]);
        expect(new Set(found).size).toBe(found.length);
        // It speaks exactly where kube-proxy would write other rules: shares in another order are the same.
        const rules = (cluster: Cluster): string =>
          (['nat', 'filter'] as const)
            .flatMap((table) =>
              [...expectedRules(cluster, options)[table].values()].flat().map((rule) => `${table} ${ruleText(rule)}`),
            )
            .sort()
            .join('\n');
        expect(found.length > 0).toBe(rules(before) !== rules(after));
      },
    ),
    { seed: 6, numRuns: 300 },
  );
});
