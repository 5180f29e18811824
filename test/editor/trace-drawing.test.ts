import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;

describeWith(['code-server', 'chromium'], 'a traced packet in the drawing, in VS Code', () => {
  const workbench = sampleWorkbenchOfTests('trace-drawing');

  const numbers = async (): Promise<string> => (await workbench.drawing().locator('.steps text').allTextContents()).join(' ');
  const step = () => workbench.drawing().locator('.trace-step');

  /** In the box that asks: types, waits until a row is the one, and takes it. */
  const choose = async (typed: string, wanted: string): Promise<void> => {
    const { page } = workbench;
    await page.keyboard.type(typed);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: wanted }).waitFor();
    await page.keyboard.press('Enter');
  };

  it('lights its path in the flow of the Service that it is for', async () => {
    const { page } = workbench;
    await saysSoon(workbench.language(), 'iptables');
    await workbench.run('iptables: Trace Packet');
    await saysSoon(page.locator('.quick-input-title'), 'Trace Packet: from');
    await choose('booking/frontend-6c8f7b9d45-2', 'booking/frontend-6c8f7b9d45-2lqzr');
    await saysSoon(page.locator('.quick-input-title'), /: to/);
    await choose('booking/tickets:grpc', 'booking/tickets:grpc');
    await choose('', 'Trace the packet');
    await page.locator('.monaco-list-row', { hasText: '50 % accepted' }).first().waitFor();
    await workbench.run('iptables: Show Trace in Drawing');
    await saysSoon(workbench.drawing().locator('h1'), 'booking/tickets:grpc');
    await soon(numbers).toMatch(/1.*2.*3/);
    await saysSoon(workbench.drawing().locator('.trace-leaves'), 'The path leaves this drawing after step');
    await workbench.screenshot('trace-drawing');
  }, 90_000);

  it('is walked from the drawing, in the drawing and in the dump', async () => {
    const { page } = workbench;
    await workbench.drawing().getByRole('tree').focus();
    await page.keyboard.press('Alt+F9');
    await saysSoon(step(), '▶ Step 1 of ');
    await page.keyboard.press('Alt+F9');
    await saysSoon(step(), `▶ Step 2 of `);
    await saysSoon(step(), `line ${lineOf('booking/tickets:grpc cluster IP')}`);
    await saysSoon(workbench.activeLine(), String(lineOf('booking/tickets:grpc cluster IP')));
    await soon(numbers).toContain('▶ 2');
    await page.keyboard.press('Shift+Alt+F9');
    await saysSoon(step(), '▶ Step 1 of ');
    await workbench.screenshot('trace-drawing-walked');
    await workbench.drawing().getByRole('button', { name: 'Next step' }).click();
    await saysSoon(step(), '▶ Step 2 of ');
    await workbench.run('iptables: Clear Trace');
    await soon(numbers).toBe('');
  }, 60_000);
});
