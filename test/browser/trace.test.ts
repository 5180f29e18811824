import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import type { Traced } from '../../webview/src/messages.ts';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** A packet from outside to the load balancer's address. */
const traced = (current: number): Traced => ({
  kind: 'traced',
  title: 'tcp 203.0.113.9 -> 203.0.113.80:80, NEW, first met in PREROUTING',
  steps: [
    { line: 48, words: 'PREROUTING: jump KUBE-SERVICES' },
    { line: 51, words: 'KUBE-SERVICES: jump KUBE-FW-LNITJ2S4TDGKMAA3' },
    { line: 64, words: 'KUBE-FW-LNITJ2S4TDGKMAA3: jump KUBE-EXT-LNITJ2S4TDGKMAA3' },
    { line: 72, words: 'KUBE-EXT-LNITJ2S4TDGKMAA3: jump KUBE-SVL-LNITJ2S4TDGKMAA3' },
    { line: 82, words: 'KUBE-SVL-LNITJ2S4TDGKMAA3: jump KUBE-SEP-2XZJVPRY2PQVE3B3' },
    { line: 85, words: 'KUBE-SEP-2XZJVPRY2PQVE3B3: dnat to 10.244.0.11:8080' },
    { line: 150, words: 'FORWARD: accept' },
  ],
  current,
});

/** The flow that it comes by: the entry's line is that of its rule. */
function drawn(): FlowGraph {
  const graph = richGraph();
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === 'e:lb' ? { ...node, line: 51 } : node)) };
}

