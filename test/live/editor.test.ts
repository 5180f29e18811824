import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { clickUntil, doUntil, type Effect, gone, lost, surelyLost } from '../editor/again.ts';
import { openWorkbench, saysSoon, soon, type Workbench } from '../editor/workbench.ts';
import { fixturePath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { type ApiObject, startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const lines = dump.split('\n');
const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
  readonly items: readonly ApiObject[];
};
const toFrontend = lines.findIndex(
  (line) => line.includes('booking/frontend:http cluster IP') && line.startsWith('-A KUBE-SERVICES'),
);

/** How a container of a Pod ended. */
const ended = { terminated: { exitCode: 0, reason: 'Completed' } };

interface Container {
  readonly name: string;
  readonly command: readonly string[];
}

/** The containers of a Pod that the extension made. */
function containersOf(pod: ApiObject | undefined): readonly Container[] {
  return (pod as { readonly spec?: { readonly containers?: readonly Container[] } } | undefined)?.spec?.containers ?? [];
}

describeWith(['code-server', 'chromium'], 'a live cluster in VS Code', () => {
  let api: TestApiServer;
  let folder: Folder;
  let workbench: Workbench;

  beforeAll(async () => {
    api = await startApiServer();
    for (const item of items) api.put(item);
    api.put({
      kind: 'Pod',
      metadata: { namespace: 'kube-system', name: 'kube-proxy-1', labels: { 'k8s-app': 'kube-proxy' } },
      spec: {
        nodeName: 'worker-1',
        hostNetwork: true,
        containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }],
      },
      status: { phase: 'Running', containerStatuses: [{ name: 'kube-proxy', state: { running: {} } }] },
    });
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump] : [] });
    folder = temporaryFolder();
    const kubeconfig = folder.write('config', kubeconfigText(api, { token: 'secret' }));
    const workspace = join(folder.path, 'workspace');
    mkdirSync(workspace);
    folder.write('workspace/worker-1.iptables', dump);
    workbench = await openWorkbench({
      workspace,
      file: 'worker-1.iptables',
      userSettings: { 'iptables.cluster.kubeconfig': kubeconfig, 'files.simpleDialog.enable': true },
    });
  });

  afterAll(async () => {
    await workbench?.close();
    await api?.close();
    folder?.remove();
  });

  beforeEach(async ({ onTestFailed, task }) => {
    onTestFailed(() => workbench.screenshot(`failed-${task.id}`));
    await workbench.page.keyboard.press('Escape');
  });

  /** Runs a command that opens a list or a dialog of its own, so that the palette's box does not seem to close. */
  const begin = (title: string, opens: string): Promise<void> =>
    workbench.run(title, workbench.page.locator('.quick-input-title', { hasText: opens }));

  const rows = (text: string) => workbench.rows(text);
  const dialog = () => workbench.page.locator('.monaco-dialog-box');
  const toasts = (text = '') => workbench.page.locator('.notifications-toasts', { hasText: text });
  const activeTab = (name: string) => workbench.page.locator('.tab.active', { hasText: name });
  /** Asks what is on the node, by a command; until what comes next is there. */
  const chooseNode = (next: Effect = dialog()): Promise<void> => clickUntil('choose the node', rows('worker-1'), next);
  /** Presses a button of the question whether to run something. */
  const agree = (name: string): Promise<void> =>
    clickUntil(`press ${name}`, dialog().getByRole('button', { name }), gone(dialog()), { lostAfter: surelyLost });
  const clear = (): Promise<void> =>
    workbench.run(
      'Notifications: Clear All Notifications',
      gone(workbench.page.locator('.notifications-toasts .notification-list-item')),
    );
  /** The language status, as a click keeps it. */
  const statusIs = (text: string): Promise<void> =>
    clickUntil(
      'open the language status',
      workbench.page.locator('[id="status.languageStatus"]'),
      workbench.page.locator('.hover-language-status', { hasText: text }),
    );

  /** Restarts the language server; returns once the new one follows the cluster. Before that the old one may still follow it, or ask something that nobody answers any more. */
  const restart = async (): Promise<void> => {
    const services = '/api/v1/services';
    const begun = api.count(services, true);
    await workbench.run('iptables: Restart Language Server');
    await soon(() => api.count(services, true)).toBeGreaterThan(begun);
    await soon(() => api.watches('services')).toBe(1);
  };

  it('contacts nobody before a context is picked', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await saysSoon(await workbench.problems('orphaned-chain'), 'KUBE-SEP-');
    await workbench.closePanel();
    expect(api.seen).toEqual([]);
  });

  it('is picked from a list, and named with how fresh it is beside the language', async () => {
    await begin('iptables: Select Cluster Context', 'Cluster of This Workspace');
    await saysSoon(rows('test'), api.url);
    await workbench.screenshot('contexts');
    await clickUntil('choose a context', rows(api.url), gone(rows(api.url)));
    await soon(() => api.watches('services')).toBe(1);
    await statusIs('test (live)');
    await statusIs('8 Services');
    await workbench.screenshot('cluster-status');
  });

  it('names what only it knows on hover', async () => {
    await workbench.goTo(toFrontend + 1, (lines[toFrontend] ?? '').length);
    await workbench.statusSays('test');
    await workbench.hover('KUBE-SVC-3MGBTRC5ATFFL7T7', 'details from test', 'frontend-6c8f7b9d45-2lqzr');
  });

  it('shows drift in a tree as objects change, and goes to the rule on a click', async () => {
    const tree = workbench.view('Drift').locator('.monaco-list-row');
    await workbench.run('iptables: Focus on Drift View', tree);
    await saysSoon(tree.filter({ hasText: 'tickets' }), 'in sync');
    api.remove('Service', 'booking', 'tickets');
    await saysSoon(tree.filter({ hasText: 'tickets' }), 'stale');
    await workbench.screenshot('drift');
    const twistie = tree.filter({ hasText: 'tickets' }).locator('.monaco-tl-twistie');
    const finding = tree.filter({ hasText: 'not in the cluster any more' }).filter({ hasText: 'booking/tickets' });
    await clickUntil('unfold the Service', twistie, finding, { lostAfter: surelyLost });
    await clickUntil('go to the rule', finding, async () => {
      const line = Number(/Ln (\d+)/.exec((await workbench.cursor().textContent({ timeout: lost })) ?? '')?.[1]);
      return (lines[line - 1] ?? '').includes('booking/tickets');
    });
  });

  it('opens what a node prints, after it was shown what is run where', async () => {
    await begin('iptables: Open Dump from Node', 'Open Dump from Node');
    await chooseNode();
    await saysSoon(dialog(), 'Run iptables-save in kube-proxy-1 on worker-1?');
    await saysSoon(dialog(), 'iptables-nft-save -c');
    await saysSoon(dialog(), 'kube-system/kube-proxy-1, container kube-proxy');
    await workbench.screenshot('node-dump-confirm');
    expect(api.seen.some(({ path }) => path.endsWith('/exec'))).toBe(false);
    await agree('Run');
    await activeTab('worker-1.nft.iptables').waitFor();
    await saysSoon(workbench.language(), 'iptables');
    await workbench.page.locator('.view-line', { hasText: '# Generated by iptables-save' }).first().waitFor();
  });

  it('collects the bundle of a node into a folder, after it was shown what is run where, and diagnoses it', async () => {
    await begin('iptables: Collect Node Bundle', 'Collect Node Bundle');
    await chooseNode();
    await saysSoon(dialog(), 'Collect a bundle in kube-proxy-1 on worker-1?');
    await saysSoon(dialog(), 'conntrack -L -o extended');
    await workbench.screenshot('node-bundle-confirm');
    await agree('Collect');
    const asked = workbench.page.locator('.quick-input-title', { hasText: 'The folder to make the bundle of worker-1 in' });
    await asked.waitFor();
    const here = workbench.page.locator('.quick-input-action', { hasText: 'Collect Here' });
    await clickUntil('collect here', here, gone(asked), { lostAfter: surelyLost });
    await activeTab('iptables-save.txt').waitFor();
    const files = readdirSync(join(workbench.folder, 'worker-1-bundle'));
    expect(files).toEqual(expect.arrayContaining(['cluster.json', 'iptables-save.txt', 'meta.json']));
    await saysSoon(toasts(), `worker-1-bundle: ${files.length} files.`);
    await workbench.screenshot('node-bundle');
    const question = workbench.page.locator('.quick-input-widget .quick-input-message', { hasText: 'From where?' });
    await clickUntil('diagnose it', toasts().getByRole('button', { name: 'Diagnose' }), question, { lostAfter: surelyLost });
    // Nothing: the node as a whole.
    await doUntil(
      'ask about the node',
      async () => {
        if (await question.isVisible())
          await workbench.page.locator('.quick-input-widget input').first().press('Enter', { timeout: lost });
      },
      activeTab('worker-1-bundle diagnosis.txt'),
      surelyLost,
    );
    await workbench.screenshot('node-bundle-diagnosed');
    rmSync(join(workbench.folder, 'worker-1-bundle'), { recursive: true });
    await clear();
    await workbench.run('View: Close Editor', activeTab('iptables-save.txt'));
    await workbench.run('View: Close Editor', activeTab('worker-1.nft.iptables'));
  });

  it('reads a node again, and compares with the time before', async () => {
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump.replace(':INPUT ACCEPT', ':INPUT DROP')] : [] });
    await workbench.run('iptables: Refresh Dump from Node', workbench.page.locator('.view-line', { hasText: ':INPUT DROP' }));
    const compared = workbench.page.locator('.monaco-diff-editor .line-insert');
    await workbench.run('iptables: Compare with the Dump Before', compared);
    await workbench.screenshot('node-dump-compared');
    await workbench.run('View: Close Editor', gone(compared));
  });

  it('never shows an answer that was cut short', async () => {
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump.slice(0, 2_000)] : [] });
    await workbench.open('worker-1.iptables');
    await begin('iptables: Open Dump from Node', 'Open Dump from Node');
    await chooseNode();
    await agree('Run');
    await saysSoon(toasts(), /was cut short after \d+ lines/);
    await activeTab('worker-1.iptables').waitFor();
  });

  it('creates no debug pod on a node without a kube-proxy pod before that was agreed to', async () => {
    await clear();
    api.remove('Pod', 'kube-system', 'kube-proxy-1');
    await begin('iptables: Open Dump from Node', 'Open Dump from Node');
    await chooseNode(rows('A debug pod'));
    await clickUntil('choose a debug pod', rows('A debug pod'), dialog());
    await saysSoon(dialog(), 'Create a debug pod on worker-1?');
    await saysSoon(dialog(), /namespace kube-system from the image registry\.k8s\.io\/kube-proxy:v1\.\d+\.\d+/);
    await workbench.screenshot('debug-pod-confirm');
    await agree('Cancel');
    await activeTab('worker-1.iptables').waitFor();
    expect(api.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('collects the bundle of such a node by a debug pod, which is gone afterwards', async () => {
    let made: ApiObject | undefined;
    // Its containers end as soon as it is asked for: each printed what its program does.
    api.intercept = ({ method, path }) => {
      const name = /^\/api\/v1\/namespaces\/kube-system\/pods\/(iptables-dump-[0-9a-f]+)$/.exec(path)?.[1];
      const pod = method === 'GET' && name !== undefined ? api.get('Pod', 'kube-system', name) : undefined;
      if (pod !== undefined) {
        made = pod;
        const containerStatuses = containersOf(pod).map((container) => ({ name: container.name, state: ended }));
        api.put({ ...pod, status: { phase: 'Succeeded', containerStatuses } });
      }
      return false;
    };
    api.log = ({ container }) => {
      const program =
        containersOf(made)
          .find(({ name }) => name === container)
          ?.command.join(' ') ?? '';
      return program.startsWith('iptables-nft-save') ? dump : '';
    };
    await clear();
    api.remove('Pod', 'kube-system', 'kube-proxy-1');
    await begin('iptables: Collect Node Bundle', 'Collect Node Bundle');
    await chooseNode();
    await saysSoon(dialog(), 'Create a debug pod on worker-1?');
    await saysSoon(dialog(), 'It is removed as soon as it has run');
    await workbench.screenshot('node-bundle-debug-pod-confirm');
    expect(made).toBeUndefined();
    await agree('Create and Collect');
    const asked = workbench.page.locator('.quick-input-title', { hasText: 'The folder to make the bundle of worker-1 in' });
    await asked.waitFor();
    const here = workbench.page.locator('.quick-input-action', { hasText: 'Collect Here' });
    await clickUntil('collect here', here, gone(asked), { lostAfter: surelyLost });
    await activeTab('iptables-save.txt').waitFor();
    const folderOfBundle = join(workbench.folder, 'worker-1-bundle');
    expect(readFileSync(join(folderOfBundle, 'iptables-save.txt'), 'utf8')).toBe(dump);
    expect(containersOf(made).length).toBeGreaterThan(1);
    expect(api.names('Pod').filter((name) => name.includes('iptables-dump'))).toEqual([]);
    api.intercept = () => false;
    rmSync(folderOfBundle, { recursive: true });
    await clear();
    await workbench.run('View: Close Editor', activeTab('worker-1.iptables'));
  });

  it('says what a debug pod waits for, and removes it when the server is restarted', async () => {
    const pods = () => api.names('Pod').filter((name) => name.includes('iptables-dump'));
    api.remove('Pod', 'kube-system', 'kube-proxy-1');
    await begin('iptables: Open Dump from Node', 'Open Dump from Node');
    await chooseNode(rows('A debug pod'));
    await clickUntil('choose a debug pod', rows('A debug pod'), dialog());
    await agree('Create and Run');
    await saysSoon(toasts(), 'the debug pod waits for worker-1 to pick it up');
    await workbench.screenshot('debug-pod-waits');
    expect(pods()).toHaveLength(1);
    await restart();
    await soon(pods).toEqual([]);
  });

  it('offers to remove what a killed session left, as plain text', async () => {
    await clear();
    const labels = { 'app.kubernetes.io/name': 'iptables-dump', 'app.kubernetes.io/managed-by': 'vscode-iptables' };
    const metadata = {
      namespace: 'kube-system',
      name: 'iptables-dump-0a0a0a0a',
      labels,
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    api.put({ kind: 'Pod', metadata, spec: { nodeName: '[worker-1](command:workbench.action.quit)' } });
    await restart();
    await saysSoon(toasts(), 'A debug pod of an earlier session is still in test');
    expect(await toasts().locator('a[href^="command:"], a[data-href^="command:"]').count()).toBe(0);
    const remove = toasts().getByRole('button', { name: 'Remove' });
    await clickUntil('remove the debug pod', remove, gone(remove));
    await soon(() => api.names('Pod')).not.toContain('kube-system/iptables-dump-0a0a0a0a');
  });

  it('is saved as a snapshot beside the dump', async () => {
    await clear();
    await workbench.open('worker-1.iptables');
    await begin('iptables: Save Cluster Snapshot', 'Save Cluster Snapshot');
    const box = workbench.page.locator('.quick-input-widget input').first();
    await soon(() => box.inputValue()).toContain('cluster-test.json');
    await doUntil(
      'save the snapshot',
      async () => {
        if (await box.isVisible()) await box.press('Enter', { timeout: lost });
      },
      async () => readdirSync(workbench.folder).includes('cluster-test.json'),
      surelyLost,
    );
    await saysSoon(toasts(), 'Saved without secrets: 3 Nodes, 7 Services');
    const saved = readSnapshot(readFileSync(join(workbench.folder, 'cluster-test.json'), 'utf8'), 'cluster-test.json', 0);
    expect(saved.ok && saved.cluster.services.length).toBe(7);
  });

  it('is left again, for names from the snapshot', async () => {
    await begin('iptables: Select Cluster Context', 'Cluster of This Workspace');
    await clickUntil('leave the cluster', rows('No live cluster'), gone(rows('No live cluster')));
    await soon(() => api.watches('services')).toBe(0);
    await statusIs('cluster-test.json');
  });
});
