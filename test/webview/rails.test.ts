import { describe, expect, it } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type DrawnEdge, type Layout, plainOptions } from '../../webview/src/layout/model.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { edge, graphOf, manyEndpoints, node } from './fixtures.ts';
import { coveredLabels, overlaps, pointsAlong } from './geometry.ts';

function layout(graph: FlowGraph): Layout {
  return layoutFlow(indexGraph(graph), plainOptions);
}

/** Ways straight up or down: where from the left, from which height to which. */
function risers({ path }: DrawnEdge): readonly (readonly [x: number, top: number, bottom: number])[] {
  return pointsAlong(path).flatMap((part) =>
    part.flatMap(([x, y], at) => {
      const [fromX, fromY] = part[at - 1] ?? [Number.NaN, 0];
      return fromX === x && Math.abs(fromY - y) > 1 ? [[x, Math.min(fromY, y), Math.max(fromY, y)] as const] : [];
    }),
  );
}

/** Entries of one chain, which leads to one Service. */
function entries(count: number, packets: number | null = null): FlowGraph {
  const ids = Array.from({ length: count }, (_, at) => `e${at}`);
  return graphOf(
    [...ids.map((id, at) => node(id, 'entry', { label: `10.96.0.1:${at + 80}/tcp` })), node('services', 'dispatch')],
    ids.map((id) => edge(id, 'services', { packets })),
  );
}

describe('many edges at one box', () => {
  const drawn = layout(manyEndpoints(600, 60));
  const out = drawn.edges.filter(({ from }) => from === 'svc');

  it('leave it on one rail, of which each draws what no other does', () => {
    const pieces = out.flatMap(risers);
    expect(out).toHaveLength(60);
    expect(new Set(pieces.map(([x]) => x)).size).toBe(1);
    const sorted = pieces.toSorted((a, b) => a[1] - b[1]);
    for (const [at, [, top]] of sorted.entries()) expect(top).toBeGreaterThanOrEqual((sorted[at - 1]?.[2] ?? 0) - 0.2);
    // But for them and their round corners all is level.
    for (const { path } of out) {
      const [start] = pointsAlong(path);
      const levels = start?.slice(-2).map(([, y]) => y);
      expect(new Set(levels).size).toBe(1);
    }
  });

  it('are whole where one is lit', () => {
    const box = drawn.boxes.find(({ id }) => id === 'svc');
    for (const { wholePath = '' } of out) {
      const [[x, y] = [0, 0]] = pointsAlong(wholePath)[0] ?? [];
      expect([x, y]).toEqual([(box?.x ?? 0) + (box?.width ?? 0), (box?.y ?? 0) + (box?.height ?? 0) / 2]);
    }
  });

  it('come to it on one rail, and to one place', () => {
    const many = layout(entries(20));
    const ends = many.edges.map(({ wholePath = '' }) => pointsAlong(wholePath).at(-1)?.at(-2)?.join());
    expect(new Set(ends).size).toBe(1);
    expect(many.boxes.find(({ id }) => id === 'services')?.height).toBeLessThan(60);
    expect(overlaps(many.boxes)).toEqual([]);
  });

  it('come each to a place of its own where a label tells it from the others', () => {
    const counted = layout(entries(20, 7));
    expect(counted.edges.every(({ wholePath }) => wholePath === undefined)).toBe(true);
    expect(coveredLabels(counted)).toEqual([]);
  });

  it('from many boxes of one column are no area of curves either', () => {
    const services = Array.from({ length: 30 }, (_, at) => `svc${at}`);
    const ends = services.flatMap((from) => [0, 1].map((at) => ({ from, to: `sep-${from}-${at}` })));
    const crowded = layout(
      graphOf(
        [...services.map((id) => node(id, 'chain', { label: id })), ...ends.map(({ to }) => node(to, 'chain', { label: to }))],
        ends.map(({ from, to }) => edge(from, to)),
      ),
    );
    const xs = new Set(crowded.edges.flatMap(risers).map(([x]) => x));
    expect(xs.size).toBeLessThanOrEqual(8);
    for (const { path } of crowded.edges) {
      const levels = pointsAlong(path)[0]
        ?.slice(-2)
        .map(([, y]) => y);
      expect(new Set(levels).size).toBe(1);
    }
    expect(overlaps(crowded.boxes)).toEqual([]);
  });

  it('are curves as long as they are few', () => {
    for (const { wholePath } of layout(entries(8)).edges) expect(wholePath).toBeUndefined();
    for (const { wholePath } of layout(entries(9)).edges) expect(wholePath).toBeDefined();
  });

  it('that leave several boxes of one column have a rail each', () => {
    const ids = Array.from({ length: 10 }, (_, at) => `sep${at}`);
    const both = layout(
      graphOf(
        [node('svc', 'service'), node('svl', 'service-local'), ...ids.map((id) => node(id, 'endpoint', { label: id }))],
        ids.flatMap((id) => [edge('svc', id, { probability: 0.1 }), edge('svl', id, { probability: 0.1 })]),
      ),
    );
    const railOf = (from: string) =>
      new Set(
        both.edges
          .filter((drawn) => drawn.from === from)
          .flatMap(risers)
          .map(([x]) => x),
      );
    expect([railOf('svc').size, railOf('svl').size]).toEqual([1, 1]);
    expect([...railOf('svc')]).not.toEqual([...railOf('svl')]);
    expect(coveredLabels(both)).toEqual([]);
  });
});
