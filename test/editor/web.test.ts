import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil } from './again.ts';
import { openWebWorkbench } from './web-workbench.ts';
import { saysSoon } from './workbench.ts';
import { workbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const dump = readFileSync(join(sample, 'worker-1.iptables'), 'utf8');
const snapshot = readFileSync(join(sample, 'cluster.json'), 'utf8');
const line = 133;
const chain = 'KUBE-SVC-3MGBTRC5ATFFL7T7';
const pod = 'frontend-6c8f7b9d45-2lqzr';

describeWith(['code-server', 'chromium'], 'VS Code for the Web, on a folder in memory', () => {
  const workbench = workbenchOfTests('web', () => {
    const files = { 'worker-1.iptables': dump, 'snapshots/cluster.json': snapshot };
    return openWebWorkbench({ files, file: 'worker-1.iptables' });
  });

  const showDump = (): Promise<void> => {
    const tab = { hasText: /^worker-1\.iptables/ };
    return doUntil(
      'choose the tab of the dump',
      () => workbench.page.locator('.tab', tab).click(),
      () => workbench.page.locator('.tab.active', tab).isVisible(),
    );
  };

  it('shows the findings of a dump', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await saysSoon(await workbench.problems('orphaned-chain'), 'KUBE-SEP-YMMDN24UIRGMOLTR');
    await workbench.page.keyboard.press('Control+J');
  }, 60_000);

  it('takes names from a snapshot in a subfolder', async () => {
    await workbench.statusSays('cluster.json');
    await workbench.goTo(line, 140);
    const text = await workbench.hover(chain);
    expect(text).toContain('booking/frontend');
    expect(text).toContain(pod);
  }, 60_000);

  it('goes from a chain to its Service in the snapshot', async () => {
    await workbench.goTo(line, 140);
    await workbench.run('Go to Type Definition');
    await workbench.page.locator('.tab.active', { hasText: 'cluster.json' }).waitFor();
    const named = snapshot.split('\n').findIndex((text) => text.trim() === '"name": "frontend",') + 1;
    await saysSoon(workbench.activeLine(), String(named));
  }, 60_000);

  it('draws the flow of a Service', async () => {
    await showDump();
    await workbench.goTo(line, 140);
    await workbench.run('iptables: Show NAT Flow');
    await workbench.drawing().getByText(pod).first().waitFor();
    await workbench.screenshot('web-flow');
  }, 60_000);

  it('follows a packet', async () => {
    await showDump();
    await workbench.goTo(line, 140);
    const { page } = workbench;
    const choose = async (title: string | RegExp, typed: string, wanted: string): Promise<void> => {
      await saysSoon(page.locator('.quick-input-title'), title);
      await page.keyboard.type(typed);
      await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: wanted }).waitFor();
      await page.keyboard.press('Enter');
    };
    await workbench.run('iptables: Trace Packet');
    await choose('Trace Packet: from', pod, `booking/${pod}`);
    await choose(/Trace Packet from .*: to/, 'booking/tickets:grpc', 'booking/tickets:grpc');
    await choose('Trace Packet', '', 'Trace the packet');
    const rows = page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row');
    await rows.filter({ hasText: '50 % accepted' }).first().waitFor();
    await workbench.screenshot('web-trace');
  }, 60_000);
});
