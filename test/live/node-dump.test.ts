import { beforeEach, describe, expect, it } from 'vitest';
import { answerStatus } from './api-server.ts';
import { api, commands, dump, hostPod, kubeProxy, live, notFound, programs, ran, reader, signal } from './node-dump-server.ts';
import { pod } from './objects.ts';

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
