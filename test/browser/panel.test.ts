import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { hostileGraph, manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, openFlowPage, untilDrawn } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const other = { ...manyEndpoints(100, 4), title: 'big/fleet:https' };

describeWith('chromium', 'a panel', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('goes back and forth between Services', async () => {
    const flow = await openFlowPage(browser);
    const back = flow.page.getByRole('button', { name: 'Back' });
    const forward = flow.page.getByRole('button', { name: 'Forward' });
    await flow.show(richGraph(), 'shop/web:http');
    expect(await back.isDisabled()).toBe(true);
    await flow.show(other, 'big/fleet:https');
    await back.click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'shop/web:http' });
    await flow.show(richGraph(), 'shop/web:http');
    expect(await back.isDisabled()).toBe(true);
    expect(await forward.getAttribute('title')).toBe('Forward to big/fleet:https (Alt+Right)');
    await flow.forget();
    await flow.page.keyboard.press('Alt+ArrowRight');
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'big/fleet:https' });
    await flow.show(other, 'big/fleet:https');
    expect(await forward.isDisabled()).toBe(true);
    await flow.close();
  });

  it('keeps view, selection and open groups when the dump is edited', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1400, height: 800 } });
    await flow.show(other);
    await flow.page
      .locator('.boxes > .kind-group')
      .nth(1)
      .click({ position: { x: 40, y: 14 } });
    await flow.page.locator('.boxes > [data-id="sep:1"]').click();
    await flow.page.mouse.move(500, 600);
    await flow.page.mouse.wheel(0, 120);
    await untilDrawn(flow.page);
    const world = () => flow.page.locator('.canvas > g').first().getAttribute('transform');
    const before = await world();
    await flow.show({
      ...other,
      nodes: other.nodes.map((node) => ({
        ...node,
        badges: node.badges.map((badge) => ({ ...badge, line: badge.line === null ? null : badge.line + 1 })),
      })),
    });
    expect(await world()).toBe(before);
    expect(await flow.page.locator('.boxes > .selected').getAttribute('data-id')).toBe('sep:1');
    await flow.forget();
    await flow.page.locator('.boxes > .selected').click();
    expect(await flow.last('open-line')).toMatchObject({ line: 10_003 });
    await flow.close();
  });

  it('is as it was after a reload of the window', async () => {
    const first = await openFlowPage(browser, { viewport: { width: 1400, height: 800 } });
    await first.show(richGraph(), 'shop/web:http');
    await first.show(other, 'big/fleet:https');
    await first.page
      .locator('.boxes > .kind-group')
      .first()
      .click({ position: { x: 40, y: 14 } });
    await first.page.locator('.boxes > [data-id="sep:4"]').click();
    await first.page.getByRole('searchbox').fill('node-1');
    await first.page.getByRole('button', { name: /Zoom in/ }).click();
    await first.page.getByRole('button', { name: 'Details' }).click();
    const kept = await first.state();
    const look = () => 'document.querySelector(".canvas > g").getAttribute("transform")';
    const transform = await first.page.evaluate(look());
    await first.close();

    const second = await openFlowPage(browser, { viewport: { width: 1400, height: 800 }, kept });
    await second.show(other, 'big/fleet:https');
    expect(await second.state()).toEqual(kept);
    expect(await second.page.evaluate(look())).toBe(transform);
    expect(await second.page.locator('.boxes > .selected').getAttribute('data-id')).toBe('sep:4');
    expect(await second.page.getByRole('searchbox').inputValue()).toBe('node-1');
    expect(await second.page.getByRole('button', { name: 'Back' }).getAttribute('title')).toBe(
      'Back to shop/web:http (Alt+Left)',
    );
    await second.close();
  });

  it('asks for what kube-proxy would write, and for the dump again', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1400, height: 800 } });
    await flow.show(richGraph(), 'shop/web:http');
    const toggle = flow.page.getByRole('button', { name: 'What kube-proxy would write' });
    expect(await toggle.getAttribute('aria-pressed')).toBe('false');
    await toggle.click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'expected:shop/web:http' });
    await flow.show(richGraph(), 'expected:shop/web:http');
    expect(await toggle.getAttribute('aria-pressed')).toBe('true');
    await flow.forget();
    await toggle.click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'shop/web:http' });
    await flow.show(richGraph(), 'chain:filter/FORWARD@3');
    expect(await toggle.isVisible()).toBe(false);
    await flow.close();
  });

  it('keeps the focus and the place in the details while the cursor in the dump moves', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1900, height: 500 } });
    await flow.show(richGraph());
    await flow.page.locator('.boxes > [data-id="sep:1"]').click();
    await flow.page.locator('.details').getByRole('button', { name: 'line 85' }).click();
    const place = () => flow.page.evaluate<number>('document.querySelector(".details").scrollTop');
    const before = await place();
    expect(before).toBeGreaterThan(0);
    await flow.send({ kind: 'highlight', line: 85, table: 'nat', chain: null });
    expect(await place()).toBe(before);
    expect(await flow.page.evaluate('document.activeElement.textContent')).toBe('line 85');
    await flow.close();
  });

  it('lights the way of the cursor in the text, too', async () => {
    const flow = await openFlowPage(browser);
    await flow.show(richGraph());
    await flow.page.getByRole('button', { name: /Show as text/ }).click();
    await flow.send({ kind: 'highlight', line: 82, table: 'nat', chain: null });
    const lit = await flow.page
      .locator('.tree-item.lit')
      .evaluateAll((items) => items.map((item) => item.getAttribute('data-id')));
    expect(new Set(lit)).toEqual(
      new Set(['e:ip', 'e:lb', 'e:np', 'ext', 'fw', 'nodeports', 'pod:1', 'sep:1', 'services', 'svl']),
    );
    await flow.close();
  });

  it('stays drawn and says so while it may be out of date', async () => {
    const flow = await openFlowPage(browser);
    const bar = flow.page.locator('.outdated-bar');
    await flow.show(richGraph());
    expect(await bar.isVisible()).toBe(false);
    await flow.send({ kind: 'outdated', reason: 'node-a\u202e.iptables is gone.', canRestart: false });
    expect(await bar.textContent()).toContain('node-a<U+202E>.iptables is gone.');
    expect(await bar.getByRole('button').isVisible()).toBe(false);
    expect(await flow.page.locator('.boxes > *').count()).toBeGreaterThan(3);
    await flow.send({ kind: 'outdated', reason: 'The server is down.', canRestart: true });
    await bar.getByRole('button', { name: 'Restart' }).click();
    expect(await flow.last('restart')).toEqual({ kind: 'restart' });
    await flow.show(richGraph());
    expect(await bar.isVisible()).toBe(false);
    expect(await flow.page.evaluate('document.body.classList.contains("outdated")')).toBe(false);
    await flow.close();
  });

  it('keeps its history and view when its dump was moved', async () => {
    const flow = await openFlowPage(browser);
    await flow.show(richGraph(), 'a');
    await flow.show(other, 'b');
    await flow.send({ kind: 'moved', uri: 'file:///elsewhere/b.iptables', file: 'b.iptables' });
    await expect.poll(() => flow.page.locator('.toolbar .file').textContent()).toBe('b.iptables');
    expect(await flow.state()).toMatchObject({ uri: 'file:///elsewhere/b.iptables', at: 1 });
    await flow.close();
  });

  it('begins anew with a state that it cannot read', async () => {
    const flow = await openFlowPage(browser, { kept: { version: 7, history: 'none' } });
    await flow.show(richGraph(), 'shop/web:http');
    expect((await flow.state()).history).toEqual([{ to: 'shop/web:http', title: 'shop/web:http' }]);
    expect(flow.problems).toEqual([]);
    await flow.close();
  });

  it('reads the fonts of another theme and draws again', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1900, height: 800 } });
    await flow.show(richGraph());
    const wide = () => flow.page.locator('.boxes > [data-id="services"] .back').getAttribute('width');
    const before = Number(await wide());
    await flow.page.evaluate(
      'document.documentElement.style.setProperty("--vscode-font-family", "monospace"); document.body.setAttribute("data-vscode-theme-id", "other")',
    );
    await untilDrawn(flow.page);
    await expect.poll(async () => Number(await wide()), { timeout: 60_000 }).not.toBe(before);
    await flow.close();
  });

  it('keeps hostile names text, wherever they stand', async () => {
    const flow = await openFlowPage(browser, { viewport: { width: 1600, height: 900 } });
    await flow.page.evaluate('window.alert = () => { window.alerted = true; }');
    await flow.show(hostileGraph());
    await flow.page.locator('.boxes > .kind-endpoint').first().click();
    await flow.page.locator('.boxes > .kind-pod').first().hover();
    await flow.page.getByRole('button', { name: /Show as text/ }).click();
    expect(await flow.page.locator('img, script:not([nonce]), iframe, [onerror]').count()).toBe(0);
    expect(await flow.page.evaluate('window.alerted === true')).toBe(false);
    expect(await flow.page.getByRole('treeitem').first().textContent()).toContain('<img src=x onerror="alert(1)">');
    expect(await flow.page.evaluate('document.body.innerText.includes("\\u202e")')).toBe(false);
    expect(flow.problems).toEqual([]);
    await flow.close();
  });
});
