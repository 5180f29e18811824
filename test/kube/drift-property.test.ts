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
import { clusterWith } from './objects.ts';
import { clusterOfModels, nameOfModel, nodes, objectsOf, serviceModel, setting } from './random-clusters.ts';

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
      setting,
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
