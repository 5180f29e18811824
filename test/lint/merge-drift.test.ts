import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { clusterDriftFindings } from '../../server/src/lint/rules/cluster-drift.ts';
import type { Finding } from '../../server/src/lint/support/finding.ts';
import { mergeDrift } from '../../server/src/lint/support/merge-drift.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { findingsIn } from './check-findings.ts';

/** Everything that `check --cluster` and the editor say of a dump. */
function checked(dump: string, clusterPath: string): readonly Finding[] {
  const document = readWholeDocument(dump);
  const ruleset = buildWholeRuleset(document);
  const drift = runToEnd(driftSteps(ruleset, clusterFrom(clusterPath)));
  return mergeDrift(findingsIn(dump), runToEnd(clusterDriftFindings({ document, ruleset }, drift)));
}

describe('one fault is reported once', () => {
  it('where the structure of the dump and the cluster speak of one line', () => {
    const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
    const found = checked(dump, fixturePath('sample/cluster.json'));
    expect(found.map(({ line, code, severity }) => [line + 1, code, severity])).toEqual([
      [71, 'orphaned-chain', 'warning'],
      [138, 'undeclared-chain', 'error'],
    ]);
    expect(found[0]?.message).toContain('The cluster: No rule leads to KUBE-SEP-YMMDN24UIRGMOLTR of booking/frontend:http');
    expect(found[1]?.message).toContain('The cluster: Service booking/invoices is not in the cluster any more');
  });

  it('where nat was flushed, though every Service of the cluster is missing', () => {
    const whole = readFileSync(labPath('shop/node-a.iptables'), 'utf8');
    const nat = whole.indexOf('*nat');
    const rules = whole.slice(nat).split('\n');
    const emptied = whole.slice(0, nat) + rules.filter((line) => !line.startsWith('-A')).join('\n');
    const removed = whole.slice(0, nat) + rules.filter((line) => !/^(?:-A|:(?:KUBE|CNI|FLANNEL)-)/.test(line)).join('\n');
    for (const dump of [emptied, removed]) {
      const found = checked(dump, labPath('shop/cluster.json'));
      expect(found.map(({ code, severity }) => [code, severity])).toEqual([['nat-flushed', 'warning']]);
      expect(findingsIn(dump)).toHaveLength(1);
    }
  });

  it('but a Service that is missing is not the fault of the rule where its rules would stand', () => {
    const whole = readFileSync(labPath('shop-stale/node-a.iptables'), 'utf8');
    const twice = whole.replace(/(-A KUBE-SERVICES -m comment .*\n)/, '$1$1');
    const codes = checked(twice, labPath('shop-stale/cluster.json')).map(({ code }) => code);
    expect(codes).toContain('drift-missing');
    expect(codes).toContain('repeated-rule');
  });
});

describe('a dump that is not compared', () => {
  it('says why, as information', () => {
    const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
    const found = checked(dump, labPath('shop/cluster.json')).filter(({ code }) => code === 'not-compared');
    expect(found.map(({ severity, message }) => [severity, message])).toEqual([
      ['info', expect.stringContaining('Not compared with the cluster: The dump seems to be of another cluster')],
    ]);
  });

  it('says nothing more where its own rules say who does Services', () => {
    const dump = readFileSync(fixturePath('pasted/list-rules-ipvs.iptables'), 'utf8');
    const codes = checked(dump, labPath('shop/cluster.json')).map(({ code }) => code);
    expect(codes.filter((code) => code === 'service-proxy' || code === 'not-compared')).toEqual(['service-proxy']);
  });

  it.each(['nftables-m3/node.iptables', 'nftables-mode/kubelet-only.iptables'])(
    'of a node in nftables mode (%s) says once that the cluster’s Services are not in it, and what to collect',
    (path) => {
      const dump = readFileSync(labPath(`round-2/${path}`), 'utf8');
      const found = checked(dump, labPath('round-2/nftables-m3/cluster.json'));
      expect(found.map(({ message }) => message)).toEqual([
        expect.stringMatching(/No Service of this node is in its iptables: .* Collect .*nft list tables/),
      ]);
    },
  );

  it('of a machine without Services says nothing', () => {
    expect(checked('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', labPath('shop/cluster.json'))).toEqual([]);
  });
});

it('the report of drift agrees on the flushed dump', () => {
  const whole = readFileSync(labPath('shop/node-a.iptables'), 'utf8');
  const nat = whole.indexOf('*nat');
  const emptied = whole.slice(0, nat) + whole.slice(nat).replace(/^-A.*\n/gm, '');
  const { services, summary } = driftReport(rulesetOf(emptied), clusterFrom(labPath('shop/cluster.json')));
  expect(services).toEqual([]);
  expect(summary.notes.join(' ')).toContain('nat was flushed');
});
