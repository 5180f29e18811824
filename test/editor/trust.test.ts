import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil } from './again.ts';
import { openWorkbench, saysSoon, type Workbench } from './workbench.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const line = 133;
const chain = 'KUBE-SVC-3MGBTRC5ATFFL7T7';
const pod = 'frontend-6c8f7b9d45-2lqzr';

// The workspace has a dump, and settings of somebody else's that name a file outside it.
describeWith(['code-server', 'chromium'], 'a workspace that is not trusted', () => {
  let workbench: Workbench;
  let home = '';

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'iptables-trust-'));
    const folder = join(home, 'folder');
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    copyFileSync(join(sample, 'worker-1.iptables'), join(folder, 'worker-1.iptables'));
    copyFileSync(join(sample, 'cluster.json'), join(home, 'cluster.json'));
    const settings = { 'iptables.cluster.snapshot': join(home, 'cluster.json') };
    writeFileSync(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
    workbench = await openWorkbench({ workspace: folder, file: 'worker-1.iptables', trusted: false });
  });

  afterAll(async () => {
    await workbench?.close();
    rmSync(home, { recursive: true, force: true });
  });

  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-${task.id}`));
  });

  const hoverText = async (...says: readonly string[]): Promise<string> => {
    await workbench.goTo(line, 140);
    return workbench.hover(chain, ...says);
  };

  it('is read without the file that its settings name', async () => {
    await workbench.page.getByText('Restricted Mode is intended for safe code browsing').waitFor();
    await saysSoon(workbench.language(), 'iptables');
    await saysSoon(await workbench.problems('orphaned-chain'), 'KUBE-SEP-YMMDN24UIRGMOLTR');
    await workbench.closePanel();
    expect(await hoverText('booking/frontend')).not.toContain(pod);
    await workbench.screenshot('restricted');
  });

  it('is read with it once the user trusts it', async () => {
    const editor = workbench.page.locator('.workspace-trust-editor');
    const trust = editor.getByRole('button', { name: 'Trust', exact: true });
    await workbench.run('Workspaces: Manage Workspace Trust', trust);
    await clickUntil('trust the workspace', trust, editor.getByText('You trust this folder'));
    await workbench.open('worker-1.iptables');
    await workbench.statusSays('cluster.json');
    await hoverText(pod);
  });
});
