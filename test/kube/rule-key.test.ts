import { describe, expect, it } from 'vitest';
import { expectedKey, isWrittenAs, meaningKey, textKey } from '../../server/src/kube/drift/rule-key.ts';
import type { ExpectedRule } from '../../server/src/kube/expected/rule.ts';
import { rulesetOf } from '../support/dumps.ts';

const rule: ExpectedRule = {
  table: 'nat',
  chain: 'KUBE-SERVICES',
  head: '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp',
  comment: 'shop/web:http cluster IP',
  tail: ' -m tcp --dport 443 -j KUBE-SVC-A',
  port: null,
  purpose: null,
};
const plain = `${rule.head}${rule.tail}`;
const commented = (comment: string): string => `${rule.head} -m comment --comment ${comment}${rule.tail}`;

/** A rule as iptables-save may have it: the same for kube-proxy, whatever its counters and comment. */
const same: readonly string[] = [
  plain,
  commented('"shop/web:http cluster IP"'),
  commented('word'),
  commented('"a \\"quoted\\" word -j X"'),
  commented('"ends with a backslash \\\\"'),
  `[12:3456] ${commented('"shop/web:http cluster IP"')}`,
  `[0:0] ${plain}`,
];

/** Rules that are others. */
const others: readonly string[] = [
  plain.replace('443', '4430'),
  plain.replace('--dport 443', '--dport 443 -m mark --mark 0x1'),
  plain.replace('10.96.0.1/32', '10.96.0.11/32'),
  `${plain} `,
  `${commented('"a"')} -m mark --mark 0x1`,
  commented('"not closed'),
  commented('"a" -m mark --mark 0x1'),
  rule.head,
  '',
];

describe('a rule that kube-proxy would write', () => {
  it.each(same)('stands as it is in %s', (text) => {
    expect(isWrittenAs(text, rule)).toBe(true);
    expect(textKey(text)).toBe(plain);
  });

  it.each(others)('does not in %j', (text) => {
    expect(isWrittenAs(text, rule)).toBe(false);
  });

  it('is compared without its comment', () => {
    expect(expectedKey(rule)).toBe(plain);
    expect(textKey(commented('"a" -m mark --mark 0x1'))).not.toBe(plain);
    expect(textKey(`${plain}   `)).toBe(plain);
  });

  it('is the same however it is spelled, by what it means', () => {
    const text = `*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -p tcp -m tcp -d 10.96.0.1 --dport https -m comment --comment x -j KUBE-SVC-A\n${plain}\nCOMMIT\n`;
    const ruleset = rulesetOf(text);
    expect(meaningKey(ruleset, 2)).toBe(meaningKey(ruleset, 3));
    expect(meaningKey(ruleset, 3)).toBe(plain);
    expect(meaningKey(ruleset, 1)).toBeUndefined();
    expect(meaningKey(ruleset, 99)).toBeUndefined();
  });
});
