import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../server/src/catalog/types.ts';
import { fullRule, isForAnother } from '../../server/src/netfilter/compile-rule.ts';
import type { CompiledRule } from '../../server/src/netfilter/compiled-rule.ts';
import { endpointRule } from '../../server/src/netfilter/endpoint-rule.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { packet } from './support.ts';

function lines(text: string): readonly Line[] {
  return readWholeDocument(text)
    .lines.slice()
    .filter((line) => line.kind === 'rule');
}

const probes: Readonly<Record<Family, readonly ReturnType<typeof packet>[]>> = {
  ipv4: [packet(), packet({ from: '10.244.0.11' }), packet({ protocol: 'udp' }), packet({ from: '10.128.5.141' })],
  ipv6: [packet({ from: 'fd00::1', to: 'fd00::2' }), packet({ from: 'fd00:10:244:1::b', to: 'fd00::2' })],
};

/** What a compiled rule does, as data that can be compared: its answers to some packets, and its action. */
function behaviour(rule: CompiledRule, family: Family): unknown {
  const answers = probes[family].map((probe) => {
    const all = rule.predicates.map((predicate) => predicate(probe, { isLocal: () => undefined }));
    return all.includes(false) ? false : all.filter((answer) => answer !== true);
  });
  return {
    answers,
    action: JSON.parse(JSON.stringify(rule.action, (_, value) => (typeof value === 'bigint' ? String(value) : value))),
    isGoto: rule.isGoto,
  };
}

function compare(text: string, family: Family): number {
  let told = 0;
  for (const line of lines(text)) {
    const quick = endpointRule(line, family);
    if (quick === undefined) continue;
    const full = fullRule(line, family);
    if (full === null) throw new Error(line.text);
    expect(behaviour(quick, family), line.text).toEqual(behaviour(full, family));
    told += 1;
  }
  return told;
}

describe("kube-proxy's endpoint rules, told by their layout", () => {
  it('mean what reading them option by option says', () => {
    expect(compare(readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8'), 'ipv4')).toBeGreaterThan(30);
  });

  it.each([
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -g KUBE-SEP-GXKVICYM64SODBWJ',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -s 10.0.0.0/8 -j KUBE-SEP-GXKVICYM64SODBWJ',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -m statistic --mode nth --every 2 --packet 0 -j KUBE-SEP-GXKVICYM64SODBWJ',
    '-A KUBE-SEP-GXKVICYM64SODBWJ ! -s 10.244.0.11/32 -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m udp -j DNAT --to-destination 10.244.0.11:8080',
    '-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m recent --set --name X -m tcp -j DNAT --to-destination 10.244.0.11:8080',
    '-I KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "a \\" -s 1.2.3.4/32 -m comment \\"" -j KUBE-SEP-GXKVICYM64SODBWJ',
  ])('are not taken from %s', (text) => {
    expect(lines(`*nat\n${text}\n`).map((line) => endpointRule(line, 'ipv4'))).toEqual([undefined]);
  });
});

describe('a rule for one destination', () => {
  const isFor = (text: string, ip: string) => lines(`*nat\n${text}\n`).map((line) => isForAnother(line, ip))[0];

  it('is passed over for any other, by its text', () => {
    expect(isFor('-A KUBE-SERVICES -d 10.0.0.1/32 -j X', '10.0.0.2')).toBe(true);
    expect(isFor('[3:4] -A KUBE-SERVICES ! -s 10.0.0.0/8 -d 10.0.0.1/32 -j X', '10.0.0.2')).toBe(true);
    expect(isFor('-A KUBE-SERVICES -d 10.0.0.1/32 -j X', '10.0.0.1')).toBe(false);
  });

  it.each([
    '-A KUBE-SERVICES ! -d 10.0.0.1/32 -j X',
    '-A KUBE-SERVICES -d 10.0.0.0/31 -j X',
    '-A KUBE-SERVICES -d 010.0.0.1/32 -j X',
    '-A KUBE-SERVICES -m comment --comment "-A X -d 10.0.0.1/32 " -j X',
  ])('is read where it is not so: %s', (text) => {
    expect(isFor(text, '10.0.0.2')).toBe(false);
  });
});

describe('in the lab, endpoint rules told by their layout', () => {
  it.each<readonly [string, Family, number]>([
    ['shop/node-a.counters.iptables', 'ipv4', 50],
    ['shop/node-a.ip6tables', 'ipv6', 8],
    ['shop-1.23/node-a.iptables', 'ipv4', 50],
    ['large-600x10/node-0.iptables', 'ipv4', 17_000],
  ])('of %s mean the same', { timeout: 120_000 }, (dump, family, least) => {
    expect(compare(readFileSync(labPath(dump), 'utf8'), family)).toBeGreaterThan(least);
  });
});
