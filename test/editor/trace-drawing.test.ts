import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, pressUntil, surelyLost } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;

describeWith(['code-server', 'chromium'], 'a traced packet in the drawing, in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('trace-drawing');

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
