import { describe, expect, it } from 'vitest';
import type { Box } from '../../webview/src/layout/model.ts';
import { edge, graphOf, node, richGraph } from './fixtures.ts';
import { overlaps } from './geometry.ts';
import { box, labelTexts, layout } from './laid-out.ts';

/** A box's name, in however many lines it stands. */
function nameOf({ content }: Box): string {
  return [content.label, ...content.moreLabel].join(' ').replaceAll('- ', '-').replaceAll('/ ', '/').replaceAll('] ', ']');
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
    expect(chips('svc')).toEqual(['masquerade some', 'affinity 10800 s']);
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
    expect(narrow.boxes.map(nameOf)).toEqual(drawn.boxes.map(nameOf));
  });

  const longName = 'the-service-that-somebody-named-after-a-whole-sentence-'.repeat(3).slice(0, 140);
  const long = graphOf(
    [node('svc', 'service', { label: longName }), node('pod', 'pod', { label: longName })],
    [edge('svc', 'pod')],
  );

  it.each([null, 1600, 1240, 500])('have names of 140 letters whole, in some lines, in %s pixels', (room) => {
    for (const form of ['columns', 'outline'] as const) {
      for (const id of ['svc', 'pod']) {
        const { content, height } = box(layout(long, { form, room }), id);
        expect([content.label, ...content.moreLabel].join('')).toBe(longName);
        expect(content.moreLabel.length).toBeLessThan(5);
        expect(height).toBeGreaterThan(27 + 16 * content.moreLabel.length);
      }
    }
  });

  it('leave out of names that are longer what is near their end, and keep the end', () => {
    const name = `${'a'.repeat(200)}-x2x9z`;
    const { content } = box(layout(graphOf([node('pod', 'pod', { label: name })], [])), 'pod');
    expect(content.moreLabel).toHaveLength(4);
    expect(content.moreLabel.at(-1)).toMatch(/…a*-x2x9z$/);
  });

  it('are hardly smaller than at full size at 1,240 pixels', () => {
    const width = layout(richGraph(), { room: 1240 }).width;
    expect(1240 / width).toBeGreaterThan(0.75);
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
