import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { unreadyWords } from '../../server/src/kube/flow/graph.ts';
import { requestSteps } from '../../server/src/kube/flow/request.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';

/** The Pods of a flow of shop/web, by name. */
function podsOf(objects: readonly object[]) {
  const cluster = clusterWith(node('node-a'), service('shop/web'), ...objects);
  const rules = rulesetOf(runToEnd(expectedText(cluster, proxyOptions({ node: 'node-a', family: 'ipv4' }))));
  const answer = runToEnd(requestSteps(resolveChains(rules, cluster), 'shop/web'));
  if (!answer.ok) throw new Error(answer.reason);
  const pods = answer.graph.nodes.filter(({ kind }) => kind === 'pod').map(({ pod: known }) => known);
  return Object.fromEntries(pods.map((known) => [known?.name, { ready: known?.ready, terminating: known?.terminating }]));
}

const leaving = slice('shop/web', { '10.244.0.1': { node: 'node-a', pod: 'web-1', terminating: true } });

describe('a Pod that terminates', () => {
  it('is told by its EndpointSlice, and is not ready even where its own condition says so', () => {
    const own = pod('shop/web-1', { ip: '10.244.0.1' });
    expect(podsOf([leaving, own])).toEqual({ 'web-1': { ready: false, terminating: true } });
    expect(podsOf([leaving])).toEqual({ 'web-1': { ready: false, terminating: true } });
  });

  it('is told by the Pod where the slice is not as far yet', () => {
    const staying = slice('shop/web', { '10.244.0.1': { node: 'node-a', pod: 'web-1' } });
    const own = pod('shop/web-1', { ip: '10.244.0.1', deleted: '2026-01-02T03:04:05Z' });
    expect(podsOf([staying, own])).toEqual({ 'web-1': { ready: false, terminating: true } });
    expect(podsOf([staying])).toEqual({ 'web-1': { ready: true, terminating: false } });
  });

  it('is counted as that, and not among those that are not ready', () => {
    const of = (ready: boolean | null, terminating: boolean) => ({
      namespace: 'shop',
      name: 'web',
      node: null,
      zone: null,
      ready,
      terminating,
    });
    expect(unreadyWords([of(true, false), null, of(null, false)])).toEqual([]);
    expect(unreadyWords([of(false, true), of(false, false), of(false, true)])).toEqual(['1 not ready', '2 terminating']);
  });
});
