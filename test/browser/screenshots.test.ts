import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { chainGraph, manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, type FlowPageOptions, openFlowPage, outputPath, untilDrawn } from './flow-page.ts';
import { themeNames } from './themes.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const wide = { viewport: { width: 1900, height: 760 } };

/** Pictures to be looked at; each must at least not be of one colour. */
describeWith('chromium', 'pictures in test/output', () => {
  let browser: Browser;
  beforeAll(async () => {
    buildWebview();
    mkdirSync(outputPath, { recursive: true });
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  async function picture(
    name: string,
    graph: FlowGraph,
    options: FlowPageOptions,
    act: (flow: FlowPage) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const flow = await openFlowPage(browser, options);
    await flow.show(graph);
    await act(flow);
    const bytes = await flow.page.screenshot({ path: join(outputPath, `flow-${name}.png`) });
    expect(bytes.length).toBeGreaterThan(15_000);
    expect(flow.problems).toEqual([]);
    await flow.close();
  }
  const openGroup = async (flow: FlowPage): Promise<void> => {
    await flow.page
      .locator('.boxes > .kind-group')
      .nth(2)
      .click({ position: { x: 40, y: 14 } });
    await untilDrawn(flow.page);
  };

  for (const theme of themeNames) {
    it(`in ${theme}`, () => picture(theme, richGraph(), { ...wide, theme }));
    it(`in ${theme}, the cursor on a rule`, () =>
      picture(`${theme}-lit`, richGraph(), { ...wide, theme }, (flow) =>
        flow.send({ kind: 'highlight', line: 79, table: 'nat', chain: null }),
      ));
  }
  it('selected, with details', () =>
    picture('selected', richGraph(), wide, (flow) => flow.page.locator('.boxes > [data-id="sep:1"]').click()));
  it('as text', () =>
    picture('text', richGraph(), { viewport: { width: 1200, height: 800 } }, (flow) =>
      flow.page.getByRole('button', { name: /Show as text/ }).click(),
    ));
  it('beside an editor', () => picture('beside', richGraph(), { viewport: { width: 900, height: 900 } }));
  it('narrow', () => picture('narrow', richGraph(), { viewport: { width: 400, height: 900 }, theme: 'dark' }));
  it('at 200 %', () => picture('zoomed', richGraph(), { viewport: { width: 950, height: 450 }, deviceScaleFactor: 2 }));
  it('a thousand endpoints', () => picture('thousand', manyEndpoints(1000), { viewport: { width: 1300, height: 800 } }));
  it('a thousand endpoints, a node opened', () =>
    picture('thousand-open', manyEndpoints(1000), { viewport: { width: 1300, height: 800 }, theme: 'dark' }, openGroup));
  it('a thousand endpoints, narrow', () =>
    picture('thousand-narrow', manyEndpoints(1000), { viewport: { width: 400, height: 800 } }, openGroup));
  it('chains', () => picture('chains', chainGraph(), { viewport: { width: 1500, height: 700 } }));
  for (const theme of themeNames) {
    it(`out of date in ${theme}`, () =>
      picture(`outdated-${theme}`, richGraph(), { viewport: { width: 1300, height: 700 }, theme }, async (flow) => {
        await flow.send({ kind: 'outdated', reason: 'The language server is not running.', canRestart: true });
      }));
  }
  it('forced colours', () => picture('forced-colors', richGraph(), { ...wide, forcedColors: 'active' }));
});
