import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type ReachReport, reachSteps } from '../../server/src/kube/question/reach.ts';
import { compareReach } from '../../server/src/kube/question/reach-difference.ts';
import { rulesetOf } from '../support/dumps.ts';
import { nodes, written } from './drift-support.ts';
import { clusterWith, service, slice } from './objects.ts';

/** Who reaches the Services of a node on which kube-proxy wrote these, with a change of what it wrote. */
function reach(objects: readonly object[], from: string | RegExp = '', to = ''): ReachReport {
  const text = written(clusterWith(...nodes, ...objects));
  const own = from === '' ? text : text.replace(from, to);
  if (from !== '' && own === text) throw new Error(`${from} is not in the dump`);
  const answer = runToEnd(reachSteps(resolveChains(rulesetOf(own), emptyCluster), null));
  if (!answer.ok) throw new Error(answer.message);
  return answer.report;
}

const web = service('shop/web', { ip: '10.96.0.1' });
const two = slice('shop/web', { '10.244.0.1': {}, '10.244.1.2': {} });
const inFilter = /(\*filter\n(?::.*\n)*)/;

/** What differs, by client: "10.96.0.1:80/tcp from pod: arrives -> dropped". */
function told(before: ReachReport, after: ReachReport): readonly string[] {
  return compareReach(before, after).differences.map(
    ({ entry, client, what }) => `${entry.label} from ${client.kind}: ${what.join(', ')}`,
  );
}

describe('two answers on who reaches a Service differ', () => {
  const before = reach([web, two]);

  it('in endpoints, whoever asks', () => {
    const other = slice('shop/web', { '10.244.0.1': {}, '10.244.1.3': {} });
    expect(told(before, reach([web, other]))).toEqual(
      ['pod', 'node', 'outside'].map((kind) => `10.96.0.1:80/tcp from ${kind}: +10.244.1.3:8080, -10.244.1.2:8080`),
    );
  });

  it('in the shares of endpoints, but not by what nobody could notice', () => {
    const uneven = reach([web, two], '--probability 0.50000000000', '--probability 0.25000000000');
    expect(told(before, uneven)).toEqual(['pod', 'node', 'outside'].map((kind) => `10.96.0.1:80/tcp from ${kind}: other shares`));
    expect(told(before, reach([web, two], '--probability 0.50000000000', '--probability 0.50000000023'))).toEqual([]);
  });

  it('in how packets end, of those clients that it is so for', () => {
    const dropping = reach([web, two], inFilter, '$1-A FORWARD -d 10.244.0.0/16 -j DROP\n');
    expect(told(before, dropping)).toEqual([
      '10.96.0.1:80/tcp from pod: arrives -> dropped, -10.244.0.1:8080, -10.244.1.2:8080, depends on other assumptions',
      '10.96.0.1:80/tcp from outside: arrives -> dropped, -10.244.0.1:8080, -10.244.1.2:8080',
    ]);
    expect(told(dropping, before)).toEqual([
      '10.96.0.1:80/tcp from pod: dropped -> arrives, +10.244.0.1:8080, +10.244.1.2:8080, depends on other assumptions',
      '10.96.0.1:80/tcp from outside: dropped -> arrives, +10.244.0.1:8080, +10.244.1.2:8080',
    ]);
  });

  it('in whose address arrives', () => {
    const all = reach([web, two], '! -s 10.244.0.0/16 ', '');
    expect(told(before, all)[0]).toMatch(/^10\.96\.0\.1:80\/tcp from pod: source \w+ -> rewritten/);
    expect(told(before, all).filter((text) => text.includes('from outside'))).toEqual([]);
  });

  it('in what they take to be so', () => {
    const set = reach([web, two], inFilter, '$1-A FORWARD -m set --match-set x src -j DROP\n');
    expect(told(before, set)).toEqual([
      '10.96.0.1:80/tcp from pod: depends on other assumptions',
      '10.96.0.1:80/tcp from outside: depends on other assumptions',
    ]);
  });

  it('in entries that came and went, each with the answer of the one that has it', () => {
    const { differences } = compareReach(before, reach([service('shop/web', { ip: '10.96.0.2' }), two]));
    expect(
      differences.map(({ name, protocol, entry, client, what, before: old, after: now }) => [
        `${name}/${protocol} ${entry.kind} ${entry.ip} from ${client.kind}`,
        what,
        old?.outcome ?? null,
        now?.outcome ?? null,
      ]),
    ).toEqual([
      ...['pod', 'node', 'outside'].map((kind) => [
        `shop/web:http/tcp cluster-ip 10.96.0.1 from ${kind}`,
        ['the entry is gone'],
        'arrives',
        null,
      ]),
      ...['pod', 'node', 'outside'].map((kind) => [
        `shop/web:http/tcp cluster-ip 10.96.0.2 from ${kind}`,
        ['the entry is new'],
        null,
        'arrives',
      ]),
    ]);
  });

  it('in Services, which are named and not gone through; what both note is said once', () => {
    const comparison = compareReach(before, reach([service('shop/api', { ip: '10.96.0.2' })]));
    expect(comparison).toMatchObject({ onlyBefore: ['shop/web:http'], onlyAfter: ['shop/api:http'], differences: [] });
    expect(comparison.notes).toEqual([...new Set(comparison.notes)]);
    expect(comparison.notes).toEqual(before.notes);
  });
});
