import { describe, expect, it } from 'vitest';
import type { LayoutOptions } from '../../webview/src/layout/model.ts';
import { manyEndpoints } from './fixtures.ts';
import { overlaps } from './geometry.ts';
import { box, labelTexts, layout } from './laid-out.ts';

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
