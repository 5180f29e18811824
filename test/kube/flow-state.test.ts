import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { flowWithState } from '../../server/src/kube/services/flow-state.ts';
import { flowAnswer } from '../../webview/src/model/answer.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

function stateOf(to: string, cluster = true): string {
  const known = cluster ? clusterFrom(labPath('shop/cluster.json')) : emptyCluster;
  const answer = runToEnd(flowWithState(resolveChains(rulesetFrom(labPath('shop/node-a.iptables')), known), to));
  if (!answer.ok) throw new Error(answer.reason);
  const shown = flowAnswer(indexGraph(answer.graph))?.state;
  return `${answer.graph.state?.kind ?? 'none'}, ${shown?.tone}: ${shown?.text}`;
}

describe('the state that a drawing shows', () => {
  it.each([
    ['shop/web', 'serves, good: Serves'],
    ['shop/api', 'serves, good: Serves'],
    ['shop/cart', 'no-endpoints, bad: Refuses: no endpoints'],
    ['shop/payments', 'no-endpoints, bad: Refuses: no endpoints on this node'],
  ])('of %s is that of the list of Services', (to, expected) => {
    expect(stateOf(to)).toBe(expected);
  });

  it('says whom a load balancer with source ranges serves', () => {
    expect(stateOf('shop/checkout')).toMatch(
      /^limited, warning: Serves some: only from 203\.0\.113\.0\/24, 198\.51\.100\.0\/25 at /,
    );
  });

  it('is not asked for of a chain, and of what kube-proxy would write', () => {
    expect(stateOf('expected:shop/web')).toMatch(/^none, unsure: Serves, as far as is drawn$/);
  });
});
