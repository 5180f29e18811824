import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { type ApiObject, startApiServer } from '../live/api-server.ts';
import { kubeconfigText, temporaryFolder } from '../live/kubeconfigs.ts';
import { codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { inspect, inspectBundle } from '../support/inspect.ts';
import { type NodeLab, startNodeLab } from '../support/node-lab.ts';
import { asAsked, labBundle, labCluster, labRules, toWeb } from '../support/node-lab-case.ts';
import { describeWith } from '../support/requirements.ts';

// Questions that recur and that other commands than `diagnose` answer, asked of bundles of a node with real rules and traffic, each with a twin.

interface Answered {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeWith(['root', 'iptables'], 'questions of a real node', () => {
  let lab: NodeLab;
  const folders: string[] = [];
  beforeAll(async () => {
    lab = await startNodeLab();
  }, 60_000);
  afterAll(() => {
    lab.stop();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  /** A bundle as a folder. */
  function written(files: readonly BundleFile[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'node-questions-'));
    folders.push(folder);
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  it('1: which Service is this chain, where no comment says it?', () => {
    lab.load(labRules.replace(/ -m comment --comment (?:"[^"]*"|\S+)/g, ''));
    const files = labBundle(lab);
    const named = inspect(['resolve', written(files), '--annotate']);
    expect(named.status).toBe(0);
    expect(named.stdout).toMatch(/^# .*shop\/web.*\n:KUBE-SVC-67NZLRHBNDSAWJRO /m);
    const isOfWeb = (text: string): unknown =>
      (JSON.parse(text) as { readonly chains: readonly object[] }).chains.map((each) => ({ ...each }));
    const chain = 'KUBE-SVC-67NZLRHBNDSAWJRO';
    const known = inspect(['resolve', written(files), chain, '--format', 'json']);
    expect(isOfWeb(known.stdout)).toMatchObject([
      { chain, role: 'service', by: 'hash', service: { namespace: 'shop', name: 'web' } },
    ]);
    // The twin: without the cluster nobody knows, and nothing is claimed.
    const alone = inspect(['resolve', written(withChanges(files, { 'cluster.json': null })), chain, '--format', 'json']);
    expect(isOfWeb(alone.stdout)).toMatchObject([{ chain, role: 'service', by: null, service: null }]);
  }, 60_000);

  it('26: is load uneven?', async () => {
    const uneven = labRules.replace('--probability 0.50000000000', '--probability 0.90000000009');
    for (const [rules, first, codes] of [
      [uneven, 90, ['unequal-shares']],
      [labRules, 50, []],
    ] as const) {
      lab.load(rules);
      for (let at = 0; at < 60; at += 1) expect(await lab.ask(...toWeb)).toBe('arrives');
      const files = labBundle(lab);
      const folder = written(files);
      const flow = inspect(['flow', folder, '--to', 'shop/web', '--format', 'json']);
      const { nodes } = JSON.parse(flow.stdout) as {
        readonly nodes: readonly { readonly kind: string; readonly label: string; readonly share?: number }[];
      };
      const shares = nodes.flatMap(({ kind, share }) =>
        kind === 'endpoint' && share !== undefined ? [Math.round(100 * share)] : [],
      );
      expect(shares.toSorted((a, b) => b - a)).toEqual([first, 100 - first]);
      // The kernel's own counters say the same, as far as 60 connections go.
      const saved = files.find(({ path }) => path === 'iptables-save.txt')?.text ?? '';
      const count = Number(/^\[(\d+):\d+\] -A KUBE-SVC-67NZLRHBNDSAWJRO .*-j KUBE-SEP-ZTWCBKYB4U6VT6R5$/m.exec(saved)?.[1]);
      if (first === 90) expect(count).toBeGreaterThan(41);
      else expect(count).toBeLessThan(50);
      // Another probability is a difference from what kube-proxy writes, too.
      expect(codesOf(diagnosed(files, asAsked(toWeb))).slice(0, 1)).toEqual(codes);
    }
  }, 120_000);

  /** The cluster with a zone for each endpoint of shop/web, and one for the node. */
  function withZones(zones: readonly (readonly string[])[], own: string): string {
    const cluster = JSON.parse(labCluster) as {
      readonly items: readonly {
        kind: string;
        metadata: { name: string; labels?: Record<string, string> };
        endpoints?: { hints?: object }[];
      }[];
    };
    for (const item of cluster.items) {
      if (item.kind === 'Node' && item.metadata.name === 'worker-1' && own !== '')
        item.metadata.labels = { ...item.metadata.labels, 'topology.kubernetes.io/zone': own };
      if (item.kind === 'EndpointSlice' && item.metadata.name.startsWith('web'))
        for (const [at, endpoint] of (item.endpoints ?? []).entries())
          if ((zones[at] ?? []).length > 0) endpoint.hints = { forZones: (zones[at] ?? []).map((name) => ({ name })) };
    }
    return JSON.stringify(cluster);
  }

  it('27: why are hints not used?', async () => {
    // kube-proxy's rules lead to both endpoints, as one of them has no hint.
    lab.load(labRules);
    expect(await lab.ask(...toWeb)).toBe('arrives');
    const files = labBundle(lab);
    const looked = (cluster: string): string =>
      diagnosed(withChanges(files, { 'cluster.json': cluster }), asAsked(toWeb)).looked.join('\n');
    expect(looked(withZones([['zone-a'], []], 'zone-a'))).toContain(
      'Zone hints of shop/web do not count: 1 of 2 ready endpoints has none',
    );
    expect(looked(withZones([['zone-a'], ['zone-b']], ''))).toContain('node worker-1 has no label topology.kubernetes.io/zone');
    expect(diagnosed(files, asAsked(toWeb)).looked.join('\n')).not.toContain('hints');
    // The twin: every endpoint has one, and the rules go by them.
    lab.load(
      labRules
        .replace(/^-A KUBE-SVC-67NZLRHBNDSAWJRO .*-j KUBE-SEP-ZWXYFAUZDQIXOYA2\n/m, '')
        .replace(/ -m statistic --mode random --probability 0\.5\d*( -j KUBE-SEP-ZTWCBKYB4U6VT6R5)/, '$1')
        .replace(/^(?::|-A )KUBE-SEP-ZWXYFAUZDQIXOYA2 .*\n/gm, ''),
    );
    expect(await lab.ask(...toWeb)).toBe('arrives');
    const hinted = diagnosed(
      withChanges(labBundle(lab), { 'cluster.json': withZones([['zone-a'], ['zone-b']], 'zone-a') }),
      asAsked(toWeb),
    );
    expect([hinted.outcome, codesOf(hinted)]).toEqual(['arrives', []]);
    expect(hinted.looked.join('\n')).toContain('Zone hints of shop/web are for zone zone-a at 1 of 2 ready endpoints');
  }, 60_000);

  it('30: what is wrong on a node that nobody can log in to?', async () => {
    const api = await startApiServer();
    const home = temporaryFolder();
    try {
      const { items } = JSON.parse(labCluster) as { readonly items: readonly ApiObject[] };
      for (const item of items) if (['Service', 'EndpointSlice', 'Pod', 'Node'].includes(String(item['kind']))) api.put(item);
      api.put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'kube-system', name: 'kube-proxy-1', labels: { 'k8s-app': 'kube-proxy' } },
        spec: {
          nodeName: 'worker-1',
          hostNetwork: true,
          containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }],
        },
        status: { phase: 'Running', containerStatuses: [{ name: 'kube-proxy', state: { running: {} } }] },
      });
      // What is asked for runs in the node's network namespace, as in kube-proxy's Pod.
      api.exec = ({ argv }) => {
        const ran = spawnSync('nsenter', ['-t', String(lab.pid('node')), '-n', ...argv], {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        });
        return ran.status === 0
          ? { stdout: [ran.stdout] }
          : { stdout: [], status: { status: 'Failure', message: `command terminated with exit code ${ran.status}` } };
      };
      const kubeconfig = home.write('config', kubeconfigText(api, { token: 'secret' }));
      const run = (...args: readonly string[]): Promise<Answered> =>
        new Promise((done) => {
          const child = execFile(
            process.execPath,
            [inspectBundle, ...args],
            { env: { ...process.env, KUBECONFIG: kubeconfig, HOME: home.path, NO_COLOR: '1' } },
            (_error, stdout, stderr) => done({ status: child.exitCode ?? -1, stdout, stderr }),
          );
        });
      const { from, to } = asAsked(toWeb);
      for (const [name, forwarding, heard] of [
        ['faulty', 0, 'lost'],
        ['healthy', 1, 'arrives'],
      ] as const) {
        lab.load(labRules);
        lab.run('node', `sysctl -qw net.ipv4.ip_forward=${forwarding}`);
        expect(await lab.ask(...toWeb)).toBe(heard);
        const target = join(home.path, name);
        const collected = await run('collect', '--node', 'worker-1', '--context', 'test', '-o', target);
        expect([collected.status, collected.stderr.includes('iptables-save')]).toEqual([0, false]);
        const { stdout } = await run('diagnose', target, '--from', from, '--to', to, '--format', 'json');
        const { outcome, causes } = JSON.parse(stdout) as {
          readonly outcome: string;
          readonly causes: readonly { readonly code: string }[];
        };
        expect([outcome, causes[0]?.code]).toEqual([heard, heard === 'lost' ? 'forwarding-off' : undefined]);
      }
    } finally {
      lab.run('node', 'sysctl -qw net.ipv4.ip_forward=1');
      await api.close();
      home.remove();
    }
  }, 120_000);
});
