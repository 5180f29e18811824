import { describe, expect, it } from 'vitest';
import { findingsIn } from './check-findings.ts';

describe('an address of the other family', () => {
  const with4 = '-A KUBE-SERVICES -d 10.96.0.1/32 -j ACCEPT';

  it.each(['2001:db8::1/128', 'fd00::1/128', '::1/128'])('is told from the rest: %s', (address) => {
    const dump = `*filter\n:KUBE-SERVICES - [0:0]\n${with4}\n-A KUBE-SERVICES -d ${address} -j ACCEPT\nCOMMIT\n`;
    expect(findingsIn(dump).map(({ code }) => code)).toContain('mixed-families');
  });

  it('is no IPv4 address with a port', () => {
    const dump = `*nat\n:KUBE-SEP-A - [0:0]\n${with4.replace('SERVICES', 'SEP-A')}\n-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.0.0.1:80\nCOMMIT\n`;
    expect(findingsIn(dump).map(({ code }) => code)).not.toContain('mixed-families');
  });
});
