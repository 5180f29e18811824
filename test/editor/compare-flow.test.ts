import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, lost, pressUntil, surelyLost } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const text = readFileSync(join(sample, 'worker-1.iptables'), 'utf8');
const lines = text.split('\n');
const service = 'KUBE-SVC-3MGBTRC5ATFFL7T7';
/** The same node once one of the Service's three endpoints was gone. */
const later = lines.filter((line) => !(line.startsWith(`-A ${service}`) && line.includes('10.244.0.17:8080'))).join('\n');

describeWith(['code-server', 'chromium'], 'two flows in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('compare', { files: { 'later.iptables': later } });

  const summary = () => workbench.drawing().locator('.compare-summary');

  it('are drawn beside each other by the command, with what differs', async () => {
    await workbench.open('later.iptables');
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    const line = lines.findIndex((each) => each.includes('booking/frontend:http cluster IP')) + 1;
    await workbench.goTo(line, (lines[line - 1] ?? '').length);
    await workbench.run('iptables: Show NAT Flow', workbench.page.locator('.tab', { hasText: 'NAT flow: ' }));
    await saysSoon(workbench.drawing().locator('h1'), 'booking/frontend:http');
    await workbench.runAndPick('iptables: Compare Flow With', 'later.iptables', summary());
    await saysSoon(summary(), '2 differences: 1 endpoint only in worker-1.iptables, changed shares in 1 chain.');
    await soon(() => workbench.drawing().locator('.pane-file').allTextContents()).toEqual([
      'worker-1.iptables',
      'later.iptables',
    ]);
    await workbench.screenshot('flow-compared');
  });

  it('are walked from difference to difference, and lead to their own dumps', async () => {
    const current = (text: string) => workbench.drawing().locator('.compare-current', { hasText: text });
    const tree = workbench.drawing().getByRole('tree');
    await pressUntil(tree, 'F7', current('≠ 1 of 2: '), surelyLost);
    await pressUntil(tree, 'F7', current('is only in worker-1.iptables'), surelyLost);
    await workbench.screenshot('flow-compared-walked');
    await clickUntil(
      'click a box',
      workbench.drawing().locator('.pane').nth(1).locator('.boxes > .kind-service'),
      workbench.page.locator('.tab.active', { hasText: /^later.iptables/ }),
    );
    await saysSoon(workbench.activeLine(), String(later.split('\n').findIndex((each) => each.startsWith(`-A ${service}`)) + 1));
  });

  it('are there again after the window was reloaded, and one again when that is wanted', async () => {
    await workbench.reload();
    await saysSoon(summary(), '2 differences: ');
    await clickUntil(
      'stop comparing',
      workbench.drawing().getByRole('button', { name: 'Stop comparing' }),
      async () => (await workbench.drawing().locator('.pane').count()) === 1,
    );
    await workbench.drawing().locator('.answer').waitFor();
    await soon(() => workbench.drawing().locator('.boxes > .contrast-only').count()).toBe(0);
  });

  it('lead from a Pod to its object in the snapshot, by the menu of its box', async () => {
    const pod = workbench.drawing().locator('.boxes > .kind-pod', { hasText: 'frontend-6c8f7b9d45-2lqzr' });
    // The keyboard brings it into sight and asks for its menu.
    const search = workbench.drawing().getByRole('searchbox');
    const entry = workbench.drawing().locator('.context-menu button', { hasText: 'Open Object in Snapshot' });
    await doUntil(
      'open the object of a Pod',
      async () => {
        await search.fill('frontend-6c8f7b9d45-2lqzr', { timeout: lost });
        await search.press('Enter', { timeout: lost });
        if (!(await entry.isVisible())) await pod.click({ button: 'right', timeout: lost });
        await entry.click({ timeout: lost });
      },
      workbench.page.locator('.tab.active', { hasText: 'cluster.json' }),
      surelyLost,
    );
    await soon(() => workbench.page.locator('.view-line', { hasText: 'frontend-6c8f7b9d45-2lqzr' }).count()).toBeGreaterThan(0);
    await workbench.screenshot('flow-object');
  });
});
