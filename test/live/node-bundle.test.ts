import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleFiles } from '../support/bundles.ts';
import { inspectBundle } from '../support/inspect.ts';
import { type ApiObject, answerStatus, startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';

// A node whose kube-proxy's Pod has most programs; what they print was recorded.

const recorded = new Map(bundleFiles('hairpin-off').map(({ path, text }) => [path, text]));
const { items } = JSON.parse(recorded.get('cluster.json') ?? '') as { readonly items: readonly ApiObject[] };
const proxyPod = (name: string, node: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'kube-system', name, labels: { 'k8s-app': 'kube-proxy' } },
  spec: { nodeName: node, hostNetwork: true, containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'kube-proxy', state: { running: {} } }] },
});

/** What each program prints; one that is not here is not in the container. */
const printed: Readonly<Record<string, string>> = {
  'iptables-nft-save -c': 'iptables-save.txt',
  'ip6tables-nft-save -c': 'ip6tables-save.txt',
  'conntrack -L -o extended': 'conntrack.txt',
  'conntrack -S': 'conntrack-stats.txt',
  'ip -j -d addr show': 'ip-addr.json',
  'ip -j -d -4 route show table all': 'ip-route.json',
  'ip -j -d rule show': 'ip-rule.json',
  'ip -j -d link show': 'ip-link.json',
  'ip -j -d neigh show': 'ip-neigh.json',
  'bridge -j -d link show': 'bridge-link.json',
  'sysctl -a': 'sysctl.txt',
  'nft -j list ruleset': 'nft.json',
};
const empty: ReadonlySet<string> = new Set(['iptables-legacy-save', 'ip6tables-legacy-save', 'conntrack', 'ip', 'bridge']);

let api: TestApiServer;
let folder: Folder;
let kubeconfig = '';
let ran: string[] = [];

beforeEach(async () => {
  api = await startApiServer();
  folder = temporaryFolder();
  ran = [];
  for (const item of items) if (['Service', 'EndpointSlice', 'Pod', 'Node'].includes(String(item['kind']))) api.put(item);
  api.put(proxyPod('kube-proxy-1', 'worker-1'));
  kubeconfig = folder.write('config', kubeconfigText(api, { token: 'secret' }));
  api.log = () => recorded.get('kube-proxy.log') ?? '';
  api.exec = ({ argv }) => {
    const command = argv.join(' ');
    ran.push(command);
    const file = printed[command];
    if (argv[0] === 'grep')
      return {
        stdout: [
          '/proc/net/xt_recent/KUBE-SEP-A:src=10.42.0.30 ttl: 64 last_seen: 7 oldest_pkt: 1 7\n/proc/net/xt_recent/../x:src=1\n',
        ],
      };
    if (file !== undefined)
      return {
        stdout: [`${recorded.get(file) ?? ''}${file === 'sysctl.txt' ? 'net.ipv6.conf.all.stable_secret = 1234\n' : ''}`],
      };
    if (empty.has(argv[0] ?? '')) return { stdout: [] };
    return { stdout: [], status: { status: 'Failure', message: `exec: "${argv[0]}": executable file not found in $PATH` } };
  };
});

