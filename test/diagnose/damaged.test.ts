import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { bundleFiles, diagnosed } from '../support/bundles.ts';

// Any part of a bundle may be missing, cut off or something else: what is left still answers, and nothing throws.

const files = bundleFiles('hairpin-off');
const question = { from: '10.42.0.60', to: '10.96.10.60:80' };
const parts = files.map(({ path }) => path).filter((path) => !path.startsWith('iptables-save') && path !== 'cluster.json');

describe('a damaged bundle', () => {
  it.each(parts)('without %s, with half of it, or with something else in its place', (path) => {
    const replaced: readonly ((text: string) => string)[] = [
      (text) => text.slice(0, text.length / 2),
      () => '\u0000\u0001 <html>not found</html>\n',
      () => '[{"ifname":7,"dst":[],"addr_info":{"local":1},"nexthops":[null]},null,3,"x"]',
      () => `${'['.repeat(5000)}\n${'{'.repeat(5000)}`,
      () => 'constructor = 1\n__proto__ = 2\nnet.ipv4.ip_forward = yes\n',
    ];
    expect(
      diagnosed(
        files.filter((file) => file.path !== path),
        question,
      ).question,
    ).toMatchObject(question);
    for (const replace of replaced) {
      const damaged = files.map((file) => (file.path === path ? { path, text: replace(file.text) } : file));
      expect(diagnosed(damaged, question).question).toMatchObject(question);
      expect(diagnosed(damaged).outcome).toBeNull();
    }
  });

  it('claims nothing of what is not there', () => {
    const rules = files.filter(({ path }) => path === 'iptables-save.txt');
    expect(diagnosed(rules)).toMatchObject({ question: null, outcome: null, causes: [] });
    expect(diagnosed(rules).missing.length).toBeGreaterThan(5);
    expect(readBundle(rules).notes).toEqual([]);
  });
});
