import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { debugPodLabels, markAnnotation, processMark } from '../../server/src/cluster/live/debug-pod-mark.ts';
import { connect } from '../../server/src/cluster/live/live.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import type { NodeReader } from '../../server/src/cluster/live/node-readers.ts';
import { defaultTiming } from '../../server/src/cluster/live/timing.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { fixturePath } from '../support/fixtures.ts';
import { type ApiObject, answerStatus, type ExecRequest, startApiServer, type TestApiServer } from './api-server.ts';
import { environmentOf, type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node, pod, service, slice } from './objects.ts';

const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const signal = new AbortController().signal;
const notFound = {
  status: 'Failure',
  reason: 'InternalError',
  message:
    'error executing command in container: failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "iptables-nft-save": executable file not found in $PATH: unknown',
};

let api: TestApiServer;
let folder: Folder;
let live: LiveCluster;
let ran: ExecRequest[] = [];

beforeEach(async () => {
  api = await startApiServer();
  folder = temporaryFolder();
  ran = [];
  api.put(service('shop', 'web', '10.96.20.10'));
  api.put(slice('shop', 'web', [['10.244.0.11', 'web-1']]));
  api.put(node('node-a', '192.0.2.1'));
  const file = folder.write('config', kubeconfigText(api, { token: 'secret' }));
  live = connect('test', { environment: environmentOf(folder, [file]), onChange: () => undefined });
});

afterEach(async () => {
  live.close();
  await api.close();
  folder.remove();
});

function hostPod(name: string, container: string, labels: Readonly<Record<string, string>>, context: object): ApiObject {
  return pod('kube-system', name, 'node-a', {
    metadata: { namespace: 'kube-system', name, labels },
    spec: { nodeName: 'node-a', hostNetwork: true, containers: [{ name: container, securityContext: context }] },
    status: { phase: 'Running', containerStatuses: [{ name: container, state: { running: {} } }] },
  });
}

const kubeProxy = hostPod('kube-proxy-x7f2p', 'kube-proxy', { 'k8s-app': 'kube-proxy' }, { privileged: true });
const reader: NodeReader = {
  kind: 'pod',
  isKubeProxy: true,
  namespace: 'kube-system',
  pod: 'kube-proxy-x7f2p',
  container: 'kube-proxy',
};

/** Answers each program by name; what is not named prints nothing. */
function programs(answers: Readonly<Record<string, () => ReturnType<TestApiServer['exec']>>>): void {
  api.exec = (request) => {
    ran.push(request);
    return answers[request.argv[0] ?? '']?.() ?? { stdout: [] };
  };
}

function commands(): readonly string[] {
  return ran.map(({ argv }) => argv.join(' '));
}

describe('the containers that can be asked for the rules of a node', () => {
  it("are kube-proxy's first, then those of network plugins that may read rules", async () => {
    api.put(hostPod('calico-node-1', 'calico-node', {}, { privileged: true }));
    api.put(kubeProxy);
    api.put(hostPod('flannel-1', 'kube-flannel', {}, { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } }));
    api.put(hostPod('cilium-1', 'cilium-agent', {}, { capabilities: { add: ['SYS_MODULE'] } }));
    api.put(hostPod('node-exporter-1', 'node-exporter', {}, { privileged: true }));
    api.put(pod('shop', 'web-1', 'node-a'));
    api.put({
      ...kubeProxy,
      metadata: { namespace: 'kube-system', name: 'kube-proxy-b', labels: { 'k8s-app': 'kube-proxy' } },
      spec: { ...(kubeProxy['spec'] as object), nodeName: 'node-b' },
    });
    const readers = await live.readersOn('node-a', signal);
    expect(readers.map(({ pod: name, container }) => `${name}/${container}`)).toEqual([
      'kube-proxy-x7f2p/kube-proxy',
      'calico-node-1/calico-node',
      'flannel-1/kube-flannel',
    ]);
    expect(readers[0]).toEqual(reader);
  });

  it('are none where no Pod fits, and none for a name that is no node', async () => {
    expect(await live.readersOn('node-a', signal)).toEqual([]);
    expect(await live.readersOn('node-a,metadata.name=x', signal)).toEqual([]);
  });

  it('cannot be told without permission to list pods', async () => {
    api.intercept = ({ path }, response) => path === '/api/v1/pods' && answerStatus(response, 403, 'Forbidden', 'no');
    await expect(live.readersOn('node-a', signal)).rejects.toThrow(/^Permission to list pods in all namespaces is missing/);
  });
});

