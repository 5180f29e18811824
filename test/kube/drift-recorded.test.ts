import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type DriftReport, driftReport } from '../../server/src/kube/drift/report.ts';
import type { DriftOptions } from '../../server/src/kube/drift/settings.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { said } from './drift-support.ts';

it('finds what is wrong with the sample, and nothing else', () => {
  const report = driftReport(
    rulesetFrom(fixturePath('sample/worker-1.iptables')),
    clusterFrom(fixturePath('sample/cluster.json')),
  );
  expect(said(report)).toEqual([
    'stale booking/frontend: unused-chain: No rule leads to KUBE-SEP-YMMDN24UIRGMOLTR of booking/frontend:http, for 10.244.1.8:8080',
    'stale booking/invoices: service-gone: Service booking/invoices is not in the cluster any more; the dump still has rules for 10.96.40.60:80',
  ]);
  expect(report.summary).toMatchObject({ services: 8, inSync: 6, missing: 0, stale: 2, differs: 0, notes: [] });
});

describe('the recorded dumps', () => {
  const report = (dump: string, clusterPath: string, options?: DriftOptions): DriftReport =>
    driftReport(rulesetFrom(labPath(dump)), clusterFrom(labPath(clusterPath)), options);

  it('name the six changes that kube-proxy had not seen, and nothing else', () => {
    const stale = report('shop-stale/node-a.iptables', 'shop-stale/cluster.json', { node: 'node-a' });
    expect(said(stale)).toEqual([
      'stale legacy/erp: service-gone: Service legacy/erp is not in the cluster any more; the dump still has rules for 10.96.30.10:80, 192.0.2.50:80',
      'stale shop/api: endpoint-reused: 10.244.1.21:9090 is no endpoint of shop/api:grpc any more: its address is now that of Pod shop/batch-1',
      'missing shop/cart: endpoint-missing: The dump refuses traffic to shop/cart:http, which has an endpoint now: 10.244.0.90:8080 (Pod shop/cart-0 on node-a)',
      'differs shop/orders: cluster-ip: shop/orders has clusterIP 10.96.20.61; the dump has 10.96.20.60',
      'missing shop/search: service-missing: Service shop/search has no rules in the dump: 10.96.20.70:9200 leads nowhere',
      'stale shop/web: endpoint-gone: 10.244.1.11:8080 is no endpoint of shop/web:http any more; 10.244.1.77:8080 (Pod shop/web-7f9c8b6d5-ppppp on node-b) is one instead',
    ]);
    expect(stale.summary).toMatchObject({ services: 12, inSync: 6, missing: 2, stale: 3, differs: 1, notes: [] });
    const causes = new Set(stale.services.flatMap(({ findings }) => findings.map(({ cause }) => cause)));
    expect([...causes]).toEqual([
      expect.stringMatching(
        /^kube-proxy on node-a may have stopped syncing: .*, the newest that the dump has at 2026-11-23 00:35:18 UTC; /,
      ),
    ]);
  });

  it.each([
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json', 11],
    ['shop/node-a.iptables', 'shop/cluster.json', 11],
    ['shop/node-a.counters.iptables', 'shop/cluster.json', 11],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 1],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json', 11],
    ['large-600x10/node-0.iptables', 'large-600x10/cluster.json', 601],
  ])('%s is in sync with its cluster', (dump, clusterPath, services) => {
    for (const options of [undefined, { node: dump.includes('large') ? 'node-0' : 'node-a' }]) {
      const { summary, ...rest } = report(dump, clusterPath, options);
      expect(said({ summary, ...rest })).toEqual([]);
      expect(summary).toMatchObject({ services, inSync: services, notes: [] });
    }
  });

  it('in both families at once are compared with both', () => {
    const text = ['shop/node-a.iptables', 'shop/node-a.ip6tables'].map((path) => readFileSync(labPath(path), 'utf8')).join('');
    const { summary, services } = driftReport(rulesetOf(text), clusterFrom(labPath('shop/cluster.json')));
    expect(said({ summary, services })).toEqual([]);
    expect(summary.dumps.map(({ family, node: name }) => `${family} ${name}`)).toEqual(['ipv4 node-a', 'ipv6 node-a']);
  });
});
