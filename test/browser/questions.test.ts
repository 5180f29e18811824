import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { launchBrowser } from '../support/browser.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { buildWebview, type FlowPage, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const resolution = resolveChains(
  rulesetFrom(labPath('shop/node-a.counters.iptables')),
  clusterFrom(labPath('shop/cluster.json')),
);

function flowOf(name: string): FlowGraph {
  const answer = runToEnd(flowWithState(resolution, `shop/${name}`));
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
        for (const [name, graph] of graphs) {
          const flow = await openFlowPage(browser, { viewport: { width, height }, theme });
          await flow.show(graph);
          await untilDrawn(flow.page);
          const text = await seen(flow);
          for (const [question, service, answer] of questions) {
            if (service === name) expect(text, question).toMatch(answer);
          }
          const bytes = await flow.page.screenshot({ path: join(outputPath, `question-${name}-${theme}-${width}.png`) });
          expect(bytes.length).toBeGreaterThan(15_000);
          expect(flow.problems).toEqual([]);
          await flow.close();
        }
      });
    }
  }

  for (const [width, height] of [
    [700, 500],
    [500, 700],
  ] as const) {
    it(`leaves endpoints in sight in a panel of ${width} by ${height}, and is unfolded when that is wanted`, async () => {
      for (const name of ['api', 'checkout']) {
        const flow = await openFlowPage(browser, { viewport: { width, height } });
        const { page } = flow;
        await flow.show(graphs.get(name) ?? flowOf(name));
        await untilDrawn(page);
        const drawing = await page.locator('.drawing').boundingBox();
        const bottom = (drawing?.y ?? 0) + (drawing?.height ?? 0);
        const boxes = await Promise.all((await page.locator('.boxes > .kind-endpoint').all()).map((box) => box.boundingBox()));
        const inSight = boxes.filter((box) => box !== null && box.y >= (drawing?.y ?? 0) && box.y + box.height <= bottom + 1);
        expect(inSight.length).toBeGreaterThan(0);
        expect(Number.parseInt((await page.locator('.zoom-text').textContent()) ?? '', 10)).toBeGreaterThanOrEqual(75);
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
      }
    });
  }

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
