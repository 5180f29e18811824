import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { clusterWith, node, service, slice } from '../kube/objects.ts';
import { launchBrowser } from '../support/browser.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { buildWebview, type FlowPage, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const resolution = resolveChains(
  rulesetFrom(labPath('shop/node-a.counters.iptables')),
  clusterFrom(labPath('shop/cluster.json')),
);

function flowOf(name: string): FlowGraph {
  const answer = runToEnd(flowWithState(resolution, `shop/${name}`));
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}

/** A load balancer with external addresses, source ranges, affinity and the policy Local, with that many endpoints on three nodes. */
function entriesOfAllKinds(count: number): FlowGraph {
  const name = 'shop/front';
  const spec = {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    loadBalancerSourceRanges: ['203.0.113.0/24', '198.51.100.0/25'],
    healthCheckNodePort: 32001,
    externalIPs: ['192.0.2.10', '192.0.2.11'],
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
  };
  const ports = [{ name: 'https', port: 443, nodePort: 30443 }];
  const pods = Array.from({ length: count }, (_, at) => [
    `10.244.${at % 3}.${at + 1}`,
    { node: `node-${'abc'[at % 3]}`, pod: `front-84c6d9f5b7-x${at}x2z` },
  ]);
  const cluster = clusterWith(
    ...['a', 'b', 'c'].map((letter, at) => node(`node-${letter}`, { ips: [`172.18.0.${at + 2}`] })),
    service(name, { ip: '10.96.0.20', ports, spec, ingress: [{ ip: '192.0.2.100' }] }),
    slice(name, Object.fromEntries(pods), [{ name: 'https', port: 8443 }]),
  );
  const options = proxyOptions({ node: 'node-a', family: 'ipv4', podTraffic: { by: 'source', cidr: '10.244.0.0/16' } });
  const rules = rulesetOf(runToEnd(expectedText(cluster, options)));
  const answer = runToEnd(flowWithState(resolveChains(rules, cluster), name));
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}

/** The same with counters of more packets, of which one endpoint got none. */
function starving(graph: FlowGraph): FlowGraph {
  const picks = graph.edges.filter(({ from, probability }) => from.includes(':KUBE-SVC-') && probability !== null);
  const [hungry] = picks;
  const edges = graph.edges.map((edge) => (picks.includes(edge) ? { ...edge, packets: edge === hungry ? 0 : 60 } : edge));
  return { ...graph, edges };
}

