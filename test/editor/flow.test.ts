import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, gone, lost, pressUntil, surelyLost } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');

/** The 1-based number of the first line with this text. */
function lineOf(text: string): number {
  const index = lines.findIndex((line) => line.includes(text));
  expect(index, `"${text}" in the sample`).toBeGreaterThanOrEqual(0);
  return index + 1;
}

const toFrontend = lineOf('booking/frontend:http cluster IP');
const toTickets = lineOf('booking/tickets:grpc cluster IP');
const toGateway = lineOf('booking/gateway:https cluster IP');

describeWith(['code-server', 'chromium'], 'the NAT flow in VS Code', () => {
  // An undo in the moment of saving leaves the file as it was before the undo, and the editor takes it for saved.
  const workbench = sampleWorkbenchOfTests('flow', { userSettings: { 'files.autoSave': 'off' } });

  /** Boxes of the drawing with this text. */
  const box = (text: string): Locator => workbench.drawing().locator('.boxes .box', { hasText: text });
  const title = (): Locator => workbench.drawing().locator('h1');
  const shares = async (): Promise<readonly string[]> =>
    (await workbench.drawing().locator('.labels text').allTextContents()).filter((text) => text.includes('%'));
  const focusDump = async (): Promise<void> => {
    const tab = { hasText: /^worker-1.iptables/ };
    await clickUntil(
      'choose the dump',
      workbench.page.locator('.tab', tab),
      workbench.page.locator('.editor-group-container.active .tab.active', tab),
    );
  };
  /** Puts the cursor after the jump of a line. */
  const goToJump = async (line: number): Promise<void> => {
    await focusDump();
    await workbench.goTo(line, (lines[line - 1] ?? '').length);
  };

  it('is drawn by the command, of the chain at the cursor', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await goToJump(toFrontend);
    await workbench.run('iptables: Show NAT Flow');
    await saysSoon(title(), 'booking/frontend:http');
    await soon(shares).toEqual(['33.3 %', '33.3 %', '33.3 %']);
    for (const pod of ['frontend-6c8f7b9d45-2lqzr', 'frontend-6c8f7b9d45-8xwjd', 'frontend-6c8f7b9d45-vm4ts']) {
      await box(pod).waitFor();
    }
    await workbench.screenshot('flow');
  });

  it('shows the rule of a box that is clicked, in the editor that is there', async () => {
    await box('frontend-6c8f7b9d45-2lqzr').click();
    await saysSoon(workbench.activeLine(), String(lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp')));
    // Below the answer there is room for the upper boxes.
    const line = String(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7 '));
    await clickUntil('click a box', box('KUBE-SVC-3MGBTRC5ATFFL7T7'), workbench.activeLine().filter({ hasText: line }));
    await soon(() => workbench.page.locator('.tab', { hasText: 'worker-1.iptables' }).count()).toBe(1);
  });

  it('lights the path that the cursor in the dump is on', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp'));
    const lit = (): Promise<readonly string[]> => workbench.drawing().locator('.boxes .box.lit').allTextContents();
    // Until then the path through the box that was clicked is lit, which holds this one.
    await soon(async () => {
      const boxes = (await lit()).join();
      return ['frontend-6c8f7b9d45-8xwjd', 'KUBE-SEP-QWFXKANDF3TMYGQH', 'frontend-6c8f7b9d45-2lqzr'].map((text) =>
        boxes.includes(text),
      );
    }).toEqual([false, true, true]);
  });

  it('follows edits', async () => {
    await focusDump();
    await workbench.goTo(lineOf('booking/frontend:http -> 10.244.0.17:8080'));
    const line = workbench.line(/booking\/frontend:http.->.10\.244\.0\.17:8080/);
    await pressUntil(workbench.page, 'Control+Shift+K', gone(line), surelyLost);
    await soon(shares).toEqual(['50 %', '50 %']);
    await soon(() => box('KUBE-SEP-QWFXKANDF3TMYGQH').count()).toBe(0);
    await pressUntil(workbench.page, 'Control+Z', line, surelyLost);
    await soon(shares).toEqual(['33.3 %', '33.3 %', '33.3 %']);
  });

  it('is drawn by the button above the editor, in a panel of its own', async () => {
    await goToJump(toTickets);
    const button = workbench.page.locator('.editor-actions').getByRole('button', { name: 'Show NAT Flow' });
    await clickUntil('click the button above the editor', button, title().filter({ hasText: 'booking/tickets:grpc' }));
    await soon(() => workbench.page.locator('.tab', { hasText: 'NAT flow: ' }).count()).toBe(2);
  });

  it('is drawn from the context menu', async () => {
    await goToJump(toGateway);
    await workbench.menu('KUBE-SVC-', 'Show NAT Flow', title().filter({ hasText: 'booking/gateway:https' }));
    await workbench.screenshot('flow-gateway');
  });

  it('is drawn by the code lens above a Service chain, and found again when it is open', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7'));
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'booking/frontend:http: 3 endpoints' });
    // A click is lost where the lens is drawn anew under the mouse.
    await clickUntil('click a code lens', lens, title().filter({ hasText: 'booking/frontend:http' }));
    await soon(() => workbench.page.locator('.tab', { hasText: 'NAT flow: ' }).count()).toBe(3);
  });

  it('is picked from the Services of the dump where the cursor is on none', async () => {
    await focusDump();
    await workbench.goTo(1);
    await workbench.run('iptables: Show NAT Flow', workbench.rows('10.96.40.50:25/tcp'));
    await workbench.answer(null, 'mailer', 'booking/mailer');
    await saysSoon(title(), 'booking/mailer');
    await box('REJECT').first().waitFor();
    await workbench.screenshot('flow-no-endpoints');
  });

  it('has a graph of any chain beside it, as deep as is wanted', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A FORWARD '), 6);
    await workbench.run('iptables: Show Chain Graph', title().filter({ hasText: 'FORWARD (filter)' }));
    await box('KUBE-PROXY-FIREWALL').first().waitFor();
    await box('REJECT').first().waitFor();
    await workbench.screenshot('chain-graph');
    await focusDump();
    await workbench.goTo(lineOf('-A PREROUTING '), 6);
    await workbench.run('iptables: Show Chain Graph', title().filter({ hasText: 'PREROUTING (nat)' }));
    await box('KUBE-SEP-QWFXKANDF3TMYGQH').first().waitFor();
    const deep = box('KUBE-SEP-QWFXKANDF3TMYGQH');
    await doUntil(
      'draw one jump',
      async () => {
        const row = workbench.rows('One jump').first();
        if (!(await row.isVisible())) await workbench.drawing().locator('h1 button').click({ timeout: lost });
        await row.click({ timeout: lost });
      },
      gone(deep),
      surelyLost,
    );
    await soon(() => deep.count()).toBe(0);
    await box('KUBE-SERVICES').first().waitFor();
  });

  it('is there again after the window was reloaded', async () => {
    await workbench.reload();
    await saysSoon(title(), 'PREROUTING (nat)');
    await soon(() => box('KUBE-SEP-QWFXKANDF3TMYGQH').count()).toBe(0);
    await clickUntil(
      'choose a tab',
      workbench.page.locator('.tab', { hasText: 'NAT flow: booking/tickets:grpc' }),
      title().filter({ hasText: 'booking/tickets:grpc' }),
    );
    const line = String(lineOf('-A KUBE-SEP-TZ5GCWRDSEGD5RVD '));
    await clickUntil('click a box', box('KUBE-SEP-TZ5GCWRDSEGD5RVD'), workbench.activeLine().filter({ hasText: line }));
  });

  it('is opened, walked and left by the keyboard alone', async () => {
    const { page } = workbench;
    await workbench.run('View: Close All Editors', gone(page.locator('.tab')));
    await workbench.open('worker-1.iptables');
    await workbench.goTo(toFrontend, (lines[toFrontend - 1] ?? '').length);
    await workbench.run('iptables: Show NAT Flow');
    await saysSoon(title(), 'booking/frontend:http');
    // A key before that goes to the dump.
    await soon(() => page.evaluate('document.activeElement?.tagName')).toBe('IFRAME');
    const tree = workbench.drawing().getByRole('tree');
    const hasFocus = (): Promise<boolean> => tree.evaluate((element) => element.matches(':focus'));
    for (let tabs = 0; tabs < 30 && !(await hasFocus()); tabs += 1) await page.keyboard.press('Tab');
    // Where the focus is, is told a moment after the key.
    await soon(hasFocus).toBe(true);
    // Entry, KUBE-SERVICES, the Service's chain, its first endpoint chain.
    await doUntil(
      'walk to a box',
      async () => {
        await page.keyboard.press('Home');
        for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
      },
      workbench.drawing().locator('.boxes .box.selected', { hasText: 'KUBE-SEP-QWFXKANDF3TMYGQH' }),
    );
    const at = (place: string) => workbench.cursor().filter({ hasText: place });
    await pressUntil(page, 'Enter', at(`Ln ${lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH ')},`), surelyLost);
    // The focus is in the editor: a typed key arrives there.
    await pressUntil(page, 'End', at(`Col ${(lines[lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH ') - 1] ?? '').length + 1}`));
  });
});
