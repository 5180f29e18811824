import { describe, expect, it } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import type { Box } from '../../webview/src/layout/model.ts';
import { edge, graphOf, manyEndpoints, node, richGraph } from './fixtures.ts';
import { coveredLabels, overlaps, pointsAlong } from './geometry.ts';
import { box, labelTexts, layout } from './laid-out.ts';

describe('outline', () => {
  const drawn = layout(richGraph(), { form: 'outline', room: 400 });

  it('fits its room', () => {
    expect(drawn.width).toBeLessThanOrEqual(400);
    for (const item of drawn.boxes) expect(item.x + item.width).toBeLessThanOrEqual(400);
  });

  it('has every box, none on another, deeper ones further in', () => {
    expect(drawn.boxes).toHaveLength(richGraph().nodes.length);
    expect(overlaps(drawn.boxes)).toEqual([]);
    expect(box(drawn, 'pod:1').x).toBeGreaterThan(box(drawn, 'sep:1').x);
    expect(box(drawn, 'pod:1').y).toBeGreaterThan(box(drawn, 'sep:1').y);
  });

  it('says where an edge along the right comes from', () => {
    expect(labelTexts(drawn, 'fw', 'ext')).toEqual([
      'from KUBE-FW-LNITJ2S4TDGKMAA3',
      'from 203.0.113.0/24 · 70 pkts',
      'from 198.51.100.0/24 · 5 pkts',
    ]);
    const plain = graphOf([node('a', 'entry'), node('b', 'entry'), node('c', 'dispatch')], [edge('a', 'c'), edge('b', 'c')]);
    expect(labelTexts(layout(plain, { form: 'outline' }), 'a', 'c')).toEqual([]);
  });

  it('has Pods beside their endpoints where there is room, and below them where there is not', () => {
    const graph = manyEndpoints(4, 2);
    const roomy = layout(graph, { form: 'outline', room: 800 });
    const tight = layout(graph, { form: 'outline', room: 400 });
    const middle = (item: Box): number => item.y + item.height / 2;
    expect(middle(box(roomy, 'pod:2'))).toBe(middle(box(roomy, 'sep:2')));
    expect(box(roomy, 'pod:2').x).toBeGreaterThan(box(roomy, 'sep:2').x + box(roomy, 'sep:2').width);
    expect(roomy.width).toBeLessThanOrEqual(800);
    expect(box(tight, 'pod:2').y).toBeGreaterThan(box(tight, 'sep:2').y + box(tight, 'sep:2').height);
    expect(roomy.height).toBeLessThan(tight.height);
    // An edge that comes along the right would meet the Pod.
    const rich = layout(richGraph(), { form: 'outline', room: 800 });
    expect(middle(box(rich, 'pod:2'))).toBe(middle(box(rich, 'sep:2')));
    expect(middle(box(rich, 'pod:1'))).toBeGreaterThan(middle(box(rich, 'sep:1')));
    expect(labelTexts(rich, 'sep:2', 'pod:2')).toEqual(['0 pkts']);
    expect(overlaps(rich.boxes)).toEqual([]);
  });

  it('has entries that share their way beside each other, each with what it alone counts', () => {
    const roomy = layout(richGraph(), { form: 'outline', room: 800 });
    const entries = ['e:ip', 'e:np', 'e:lb'].map((id) => box(roomy, id));
    expect(new Set(entries.map(({ y }) => y)).size).toBe(1);
    expect(box(roomy, 'services').y).toBeGreaterThan(entries[0]?.y ?? 0);
    for (const [at, entry] of entries.entries()) {
      const drawn = roomy.edges.find(({ from }) => from === entry.id);
      expect(drawn?.labels.map(({ lines }) => lines.map(({ text }) => text))).toEqual([
        [['1,830 pkts'], ['120 pkts'], ['75 pkts']][at],
      ]);
      for (const label of drawn?.labels ?? []) {
        expect(label.x).toBeGreaterThanOrEqual(entry.x);
        expect(label.x + label.width).toBeLessThanOrEqual(entry.x + entry.width);
      }
    }
  });

  it('says at the right what holds for an edge along the right, and at the left what holds for the rail', () => {
    const roomy = layout(richGraph(), { form: 'outline', room: 800 });
    const target = box(roomy, 'ext');
    const labelsFrom = (from: string) => roomy.edges.find((item) => item.from === from && item.to === 'ext')?.labels ?? [];
    expect(labelsFrom('nodeports').map(({ x }) => x)).toEqual([target.x]);
    const right = target.x + target.width - 14;
    expect(labelsFrom('fw').map(({ x, width }) => x + width)).toEqual([right, right]);
  });

  it('is of one line a box where the width allows it', () => {
    const roomy = layout(richGraph(), { form: 'outline', room: 800 });
    expect(box(roomy, 'services').height).toBeLessThan(30);
    expect(box(drawn, 'fw').height).toBeGreaterThan(30);
    expect(box(roomy, 'fw').content.detail).toBe('KUBE-FW-LNITJ2S4TDGKMAA3');
  });

  it('opens groups', () => {
    const open = new Set(['group:node:node-3']);
    const many = layout(manyEndpoints(1000), { form: 'outline', room: 400, open });
    expect(many.boxes).toHaveLength(3 + 12 + 2 * 84);
    expect(overlaps(many.boxes)).toEqual([]);
    expect(many.frames).toHaveLength(1);
  });

  const addresses = ['10.96.0.1:80/tcp', '192.0.2.10:80/tcp', '192.0.2.11:80/tcp', '203.0.113.200:80/tcp'];
  const shared = (packets: number | null): FlowGraph =>
    graphOf(
      [
        ...addresses.map((id) => node(id, 'entry', { detail: 'external IP' })),
        node('services', 'dispatch'),
        node('svc', 'service'),
        node('firewall', 'firewall'),
      ],
      [
        ...addresses.map((id) => edge(id, 'services', { packets })),
        ...addresses.slice(0, 2).map((id) => edge('services', 'svc', { probability: null, condition: `to ${id}` })),
        edge('services', 'firewall', { probability: null, condition: `to ${addresses[3]}` }),
      ],
    );

  it('has entries that lead the same way close together, with one line to it', () => {
    for (const packets of [null, 7]) {
      const few = layout(shared(packets), { form: 'outline', room: 500 });
      const entries = few.boxes.filter((candidate) => candidate.node?.kind === 'entry');
      expect(new Set(entries.map(({ x, width }) => `${x} ${width}`)).size).toBe(1);
      for (const [at, entry] of entries.slice(1).entries())
        expect(entry.y - (entries[at]?.y ?? 0) - (entries[at]?.height ?? 0)).toBeLessThan(5);
      const ends = few.edges.filter(({ to }) => to === 'services').map((drawn) => pointsAlong(drawn.wholePath ?? drawn.path));
      expect(new Set(ends.map(([way]) => way?.at(-1)?.join())).size).toBe(1);
      expect(labelTexts(few, addresses[0] ?? '', 'services')).toEqual(packets === null ? [] : ['7 pkts']);
      expect(coveredLabels(few)).toEqual([]);
    }
  });

  it('says in one label what rules look for that lead the same way', () => {
    const few = layout(shared(null), { form: 'outline', room: 500 });
    expect(labelTexts(few, 'services', 'svc')).toEqual([`to ${addresses.slice(0, 2).join(', ')}`]);
    expect(few.edges.find(({ to }) => to === 'svc')?.labels[0]?.edges).toHaveLength(2);
  });
});
