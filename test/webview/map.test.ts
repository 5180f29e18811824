import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowGraph, MapService } from '../../server/src/kube/flow/graph.ts';
import { flowDot } from '../../webview/src/export/dot.ts';
import { flowHtml } from '../../webview/src/export/html.ts';
import { mapItems } from '../../webview/src/export/map-items.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { itemLine } from '../../webview/src/export/text-tree.ts';
import { layoutFlow } from '../../webview/src/layout/layout.ts';
import { type Box, type Layout, type LayoutOptions, plainOptions } from '../../webview/src/layout/model.ts';
import { estimateWidth } from '../../webview/src/layout/text-metrics.ts';
import { isExport } from '../../webview/src/model/export-check.ts';
import { isFlowGraph } from '../../webview/src/model/graph-check.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { mapAnswer } from '../../webview/src/model/map-answer.ts';
import { type MapIndex, nodesOf } from '../../webview/src/model/map-graph.ts';
import { planMap, toggled, togglesFor } from '../../webview/src/model/map-plan.ts';
import { filterOf } from '../../webview/src/model/search.ts';
import { manyServices, mapEndpoint, mapEntry, mapOf, mapService, richMap, stateOf } from './map-fixtures.ts';

const closed = { open: new Set<string>(), keep: null } as const;

function mapIn(graph: FlowGraph): MapIndex {
  const { map } = indexGraph(graph);
  if (map === null) throw new Error('This is no map.');
  return map;
}

/** What is seen of a map, a line each, indented by level. */
function seen(
  graph: FlowGraph,
  options: { readonly open?: readonly string[]; readonly keep?: ReadonlySet<string> | null } = {},
): readonly string[] {
  const items = mapItems(mapIn(graph), { open: new Set(options.open), keep: options.keep ?? null });
  return items.map((item) => `${'  '.repeat(item.level - 1)}${itemLine(item)}`);
}

