import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { chainGraph, manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { flowOfPorts } from '../webview/many-ports.ts';
import { buildWebview, type FlowPage, openFlowPage } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWith('chromium', 'the keyboard alone', () => {
  let browser: Browser;
  let flow: FlowPage;
  const selected = () => flow.page.locator('.boxes > .selected').getAttribute('data-id');
  /** What a screen reader says of the item that has the focus. */
  const heard = () =>
    flow.page.evaluate<string>(
      'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent ?? ""',
    );
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await flow.page.keyboard.press(key);
  };
  const toTree = async (): Promise<void> => {
    await flow.page.getByRole('tree').focus();
  };

  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    flow = await openFlowPage(browser, { viewport: { width: 1900, height: 800 }, reducedMotion: 'no-preference' });
    await flow.show(richGraph());
    await press('Shift');
    await toTree();
    return async () => {
      expect(flow.problems).toEqual([]);
      await flow.close();
    };
  });
  afterAll(() => browser.close());

  it('reaches the flow with one tab stop, between toolbar and details', async () => {
    const stops: string[] = [];
    await flow.page.getByRole('button', { name: 'shop/web:http', exact: true }).focus();
    for (let turn = 0; turn < 30; turn += 1) {
      await press('Tab');
      const stop = await flow.page.evaluate<string>(
        'document.activeElement === document.body ? "" : document.activeElement.getAttribute("role") ?? document.activeElement.tagName',
      );
      if (stop === '') break;
      stops.push(stop);
    }
    expect(stops.filter((stop) => stop === 'tree')).toHaveLength(1);
    expect(stops.indexOf('tree')).toBeGreaterThan(3);
  });

  it('walks the links of the answer with arrows, and Enter goes to the box', async () => {
    const first = flow.page.locator('.answer .answer-link').first();
    const focused = () => flow.page.evaluate<string>('document.activeElement.textContent');
    await first.focus();
    expect(await focused()).toBe('!Serves some: only from 203.0.113.0/24 at 203.0.113.80:80/tcp');
    await press('ArrowRight');
    expect(await focused()).toBe('✕Endpoint 10.244.2.9:8080 is no longer in the cluster.');
    await press('End', 'Enter');
    expect(await selected()).toBe('drop');
    await first.focus();
    await press('Shift+Tab');
    expect(await flow.page.evaluate<boolean>('document.activeElement.closest(".answer") === null')).toBe(true);
  });

  it('opens the menu of the selected box, walks it and comes back', async () => {
    await press('End', 'Shift+F10');
    const menu = flow.page.getByRole('menu', { name: 'What can be done here' });
    await menu.waitFor();
    await press('ArrowDown');
    expect(await flow.page.evaluate<string>('document.activeElement.textContent')).toBe('Copy Pod Name');
    await press('Escape');
    await menu.waitFor({ state: 'hidden' });
    expect(await flow.page.evaluate<string>('document.activeElement.getAttribute("role")')).toBe('tree');
    await press('Home');
  });

  it('walks along the edges and up and down the columns', async () => {
    expect(await selected()).toBe('e:ip');
    await press('ArrowRight');
    expect(await selected()).toBe('services');
    await press('ArrowRight');
    expect(await selected()).toBe('svc');
    await press('ArrowDown');
    expect(await selected()).toBe('svl');
    await press('ArrowUp', 'ArrowRight', 'ArrowDown');
    expect(await selected()).toBe('sep:2');
    expect(await heard()).toContain('33.3 %');
    expect(await heard()).toContain('KUBE-SEP-OYPFS5VJICHGATKP');
    await press('ArrowRight');
    expect(await selected()).toBe('pod:2');
    expect(await heard()).toContain('Pod shop/web-7d9c-m8r7t on node-b, 10.244.1.7:8080, not ready');
    await press('ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    expect(await selected()).toBe('e:ip');
    await press('End');
    expect(await selected()).toBe('pod:4');
    await press('Home');
    expect(await selected()).toBe('e:ip');
  });

  it('reaches every box', async () => {
    const met = new Set<string | null>();
    await press('t');
    for (let turn = 0; turn < 40; turn += 1) {
      met.add(await flow.page.locator('[role=treeitem][aria-selected=true]').getAttribute('data-id'));
      await press('ArrowDown');
    }
    expect(met).toEqual(new Set(richGraph().nodes.map((node) => node.id)));
  });

  for (const [form, graph, width] of [
    ['a ladder', richGraph(), 700],
    ['the graph of a chain', chainGraph(), 1200],
    ['the graph of a chain, narrow', chainGraph(), 500],
    ['many ports, in columns', flowOfPorts(20), 1600],
    ['many ports, in a ladder', flowOfPorts(20), 500],
  ] as const) {
    it(`reaches every box by the arrows alone, and its rule, in ${form}`, async () => {
      const { page } = flow;
      await page.setViewportSize({ width, height: 800 });
      await flow.show(graph, form);
      await toTree();
      const all = await page.locator('.boxes > *').evaluateAll((boxes) => boxes.map((box) => box.getAttribute('data-id')));
      const met = new Set<string | null>();
      const isDone = (): boolean => all.every((id) => met.has(id));
      // Down as far as that goes, then to each side of what was met there.
      await press('Home');
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowUp']) {
        for (let turn = 0; turn <= all.length && !isDone(); turn += 1) {
          met.add(await selected());
          await press(key);
        }
      }
      await press('Home');
      for (let turn = 0; turn < all.length && !isDone(); turn += 1) {
        await press('ArrowDown', 'ArrowRight');
        met.add(await selected());
      }
      expect(all.filter((id) => !met.has(id))).toEqual([]);
      expect(await page.locator('.boxes > .selected').count()).toBe(1);
      await press('Home', 'ArrowRight', 'ArrowRight');
      await flow.forget();
      await press('Enter');
      expect((await flow.last('open-line')).focus).toBe(true);
    });
  }

  it('keeps its own keys from the editor around it, and no others', async () => {
    await flow.page.evaluate(
      'window.seen = []; window.addEventListener("keydown", (event) => window.seen.push((event.altKey ? "Alt+" : "") + event.key))',
    );
    await press('Alt+ArrowLeft', 'ArrowRight', 'Enter', 'F1');
    expect(await flow.page.evaluate('window.seen.filter((key) => !key.endsWith("Alt"))')).toEqual(['F1']);
  });

  it('shows the rule with Enter', async () => {
    await press('ArrowRight', 'ArrowRight');
    await flow.forget();
    await press('Enter');
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 74, focus: true });
  });

  it('lets go with Escape, and zooms, fits, and turns text and details on and off', async () => {
    await press('ArrowRight', 'Escape');
    expect(await flow.page.locator('.boxes > .selected').count()).toBe(0);
    const zoom = () => flow.page.locator('.zoom-text').textContent();
    const fitted = await zoom();
    await press('+');
    expect(await zoom()).not.toBe(fitted);
    const world = () => flow.page.locator('.canvas > g').first().getAttribute('transform');
    const before = await world();
    await press('Shift+ArrowDown');
    expect(await world()).not.toBe(before);
    await press('Shift+ArrowUp');
    expect(await world()).toBe(before);
    await press('0');
    await expect.poll(zoom, { timeout: 60_000 }).toBe(fitted);
    await press('d');
    expect((await flow.state()).details).toBe(false);
    await press('t');
    expect((await flow.state()).mode).toBe('text');
    expect(await flow.page.getByRole('treeitem').first().isVisible()).toBe(true);
    await press('t');
    expect((await flow.state()).mode).toBe('drawing');
  });

  it('finds with / and walks through what it found', async () => {
    await press('/');
    await flow.page.keyboard.type('node-b');
    expect(await flow.page.getByRole('status').textContent()).toBe('2 matches');
    expect(await flow.page.locator('.boxes > .match').count()).toBe(2);
    await press('Enter');
    expect(await selected()).toBe('pod:2');
    await flow.page.getByRole('searchbox').focus();
    await press('Enter');
    expect(await selected()).toBe('pod:4');
    await press('Shift+Enter');
    expect(await selected()).toBe('pod:2');
    await press('Escape');
    expect(await flow.page.getByRole('searchbox').inputValue()).toBe('');
    await press('Escape');
    expect(await flow.page.evaluate('document.activeElement.getAttribute("role")')).toBe('tree');
  });

  it('opens a group with Space and goes in', async () => {
    await flow.show(manyEndpoints(100, 4));
    await toTree();
    await press('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
    expect(await selected()).toBe('group:node:node-1');
    expect(await flow.page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-expanded')).toBe('false');
    await press('Space');
    expect(await flow.page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-expanded')).toBe('true');
    await press('ArrowRight');
    expect(await selected()).toBe('sep:0');
    await press('ArrowLeft', 'Space');
    expect((await flow.state()).open).toEqual([]);
  });

  it('walks text as trees are walked', async () => {
    await press('t', 'Home');
    const shown = () => flow.page.getByRole('treeitem').count();
    const all = await shown();
    await press('ArrowLeft');
    expect(await shown()).toBeLessThan(all);
    await press('ArrowRight');
    expect(await shown()).toBe(all);
    await press('ArrowRight', 'ArrowDown', 'ArrowDown');
    expect(await heard()).toContain('KUBE-SEP-2XZJVPRY2PQVE3B3');
    await flow.forget();
    await press('Enter');
    expect(await flow.last('open-line')).toMatchObject({ line: 85, focus: true });
  });

  it('opens the export menu, walks it and leaves it', async () => {
    await flow.page.getByRole('button', { name: 'Copy, export or print' }).focus();
    await press('Enter');
    const focused = () => flow.page.evaluate('document.activeElement.textContent');
    expect(await focused()).toBe('Copy as Mermaid');
    await press('ArrowDown');
    expect(await focused()).toBe('Save as SVG…');
    await press('End');
    expect(await focused()).toBe('Print…');
    await press('Escape');
    expect(await flow.page.getByRole('menu').isVisible()).toBe(false);
    expect(await flow.page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Copy, export or print');
  });
});
