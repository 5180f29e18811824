import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeBundleResult, NodeDumpResult, NodeReadersResult, NodesResult } from '../../server/src/protocol/node.ts';
import type {
  ClusterSnapshotResult,
  ClusterStatusParams,
  ContextsResult,
  DriftResult,
} from '../../server/src/protocol/requests.ts';
import { fixturePath } from '../support/fixtures.ts';
import { startTestServer, type TestServer } from '../support/language-server.ts';
import { type ApiObject, answerStatus, startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { pod } from './objects.ts';

// The built server in a process of its own, with the API client loaded from its bundle.

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
  readonly items: readonly ApiObject[];
};
const lines = dump.split('\n');
const frontendRule = lines.findIndex((line) => line.startsWith('-A KUBE-SERVICES') && line.includes('booking/frontend:http'));
const frontendChain = { line: frontendRule, character: (lines[frontendRule] ?? '').indexOf('KUBE-SVC-') + 3 };
const uri = 'iptables-node:/test/worker-1/worker-1.nft.iptables';

let api: TestApiServer;
let folder: Folder;
let server: TestServer | undefined;
let settings: { cluster: Record<string, string> } = { cluster: {} };

beforeEach(async () => {
  api = await startApiServer();
  for (const item of items) api.put(item);
  folder = temporaryFolder();
  const kubeconfig = folder.write('config', kubeconfigText(api, { token: 'secret' }));
  settings = { cluster: { kubeconfig } };
});

afterEach(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
  server = undefined;
  await api.close();
  folder.remove();
});

async function start(initializationOptions: object = {}): Promise<TestServer> {
  server = await startTestServer({ initializationOptions, settings: () => settings });
  await server.open(uri, dump);
  await server.diagnostics(uri, 1);
  return server;
}

function live(of: TestServer, fits: (status: ClusterStatusParams) => boolean = () => true): Promise<ClusterStatusParams> {
  return of.notified<ClusterStatusParams>('iptables/clusterStatus', (status) => status.kind === 'live' && fits(status));
}

async function hoverText(of: TestServer, position = frontendChain): Promise<string> {
  const params = { textDocument: { uri }, position };
  const hover = await of.request<{ contents: { value: string } } | null>('textDocument/hover', params);
  return hover?.contents.value ?? '';
}