describe('a map of Services', () => {
  it('has faults first, of namespaces and within each', () => {
    const names = mapIn(richMap()).namespaces.map(({ node, services }) => [
      node.label,
      ...services.map(({ service }) => service.name),
    ]);
    expect(names).toEqual([
      ['legacy', 'erp', 'old'],
      ['shop', 'cart', 'api', 'checkout', 'redis', 'web'],
      ['monitoring', 'node-exporter', 'unclear'],
      ['without a known name', 'KUBE-SVC-AAAABBBBCCCCDDDD'],
    ]);
  });

  it('says that nobody has looked yet while the states are on their way', () => {
    const pending = stateOf('pending', '');
    const early = mapOf([
      mapService('shop/web', { state: pending, entries: [mapEntry('10.96.20.10:80/tcp', { state: pending })], endpoints: [] }),
      mapService('shop/api', { state: pending, entries: [], endpoints: [] }),
    ]);
    expect(isFlowGraph(early)).toBe(true);
    expect(mapAnswer(mapIn(early))).toEqual({
      state: { text: '2 Services, being looked at…', node: null, tone: 'plain' },
      facts: [],
      faults: [],
    });
    expect(seen(early)).toEqual([
      'shop, 2 Services: 2 not looked at yet',
      '  api: not looked at yet',
      '  web: not looked at yet',
      '    clusterIP 10.96.20.10:80/tcp',
    ]);
  });

  it('lists entries, nodes and Pods of each where there are few', () => {
    expect(seen(richMap()).slice(0, 8)).toEqual([
      'legacy, 2 Services: 1 refuses, 1 not reached',
      '  erp: rejected in FORWARD',
      '    clusterIP 10.96.20.13:8000/tcp: rejected in FORWARD',
      '    external IP 198.51.100.7:8000/tcp: rejected in FORWARD',
      '    node not known, 1 endpoint',
      '      192.0.2.9:8000',
      '  old: not reached, no rule leads to it',
      'shop, 5 Services: 1 without endpoints, 1 differs, 1 serves in part, 2 serve',
    ]);
    expect(seen(richMap())).toContain('      web-7d9c-b7k, 10.244.0.12:8080, not ready');
  });

  it('says no node where no cluster is known, and none of those that it does not know', () => {
    const bare = mapOf([mapService('shop/web', { endpoints: [mapEndpoint('10.244.0.11:8080')] })]);
    expect(seen(bare).slice(2)).toEqual(['    clusterIP 10.96.20.10:80/tcp', '    10.244.0.11:8080']);
  });

  it('shows of many Services those with faults, the others folded by namespace', () => {
    const lines = seen(manyServices(5000));
    expect(lines.slice(0, 5)).toEqual([
      'team-01, 120 Services: 1 refuses, 1 without endpoints, 1 serves in part, 117 serve',
      '  metrics-87: dropped by the policy of FORWARD',
      '  metrics-7: no endpoints',
      '  metrics-47: only from 203.0.113.0/24',
      '  117 more: 117 serve',
    ]);
    expect(lines.length).toBeLessThan(250);
    expect(seen(manyServices(5000), { open: ['group:rest:team-01'] }).length).toBe(lines.length + 117);
    expect(seen(manyServices(5000), { open: ['group:namespace:team-01'] })[1]).toMatch(/^team-02/);
  });

  it('folds a thousand Services that all fail but for the first ones', () => {
    const services = Array.from({ length: 1000 }, (_, at) =>
      mapService(`shop/web-${at}`, { state: stateOf('refuses', 'dropped') }),
    );
    const lines = seen(mapOf(services));
    expect(lines).toHaveLength(14);
    expect(lines.at(-1)).toBe('  988 more: 988 refuse');
  });

  it('knows what to open so that a Pod is seen', () => {
    const graph = manyServices(5000);
    const map = mapIn(graph);
    const wanted = map.namespaces.at(-1)?.services.at(-1);
    const pod = wanted?.hosts[0]?.pods[0]?.id ?? '';
    expect(planMap(map, closed).foldOf(pod)).toBe(wanted === undefined ? '' : `group:rest:${wanted.service.namespace}`);
    const toggles = togglesFor(map, pod, closed);
    expect(toggles.length).toBeGreaterThan(1);
    expect(planMap(map, { ...closed, open: toggled(new Set(), toggles) }).foldOf(pod)).toBeUndefined();
    expect(togglesFor(map, wanted?.node.id ?? '', { ...closed, open: new Set(toggles) })).toEqual([]);
  });

  it('is filtered by a Service, an address, a Pod, a node and a state', () => {
    const index = indexGraph(richMap());
    const found = (query: string): readonly string[] =>
      [...(filterOf(index, query) ?? [])].map((id) => id.replace('group:service:', ''));
    expect(found('erp')).toEqual(['legacy/erp']);
    expect(found('30080')).toEqual(['shop/web']);
    expect(found('web-7d9c-q5z')).toEqual(['shop/web']);
    expect(found('node-b')).toEqual(['shop/web']);
    expect(found('rejected')).toEqual(['legacy/erp']);
    expect(found('shop/che')).toEqual(['shop/checkout']);
    expect(filterOf(index, ' ')).toBeNull();
    expect(seen(richMap(), { keep: filterOf(index, 'cart') })).toEqual([
      'shop, 5 Services: 1 without endpoints, 1 differs, 1 serves in part, 2 serve',
      '  cart: no endpoints',
      '    clusterIP 10.96.20.12:80/tcp: no endpoints',
    ]);
  });

  it('answers first how many are to be looked at, and never that all is well where that is not sure', () => {
    const answer = mapAnswer(mapIn(richMap()));
    expect(answer.state).toMatchObject({ text: '5 of 10 Services to look at', tone: 'bad' });
    expect(answer.faults.map(({ text }) => text)).toEqual([
      'legacy/erp: rejected in FORWARD',
      'legacy/old: not reached, no rule leads to it',
      'shop/cart: no endpoints',
      'shop/api: differs from cluster.json, 2 endpoints',
      'shop/checkout: only from 203.0.113.0/24',
    ]);
    const state = (services: readonly MapService[]) => mapAnswer(mapIn(mapOf(services))).state;
    expect(state([mapService('shop/web'), mapService('shop/api')])).toMatchObject({ text: 'All 2 Services serve', tone: 'good' });
    const leads = mapService('shop/api', { state: stateOf('leads', '1 endpoint, as far as shown') });
    expect(state([mapService('shop/web'), leads])).toMatchObject({ text: '2 Services, none seen to fail', tone: 'unsure' });
  });

  it('is refused as a message where two Services are asked for alike', () => {
    expect(isFlowGraph(richMap())).toBe(true);
    expect(isFlowGraph(mapOf([mapService('shop/web'), mapService('shop/web')]))).toBe(false);
    expect(isFlowGraph({ ...richMap(), map: { services: [{ to: 'shop/web' }] } })).toBe(false);
  });
});

