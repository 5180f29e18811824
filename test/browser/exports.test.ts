import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { flowDot } from '../../webview/src/export/dot.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { hostileGraph, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage } from './flow-page.ts';

const output = resolve(import.meta.dirname, '../output');

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWith('chromium', 'the export menu', () => {
  let browser: Browser;
  let flow: FlowPage;
  const choose = async (name: string): Promise<void> => {
    await flow.forget();
    await flow.page.getByRole('button', { name: 'Copy, export or print' }).click();
    await flow.page.getByRole('menuitem', { name }).click();
  };
  /** Whether an XML parser takes the text, and the visible text in it. */
  const parsed = (xml: string): Promise<{ readonly root: string; readonly text: string }> =>
    flow.page.evaluate(`(() => {
      const parsed = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'image/svg+xml');
      return { root: parsed.documentElement.tagName, text: parsed.documentElement.textContent };
    })()`);

  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
    flow = await openFlowPage(browser, { viewport: { width: 700, height: 800 } });
    await flow.show(richGraph());
  });
  afterAll(async () => {
    expect(flow.problems).toEqual([]);
    await browser.close();
  });

  it('copies Mermaid', async () => {
    await choose('Copy as Mermaid');
    expect(await flow.last('copy')).toEqual({ kind: 'copy', text: flowMermaid(richGraph()), what: 'Mermaid' });
  });

  it('saves an SVG that a parser takes, in columns however narrow the panel is', async () => {
    await choose('Save as SVG…');
    const saved = await flow.last('save');
    expect(saved).toMatchObject({ format: 'svg', name: 'nat-flow-shop-web-http.svg' });
    const { root, text } = await parsed(saved.content);
    expect(root).toBe('svg');
    expect(text).toContain('node-a.iptables · cluster.json, read 2 minutes ago');
    expect(text).toContain('33.3 %');
    expect(text).toContain('Endpoint');
  });

  it.each(['as it is', 'serif', 'monospace', "'DejaVu Sans'"])(
    'keeps every text in its box, whatever font a machine has: %s',
    async (font) => {
      await choose('Save as SVG…');
      const { content } = await flow.last('save');
      const svg = font === 'as it is' ? content : content.replaceAll(/font-family="[^"]*"/g, `font-family="${font}"`);
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.setContent(svg.replace(/^<\?xml.*\n/, ''));
      // A group's first element is the box that its texts, and those of groups in it, stand in.
      const beyond = await page.evaluate<readonly string[]>(`(() => {
        const found = [];
        for (const text of document.querySelectorAll('svg g text')) {
          let group = text.closest('g');
          while (group !== null && group.firstElementChild?.tagName !== 'rect') group = group.parentElement.closest('g');
          if (group === null) continue;
          const box = group.firstElementChild.getBoundingClientRect();
          const own = text.getBoundingClientRect();
          if (own.left < box.left - 0.5 || own.right > box.right + 0.5) found.push(text.textContent);
        }
        const whole = document.querySelector('svg').getBoundingClientRect();
        for (const text of document.querySelectorAll('svg text')) {
          if (text.getBoundingClientRect().right > whole.right) found.push(text.textContent);
        }
        return found;
      })()`);
      expect(beyond).toEqual([]);
      expect(await page.locator('svg g text').count()).toBeGreaterThan(20);
      await page.screenshot({ path: join(output, `export-${font.replace(/\W+/g, '-')}.png`), fullPage: true });
      await context.close();
    },
  );

  it('saves a PNG of twice the size', async () => {
    await choose('Save as PNG…');
    const saved = await flow.last('save');
    expect(saved).toMatchObject({ format: 'png', name: 'nat-flow-shop-web-http.png' });
    const bytes = Buffer.from(saved.content, 'base64');
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    expect(width).toBeGreaterThan(2000);
    expect(height).toBeGreaterThan(800);
  });

  it('saves DOT and Mermaid', async () => {
    await choose('Save as Graphviz DOT…');
    expect(await flow.last('save')).toEqual({
      kind: 'save',
      format: 'dot',
      name: 'nat-flow-shop-web-http.dot',
      content: flowDot(richGraph()),
    });
    await choose('Save as Mermaid…');
    expect(await flow.last('save')).toMatchObject({ format: 'mermaid', name: 'nat-flow-shop-web-http.mmd' });
  });

  it('prints and saves a page that shows itself under its own policy', async () => {
    await choose('Print…');
    const { html, name } = await flow.last('print');
    expect(name).toBe('nat-flow-shop-web-http.html');
    const context = await browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.setContent(html);
    expect(await page.getByRole('heading', { name: 'NAT flow of shop/web:http' }).isVisible()).toBe(true);
    expect(await page.locator('svg text', { hasText: 'KUBE-SVC-LNITJ2S4TDGKMAA3' }).count()).toBe(1);
    expect(await page.evaluate('getComputedStyle(document.querySelector(".drawing")).overflowX')).toBe('auto');
    expect(problems).toEqual([]);
    await context.close();
  });

  it('keeps hostile names text in every format, and out of the file’s name', async () => {
    await flow.show(hostileGraph());
    await choose('Save as SVG…');
    const { name, content } = await flow.last('save');
    expect(name).toMatch(/^nat-flow-img-src-x-onerror-alert[\w.-]*\.svg$/);
    expect(await parsed(content)).toMatchObject({ root: 'svg' });
    await choose('Save as HTML page…');
    const page = await browser.newPage();
    await page.setContent((await flow.last('save')).content);
    expect(await page.locator('img, script, iframe').count()).toBe(0);
    await page.close();
    await choose('Save as PNG…');
    expect((await flow.last('save')).format).toBe('png');
  });
});
