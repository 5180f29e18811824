import { resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil } from './again.ts';
import { openWorkbench, saysSoon, soon, type Workbench } from './workbench.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');

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
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await openWorkbench({
      workspace: sample,
      file: 'worker-1.packets.yaml',
      files: { 'worker-1.packets.yaml': file },
    });
  }, 300_000);

  afterAll(() => workbench?.close());

  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-packet-tests-${task.id}`));
  });

  const rows = (): Locator => workbench.page.locator('.test-explorer .monaco-list-row');
  const row = (text: string): Locator => rows().filter({ hasText: text });

  it('are there with their names, before any dump is open', async () => {
    await workbench.page
      .getByRole('tab', { name: /^Testing/ })
      .first()
      .click();
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
    await saysSoon(page.locator('.test-output-peek-tree'), 'mail goes out');
    await page.locator('.monaco-editor .line-numbers', { hasText: /^9$/ }).first().waitFor();
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
});
