import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { manyEndpoints } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage, untilDrawn } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWith('chromium', 'a Service with a thousand endpoints', () => {
  let browser: Browser;
  let flow: FlowPage;
  const names = () => flow.page.locator('.boxes > .kind-group .name').allTextContents();
  const group = (name: string) => flow.page.locator('.boxes > .kind-group', { has: flow.page.getByText(name, { exact: true }) });

  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    flow = await openFlowPage(browser, { viewport: { width: 1400, height: 800 } });
    await flow.show(manyEndpoints(1000));
    return async () => {
      expect(flow.problems).toEqual([]);
      await flow.close();
    };
  });
  afterAll(() => browser.close());

  it('is drawn as groups with counts and shares', async () => {
    expect(await names()).toEqual(Array.from({ length: 12 }, (_, at) => `node-${at + 1}`));
    expect(await group('node-2').textContent()).toBe('node-284 endpoints, 4 not ready');
    expect(await flow.page.locator('.labels text').first().textContent()).toBe('8.4 %');
  });

  it('opens a group at a click, and closes it at another, without moving it', async () => {
    await flow.page.setViewportSize({ width: 1900, height: 800 });
    await flow.page.getByRole('button', { name: /%, fit/ }).click();
    await untilDrawn(flow.page);
    const before = await group('node-3').boundingBox();
    await group('node-3').click({ position: { x: 40, y: 14 } });
    await untilDrawn(flow.page);
    expect(await flow.page.locator('.boxes > [data-id="sep:2"]').count()).toBe(1);
    expect((await flow.state()).open).toEqual(['group:node:node-3']);
    const after = await group('node-3').boundingBox();
    expect(Math.abs((after?.x ?? 0) - (before?.x ?? 0))).toBeLessThan(2);
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
    await group('node-3').click({ position: { x: 40, y: 14 } });
    expect(await flow.page.locator('.boxes > [data-id="sep:2"]').count()).toBe(0);
  });

  it('pans so far that an opened group is in view', async () => {
    await group('node-3').click({ position: { x: 40, y: 14 } });
    const stage = await flow.page.locator('.stage').boundingBox();
    const area = await group('node-3').boundingBox();
    expect(area?.x).toBeGreaterThanOrEqual(0);
    expect((area?.x ?? 0) + (area?.width ?? 0)).toBeLessThanOrEqual((stage?.x ?? 0) + (stage?.width ?? 0));
  });

  it('groups by zone and in rule order when asked', async () => {
    const choice = flow.page.getByRole('combobox', { name: 'Group endpoints by' });
    await choice.selectOption('by zone');
    expect(await names()).toEqual(['zone eu-1a', 'zone eu-1b', 'zone eu-1c']);
    await choice.selectOption('in rule order');
    expect((await names()).slice(0, 2)).toEqual(['endpoints 1–50', 'endpoints 51–100']);
    expect((await flow.state()).grouping).toBe('page');
  });

  it('marks groups that hold what is searched, and filters down to it', async () => {
    await flow.page.getByRole('searchbox').fill('10.128.0.77:');
    expect(await flow.page.locator('.matches').textContent()).toBe('2');
    expect(await flow.page.locator('.boxes > .match .name').allTextContents()).toEqual(['node-6']);
    await flow.page.getByRole('button', { name: 'Show only matching endpoints' }).click();
    expect(await flow.page.locator('.boxes > .kind-endpoint .name').allTextContents()).toEqual(['10.128.0.77:8443']);
    expect(await flow.page.locator('.boxes > .kind-group').count()).toBe(0);
    await flow.page.getByRole('button', { name: 'Show only matching endpoints' }).click();
    expect(await flow.page.locator('.boxes > .kind-group').count()).toBe(12);
  });

  it('goes to what is found inside a closed group', async () => {
    await flow.page.getByRole('searchbox').fill('10.128.3.200:');
    await flow.page.keyboard.press('Enter');
    await untilDrawn(flow.page);
    const found = flow.page.locator('.boxes > .selected');
    expect(await found.locator('.name').textContent()).toBe('10.128.3.200:8443');
    const area = await found.boundingBox();
    expect(area?.y).toBeGreaterThan(30);
    expect((area?.y ?? 0) + (area?.height ?? 0)).toBeLessThan(800);
  });

  it('has an overview that shows where one is and goes elsewhere', async () => {
    await group('node-3').click({ position: { x: 40, y: 14 } });
    const overview = flow.page.locator('.overview');
    expect(await overview.isVisible()).toBe(true);
    const top = () => flow.page.locator('.overview-window').getAttribute('y');
    const before = Number(await top());
    const area = await overview.boundingBox();
    await flow.page.mouse.click((area?.x ?? 0) + 20, (area?.y ?? 0) + (area?.height ?? 0) - 12);
    await untilDrawn(flow.page);
    expect(Number(await top())).toBeGreaterThan(before);
  });

  it('keeps only what is near the view in the document when everything is open', async () => {
    await flow.show(manyEndpoints(5000));
    await flow.page.getByRole('combobox', { name: 'Group endpoints by' }).selectOption('by zone');
    await group('zone eu-1a').click({ position: { x: 40, y: 14 } });
    expect((await flow.state()).open).toHaveLength(1);
    expect(await flow.page.locator('.boxes > *').count()).toBeLessThan(400);
    await flow.page.mouse.move(600, 500);
    for (let turn = 0; turn < 10; turn += 1) await flow.page.mouse.wheel(0, 1500);
    await untilDrawn(flow.page);
    const inView = await flow.page
      .locator('.boxes > .kind-endpoint')
      .evaluateAll(
        (boxes) => boxes.filter((item) => item.getBoundingClientRect().top > 0 && item.getBoundingClientRect().top < 760).length,
      );
    expect(inView).toBeGreaterThan(5);
  });
});