/** What an SRE asks, of which Service, and the words that answer it. */
const questions: readonly (readonly [question: string, service: string, answer: RegExp])[] = [
  ['is it up', 'api', /^✓Serves/],
  ['who may enter', 'checkout', /Serves some: only from 203\.0\.113\.0\/24, 198\.51\.100\.0\/25 at 192\.0\.2\.100:443/],
  ["which node's Pods get my packets", 'checkout', /outside:? ?checkout-84c6d9f5b7-kkkkk on node-a/],
  ['why is it refused', 'checkout', /DROP \(outside the source ranges, by KUBE-PROXY-FIREWALL in table filter\)/],
  ['why is it refused', 'cart', /REJECT \(no endpoints, icmp-port-unreachable, by KUBE-SERVICES in table filter\)/],
  ["is the client's address kept", 'checkout', /client's address kept.*source rewritten/s],
  ['is one endpoint starved', 'starving', /10\.244\.0\.21:9090 got no packet of 120 packets, where 33\.3 % were expected/],
  [
    'what does the health check port do',
    'checkout',
    /health check port 32000\/tcp.*kube-proxy itself: HTTP 200 with a ready endpoint on this node, else 503/s,
  ],
  ['what happens from the node itself', 'checkout', /this node, outside:? ?both endpoints, 50 % each,? ?source rewritten/],
  ['what after the last endpoint goes', 'checkout', /no endpoint left: rejected; none on this node: dropped/],
  ['does affinity hold', 'api', /affinity 10800 s/],
  ['does affinity hold', 'checkout', /no affinity/],
];

describeWith('chromium', 'what is asked of a flow', () => {
  let browser: Browser;
  const graphs = new Map<string, FlowGraph>();
  beforeAll(async () => {
    buildWebview();
    mkdirSync(outputPath, { recursive: true });
    browser = await launchBrowser();
    for (const name of ['api', 'checkout', 'cart']) graphs.set(name, flowOf(name));
    graphs.set('starving', starving(flowOf('api')));
  });
  afterAll(() => browser.close());

  /** The text of the answer that is within the window, and not scrolled away. */
  const seen = (flow: FlowPage): Promise<string> =>
    flow.page.evaluate(`(() => {
      const area = document.querySelector('.answer').getBoundingClientRect();
      const inside = (element) => {
        const own = element.getBoundingClientRect();
        return own.height > 0 && own.top >= area.top && own.bottom <= area.bottom + 1;
      };
      const parts = document.querySelectorAll('.answer-head > *, .answer-faults > *, .answer-routes :is(th, td)');
      return [...parts].filter(inside).map((part) => part.textContent).join(' ').replace(/\\s+/g, ' ');
    })()`);

  for (const theme of themeNames) {
    for (const [width, height] of [
      [700, 900],
      [1600, 900],
    ] as const) {
      it(`is answered by the picture alone in ${theme}, ${width} pixels wide`, async () => {
        const flow = await openFlowPage(browser, { viewport: { width, height }, theme });
        for (const [name, graph] of graphs) {
          await flow.reload();
          await flow.show(graph);
          await untilDrawn(flow.page);
          const text = await seen(flow);
          for (const [question, service, answer] of questions) {
            if (service === name) expect(text, question).toMatch(answer);
          }
          const bytes = await flow.page.screenshot({ path: join(outputPath, `question-${name}-${theme}-${width}.png`) });
          expect(bytes.length).toBeGreaterThan(15_000);
          expect(flow.problems).toEqual([]);
        }
        await flow.close();
      });
    }
  }

  /** Endpoints, or groups of them, that are wholly within the drawing's window. */
  const endpointsInSight = async ({ page }: FlowPage): Promise<number> => {
    const drawing = await page.locator('.drawing').boundingBox();
    const top = drawing?.y ?? 0;
    const bottom = top + (drawing?.height ?? 0);
    const boxes = await page.locator('.boxes > :is(.kind-endpoint, .kind-group)').all();
    const areas = await Promise.all(boxes.map((box) => box.boundingBox()));
    return areas.filter((area) => area !== null && area.y >= top && area.y + area.height <= bottom + 1).length;
  };

  for (const [width, height] of [
    [500, 900],
    [700, 700],
    [700, 900],
    [900, 900],
    [1600, 1000],
  ] as const) {
    it(`has endpoints and faults in sight in ${width} by ${height}, of whatever a load balancer is asked for`, async () => {
      const flow = await openFlowPage(browser, { viewport: { width, height } });
      for (const graph of [...graphs.values(), entriesOfAllKinds(3), entriesOfAllKinds(30)]) {
        await flow.reload();
        await flow.show(graph);
        await untilDrawn(flow.page);
        if (graph.nodes.some(({ kind }) => kind === 'endpoint')) {
          expect(await endpointsInSight(flow), graph.title).toBeGreaterThan(0);
        }
        const bar = await flow.page.locator('.answer').boundingBox();
        for (const said of await flow.page.locator('.answer-state, .answer-faults > :nth-child(-n + 2)').all()) {
          const area = await said.boundingBox();
          expect((area?.y ?? 0) + (area?.height ?? 0)).toBeLessThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0) + 1);
        }
        expect(Number.parseInt((await flow.page.locator('.zoom-text').textContent()) ?? '', 10)).toBeGreaterThanOrEqual(75);
      }
      await flow.close();
    });
  }

  for (const [width, height] of [
    [700, 500],
    [500, 700],
  ] as const) {
    it(`is folded where it would take the drawing's room, in ${width} by ${height}, and unfolded when that is wanted`, async () => {
      const flow = await openFlowPage(browser, { viewport: { width, height } });
      const { page } = flow;
      await flow.show(graphs.get('checkout') ?? flowOf('checkout'));
      await untilDrawn(page);
      expect(await endpointsInSight(flow)).toBeGreaterThan(0);
      expect(await page.locator('.answer-state').isVisible()).toBe(true);
      expect(await page.locator('.answer-routes').isVisible()).toBe(false);
      const fold = page.getByRole('button', { name: 'Where packets end…' });
      expect(await fold.getAttribute('aria-expanded')).toBe('false');
      await fold.click();
      expect(await page.locator('.answer-routes').isVisible()).toBe(true);
      await page.getByRole('button', { name: 'Less' }).click();
      expect(await page.locator('.answer-routes').isVisible()).toBe(false);
      expect(flow.problems).toEqual([]);
      await flow.close();
    });
  }

  it('is not folded where it is short, and folds and unfolds as the panel changes', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 500, height: 700 } });
    const { page } = flow;
    await flow.show(graphs.get('api') ?? flowOf('api'));
    expect(await page.locator('.answer-routes').isVisible()).toBe(true);
    expect(await endpointsInSight(flow)).toBeGreaterThan(0);
    await page.setViewportSize({ width: 500, height: 400 });
    await expect.poll(() => page.locator('.answer-routes').isVisible(), { timeout: 60_000 }).toBe(false);
    await page.setViewportSize({ width: 500, height: 700 });
    await expect.poll(() => page.locator('.answer-routes').isVisible(), { timeout: 60_000 }).toBe(true);
    await flow.close();
  });

  it('is drawn in columns, all of them in sight, at 1,240 pixels', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1240, height: 800 } });
    await flow.show(graphs.get('checkout') ?? flowOf('checkout'));
    expect(await flow.page.locator('.headings text').allTextContents()).toContain('Entry');
    for (const box of await flow.page.locator('.boxes > *').all()) {
      const area = await box.boundingBox();
      expect(area?.x).toBeGreaterThanOrEqual(0);
      expect((area?.x ?? 0) + (area?.width ?? 0)).toBeLessThanOrEqual(1240);
    }
    await flow.close();
  });

  it('is walked by the arrow keys where it is folded, over what is seen', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 700, height: 500 } });
    await flow.show(graphs.get('checkout') ?? flowOf('checkout'));
    const first = flow.page.locator('.answer button').first();
    await first.focus();
    await flow.page.keyboard.press('End');
    expect(await flow.page.evaluate('document.activeElement.textContent')).toBe('Where packets end…');
    await flow.page.keyboard.press('Enter');
    expect(await flow.page.locator('.answer-routes').isVisible()).toBe(true);
    await flow.close();
  });
});
