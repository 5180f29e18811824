import { describe, expect, it } from 'vitest';
import { bundleFiles, diagnosed } from '../support/bundles.ts';

/** What is said to be fine of rules alone. */
function lookedOf(text: string): readonly string[] {
  return diagnosed([{ path: 'iptables-save.txt', text }]).looked;
}

describe('what is said to be fine', () => {
  const rules = bundleFiles('healthy').find(({ path }) => path.startsWith('iptables-save'))?.text ?? '';

  it('is said of a whole dump', () => {
    const looked = lookedOf(rules);
    expect(looked).toContain("kube-proxy's chains stand in all tables: nobody flushed them.");
    expect(looked).toContain("No two programs share bits of the packets' mark.");
    expect(looked.join('\n')).toMatch(
      /There are \d+ rules, of which kube-proxy has \d+ for \d+ Service ports in nat .* is compared with \d+\./,
    );
  });

  it('is not said of what an excerpt does not show', () => {
    const looked =
      lookedOf(`-A KUBE-SERVICES -d 10.96.7.7/32 -p tcp -m comment --comment "shop/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAABBBBCCCCDDDD
-A KUBE-SVC-AAAABBBBCCCCDDDD -m comment --comment "shop/web -> 10.244.1.5:8080" -j KUBE-SEP-AAAABBBBCCCCEEEE
`);
    expect(looked).toContain("No two programs share bits of the packets' mark in what is shown of the rules.");
    expect(looked).toContain('The text shows 2 rules, of which kube-proxy has 2 for 1 Service port in nat.');
    expect(looked.join('\n')).not.toContain('flushed');
  });

  it('says nothing of a flush of rules that are not there: a node of another program', () => {
    const looked = lookedOf(
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n',
    );
    expect(looked.join('\n')).not.toContain('flushed');
  });
});
