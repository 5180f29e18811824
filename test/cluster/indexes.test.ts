import { expect, it } from 'vitest';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';

it('a Service of very many addresses is indexed with pauses, and found then by each of them', () => {
  const externalIPs = Array.from({ length: 20_000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
  const service = {
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.1', externalIPs },
  };
  const read = readSnapshot(JSON.stringify({ kind: 'List', items: [service] }), 'cluster.json', 0);
  if (!read.ok) throw new Error(read.error.message);
  const steps = [...read.cluster.indexSteps()];
  expect(steps.length).toBeGreaterThanOrEqual(4);
  for (const ip of ['10.96.0.1', '198.18.0.0', externalIPs.at(-1) ?? ''])
    expect(read.cluster.servicesAt(ip).map(({ service: { name } }) => name)).toEqual(['web']);
  expect([...read.cluster.indexSteps()]).toEqual([]);
});
