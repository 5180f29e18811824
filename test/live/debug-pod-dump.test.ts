import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { debugPodLabels, markAnnotation, processMark } from '../../server/src/cluster/live/debug-pod-mark.ts';
import type { NodeReader } from '../../server/src/cluster/live/node-readers.ts';
import { defaultTiming } from '../../server/src/cluster/live/timing.ts';
import { type ApiObject, answerStatus } from './api-server.ts';
import { kubeconfigText } from './kubeconfigs.ts';
import { api, connectWith, dump, folder, live, signal } from './node-dump-server.ts';
import { node } from './objects.ts';

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
    connectWith(file, { ...defaultTiming, pickUp: 600 });
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
