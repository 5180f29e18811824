/** kube-proxy's lines are missing from a text, or its rules from a node: what looks like both is neither error nor claim, a fault stays one. */
import { describe, expect, it } from 'vitest';
import { isTableWhole } from '../../server/src/ruleset/completeness.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';

const whole = fixtureText('lab/shop/node-a.iptables');

function isWhole(text: string): boolean {
  const ruleset = rulesetOf(text);
  return ruleset.tables.every((table) => isTableWhole(ruleset, table));
}

/** What `grep -v` leaves of the dump. */
function without(...words: readonly RegExp[]): string {
  return whole
    .split('\n')
    .filter((line) => !words.some((word) => word.test(line)))
    .join('\n');
}

describe('lines of one write of kube-proxy', () => {
  it.each([
    [/udp/],
    [/conntrack/],
    [/LOCAL/],
    [/udp/, /RETURN/],
    [/conntrack/, /DOCKER/],
    [/LOCAL/, /REJECT/],
    [/KUBE-SEP/, /KUBE-SVC/],
    [/DNAT/, /MASQ/],
  ])('are missing from what grep -v leaves without %s', (...words) => {
    expect(isWhole(without(...words))).toBe(false);
  });

  it('are all there in what a node has', () => {
    expect(isWhole(whole)).toBe(true);
  });

  /** What somebody, or another program, does to the rules of a node. */
  it.each<readonly [what: string, change: (text: string) => string]>([
    ['the jump to KUBE-NODEPORTS is deleted', () => without(/-A KUBE-SERVICES .* -j KUBE-NODEPORTS$/)],
    [
      'filter’s built-in chains are flushed',
      () => {
        const [before = '', filter = ''] = whole.split(/^(?=\*filter)/m);
        return before + filter.replace(/^(?:\[\d+:\d+\] )?-A (?:INPUT|FORWARD|OUTPUT) .*\n/gm, '');
      },
    ],
    ['KUBE-FORWARD is flushed', () => without(/-A KUBE-FORWARD /)],
    ['the rule for an address of a Service is deleted', () => without(/-A KUBE-SERVICES -d 10\.96\.0\.10\/32 -p udp /)],
    ['the jump to host ports is deleted', () => without(/-A (?:PREROUTING|OUTPUT) .*-j CNI-HOSTPORT-DNAT/)],
  ])('are not missing where %s', (_, change) => {
    const text = change(whole);
    expect(text).not.toBe(whole);
    expect(isWhole(text)).toBe(true);
  });
});
