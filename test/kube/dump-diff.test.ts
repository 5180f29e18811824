import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type DumpDiff, diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

const before = `*nat
:PREROUTING ACCEPT [10:600]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]
:KUBE-SEP-ONE - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http -> 10.244.0.11:8080" -j KUBE-SEP-ONE
-A KUBE-SEP-ONE -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
COMMIT
`;

function diff(a: string, b: string): DumpDiff {
  return runToEnd(diffDumps(rulesetOf(a), rulesetOf(b)));
}

const nothing: DumpDiff = { services: [], chains: [], rules: [] };

describe('two dumps are the same in meaning', () => {
  it.each([
    ['with other counters', before.replace('[10:600]', '[99:9999]').replaceAll('-A ', '[1:60] -A ')],
    [
      'with chains declared in another order',
      before.replace(':KUBE-SERVICES - [0:0]\n', '').replace('*nat\n', '*nat\n:KUBE-SERVICES - [0:0]\n'),
    ],
    ['with a rule spelled another way', before.replace('-d 10.96.20.10/32 -p tcp', '--destination 10.96.20.10 --protocol 6')],
    ['with an empty table beside', `*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n${before}`],
  ])('%s', (_how, after) => {
    expect(diff(before, after)).toEqual(nothing);
  });
});

describe('two dumps differ', () => {
  it('in an endpoint of a Service', () => {
    const after = before.replaceAll('10.244.0.11', '10.244.0.99').replaceAll('KUBE-SEP-ONE', 'KUBE-SEP-TWO');
    const { services, chains, rules } = diff(before, after);
    expect(services).toEqual([
      {
        service: 'shop/web:http',
        protocol: 'tcp',
        family: 'ipv4',
        change: 'changed',
        endpointsAdded: ['10.244.0.99:8080'],
        endpointsRemoved: ['10.244.0.11:8080'],
        clusterIP: null,
      },
    ]);
    expect(chains.map(({ chain, change, before: old, after: now }) => [chain, change, old, now])).toEqual([
      ['KUBE-SEP-ONE', 'removed', 5, null],
      ['KUBE-SEP-TWO', 'added', null, 5],
    ]);
    expect(rules.map(({ change, rule, line }) => `${change} ${line} ${rule.slice(0, 31)}`)).toEqual([
      'removed 8 -A KUBE-SVC-TG4Y7II5EGIOXNPD -m',
      'added 8 -A KUBE-SVC-TG4Y7II5EGIOXNPD -m',
      'removed 9 -A KUBE-SEP-ONE -p tcp -m tcp -',
      'added 9 -A KUBE-SEP-TWO -p tcp -m tcp -',
    ]);
  });

  it('in a policy, and in how often a rule stands there', () => {
    const twice = '-A PREROUTING -j KUBE-SERVICES\n';
    const after = before.replace('PREROUTING ACCEPT', 'PREROUTING DROP').replace(twice, twice + twice);
    const { chains, rules } = diff(before, after);
    expect(chains).toMatchObject([{ chain: 'PREROUTING', change: 'changed', policy: { before: 'ACCEPT', after: 'DROP' } }]);
    expect(rules).toMatchObject([{ change: 'added', rule: '-A PREROUTING -j KUBE-SERVICES', line: 7 }]);
  });
});

describe('recorded dumps', () => {
  it('are the same with and without counters', () => {
    const steps = diffDumps(rulesetFrom(labPath('shop/node-a.iptables')), rulesetFrom(labPath('shop/node-a.counters.iptables')));
    expect(runToEnd(steps)).toEqual(nothing);
  });

  it('differ in the six Services that changed while kube-proxy was down', () => {
    const stale = rulesetFrom(labPath('shop-stale/node-a.iptables'));
    const synced = rulesetFrom(labPath('shop-stale/node-a.synced.iptables'));
    const { services } = runToEnd(diffDumps(stale, synced));
    expect(services.map(({ service, change }) => `${change} ${service}`)).toEqual([
      'removed legacy/erp:http',
      'changed shop/api:grpc',
      'changed shop/cart:http',
      'changed shop/orders',
      'added shop/search:http',
      'changed shop/web:http',
    ]);
  });
});
