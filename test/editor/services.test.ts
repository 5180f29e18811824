import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, gone, lost, pressUntil } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');

describeWith(['code-server', 'chromium'], 'the Services view', () => {
  const workbench = sampleWorkbenchOfTests('services');

  /** Rows of the view with a text. */
  const row = (text: string): Locator => workbench.view('Services').locator('.monaco-list-row', { hasText: text });
  const shown = (): Promise<readonly string[]> => row('').allTextContents();
  const cursorLine = async (): Promise<string> => {
    const line = Number(/Ln (\d+)/.exec((await workbench.cursor().textContent()) ?? '')?.[1]);
    return lines[line - 1] ?? '';
  };
  const expand = (of: Locator, below: Locator): Promise<void> =>
    doUntil(
      'open a row',
      async () => {
        if ((await of.first().getAttribute('aria-expanded', { timeout: lost })) === 'true') return;
        await of.first().locator('.monaco-tl-twistie').click({ timeout: lost });
      },
      below,
    );

  it('has every Service with its state at a glance', async () => {
    await saysSoon(workbench.language(), 'iptables');
    // Once the server has read the dump the view is there.
    await workbench.statusSays('cluster.json');
    await workbench.run('iptables: Focus on Services View', row('seatmap'));
    await saysSoon(row('seatmap'), 'serves, 1 endpoint');
    await saysSoon(row('mailer'), 'no endpoints');
    await saysSoon(row('gateway'), 'only from 203.0.113.0/24 at 198.51.100.20:443/tcp');
    await saysSoon(row('frontend'), 'differs from cluster.json, 3 endpoints');
    await saysSoon(row('booking'), /^booking6/);
    await saysSoon(workbench.view('Services').locator('.message'), 'worker-1.iptables, compared with cluster.json.');
  });

  it('shows entries with shares, and a click goes to the rule', async () => {
    await expand(row('tickets'), row('10.96.'));
    const entry = row('')
      .filter({ hasText: /clusterIP.*serves/ })
      .first();
    await expand(entry, row('50 %'));
    const isAt = (text: RegExp) => async () => text.test(await cursorLine());
    await clickUntil('click an endpoint', row('50 %'), isAt(/^-A KUBE-SEP-.*--to-destination/));
    await clickUntil('click a Service', row('seatmap'), isAt(/^-A KUBE-SVC-.*booking\/seatmap/));
    await workbench.screenshot('services');
  });

  it('is filtered by what is typed, and whole again', async () => {
    const input = workbench.page.locator('.quick-input-widget input').first();
    /** What is shown while that is typed, in a box that opens again where it was closed. */
    const filter = async (typed: string, first: string): Promise<void> => {
      await doUntil(
        `filter by ${typed}`,
        async () => {
          if (!(await input.isVisible())) await workbench.run('iptables: Filter Services', input);
          await input.fill(typed, { timeout: lost });
        },
        async () => {
          const now = await shown();
          return now.length === 2 && now.join().includes(first);
        },
      );
    };
    await filter('booking MAILER', 'mailer');
    await filter('30443', 'gateway');
    await pressUntil(input, 'Enter', gone(input));
    await saysSoon(workbench.view('Services').locator('.message'), '1 with "30443".');
    await workbench.screenshot('services-filtered');
    await workbench.run('iptables: Clear the Filter of Services');
    await soon(async () => (await shown()).length).toBeGreaterThan(8);
  });

  it('opens the flow of a Service by a button', async () => {
    const service = row('seatmap').first();
    await doUntil(
      'press the button of a row',
      async () => {
        await service.hover({ timeout: lost });
        await service.locator('.action-label[aria-label*="Show NAT Flow"]').click({ timeout: lost });
      },
      workbench.page.locator('.tab', { hasText: 'NAT flow: booking/seatmap' }),
    );
    await saysSoon(workbench.drawing().locator('h1'), 'booking/seatmap');
    expect(await workbench.page.locator('.notifications-toasts .notification-list-item').count()).toBe(0);
  });

  it('offers the same by the keyboard alone', async () => {
    const { page } = workbench;
    await workbench.run('View: Close All Editors', gone(page.locator('.tab')));
    await workbench.open('worker-1.iptables');
    await saysSoon(row('seatmap'), 'serves, 1 endpoint');
    const focused = workbench.view('Services').locator('.monaco-list:focus .monaco-list-row.focused', { hasText: 'frontend' });
    const entries = page.locator('.monaco-menu .action-item');
    await doUntil(
      'go to the first Service',
      async () => {
        await workbench.run('iptables: Focus on Services View', row('frontend'));
        await page.keyboard.press('Home');
        await page.keyboard.press('ArrowDown');
      },
      focused,
    );
    await pressUntil(page, 'Shift+F10', entries);
    await soon(() => entries.allTextContents()).toEqual(['Show NAT Flow', 'Trace Packet', 'Show Who Reaches a Service']);
    await pressUntil(page, 'Escape', gone(entries));
  });

  it('says who reaches a Service by a button', async () => {
    await workbench.run('View: Close All Editors', gone(workbench.page.locator('.tab')));
    await workbench.open('worker-1.iptables');
    await saysSoon(row('seatmap'), 'serves, 1 endpoint');
    const service = row('gateway').first();
    await doUntil(
      'press the button of a row',
      async () => {
        await service.hover({ timeout: lost });
        await service.locator('.action-label[aria-label*="Show Who Reaches a Service"]').click({ timeout: lost });
      },
      workbench.page.locator('.tab', { hasText: 'Preview worker-1.iptables.md' }),
    );
    const page = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame').locator('body');
    await saysSoon(page, 'by filter KUBE-PROXY-FIREWALL');
    await workbench.screenshot('services-reach');
  });

  it('has its states in the pick list of flows, which finds a Service by its NodePort', async () => {
    await workbench.run('View: Close All Editors', gone(workbench.page.locator('.tab')));
    await workbench.open('worker-1.iptables');
    await saysSoon(row('seatmap'), 'serves, 1 endpoint');
    await workbench.goTo(1);
    await workbench.run('iptables: Show NAT Flow', workbench.rows('booking/seatmap'));
    await saysSoon(workbench.rows('booking/seatmap'), 'serves, 1 endpoint');
    await workbench.screenshot('services-pick');
    await workbench.answer(null, '30443', /^\s*booking\/gateway/);
    await saysSoon(workbench.drawing().locator('h1'), 'booking/gateway');
  });

  it('follows an edit', async () => {
    await workbench.open('worker-1.iptables');
    await saysSoon(row('seatmap'), 'serves, 1 endpoint');
    const at = lines.findIndex((line) => line.startsWith('-A FORWARD'));
    await workbench.goTo(at + 1);
    const rules = '-I FORWARD -d 10.244.0.0/16 -j REJECT\n-I OUTPUT -d 10.244.0.0/16 -j REJECT\n';
    await workbench.insert(rules, workbench.line(/^-I.OUTPUT.-d/));
    await saysSoon(row('seatmap'), 'rejected in FORWARD');
    await workbench.screenshot('services-refused');
  });

  it.each(['Dark Modern', 'Light Modern', 'Default High Contrast'])(
    'can be read in %s, also where the side bar is narrow',
    async (theme) => {
      const folder = join(workbench.folder, '.vscode');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'settings.json'), JSON.stringify({ 'workbench.colorTheme': theme }));
      const kind = theme.startsWith('Light') ? 'vs' : theme.includes('Contrast') ? 'hc-black' : 'vs-dark';
      await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
      await workbench.page.setViewportSize({ width: theme.startsWith('Light') ? 760 : 1440, height: 800 });
      await saysSoon(row('mailer'), 'no endpoints');
      await workbench.screenshot(`services-${kind}`);
    },
  );
});
