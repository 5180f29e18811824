import { resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { doUntil, type Effect, gone, lost, pressUntil, surelyLost } from './again.ts';
import { openWorkbench, saysSoon, soon } from './workbench.ts';
import { workbenchOfTests } from './workbench-of-tests.ts';

const mine = `*filter
:INPUT ACCEPT [0:0]
:MINE - [0:0]
-A INPUT   --source 10.0.0.0/8   -j MINE
-A MINE -j RETURN

COMMIT
`;
const emptyLine = 6;

describeWith(['code-server', 'chromium'], 'writing rules in VS Code', () => {
  const workbench = workbenchOfTests('writing', () =>
    openWorkbench({
      workspace: resolve(import.meta.dirname, '../fixtures/sample'),
      file: 'mine.iptables',
      files: { 'mine.iptables': mine },
      userSettings: { 'files.autoSave': 'off', 'editor.inlayHints.enabled': 'off' },
    }),
  );

  /** The lines that are shown, with plain blanks. */
  const shown = async (): Promise<readonly string[]> =>
    (await workbench.page.locator('.editor-group-container.active .view-line').allTextContents()).map((text) =>
      text.replaceAll('\u00a0', ' ').trimEnd(),
    );
  const suggestion = (text: string) => workbench.page.locator('.suggest-widget.visible .monaco-list-row', { hasText: text });
  /** The one that Tab writes: what is typed has reached the list. By its name alone, as what is said of another may have the same word. */
  const chosen = (name: string) => {
    const named = workbench.page.locator('.label-name', { hasText: new RegExp(`^${name}$`) });
    return workbench.page.locator('.suggest-widget.visible .monaco-list-row.focused').filter({ has: named });
  };
  /** What is typed takes the place of what stands in the line, until that is there and `shows` is: a key meanwhile may go elsewhere. */
  const typeInLine = (text: string, shows: Locator): Promise<void> =>
    doUntil(
      `type ${text}`,
      async () => {
        await workbench.goTo(emptyLine);
        await workbench.page.keyboard.press('End');
        await workbench.page.keyboard.press('Shift+Home');
        await workbench.page.keyboard.type(text);
      },
      async () => (await shown()).includes(text.trimEnd()) && (await shows.first().isVisible()),
      surelyLost,
    );

  it('offers what may stand behind what is typed, and writes it', async () => {
    const { page } = workbench;
    await saysSoon(workbench.language(), 'iptables');
    // The server is there once it has found that the value is missing.
    await typeInLine('-A INPUT -m conntrack --ctstate', page.locator('.squiggly-error'));
    await typeInLine('-A INPUT -m conntrack --ctstate ', suggestion('ESTABLISHED'));
    await workbench.screenshot('completion');
    await page.keyboard.type('REL');
    await chosen('RELATED').waitFor();
    await pressUntil(page, 'Tab', gone(chosen('RELATED')), surelyLost);
    await soon(shown).toContain('-A INPUT -m conntrack --ctstate RELATED');
    await page.keyboard.type(' -j MI');
    await chosen('MINE').waitFor();
    await pressUntil(page, 'Tab', gone(chosen('MINE')), surelyLost);
    await soon(shown).toContain('-A INPUT -m conntrack --ctstate RELATED -j MINE');
  });

  it('shows the form of a value while it is typed', async () => {
    const { page } = workbench;
    const form = page.locator('.parameter-hints-widget.visible');
    await typeInLine('-A INPUT -s 10.0.0.0/', form);
    await saysSoon(form, 'address[/mask]');
    await saysSoon(form.locator('.parameter.active'), 'mask');
    await workbench.screenshot('signature');
    await pressUntil(page, 'Escape', gone(form));
  });

  it('brings rules into the form of iptables-save', async () => {
    const rule = async (): Promise<boolean> => (await shown()).includes('-A INPUT -s 10.0.0.0/8 -j MINE');
    // A line that is not whole would be left as it is, and all others brought into form.
    await workbench.run('Format Document', rule);
  });

  it('renames a chain in its table, and says why not', async () => {
    const { page } = workbench;
    const input = page.locator('.rename-box input');
    /** The box closes where it loses the focus, and a key before the editor has it goes elsewhere. */
    const rename = (to: string, effect: Effect): Promise<void> =>
      doUntil(
        `rename to ${to}`,
        async () => {
          await workbench.goTo(3, 4);
          await pressUntil(page, 'F2', input);
          await input.fill(to, { timeout: lost });
          await input.press('Enter', { timeout: lost });
        },
        effect,
        surelyLost,
      );
    const told = page.locator('.notifications-toasts, .monaco-editor-overlaymessage');
    await rename('OUTPUT', told.filter({ hasText: 'OUTPUT is a built-in chain of the table filter' }));
    await rename('YOURS', workbench.line(':YOURS'));
    await soon(shown).toEqual(
      expect.arrayContaining([':YOURS - [0:0]', '-A INPUT -s 10.0.0.0/8 -j YOURS', '-A YOURS -j RETURN']),
    );
  });

  it('opens a copy with names', async () => {
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await workbench.run('iptables: Annotate with Names', workbench.page.locator('.tab.active', { hasText: 'Untitled' }));
    await soon(async () =>
      (await shown()).some((line) => /^# KUBE-\S+ is \S+/.test(line) || line.startsWith('# Generated')),
    ).toBe(true);
    await workbench.goTo(60);
    await soon(async () => (await shown()).some((line) => /^# KUBE-\S+ is booking\//.test(line))).toBe(true);
    await workbench.screenshot('annotated');
  });
});
