/** Which Pod a hover has fetched from a live cluster, whose Pods are known by their EndpointSlices alone. */
import { expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { podWantedAt } from '../../server/src/features/support/pod-wanted.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import { clusterWith, pod, service, slice } from '../kube/objects.ts';
import { dumpState } from '../support/dump-state.ts';

const text = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.1/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.1:8080
-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.9.9:8080
COMMIT
`;
const objects = [service('shop/web'), slice('shop/web', { '10.244.0.1': { pod: 'web-1' }, '10.244.0.2': {} })];

function stateWith(cluster: Cluster, kind: 'live' | 'snapshot' = 'live'): DumpState {
  const known: Cluster = { ...cluster, source: { kind, label: 'kind-dev', readAt: 1 } };
  return { ...dumpState(text, known), podDetails: () => Promise.resolve(undefined) };
}

function wanted(state: DumpState, start: string, word: string): unknown {
  const lines = text.split('\n');
  const line = lines.findIndex((row) => row.startsWith(start));
  return podWantedAt(state, { line, character: (lines[line] ?? '').indexOf(word) + 1 });
}

const live = stateWith(clusterWith(...objects));

it.each([
  [':KUBE-SEP-A', 'KUBE-SEP', { namespace: 'shop', name: 'web-1' }],
  ['-A KUBE-SEP-A', '10.244', { namespace: 'shop', name: 'web-1' }],
  ['-A KUBE-SEP-AAAAAAAAAAAAAAAA -p', '10.244', { namespace: 'shop', name: 'web-1' }],
  // Nobody's address, a port, an option, a built-in chain.
  ['-A KUBE-SEP-B', '10.244', undefined],
  [':KUBE-SEP-B', 'KUBE-SEP', undefined],
  ['-A KUBE-SEP-AAAAAAAAAAAAAAAA -p', '--to-destination', undefined],
  [':PREROUTING', 'PRE', undefined],
])('%s, on %s: %j', (start, word, expected) => {
  expect(wanted(live, start, word)).toEqual(expected);
});

it('is none where the Pod is known, or there is nobody to ask', () => {
  const all = stateWith(clusterWith(...objects, pod('shop/web-1', { ip: '10.244.0.1' })));
  expect(wanted(all, ':KUBE-SEP-A', 'KUBE-SEP')).toBeUndefined();
  expect(wanted(all, '-A KUBE-SEP-A', '10.244')).toBeUndefined();
  const snapshot = stateWith(clusterWith(...objects), 'snapshot');
  expect(wanted(snapshot, ':KUBE-SEP-A', 'KUBE-SEP')).toBeUndefined();
  const { podDetails, ...withoutFetching } = live;
  expect(podDetails).toBeDefined();
  expect(wanted(withoutFetching, ':KUBE-SEP-A', 'KUBE-SEP')).toBeUndefined();
});
