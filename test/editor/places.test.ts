import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { clickUntil, doUntil, surelyLost } from './again.ts';
import { openWorkbench, saysSoon, soon, type Workbench } from './workbench.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
const toPod = lines.findIndex((line) => line.includes('--to-destination 10.244.0.17:8080')) + 1;
const pod = 'frontend-6c8f7b9d45-2lqzr';

describeWith(['code-server', 'chromium'], 'a dump in other places of VS Code', () => {
  let workbench: Workbench;

  let repository = '';

  const git = (...words: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...words], { cwd: repository, encoding: 'utf8' });

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'iptables-places-'));
    cpSync(sample, repository, { recursive: true });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'the node as it was');
    workbench = await openWorkbench({
      workspace: repository,
      file: 'worker-1.iptables',
      userSettings: { 'git.enabled': true },
      files: {
        'worker-1.iptables': lines.join('\n').replace('--to-destination 10.244.0.17:8080', '--to-destination 10.244.0.99:8080'),
      },
    });
  });

  afterAll(async () => {
    await workbench?.close();
    rmSync(repository, { recursive: true, force: true });
  });

  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-places-${task.id}`));
  });

  /** Opens another page of the same editor: what stands behind its `?`. */
  const goToPage = async (query: string): Promise<void> => {
    await workbench.page.goto(`${new URL(workbench.page.url()).origin}/?${query}`);
    await workbench.page.locator('.monaco-workbench').waitFor();
  };

  it('of which Git has an older version: both sides have names, only the own one has findings', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await workbench.goTo(toPod);
    await clickUntil(
      'open the changes',
      workbench.page.locator('.editor-actions .action-label[aria-label^="Open Changes"]'),
      workbench.page.locator('.monaco-diff-editor .editor.modified .view-line'),
    );
    // What a hint says of a rule's endpoint: "booking/frontend:http -> ...".
    for (const side of ['original', 'modified'])
      await saysSoon(workbench.page.locator(`.monaco-diff-editor .editor.${side}`), '->');
    const orphans = await workbench.problems('orphaned-chain');
    await saysSoon(orphans, 'KUBE-SEP-YMMDN24UIRGMOLTR');
    await soon(() => orphans.count()).toBe(1);
    await workbench.closePanel();
    await workbench.screenshot('places-changes');
  });

  it('is compared by meaning with its committed version', async () => {
    await workbench.open('worker-1.iptables');
    const view = workbench.view('Compare');
    await workbench.runAndPick('iptables: Compare Dumps by Meaning', 'With the Committed Version', view);
    await saysSoon(view, 'frontend');
    await workbench.screenshot('places-committed');
  });

  it('in one of several folders, each with a cluster of its own', async () => {
    const cluster = readFileSync(join(sample, 'cluster.json'), 'utf8');
    for (const folder of ['east', 'west']) {
      mkdirSync(join(workbench.folder, folder));
      cpSync(join(sample, 'worker-1.iptables'), join(workbench.folder, folder, `${folder}.iptables`));
      writeFileSync(join(workbench.folder, folder, 'cluster.json'), cluster.replaceAll(pod, `frontend-of-the-${folder}`));
    }
    const file = join(workbench.folder, 'both.code-workspace');
    const { host } = new URL(workbench.page.url());
    const folders = ['east', 'west'].map((folder) => ({ uri: `vscode-remote://${host}${join(workbench.folder, folder)}` }));
    writeFileSync(file, JSON.stringify({ folders }));
    // The page may ask for the file of the workspace before it can be read, and has no folder then.
    await doUntil(
      'open the workspace of two folders',
      () => goToPage(`workspace=${encodeURIComponent(file)}`),
      workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'west' }),
      surelyLost,
    );
    for (const folder of ['west', 'east']) {
      await workbench.open(`${folder}.iptables`);
      await workbench.goTo(toPod);
      await workbench.line(`frontend-of-the-${folder}`).first().waitFor();
      // The two have one file name.
      await workbench.statusSays(`${folder}/cluster.json`);
    }
    await workbench.screenshot('places-folders');
  });

  it('without a folder: names come from its comments, and it is said that there is no cluster', async () => {
    const folder = join(workbench.folder, '..', 'alone');
    mkdirSync(folder);
    const alone = join(folder, 'alone.iptables');
    writeFileSync(alone, lines.join('\n'));
    const address = new URL(workbench.page.url());
    const payload = JSON.stringify([['openFile', `vscode-remote://${address.host}${encodeURI(alone)}`]]);
    await goToPage(`ew=true&payload=${encodeURIComponent(payload)}`);
    await workbench.page.locator('.tab.active', { hasText: 'alone.iptables' }).waitFor();
    await saysSoon(workbench.language(), 'iptables');
    await workbench.goTo(toPod);
    await soon(() => workbench.line('booking/frontend:http').count()).toBeGreaterThan(0);
    expect(await workbench.statusSays(/comments|no cluster/i)).not.toContain('cluster.json');
    await workbench.screenshot('places-alone');
  });
});
