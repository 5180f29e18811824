import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import { chainGraph } from '../../server/src/kube/flow/chain-graph.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { ProxyOptions } from '../../server/src/kube/proxy/options.ts';
import { listServices } from '../../server/src/kube/services/service-list.ts';
import { serviceMapSteps } from '../../server/src/kube/services/service-map.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Layout, plainOptions } from '../../webview/src/layout/model.ts';
import { compareFlows } from '../../webview/src/model/compare-flows.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { clusterOfModels, type ServiceModel, serviceModel, setting } from '../kube/random-clusters.ts';
import { rulesetOf } from '../support/dumps.ts';
import { coveredLabels, overlaps, strayLabels } from './geometry.ts';
import { flowOfPorts } from './many-ports.ts';

/** Services at random with the rules that kube-proxy would write for them. */
const resolutions: fc.Arbitrary<Resolution> = fc
  .tuple(fc.array(serviceModel, { minLength: 1, maxLength: 2 }), setting)
  .map(([models, options]) => resolutionOf(models, options));

function resolutionOf(models: readonly ServiceModel[], options: ProxyOptions): Resolution {
  const cluster = clusterOfModels(models);
  return resolveChains(rulesetOf(runToEnd(expectedText(cluster, options))), cluster);
}

function flowsOf(resolution: Resolution): readonly FlowGraph[] {
  return resolution.cluster.services.flatMap(({ namespace, name }) => {
    const answer = flowGraph(resolution, { kind: 'service', namespace, name, port: null });
    return answer.ok ? [answer.graph] : [];
  });
}

/** The same with Pods and Services whose names are as long as people make them. */
function withLongNames(graph: FlowGraph): FlowGraph {
  const tail = '-of-the-team-that-moved-everything-to-the-new-cluster-last-winter';
  const longer = ({ kind, label }: FlowGraph['nodes'][number]): string =>
    kind === 'pod' || kind === 'service' || kind === 'external' ? `${label}${tail}` : label;
  return { ...graph, nodes: graph.nodes.map((node) => ({ ...node, label: longer(node) })) };
}

/** The flow of a Service on two nodes, or after its endpoints changed, as both are drawn. */
const comparisons = fc.tuple(serviceModel, serviceModel, setting, setting).map(([model, other, options, otherOptions]) => {
  const before = flowsOf(resolutionOf([model], options))[0];
  const after = flowsOf(resolutionOf([{ ...model, endpoints: other.endpoints, external: other.external }], otherOptions))[0];
  if (before === undefined || after === undefined) return [];
  const compared = compareFlows({ name: 'before', graph: before }, { name: 'after', graph: after });
  return [compared.before.graph, compared.after.graph];
});

const maps = resolutions.map((resolution) => [runToEnd(serviceMapSteps(resolution, runToEnd(listServices(resolution, null))))]);

const chainsOfServices = resolutions.map((resolution) =>
  [
    ['nat', 'KUBE-SERVICES'],
    ['nat', 'PREROUTING'],
    ['filter', 'FORWARD'],
    ['filter', 'INPUT'],
  ].flatMap(([table = '', chain = '']) => {
    const answer = chainGraph(resolution, table, chain, 6);
    return answer.ok ? [answer.graph] : [];
  }),
);

const names = ['FORWARD', 'ALLOWED', 'BLOCKED-BY-POLICY', 'LOGGING', 'cali-fw-cali0123456789a', 'DOCKER-USER'] as const;

/** Firewalls that people write, loops of chains as well. */
const firewalls = fc
  .array(
    fc.record({
      chain: fc.constantFrom(...names),
      match: fc.constantFrom(
        '',
        '-s 10.0.0.0/8 ',
        '-i eth0 ',
        '-p tcp -m tcp --dport 443 ',
        '-m conntrack --ctstate RELATED,ESTABLISHED ',
        '-m statistic --mode random --probability 0.25000000000 ',
        '-m comment --comment "what the auditors asked for, all of it" ',
      ),
      target: fc.constantFrom('ACCEPT', 'DROP', 'RETURN', 'REJECT --reject-with icmp-host-prohibited', ...names.slice(1)),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((rules) => {
    const declared = names.map((name) => `:${name} ${name === 'FORWARD' ? 'DROP' : '-'} [0:0]`);
    const lines = rules.map(({ chain, match, target }) => `-A ${chain} ${match}-j ${target}`);
    const text = ['*filter', ...declared, ...lines, 'COMMIT', ''].join('\n');
    const answer = chainGraph(resolveChains(rulesetOf(text), emptyCluster), 'filter', 'FORWARD', 6);
    return answer.ok ? [answer.graph] : [];
  });

/** Services with so many ports that those which are alike are drawn once, some of them without endpoints. */
const manyPorts = fc
  .record({ count: fc.integer({ min: 4, max: 24 }), missing: fc.subarray(['p0', 'p1', 'p2', 'p3']), isIPv6: fc.boolean() })
  .map(({ count, missing, isIPv6 }) => [flowOfPorts(count, missing, isIPv6 ? 'ipv6' : 'ipv4')]);

const drawings: Readonly<Record<string, fc.Arbitrary<readonly FlowGraph[]>>> = {
  'any Service': resolutions.map(flowsOf),
  'a Service with long names': resolutions.map((resolution) => flowsOf(resolution).map(withLongNames)),
  'many ports': manyPorts,
  'a comparison': comparisons,
  'a map': maps,
  "a Service's chains": chainsOfServices,
  'a firewall': firewalls,
};

/** All that is written, by where. */
function cutTexts({ boxes, edges }: Layout): readonly string[] {
  const texts = [
    ...boxes.flatMap(({ content }) => [
      content.label,
      ...content.moreLabel,
      content.detail,
      ...content.moreDetail,
      ...content.chips.flatMap(({ text, more = [] }) => [text, ...more]),
    ]),
    ...edges.flatMap(({ labels }) => labels.flatMap(({ lines }) => lines.map(({ text }) => text))),
  ];
  return texts.filter((text) => text.includes('…'));
}

const rooms = [
  ['columns', null],
  ['columns', 1600],
  ['columns', 1240],
  ['outline', 700],
  ['outline', 460],
] as const;

describe.each(Object.entries(drawings))('the drawing of %s', (_, graphsOf) => {
  it('has nothing on top of another, nothing cut, and each label at its own edge, in whatever form and width', {
    timeout: 300_000,
  }, () => {
    // Each graph in all forms at once: to make one takes several times as long as to draw it.
    fc.assert(
      fc.property(graphsOf, (graphs) => {
        for (const graph of graphs) {
          for (const [form, room] of rooms) {
            const where = `in ${form} of ${room ?? 'any'} width`;
            const draw = (): Layout => layoutFlow(indexGraph(graph), { ...plainOptions, form, room });
            const drawn = draw();
            expect(overlaps(drawn.boxes), where).toEqual([]);
            expect(coveredLabels(drawn), where).toEqual([]);
            expect(cutTexts(drawn), where).toEqual([]);
            expect(strayLabels(drawn), where).toEqual([]);
            expect(JSON.stringify(draw()), where).toBe(JSON.stringify(drawn));
          }
        }
      }),
      { seed: 20_261_126, numRuns: 60 },
    );
  });
});