describe('the server with a live cluster', () => {
  it('contacts nothing until a context is selected; lists contexts without contacting anything', async () => {
    const of = await start();
    const known = await of.request<ContextsResult>('iptables/contexts', {});
    expect(known).toMatchObject({
      contexts: [{ name: 'test', server: api.url, user: 'test-user', current: true, program: '' }],
      problem: '',
      selected: '',
    });
    await of.diagnostics(uri, 1);
    expect(api.seen).toEqual([]);
  });

  it('names Services by the selected context, says so in the status, and leaves it when another choice is made', async () => {
    const of = await start();
    await of.request('iptables/selectContext', { context: 'test' });
    const status = await live(of, ({ label }) => label === 'test (live)');
    expect(status).toMatchObject({ severity: 'ok', detail: '8 Services, 7 EndpointSlices, 3 Nodes.' });
    expect(status.asOf).toBeUndefined();
    expect(await hoverText(of)).toMatch(/details from test, as of a moment ago/);
    await of.request('iptables/selectContext', { context: '' });
    await of.notified<ClusterStatusParams>('iptables/clusterStatus', ({ kind }) => kind === 'none');
    expect(await hoverText(of)).toMatch(/no cluster is known/);
  });

  it('connects by the setting, unless the user has picked "none" for this workspace', async () => {
    settings.cluster['context'] = 'test';
    const of = await start();
    await live(of, ({ label }) => label === 'test (live)');
    await of.stop();
    api.intercept = (_request, response) => answerStatus(response, 500, 'InternalError', 'asked all the same');
    const before = api.seen.length;
    server = undefined;
    const other = await start({ context: '' });
    expect((await other.request<ContextsResult>('iptables/contexts', {})).selected).toBe('');
    expect(api.seen.length).toBe(before);
  });

  it('never connects in an untrusted workspace, whatever the settings or the client say', async () => {
    settings.cluster['context'] = 'test';
    const of = await start({ trusted: false, context: 'test' });
    await expect(of.request('iptables/selectContext', { context: 'test' })).rejects.toThrow(/^In Restricted Mode/);
    expect(await of.request<ContextsResult>('iptables/contexts', {})).toMatchObject({
      contexts: [],
      problem: expect.stringMatching(/^In Restricted Mode/),
    });
    await expect(of.request('iptables/nodes', {})).rejects.toThrow(/^In Restricted Mode no cluster is contacted/);
    await expect(of.request('iptables/refreshCluster', {})).rejects.toThrow(/^In Restricted Mode no cluster is contacted/);
    expect(api.seen).toEqual([]);
    // Trust is what was missing.
    await of.connection.sendNotification('iptables/trust');
    await live(of, ({ label }) => label === 'test (live)');
  });

  it('says what is in the way: no kubeconfig, no such context, no permission', async () => {
    settings.cluster['context'] = 'other';
    const of = await start();
    const missing = await live(of, ({ severity }) => severity === 'error');
    expect(missing.label).toBe('other (no connection)');
    expect(missing.detail).toMatch(
      /^There is no context "other" in .*There are: test\. Until it is known, names come from the dump's comments\.$/,
    );
    api.intercept = ({ path }, response) =>
      path === '/api/v1/nodes' &&
      answerStatus(response, 403, 'Forbidden', 'nodes is forbidden: User "dev" cannot list resource "nodes"');
    await of.request('iptables/selectContext', { context: 'test' });
    const forbidden = await live(of, ({ label }) => label === 'test (live in part)');
    expect(forbidden.severity).toBe('warning');
    expect(forbidden.detail).toBe(
      '8 Services, 7 EndpointSlices. Permission to list nodes is missing (403). nodes is forbidden: User "dev" cannot list resource "nodes".',
    );
  });

  it('keeps the last good data while the cluster is away, with its age, and takes it up again', async () => {
    const of = await start({ context: 'test' });
    await live(of, ({ label }) => label === 'test (live)');
    await api.stop();
    const away = await live(of, ({ label }) => label === 'test (offline)');
    expect(away.severity).toBe('warning');
    expect(away.asOf).toBeLessThanOrEqual(Date.now());
    expect(await hoverText(of)).toMatch(/details from test, as of a moment ago/);
    const frontend = items.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'frontend');
    if (frontend === undefined) throw new Error('no frontend');
    api.put({ ...frontend, metadata: { ...frontend.metadata, name: 'frontend-2' } });
    await api.start();
    await of.request('iptables/refreshCluster', {});
    const back = await live(of, ({ label, detail }) => label === 'test (live)' && detail.startsWith('9 Services'));
    expect(back.asOf).toBeUndefined();
  });

  it('sees a Service that is new, and fetches a Pod when it is asked for', async () => {
    const of = await start({ context: 'test' });
    await live(of, ({ label }) => label === 'test (live)');
    const frontend = items.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'frontend');
    if (frontend === undefined) throw new Error('no frontend');
    api.put({ ...frontend, metadata: { ...frontend.metadata, name: 'frontend-2' } });
    await live(of, ({ detail }) => detail.startsWith('9 Services'));
    api.put(pod('booking', 'only-live', 'worker-1'));
    expect(await of.request('iptables/pod', { namespace: 'booking', name: 'no-such-pod' })).toBeNull();
    expect(await of.request('iptables/pod', { namespace: 'booking', name: 'only-live' })).toMatchObject({
      kind: 'Pod',
      node: 'worker-1',
      ready: true,
    });
  });

  it('sees drift appear when an object changes', async () => {
    const of = await start({ context: 'test' });
    await live(of, ({ label }) => label === 'test (live)');
    const statusOf = async (name: string): Promise<string | null | undefined> => {
      const drift = await of.request<DriftResult>('iptables/drift', { textDocument: { uri } });
      expect([drift.cluster, drift.node]).toEqual(['test', 'worker-1']);
      const services = drift.namespaces.flatMap((namespace) => namespace.services);
      return services.find((service) => service.name === name)?.status;
    };
    expect(await statusOf('tickets')).toBe('in-sync');
    api.remove('Service', 'booking', 'tickets');
    await live(of, ({ detail }) => detail.startsWith('7 Services'));
    expect(await statusOf('tickets')).toBe('stale');
  });

  it('fetches the Pod that a hover is about', async () => {
    const of = await start({ context: 'test' });
    await live(of, ({ label }) => label === 'test (live)');
    const rule = lines.findIndex((line) => line.startsWith('-A KUBE-SEP-QWFXKANDF3TMYGQH') && line.includes('DNAT'));
    const text = await hoverText(of, { line: rule, character: '-A KUBE-S'.length });
    expect(text).toContain('frontend\\-6c8f7b9d45\\-2lqzr');
    // No EndpointSlice says whose the Pod is.
    expect(text).toMatch(/Owner\\: ReplicaSet frontend/);
    expect(api.seen.filter(({ path }) => path.includes('/pods/')).map(({ path }) => path)).toEqual([
      '/api/v1/namespaces/booking/pods/frontend-6c8f7b9d45-2lqzr',
    ]);
    expect((await live(of, ({ detail }) => detail.includes('looked at'))).detail).toContain('1 Pod looked at');
  });

  it('opens what a node prints, and saves what the cluster holds', async () => {
    const of = await start({ context: 'test' });
    await live(of, ({ label }) => label === 'test (live)');
    const { nodes } = await of.request<NodesResult>('iptables/nodes', {});
    const node = nodes[0]?.name ?? '';
    api.put({
      kind: 'Pod',
      metadata: { namespace: 'kube-system', name: 'kube-proxy-1', labels: { 'k8s-app': 'kube-proxy' } },
      spec: { nodeName: node, hostNetwork: true, containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'kube-proxy', state: { running: {} } }] },
    });
    const { readers, commands, bundleCommands, context } = await of.request<NodeReadersResult>('iptables/nodeReaders', { node });
    expect(commands).toContain('iptables-nft-save -c');
    expect(readers).toEqual([
      { kind: 'pod', isKubeProxy: true, namespace: 'kube-system', pod: 'kube-proxy-1', container: 'kube-proxy' },
      {
        kind: 'debug-pod',
        namespace: 'kube-system',
        image: expect.stringMatching(/^registry\.k8s\.io\/kube-proxy:v1\.\d+\.\d+$/),
      },
    ]);
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump] : [] });
    const read = await of.request<NodeDumpResult>('iptables/nodeDump', { context, node, reader: readers[0] });
    expect(read.dumps.map(({ text }) => text === dump)).toEqual([true]);
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump.slice(0, -200)] : [] });
    const cut = await of.request<NodeDumpResult>('iptables/nodeDump', { context, node, reader: readers[0] });
    expect(cut.dumps).toEqual([]);
    expect(cut.problems).toEqual([expect.stringMatching(/^The answer of iptables-nft-save -c was cut short/)]);
    await expect(of.request('iptables/nodeDump', { context: 'other', node, reader: readers[0] })).rejects.toThrow(
      'The live cluster is test now, and no longer other.',
    );
    const bundle = { context, node, reader: readers[0] };
    for (const by of readers)
      await expect(of.request('iptables/nodeBundle', { ...bundle, reader: by, context: 'other' })).rejects.toThrow(
        'no longer other',
      );
    api.exec = ({ argv }) => ({ stdout: argv[0] === 'iptables-nft-save' ? [dump] : [] });
    const collected = await of.request<NodeBundleResult>('iptables/nodeBundle', bundle);
    expect(bundleCommands).toEqual(expect.arrayContaining(['iptables-nft-save -c', 'conntrack -S', 'ip -j -d addr show']));
    expect(collected.files.find(({ path }) => path === 'iptables-save.txt')?.text).toBe(dump);
    expect(collected.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['conntrack.txt', 'cluster.json', 'meta.json']),
    );
    const saved = await of.request<ClusterSnapshotResult>('iptables/clusterSnapshot', {});
    expect(saved.summary).toMatch(/^3 Nodes, 8 Services, 7 EndpointSlices, \d+ Pods$/);
    expect(saved.text).not.toContain('managedFields');
  });
});
