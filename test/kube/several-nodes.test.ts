/** What two nodes printed, one below the other: no answer is made of both, and each says of which it is. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { hostNamed } from '../../server/src/syntax/pasted/host-named.ts';
import { rulesetOf } from '../support/dumps.ts';
import { flow } from './flow-support.ts';

const nat = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SEP-IAZPHGLZVO2SWOVD - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http" -j KUBE-SEP-IAZPHGLZVO2SWOVD
-A KUBE-SEP-IAZPHGLZVO2SWOVD -p tcp -m tcp -j DNAT --to-destination 10.244.0.4:80
COMMIT
`;
const filter = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
const several = /^The text holds 2 dumps of IPv4 rules/;

function outcome(text: string): { readonly verdict: string | undefined; readonly notes: readonly string[] } {
  const resolution = resolveChains(rulesetOf(text), emptyCluster);
  const answer = runToEnd(traceQuestion(resolution, { from: '10.0.0.9', to: '10.96.0.10:80' }));
  if (!answer.ok) throw new Error(answer.message);
  return { verdict: answer.report.outcomes[0]?.verdict, notes: answer.report.assumptions };
}

describe('the name of a machine', () => {
  it.each([
    ['root@node-1:~# iptables-save', 'node-1'],
    ['[root@k8s-worker2 ~]# iptables-save', 'k8s-worker2'],
    ['=== node-1 ===', 'node-1'],
    ['Node: aks-nodepool1-123', 'aks-nodepool1-123'],
    ['on worker2:', 'worker2'],
    ['master:', 'master'],
    ['# worker-3', 'worker-3'],
    ['nat:', undefined],
    ['=== filter ===', undefined],
    ['before', undefined],
    ['the chain of the service on a worker:', undefined],
    ['# Completed on Mon Jan  1 00:00:00 2024', undefined],
    ['$ iptables-save', undefined],
  ])('in "%s" is %s', (text, name) => {
    expect(hostNamed(text)).toBe(name);
  });
});

describe('two nodes in one text', () => {
  it.each([
    ['prompts', 'root@node-1:~# iptables-save -t nat', 'root@node-2:~# iptables-save -t filter'],
    ['names', 'node-1:', 'node-2:'],
    ['titles', '=== Node: worker-a ===', '=== Node: worker-b ==='],
  ])('that %s tell apart: what one drops is not dropped on the other', (_, first, second) => {
    const one = outcome(`${first}\n${nat}${first}\n${filter}`);
    expect(one.verdict).toBe('drop');
    expect(one.notes.filter((note) => several.test(note))).toEqual([]);
    const two = outcome(`${first}\n${nat}${second}\n${filter}`);
    expect(two.verdict).toBe('accept');
    expect(two.notes.find((note) => several.test(note))).toContain('(from lines 2, 17 on)');
    expect(two.notes.find((note) => several.test(note))).toMatch(/this is of that from line 2 on\.$/);
  });

  it('are both named where a Service is asked for', () => {
    const { notes } = flow(`${nat}${nat.replace('10.244.0.4', '10.244.7.7')}`, 'shop/web');
    expect(notes.filter(({ message }) => several.test(message)).map(({ severity }) => severity)).toEqual(['warning']);
  });

  it('within a table are somebody’s words', () => {
    expect(outcome(nat.replace('-A OUTPUT', '# node-1\n# node-2\n-A OUTPUT') + filter).verdict).toBe('drop');
  });
});
