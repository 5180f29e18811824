import { describe, expect, it } from 'vitest';
import { bundleFiles, codesOf, diagnosed } from '../support/bundles.ts';

// Recorded in network namespaces with real kube-proxies, Pods and traffic: what was sent there and what came back decides.

interface Asked {
  readonly bundle: string;
  readonly from: string;
  readonly to: string;
  readonly outcome: 'arrives' | 'lost';
  readonly first?: string;
}

const asked: readonly Asked[] = [
  { bundle: 'route-localnet-off', from: '127.0.0.1', to: '127.0.0.1:30080', outcome: 'lost', first: 'route-localnet-off' },
  { bundle: 'route-localnet-off', from: '172.18.0.1', to: '172.18.0.2:30080', outcome: 'arrives' },
  { bundle: 'route-localnet-off', from: 'this-node', to: '172.18.0.2:30080', outcome: 'arrives' },
  { bundle: 'route-localnet-on', from: '127.0.0.1', to: '127.0.0.1:30080', outcome: 'arrives' },
  { bundle: 'hairpin-off', from: 'shop/solo-0', to: 'shop/solo', outcome: 'lost', first: 'hairpin-off' },
  { bundle: 'hairpin-off', from: 'shop/client-0', to: 'shop/solo', outcome: 'arrives' },
  { bundle: 'hairpin-on', from: 'shop/solo-0', to: 'shop/solo:http', outcome: 'arrives' },
  { bundle: 'healthy', from: 'shop/client-0', to: 'shop/web', outcome: 'arrives' },
  { bundle: 'healthy', from: 'outside', to: 'node:worker-1:30080', outcome: 'arrives' },
  { bundle: 'nothing-listens', from: '10.42.0.30', to: '10.96.10.70:80/tcp', outcome: 'arrives' },
];

const healthy = ['route-localnet-on', 'hairpin-on', 'healthy', 'nothing-listens'];

describe('recorded bundles', () => {
  it.each(asked)('$bundle: $from to $to $outcome', ({ bundle, from, to, outcome, first }) => {
    const diagnosis = diagnosed(bundleFiles(bundle), { from, to });
    expect(diagnosis.outcome).toBe(outcome);
    if (first !== undefined) expect(codesOf(diagnosis)[0]).toBe(first);
    if (healthy.includes(bundle)) expect(codesOf(diagnosis)).toEqual([]);
  });

  it.each(healthy)('%s: nothing is found', (bundle) => {
    expect(diagnosed(bundleFiles(bundle)).causes).toEqual([]);
  });

  it('says where the evidence stands', () => {
    const { causes } = diagnosed(bundleFiles('route-localnet-off'), { from: '127.0.0.1', to: '127.0.0.1:30080' });
    expect(causes[0]?.evidence.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'sysctl.txt:13',
      'kube-proxy.log:7',
      'iptables-save.txt:82',
    ]);
    expect(causes[0]?.mend).toEqual(['sysctl -w net.ipv4.conf.all.route_localnet=1']);
  });

  it('names the port of the bridge', () => {
    const [cause] = diagnosed(bundleFiles('hairpin-off'), { from: 'shop/solo-0', to: 'shop/solo' }).causes;
    expect(cause?.mend).toEqual(['bridge link set dev veth1aa601b0 hairpin on']);
    expect(cause?.evidence[0]?.text).toBe('veth1aa601b0: master cni0, hairpin false');
    expect(cause?.evidence[1]).toMatchObject({ file: 'iptables-save.txt', line: 90 });
  });

  it('says that iptables lets it pass, and where to look then', () => {
    const { looked } = diagnosed(bundleFiles('nothing-listens'), { from: 'shop/client-0', to: 'shop/pay' });
    expect(looked.join('\n')).toContain('translated to 10.42.0.70:9000');
    expect(looked.join('\n')).toMatch(/iptables lets it pass; .*look at Pod shop\/pay-0 \(10\.42\.0\.70\).*listens on port 9000/);
  });
});
