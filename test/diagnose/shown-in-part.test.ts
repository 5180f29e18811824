import { describe, expect, it } from 'vitest';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { bundleFiles, diagnosed, withChanges } from '../support/bundles.ts';

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

/** A recorded bundle whose rules of both families were changed so. */
function changed(change: (text: string) => string): readonly BundleFile[] {
  const files = bundleFiles('healthy').filter(({ path }) => !/^ip6?tables-legacy|^ip6tables/.test(path));
  return withChanges(files, { 'iptables-save.txt': change });
}

/** A text without one of its tables. */
function without(text: string, table: string): string {
  return text.replace(new RegExp(`^\\*${table}\\n[\\s\\S]*?^COMMIT\\n`, 'm'), '');
}

describe('a packet in rules that are not all shown', () => {
  const question = { from: 'shop/client-0', to: 'shop/web' };
  const agrees = "The rules of kube-proxy are what the cluster's Services and endpoints ask for.";

  it('arrives where they are', () => {
    const { outcome, looked } = diagnosed(
      changed((text) => `${text}\n`),
      question,
    );
    expect(outcome).toBe('arrives');
    expect(looked).toContain(agrees);
    expect(looked.join('\n')).toMatch(/^The rules let the packet pass: /m);
  });

  it.each<[string, (text: string) => string]>([
    ['without table nat', (text) => without(text, 'nat')],
    ['of one table', (text) => /^\*filter\n[\s\S]*?^COMMIT\n/m.exec(text)?.[0] ?? ''],
    ['without the chains of endpoints', (text) => text.replace(/^(?::|\[\d+:\d+\] -A )KUBE-SEP-.*\n/gm, '')],
    ['with a gap', (text) => text.replace(/^\[\d+:\d+\] -A KUBE-SVC-[\s\S]*?(?=^COMMIT)/m, '...\n')],
    ['that were cut', (text) => text.slice(0, text.indexOf('-A KUBE-SERVICES', text.indexOf('*nat')))],
    ['without addresses', (text) => text.replace(/\b10\.\d+\.\d+\.(?=\d)/g, 'x.x.x.')],
  ])('is not said to be lost: %s', (_, change) => {
    const { outcome, causes, looked } = diagnosed(changed(change), question);
    expect(causes.map(({ code }) => code)).toEqual([]);
    expect(outcome).toBe('unknown');
    expect(looked).not.toContain(agrees);
    expect(looked.join('\n')).toMatch(
      /is not known: the text does not show all rules of nat|The rules that the text shows let the packet pass/,
    );
  });

  it('is not said to arrive without table filter', () => {
    const { outcome, looked } = diagnosed(
      changed((text) => without(text, 'filter')),
      question,
    );
    expect(outcome).toBe('unknown');
    expect(looked).not.toContain(agrees);
    expect(looked.join('\n')).toContain('The text does not show the tables raw and filter, which the packet would meet.');
  });
});
