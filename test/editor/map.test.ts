import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, gone, lost } from './again.ts';
import { saysSoon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

describeWith(['code-server', 'chromium'], 'the map of all Services, in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('map');

  const service = (to: string) => workbench.drawing().locator(`.boxes > [data-id="group:service:${to}"]`);

  it('opens by a command, with the states that the side bar has, and leads into a flow and back', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await workbench.run(
      'iptables: Show Map of the Node',
      workbench.page.locator('.tab', { hasText: 'All Services of worker-1' }),
    );
    await saysSoon(workbench.drawing().locator('h1'), 'All Services of worker-1');
    await saysSoon(service('booking/mailer'), 'no endpoints');
    await saysSoon(service('booking/frontend'), 'differs from cluster.json, 3 endpoints');
    await workbench.screenshot('map');
    const flow = workbench.drawing().locator('h1', { hasText: /^booking\/mailer/ });
    await clickUntil('go into a flow', service('booking/mailer'), flow);
    const back = workbench.drawing().getByRole('button', { name: 'Back' });
    await clickUntil('go back to the map', back, service('booking/mailer'));
    await saysSoon(workbench.drawing().locator('.boxes > .selected .name'), /^mailer$/);
  });

  it('opens from the Services view', async () => {
    const view = workbench.view('Services');
    await workbench.run('View: Close All Editors', gone(workbench.page.locator('.tab')));
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await workbench.run('iptables: Focus on Services View', view.locator('.monaco-list-row'));
    await saysSoon(view.locator('.monaco-list-row', { hasText: 'seatmap' }), 'serves, 1 endpoint');
    await doUntil(
      'press the button above the view',
      async () => {
        await view.hover({ timeout: lost });
        await view.locator('.action-label[aria-label*="Show Map of the Node"]').click({ timeout: lost });
      },
      workbench.page.locator('.tab', { hasText: 'All Services of worker-1' }),
    );
    await saysSoon(service('booking/seatmap'), 'serves, 1 endpoint');
  });
});
