import { expect, it } from 'vitest';
import { objectSteps, readObject } from '../../server/src/cluster/read-object.ts';

// Whoever reads a snapshot lets others in at each pause: also within one object, of which etcd keeps megabytes.

const count = 50_000;
const each = <T>(make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));
const address = (index: number): string => `10.1.${index >> 8}.${index & 255}`;
const metadata = { name: 'a', namespace: 'x' };

it.each([
  ['source ranges', 'Service', { metadata, spec: { loadBalancerSourceRanges: each((index) => ` ${address(index)}/24`) } }],
  ['external addresses', 'Service', { metadata, spec: { externalIPs: each(address) } }],
  ['load balancers', 'Service', { metadata, status: { loadBalancer: { ingress: each((index) => ({ ip: address(index) })) } } }],
  ['ports', 'Service', { metadata, spec: { ports: each((port) => ({ port })) } }],
  ['endpoints', 'EndpointSlice', { metadata, endpoints: each((index) => ({ addresses: [address(index)] })) }],
  ['ports', 'EndpointSlice', { metadata, ports: each((port) => ({ port })) }],
] as const)('%s of a %s are read with a pause every few thousand', (_, kind, object) => {
  const steps = objectSteps(kind, object);
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses += 1;
  expect(pauses).toBeGreaterThanOrEqual(Math.floor(count / 4_096));
  expect(step.value).toEqual(readObject(kind, object));
});
