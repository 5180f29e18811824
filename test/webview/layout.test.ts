import { describe, expect, it } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Box, type Layout, type LayoutOptions, plainOptions } from '../../webview/src/layout/model.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { chainGraph, edge, graphOf, manyEndpoints, node, richGraph } from './fixtures.ts';
import { coveredLabels, overlaps, pointsAlong } from './geometry.ts';

function layout(graph: FlowGraph, options: Partial<LayoutOptions> = {}): Layout {
  return layoutFlow(indexGraph(graph), { ...plainOptions, ...options });
}

function box(layout: Layout, id: string): Box {
  const found = layout.boxes.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no box ${id}`);
  return found;
}

function labelTexts(layout: Layout, from: string, to: string): readonly string[] {
  const drawn = layout.edges.find((candidate) => candidate.from === from && candidate.to === to);
  return drawn?.labels.flatMap((label) => label.lines.map((line) => line.text)) ?? [];
}

describe('columns', () => {
  const drawn = layout(richGraph());

  it('go by meaning from left to right', () => {
    const ids = ['e:ip', 'services', 'ext', 'svc', 'sep:1', 'pod:1'];
    const lefts = ids.map((id) => box(drawn, id).x);
    expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
    expect(drawn.headings.map((heading) => heading.text)).toEqual([
      'Entry',
      'Dispatch',
      'External',
      'Service',
      'Endpoint',
      'Pod',
      'Verdict',
    ]);
  });

  it('keep endpoints in rule order, as their shares depend on it', () => {
    const tops = ['sep:1', 'sep:2', 'sep:3'].map((id) => box(drawn, id).y);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
  });

  it('put boxes of one kind above each other, and none on another', () => {
    expect(box(drawn, 'svc').x).toBe(box(drawn, 'svl').x);
    expect(overlaps(drawn.boxes)).toEqual([]);
  });

  it('show shares, conditions and counters at the edges', () => {
    expect(labelTexts(drawn, 'svc', 'sep:1')).toEqual([
      'client seen within 10800 s',
      '200 pkts',
      '33.3 %',
      // 412 of the 830 that were sent on at random.
      '412 pkts, 49.6 %',
    ]);
    expect(labelTexts(drawn, 'fw', 'ext')).toEqual(['from 203.0.113.0/24', '70 pkts', 'from 198.51.100.0/24', '5 pkts']);
    expect(labelTexts(drawn, 'services', 'svc')).toEqual(['1,830 pkts']);
  });

  it('say which endpoint gets no packets while others do', () => {
    const chips = (id: string) => box(drawn, id).content.chips.map((chip) => chip.text);
    expect(chips('sep:2')).toEqual(['no packets']);
    expect(chips('sep:1')).toEqual([]);
    expect(chips('svc')).toEqual(['masquerade', 'affinity 10800 s']);
    expect(chips('sep:3')).toEqual(['stale']);
    expect(chips('pod:4')).toEqual(['missing in dump']);
    expect(chips('pod:2')).toEqual(['not ready']);
  });

  it('put Pods into a frame of their node, which counts the ready ones', () => {
    expect(drawn.frames.filter((frame) => frame.kind === 'host').map(({ label, detail }) => [label, detail])).toEqual([
      ['node-a', '1 of 1 ready'],
      ['node-b', '1 of 2 ready'],
    ]);
    const frame = drawn.frames.find((candidate) => candidate.label === 'node-b');
    const pod = box(drawn, 'pod:4');
    expect(pod.y).toBeGreaterThan(frame?.y ?? 0);
    expect(pod.y + pod.height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0));
  });

  it('become narrower where there is less room, without cutting names', () => {
    const narrow = layout(richGraph(), { room: 900 });
    expect(narrow.width).toBeLessThan(layout(richGraph()).width);
    expect(narrow.boxes.map((item) => item.content.label)).toEqual(drawn.boxes.map((item) => item.content.label));
  });

  it('have verdicts in a column of their own, their reason uncut', () => {
    const long = 'outside the source ranges, by KUBE-PROXY-FIREWALL in table filter';
    const graph = richGraph();
    const nodes = graph.nodes.map((item) => (item.id === 'drop' ? { ...item, detail: long } : item));
    for (const room of [null, 1240]) {
      const { content } = box(layout({ ...graph, nodes }, { room }), 'drop');
      expect([content.detail, ...content.moreDetail].join(' ')).toBe(`${long}, line 140`);
    }
    expect(box(drawn, 'drop').x).toBeGreaterThan(box(drawn, 'pod:1').x + box(drawn, 'pod:1').width);
  });

  it('say a network whole at its edge, however narrow', () => {
    const narrow = layout(richGraph(), { room: 900 });
    expect(labelTexts(narrow, 'fw', 'ext').join(' ')).toContain('203.0.113.0/24');
  });

  it('leave what a node has no columns for behind what leads to it', () => {
    expect(box(drawn, 'drop').x).toBeGreaterThan(box(drawn, 'fw').x);
  });

  it('are the same for the same graph', () => {
    expect(layout(richGraph())).toEqual(drawn);
  });

  it('can be empty', () => {
    expect(layout(graphOf([], []))).toMatchObject({ boxes: [], edges: [], width: 0, height: 0 });
    expect(layout(graphOf([], []), { form: 'outline' })).toMatchObject({ boxes: [], edges: [], width: 0, height: 0 });
  });
});

describe('many endpoints', () => {
  it('are groups by node that know their share', () => {
    const drawn = layout(manyEndpoints(1000));
    const groups = drawn.boxes.filter((item) => item.group !== null);
    expect(groups).toHaveLength(12);
    expect(groups[0]?.content).toMatchObject({ label: 'node-1', detail: '84 endpoints', state: 'closed' });
    // Nodes with a number are in the order of their numbers.
    expect(groups.map((item) => item.content.label)).toEqual(Array.from({ length: 12 }, (_, at) => `node-${at + 1}`));
    expect(labelTexts(drawn, 'svc', 'group:node:node-1')).toEqual(['8.4 %']);
    expect(drawn.boxes).toHaveLength(3 + 12);
  });

  it('say how many are not ready', () => {
    const drawn = layout(manyEndpoints(1000));
    // Every fiftieth is not ready, and 50 and 12 have 2 in common.
    expect(box(drawn, 'group:node:node-2').content.detail).toBe('84 endpoints, 4 not ready');
  });

  it('open by group, each endpoint before its Pod', () => {
    const drawn = layout(manyEndpoints(1000), { open: new Set(['group:node:node-3']) });
    expect(drawn.boxes).toHaveLength(3 + 12 + 2 * 84);
    expect(overlaps(drawn.boxes)).toEqual([]);
    const head = box(drawn, 'group:node:node-3');
    const first = box(drawn, 'sep:2');
    expect(first.y).toBeGreaterThan(head.y + head.height - 1);
    expect(box(drawn, 'pod:2').x).toBeGreaterThan(first.x + first.width);
    expect(labelTexts(drawn, 'group:node:node-3', 'sep:2')).toEqual(['0.1 %']);
  });

  it('group by zone or in rule order when asked to', () => {
    const labels = (grouping: LayoutOptions['grouping']) =>
      layout(manyEndpoints(1000), { grouping })
        .boxes.filter((item) => item.group !== null)
        .map((item) => item.content.label);
    expect(labels('zone')).toEqual(['zone eu-1a', 'zone eu-1b', 'zone eu-1c']);
    expect(labels('page').slice(0, 2)).toEqual(['endpoints 1–50', 'endpoints 51–100']);
    expect(labels('page')).toHaveLength(20);
  });

  it('are drawn one by one where a filter leaves a few', () => {
    const drawn = layout(manyEndpoints(1000), { keep: new Set(['sep:7', 'pod:7', 'sep:900']) });
    expect(drawn.boxes.filter((item) => item.node?.kind === 'endpoint').map((item) => item.id)).toEqual(['sep:7', 'sep:900']);
    expect(labelTexts(drawn, 'svc', 'sep:7')).toEqual(['0.1 %']);
  });
});

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
