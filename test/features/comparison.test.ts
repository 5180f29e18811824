import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { compareRulesets, compareWithExpected } from '../../server/src/features/comparison.ts';
import type { CompareResult } from '../../server/src/protocol/compare.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';

type Compared = Extract<CompareResult, { readonly kind: 'compared' }>;

function compared(result: CompareResult): Compared {
  if (result.kind !== 'compared') throw new Error(result.reason);
  return result;
}

const stale = fixtureText('lab/shop-stale/node-a.iptables');
const synced = fixtureText('lab/shop-stale/node-a.synced.iptables');
const cluster = clusterFrom(fixturePath('lab/shop-stale/cluster.json'));

describe('two dumps', () => {
  const result = compared(runToEnd(compareRulesets(rulesetOf(stale), rulesetOf(synced), cluster)));

  it('differ in Services, chains and rules, each at its line of the canonical texts', () => {
    expect(result.services.length).toBeGreaterThan(0);
    const [before, after] = [result.before.split('\n'), result.after.split('\n')];
    const chains = result.tables.flatMap(({ chains: own }) => own);
    expect(chains.length).toBeGreaterThan(2);
    for (const { name, change, line, rules } of chains) {
      if (change !== 'removed') expect(after[line]).toMatch(new RegExp(`^:${name} `));
      for (const { change: of, rule, line: at } of rules) expect((of === 'added' ? after : before)[at]).toBe(rule);
    }
    expect(chains.some(({ title }) => title.startsWith('shop/'))).toBe(true);
  });

  it('that mean the same differ in nothing, and their texts are one', () => {
    const same = compared(runToEnd(compareRulesets(rulesetOf(synced), rulesetOf(synced.replaceAll('[0:0]', '[1:60]')), cluster)));
    expect([same.services, same.tables]).toEqual([[], []]);
    expect(same.before).toBe(same.after);
  });

  it('without a table in common cannot be compared', () => {
    const result = runToEnd(compareRulesets(rulesetOf('*nat\nCOMMIT\n'), rulesetOf('*raw\n:PREROUTING DROP [0:0]\nCOMMIT\n')));
    expect(result).toEqual({ kind: 'nothing', reason: 'Nothing to compare: the dumps have no table in common.' });
  });
});

describe('a dump and what kube-proxy would write', () => {
  it('are the same on a node that is in sync, whatever else the node has', () => {
    const { services, tables, before, after } = compared(runToEnd(compareWithExpected(dumpState(synced, cluster))));
    expect([services, tables]).toEqual([[], []]);
    expect(before).toBe(after);
    expect(after).not.toContain('KUBE-KUBELET-CANARY');
  });

  it('differ on one that is behind', () => {
    const { services, tables } = compared(runToEnd(compareWithExpected(dumpState(stale, cluster))));
    expect(services.length).toBeGreaterThan(0);
    expect(tables.map(({ name }) => name)).toContain('nat');
  });

  it('cannot be compared without a cluster, or where Services are elsewhere', () => {
    expect(runToEnd(compareWithExpected(dumpState(stale)))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('No cluster'),
    });
    const empty =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n';
    expect(runToEnd(compareWithExpected(dumpState(empty, cluster)))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('No Service of this node is in its iptables'),
    });
  });
});
