import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { bundleFiles } from '../support/bundles.ts';
import { describeWith } from '../support/requirements.ts';
import { clickUntil } from './again.ts';
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
    await workbench.answer(/^Diagnose$/, '', 'The open dump');
    await workbench.rows('No packet: look at everything').and(page.locator('.focused')).waitFor();
    await workbench.rows('shop/solo-0').first().waitFor();
    await workbench.screenshot('diagnose-from');
    await workbench.answer(/^Diagnose: a packet from$/, 'shop/solo-0', 'shop/solo-0');
    await workbench.answer('Diagnose: a packet from shop/solo-0 to', 'shop/solo:', 'shop/solo:');
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
