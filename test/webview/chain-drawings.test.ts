import { describe, expect, it } from 'vitest';
import { chainGraph, edge, graphOf, node } from './fixtures.ts';
import { overlaps } from './geometry.ts';
import { box, labelTexts, layout } from './laid-out.ts';

describe('chains', () => {
  it('run from left to right, loops back', () => {
    const drawn = layout(chainGraph());
    expect(box(drawn, 'FORWARD').x).toBeLessThan(box(drawn, 'DOCKER-FORWARD').x);
    expect(box(drawn, 'DOCKER').x).toBeLessThan(box(drawn, 'AGAIN').x);
    expect(drawn.edges).toHaveLength(chainGraph().edges.length);
    expect(overlaps(drawn.boxes)).toEqual([]);
    expect(drawn.boxes.map((item) => item.content.label)).toContain('DOCKER-ISOLATION-STAGE-1');
  });

  it('stay in rule order where nothing loops', () => {
    const { nodes, edges } = chainGraph();
    const drawn = layout(
      graphOf(
        nodes,
        edges.filter((item) => item.from !== 'AGAIN'),
      ),
    );
    const tops = ['DOCKER-CT', 'DOCKER-ISOLATION-STAGE-1', 'DOCKER-BRIDGE'].map((id) => box(drawn, id).y);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
  });

  it('tell a few rules between two apart, and count the others', () => {
    const rules = Array.from({ length: 9 }, (_, at) =>
      edge('A', 'B', { line: at + 1, probability: null, condition: `from 192.0.2.${at}`, packets: 2 }),
    );
    const drawn = layout(graphOf([node('A', 'chain'), node('B', 'chain')], rules));
    const texts = labelTexts(drawn, 'A', 'B');
    expect(texts.filter((text) => text.startsWith('from'))).toHaveLength(4);
    expect(texts.at(-1)).toBe('and 5 more rules, 10 pkts');
    expect(drawn.edges[0]?.labels.at(-1)?.edges).toHaveLength(5);
  });

  it('can be thousands, then without dagre', () => {
    const nodes = Array.from({ length: 2000 }, (_, at) => node(`C${at}`, 'chain'));
    const edges = nodes.slice(1).map((item, at) => edge(`C${at >> 1}`, item.id, { line: at + 1 }));
    const drawn = layout(graphOf(nodes, edges));
    expect(drawn.boxes).toHaveLength(2000);
    expect(overlaps(drawn.boxes)).toEqual([]);
  });

  it('may jump to themselves', () => {
    const drawn = layout(graphOf([node('A', 'chain')], [edge('A', 'A', { line: 2 })]));
    expect(drawn.boxes).toHaveLength(1);
  });
});
