import { describe, expect, it } from 'vitest';
import { type Changes, diagnosed, withChanges } from '../support/bundles.ts';
import { add, healthy } from './bundle-changes.ts';

const agreed = "The rules of kube-proxy are what the cluster's Services and endpoints ask for.";

function lookedAt(changes: Changes): readonly string[] {
  return diagnosed(withChanges(healthy, changes)).looked;
}

describe('that the rules are what the cluster asks for', () => {
  it('is said where nothing differs', () => {
    expect(lookedAt({})).toContain(agreed);
  });

  it('is not said where what differs is told with what is wrong in the rules themselves', () => {
    const left = [
      ':KUBE-SEP-YMMDN24UIRGMOLTR - [0:0]',
      '-A KUBE-SEP-YMMDN24UIRGMOLTR -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.42.1.99:8080',
    ];
    const changes = { 'iptables-save.txt': add('nat', ...left) };
    const { looked, causes } = diagnosed(withChanges(healthy, changes));
    expect(causes.map(({ message }) => message).join('\n')).toContain('. The cluster: ');
    expect(causes.some(({ code }) => code.startsWith('drift-'))).toBe(false);
    expect(looked).not.toContain(agreed);
  });

  it('is not said where the rules were compared with nothing', () => {
    // Every Service port has another name, so that the dump is of another cluster.
    const changes = {
      'cluster.json': (text: string) =>
        text.replaceAll('"clusterIP": "10.96.0.1"', '"clusterIP": "10.97.0.1"').replaceAll('"10.96.0.1"', '"10.97.0.1"'),
    };
    expect(lookedAt(changes)).not.toContain(agreed);
  });
});

const withoutRulesOfNat = (text: string): string =>
  text.replace(/^\*nat\n[\s\S]*?^COMMIT$/m, (nat) => nat.replace(/^(?:\[\d+:\d+\] )?-A .*\n/gm, ''));

describe('that Services are not in these rules', () => {
  it('is one cause where nat was flushed', () => {
    const { causes } = diagnosed(withChanges(healthy, { 'iptables-save.txt': withoutRulesOfNat }));
    expect(causes.filter(({ code }) => code.endsWith('-flushed')).map(({ code }) => code)).toEqual(['rules-flushed']);
  });

  it('is said where another program does them', () => {
    const cilium = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CILIUM_POST_nat - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
-A POSTROUTING -j CILIUM_POST_nat
COMMIT
`;
    expect(lookedAt({ 'iptables-save.txt': () => cilium }).join('\n')).toContain('Cilium seems to do the Services of this node');
  });
});
