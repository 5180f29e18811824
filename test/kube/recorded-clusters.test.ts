/** Dumps that kube-proxies of many versions, started in many ways, wrote for random clusters: each is in sync with its cluster. */
import { expect, it } from 'vitest';
import { type DriftReport, driftReport } from '../../server/src/kube/drift/report.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

function reportOf(folder: string, dump: string, node?: string): DriftReport {
  const cluster = clusterFrom(labPath(`round-2/${folder}/cluster.json`));
  return driftReport(rulesetFrom(labPath(`round-2/${folder}/${dump}`)), cluster, { node, fileName: dump });
}

function findings({ services }: DriftReport): readonly string[] {
  return services.flatMap(({ service, findings: found }) => found.map(({ kind, message }) => `${service} ${kind}: ${message}`));
}

it.each([
  ['random-11', 'node-0.1.25.iptables', 96],
  ['random-11', 'node-0.1.25.ip6tables', 65],
  ['random-11', 'node-0.1.30.iptables', 96],
  ['random-11', 'node-0.1.33.iptables', 96],
  ['random-11', 'node-0.1.35.iptables', 96],
  ['random-11', 'node-0.1.36.iptables', 96],
  ['random-11', 'node-0.1.36.ip6tables', 65],
  ['drift-7-round1', 'node-0.after.iptables', 128],
  ['drift-7-round1', 'node-0.after.ip6tables', 75],
  // A range of all addresses is no range since 1.34.
  ['zero-source-range', 'node-0.1.33.iptables', 1],
  ['zero-source-range', 'node-0.1.35.iptables', 1],
  ['zero-source-range', 'node-0.1.36.iptables', 1],
  // Two endpoints of one slice with one address: another one counts since 1.36.
  ['dup-address', 'node.iptables-1.30', 7],
  ['dup-address', 'node.iptables-1.35', 7],
  ['dup-address', 'node.iptables-1.36', 7],
])('%s/%s: %i Services, all in sync', (folder, dump, services) => {
  const report = reportOf(folder, dump);
  expect(findings(report)).toEqual([]);
  expect(report.summary).toMatchObject({ services, inSync: services, notes: [] });
});

it('up to 1.30 an endpoint is named by its address as the slice spells it', () => {
  const report = reportOf('noncanonical-ipv6', 'lines-1.30.ip6tables', 'node-0');
  expect(findings(report)).toEqual([]);
  expect(report.summary).toMatchObject({ services: 1, inSync: 1, dumps: [{ version: '1.30' }] });
});
