import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { chainGraph, edge, graphOf, node, richGraph } from '../webview/fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage, untilDrawn } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWith('chromium', 'the drawing', () => {
  let browser: Browser;
  let flow: FlowPage;
  const box = (id: string) => flow.page.locator(`.boxes > [data-id="${id}"]`);
  const texts = (selector: string) => flow.page.locator(selector).allTextContents();
  /** The texts at the edge between two boxes. */
  const label = async (from: string, to: string) => (await texts(`.labels > [data-id^="${from}\\a ${to}\\a "] text`)).join(' ');
  const style = (selector: string, name: string): Promise<string> =>
    flow.page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)}))[${JSON.stringify(name)}]`);

  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
    flow = await openFlowPage(browser, { viewport: { width: 1900, height: 800 } });
    await flow.show(richGraph());
  });
  afterAll(async () => {
    expect(flow.problems).toEqual([]);
    await browser.close();
  });

  it('shows every node with its name, second line and badges', async () => {
    for (const node of richGraph().nodes) {
      const shown = await box(node.id).locator('text').allTextContents();
      expect(shown[0]).toBe(node.label);
      // A verdict's second line ends in its rule's line.
      const second = node.kind === 'verdict' ? `${node.detail}, line ${node.line}` : node.detail;
      expect(shown[1]?.replace('…', '')).toBe(second.slice(0, shown[1]?.replace('…', '').length));
    }
    expect(await box('svc').locator('.chip').allTextContents()).toEqual(['masquerade some', 'affinity 10800 s']);
    expect(await box('fw').locator('.chip').allTextContents()).toEqual(['2 source ranges']);
    expect(await box('sep:1').locator('.hairpin').count()).toBe(1);
  });

  it('shows shares, conditions and counters, and an endpoint that gets nothing', async () => {
    expect(await label('svc', 'sep:1')).toBe('client seen within 10800 s 200 pkts 33.3 % 412 pkts, 49.6 %');
    expect(await label('fw', 'drop')).toBe('from elsewhere 0 pkts');
    expect(await box('sep:2').locator('.tone-warning').allTextContents()).toEqual(['no packets']);
  });

  it('shows verdicts and drift', async () => {
    expect(await box('drop').getAttribute('class')).toContain('verdict-drop');
    expect(await box('sep:3').getAttribute('class')).toContain('drift-stale');
    expect(await style('[data-id="sep:3"] .name', 'textDecorationLine')).toBe('line-through');
    expect(await style('[data-id="pod:4"] .back', 'strokeDasharray')).toBe('5px, 4px');
    expect(await box('pod:4').locator('.tone-error').allTextContents()).toEqual(['missing in dump']);
  });

  it('shows Pods in their nodes with readiness', async () => {
    expect(await texts('.frame-label')).toEqual(['node-a', 'node-b']);
    expect(await texts('.frame-detail')).toEqual(['1 of 1 ready', '1 of 2 ready']);
    expect(await box('pod:1').locator('circle.ready').count()).toBe(1);
    expect(await box('pod:2').locator('.not-ready').count()).toBe(2);
  });

  it('opens a node’s line beside at a click, and goes there at a double click', async () => {
    await flow.forget();
    await box('sep:2').click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 87, focus: false });
    await box('sep:2').dblclick();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 87, focus: true });
  });

  it('opens the rule of a label', async () => {
    await flow.forget();
    await flow.page.locator('.labels text', { hasText: '412 pkts' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 78, focus: false });
  });

  it('tells about the selected node in the details, with its rules', async () => {
    await box('sep:1').click();
    const details = flow.page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('heading', { name: '10.244.0.11:8080' }).waitFor();
    expect(await details.locator('.share').allTextContents()).toEqual([
      '10.96.20.10:80/tcp33.3 %',
      'NodePort 30080/tcpfrom outside100 %',
      'NodePort 30080/tcpfrom a Pod, this node33.3 %',
      '203.0.113.80:80/tcpfrom 203.0.113.0/24100 %',
      '203.0.113.80:80/tcpfrom elsewhere0 %',
    ]);
    expect(await details.locator('.seen').allTextContents()).toEqual([
      'KUBE-SVC-LNITJ2S4TDGKMAA3: 412 packets, seen 49.6 %, expected 33.3 %',
    ]);
    expect(await details.locator('.rule-text').first().textContent()).toContain(
      '--probability 0.33333333349 -j KUBE-SEP-2XZJVPRY2PQVE3B3',
    );
    await flow.forget();
    await details.getByRole('button', { name: 'line 78' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 78, focus: true });
    await details.getByRole('button', { name: 'KUBE-SVL-LNITJ2S4TDGKMAA3' }).click();
    await details.getByRole('heading', { name: 'shop/web:http' }).waitFor();
    expect(await box('svl').getAttribute('class')).toContain('selected');
  });

  it('tells of an entry where its packets end, by where they come from', async () => {
    await box('e:np').click();
    expect(await texts('.details .routes li')).toEqual([
      'from outside: web-7d9c-x2x4z',
      'from a Pod: 3 endpoints, 33.3 % each',
      'from this node: 3 endpoints, 33.3 % each, masqueraded',
    ]);
  });

  it('answers above the drawing whether the Service serves, and whom', async () => {
    const answer = flow.page.getByRole('region', { name: 'Where packets end' });
    expect(await texts('.answer .answer-state')).toEqual(['!Serves some: only from 203.0.113.0/24 at 203.0.113.80:80/tcp']);
    expect(await texts('.answer tbody th')).toEqual([
      'clusterIP 10.96.20.10:80/tcp',
      'NodePort 30080/tcp',
      'load-balancer IP 203.0.113.80:80/tcp',
    ]);
    expect(await answer.getByRole('row').last().textContent()).toContain('elsewhere✕DROP (KUBE-PROXY-FIREWALL)');
    await answer.getByRole('button', { name: 'DROP (KUBE-PROXY-FIREWALL)' }).click();
    expect(await box('drop').getAttribute('class')).toContain('selected');
    await flow.forget();
    await answer.getByRole('button', { name: 'Endpoint 10.244.2.9:8080 is no longer in the cluster.' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 42, focus: false });
  });

  it('has a menu of its own at each place, and not the one for text', async () => {
    const menu = flow.page.getByRole('menu', { name: 'What can be done here' });
    await box('svc').click({ button: 'right' });
    expect(await menu.getByRole('menuitem').allTextContents()).toEqual([
      'Go to Rule',
      'Go to Declaration',
      'Copy Chain Name',
      'Copy Service Name',
      'Show Chain Graph',
    ]);
    await flow.forget();
    await menu.getByRole('menuitem', { name: 'Go to Declaration' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 33, focus: true });
    await menu.waitFor({ state: 'hidden' });
    await flow.page.locator('.labels text', { hasText: 'from a Pod' }).click({ button: 'right' });
    await menu.getByRole('menuitem', { name: 'Go to Rule' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 68, focus: true });
  });

  it('lights the path through the line that the cursor is on', async () => {
    await flow.send({ kind: 'highlight', line: 82, table: 'nat', chain: 'KUBE-SVL-LNITJ2S4TDGKMAA3' });
    const lit = await flow.page
      .locator('.boxes > .lit')
      .evaluateAll((boxes) => boxes.map((item) => item.getAttribute('data-id')));
    expect(lit.toSorted()).toEqual(
      ['e:ip', 'e:lb', 'e:np', 'ext', 'fw', 'nodeports', 'pod:1', 'sep:1', 'services', 'svl'].toSorted(),
    );
    expect(await texts('.labels > .at-cursor text')).toEqual(['195 pkts']);
    await flow.send({ kind: 'highlight', line: null, table: null, chain: null });
  });

  it('shows the rule and the Pod under the pointer', async () => {
    const tooltip = flow.page.getByRole('tooltip');
    await flow.page.locator('.labels text', { hasText: '412 pkts' }).hover();
    await tooltip.waitFor();
    expect(await tooltip.textContent()).toContain('line 78: -A KUBE-SVC-LNITJ2S4TDGKMAA3');
    await box('pod:2').hover();
    expect(await tooltip.textContent()).toContain('shop/web-7d9c-m8r7t on node-b');
    expect(await tooltip.textContent()).toContain('not ready');
    await box('e:lb').hover();
    expect(await tooltip.textContent()).toContain('from elsewhere: DROP');
    await flow.page.mouse.move(5, 400);
    await tooltip.waitFor({ state: 'hidden' });
  });

  it('pans with the wheel and by dragging, zooms around the pointer, and fits again', async () => {
    const world = () => flow.page.locator('.canvas > g').first().getAttribute('transform');
    await flow.page.getByRole('button', { name: /%, fit/ }).click();
    await untilDrawn(flow.page);
    const fitted = await world();
    await flow.page.mouse.move(700, 600);
    await flow.page.mouse.wheel(0, 60);
    await untilDrawn(flow.page);
    const panned = await world();
    expect(panned).not.toBe(fitted);
    expect((await flow.state()).view).not.toBeNull();
    await flow.page.keyboard.down('Control');
    await flow.page.mouse.wheel(0, -120);
    await flow.page.keyboard.up('Control');
    await untilDrawn(flow.page);
    expect(await flow.page.getByRole('button', { name: /%, fit/ }).textContent()).not.toBe('95 %');
    await flow.page.mouse.down();
    await flow.page.mouse.move(760, 620, { steps: 4 });
    await flow.page.mouse.up();
    expect(await world()).not.toBe(panned);
    await flow.page.getByRole('button', { name: /%, fit/ }).click();
    await untilDrawn(flow.page);
    expect(await world()).toBe(fitted);
    expect((await flow.state()).view).toBeNull();
  });

  it('cannot be lost out of view', async () => {
    await flow.page.mouse.move(700, 600);
    for (let turn = 0; turn < 30; turn += 1) await flow.page.mouse.wheel(600, 600);
    await untilDrawn(flow.page);
    const inView = await flow.page.locator('.boxes > *').evaluateAll((boxes) =>
      boxes.some((item) => {
        const area = item.getBoundingClientRect();
        return area.right > 0 && area.bottom > 40;
      }),
    );
    expect(inView).toBe(true);
    await flow.page.getByRole('button', { name: /%, fit/ }).click();
  });

  it('begins where the chain is that the drawing is of, however far down', async () => {
    const leaves = Array.from({ length: 60 }, (_, at) => `END-${at}`);
    const middle = ['MIDDLE-1', 'MIDDLE-2'];
    const graph = graphOf(
      ['START', ...middle, ...leaves].map((id) => node(id, 'chain', { label: id })),
      [
        ...middle.map((id, at) => edge('START', id, { line: at + 1 })),
        ...leaves.map((id, at) => edge(middle[at < 30 ? 0 : 1] ?? '', id, { line: at + 10 })),
      ],
    );
    await flow.show(graph, 'chain:filter/START@3');
    const area = await box('START').boundingBox();
    expect(area?.y).toBeGreaterThan(0);
    expect((area?.y ?? 0) + (area?.height ?? 0)).toBeLessThan(flow.page.viewportSize()?.height ?? 0);
    await flow.show(richGraph());
  });

  it('draws chains that are not kube-proxy’s', async () => {
    await flow.show(chainGraph());
    expect(await flow.page.locator('.boxes > *').count()).toBe(12);
    expect(await label('DOCKER', 'accept')).toBe('to 172.17.0.2, tcp port 80');
    await flow.forget();
    await box('LOGDROP').click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 33, focus: false });
  });

  it('leads from the warning below the drawing to all notes', async () => {
    await flow.show(richGraph());
    await box('svc').click();
    const footer = flow.page.getByRole('contentinfo');
    expect(await footer.textContent()).toContain('cluster.json, read 2 minutes ago');
    await footer
      .getByRole('button', { name: /Endpoint 10\.244\.2\.9:8080 is no longer in the cluster\. \(and 1 more note\)/ })
      .click();
    expect(await texts('.details .notes li')).toEqual([
      'The dump has counters: shares seen stand beside shares expected.',
      'Warning: Endpoint 10.244.2.9:8080 is no longer in the cluster.line 42',
    ]);
    await flow.forget();
    await flow.page.locator('.details .notes').getByRole('button', { name: 'line 42' }).click();
    expect(await flow.last('open-line')).toEqual({ kind: 'open-line', line: 42, focus: true });
  });

  it('says why there is nothing, and offers another Service', async () => {
    const reason = 'No Service in this dump has the address 10.96.0.99.';
    await flow.send({ kind: 'nothing', uri: 'file:///dumps/node-a.iptables', file: 'node-a.iptables', to: '10.96.0.99', reason });
    expect(await flow.page.locator('.empty').textContent()).toContain(reason);
    await flow.forget();
    await flow.page.getByRole('button', { name: 'Show another Service…' }).click();
    expect(await flow.last('pick-flow')).toEqual({ kind: 'pick-flow' });
    await flow.show(richGraph());
    expect(await flow.page.locator('.empty').isVisible()).toBe(false);
  });

  it('keeps what is drawn while another answer is on its way', async () => {
    await flow.send({ kind: 'loading', uri: 'file:///dumps/node-a.iptables', file: 'node-a.iptables', to: 'shop/api' });
    expect(await flow.page.locator('.progress').isVisible()).toBe(true);
    expect(await box('svc').count()).toBe(1);
    await flow.show(richGraph());
    expect(await flow.page.locator('.progress').isVisible()).toBe(false);
  });

  it('ignores what it does not understand', async () => {
    await flow.page.evaluate('window.postMessage({ kind: "flow", graph: { nodes: 3 } }, "*"); window.postMessage("x", "*")');
    await untilDrawn(flow.page);
    expect(await box('svc').count()).toBe(1);
  });
});
