import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { bundleFiles } from '../support/bundles.ts';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, lost, surelyLost } from './again.ts';
import { openWorkbench, saysSoon, type Workbench } from './workbench.ts';

describeWith(['code-server', 'chromium'], 'what is wrong on a node, in the editor', () => {
  let workbench: Workbench;
  let bundle = '';

  beforeAll(async () => {
    bundle = mkdtempSync(join(tmpdir(), 'iptables-bundle-'));
    for (const { path, text } of bundleFiles('hairpin-off')) {
      mkdirSync(dirname(join(bundle, path)), { recursive: true });
      writeFileSync(join(bundle, path), text);
    }
    // No workspace is trusted: a diagnosis runs nothing and connects nowhere.
    workbench = await openWorkbench({ workspace: bundle, file: 'iptables-save.txt', trusted: false });
  });

  afterAll(async () => {
    await workbench?.close();
    rmSync(bundle, { recursive: true, force: true });
  });

  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-diagnose-${task.id}`));
  });

  it('is a document with links to the evidence, of the bundle that the open dump lies in', async () => {
    const { page } = workbench;
    await saysSoon(workbench.language(), 'iptables');
    await workbench.run('iptables: Diagnose');
    const box = page.locator('.quick-input-widget');
    const input = box.locator('input').first();
    const asks = (text: string) => box.locator('.quick-input-message', { hasText: text });
    const source = box.locator('.monaco-list-row', { hasText: 'The open dump' });
    await box.locator('.monaco-list-row.focused', { hasText: 'The open dump' }).waitFor();
    /** Types the answer to what is asked, and takes it, until the next question is there or none. */
    const say = (question: string, text: string): Promise<void> =>
      doUntil(
        `answer ${question}`,
        async () => {
          if (!(await asks(question).isVisible())) return;
          await input.fill(text, { timeout: lost });
          await input.press('Enter', { timeout: lost });
        },
        async () => !(await asks(question).isVisible()),
        surelyLost,
      );
    await doUntil(
      'choose the open dump',
      async () => {
        if (await source.isVisible()) await page.keyboard.press('Enter');
      },
      asks('From where?'),
      surelyLost,
    );
    await say('From where?', 'shop/solo-0');
    await asks('To where?').waitFor();
    await say('To where?', 'shop/solo');
    await workbench.line('[hairpin-off]').first().waitFor();
    await saysSoon(workbench.language(), 'Plain Text');
    await page.locator('.codelens-decoration a', { hasText: 'Copy for a Ticket' }).first().waitFor();
    await page.locator('.detected-link', { hasText: 'bridge-link.json line 1' }).first().waitFor();
    await workbench.screenshot('diagnosis-light');
    mkdirSync(join(workbench.folder, '.vscode'));
    writeFileSync(
      join(workbench.folder, '.vscode/settings.json'),
      JSON.stringify({ 'workbench.colorTheme': 'Default Dark Modern' }),
    );
    await page.locator('.monaco-workbench.vs-dark').waitFor();
    await workbench.screenshot('diagnosis-dark');
    await clickUntil(
      'copy for a ticket',
      page.locator('.codelens-decoration a', { hasText: 'Copy for a Ticket' }),
      page.locator('.statusbar-item', { hasText: 'The diagnosis is on the clipboard' }),
    );
  });
});
