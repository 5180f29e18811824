import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { frontendSteps } from '../../server/src/kube/flow/frontends.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { rulesetOf } from '../support/dumps.ts';
import { compareFlow } from './flow-enumerated.ts';

const endpoints = ['10.244.0.11', '10.244.0.12', '10.244.1.11', '10.244.2.11', '192.0.2.77'];

/** A Service with these endpoints and probabilities, and rules in filter and mangle that look at whatever rules may look at. */
function dump(probabilities: readonly number[], rules: readonly string[], policy: string): string {
  const sep = (at: number) => `KUBE-SEP-AAAAAAAAAAAAAAA${String.fromCharCode(65 + at)}`;
  return `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
${endpoints
  .map(
    (ip, at) =>
      `-A ${sep(at)} -s ${ip}/32 -j KUBE-MARK-MASQ\n-A ${sep(at)} -p tcp -m tcp -j DNAT --to-destination ${ip}:808${at % 2}`,
  )
  .join('\n')}
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "a/b cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA ! -s 10.244.0.0/16 -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
${probabilities.map((chance, at) => `-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.${chance} -j ${sep(at)}`).join('\n')}
-A KUBE-SVC-AAAAAAAAAAAAAAAA -j ${sep(endpoints.length - 1)}
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ${policy} [0:0]
:OUTPUT ACCEPT [0:0]
:A - [0:0]
${rules.join('\n')}
COMMIT
`;
}

describe('a flow', () => {
  it('ends where enumerating the whole ruleset ends, whatever the filter table asks', { timeout: 120_000 }, () => {
    const condition = fc.constantFrom(
      '',
      '-d 10.244.0.0/24',
      '! -d 10.244.0.0/23',
      '-d 10.244.1.11/32',
      '-d 192.0.2.0/24',
      '-s 10.244.0.0/16',
      '! -s 10.244.0.0/16',
      '-p tcp -m tcp --dport 8081',
      '-p tcp -m multiport ! --dports 8080',
      '-m mark --mark 0x4000/0x4000',
      '-m conntrack --ctstate DNAT',
      '-m conntrack --ctorigdst 10.96.0.9',
      '-m iprange --dst-range 10.244.0.12-10.244.1.11',
      '-m addrtype --src-type LOCAL',
      '-m statistic --mode random --probability 0.25000000000',
      '-m set --match-set s dst',
      '-i eth0',
    );
    const target = fc.constantFrom('ACCEPT', 'DROP', 'REJECT', 'RETURN', 'A', 'MARK --set-xmark 0x1/0x1');
    const rule = fc
      .tuple(fc.constantFrom('FORWARD', 'FORWARD', 'OUTPUT', 'A'), condition, target)
      .filter(([chain, asks, does]) => !(chain === 'A' && does === 'A') && !(chain === 'OUTPUT' && asks.startsWith('-i')))
      .map(([chain, asks, does]) => `-A ${chain} ${asks} -j ${does}`.replace('  ', ' '));
    const chance = fc.integer({ min: 1, max: 99 });
    fc.assert(
      fc.property(
        fc.array(chance, { maxLength: endpoints.length - 1 }),
        fc.array(rule, { maxLength: 8 }),
        fc.constantFrom('ACCEPT', 'DROP'),
        (chances, rules, policy) => {
          const resolution = resolveChains(rulesetOf(dump(chances, rules, policy)), emptyCluster);
          const frontends = runToEnd(frontendSteps(resolution));
          const target = { kind: 'service', namespace: 'a', name: 'b', port: null } as const;
          expect(compareFlow(resolution, target, frontends)).toBe(3);
        },
      ),
      { seed: 20261124, numRuns: 150 },
    );
  });
});
