import { describe, expect, it } from 'vitest';
import type { CounterReport } from '../../server/src/kube/drift/counter-changes.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

describe('diff --counters', () => {
  const [before, after] = [fixturePath('seen/nft-before.iptables'), fixturePath('seen/nft-after.iptables')];

  it('says which rules counted packets in between', () => {
    const { stdout, status } = inspect(['diff', '--counters', before, after]);
    expect(stdout).toContain('the same in meaning\n\nPackets counted in between\n');
    expect(stdout).toMatch(/^ +\d+ {2}filter SHOP \(line \d+\): -A SHOP -p icmp -j ACCEPT$/m);
    expect(status).toBe(0);
    const { counters } = JSON.parse(inspect(['diff', '--counters', before, after, '--format', 'json']).stdout) as {
      readonly counters: CounterReport;
    };
    expect(counters.changes.find(({ chain }) => chain === 'DENY')).toMatchObject({ table: 'filter', packets: 1, bytes: 60 });
  });

  it('of dumps without counters says how to have them', () => {
    const plain = fixturePath('sample/worker-1.iptables');
    const { stderr, status } = inspect(['diff', '--counters', plain, plain]);
    expect(stderr).toContain('--counters: No rule has counters in both dumps: save them with "iptables-save -c".');
    expect(status).toBe(2);
  });
});
