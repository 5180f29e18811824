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
