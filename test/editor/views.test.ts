import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, gone, lost, pressUntil, surelyLost } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

// What is shown of the sample and changes nothing in its dump and snapshot: one window for all of it, which takes as long to open as most of these tests. The map comes
// first: where it is opened at depends on the dump's cursor.

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
const objects = readFileSync(join(sample, 'cluster.json'), 'utf8').split('\n');
const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
const rule = lines.findIndex((line) => line.startsWith('-A KUBE-SERVICES') && line.includes('booking/seatmap'));
const chainColumn = (lines[rule] ?? '').indexOf('KUBE-SVC-') + 3;
const frontend = 'KUBE-SVC-3MGBTRC5ATFFL7T7';
/** The same node once one of the Service's three endpoints was gone. */
const later = lines.filter((line) => !(line.startsWith(`-A ${frontend}`) && line.includes('10.244.0.17:8080'))).join('\n');

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

describeWith(['code-server', 'chromium'], 'views of a dump in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('views', {
    files: {
      'later.iptables': later,
      'faulty.iptables': faulty,
      'spare.iptables': faulty,
      'counted.iptables': lines.join('\n').replace('--dport 53 ', '--dport 54 ').replaceAll('[0:0]', '[3:180]'),
    },
  });

  /** Each block begins with the dump alone, as it is first opened. */
  const beginAnew = (): void => {
    let isBegun = false;
    beforeEach(async () => {
      if (isBegun) return;
      isBegun = true;
      await workbench.run('View: Close All Editors', gone(workbench.page.locator('.tab')));
      await workbench.open('worker-1.iptables');
    });
  };

  describe('the map of all Services, in VS Code', () => {
    beginAnew();

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

  describe('from place to place in VS Code', () => {
    beginAnew();

    const cursorLine = async (of: readonly string[]): Promise<string> => {
      const line = Number(/Ln (\d+)/.exec((await workbench.cursor().textContent()) ?? '')?.[1]);
      return of[line - 1] ?? '';
    };

    it('a chain has a call hierarchy', async () => {
      await saysSoon(workbench.language(), 'iptables');
      await workbench.statusSays('cluster.json');
      await workbench.goTo(rule + 1, chainColumn);
      const callers = workbench.page.locator('.call-hierarchy .monaco-list-row');
      await workbench.run('Peek Call Hierarchy', callers);
      await saysSoon(callers.filter({ hasText: 'KUBE-SERVICES' }), 'KUBE-SERVICES');
      await workbench.screenshot('navigation-calls');
      await pressUntil(workbench.page, 'Escape', gone(callers));
    });

    it('its type is the Service in the snapshot, from which its chains are found', async () => {
      await workbench.open('worker-1.iptables');
      await workbench.statusSays('cluster.json');
      await workbench.goTo(rule + 1, chainColumn);
      await workbench.run('Go to Type Definition', workbench.page.locator('.tab.active', { hasText: 'cluster.json' }));
      await soon(() => cursorLine(objects)).toContain('"name": "seatmap"');
      await workbench.run('Go to Implementations', workbench.page.locator('.tab.active', { hasText: 'worker-1.iptables' }));
      await soon(() => cursorLine(lines)).toMatch(/^:KUBE-SVC-/);
    });

    it('a name in a comment is a link', async () => {
      await workbench.open('worker-1.iptables');
      await workbench.goTo(rule + 1);
      const link = workbench.page.locator('.editor-group-container.active .view-line .detected-link', {
        hasText: 'booking/seatmap',
      });
      await link.first().waitFor();
    });
  });

  describe('a traced packet in the drawing, in VS Code', () => {
    beginAnew();

    const numbers = async (): Promise<string> => (await workbench.drawing().locator('.steps text').allTextContents()).join(' ');
    const step = (text = '') => workbench.drawing().locator('.trace-step', { hasText: text });

    it('lights its path in the flow of the Service that it is for', async () => {
      const { page } = workbench;
      await saysSoon(workbench.language(), 'iptables');
      await workbench.run('iptables: Trace Packet', page.locator('.quick-input-title', { hasText: 'Trace Packet: from' }));
      await workbench.answer('Trace Packet: from', 'booking/frontend-6c8f7b9d45-2', 'booking/frontend-6c8f7b9d45-2lqzr');
      await workbench.answer(/: to/, 'booking/tickets:grpc', 'booking/tickets:grpc');
      await workbench.answer(/^Trace Packet$/, '', 'Trace the packet');
      await page.locator('.monaco-list-row', { hasText: '50 % accepted' }).first().waitFor();
      await workbench.run(
        'iptables: Show Trace in Drawing',
        workbench.drawing().locator('h1', { hasText: 'booking/tickets:grpc' }),
      );
      await soon(numbers).toMatch(/1.*2.*3/);
      await saysSoon(workbench.drawing().locator('.trace-leaves'), 'The path leaves this drawing after step');
      await workbench.screenshot('trace-drawing');
    });

    it('is walked from the drawing, in the drawing and in the dump', async () => {
      const tree = workbench.drawing().getByRole('tree');
      await pressUntil(tree, 'Alt+F9', step('▶ Step 1 of '), surelyLost);
      await pressUntil(tree, 'Alt+F9', step('▶ Step 2 of '), surelyLost);
      await saysSoon(step(), `line ${lineOf('booking/tickets:grpc cluster IP')}`);
      await saysSoon(workbench.activeLine(), String(lineOf('booking/tickets:grpc cluster IP')));
      await soon(numbers).toContain('▶ 2');
      await pressUntil(tree, 'Shift+Alt+F9', step('▶ Step 1 of '), surelyLost);
      await workbench.screenshot('trace-drawing-walked');
      await clickUntil('go a step on', workbench.drawing().getByRole('button', { name: 'Next step' }), step('▶ Step 2 of '), {
        lostAfter: surelyLost,
      });
      await workbench.run('iptables: Clear Trace', async () => (await numbers()) === '');
    });
  });

  describe('who reaches a Service, in the editor', () => {
    beginAnew();

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

  describe('two flows in VS Code', () => {
    beginAnew();

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
      await saysSoon(
        workbench.activeLine(),
        String(later.split('\n').findIndex((each) => each.startsWith(`-A ${frontend}`)) + 1),
      );
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

  describe('mending and comparing in VS Code', () => {
    beginAnew();
    beforeEach(async () => {
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
      await workbench.open('counted.iptables');
      await workbench.open('worker-1.iptables');
      await compareWith('counted.iptables', 'counted.iptables \u2194 worker-1.iptables');
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
            await file('counted.iptables').click({ timeout: lost });
            await selected('counted.iptables').waitFor({ timeout: lost });
            await file('worker-1.iptables').click({ modifiers: ['Control'], timeout: lost });
            await selected('worker-1.iptables').waitFor({ timeout: lost });
            await file('worker-1.iptables').click({ button: 'right', timeout: lost });
          }
          await item.click({ timeout: lost });
        },
        page.locator('.tab.active', { hasText: /(?:counted|worker-1)\.iptables \u2194 (?:counted|worker-1)\.iptables/ }),
        surelyLost,
      );
      await saysSoon(rows().filter({ hasText: /^nat/ }), 'nat');
      await workbench.screenshot('compared-selected');
    });
  });
});
