import { describe, expect, it } from 'vitest';
import { checkFindings, findingsIn } from './check-findings.ts';

describe('a set that is not there', () => {
  it('is information where other sets stand beside the dump, which may be some of them', () => {
    checkFindings(`
      create KNOWN hash:ip family inet
      add KNOWN 10.0.0.1
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -m set --match-set KNOWN src -j ACCEPT
      -A INPUT -m set --match-set UNKNOWN src -j DROP
      #                           ^^^^^^^ unknown-set: Set UNKNOWN is not among those
      COMMIT
    `);
  });

  it('is nothing to say where no set is known', () => {
    expect(findingsIn('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set X src -j DROP\nCOMMIT\n')).toEqual([]);
  });
});
