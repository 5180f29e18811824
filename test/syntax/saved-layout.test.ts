import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { destinationIn, endpointLayout, endsInHashedName, portIn, ruleText } from '../../server/src/syntax/saved-layout.ts';

function lineOf(rule: string): Line {
  const [, line] = readWholeDocument(`*nat\n${rule}\nCOMMIT\n`).lines;
  if (line === undefined) throw new Error('no line');
  return line;
}

describe("kube-proxy's rules for endpoints, told by their layout", () => {
  const service = 'KUBE-SVC-67NZLRHBNDSAWJRO';
  const endpoint = 'KUBE-SEP-GXKVICYM64SODBWJ';

  it.each([
    [`-A ${service} -j ${endpoint}`, { kind: 'choice', probability: undefined, target: endpoint }],
    [
      `[1:60] -A ${service} -m comment --comment "shop/web -> 10.244.0.11:80" -m statistic --mode random --probability 0.50000000000 -j ${endpoint}`,
      { kind: 'choice', probability: '0.50000000000', target: endpoint },
    ],
    [
      `-A ${endpoint} -s 10.244.0.11/32 -j KUBE-MARK-MASQ`,
      { kind: 'hairpin', source: '10.244.0.11/32', target: 'KUBE-MARK-MASQ' },
    ],
    [
      `-A ${endpoint} -p tcp -m comment --comment "shop/web" -m tcp -j DNAT --to-destination [fd00::b]:80`,
      { kind: 'redirect', protocol: 'tcp', destination: '[fd00::b]:80' },
    ],
    [`-A ${endpoint} -p tcp -m udp -j DNAT --to-destination 10.244.0.11:80`, undefined],
    [`-A ${endpoint} -s 10.244.0.11/32 ! -d 10.0.0.1/32 -j KUBE-MARK-MASQ`, undefined],
    [`-A KUBE-SVC-67NZLRHBNDSAWJR -j ${endpoint}`, undefined],
    [`-A KUBE-XLB-67NZLRHBNDSAWJRO -j ${endpoint}`, undefined],
    [`-I ${service} -j ${endpoint}`, undefined],
    [`-A ${service} -g ${endpoint}`, undefined],
  ])('%s', (rule, expected) => {
    expect(endpointLayout(lineOf(rule))).toEqual(expected);
  });
});

describe('what a rule is for, told by its layout', () => {
  it.each([
    ['-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j X', '10.96.0.10', 'udp 53'],
    ['[3:4] -A KUBE-SERVICES ! -s 10.244.0.0/16 -d fd00::a/128 -p tcp -m tcp --dport 80 -j X', 'fd00::a', 'tcp 80'],
    ['-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web" -m tcp --dport 30080 -j X', undefined, 'tcp 30080'],
    ['-A KUBE-SERVICES ! -d 10.96.0.10/32 -j X', undefined, undefined],
    ['-A KUBE-SERVICES -d 10.96.0.0/31 -j X', undefined, undefined],
    ['-A KUBE-SERVICES -m comment --comment "-d 10.96.0.10/32 " -j X', undefined, undefined],
    ['-A KUBE-NODEPORTS -p tcp -m tcp --dport 30000:32767 -j X', undefined, undefined],
    ['-A KUBE-NODEPORTS -p tcp -m udp --dport 30080 -j X', undefined, undefined],
  ])('%s', (rule, destination, port) => {
    const line = lineOf(rule);
    const found = portIn(line);
    expect([destinationIn(line), found === undefined ? undefined : `${found.protocol} ${found.port}`]).toEqual([
      destination,
      port,
    ]);
  });
});

it('a rule has its text without counters', () => {
  expect(ruleText(lineOf('[12:3456] -A INPUT -j ACCEPT '))).toBe('-A INPUT -j ACCEPT');
  expect(ruleText(lineOf('-A INPUT -m comment --comment "[1:2] " -j ACCEPT'))).toBe(
    '-A INPUT -m comment --comment "[1:2] " -j ACCEPT',
  );
});

it('a hashed name is whole or it is not', () => {
  expect(endsInHashedName(lineOf('-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ'))).toBe(true);
  expect(endsInHashedName(lineOf('-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBW'))).toBe(false);
});

it('an endpoint’s rule is not told by its layout where a terminal broke the line: half of the port may stand below', () => {
  const rule = `-A ${'KUBE-SEP-GXKVICYM64SODBWJ'} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.11:8080`;
  const { length } = rule;
  const broken = [rule, rule].map((text) => `${text.slice(0, length - 1)}\n${text.slice(length - 1)}`);
  const [line] = readWholeDocument(`${broken.join('\n')}\n`).lines;
  expect(line === undefined ? undefined : endpointLayout(line)).toBeUndefined();
  expect(line?.context.within).toMatchObject({ kind: 'wrapped', more: '0' });
});
