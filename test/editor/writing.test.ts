import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
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
  /** What is typed next takes the place of what stands in the line. */
  const selectLine = async (): Promise<void> => {
    const { page } = workbench;
    await workbench.goTo(emptyLine);
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+Home');
  };

  it('offers what may stand behind what is typed, and writes it', async () => {
    const { page } = workbench;
    await saysSoon(workbench.language(), 'iptables');
    await selectLine();
    await page.keyboard.type('-A INPUT -m conntrack --ctstate');
    // The server is there once it has found that the value is missing.
    await page.locator('.squiggly-error').first().waitFor();
    await page.keyboard.type(' ');
    await suggestion('ESTABLISHED').first().waitFor();
    await workbench.screenshot('completion');
    await page.keyboard.type('REL');
    await chosen('RELATED').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type(' -j MI');
    await chosen('MINE').waitFor();
    await page.keyboard.press('Tab');
    await soon(shown).toContain('-A INPUT -m conntrack --ctstate RELATED -j MINE');
  }, 90_000);

  it('shows the form of a value while it is typed', async () => {
    const { page } = workbench;
    await selectLine();
    await page.keyboard.type('-A INPUT -s 10.0.0.0/');
    const form = page.locator('.parameter-hints-widget.visible');
    await saysSoon(form, 'address[/mask]');
    await saysSoon(form.locator('.parameter.active'), 'mask');
    await workbench.screenshot('signature');
    await page.keyboard.press('Escape');
    await selectLine();
    await page.keyboard.press('Delete');
  }, 90_000);

  it('brings rules into the form of iptables-save', async () => {
    await workbench.run('Format Document');
    await soon(shown).toContain('-A INPUT -s 10.0.0.0/8 -j MINE');
  }, 60_000);

  it('renames a chain in its table, and says why not', async () => {
    const { page } = workbench;
    const input = page.locator('.rename-box input');
    await workbench.goTo(3, 4);
    await page.keyboard.press('F2');
    await input.fill('OUTPUT');
    await page.keyboard.press('Enter');
    await saysSoon(
      page.locator('.notifications-toasts, .monaco-editor-overlaymessage').first(),
      'OUTPUT is a built-in chain of the table filter',
    );
    await workbench.goTo(3, 4);
    await page.keyboard.press('F2');
    await input.fill('YOURS');
    await page.keyboard.press('Enter');
    await soon(shown).toEqual(
      expect.arrayContaining([':YOURS - [0:0]', '-A INPUT -s 10.0.0.0/8 -j YOURS', '-A YOURS -j RETURN']),
    );
  }, 90_000);

  it('opens a copy with names', async () => {
    await workbench.open('worker-1.iptables');
    await saysSoon(workbench.language(), 'iptables');
    await workbench.run('iptables: Annotate with Names');
    await workbench.page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
    await soon(async () =>
      (await shown()).some((line) => /^# KUBE-\S+ is \S+/.test(line) || line.startsWith('# Generated')),
    ).toBe(true);
    await workbench.goTo(60);
    await soon(async () => (await shown()).some((line) => /^# KUBE-\S+ is booking\//.test(line))).toBe(true);
    await workbench.screenshot('annotated');
  }, 90_000);
});
