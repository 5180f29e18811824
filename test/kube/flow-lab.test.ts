import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { frontendSteps } from '../../server/src/kube/flow/frontends.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { compareFlow } from './flow-enumerated.ts';

function compareDump(dump: string, cluster: string | null, isSampled: (index: number) => boolean = () => true): number {
  const resolution = resolveChains(rulesetFrom(labPath(dump)), cluster === null ? emptyCluster : clusterFrom(labPath(cluster)));
  const frontends = runToEnd(frontendSteps(resolution));
  const names = [
    ...new Set(
      frontends.map((frontend) => (frontend.service === null ? '' : `${frontend.service.namespace}/${frontend.service.name}`)),
    ),
  ];
  let compared = 0;
  for (const [index, name] of names.entries()) {
    if (!isSampled(index)) continue;
    const [namespace = '', service = ''] = name.split('/');
    if (name !== '') compared += compareFlow(resolution, { kind: 'service', namespace, name: service, port: null }, frontends);
  }
  for (const frontend of frontends) {
    if (frontend.kind !== 'host-port') continue;
    compared += compareFlow(
      resolution,
      { kind: 'address', ip: '127.0.0.1', port: frontend.port, protocol: frontend.protocol },
      frontends,
    );
  }
  return compared;
}

describe('the flow of every Service in the lab', () => {
  it.each([
    ['shop/node-a.iptables', 'shop/cluster.json'],
    ['shop/node-a.iptables', null],
    ['shop/node-a.counters.iptables', 'shop/cluster.json'],
    ['shop/node-a.ip6tables', 'shop/cluster.json'],
    ['shop-stale/node-a.iptables', 'shop-stale/cluster.json'],
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json'],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json'],
    ['shop-1.23/node-a.iptables', 'shop-1.23/cluster.json'],
  ])('equals what enumerating %s with %s gives', { timeout: 120_000 }, (dump, cluster) => {
    expect(compareDump(dump, cluster)).toBeGreaterThan(dump.endsWith('ip6tables') ? 4 : 40);
  });

  it('equals it in large-cluster mode, for every 40th Service', { timeout: 120_000 }, () => {
    expect(compareDump('large-600x10/node-0.iptables', 'large-600x10/cluster.json', (index) => index % 40 === 0)).toBeGreaterThan(
      40,
    );
  });
});
