import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, lost, pressUntil, surelyLost } from './again.ts';
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

  /** A click on the one that is open would close it. */
  const openExplorer = (): Promise<void> =>
    doUntil(
      'open the Test Explorer',
      async () => {
        if (await rows().first().isVisible()) return;
        await workbench.page
          .getByRole('tab', { name: /^Testing/ })
          .first()
          .click({ timeout: lost });
      },
      rows(),
      surelyLost,
    );

  it('are there with their names, before any dump is open', async () => {
    await openExplorer();
    await clickUntil('unfold the file', row('worker-1.packets.yaml').first().locator('.monaco-tl-twistie'), row('mail goes out'));
    await row('the frontend reaches the tickets').first().waitFor();
  });

  it('are run by the dump beside them, and fail at their line with what came', async () => {
    const { page } = workbench;
    await workbench.run('Test: Run All Tests', row('the frontend reaches the tickets').locator('.codicon-testing-passed-icon'));
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await page.locator('.monaco-editor .line-numbers', { hasText: /^9$/ }).first().waitFor();
    // Whether VS Code opens what came by itself is its own affair: it does only where the file was seen on the screen by then.
    await soon(() => page.locator('.monaco-editor [class*="testing-inline-message"]').count()).toBeGreaterThan(0);
    await workbench.screenshot('packet-tests');
  });

  it('open the trace of their packet', async () => {
    const { page } = workbench;
    await doUntil(
      'press the button of a row',
      async () => {
        await row('mail goes out').first().hover({ timeout: lost });
        await row('mail goes out').first().getByRole('button', { name: 'Trace Packet' }).click({ timeout: lost });
      },
      page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row', { hasText: 'rejected' }),
      surelyLost,
    );
    await workbench.screenshot('packet-tests-trace');
  });

  it('are outdated once the dump is another', async () => {
    const { page } = workbench;
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    await openExplorer();
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await soon(() => page.locator('.test-explorer .computed-state.retired').count()).toBe(0);
    await workbench.goTo(lines.findIndex((line) => line.includes('booking/mailer:smtp has no endpoints')) + 1);
    await workbench.insert('#', workbench.line(/^#-A.*booking\/mailer:smtp.has.no.endpoints/));
    await row('mail goes out').locator('.computed-state.retired').waitFor();
    await workbench.screenshot('packet-tests-outdated');
  });

  it('are run again by themselves as the dump is typed in, where that is wanted', async () => {
    const { page } = workbench;
    await workbench.run('Test: Start Continuous Run', row('mail goes out').locator('.codicon-testing-passed-icon'));
    await workbench.goTo(lines.findIndex((line) => line.includes('booking/mailer:smtp has no endpoints')) + 1);
    const line = workbench.line(/^-A.*booking\/mailer:smtp.has.no.endpoints/);
    await pressUntil(page, 'Delete', line, surelyLost);
    await row('mail goes out').locator('.codicon-testing-failed-icon').waitFor();
    await workbench.screenshot('packet-tests-continuous');
    await workbench.run('Test: Stop Continuous Run');
  });
});
