import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

describeWith(['code-server', 'chromium'], 'the map of all Services, in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('map');

  const service = (to: string) => workbench.drawing().locator(`.boxes > [data-id="group:service:${to}"]`);

  it('opens by a command, with the states that the side bar has, and leads into a flow and back', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await workbench.run('iptables: Show Map of the Node');
    await saysSoon(workbench.drawing().locator('h1'), 'All Services of worker-1');
    await soon(() => workbench.page.locator('.tab', { hasText: 'All Services of worker-1' }).isVisible()).toBe(true);
    await saysSoon(service('booking/mailer'), 'no endpoints');
    await saysSoon(service('booking/frontend'), 'differs from cluster.json, 3 endpoints');
    await workbench.screenshot('map');
    await doUntil(
      'go into a flow',
      () => service('booking/mailer').click(),
      async () => (await workbench.drawing().locator('h1').textContent())?.startsWith('booking/mailer') === true,
    );
    await doUntil(
      'go back to the map',
      () => workbench.drawing().getByRole('button', { name: 'Back' }).click(),
      () => service('booking/mailer').isVisible(),
    );
    expect(await workbench.drawing().locator('.boxes > .selected .name').textContent()).toBe('mailer');
  }, 90_000);

  it('opens from the Services view', async () => {
    await workbench.run('View: Close All Editors');
    await workbench.open('worker-1.iptables');
    await workbench.run('iptables: Focus on Services View');
    const view = workbench.view('Services');
    await saysSoon(view.locator('.monaco-list-row', { hasText: 'seatmap' }), 'serves, 1 endpoint');
    await doUntil(
      'press the button above the view',
      async () => {
        await view.hover();
        await view.locator('.action-label[aria-label*="Show Map of the Node"]').click();
      },
      () => workbench.page.locator('.tab', { hasText: 'All Services of worker-1' }).isVisible(),
    );
    await saysSoon(service('booking/seatmap'), 'serves, 1 endpoint');
  }, 90_000);
});
