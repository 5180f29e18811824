import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { saysSoon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

describeWith(['code-server', 'chromium'], 'who reaches a Service, in the editor', () => {
  const workbench = sampleWorkbenchOfTests('reach');

  it('is a page with tables, of the Service that is picked by keys alone', async () => {
    const { page } = workbench;
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await workbench.run('iptables: Show Who Reaches a Service', workbench.rows('booking/gateway'));
    await workbench.answer(null, 'gateway', 'booking/gateway');
    const table = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame').locator('body');
    await saysSoon(table, 'Who reaches what: worker-1.iptables');
    await saysSoon(table, '203.0.113.0/24');
    await saysSoon(table, 'by filter KUBE-PROXY-FIREWALL, line 42');
    await workbench.screenshot('reach');
  });
});
