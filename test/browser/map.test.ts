import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { edge, graphOf, node } from '../webview/fixtures.ts';
import { manyServices, richMap } from '../webview/map-fixtures.ts';
import { buildWebview, type FlowPage, type FlowPageOptions, openFlowPage, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeWith('chromium', 'the map of all Services', () => {
  let browser: Browser;
  let flow: FlowPage;

  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const open = async (options: FlowPageOptions = {}): Promise<void> => {
    flow = await openFlowPage(browser, { viewport: { width: 1400, height: 900 }, ...options });
  };
  const close = async (): Promise<void> => {
    expect(flow.problems).toEqual([]);
    await flow.close();
  };
  const box = (id: string): Locator => flow.page.locator(`.boxes > [data-id="${id}"]`);
  const service = (to: string): Locator => box(`group:service:${to}`);
  const names = (selector: string): Promise<readonly string[]> =>
    flow.page.locator(`.boxes > ${selector} .name`).allTextContents();
  const violations = async (): Promise<readonly string[]> => {
    await flow.page.evaluate(axe);
    const found = await flow.page.evaluate<readonly { id: string; nodes: readonly { target: unknown }[] }[]>(
      'axe.run().then((result) => result.violations)',
    );
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
  };

  it('has entries, Services, nodes and Pods, faults first, and says so above', async () => {
    await open();
    await flow.show(richMap(), 'map:');
    expect((await names('.kind-listed-service')).slice(0, 3)).toEqual(['erp', 'old', 'cart']);
    expect(await names('.kind-namespace')).toEqual(['legacy', 'shop', 'monitoring', 'without a known name']);
    expect(await flow.page.locator('.headings text').allTextContents()).toEqual(['Entry', 'Service', 'Node', 'Pod']);
    expect(await flow.page.locator('.answer-state').textContent()).toBe('✕5 of 10 Services to look at');
    expect(await service('legacy/erp').locator('.sign-bad').count()).toBe(1);
    expect(await flow.page.locator('.answer table').count()).toBe(0);
    await close();
  });

  it('leads into the flow of a Service by a click and by Enter, and to the rule of an entry', async () => {
    await open();
    await flow.show(richMap(), 'map:');
    await service('shop/web').click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'shop/web' });
    await flow.forget();
    await flow.page.locator('.answer-faults button', { hasText: 'shop/cart' }).click();
    expect(await flow.page.locator('.boxes > .selected .name').textContent()).toBe('cart');
    await flow.page.keyboard.press('Enter');
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'shop/cart' });
    await box('entry:shop/web\\a 1').click();
    expect(await flow.last('open-line')).toMatchObject({ line: 14 });
    await close();
  });

  it('is as it was left when one comes back with a key', async () => {
    await open();
    const graph = manyServices(5000);
    await flow.show(graph, 'map:');
    await box('group:rest:team-01').click();
    await service('team-01/checkout-api-1').click();
    await flow.show(graphOf([node('entry:1', 'entry')], []), 'team-01/checkout-api-1');
    expect(await flow.page.locator('.boxes > .kind-namespace').count()).toBe(0);
    await flow.page.locator('.tree').focus();
    await flow.page.keyboard.press('Alt+ArrowLeft');
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'map:' });
    await flow.show(graph, 'map:');
    expect(await flow.page.locator('.boxes > .selected .name').textContent()).toBe('checkout-api-1');
    expect(await flow.state()).toMatchObject({ to: 'map:', at: 0, open: ['group:rest:team-01'] });
    await close();
  });

  it('of 5,000 Services has the faults in sight, opens and closes by click and key, and keeps the document small', async () => {
    await open();
    await flow.show(manyServices(5000), 'map:');
    expect((await names('.kind-listed-service')).slice(0, 3)).toEqual(['metrics-87', 'metrics-7', 'metrics-47']);
    expect(await flow.page.locator('.boxes > *').count()).toBeLessThan(400);
    await box('endpoints:group:service:team-01/metrics-87').click();
    expect(await box('endpoints:group:service:team-01/metrics-87').count()).toBe(0);
    expect(await flow.page.locator('.boxes > .selected .name').textContent()).toBe('metrics-87');
    expect(await flow.page.locator('.boxes > .kind-host').count()).toBeGreaterThan(10);
    await flow.page.keyboard.press('Space');
    expect(await box('endpoints:group:service:team-01/metrics-87').count()).toBe(1);
    await box('group:namespace:team-01').click();
    expect(await service('team-01/metrics-87').count()).toBe(0);
    expect((await flow.state()).open).toEqual(['group:namespace:team-01']);
    await close();
  });

  it('finds what is folded and shows only Services that match', async () => {
    await open();
    await flow.show(manyServices(5000), 'map:');
    await flow.page.getByRole('searchbox').fill('frontend-4444');
    await flow.page.keyboard.press('Enter');
    await untilDrawn(flow.page);
    expect(await flow.page.locator('.boxes > .selected .name').textContent()).toBe('frontend-4444');
    await flow.page.getByRole('button', { name: 'Show only matching Services' }).click();
    expect(await names('.kind-listed-service')).toEqual(['frontend-4444']);
    expect(await names('.kind-pod')).toContain('frontend-4444-7d9c-0');
    await close();
  });

  it('is walked with the arrow keys and heard as a tree', async () => {
    await open();
    await flow.show(richMap(), 'map:');
    await flow.page.locator('.tree').focus();
    const heard = async (): Promise<string | null> => flow.page.locator('.tree [aria-selected="true"]').textContent();
    await flow.page.keyboard.press('ArrowDown');
    expect(await heard()).toBe('legacy, 2 Services: 1 refuses, 1 not reached');
    await flow.page.keyboard.press('ArrowDown');
    expect(await heard()).toBe('erp: rejected in FORWARD');
    await flow.page.keyboard.press('ArrowRight');
    expect(await heard()).toBe('clusterIP 10.96.20.13:8000/tcp: rejected in FORWARD');
    await flow.page.keyboard.press('ArrowLeft');
    await flow.page.keyboard.press('Shift+F10');
    expect(await flow.page.getByRole('menuitem').allTextContents()).toEqual([
      'Show NAT Flow',
      'Go to Rule',
      'Copy Service Name',
      'Trace Packet to Here…',
    ]);
    await flow.page.keyboard.press('Escape');
    expect(await flow.page.getByRole('tree').getAttribute('aria-label')).toBe('All Services of node-a');
    await close();
  });

  it('opens the Services that the graph of a chain has folded, and goes from one into its flow', async () => {
    await open();
    const chain = node('chain:0:nat:KUBE-SERVICES', 'chain', { label: 'KUBE-SERVICES' });
    const folded = node('services:team-1', 'namespace', {
      label: 'team-1',
      detail: '1,250 Services',
      to: 'chain:nat/KUBE-SERVICES@3/team-1',
    });
    const web = node('service:web', 'listed-service', { label: 'team-2/web', detail: '1 jump', to: 'team-2/web' });
    const jumps = edge(chain.id, folded.id, { condition: '1,250 jumps', packets: 2500 });
    await flow.show(graphOf([chain, folded, web], [jumps, edge(chain.id, web.id)]), 'chain:nat/KUBE-SERVICES@3');
    expect(await flow.page.locator('.labels text').allTextContents()).toEqual(['1,250 jumps', '2,500 pkts']);
    await box('services:team-1').click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'chain:nat/KUBE-SERVICES@3/team-1' });
    await flow.forget();
    await box('service:web').click();
    expect(await flow.last('request-flow')).toEqual({ kind: 'request-flow', to: 'team-2/web' });
    await box('services:team-1').click({ button: 'right' });
    expect(await flow.page.getByRole('menuitem').first().textContent()).toBe('Show Its Services');
    await flow.page.keyboard.press('Escape');
    await close();
  });

  it('is there before the states of its Services are, and says that they are on their way', async () => {
    await open();
    const whole = manyServices(3000);
    const pending = { kind: 'pending', words: '', line: null, remarks: [] } as const;
    const services = (whole.map?.services ?? []).map((listed) => ({
      ...listed,
      state: pending,
      endpoints: [],
      entries: listed.entries.map((entry) => ({ ...entry, state: pending })),
    }));
    await flow.show({ ...whole, map: { services } }, 'map:');
    expect(await flow.page.locator('.answer-state').textContent()).toBe('3,000 Services, being looked at…');
    expect(await flow.page.locator('.progress').isVisible()).toBe(true);
    expect(await flow.page.locator('.boxes > .kind-namespace').count()).toBeGreaterThan(0);
    expect(await violations()).toEqual([]);
    await flow.show(whole, 'map:');
    expect(await flow.page.locator('.progress').isVisible()).toBe(false);
    expect(await flow.page.locator('.answer-state').textContent()).not.toContain('being looked at');
    await close();
  });

  for (const theme of themeNames) {
    it(`has nothing that axe-core finds in ${theme}, wide and narrow, drawn and as text`, async () => {
      await open({ theme });
      await flow.show(richMap(), 'map:');
      expect(await violations()).toEqual([]);
      await flow.page.setViewportSize({ width: 600, height: 800 });
      await untilDrawn(flow.page);
      await flow.page.getByRole('button', { name: /Show as text/ }).click();
      expect(await violations()).toEqual([]);
      await close();
    });
  }

  it('tells states apart without colours of its own', async () => {
    await open({ forcedColors: 'active' });
    await flow.show(richMap(), 'map:');
    expect(await violations()).toEqual([]);
    expect(await service('legacy/erp').locator('.detail').textContent()).toBe('rejected in FORWARD');
    expect(await flow.page.locator('.boxes > .state-bad path.sign-bad').count()).toBeGreaterThan(2);
    await close();
  });
});
