import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, openFlowPage } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every rule of axe-core that the page breaks, with where. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<readonly { id: string; nodes: readonly { target: unknown }[] }[]>(
    'axe.run().then((result) => result.violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => String(node.target)).join(', ')}`);
}

describeWith('chromium', 'axe-core finds nothing', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  for (const theme of themeNames) {
    it(`in ${theme}`, async () => {
      const flow = await openFlowPage(browser, { theme, viewport: { width: 1900, height: 800 } });
      const { page } = flow;
      expect(await violations(page)).toEqual([]);
      await flow.show(richGraph());
      expect(await violations(page)).toEqual([]);
      await page.locator('.boxes > [data-id="sep:1"]').click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: /Show as text/ }).click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Copy, export or print' }).click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await flow.show(manyEndpoints(100, 4));
      await page.getByRole('searchbox').fill('node-2');
      expect(await violations(page)).toEqual([]);
      await flow.show(richGraph());
      await flow.send({ kind: 'traced', title: 'tcp', steps: [{ line: 51, words: 'KUBE-SERVICES: jump' }], current: 0 });
      expect(await violations(page)).toEqual([]);
      await flow.compare(richGraph(), manyEndpoints(3));
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('F7');
      await page.getByRole('button', { name: /Show as/ }).click();
      expect(await violations(page)).toEqual([]);
      await flow.send({ kind: 'nothing', uri: 'file:///d', file: 'd', to: 'x', reason: 'There is no such Service.' });
      expect(await violations(page)).toEqual([]);
      expect(flow.problems).toEqual([]);
      await flow.close();
    });
  }

  it('where the system forces its colours, and everything stays visible', async () => {
    const flow = await openFlowPage(browser, { forcedColors: 'active', viewport: { width: 1900, height: 800 } });
    await flow.show(richGraph());
    expect(await violations(flow.page)).toEqual([]);
    const colours = await flow.page.evaluate<readonly string[]>(
      `['.box .back', '.box .stripe', '.edge .line', '.canvas .name'].map((selector) => {
        const style = getComputedStyle(document.querySelector(selector));
        return selector.endsWith('line') || selector.endsWith('back') ? style.stroke : style.fill;
      })`,
    );
    const canvas = await flow.page.evaluate<string>('getComputedStyle(document.querySelector(".box .back")).fill');
    for (const colour of colours) expect(colour).not.toBe(canvas);
    await flow.close();
  });

  it('in a narrow panel and with motion reduced', async () => {
    const flow = await openFlowPage(browser, { reducedMotion: 'reduce', viewport: { width: 400, height: 700 } });
    await flow.show(richGraph());
    expect(await violations(flow.page)).toEqual([]);
    await flow.page.getByRole('button', { name: 'Details' }).click();
    expect(await violations(flow.page)).toEqual([]);
    await flow.close();
  });
});
