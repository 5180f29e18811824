import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { flowOfPorts } from '../webview/many-ports.ts';
import { buildWebview, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const graph = flowOfPorts(20);

describeWith('chromium', 'a Service with twenty ports', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    mkdirSync(outputPath, { recursive: true });
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  for (const [width, height] of [
    [500, 900],
    [700, 900],
    [1240, 800],
    [1600, 1000],
  ] as const) {
    it(`is in sight as a whole, with its endpoints, in ${width} by ${height}`, async () => {
      const flow = await openFlowPage(browser, { viewport: { width, height } });
      await flow.show(graph);
      await untilDrawn(flow.page);
      const boxes = await flow.page.locator('.boxes > *').all();
      expect(boxes).toHaveLength(10);
      for (const box of boxes) {
        const area = await box.boundingBox();
        expect(area?.x).toBeGreaterThanOrEqual(0);
        expect((area?.x ?? 0) + (area?.width ?? 0)).toBeLessThanOrEqual(width);
        expect((area?.y ?? 0) + (area?.height ?? 0)).toBeLessThanOrEqual(height);
      }
      await flow.close();
    });
  }

  it('opens in place at a click or Enter, and closes again', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 1000 } });
    const { page } = flow;
    await flow.show(graph);
    const entry = page.locator('.boxes > .kind-entry').first();
    const place = await entry.boundingBox();
    await entry.click();
    await untilDrawn(page);
    expect(await page.locator('.boxes > .kind-entry').count()).toBe(40);
    expect((await page.locator('.boxes > .kind-service').allTextContents()).join()).toContain('shop/bus:p19');
    // What was clicked is where it was.
    const now = await page.locator('.boxes > .kind-entry.selected').boundingBox();
    expect(Math.abs((now?.y ?? 0) - (place?.y ?? 0))).toBeLessThan(2);
    expect((await flow.posted()).some(({ kind }) => kind === 'open-line')).toBe(false);
    await page.screenshot({ path: join(outputPath, 'many-ports-open.png') });
    await page.keyboard.press('Enter');
    await untilDrawn(page);
    expect(await page.locator('.boxes > *').count()).toBe(10);
    expect(flow.problems).toEqual([]);
    await flow.close();
  });

  it('has its entries in the text once, and each port is found by its name and its rules', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 1000 } });
    const { page } = flow;
    await flow.show(graph);
    const entries = page.locator('.tree-item[data-level="1"]');
    expect(await entries.count()).toBe(2);
    const jump = graph.edges.find(
      ({ to }) => to === graph.nodes.find((node) => node.kind === 'service' && node.service?.port === 'p7')?.id,
    );
    await flow.send({ kind: 'highlight', line: jump?.line ?? null, table: 'nat', chain: 'KUBE-SERVICES' });
    expect((await page.locator('.boxes > .lit').allTextContents()).join()).toContain('shop/bus:p0 +19 ports');
    expect(await page.locator('.edges > .lit').count()).toBeGreaterThan(3);
    await page.locator('.search-input').fill('bus:p7');
    expect(await page.locator('.boxes > .match').count()).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    expect(await page.locator('.boxes > .selected').count()).toBe(1);
    expect(flow.problems).toEqual([]);
    await flow.close();
  });
});
