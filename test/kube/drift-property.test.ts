/** Whatever the cluster and whichever kube-proxy: its own rules are no drift, and a change shows at the Service that changed and at no other. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import type { ProxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, service, slice } from './objects.ts';
import { clusterOfModels, nameOfModel, nodes, objectsOf, serviceModel, settingWithAddresses } from './random-clusters.ts';

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
      settingWithAddresses,
      fc.boolean(),
      fc.boolean(),
      (models, options, isVersionSaid, hasComments) => {
        const cluster = clusterOfModels(models);
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
      settingWithAddresses,
      (models, changed, which, options) => {
        const number = which % models.length;
        const before = clusterOfModels(models);
        const others = models.map((model, index) => ({ model, index })).filter(({ index }) => index !== number);
        const after = clusterWith(
          ...nodes,
          ...others.flatMap(({ model, index }) => objectsOf(model, index + 1)),
          ...(changed === undefined ? [] : objectsOf(changed, number + 1)),
        );
        const found = findings(runToEnd(expectedText(before, options)), after, options);
        const name = nameOfModel(number + 1);
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

interface Claim {
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly node: string;
}

const claim: fc.Arbitrary<Claim> = fc.record({
  ready: fc.boolean(),
  terminating: fc.boolean(),
  node: fc.constantFrom('node-a', 'node-b'),
});

/** A Service with one address in several slices, as while slices are rewritten; each slice has an endpoint of its own besides. */
function clusterOfClaims(claims: readonly Claim[], spec: object): Cluster {
  return clusterWith(
    ...nodes,
    service('shop/web', { ports: [{ name: 'http', port: 80, nodePort: 30080 }], spec: { type: 'NodePort', ...spec } }),
    ...claims.map(({ ready, terminating, node: on }, index) =>
      slice(
        'shop/web',
        {
          '10.244.0.9': { ready: ready && !terminating, serving: ready, terminating, node: on },
          [`10.244.1.${index + 1}`]: { node: 'node-b' },
        },
        [{ name: 'http', port: 8080 }],
        { suffix: `${index}` },
      ),
    ),
  );
}

it('calls nothing a difference that kube-proxy leaves to chance: which of several slices counts for one address', () => {
  fc.assert(
    fc.property(
      fc.array(claim, { minLength: 2, maxLength: 3 }),
      fc.nat(),
      fc.constantFrom('Cluster', 'Local'),
      settingWithAddresses,
      (claims, which, policy, options) => {
        const ipv4 = { ...options, family: 'ipv4' as const, nodePortAddresses: null, podTraffic: null };
        const spec = { internalTrafficPolicy: policy, externalTrafficPolicy: policy };
        const taken = claims[which % claims.length];
        // The slice that counts says the same as all of them would.
        const text = runToEnd(
          expectedText(clusterOfClaims(claims.map(() => taken ?? claims[0]) as readonly Claim[], spec), ipv4),
        );
        expect(findings(text, clusterOfClaims(claims, spec), ipv4)).toEqual([]);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});
