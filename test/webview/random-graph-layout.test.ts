import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowGraph, FlowNodeKind } from '../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Layout, type LayoutOptions, plainOptions } from '../../webview/src/layout/model.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { edge, graphOf, node } from './fixtures.ts';
import { coveredLabels, overlaps } from './geometry.ts';

function layout(graph: FlowGraph, options: Partial<LayoutOptions> = {}): Layout {
  return layoutFlow(indexGraph(graph), { ...plainOptions, ...options });
}

const kinds: readonly FlowNodeKind[] = [
  'entry',
  'dispatch',
  'external',
  'firewall',
  'service',
  'service-local',
  'endpoint',
  'pod',
  'address',
  'verdict',
  'chain',
];

const anyGraph: fc.Arbitrary<FlowGraph> = fc
  .record({
    nodes: fc.array(fc.record({ kind: fc.constantFrom(...kinds), label: fc.string({ maxLength: 60 }) }), { maxLength: 45 }),
    edges: fc.array(
      fc.record({
        from: fc.nat(44),
        to: fc.nat(44),
        line: fc.option(fc.integer({ min: 1, max: 99 })),
        probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        packets: fc.option(fc.nat(5000)),
        condition: fc.constantFrom('', 'from 192.0.2.0/24', 'first packet'),
      }),
      { maxLength: 80 },
    ),
  })
  .map(({ nodes, edges }) =>
    graphOf(
      nodes.map((item, at) => node(`n${at}`, item.kind, { label: item.label })),
      edges
        .filter((item) => item.from < nodes.length && item.to < nodes.length)
        .map(({ from, to, ...more }) => edge(`n${from}`, `n${to}`, more)),
    ),
  );

describe('any graph, loops and islands included', () => {
  for (const form of ['columns', 'outline'] as const) {
    it(`has its boxes apart and its numbers finite in ${form}`, () => {
      fc.assert(
        fc.property(anyGraph, fc.boolean(), fc.constantFrom(400, 700, null), (graph, open, room) => {
          const closed = layout(graph, { form, room });
          const groups = closed.boxes.flatMap((item) => (item.group === null ? [] : [item.id]));
          const drawn = open ? layout(graph, { form, room, open: new Set(groups) }) : closed;
          expect(overlaps(drawn.boxes)).toEqual([]);
          for (const item of drawn.boxes) {
            expect([item.x, item.y, item.width, item.height].every(Number.isFinite)).toBe(true);
            expect(item.x + item.width).toBeLessThanOrEqual(drawn.width);
            expect(item.y + item.height).toBeLessThanOrEqual(drawn.height);
          }
          if (form === 'outline') expect(coveredLabels(drawn)).toEqual([]);
          for (const edge of drawn.edges) expect(edge.path).not.toMatch(/NaN|Infinity/);
          // Each node is a box, or in a group that is one.
          const shown = new Set(
            drawn.boxes.flatMap((item) =>
              item.group === null
                ? [item.id]
                : item.group.rows.flatMap((row) => [row.endpoint.id, ...row.behind.map((n) => n.id)]),
            ),
          );
          for (const item of graph.nodes) expect(shown).toContain(item.id);
        }),
        { seed: 20_261_124, numRuns: 150 },
      );
    });
  }
});
