import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

interface Area {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where elements are that a reader sees. */
function areas(flow: FlowPage, selector: string): Promise<readonly Area[]> {
  return flow.page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].flatMap((element) => {
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    return width === 0 || height === 0 ? [] : [{ name: element.textContent || element.getAttribute('aria-label'), left, right, top, bottom }];
  })`);
}

function overlapping(list: readonly Area[]): readonly string[] {
  return list.flatMap((a, at) =>
    list
      .slice(at + 1)
      .filter((b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
      .map((b) => `${a.name} on ${b.name}`),
  );
}

describeWith('chromium', 'little room', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  // At 200 % a panel of 800 pixels is 400 wide, in pixels that are twice as large.
  for (const [name, options] of [
    ['a panel of 400 pixels', { viewport: { width: 400, height: 800 } }],
    ['a panel of 800 pixels at 200 % zoom', { viewport: { width: 400, height: 400 }, deviceScaleFactor: 2 }],
  ] as const) {
    it(`${name}: nothing is cut or on top of another, and text can be read`, async () => {
      const flow = await openFlowPage(browser, options);
      for (const graph of [richGraph(), manyEndpoints(1000)]) {
        await flow.show(graph);
        const controls = await areas(flow, '.toolbar button, .toolbar select, .toolbar .search');
        for (const area of controls) {
          expect(area.left).toBeGreaterThanOrEqual(0);
          expect(area.right).toBeLessThanOrEqual(400);
        }
        expect(overlapping(await areas(flow, '.toolbar > :not(.search) > button, .toolbar select, .toolbar .search'))).toEqual(
          [],
        );
        const boxes = await areas(flow, '.boxes > *');
        expect(overlapping(boxes)).toEqual([]);
        for (const area of boxes) {
          expect(area.left).toBeGreaterThanOrEqual(0);
          expect(area.right).toBeLessThanOrEqual(400);
        }
        expect(Number.parseInt((await flow.page.locator('.zoom-text').textContent()) ?? '', 10)).toBeGreaterThanOrEqual(75);
        expect(await flow.page.evaluate('document.documentElement.scrollWidth')).toBe(400);
      }
      expect(flow.problems).toEqual([]);
      await flow.close();
    });
  }

  it('no text leaves its box, at any width', async () => {
    for (const width of [400, 700, 1000, 1400, 2000]) {
      const flow = await openFlowPage(browser, { viewport: { width, height: 900 } });
      await flow.show(richGraph());
      const outside = await flow.page.evaluate<readonly string[]>(`[...document.querySelectorAll('.boxes > *')].flatMap((box) => {
        const area = box.querySelector('.back').getBoundingClientRect();
        return [...box.querySelectorAll('text')].filter((text) => {
          const own = text.getBoundingClientRect();
          return own.left < area.left || own.right > area.right + 0.5 || own.top < area.top || own.bottom > area.bottom + 0.5;
        }).map((text) => text.textContent);
      })`);
      expect(outside).toEqual([]);
      const labels = await flow.page.evaluate<
        readonly string[]
      >(`[...document.querySelectorAll('.labels > *')].flatMap((label) => {
        const area = label.querySelector('.label-back').getBoundingClientRect();
        return [...label.querySelectorAll('text')].filter((text) => text.getBoundingClientRect().right > area.right + 0.5).map((text) => text.textContent);
      })`);
      expect(labels).toEqual([]);
      const drawn = [...(await areas(flow, '.boxes > *')), ...(await areas(flow, '.labels > *'))];
      expect(overlapping(drawn)).toEqual([]);
      await flow.close();
    }
  });

  it('details lie over the lower part and can be closed', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 400, height: 800 } });
    await flow.show(richGraph());
    const details = flow.page.getByRole('complementary', { name: 'Details' });
    expect(await details.isVisible()).toBe(false);
    const button = flow.page.getByRole('button', { name: 'Details' });
    await button.click();
    const area = await details.boundingBox();
    expect(area?.width).toBe(400);
    expect(area?.height).toBeLessThan(800 / 2);
    await button.click();
    expect(await details.isVisible()).toBe(false);
    await flow.close();
  });

  it('turns from columns to an outline and back as the panel changes', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1900, height: 800 } });
    await flow.show(richGraph());
    expect(await flow.page.locator('.headings text').count()).toBe(6);
    await flow.page.setViewportSize({ width: 500, height: 800 });
    await expect.poll(() => flow.page.locator('.headings text').count(), { timeout: 60_000 }).toBe(0);
    await flow.page.setViewportSize({ width: 1900, height: 800 });
    await expect.poll(() => flow.page.locator('.headings text').count(), { timeout: 60_000 }).toBe(6);
    await flow.close();
  });
});
