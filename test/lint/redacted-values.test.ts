/** Texts out of which somebody took addresses or names before others saw them: no error of iptables', and nothing claimed for what is not shown. */
import { describe, expect, it } from 'vitest';
import { rulesIn } from '../support/rules-in.ts';
import { findingsIn, codesAndSeverities as told } from './check-findings.ts';

describe('counters in front of a rule with a value that somebody took out', () => {
  const rules = [
    '[0:0] -A KUBE-FORWARD -s xxxx:xxx:xxx:x:3000::/112 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '[523:62476] -A KUBE-FORWARD -d xxxx:xxx:xxx:x:3000::/112 -j ACCEPT',
  ];

  it('stay its own, and the address is one of IPv6', () => {
    expect(rulesIn(`${rules.join('\n')}\n`)).toHaveLength(2);
    expect(told(`${rules.join('\n')}\n`)).toEqual([
      ['bad-mask', 'info'],
      ['bad-mask', 'info'],
    ]);
  });

  it('begin the second of two rules on one line', () => {
    const text = '[0:0] -A X -s 192.0.2.1/32 -j ACCEPT [5:5] -A X -s 192.0.2.2/32 -j ACCEPT';
    expect(told(`${text}\n`)).toEqual([['joined-lines', 'info']]);
  });
});

describe('a value that somebody took out', () => {
  const hidden = [
    '-s XX.XX.XX.XX/32',
    '-s x.x.x.x',
    '-s <node-ip>/32',
    '-d [REDACTED]',
    '-s 203.0.113.xxx/32',
    '-s ***.***.***.***/32',
    '-p tcp -m tcp --dport XXXX',
    '-m mac --mac-source XX:XX:XX:XX:XX:XX',
  ];
  it.each(hidden)('%s may be any', (words) => {
    const text = `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${words} -j DROP\n-A INPUT -s 10.0.0.1/32 -j ACCEPT\nCOMMIT\n`;
    const findings = findingsIn(text);
    expect(findings.map(({ severity }) => severity)).toEqual(['info']);
    expect(findings[0]?.message).toContain('stands for a value that the text does not show');
    expect(rulesIn(text)[0]).toContain('not understood');
  });

  it.each(['-s 1.2.3.x', '-s a.b.c.d', '-s nosuch.invalid', '-m comment --comment [x] -s 300.0.0.1'])(
    '%s is a mistake',
    (words) => {
      expect(told(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${words} -j DROP\nCOMMIT\n`)).toEqual([['bad-address', 'error']]);
    },
  );
});
