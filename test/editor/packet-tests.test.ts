import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil } from './again.ts';
import { openWorkbench, saysSoon, soon } from './workbench.ts';
import { workbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');

const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');

const file = `packets:
  - name: the frontend reaches the tickets
    from: booking/frontend-6c8f7b9d45-2lqzr
    to: booking/tickets:grpc
    expect: [10.244.1.21:9000, 10.244.2.22:9000]
  - name: mail goes out
    from: 10.244.0.17
    to: booking/mailer:smtp
    expect: accept
`;

describeWith(['code-server', 'chromium'], 'expected packets in the Test Explorer', () => {
  const workbench = workbenchOfTests('packet-tests', () =>
    openWorkbench({
      workspace: sample,
      file: 'worker-1.packets.yaml',
      files: { 'worker-1.packets.yaml': file },
    }),
  );

  const rows = (): Locator => workbench.page.locator('.test-explorer .monaco-list-row');
  const row = (text: string): Locator => rows().filter({ hasText: text });

  const openExplorer = (): Promise<void> =>
    workbench.page
      .getByRole('tab', { name: /^Testing/ })
      .first()
      .click();

  it('are there with their names, before any dump is open', async () => {
    await openExplorer();
    const twistie = row('worker-1.packets.yaml').first().locator('.monaco-tl-twistie');
    await twistie.waitFor();
    await doUntil(
      'unfold the file',
      () => twistie.click(),
      () => row('mail goes out').first().isVisible(),
    );
    await row('the frontend reaches the tickets').first().waitFor();
  }, 60_000);

  it('are run by the dump beside them, and fail at their line with what came', async () => {
    const { page } = workbench;
    await workbench.run('Test: Run All Tests');
    await row('the frontend reaches the tickets').locator('.codicon-testing-passed-icon').waitFor();
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await page.locator('.monaco-editor .line-numbers', { hasText: /^9$/ }).first().waitFor();
    // Whether VS Code opens what came by itself is its own affair: it does only where the file was seen on the screen by then.
    await soon(() => page.locator('.monaco-editor [class*="testing-inline-message"]').count()).toBeGreaterThan(0);
    await workbench.screenshot('packet-tests');
  }, 60_000);

  it('open the trace of their packet', async () => {
    const { page } = workbench;
    await row('mail goes out').first().hover();
    await row('mail goes out').first().getByRole('button', { name: 'Trace Packet' }).click();
    await page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row', { hasText: 'rejected' }).first().waitFor();
    await workbench.screenshot('packet-tests-trace');
  }, 60_000);

  it('are outdated once the dump is another', async () => {
    const { page } = workbench;
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    await openExplorer();
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await soon(() => page.locator('.test-explorer .computed-state.retired').count()).toBe(0);
    await workbench.goTo(lines.findIndex((line) => line.includes('booking/mailer:smtp has no endpoints')) + 1);
    await page.keyboard.insertText('#');
    await row('mail goes out').locator('.computed-state.retired').waitFor();
    await workbench.screenshot('packet-tests-outdated');
  }, 60_000);

  it('are run again by themselves as the dump is typed in, where that is wanted', async () => {
    const { page } = workbench;
    await workbench.run('Test: Start Continuous Run');
    await row('mail goes out').locator('.codicon-testing-passed-icon').waitFor();
    await workbench.goTo(lines.findIndex((line) => line.includes('booking/mailer:smtp has no endpoints')) + 1);
    await page.keyboard.press('Delete');
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await workbench.screenshot('packet-tests-continuous');
    await workbench.run('Test: Stop Continuous Run');
  }, 60_000);
});