const kinds = ['serves', 'leads', 'limited', 'differs', 'no-endpoints', 'refuses', 'unreached', 'unknown'] as const;

const anyService: fc.Arbitrary<Omit<MapService, 'to'>> = fc
  .record({
    namespace: fc.constantFrom('', 'shop', 'a-namespace-with-a-name-as-long-as-kubernetes-allows-63-letters', '商店'),
    name: fc.oneof(fc.constantFrom('web', 'a'.repeat(63)), fc.string({ minLength: 1, maxLength: 40 })),
    kind: fc.constantFrom(...kinds),
    words: fc.constantFrom('3 endpoints', 'only from 203.0.113.0/24, 198.51.100.0/25 at 192.0.2.100:443/tcp', 'x'.repeat(300)),
    entries: fc.integer({ min: 0, max: 5 }),
    endpoints: fc.integer({ min: 0, max: 30 }),
    hosts: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ namespace, name, kind, words, entries, endpoints, hosts }) => {
    const state = stateOf(kind, words);
    return mapService(name, {
      namespace,
      name,
      state,
      entries: Array.from({ length: entries }, (_, at) => mapEntry(`10.96.20.${at}:80/tcp`, at % 2 === 0 ? { state } : {})),
      endpoints: Array.from({ length: endpoints }, (_, at) =>
        at % 3 === 2
          ? mapEndpoint(`10.244.0.${at}:8080`)
          : mapEndpoint(`10.244.0.${at}:8080`, `${name}-${at}`, hosts === 0 ? null : `node-${at % hosts}`, at % 4 !== 0),
      ),
    });
  });

const anyMap = fc
  .array(anyService, { maxLength: 24 })
  .map((services) => mapOf(services.map((service, at) => ({ ...service, to: `${at}` }))));

/** Some of what opens, chosen by a number for each. */
function someOpen(graph: FlowGraph, choices: readonly boolean[]): ReadonlySet<string> {
  const map = mapIn(graph);
  const ids = map.namespaces.flatMap(({ node, services }) => [
    node.id,
    `group:rest:${services[0]?.service.namespace}`,
    ...services.map((listed) => listed.node.id),
  ]);
  return new Set(ids.filter((_, at) => choices[at % Math.max(1, choices.length)] === true));
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;
}

/** All that is wrong with the places of a layout, in sentences. */
function faults(layout: Layout): readonly string[] {
  const found: string[] = [];
  const sorted = layout.boxes.toSorted((a, b) => a.y - b.y);
  for (const [at, box] of sorted.entries()) {
    for (let next = at + 1; next < sorted.length; next += 1) {
      const other = sorted[next];
      if (other === undefined || other.y >= box.y + box.height) break;
      if (overlaps(box, other)) found.push(`${box.id} lies on ${other.id}`);
    }
    if (box.x < 0 || box.y < 0 || box.x + box.width > layout.width || box.y + box.height > layout.height)
      found.push(`${box.id} is outside`);
    if (box.content.height > box.height + 0.01) found.push(`${box.id} is too low for its text`);
    const right = box.width;
    if (box.content.chips.some((chip) => chip.x + chip.width > right)) found.push(`a badge of ${box.id} is outside`);
    const detail = box.content.detailX + estimateWidth(box.content.detail, 'detail');
    if (detail > right) found.push(`the detail of ${box.id} is outside`);
  }
  const ids = new Set(layout.boxes.map(({ id }) => id));
  for (const { id, from, to } of layout.edges) if (!ids.has(from) || !ids.has(to)) found.push(`edge ${id} leads nowhere`);
  if (ids.size !== layout.boxes.length) found.push('two boxes have one id');
  return found;
}

