import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, gone, surelyLost } from './again.ts';
import { saysSoon, soon } from './workbench.ts';
import { sampleWorkbenchOfTests } from './workbench-of-tests.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const dump = readFileSync(join(sample, 'worker-1.iptables'), 'utf8');
const lines = dump.split('\n');
const toFrontend = lines.findIndex((line) => line.includes('booking/frontend:http cluster IP')) + 1;

/** Processes that run the server out of the extensions of this editor. */
function serversOf(home: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes('iptables-language-server') && command.includes(home) && readlinkSync(`/proc/${pid}/exe`) !== '';
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}

function argumentsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}

describeWith(['code-server', 'chromium'], 'what happens behind an open drawing', () => {
  const workbench = sampleWorkbenchOfTests('changes', {
    files: {
      'copy.iptables': dump,
      'hints.iptables': dump,
      'old.iptables': dump,
      'there.iptables': dump,
      'served.iptables': dump,
    },
    userSettings: { 'explorer.confirmDelete': false },
  });

  const title = () => workbench.drawing().locator('h1');
  const file = () => workbench.drawing().locator('.toolbar .file');
  const bar = () => workbench.drawing().locator('.outdated-bar');
  const drawingTabs = (of: string | RegExp = '') =>
    workbench.page.locator('.tab', { hasText: 'NAT flow: ' }).filter({ hasText: of });
  const showFlow = async (of: string): Promise<void> => {
    await workbench.open(of);
    await saysSoon(workbench.language(), 'iptables');
    await workbench.goTo(toFrontend, (lines[toFrontend - 1] ?? '').length);
    await workbench.run('iptables: Show NAT Flow', drawingTabs());
    await saysSoon(file(), of);
    await saysSoon(title(), 'booking/frontend:http');
  };
  /** One dump with its drawing, and nothing beside them. */
  const showOnly = async (of: string): Promise<void> => {
    await workbench.run('View: Close All Editors', gone(workbench.page.locator('.tab')));
    await showFlow(of);
  };

  it('tabs of two dumps are told apart', async () => {
    await showFlow('worker-1.iptables');
    await soon(() => drawingTabs().allTextContents()).toEqual(['NAT flow: booking/frontend:http']);
    await showFlow('copy.iptables');
    await soon(() => drawingTabs().allTextContents()).toEqual([
      'NAT flow: booking/frontend:http (worker-1.iptables)',
      'NAT flow: booking/frontend:http (copy.iptables)',
    ]);
    const first = drawingTabs('worker-1');
    await clickUntil('choose a tab', first, workbench.page.locator('.tab.active', { hasText: '(worker-1.iptables)' }));
    await workbench.run('View: Close Editor', gone(first));
    await soon(() => drawingTabs().allTextContents()).toEqual(['NAT flow: booking/frontend:http']);
  });

  it('the server speaks over its input and output, where large messages go in parts', async () => {
    await workbench.open('copy.iptables');
    await saysSoon(workbench.language(), 'iptables');
    const home = resolve(workbench.folder, '..');
    await soon(async () => serversOf(home).map(argumentsOf)).toEqual([expect.arrayContaining(['--stdio'])]);
  });

  it('hints follow their settings at once', async () => {
    const hint = workbench.page.locator('.editor-group-container.active .view-line', {
      hasText: /--to-destination.10\.244\.0\.17:8080.*frontend-6c8f7b9d45/,
    });
    await workbench.open('hints.iptables');
    await workbench.goTo(lines.findIndex((line) => line.includes('--to-destination 10.244.0.17:8080')) + 1);
    await hint.waitFor();
    const settings = join(workbench.folder, '.vscode/settings.json');
    execFileSync('mkdir', ['-p', join(workbench.folder, '.vscode')]);
    execFileSync('sh', ['-c', `echo '{ "iptables.inlayHints.addresses": false }' > "$0"`, settings]);
    await hint.waitFor({ state: 'detached' });
  });

  it('a drawing follows the rename of its dump', async () => {
    const { page } = workbench;
    await showOnly('old.iptables');
    // A row that is clicked is opened where the focus was: not over the drawing.
    await clickUntil(
      'choose the dump',
      page.locator('.tab', { hasText: /^old.iptables/ }),
      page.locator('.editor-group-container.active .tab.active', { hasText: /^old.iptables/ }),
    );
    await workbench.run('File: Focus on Files Explorer', page.locator('.explorer-folders-view .monaco-list-row'));
    await workbench.renameInExplorer('old.iptables', 'renamed.iptables');
    await saysSoon(file(), 'renamed.iptables');
    await clickUntil(
      'click a box',
      workbench.drawing().locator('.boxes .box', { hasText: 'KUBE-SVC-3MGBTRC5ATFFL7T7' }),
      page.locator('.tab', { hasText: /^renamed.iptables/ }),
    );
    await soon(() => bar().isVisible()).toBe(false);
  });

  it('a drawing says that its dump is gone, and is drawn again when it is back', async () => {
    await showOnly('there.iptables');
    const path = join(workbench.folder, 'there.iptables');
    const away = join(workbench.folder, '../away');
    renameSync(path, away);
    await saysSoon(bar(), 'there.iptables is gone');
    await workbench.screenshot('dump-gone');
    renameSync(away, path);
    await bar().waitFor({ state: 'hidden' });
    rmSync(away, { force: true });
  });

  it('a server that ends again and again is down: the drawing says so, and a button starts it', async () => {
    await showOnly('served.iptables');
    const home = resolve(workbench.folder, '..');
    const killed = new Set<number>();
    await soon(async () => {
      for (const pid of serversOf(home)) {
        if (killed.has(pid)) continue;
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
      return bar().isVisible();
    }).toBe(true);
    expect(killed.size).toBeGreaterThanOrEqual(5);
    await saysSoon(bar(), 'ended 5 times within three minutes');
    await saysSoon(workbench.page.locator('.notifications-toasts'), 'ended 5 times within three minutes');
    await workbench.screenshot('server-down');
    await clickUntil('start the server again', bar().getByRole('button', { name: 'Restart' }), gone(bar()), {
      lostAfter: surelyLost,
    });
    await workbench.open('served.iptables');
    await workbench.goTo(toFrontend, (lines[toFrontend - 1] ?? '').length);
    await workbench.hover('KUBE-SVC-3MGBTRC5ATFFL7T7', 'booking/frontend');
  });
});
