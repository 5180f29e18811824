import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, gone, lost, surelyLost } from './again.ts';
import { openWorkbench, saysSoon, soon, type Workbench } from './workbench.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const dump = readFileSync(join(sample, 'worker-1.iptables'), 'utf8');

/** A chain that is not declared (safe), one without use (unsafe), and a rule that stands there twice (safe). */
const faulty = `*filter
:INPUT ACCEPT [0:0]
:SPARE - [0:0]
-A INPUT -j WEB
-A WEB -p tcp -m tcp --dport 80 -j ACCEPT
-A INPUT -s 10.0.0.1/32 -j ACCEPT
-A INPUT -s 10.0.0.1/32 -j ACCEPT
COMMIT
`;

describeWith(['code-server', 'chromium'], 'mending and comparing in VS Code', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await openWorkbench({
      workspace: sample,
      file: 'worker-1.iptables',
      files: {
        'faulty.iptables': faulty,
        'spare.iptables': faulty,
        'later.iptables': dump.replace('--dport 53 ', '--dport 54 ').replaceAll('[0:0]', '[3:180]'),
      },
    });
  });

  afterAll(() => workbench?.close());

  beforeEach(async ({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-mending-${task.id}`));
    await workbench.page.keyboard.press('Escape');
  });

  const rows = () => workbench.page.locator('.pane', { hasText: 'Compared Dumps' }).locator('.monaco-list-row');
  const diffLines = () => workbench.page.locator('.editor-group-container.active .monaco-diff-editor .modified .view-line');

  /** Until the two sides are open under this title. */
  const compareWith = (row: string, title: string): Promise<void> =>
    workbench.runAndPick('iptables: Compare Dumps by Meaning', row, workbench.page.locator('.tab.active', { hasText: title }));

  it('Fix All makes what is safe', async () => {
    await workbench.open('faulty.iptables');
    await saysSoon(await workbench.problems('undeclared-chain'), 'WEB');
    await workbench.closePanel();
    await workbench.goTo(1);
    await workbench.run('Fix All', workbench.line(':WEB'));
    await soon(() => workbench.line('10.0.0.1/32').count()).toBe(1);
    await soon(() => workbench.line(':SPARE').count()).toBe(1);
  });

  it('a quick fix is offered at its finding, with the commands for the node', async () => {
    await workbench.open('spare.iptables');
    await workbench.goTo(3, 3);
    const actions = workbench.page.locator('.action-widget .monaco-list-row');
    const remove = actions.filter({ hasText: 'Remove SPARE' }).first();
    // The list is of what was known when it opened: the finding may come a moment later.
    await doUntil(
      'open the quick fixes',
      async () => {
        await workbench.page.keyboard.press('Escape');
        await workbench.page.keyboard.press('Control+.');
      },
      remove,
    );
    await saysSoon(remove, 'Remove SPARE (unsafe)');
    await saysSoon(actions.filter({ hasText: 'Copy commands' }), 'Copy commands for the node (orphaned-chain)');
    await workbench.screenshot('quick-fixes');
    await clickUntil('choose the quick fix', remove, gone(workbench.line(':SPARE')), { lostAfter: surelyLost });
  });

  it('a dump is compared with what kube-proxy would write, as a tree and side by side', async () => {
    await workbench.open('worker-1.iptables');
    await workbench.statusSays('cluster.json');
    await compareWith('With What kube-proxy Would Write', 'kube-proxy \u2194 worker-1.iptables');
    await saysSoon(rows().filter({ hasText: 'booking/invoices' }), 'booking/invoices');
    await saysSoon(rows().filter({ hasText: 'KUBE-SEP-YMMDN24UIRGMOLTR' }), 'booking/frontend:http');
    await workbench.screenshot('compared-with-kube-proxy');
    const line = diffLines().filter({ hasText: ':KUBE-SEP-YMMDN24UIRGMOLTR' });
    await clickUntil('go to a difference', rows().filter({ hasText: 'KUBE-SEP-YMMDN24UIRGMOLTR' }), line);
  });

  it('two dumps that are open are compared, counters aside', async () => {
    await workbench.open('later.iptables');
    await workbench.open('worker-1.iptables');
    await compareWith('later.iptables', 'later.iptables \u2194 worker-1.iptables');
    await saysSoon(rows().filter({ hasText: /^nat/ }), 'nat');
    await soon(() => rows().filter({ hasText: 'mangle' }).count()).toBe(0);
    await workbench.screenshot('compared-dumps');
  });

  it('two files that are selected in the Explorer are compared', async () => {
    const { page } = workbench;
    await workbench.run('View: Close All Editors', gone(page.locator('.tab')));
    await workbench.run('View: Show Explorer', page.locator('.explorer-folders-view'));
    const file = (name: string) => page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    const selected = (name: string) => page.locator('.explorer-folders-view .monaco-list-row.selected', { hasText: name });
    const item = page.locator('.monaco-menu .action-item', { hasText: 'Compare Dumps by Meaning' }).first();
    await doUntil(
      'compare what is selected',
      async () => {
        if (!(await item.isVisible())) {
          await file('later.iptables').click({ timeout: lost });
          await selected('later.iptables').waitFor({ timeout: lost });
          await file('worker-1.iptables').click({ modifiers: ['Control'], timeout: lost });
          await selected('worker-1.iptables').waitFor({ timeout: lost });
          await file('worker-1.iptables').click({ button: 'right', timeout: lost });
        }
        await item.click({ timeout: lost });
      },
      page.locator('.tab.active', { hasText: /(?:later|worker-1)\.iptables \u2194 (?:later|worker-1)\.iptables/ }),
      surelyLost,
    );
    await saysSoon(rows().filter({ hasText: /^nat/ }), 'nat');
    await workbench.screenshot('compared-selected');
  });
});
