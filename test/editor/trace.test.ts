import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, type Effect, gone, lost, pressUntil, surelyLost } from './again.ts';
import { openWorkbench, saysSoon, soon } from './workbench.ts';
import { workbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');

/** The 1-based number of the first line with this text. */
function lineOf(text: string): number {
  const index = lines.findIndex((line) => line.includes(text));
  expect(index, `"${text}" in the sample`).toBeGreaterThanOrEqual(0);
  return index + 1;
}

/** What xtables-monitor prints of a packet in the sample. */
const packet =
  'PACKET: 2 8e5c2777 IN=cni0 MACSRC=2:0:0:0:1:2 MACDST=2:0:0:0:1:1 MACPROTO=0800 SRC=10.244.0.17 DST=10.96.40.10 LEN=60 TOS=0x0 TTL=64 ID=43183 DF SPORT=41001 DPORT=80 SYN ';
const seen = [
  packet,
  ' TRACE: 2 8e5c2777 nat:PREROUTING:rule:0xc:JUMP:KUBE-SERVICES  -4 -t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  packet,
  ' TRACE: 2 8e5c2777 nat:KUBE-SERVICES:rule:0xd:JUMP:KUBE-SVC-3MGBTRC5ATFFL7T7  -4 -t nat -A KUBE-SERVICES -d 10.96.40.10/32 -p tcp -m comment --comment "booking/frontend:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-3MGBTRC5ATFFL7T7',
  '',
].join('\n');

/** A script for the page: what decorations put before text, where it is a number. */
const stepNumbers = `[...document.querySelectorAll('.monaco-editor .view-line span')]
  .map((span) => getComputedStyle(span, '::before').content.replace(/["\\s]/g, ''))
  .filter((content) => /^\\d+(?:,\\d+)*$/.test(content))`;

describeWith(['code-server', 'chromium'], 'a packet that is traced in VS Code', () => {
  const workbench = workbenchOfTests('trace', async () => {
    const opened = await openWorkbench({ workspace: sample, file: 'worker-1.iptables' });
    // The trace shares the side bar with other views, and a tree has no more rows than are in sight.
    await opened.page.setViewportSize({ width: 1440, height: 1600 });
    return opened;
  });

  const rows = (): Locator => workbench.page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row');
  const row = (text: string | RegExp): Locator => rows().filter({ hasText: text });
  const title = (text: string | RegExp): Locator => workbench.page.locator('.quick-input-title', { hasText: text });
  /** The numbers that stand before lines of the dump on the screen. */
  const numbers = async (): Promise<string> => (await workbench.page.evaluate<readonly string[]>(stepNumbers)).join(' ');

  /** What nobody clicks: the command, too, is taken by Enter. */
  const command = async (name: string, effect: Effect): Promise<void> => {
    const { page } = workbench;
    const input = page.locator('.quick-input-widget input').first();
    const row = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name });
    await doUntil(
      `run ${name}`,
      async () => {
        if (await input.isVisible()) await page.keyboard.press('Escape');
        await input.waitFor({ state: 'hidden', timeout: lost });
        await pressUntil(page, 'F1', input);
        await input.fill(`>${name}`, { timeout: lost });
        await row.waitFor({ timeout: lost });
        await input.press('Enter', { timeout: lost });
      },
      effect,
      surelyLost,
    );
  };

  it('is asked for by the keyboard alone, and answered with what becomes of it', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await command('iptables: Trace Packet', title('Trace Packet: from'));
    await workbench.answer('Trace Packet: from', 'booking/frontend-6c8f7b9d45-2', 'booking/frontend-6c8f7b9d45-2lqzr');
    const to = /Trace Packet from booking\/frontend-6c8f7b9d45-2lqzr: to/;
    await workbench.answer(to, 'booking/tickets:grpc', 'booking/tickets:grpc');
    await workbench.answer(/^Trace Packet$/, '', 'Trace the packet');
    await row('50 % accepted').first().waitFor();
    await row(/dnat to 10\.244\.\d\.2\d:9000/)
      .first()
      .waitFor();
    await row('rules did not match').first().waitFor();
    await workbench.screenshot('trace');
  });

  it('is walked by its keys, forward and back, in the tree and in the dump', async () => {
    const { page } = workbench;
    const current = (): Locator => page.locator('[id="workbench.view.extension.iptables"] .monaco-list-row.selected');
    const isAt = (text: string): Locator => workbench.activeLine().filter({ hasText: String(lineOf(text)) });
    await pressUntil(page, 'Alt+F9', isAt('-A PREROUTING '), surelyLost);
    await saysSoon(current(), '1. jump KUBE-SERVICES');
    await pressUntil(page, 'Alt+F9', isAt('booking/tickets:grpc cluster IP'), surelyLost);
    await saysSoon(current(), '2. jump KUBE-SVC-MLP2VYCUNGXX2GFQ');
    await soon(numbers).toContain('2');
    await workbench.screenshot('trace-walked');
    await pressUntil(page, 'Shift+Alt+F9', isAt('-A PREROUTING '), surelyLost);
  });

  it('says of each rule that did not match why that is', async () => {
    const folded = row('4 rules did not match').first();
    await clickUntil('unfold the rules that did not match', folded, row('the packet is for 10.96.40.20'), {
      lostAfter: surelyLost,
    });
    await workbench.screenshot('trace-reasons');
    const line = String(lineOf('default/kubernetes:https cluster IP'));
    await clickUntil('go to a rule', row('-d 10.96.0.1/32'), workbench.activeLine().filter({ hasText: line }));
  });

  it('follows an edit that changes what becomes of it, and says what would pass', async () => {
    const { page } = workbench;
    await workbench.goTo(lineOf('-A FORWARD '));
    await workbench.insert('-A FORWARD -s 10.244.0.17/32 -j DROP\n', workbench.line(/^-A.FORWARD.-s.10.244.0.17/));
    await row('50 % dropped').first().waitFor();
    await row(`dropped by FORWARD, line ${lineOf('-A FORWARD ')}`)
      .first()
      .waitFor();
    await row('passes from 203.0.113.1').first().waitFor();
    await workbench.screenshot('trace-dropped');
    await doUntil(
      'undo the line',
      // Typed by the editor in several steps; before them there is nothing to undo.
      async () => {
        for (let step = 0; step < 12; step += 1) await page.keyboard.press('Control+Z');
      },
      async () => (await workbench.line(/^-A.FORWARD.-s.10.244.0.17/).count()) === 0,
      surelyLost,
    );
    await workbench
      .line(/^-A.FORWARD.-m.conntrack.*load.balancer/)
      .first()
      .waitFor();
    await row('50 % accepted').first().waitFor();
    await soon(() => row('50 % dropped').count()).toBe(0);
  });

  it('is asked for by the lens above a Service, and again by its history', async () => {
    const { page } = workbench;
    await workbench.goTo(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7'));
    const lens = page.locator('.codelens-decoration a', { hasText: 'trace a packet' });
    const from = /to booking\/frontend:http: from/;
    await clickUntil('click a code lens', lens, title(from));
    await workbench.answer(from, 'outside', 'outside');
    await workbench.answer(/^Trace Packet$/, '', 'Trace the packet');
    await row(/33.3 % accepted/)
      .first()
      .waitFor();
    await command('iptables: Trace Packet', title('Trace Packet: from'));
    await workbench.rows('booking/frontend-6c8f7b9d45-2lqzr to booking/tickets:grpc').first().waitFor();
    await workbench.answer('Trace Packet: from', 'lqzr to booking/tickets', 'lqzr to booking/tickets:grpc');
    await row('50 % accepted').first().waitFor();
  });

  it('has chains expanded, which lead to the rules of each end', async () => {
    const { page } = workbench;
    const line = lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7');
    await workbench.goTo(line, 6);
    await workbench.run('iptables: Expand Chain', page.locator('.tab.active', { hasText: 'KUBE-SVC-3MGBTRC5ATFFL7T7.txt' }));
    await workbench.line('DNAT --to-destination 10.244.0.17:8080').first().waitFor();
    await workbench.screenshot('expanded-chain');
    // The last word alone: where VS Code lights the word at the cursor, it is an element of its own.
    const end = page.locator('.monaco-editor .view-line .detected-link', { hasText: 'QWFXKANDF3TMYGQH' });
    await clickUntil('go to a link', end, workbench.activeLine().filter({ hasText: /^8$/ }));
    // By the command, which may be given again: of clicks with Ctrl the editor follows none where the mouse has not moved since the last one.
    await workbench.run('Open Link', page.locator('.tab.active', { hasText: 'worker-1.iptables' }));
    await saysSoon(workbench.activeLine(), String(lineOf('-A KUBE-SEP-QWFXKANDF3TMYGQH ')));
  });

  it('may be one that a kernel was seen to take, which was pasted', async () => {
    const { page } = workbench;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(seen)})`);
    await workbench.goTo(1);
    await command('iptables: Show Seen Packets', title('Show Seen Packets'));
    await workbench.answer('Show Seen Packets', 'clipboard', 'What is on the clipboard');
    await row('tcp 10.244.0.17:41001 -> 10.96.40.10:80').first().waitFor();
    await row('1. nat PREROUTING').first().waitFor();
    await workbench.screenshot('trace-seen');
    const first = String(lineOf('-A PREROUTING '));
    await pressUntil(page, 'Alt+F9', workbench.activeLine().filter({ hasText: first }), surelyLost);
    await command('iptables: Trace Again', row('accepted'));
  });

  it('is read in every theme, and where there is little room', async () => {
    const { page } = workbench;
    const settings = join(workbench.folder, '.vscode/settings.json');
    mkdirSync(join(workbench.folder, '.vscode'), { recursive: true });
    await workbench.goTo(lineOf('-A FORWARD '));
    for (const [name, theme, seen] of [
      ['dark', 'Default Dark Modern', '.monaco-workbench.vs-dark'],
      ['high-contrast', 'Default High Contrast', '.monaco-workbench.hc-black'],
      ['high-contrast-light', 'Default High Contrast Light', '.monaco-workbench.hc-light'],
    ] as const) {
      writeFileSync(settings, JSON.stringify({ 'workbench.colorTheme': theme }));
      await page.locator(seen).waitFor();
      await soon(numbers).toMatch(/\d/);
      await workbench.screenshot(`trace-${name}`);
    }
    await page.setViewportSize({ width: 640, height: 700 });
    await row('50 % accepted').first().waitFor();
    await workbench.screenshot('trace-narrow');
  });

  it('says that its dump was closed, and follows the packet again once it is open', async () => {
    const { page } = workbench;
    await page.setViewportSize({ width: 1440, height: 1600 });
    const message = page.locator('[id="workbench.view.extension.iptables"] .message');
    await workbench.run('View: Close All Editors', gone(page.locator('.tab')));
    await saysSoon(message.filter({ hasText: 'closed' }), 'worker-1.iptables was closed');
    await workbench.screenshot('trace-closed');
    await workbench.open('worker-1.iptables');
    await soon(() => message.filter({ hasText: 'closed' }).count()).toBe(0);
    await row('50 % accepted').first().waitFor();
  });
});