afterEach(async () => {
  await api.close();
  folder.remove();
});

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runBy(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const child = execFile(
      program,
      args,
      { env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder.path, NO_COLOR: '1' } },
      (_error, stdout, stderr) => done({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

function run(...args: readonly string[]): Promise<Ran> {
  return runBy(process.execPath, [inspectBundle, ...args]);
}

describe('collect --node', () => {
  it('collects what the container and the API have, says what they lack, and is diagnosed', async () => {
    const target = resolve(folder.path, 'bundle');
    const { status, stdout, stderr } = await run('collect', '--node', 'worker-1', '--context', 'test', '-o', target);
    expect(status).toBe(0);
    expect(stdout).toContain('from kube-system/kube-proxy-1, container kube-proxy');
    expect(stderr).toContain('not collected: ipset-save.txt: the container has no ipset.');
    expect(readdirSync(target)).toEqual(
      expect.arrayContaining(['cluster.json', 'ip-route.json', 'iptables-save.txt', 'kube-proxy.log', 'meta.json', 'sysctl.txt']),
    );
    expect(readFileSync(join(target, 'iptables-save.txt'), 'utf8')).toBe(recorded.get('iptables-save.txt'));
    expect(readFileSync(join(target, 'sysctl.txt'), 'utf8')).not.toContain('stable_secret');
    expect(readFileSync(join(target, 'xt_recent/KUBE-SEP-A'), 'utf8')).toBe(
      'src=10.42.0.30 ttl: 64 last_seen: 7 oldest_pkt: 1 7\n',
    );
    expect(readdirSync(target)).toContain('nft.json');
    // What most nodes have no use for is not missed.
    expect(stderr).not.toMatch(/ebtables|nfnetlink_queue/);
    expect(ran.filter((command) => / (?:-D|-F|add|del|set|-w)\b/.test(command))).toEqual([]);
    const diagnosis = await run('diagnose', target, '--from', 'shop/solo-0', '--to', 'shop/solo');
    expect([diagnosis.status, diagnosis.stderr]).toEqual([1, '']);
    expect(diagnosis.stdout).toContain('[hairpin-off]');
  });

  it('creates a Pod where none can be asked and one is wanted, and says before what that would be', async () => {
    const target = resolve(folder.path, 'bundle');
    const collect = ['collect', '--node', 'worker-2', '--context', 'test', '-o', target];
    const { status, stderr } = await run(...collect);
    expect(status).toBe(2);
    expect(stderr).toContain("created in namespace kube-system from that image, in the node's network");
    expect(stderr).toContain('iptables-nft-save -c; ');
    expect(api.names('Pod').filter((name) => name.startsWith('iptables-dump'))).toEqual([]);

    const programs = new Map<string, string>();
    api.intercept = ({ method, path }) => {
      const name = /\/namespaces\/kube-system\/pods\/(iptables-dump-[0-9a-f]+)$/.exec(path)?.[1];
      const created = method === 'GET' && name !== undefined ? api.get('Pod', 'kube-system', name) : undefined;
      const spec = created?.['spec'] as
        | {
            readonly nodeName: string;
            readonly containers: readonly { name: string; command: readonly string[]; image: string }[];
          }
        | undefined;
      if (created === undefined || spec === undefined) return false;
      expect([spec.nodeName, spec.containers[0]?.image]).toEqual(['worker-2', 'example.com/net-tools:1']);
      for (const { name: container, command } of spec.containers) programs.set(container, command.join(' '));
      const state = (container: string): object =>
        printed[programs.get(container) ?? ''] !== undefined || empty.has(programs.get(container)?.split(' ')[0] ?? '')
          ? { terminated: { exitCode: 0, reason: 'Completed' } }
          : { terminated: { exitCode: 128, reason: 'StartError', message: 'executable file not found' } };
      api.put({
        ...created,
        status: {
          phase: 'Succeeded',
          containerStatuses: [...programs.keys()].map((container) => ({ name: container, state: state(container) })),
        },
      });
      return false;
    };
    api.log = ({ container }) => recorded.get(printed[programs.get(container) ?? ''] ?? '') ?? '';
    const done = await run(...collect, '--debug-pod', 'example.com/net-tools:1');
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('from a debug pod in namespace kube-system, image example.com/net-tools:1');
    expect(done.stderr).toContain('not collected: ipset-save.txt: the container has no ipset.');
    expect(readFileSync(join(target, 'iptables-save.txt'), 'utf8')).toBe(recorded.get('iptables-save.txt'));
    expect(readFileSync(join(target, 'ip-route.json'), 'utf8')).toBe(recorded.get('ip-route.json'));
    expect(api.names('Pod').filter((name) => name.startsWith('iptables-dump'))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32').each(['a new', 'an empty'])(
    'leaves no part of a bundle where there is no room for all of it: in %s folder',
    async (kind) => {
      const target = resolve(folder.path, 'bundle');
      if (kind === 'an empty') mkdirSync(target);
      // Of 512 bytes each: what programs print of the node fits, its rules do not.
      const withLittleRoom = 'trap \'\' XFSZ; ulimit -f 16; exec "$@"';
      const collect = [process.execPath, inspectBundle, 'collect', '--node', 'worker-1', '--context', 'test', '-o', target];
      const { status, stderr } = await runBy('sh', ['-c', withLittleRoom, 'sh', ...collect]);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(`iptables-inspect: ${target}: `) });
      expect(existsSync(target) ? readdirSync(target) : 'gone').toEqual(kind === 'an empty' ? [] : 'gone');
    },
  );

  it('exits with 2 where no Pod can be asked, nothing may be listed, or the folder is taken', async () => {
    const target = resolve(folder.path, 'bundle');
    const without = await run('collect', '--node', 'worker-2', '--context', 'test', '-o', target);
    expect([without.status, without.stdout]).toEqual([2, '']);
    expect(without.stderr).toContain('No Pod on worker-2 can be asked');
    expect((await run('collect', '--node', 'worker-1', '--context', 'test', '-o', folder.path)).stderr).toContain(
      'is there already',
    );
    expect((await run('collect', '--node', 'worker-1')).stderr).toContain('--context NAME and -o FOLDER together');
    expect((await run('collect', '--script', '--node', 'worker-1')).status).toBe(2);
    api.intercept = ({ path }, response) => path === '/api/v1/pods' && answerStatus(response, 403, 'Forbidden', 'no');
    expect((await run('collect', '--node', 'worker-1', '--context', 'test', '-o', target)).stderr).toContain(
      'Permission to list pods',
    );
    expect(existsSync(target)).toBe(false);
  });
});
