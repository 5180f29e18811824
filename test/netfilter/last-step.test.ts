import { describe, expect, it } from 'vitest';
import { pickedPort } from '../../server/src/netfilter/nat.ts';
import { stoppingStep, type TraceStep, type Verdict } from '../../server/src/netfilter/outcome.ts';
import { factsOfNft } from '../../server/src/netfilter/seen/nft-facts.ts';
import { ruleset } from './support.ts';
import { answers, type Case } from './told-answers.ts';

describe('what stopped a packet', () => {
  const chain = ruleset('*filter\n:INPUT DROP [0:0]\nCOMMIT\n').tables[0]?.chains.get('INPUT');
  if (chain === undefined) throw new Error('no chain');
  const step = (kind: TraceStep['kind'], words: string): TraceStep => ({
    previous: null,
    chain,
    line: 1,
    kind,
    words,
    target: null,
  });

  it.each<readonly [verdict: Verdict, kind: TraceStep['kind'], words: string, isIt: boolean]>([
    ['drop', 'drop', 'drop', true],
    ['reject', 'reject', 'reject with tcp-reset', true],
    ['drop', 'redirect', 'redirect without an address: drop', true],
    ['drop', 'policy', 'drop', true],
    ['drop', 'policy', 'accept', false],
    // Without a route or a TTL left it is dropped behind a rule that let it pass.
    ['drop', 'accept', 'accept', false],
    ['accept', 'drop', 'drop', false],
  ])('%s behind %s "%s": %s', (verdict, kind, words, isIt) => {
    const last = step(kind, words);
    expect(stoppingStep(verdict, [null, last, null])).toBe(isIt ? last : null);
    expect(stoppingStep(verdict, [step('accept', 'accept'), last])).toBe(isIt ? last : null);
  });

  it('is nothing where no rule was met', () => {
    expect(stoppingStep('drop', [null])).toBeNull();
    expect(stoppingStep('drop', [])).toBeNull();
  });
});

it.each<
  readonly [
    range: readonly [first: number | null, last: number | null, base?: number],
    port: number | null,
    picked: number | null,
  ]
>([
  [[80, 80], null, 80],
  [[80, 90], null, null],
  [[80, 90], 85, 85],
  [[80, 90], 80, 80],
  [[80, 90], 90, 90],
  [[80, 90], 79, null],
  [[80, 90], 91, null],
  [[1000, 1009, 80], 80, 1000],
  [[1000, 1009, 80], 89, 1009],
  [[1000, 1009, 80], 90, 1000],
  [[1000, 1009, 80], 79, 1005],
  [[1000, 1009, 80], null, null],
  [[null, null], 5, 5],
])('of the ports %j, %s becomes %s', ([firstPort, lastPort, basePort = null], port, picked) => {
  expect(pickedPort({ first: null, last: null, firstPort, lastPort, basePort }, port, 'dnat', false)).toBe(picked);
});

const port = (name: string | null, all: readonly string[] = []) => ({
  knows: { bridgePorts: () => ({ in: name, out: '', all, isBridged: true }) },
});

describe('a port of a bridge', () => {
  it.each<Case>([
    ['-m physdev --physdev-in veth0', port('veth0'), 'yes'],
    ['-m physdev --physdev-in veth0', port('veth01'), 'no'],
    ['-m physdev --physdev-in veth+', port('veth01'), 'yes'],
    ['-m physdev --physdev-in veth+', port('vet1'), 'no'],
    ['-m physdev --physdev-in veth+', port(null, ['veth1', 'veth2']), 'yes'],
    ['-m physdev --physdev-in veth+', port(null, ['eth1', 'eth2']), 'no'],
    ['-m physdev ! --physdev-in veth+', port('vet1'), 'yes'],
  ])('%s of %j: %s', (rule, given, answer) => {
    expect(answers(rule, given)).toBe(answer);
  });
});

it('a list that shows an address so often is likely to be met', () => {
  const knows = { isListed: () => true, listedTimes: () => 3 };
  const rule = '-m recent --name X --rcheck --hitcount 3';
  expect(answers(rule, { knows })).toBe('hits on X 203.0.113.9 within any in 3..null of any <recent> likely');
  expect(answers(rule, { knows: { ...knows, listedTimes: () => 2 } })).toBe(
    'hits on X 203.0.113.9 within any in 3..null of any <recent>',
  );
});

it.each([
  ['ip saddr 10.0.0.1', '10.0.0.1'],
  ['ip saddr != 10.0.0.1', '!10.0.0.1'],
  ['ip saddr 10.0.0.0/8', '10.0.0.0/8'],
  ['ip6 saddr FD00::0/64', 'fd00::/64'],
  ['ip saddr 10.0.0.1/32', '10.0.0.1'],
  ['ip6 saddr fd00::1/128', 'fd00::1'],
  ['ip saddr @set', '@set'],
])('nft says "%s" of the source %s', (text, source) => {
  expect(factsOfNft(text, 'accept').source).toBe(source);
});
