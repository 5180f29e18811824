import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { gone, pressUntil } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
const objects = readFileSync(join(sample, 'cluster.json'), 'utf8').split('\n');
const rule = lines.findIndex((line) => line.startsWith('-A KUBE-SERVICES') && line.includes('booking/seatmap'));
const chainColumn = (lines[rule] ?? '').indexOf('KUBE-SVC-') + 3;

describeWith(['code-server', 'chromium'], 'from place to place in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('navigation');

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
