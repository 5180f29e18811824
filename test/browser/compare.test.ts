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
import { graphOf, manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** The flow of a Service of a recorded node. */
function recorded(folder: string, dump: string, to: string): FlowGraph {
  const resolution = resolveChains(rulesetFrom(labPath(dump)), clusterFrom(labPath(`${folder}/cluster.json`)));
  const answer = runToEnd(flowWithState(resolution, to));
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}

const stale = (): FlowGraph => recorded('shop-stale', 'shop-stale/node-a.iptables', 'shop/web');
const fresh = (): FlowGraph => recorded('shop-stale', 'shop-stale/node-a.synced.iptables', 'shop/web');

describeWith('chromium', 'two flows beside each other', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    mkdirSync(outputPath, { recursive: true });
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const panes = (flow: FlowPage) => flow.page.locator('.pane');
  const summary = (flow: FlowPage) => flow.page.locator('.compare-summary').textContent();
  const current = (flow: FlowPage) => flow.page.locator('.compare-current').textContent();
  const closed = async (flow: FlowPage): Promise<void> => {
    expect(flow.problems).toEqual([]);
    await flow.close();
  };

  it('say how many differences there are, and name each with a word in its box or at its edge', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    await flow.compare(stale(), fresh());
    expect(await summary(flow)).toBe('2 differences: 1 endpoint only in node-a.iptables, 1 endpoint only in node-b.iptables.');
    expect(await flow.page.locator('.pane-file').allTextContents()).toEqual(['node-a.iptables', 'node-b.iptables']);
    for (const at of [0, 1]) {
      const boxes = panes(flow).nth(at).locator('.boxes > .contrast-only');
      expect(await boxes.count()).toBe(2);
      for (const text of await boxes.allTextContents()) expect(text).toContain('≠ only here');
    }
    // The answer of one flow alone would be of one half.
    expect(await flow.page.locator('.answer').isVisible()).toBe(false);
    await closed(flow);
  });

  it('are walked from difference to difference, in both', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    const { page } = flow;
    await flow.compare(stale(), fresh());
    await page.getByRole('tree').first().focus();
    await page.keyboard.press('F7');
    expect(await current(flow)).toMatch(/^≠ 1 of 2: Endpoint 10\.244\..* is only in node-[ab]\.iptables\.$/);
    const lit = (at: number) => panes(flow).nth(at).locator('.boxes > .lit').count();
    expect([await lit(0), await lit(1)].toSorted()).toEqual([0, 2]);
    // Its box is in sight, and the view stays there as the bar grows.
    const box = await page.locator('.boxes > .selected').boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(800);
    await page.keyboard.press('F7');
    expect(await current(flow)).toContain('≠ 2 of 2: ');
    await page.keyboard.press('F7');
    expect(await current(flow)).toContain('≠ 1 of 2: ');
    await page.keyboard.press('Shift+F7');
    expect(await current(flow)).toContain('≠ 2 of 2: ');
    await page.getByRole('button', { name: 'Next difference' }).click();
    expect(await current(flow)).toContain('≠ 1 of 2: ');
    expect(await page.locator('.status').textContent()).toBe(await current(flow));
    // What is selected by hand is no difference.
    await panes(flow).nth(0).locator('.boxes > .kind-entry').first().click();
    expect(await current(flow)).toBe('');
    await closed(flow);
  });

  it('are in sight at each difference in a narrow and low panel', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 560, height: 640 } });
    await flow.compare(stale(), fresh());
    await flow.page.getByRole('tree').first().focus();
    for (const _ of [1, 2]) {
      await flow.page.keyboard.press('F7');
      await untilDrawn(flow.page);
      const at = (await panes(flow).nth(0).locator('.boxes > .selected').count()) > 0 ? 0 : 1;
      const pane = await panes(flow).nth(at).locator('.drawing').boundingBox();
      const box = await panes(flow).nth(at).locator('.boxes > .selected').boundingBox();
      expect(box?.y).toBeGreaterThanOrEqual(pane?.y ?? 0);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((pane?.y ?? 0) + (pane?.height ?? 0));
    }
    await closed(flow);
  });

  it('show shares, conditions and state that differ at their edges', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1900, height: 800 } });
    const one = richGraph();
    const other: FlowGraph = {
      ...one,
      nodes: one.nodes.filter(({ id }) => id !== 'sep:3' && id !== 'addr:3'),
      edges: one.edges
        .filter(({ from, to }) => from !== 'sep:3' && to !== 'sep:3')
        .map((edge) => (edge.from === 'svc' && edge.probability !== null ? { ...edge, probability: 0.5 } : edge)),
    };
    await flow.compare(one, other);
    const labels = (at: number) => panes(flow).nth(at).locator('.labels > *').allTextContents();
    expect((await labels(0)).filter((text) => text.includes('≠ 50 % there'))).toHaveLength(2);
    expect((await labels(1)).filter((text) => text.includes('≠ 33.3 % there'))).toHaveLength(2);
    await closed(flow);
  });

  /** Where the drawings of both panes are: "translate(x,y) scale(k)" as numbers. */
  const views = (flow: FlowPage): Promise<readonly (readonly number[])[]> =>
    flow.page.evaluate(`[...document.querySelectorAll('.pane .canvas > g:first-child')].map((world) => {
      const { e, f, a } = world.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0, a: 1 };
      return [e, f, a];
    })`);

  it('move together, by the wheel over either, by dragging, by keys and by the buttons', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 500 } });
    const { page } = flow;
    await flow.compare(manyEndpoints(200, 20), manyEndpoints(195, 20));
    const moved = async (act: () => Promise<unknown>): Promise<readonly number[]> => {
      const before = await views(flow);
      await act();
      await untilDrawn(page);
      const after = await views(flow);
      const [own = [], other = []] = after.map((view, pane) =>
        view.map((value, at) => Math.round((value - (before[pane]?.[at] ?? 0)) * 100) / 100),
      );
      expect(other).toEqual(own);
      return own;
    };
    for (const at of [0, 1]) {
      const pane = await panes(flow).nth(at).locator('.drawing').boundingBox();
      await page.mouse.move((pane?.x ?? 0) + 300, (pane?.y ?? 0) + 150);
      expect((await moved(() => page.mouse.wheel(0, 120)))[1]).toBe(-120);
      expect((await moved(() => page.mouse.wheel(0, -120)))[1]).toBe(120);
      const [, down] = await moved(async () => {
        await page.mouse.down();
        await page.mouse.move((pane?.x ?? 0) + 300, (pane?.y ?? 0) + 90, { steps: 3 });
        await page.mouse.up();
      });
      expect(down).toBe(-60);
    }
    await page.getByRole('tree').first().focus();
    expect((await moved(() => page.keyboard.press('Shift+ArrowDown')))[1]).toBe(-80);
    const before = await views(flow);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await untilDrawn(page);
    const [own = 0, other = 0] = (await views(flow)).map(([, , scale = 0], at) => scale / (before[at]?.[2] ?? 0));
    expect(own).toBeGreaterThan(1);
    expect(other).toBeCloseTo(own, 6);
    await closed(flow);
  });

  it('are searched both, and what only one has is gone to there', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    const { page } = flow;
    await flow.compare(stale(), fresh());
    const endpoint = panes(flow).nth(1).locator('.boxes > .kind-endpoint.contrast-only');
    // Its address is known in the other, too, as that of a Pod that the dump lacks.
    const only = (await endpoint.locator('.detail').allTextContents()).join('');
    const address = await endpoint.locator('.name').textContent();
    expect(only).toMatch(/^KUBE-SEP-/);
    const matched = (at: number): Promise<number> => panes(flow).nth(at).locator('.boxes > .match').count();
    await page.getByRole('searchbox').fill(only);
    expect([await matched(0), await matched(1)]).toEqual([0, 1]);
    expect(await page.locator('.matches').textContent()).toBe('1');
    await page.keyboard.press('Enter');
    await untilDrawn(page);
    const box = await panes(flow).nth(1).locator('.boxes > .selected').boundingBox();
    const pane = await panes(flow).nth(1).locator('.drawing').boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(pane?.y ?? 0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((pane?.y ?? 0) + (pane?.height ?? 0));
    await page.getByRole('searchbox').fill('KUBE-SERVICES');
    expect([await matched(0), await matched(1)]).toEqual([2, 2]);
    await page.getByRole('searchbox').fill(only);
    await page.getByRole('button', { name: 'Show only matching endpoints' }).click();
    expect(await panes(flow).nth(1).locator('.boxes > .kind-endpoint').count()).toBe(1);
    expect(await panes(flow).nth(0).locator('.boxes > .kind-endpoint').count()).toBe(0);
    // What is saved is what is seen.
    await page.getByRole('button', { name: 'Copy, export or print' }).click();
    await page.getByRole('menuitem', { name: 'Save as SVG…' }).click();
    const { content } = await flow.last('save');
    const drawnNames = [...content.matchAll(/>(10\.244\.\d+\.\d+:\d+)</g)].map(([, name]) => name);
    expect(new Set(drawnNames)).toEqual(new Set([address]));
    await closed(flow);
  });

  it('lead to the lines of their own dumps', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    await flow.compare(stale(), fresh());
    await panes(flow).nth(0).locator('.boxes > .kind-service').first().click();
    expect((await flow.last('open-line')).isOther).toBeUndefined();
    await flow.forget();
    await panes(flow).nth(1).locator('.boxes > .kind-service').first().click();
    expect((await flow.last('open-line')).isOther).toBe(true);
    await flow.forget();
    // By the keyboard, in the text of the other.
    const tree = flow.page.getByRole('tree').nth(1);
    await tree.focus();
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await flow.page.keyboard.press(key);
    expect(await flow.last('open-line')).toMatchObject({ isOther: true, focus: true });
    await closed(flow);
  });

  it('are asked for and left by the tool bar and the menu', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    await flow.show(stale());
    await flow.page.getByRole('button', { name: 'Compare flow with…' }).click();
    expect(await flow.last('compare')).toEqual({ kind: 'compare', stop: false });
    await flow.compare(stale(), fresh());
    expect((await flow.state()).compared).toEqual({ uri: 'file:///dumps/node-b.iptables', expected: false });
    await flow.forget();
    await flow.page.getByRole('button', { name: 'Stop comparing' }).click();
    expect(await flow.last('compare')).toEqual({ kind: 'compare', stop: true });
    await flow.show(stale());
    expect(await panes(flow).count()).toBe(1);
    expect(await flow.page.locator('.boxes > .contrast-only').count()).toBe(0);
    expect((await flow.state()).compared).toBeNull();
    await closed(flow);
  });

  it('are one above the other in a narrow panel, and a dump without the Service says so', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 600, height: 900 } });
    const reason = 'No Service of this dump is called shop/web.';
    const empty = graphOf([], [], { notes: [{ severity: 'warning', message: reason, line: null }], source: '' });
    await flow.compare(stale(), empty);
    const [first, second] = await Promise.all([0, 1].map((at) => panes(flow).nth(at).boundingBox()));
    expect(second?.y).toBeGreaterThanOrEqual((first?.y ?? 0) + (first?.height ?? 0) - 1);
    expect(await flow.page.locator('.pane-head').nth(1).textContent()).toContain(reason);
    await closed(flow);
  });

  it('of a thousand endpoints say in their groups how many differ', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 } });
    await flow.compare(manyEndpoints(1000), manyEndpoints(995));
    expect(await summary(flow)).toBe('6 differences: 5 endpoints only in node-a.iptables, changed shares in 1 chain.');
    expect((await panes(flow).nth(0).locator('.group-count').allTextContents()).join()).toContain('≠ 1 differ');
    await flow.page.keyboard.press('F7');
    await flow.page.getByRole('button', { name: 'Next difference' }).click();
    await flow.page.getByRole('button', { name: 'Next difference' }).click();
    expect(await panes(flow).nth(0).locator('.boxes > .contrast-only.lit').count()).toBeGreaterThan(0);
    await closed(flow);
  });

  it('where the system forces its colours, differ in words and in shape', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 }, forcedColors: 'active' });
    await flow.compare(stale(), fresh());
    await flow.page.getByRole('button', { name: 'Next difference' }).click();
    await untilDrawn(flow.page);
    for (const at of [0, 1]) {
      const only = panes(flow).nth(at).locator('.boxes > .contrast-only');
      for (const text of await only.allTextContents()) expect(text).toContain('≠ only here');
      const shape = (selector: string): Promise<readonly string[]> =>
        flow.page.evaluate(`(() => {
          const pane = document.querySelectorAll('.pane')[${at}];
          const style = getComputedStyle(pane.querySelector(${JSON.stringify(selector)} + ' .back'));
          const ground = getComputedStyle(pane.querySelector('.box .back')).fill;
          return [style.strokeDasharray, String(style.stroke !== ground)];
        })()`);
      expect(await shape('.boxes > .contrast-only')).toEqual(['9px, 3px', 'true']);
      expect((await shape('.boxes > .box:not(.contrast-only)'))[0]).toBe('none');
    }
    const bytes = await flow.page.screenshot({ path: join(outputPath, 'compare-forced-colors.png') });
    expect(bytes.length).toBeGreaterThan(15_000);
    await closed(flow);
  });

  for (const theme of themeNames) {
    for (const [name, width] of [
      ['wide', 1600],
      ['narrow', 700],
    ] as const) {
      it(`in ${theme}, ${name}`, async () => {
        const flow = await openFlowPage(browser, { viewport: { width, height: 800 }, theme });
        await flow.compare(stale(), fresh());
        await flow.page.getByRole('button', { name: 'Next difference' }).click();
        await untilDrawn(flow.page);
        const bytes = await flow.page.screenshot({ path: join(outputPath, `compare-${theme}-${name}.png`) });
        expect(bytes.length).toBeGreaterThan(15_000);
        await closed(flow);
      });
    }
  }
});