describeWith('chromium', 'the path of a traced packet', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    mkdirSync(outputPath, { recursive: true });
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const open = async (size = { width: 1900, height: 800 }): Promise<FlowPage> => {
    const flow = await openFlowPage(browser, { viewport: size });
    await flow.show(drawn());
    return flow;
  };
  const lit = (flow: FlowPage) =>
    flow.page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('.boxes > .lit')].map((box) => box.getAttribute('data-id'))`,
    );
  const numbers = (flow: FlowPage) => flow.page.locator('.steps text').allTextContents();
  const closed = async (flow: FlowPage): Promise<void> => {
    expect(flow.problems).toEqual([]);
    await flow.close();
  };

  it('is lit from its entry to its Pod, with the number of each step at its box', async () => {
    const flow = await open();
    await flow.send(traced(-1));
    expect((await lit(flow)).toSorted()).toEqual(['e:lb', 'ext', 'fw', 'pod:1', 'sep:1', 'services', 'svl']);
    expect((await numbers(flow)).toSorted()).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(await flow.page.locator('.trace-step').textContent()).toBe(
      '6 of its 7 steps are in this drawing, numbered along its path',
    );
    expect(await flow.page.locator('.trace-leaves').textContent()).toBe(
      'The path leaves this drawing after step 6: it goes on with FORWARD: accept',
    );
    await closed(flow);
  });

  it('is walked step by step, and says where a step is not in the drawing', async () => {
    const flow = await open();
    await flow.send(traced(2));
    expect(await numbers(flow)).toContain('▶ 3');
    expect(await flow.page.locator('.boxes > .selected').getAttribute('data-id')).toBe('ext');
    const step = '▶ Step 3 of 7, line 64: KUBE-FW-LNITJ2S4TDGKMAA3: jump KUBE-EXT-LNITJ2S4TDGKMAA3';
    expect(await flow.page.locator('.trace-step').textContent()).toBe(step);
    // Who listens hears it.
    expect(await flow.page.locator('.status').textContent()).toBe(step);
    await flow.send(traced(6));
    expect(await flow.page.locator('.trace-step').textContent()).toContain('FORWARD: accept (not in this drawing)');
    await flow.page.getByRole('tree').focus();
    await flow.page.keyboard.press('Alt+F9');
    expect(await flow.last('trace-step')).toEqual({ kind: 'trace-step', by: 1 });
    await flow.forget();
    await flow.page.keyboard.press('Shift+Alt+F9');
    expect(await flow.last('trace-step')).toEqual({ kind: 'trace-step', by: -1 });
    await flow.forget();
    await flow.page.getByRole('button', { name: 'Next step' }).click();
    expect(await flow.last('trace-step')).toEqual({ kind: 'trace-step', by: 1 });
    await closed(flow);
  });

  it('stays lit when a box is selected, and is hidden by its button and by Escape', async () => {
    const flow = await open();
    await flow.send(traced(2));
    await flow.page.locator('.boxes > [data-id="svc"]').click();
    expect(await lit(flow)).toContain('e:lb');
    await flow.page.getByRole('button', { name: 'Hide path' }).click();
    expect(await flow.page.locator('.trace-bar').isVisible()).toBe(false);
    expect(await numbers(flow)).toEqual([]);
    await flow.send(traced(3));
    expect(await numbers(flow)).toContain('▶ 4');
    await flow.page.getByRole('tree').focus();
    await flow.page.keyboard.press('Escape');
    expect(await numbers(flow)).toEqual([]);
    await closed(flow);
  });

  it('is none in the flow of another Service, and comes with the flow that it is of', async () => {
    const flow = await open();
    await flow.show(manyEndpoints(20, 3), 'big/fleet');
    await flow.send(traced(2));
    expect(await flow.page.locator('.trace-bar').isVisible()).toBe(false);
    await flow.show(drawn());
    expect(await flow.page.locator('.trace-bar').isVisible()).toBe(true);
    expect(await numbers(flow)).toContain('▶ 3');
    await flow.send({ kind: 'traced', title: '', steps: [], current: -1 });
    expect(await flow.page.locator('.trace-bar').isVisible()).toBe(false);
    await closed(flow);
  });

  it('opens the group of its endpoint, and has the step in sight where there is little room', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 600, height: 500 } });
    await flow.show(manyEndpoints(100, 4));
    const steps = [
      { line: 19, words: 'KUBE-SERVICES: jump KUBE-SVC-4N57TFCL4MD7ZTDA' },
      { line: 20_042, words: 'KUBE-SVC-4N57TFCL4MD7ZTDA: jump KUBE-SEP-X' },
    ];
    await flow.send({ kind: 'traced', title: 'tcp', steps, current: 1 });
    const box = flow.page.locator('.boxes > [data-id="sep:42"]');
    expect(await box.getAttribute('class')).toContain('selected');
    const [area, drawing] = await Promise.all([box.boundingBox(), flow.page.locator('.drawing').boundingBox()]);
    expect(area?.y).toBeGreaterThanOrEqual(drawing?.y ?? 0);
    expect((area?.y ?? 0) + (area?.height ?? 0)).toBeLessThanOrEqual((drawing?.y ?? 0) + (drawing?.height ?? 0));
    await closed(flow);
  });

  it('where the system forces its colours, stands out by its numbers and its thickness', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 800 }, forcedColors: 'active' });
    await flow.show(drawn());
    await flow.send(traced(2));
    await untilDrawn(flow.page);
    const look = await flow.page.evaluate<{
      readonly lit: number;
      readonly plain: number;
      readonly texts: readonly string[];
    }>(`(() => {
      const width = (selector) => Number.parseFloat(getComputedStyle(document.querySelector(selector)).strokeWidth);
      const step = document.querySelector('.step.current');
      return {
        lit: width('.boxes > .lit .back'),
        plain: width('.boxes > .box:not(.lit) .back'),
        texts: [getComputedStyle(step.querySelector('.step-text')).fill, getComputedStyle(step.querySelector('.step-back')).fill],
      };
    })()`);
    expect(look.lit).toBeGreaterThan(look.plain);
    expect(look.texts[0]).not.toBe(look.texts[1]);
    expect(await numbers(flow)).toContain('▶ 3');
    const bytes = await flow.page.screenshot({ path: join(outputPath, 'trace-drawn-forced-colors.png') });
    expect(bytes.length).toBeGreaterThan(15_000);
    await closed(flow);
  });

  for (const theme of themeNames) {
    it(`in ${theme}`, async () => {
      for (const [name, width] of [
        ['wide', 1600],
        ['narrow', 700],
      ] as const) {
        const flow = await openFlowPage(browser, { viewport: { width, height: 800 }, theme });
        await flow.show(drawn());
        await flow.send(traced(4));
        await untilDrawn(flow.page);
        const bytes = await flow.page.screenshot({ path: join(outputPath, `trace-drawn-${theme}-${name}.png`) });
        expect(bytes.length).toBeGreaterThan(15_000);
        await closed(flow);
      }
    });
  }
});
