import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import type { FlowLeftOut } from '../../server/src/kube/flow/graph.ts';
import { requestSteps } from '../../server/src/kube/flow/request.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, service, slice } from './objects.ts';

/** What the flow of shop/web leaves out, by the rules that kube-proxy writes on node-a for the objects `ruled`, else for these. */
function leftOutOf(
  objects: readonly object[],
  ruled = objects,
  to = 'shop/web',
  known?: readonly string[],
): FlowLeftOut | undefined {
  const nodes = [node('node-a', { zone: 'eu-1a' }), node('node-b', { zone: 'eu-1b' })];
  const seen = known === undefined ? nodes : known.map((name) => node(name, { ips: ['192.0.2.200'] }));
  const options = proxyOptions({ node: 'node-a', family: 'ipv4' });
  const rules = rulesetOf(runToEnd(expectedText(clusterWith(...nodes, ...ruled), options)));
  const answer = runToEnd(requestSteps(resolveChains(rules, clusterWith(...seen, ...objects), { node: 'node-a' }), to));
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph.leftOut;
}

describe('what a flow leaves out of its Service', () => {
  it('is nothing where packets go to each endpoint', () => {
    expect(leftOutOf([service('shop/web'), slice('shop/web', { '10.244.0.1': {}, '10.244.1.1': {} })])).toBeUndefined();
  });

  it('is what is not ready, or terminates, each once whatever ports it has', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'metrics', port: 9090 },
    ];
    const endpoints = { '10.244.0.1': {}, '10.244.0.2': { ready: false }, '10.244.0.3': { terminating: true } };
    const objects = [service('shop/web', { ports }), slice('shop/web', endpoints, ports)];
    expect(leftOutOf(objects)).toEqual({ notReady: 1, terminating: 1, elsewhere: 0 });
    expect(leftOutOf(objects, objects, 'shop/web:metrics')).toEqual({ notReady: 1, terminating: 1, elsewhere: 0 });
  });

  it('says why all is refused', () => {
    const objects = [service('shop/web'), slice('shop/web', { '10.244.0.1': { ready: false }, '10.244.0.2': { ready: false } })];
    expect(leftOutOf(objects)).toEqual({ notReady: 2, terminating: 0, elsewhere: 0 });
  });

  it('is what hints give to other zones', () => {
    const endpoints = { '10.244.0.1': { zones: ['eu-1a'] }, '10.244.1.1': { zones: ['eu-1b'] } };
    const spec = { trafficDistribution: 'PreferClose' };
    expect(leftOutOf([service('shop/web', { spec }), slice('shop/web', endpoints)])).toEqual({
      notReady: 0,
      terminating: 0,
      elsewhere: 1,
    });
  });

  it('is nothing of hints where the dump cannot be compared, as where no node is known', () => {
    const spec = { trafficDistribution: 'PreferClose' };
    const web = service('shop/web', { spec });
    const hinted = slice('shop/web', { '10.244.0.1': { zones: ['eu-1a'] }, '10.244.1.1': { zones: ['eu-1b'] } });
    expect(leftOutOf([web, hinted], [web, hinted], 'shop/web', [])).toBeUndefined();
  });

  it('is not what the dump sends to all the same, nor what is missing there', () => {
    const before = [service('shop/web'), slice('shop/web', { '10.244.0.1': {}, '10.244.0.2': {} })];
    const after = [
      service('shop/web'),
      slice('shop/web', { '10.244.0.1': {}, '10.244.0.2': { ready: false }, '10.244.0.3': {} }),
    ];
    expect(leftOutOf(after, before)).toBeUndefined();
  });

  it('is not what an older slice still has as not ready', () => {
    const objects = [
      service('shop/web'),
      slice('shop/web', { '10.244.0.1': {} }),
      slice('shop/web', { '10.244.0.2': { ready: false } }, undefined, { suffix: 'old' }),
      slice('shop/web', { '10.244.0.2': { zones: [] } }, undefined, { suffix: 'new' }),
    ];
    expect(leftOutOf(objects)).toBeUndefined();
  });
});