describe('a dump from a running container', () => {
  beforeEach(() => api.put(kubeProxy));

  it('is what each program prints, of both back ends and families, with counters and without a shell', async () => {
    programs({
      'iptables-nft-save': () => ({ stdout: [dump.slice(0, 1_000), dump.slice(1_000)], stderr: '# Warning: legacy\n' }),
      'ip6tables-legacy-save': () => ({ stdout: [dump] }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.problems).toEqual([]);
    expect(read.dumps).toEqual([
      { family: 'ipv4', backend: 'nft', command: 'iptables-nft-save -c', text: dump },
      { family: 'ipv6', backend: 'legacy', command: 'ip6tables-legacy-save -c', text: dump },
    ]);
    expect(new Set(commands())).toEqual(
      new Set(['iptables-nft-save -c', 'ip6tables-nft-save -c', 'iptables-legacy-save -c', 'ip6tables-legacy-save -c']),
    );
    expect(ran[0]).toMatchObject({ namespace: 'kube-system', pod: 'kube-proxy-x7f2p', container: 'kube-proxy' });
    expect(api.seen.find(({ path }) => path.endsWith('/exec'))?.authorization).toBe('Bearer secret');
  });

  it('that is cut short though the command succeeded is asked for again, and never given', async () => {
    let times = 0;
    programs({
      'iptables-nft-save': () => {
        times += 1;
        return { stdout: [times < 3 ? dump.slice(0, 20_000) : dump] };
      },
      'ip6tables-nft-save': () => ({ stdout: [dump.slice(0, dump.lastIndexOf('COMMIT'))] }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.dumps.map(({ command, text }) => [command, text.length])).toEqual([['iptables-nft-save -c', dump.length]]);
    expect(read.problems).toEqual([
      expect.stringMatching(/^The answer of ip6tables-nft-save -c was cut short after \d+ lines: table \w+ has no COMMIT\.$/),
    ]);
    expect(commands().filter((command) => command === 'ip6tables-nft-save -c')).toHaveLength(3);
  });

  it('that is empty once may have been cut, and is asked for a second time', async () => {
    let times = 0;
    programs({
      'iptables-nft-save': () => {
        times += 1;
        return { stdout: times === 1 ? [] : [dump] };
      },
    });
    expect((await live.readNode('node-a', reader, signal)).dumps).toHaveLength(1);
  });

  it('comes from plain iptables-save where the container has no program for each back end', async () => {
    programs({
      'iptables-nft-save': () => ({ stdout: [], status: notFound }),
      'iptables-legacy-save': () => ({ stdout: [], status: notFound }),
      'ip6tables-nft-save': () => ({ stdout: [], status: notFound }),
      'ip6tables-legacy-save': () => ({ stdout: [], status: notFound }),
      'iptables-save': () => ({ stdout: [dump] }),
      'ip6tables-save': () => ({ stdout: [], status: notFound }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.dumps.map(({ command, backend }) => [command, backend])).toEqual([['iptables-save -c', 'default']]);
    expect(read.problems).toEqual(['The container kube-proxy has no ip6tables-save.']);
  });

  it('that failed says how, with what the program said', async () => {
    const failed = {
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: 'command terminated with non-zero exit code',
      details: { causes: [{ reason: 'ExitCode', message: '4' }] },
    };
    programs({
      'iptables-nft-save': () => ({ stdout: [dump], stderr: 'Permission denied (you must be root)\n', status: failed }),
      'ip6tables-nft-save': () => ({ stdout: [dump] }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.dumps.map(({ family }) => family)).toEqual(['ipv6']);
    expect(read.problems).toEqual([
      'iptables-nft-save -c failed: command terminated with non-zero exit code It said: Permission denied (you must be root)',
    ]);
  });

  it('whose connection ends without a word on how the command ended is none', async () => {
    programs({
      'iptables-nft-save': () => ({ stdout: [dump], status: null }),
      'iptables-legacy-save': () => ({ stdout: [dump] }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.dumps.map(({ backend }) => backend)).toEqual(['legacy']);
    expect(read.problems[0]).toMatch(/The connection ended before the command did/);
  });

  it.each([
    ['an empty message', [Buffer.alloc(0)]],
    ['a channel that there is none of', [Buffer.from([9, 1])]],
    ['the end of all streams', [Buffer.from([255, 0]), Buffer.from([255, 1]), Buffer.from([255, 2])]],
    ['the same as text', ['\u00ff\u0001']],
    ['a status that is no JSON', [Buffer.from([3, 123])]],
    ['a status that is none', [Buffer.from('\u0003null')]],
    ['output behind the status', [Buffer.from('\u0003{"status":"Failure","message":"x"}'), Buffer.from('\u0001more')]],
  ])('of a server that sends %s is given whole or not at all, and nothing else is hurt', async (_what, raw) => {
    programs({
      'iptables-nft-save': () => ({ stdout: [dump], raw }),
      'iptables-legacy-save': () => ({ stdout: [dump] }),
    });
    const read = await live.readNode('node-a', reader, signal);
    expect(read.dumps.every(({ text }) => text === dump)).toBe(true);
    expect(read.dumps.map(({ backend }) => backend)).toContain('legacy');
    expect([process.stdout.writableEnded, process.stderr.writableEnded]).toEqual([false, false]);
  });

  it('of a node without tables is said to have none', async () => {
    programs({});
    await expect(live.readNode('node-a', reader, signal)).rejects.toThrow(/^There are no iptables tables on node-a/);
  });

  it('that may not be asked for says so', async () => {
    api.tokens = ['other'];
    await expect(live.readNode('node-a', reader, signal)).rejects.toThrow(
      /^The credentials are not accepted \(401\) to create pods\/exec in namespace kube-system/,
    );
  });
});

describe('a dump from a debug pod', () => {
  const debugPod: NodeReader = { kind: 'debug-pod', namespace: 'kube-system', image: 'registry.k8s.io/kube-proxy:v1.34.1' };
  const names = ['ipv4-nft', 'ipv6-nft', 'ipv4-legacy', 'ipv6-legacy'];
  let created: ApiObject | undefined;

  /** Has the containers of a debug pod end as soon as it is asked for. */
  function endWith(state: (container: string) => object): void {
    api.intercept = ({ method, path }) => {
      const name = /^\/api\/v1\/namespaces\/kube-system\/pods\/(iptables-dump-[0-9a-f]+)$/.exec(path)?.[1];
      if (method === 'GET' && name !== undefined) {
        created = api.get('Pod', 'kube-system', name);
        if (created !== undefined) {
          api.put({
            ...created,
            status: {
              phase: 'Succeeded',
              containerStatuses: names.map((container) => ({ name: container, state: state(container) })),
            },
          });
        }
      }
      return false;
    };
  }

  function left(): readonly string[] {
    return api.names('Pod').filter((name) => name.includes('iptables-dump'));
  }

  it("is its containers' logs; the Pod is on the node, in its network, with two capabilities, and gone afterwards", async () => {
    endWith(() => ({ terminated: { exitCode: 0, reason: 'Completed' } }));
    api.log = ({ container }) => (container === 'ipv4-nft' ? dump : '');
    const read = await live.readNode('node-a', debugPod, signal);
    expect(read).toEqual({
      dumps: [{ family: 'ipv4', backend: 'nft', command: 'iptables-nft-save -c', text: dump }],
      problems: [],
    });
    expect(created?.['spec']).toMatchObject({
      nodeName: 'node-a',
      hostNetwork: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: 300,
      automountServiceAccountToken: false,
      containers: [
        {
          image: 'registry.k8s.io/kube-proxy:v1.34.1',
          command: ['iptables-nft-save', '-c'],
          securityContext: { capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] } },
        },
        {},
        {},
        {},
      ],
    });
    expect(left()).toEqual([]);
  });

  it('whose log begins in the middle, because it was rotated, is none', async () => {
    endWith(() => ({ terminated: { exitCode: 0, reason: 'Completed' } }));
    api.log = ({ container }) =>
      container === 'ipv4-nft' ? dump.slice(dump.indexOf('\n', 3_000) + 1) : container === 'ipv6-nft' ? dump : '';
    const read = await live.readNode('node-a', debugPod, signal);
    expect(read.dumps.map(({ family }) => family)).toEqual(['ipv6']);
    expect(read.problems).toEqual([expect.stringMatching(/^The answer of iptables-nft-save -c was cut short/)]);
  });

  it('whose image cannot be had says why, and leaves no Pod behind', async () => {
    endWith(() => ({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }));
    await expect(live.readNode('node-a', debugPod, signal)).rejects.toThrow(
      'The debug pod cannot start: ImagePullBackOff: Back-off pulling image',
    );
    expect(left()).toEqual([]);
  });

  it('whose image lacks a program says which', async () => {
    endWith((container) =>
      container.endsWith('legacy')
        ? { terminated: { exitCode: 128, reason: 'StartError', message: 'executable file not found' } }
        : { terminated: { exitCode: 0 } },
    );
    api.log = ({ container }) => (container === 'ipv4-nft' ? dump : '');
    const read = await live.readNode('node-a', debugPod, signal);
    expect(read.dumps).toHaveLength(1);
    expect(read.problems).toEqual([
      'The image registry.k8s.io/kube-proxy:v1.34.1 has no iptables-legacy-save.',
      'The image registry.k8s.io/kube-proxy:v1.34.1 has no ip6tables-legacy-save.',
    ]);
  });

  it('that may not be created says so', async () => {
    api.intercept = ({ method }, response) => method === 'POST' && answerStatus(response, 403, 'Forbidden', 'pods is forbidden');
    await expect(live.readNode('node-a', debugPod, signal)).rejects.toThrow(
      /^Permission to create pods in namespace kube-system is missing \(403\)/,
    );
  });

  it('that nobody picks up is given up early, with what is wrong with the node', async () => {
    const said: string[] = [];
    live.close();
    const file = folder.write('config', kubeconfigText(api, { token: 'secret' }));
    live = connect('test', {
      environment: environmentOf(folder, [file]),
      timing: { ...defaultTiming, pickUp: 600 },
      onChange: () => undefined,
    });
    const conditions = [{ type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' }];
    api.put({ ...node('node-a', '192.0.2.1'), status: { conditions } });
    await expect(live.readNode('node-a', debugPod, signal, (text) => said.push(text))).rejects.toThrow(
      'Nobody on node-a picked the debug pod up within 1 s. The node is not ready: Kubelet stopped posting node status.',
    );
    expect(said).toEqual(['the debug pod waits for node-a to pick it up']);
    await expect(live.readNode('node-z', debugPod, signal)).rejects.toThrow(
      /picked the debug pod up .* There is no such node\.$/,
    );
    expect(left()).toEqual([]);
  });

  it('says what the Pod waits for', async () => {
    const said: string[] = [];
    const steps: readonly object[] = [
      { phase: 'Pending' },
      {
        phase: 'Pending',
        startTime: 'now',
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False', message: 'no network yet' }],
      },
      {
        phase: 'Pending',
        startTime: 'now',
        containerStatuses: names.map((name) => ({
          name,
          state: { waiting: { reason: 'ContainerCreating', message: 'pulling the image' } },
        })),
      },
      { phase: 'Running', startTime: 'now', containerStatuses: names.map((name) => ({ name, state: { running: {} } })) },
      { phase: 'Succeeded', containerStatuses: names.map((name) => ({ name, state: { terminated: { exitCode: 0 } } })) },
    ];
    let step = 0;
    api.intercept = ({ method, path }) => {
      const name = /\/pods\/(iptables-dump-[0-9a-f]+)$/.exec(path)?.[1];
      const pod = method === 'GET' && name !== undefined ? api.get('Pod', 'kube-system', name) : undefined;
      if (pod !== undefined) api.put({ ...pod, status: steps[Math.min(step++, steps.length - 1)] });
      return false;
    };
    api.log = () => dump;
    await live.readNode('node-a', debugPod, signal, (text) => said.push(text));
    expect(said).toEqual([
      'the debug pod waits for node-a to pick it up',
      'the debug pod waits: no network yet',
      'the debug pod waits: ContainerCreating: pulling the image',
      'the debug pod reads the rules',
    ]);
  });

  it('is removed when the cluster is left, before that is done', async () => {
    let asked = 0;
    endWith(() => {
      asked += 1;
      return { running: {} };
    });
    const reading = live.readNode('node-a', debugPod, signal);
    reading.catch(() => undefined);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0));
    await live.close();
    expect(left()).toEqual([]);
    await expect(reading).rejects.toThrow(/given up/);
  });

  it('that somebody left behind is found, and no other', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const machine = processMark().split('.')[0] ?? '';
    const make = (name: string, mark: string, created: string, labels: object = debugPodLabels): void =>
      api.put({
        kind: 'Pod',
        metadata: { namespace: 'kube-system', name, labels, annotations: { [markAnnotation]: mark }, creationTimestamp: created },
        spec: { nodeName: 'node-a' },
      });
    const now = new Date().toISOString();
    make('of-a-killed-process', `${machine}.${gone}`, now);
    make('of-this-process', processMark(), now);
    make('of-another-machine', 'abcdef.1', now);
    make('of-long-ago', 'abcdef.1', '2026-01-01T00:00:00Z');
    make('of-somebody-else', `${machine}.${gone}`, now, { 'app.kubernetes.io/name': 'iptables-dump' });
    const found = await live.leftPods('kube-system', signal);
    expect(found.map(({ name }) => name)).toEqual(['of-a-killed-process', 'of-long-ago']);
    expect(await Promise.all(found.map((pod) => live.removeLeftPod(pod)))).toEqual(['', '']);
    expect(await live.leftPods('kube-system', signal)).toEqual([]);
  });

  it('is removed when the user gives it up', async () => {
    const controller = new AbortController();
    endWith(() => {
      controller.abort();
      return { running: {} };
    });
    await expect(live.readNode('node-a', debugPod, controller.signal)).rejects.toThrow(/given up|did not end in time/);
    expect(created?.metadata.name).toMatch(/^iptables-dump-/);
    expect(left()).toEqual([]);
  });

  it('that cannot be removed is named', async () => {
    endWith(() => ({ terminated: { exitCode: 0 } }));
    const end = api.intercept;
    api.intercept = (request, response) =>
      request.method === 'DELETE'
        ? answerStatus(response, 403, 'Forbidden', 'pods is forbidden')
        : end?.(request, response) === true;
    api.log = () => dump;
    const read = await live.readNode('node-a', debugPod, signal);
    expect(read.dumps).toHaveLength(4);
    expect(read.problems).toEqual([
      expect.stringMatching(/^The debug pod iptables-dump-\w+ in namespace kube-system could not be removed/),
    ]);
  });
});

describe('a snapshot', () => {
  it('holds the objects as a list that is read again, without managed fields and whatever may be secret', async () => {
    const secret = 'hunter2';
    api.put({
      ...pod('shop', 'web-1', 'node-a'),
      metadata: {
        namespace: 'shop',
        name: 'web-1',
        managedFields: [{ manager: 'kubelet' }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': secret, 'vault.example/token': secret },
      },
      spec: {
        nodeName: 'node-a',
        volumes: [{ name: secret }],
        containers: [
          {
            name: 'main',
            image: 'x',
            env: [{ name: 'PASSWORD', value: secret }],
            args: [secret],
            ports: [{ containerPort: 8080 }],
          },
        ],
      },
    });
    const { text, counts, problems } = await live.snapshot(signal);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('managedFields');
    expect(counts).toEqual({ Node: 1, Service: 1, EndpointSlice: 1, Pod: 1 });
    expect(problems).toEqual([]);
    const read = readSnapshot(text, 'cluster.json', 0);
    if (!read.ok) throw new Error(read.error.message);
    expect(read.cluster.warnings).toEqual([]);
    expect(read.cluster.servicesAt('10.96.20.10')).toHaveLength(1);
    expect(read.cluster.podsAt('10.244.0.11').map(({ name }) => name)).toEqual(['web-1']);
    expect(read.cluster.node('node-a')?.podCIDRs).toEqual(['10.244.0.0/24']);
  });

  it('is of the namespace of the context where the others may not be listed, and says so itself', async () => {
    live.close();
    const file = folder.write('config', kubeconfigText(api, { token: 'secret' }, 'shop'));
    live = connect('test', { environment: environmentOf(folder, [file]), onChange: () => undefined });
    api.put(service('other', 'hidden', '10.96.20.77'));
    api.intercept = ({ path }, response) =>
      path !== '/api/v1/nodes' && !path.includes('/namespaces/shop/') && answerStatus(response, 403, 'Forbidden', 'no');
    const { text, counts, problems } = await live.snapshot(signal);
    expect(counts).toMatchObject({ Node: 1, Service: 1, EndpointSlice: 1 });
    expect(problems[0]).toMatch(/^Services of namespace shop alone: Permission to list services in all namespaces is missing/);
    const read = readSnapshot(text, 'cluster.json', 0);
    if (!read.ok) throw new Error(read.error.message);
    expect([read.cluster.knows('Service', 'shop'), read.cluster.knows('Service', 'other')]).toEqual([true, false]);
    expect(read.cluster.warnings).toContain('Services of namespace shop alone.');
  });

  it('does without what may not be listed, and says so', async () => {
    api.intercept = ({ path }, response) => path.endsWith('/pods') && answerStatus(response, 403, 'Forbidden', 'no');
    const { counts, problems } = await live.snapshot(signal);
    expect(counts.Service).toBe(1);
    expect(problems).toEqual([
      'No Pods: Permission to list pods in all namespaces is missing (403). no. Nor may they be listed in namespace default.',
    ]);
  });
});
