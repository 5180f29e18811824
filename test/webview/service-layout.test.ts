import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Layout, plainOptions } from '../../webview/src/layout/model.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { clusterOfModels, serviceModel, setting } from '../kube/random-clusters.ts';
import { rulesetOf } from '../support/dumps.ts';
import { coveredLabels, distance, overlaps } from './geometry.ts';

/** The flows of Services at random, as kube-proxy would write their rules. */
const flows: fc.Arbitrary<readonly FlowGraph[]> = fc
  .tuple(fc.array(serviceModel, { minLength: 1, maxLength: 2 }), setting)
  .map(([models, options]) => {
    const cluster = clusterOfModels(models);
    const resolution = resolveChains(rulesetOf(runToEnd(expectedText(cluster, options))), cluster);
    return cluster.services.flatMap(({ namespace, name }) => {
      const answer = flowGraph(resolution, { kind: 'service', namespace, name, port: null });
      return answer.ok ? [answer.graph] : [];
    });
  });

/** Labels that an edge of other boxes passes nearer than their own. */
function strayLabels({ edges }: Layout): readonly string[] {
  return edges.flatMap((drawn) =>
    drawn.labels.flatMap((label) => {
      const own = distance(label, drawn.path);
      const nearer = edges.find((other) => other !== drawn && distance(label, other.path) < own - 0.5);
      return nearer === undefined ? [] : [`"${label.lines[0]?.text}" of ${drawn.id} is nearer to ${nearer.id}`];
    }),
  );
}

/** All that is written, by where. */
function cutTexts({ boxes, edges }: Layout): readonly string[] {
  const texts = [
    ...boxes.flatMap(({ content }) => [
      content.label,
      content.detail,
      ...content.moreDetail,
      ...content.chips.flatMap(({ text, more = [] }) => [text, ...more]),
    ]),
    ...edges.flatMap(({ labels }) => labels.flatMap(({ lines }) => lines.map(({ text }) => text))),
  ];
  return texts.filter((text) => text.includes('…'));
}

describe('the drawing of any Service', () => {
  for (const [form, room] of [
    ['columns', null],
    ['columns', 1600],
    ['columns', 1240],
    ['outline', 700],
    ['outline', 460],
  ] as const) {
    it(`has nothing on top of another, nothing cut, and each label at its own edge, in ${form} of ${room ?? 'any'} width`, {
      timeout: 60_000,
    }, () => {
      fc.assert(
        fc.property(flows, (graphs) => {
          for (const graph of graphs) {
            const draw = (): Layout => layoutFlow(indexGraph(graph), { ...plainOptions, form, room });
            const drawn = draw();
            expect(overlaps(drawn.boxes)).toEqual([]);
            expect(coveredLabels(drawn)).toEqual([]);
            expect(cutTexts(drawn)).toEqual([]);
            expect(strayLabels(drawn)).toEqual([]);
            expect(draw()).toEqual(drawn);
          }
        }),
        { seed: 20_261_126, numRuns: 60 },
      );
    });
  }
});