describe('the layout of a map', () => {
  const forms = fc.record({
    form: fc.constantFrom('columns', 'outline'),
    room: fc.constantFrom(null, 300, 700, 1200, 2600),
    choices: fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
  });

  it('has nothing on top of another, nothing outside and no edge to nowhere, and is the same each time', () => {
    fc.assert(
      fc.property(anyMap, forms, (graph, { form, room, choices }) => {
        const options: LayoutOptions = { ...plainOptions, form, room, open: someOpen(graph, choices) };
        const layout = layoutFlow(indexGraph(graph), options);
        expect(faults(layout)).toEqual([]);
        expect(JSON.stringify(layoutFlow(indexGraph(graph), options))).toBe(JSON.stringify(layout));
      }),
      { numRuns: 120 },
    );
  });

  it('has a box for each node, its own or one that it is folded into', () => {
    fc.assert(
      fc.property(anyMap, forms, (graph, { form, room, choices }) => {
        const layout = layoutFlow(indexGraph(graph), { ...plainOptions, form, room, open: someOpen(graph, choices) });
        const drawn = new Set(layout.boxes.map(({ id }) => id));
        const missing = mapIn(graph)
          .namespaces.flatMap(({ node, services }) => [node, ...services.flatMap(nodesOf)])
          .filter(({ id }) => drawn.has(id) === drawn.has(layout.foldedInto?.(id) ?? ''));
        expect(missing.map(({ id }) => id)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('cuts no name and no reason of Services that Kubernetes allows, where there is room', () => {
    const long = mapOf([
      mapService(`${'n'.repeat(63)}/${'s'.repeat(63)}`, {
        state: stateOf('refuses', 'dropped by the policy of FORWARD'),
        endpoints: [mapEndpoint('10.244.0.11:8080')],
      }),
      mapService('shop/checkout', {
        state: stateOf('limited', 'only from 203.0.113.0/24, 198.51.100.0/25 at 192.0.2.100:443/tcp'),
      }),
    ]);
    for (const form of ['columns', 'outline'] as const) {
      const layout = layoutFlow(indexGraph(long), { ...plainOptions, form, room: form === 'columns' ? 2600 : 640 });
      const cut = layout.boxes.filter(({ content }) =>
        [content.label, content.detail, ...content.moreDetail].some((text) => text.includes('…')),
      );
      expect(cut.map(({ content }) => content.label)).toEqual([]);
    }
  });

  it('shrinks to the room without cutting a name', () => {
    const layout = layoutFlow(indexGraph(richMap()), { ...plainOptions, room: 700 });
    expect(layout.boxes.filter(({ content }) => content.label.includes('…'))).toEqual([]);
    expect(layout.width).toBeLessThan(layoutFlow(indexGraph(richMap()), { ...plainOptions, room: 2000 }).width);
  });
});

describe('a map as a file', () => {
  it('is a picture and a page that the extension saves', () => {
    const svg = flowSvg(richMap(), { subtitle: 'node-a.iptables' });
    expect(isExport('svg', 'map.svg', svg)).toBe(true);
    expect(svg).toContain('All Services of node-a');
    expect(svg).not.toContain('NAT flow');
    const html = flowHtml(manyServices(300));
    expect(isExport('html', 'map.html', html)).toBe(true);
    // What the picture folds the list has.
    expect(html).toContain('frontend-296: serves');
  });

  it('is a graph of what is drawn for programs that lay it out themselves', () => {
    const mermaid = flowMermaid(richMap());
    expect(isExport('mermaid', 'map.mmd', mermaid)).toBe(true);
    expect(mermaid).toContain(':::drop');
    expect(mermaid.split('\n').filter((line) => line.includes('-->')).length).toBeGreaterThan(10);
    const dot = flowDot(manyServices(5000));
    expect(dot).toContain('metrics-87');
    expect(dot.split('\n').length).toBeLessThan(1200);
  });
});
