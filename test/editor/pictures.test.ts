import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { gone, pressUntil } from './again.ts';
import { openWorkbench, saysSoon, soon } from './workbench.ts';
import { workbenchOfTests } from './workbench-of-tests.ts';

// The pictures of README.md, taken from the real thing. `IPTABLES_PICTURES=1 npm test test/editor/pictures` puts them where the README has
// them; otherwise they go with the other screenshots. Each waits for what it is to show.

const root = resolve(import.meta.dirname, '../..');
const folder = process.env['IPTABLES_PICTURES'] === '1' ? join(root, 'client/media') : join(root, 'test/output');

describeWith(['code-server', 'chromium'], 'the pictures of the README', () => {
  const workbench = workbenchOfTests('pictures', async () => {
    const opened = await openWorkbench({
      workspace: join(root, 'test/fixtures/sample'),
      file: 'worker-1.iptables',
      userSettings: { 'editor.fontSize': 12, 'editor.cursorBlinking': 'solid', 'workbench.activityBar.location': 'hidden' },
    });
    mkdirSync(folder, { recursive: true });
    return opened;
  });

  /** Takes it once nothing on the screen changes any more: a hover that fades in, a tooltip that goes, a drawing that is fitted. */
  const take = async (name: string): Promise<void> => {
    let before = await workbench.page.screenshot();
    await soon(async () => {
      await workbench.page.waitForTimeout(500);
      const now = await workbench.page.screenshot();
      const isSame = now.equals(before);
      before = now;
      return isSame;
    }).toBe(true);
    await workbench.page.screenshot({ path: join(folder, `picture-${name}.png`) });
  };

  it('show a hover', async () => {
    const { page } = workbench;
    await page.setViewportSize({ width: 1320, height: 640 });
    await saysSoon(workbench.language(), 'iptables');
    await pressUntil(page, 'Control+B', gone(page.locator('.sidebar')));
    await workbench.goTo(133, 122);
    await workbench.line('booking/frontend').first().waitFor();
    await saysSoon(page.locator('.codelens-decoration'), 'show NAT flow');
    await workbench.statusSays('cluster.json');
    await workbench.hover('KUBE-SVC-3MGBTRC5ATFFL7T7', 'frontend-6c8f7b9d45-2lqzr');
    await take('hover');
  });

  it('show a flow', async () => {
    const { page } = workbench;
    await pressUntil(page, 'Escape', gone(page.locator('.monaco-editor .monaco-hover:not(.hidden) .hover-contents')));
    await page.setViewportSize({ width: 1320, height: 880 });
    await workbench.goTo(133, 122);
    await workbench.run('iptables: Show NAT Flow', page.locator('.tab', { hasText: 'NAT flow: ' }));
    await saysSoon(workbench.drawing().locator('h1'), 'booking/frontend:http');
    await soon(() => workbench.drawing().locator('.boxes .box.lit').count()).toBeGreaterThan(0);
    await page.mouse.move(400, 860);
    await take('flow');
  });

  it('are of the real thing', async () => {
    // Not of an editor that said that something is wrong.
    expect(await workbench.page.locator('.notifications-toasts .notification-list-item').count()).toBe(0);
  });
});
