import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil } from './again.ts';
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
    const { page } = workbench;
    return clickUntil(
      'choose the tab of the dump',
      page.locator('.tab', tab),
      page.locator('.editor-group-container.active .tab.active', tab),
    );
  };

  it('shows the findings of a dump', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await saysSoon(await workbench.problems('orphaned-chain'), 'KUBE-SEP-YMMDN24UIRGMOLTR');
    await workbench.closePanel();
  });

  it('takes names from a snapshot in a subfolder', async () => {
    await workbench.statusSays('cluster.json');
    await workbench.goTo(line, 140);
    await workbench.hover(chain, 'booking/frontend', pod);
  });

  it('goes from a chain to its Service in the snapshot', async () => {
    await showDump();
    await workbench.goTo(line, 140);
    await workbench.run('Go to Type Definition', workbench.page.locator('.tab.active', { hasText: 'cluster.json' }));
    const named = snapshot.split('\n').findIndex((text) => text.trim() === '"name": "frontend",') + 1;
    await saysSoon(workbench.activeLine(), String(named));
  });

  it('draws the flow of a Service', async () => {
    await showDump();
    await workbench.goTo(line, 140);
    await workbench.run('iptables: Show NAT Flow', workbench.page.locator('.tab', { hasText: 'NAT flow: ' }));
    await workbench.drawing().getByText(pod).first().waitFor();
    await workbench.screenshot('web-flow');
  });

  it('follows a packet', async () => {
    await showDump();
    await workbench.goTo(line, 140);
    const { page } = workbench;
    await workbench.run('iptables: Trace Packet', page.locator('.quick-input-title', { hasText: 'Trace Packet: from' }));
    await workbench.answer('Trace Packet: from', pod, `booking/${pod}`);
    await workbench.answer(/Trace Packet from .*: to/, 'booking/tickets:grpc', 'booking/tickets:grpc');
    await workbench.answer(/^Trace Packet$/, '', 'Trace the packet');
    const rows = page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row');
    await rows.filter({ hasText: '50 % accepted' }).first().waitFor();
    await workbench.screenshot('web-trace');
  });
});
