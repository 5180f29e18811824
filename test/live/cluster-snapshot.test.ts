import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { answerStatus } from './api-server.ts';
import { kubeconfigText } from './kubeconfigs.ts';
import { api, connectWith, folder, live, signal } from './node-dump-server.ts';
import { pod, service } from './objects.ts';

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
    connectWith(file);
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
