import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil } from './again.ts';
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
    await workbench.page.locator('.tab', { hasText: 'worker-1.iptables' }).first().click();
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
  }, 60_000);

  it('shows the rule of a box that is clicked, in the editor that is there', async () => {
    await box('frontend-6c8f7b9d45-2lqzr').click();
    await saysSoon(workbench.activeLine(), String(lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp')));
    // Below the answer there is room for the upper boxes.
    await box('KUBE-SVC-3MGBTRC5ATFFL7T7').click();
    await saysSoon(workbench.activeLine(), String(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7 ')));
    await soon(() => workbench.page.locator('.tab', { hasText: 'worker-1.iptables' }).count()).toBe(1);
  }, 60_000);

  it('lights the path that the cursor in the dump is on', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp'));
    const lit = (): Promise<readonly string[]> => workbench.drawing().locator('.boxes .box.lit').allTextContents();
    // Until then the path through the box that was clicked is lit, which holds this one.
    await soon(async () => (await lit()).join()).not.toContain('frontend-6c8f7b9d45-8xwjd');
    expect((await lit()).join()).toContain('KUBE-SEP-QWFXKANDF3TMYGQH');
    expect((await lit()).join()).toContain('frontend-6c8f7b9d45-2lqzr');
  }, 60_000);

  it('follows edits', async () => {
    await focusDump();
    await workbench.goTo(lineOf('booking/frontend:http -> 10.244.0.17:8080'));
    await workbench.page.keyboard.press('Control+Shift+K');
    await soon(shares).toEqual(['50 %', '50 %']);
    expect(await box('KUBE-SEP-QWFXKANDF3TMYGQH').count()).toBe(0);
    await workbench.page.keyboard.press('Control+Z');
    await soon(shares).toEqual(['33.3 %', '33.3 %', '33.3 %']);
  }, 60_000);

  it('is drawn by the button above the editor, in a panel of its own', async () => {
    await goToJump(toTickets);
    await workbench.page.locator('.editor-actions').getByRole('button', { name: 'Show NAT Flow' }).first().click();
    await saysSoon(title(), 'booking/tickets:grpc');
    await soon(() => workbench.page.locator('.tab', { hasText: 'NAT flow: ' }).count()).toBe(2);
  }, 60_000);

  it('is drawn from the context menu', async () => {
    await goToJump(toGateway);
    await workbench.menu('KUBE-SVC-', 'Show NAT Flow');
    await saysSoon(title(), 'booking/gateway:https');
    await workbench.screenshot('flow-gateway');
  }, 60_000);

  it('is drawn by the code lens above a Service chain, and found again when it is open', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7'));
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'booking/frontend:http: 3 endpoints' });
    // A click is lost where the lens is drawn anew under the mouse.
    await doUntil(
      'click a code lens',
      () => lens.click(),
      async () => (await title().textContent())?.includes('booking/frontend:http') === true,
    );
    await soon(() => workbench.page.locator('.tab', { hasText: 'NAT flow: ' }).count()).toBe(3);
  }, 60_000);

  it('is picked from the Services of the dump where the cursor is on none', async () => {
    await focusDump();
    await workbench.goTo(1);
    await workbench.run('iptables: Show NAT Flow');
    const row = workbench.page.locator('.quick-input-list .monaco-list-row');
    await soon(async () => (await row.allTextContents()).join()).toContain('10.96.40.50:25/tcp');
    await workbench.page.keyboard.type('mailer');
    await row.filter({ hasText: 'booking/mailer' }).first().click();
    await saysSoon(title(), 'booking/mailer');
    await box('REJECT').first().waitFor();
    await workbench.screenshot('flow-no-endpoints');
  }, 60_000);

  it('has a graph of any chain beside it, as deep as is wanted', async () => {
    await focusDump();
    await workbench.goTo(lineOf('-A FORWARD '), 6);
    await workbench.run('iptables: Show Chain Graph');
    await saysSoon(title(), 'FORWARD (filter)');
    await box('KUBE-PROXY-FIREWALL').first().waitFor();
    await box('REJECT').first().waitFor();
    await workbench.screenshot('chain-graph');
    await focusDump();
    await workbench.goTo(lineOf('-A PREROUTING '), 6);
    await workbench.run('iptables: Show Chain Graph');
    await saysSoon(title(), 'PREROUTING (nat)');
    await box('KUBE-SEP-QWFXKANDF3TMYGQH').first().waitFor();
    await workbench.drawing().locator('h1 button').click();
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'One jump' }).click();
    await soon(() => box('KUBE-SEP-QWFXKANDF3TMYGQH').count()).toBe(0);
    await box('KUBE-SERVICES').first().waitFor();
  }, 60_000);

  it('is there again after the window was reloaded', async () => {
    await workbench.reload();
    await saysSoon(title(), 'PREROUTING (nat)');
    expect(await box('KUBE-SEP-QWFXKANDF3TMYGQH').count()).toBe(0);
    await workbench.page.locator('.tab', { hasText: 'NAT flow: booking/tickets:grpc' }).click();
    await saysSoon(title(), 'booking/tickets:grpc');
    await box('KUBE-SEP-TZ5GCWRDSEGD5RVD').click();
    await saysSoon(workbench.activeLine(), String(lineOf('-A KUBE-SEP-TZ5GCWRDSEGD5RVD ')));
  }, 60_000);

  it('is opened, walked and left by the keyboard alone', async () => {
    const { page } = workbench;
    await focusDump();
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+Shift+W');
    await workbench.open('worker-1.iptables');
    await workbench.goTo(toFrontend, (lines[toFrontend - 1] ?? '').length);
    await workbench.run('iptables: Show NAT Flow');
    await saysSoon(title(), 'booking/frontend:http');
    const tree = workbench.drawing().getByRole('tree');
    for (let tabs = 0; tabs < 30 && !(await tree.evaluate((element) => element.matches(':focus'))); tabs += 1) {
      await page.keyboard.press('Tab');
    }
    // Entry, KUBE-SERVICES, the Service's chain, its first endpoint chain.
    await page.keyboard.press('Home');
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
    await saysSoon(workbench.drawing().locator('.boxes .box.selected'), 'KUBE-SEP-QWFXKANDF3TMYGQH');
    await page.keyboard.press('Enter');
    await saysSoon(workbench.cursor(), `Ln ${lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH ')},`);
    // The focus is in the editor: a typed key arrives there.
    await page.keyboard.press('End');
    await saysSoon(workbench.cursor(), `Col ${(lines[lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH ') - 1] ?? '').length + 1}`);
  }, 60_000);
});
