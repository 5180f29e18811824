/** Dumps that kube-proxies of many versions, started in many ways, wrote for random clusters: each is in sync with its cluster. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type DriftReport, driftReport } from '../../server/src/kube/drift/report.ts';
import { checkRequest, type ProxyFlags } from '../../server/src/kube/expected/request.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { kubeProxyRules } from '../support/kube-proxy-rules.ts';

function reportOf(folder: string, dump: string, node?: string): DriftReport {
  const cluster = clusterFrom(labPath(`round-2/${folder}/cluster.json`));
  return driftReport(rulesetFrom(labPath(`round-2/${folder}/${dump}`)), cluster, { node, fileName: dump });
}

function findings({ services }: DriftReport): readonly string[] {
  return services.flatMap(({ service, findings: found }) => found.map(({ kind, message }) => `${service} ${kind}: ${message}`));
}

it.each<[folder: string, dump: string, services: number]>([
  ['random-11', 'node-0.1.25.iptables', 96],
  ['random-11', 'node-0.1.25.ip6tables', 65],
  ['random-11', 'node-0.1.30.iptables', 96],
  ['random-11', 'node-0.1.33.iptables', 96],
  ['random-11', 'node-0.1.35.iptables', 96],
  ['random-11', 'node-0.1.36.iptables', 96],
  ['random-11', 'node-0.1.36.ip6tables', 65],
  ['drift-7-round1', 'node-0.after.iptables', 128],
  ['drift-7-round1', 'node-0.after.ip6tables', 75],
  // However kube-proxy was started, its rules show it.
  ...['masqall', 'bit', 'nolocalhost', 'npalo', 'npaprimary', 'bridge', 'prefix', 'nodecidr', 'nocidr', 'liberal'].map(
    (flag): [string, string, number] => ['flags-5', `node-0.${flag}.iptables`, 86],
  ),
  ['nodeport-addresses', 'node-0.primary.iptables', 1],
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

it.each<[dump: string, differences: Readonly<Record<string, string>>]>([
  [
    'node-0.before.iptables',
    {
      'team-a/auth-143': 'port-gone port-missing',
      'team-a/new-20': 'service-missing',
      'team-b/batch-107': 'port',
      // An endpoint on another node: what was rejected is dropped now, under internalTrafficPolicy Local.
      'team-b/edge-54': 'refusal refusal refusal',
      'team-b/geo-with-a-long-name-for-a-service-41': 'affinity affinity affinity',
      'team-b/ledger-35': 'refusal refusal',
      'team-b/media-55': 'load-balancer-ip',
      'team-b/search-0': 'endpoint-gone endpoint-gone',
      'team-b/search-101': 'port',
      'x/auth-42': 'node-port',
      'x/edge-146': 'source-ranges source-ranges source-ranges',
      'x/geo-with-a-long-name-for-a-service-24': 'service-gone',
      'x/media-39': 'port',
      // A slice of eight endpoints was deleted.
      'x/q-127':
        'endpoint-gone endpoint-gone endpoint-gone endpoint-gone endpoint-gone endpoint-gone endpoint-gone endpoint-gone',
      'x/search-84': 'external-ip',
    },
  ],
  [
    'node-0.before.ip6tables',
    {
      'team-a/auth-143': 'port-gone port-missing',
      'team-a/auth-51': 'service-gone',
      'team-b/batch-107': 'port',
      'team-b/geo-with-a-long-name-for-a-service-100': 'port',
      'team-b/search-101': 'port',
      'x/geo-with-a-long-name-for-a-service-24': 'service-gone',
    },
  ],
])(
  '%s against what the cluster was 21 changes later: those that make a difference to it, each by its name',
  (dump, differences) => {
    const { services } = reportOf('drift-7-round1', dump);
    const found = services.flatMap(({ service, findings: own }) =>
      own.length === 0 ? [] : [[service, own.map(({ kind }) => kind).join(' ')]],
    );
    expect(Object.fromEntries(found)).toEqual(differences);
  },
);

const both = { clusterCIDR: '10.42.0.0/16,fd42::/16', version: '1.36' };

it.each<[folder: string, dump: string, flags: ProxyFlags]>([
  ...['1.25', '1.30', '1.33', '1.35', '1.36'].map((version): [string, string, ProxyFlags] => [
    'random-11',
    `node-0.${version}.iptables`,
    { ...both, version },
  ]),
  ['random-11', 'node-0.1.25.ip6tables', { ...both, version: '1.25' }],
  ['random-11', 'node-0.1.36.ip6tables', both],
  ['flags-5', 'node-0.masqall.iptables', { ...both, masqueradeAll: true }],
  ['flags-5', 'node-0.bit.iptables', { ...both, masqueradeBit: '20' }],
  ['flags-5', 'node-0.nolocalhost.iptables', { ...both, localhostNodePorts: false }],
  ['flags-5', 'node-0.npalo.iptables', { ...both, nodePortAddresses: '127.0.0.0/8' }],
  ['flags-5', 'node-0.npaprimary.iptables', { ...both, nodePortAddresses: 'primary' }],
  ['flags-5', 'node-0.bridge.iptables', { ...both, detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' }],
  ['flags-5', 'node-0.prefix.iptables', { ...both, detectLocalMode: 'InterfaceNamePrefix', interfacePrefix: 'veth' }],
  ['flags-5', 'node-0.nodecidr.iptables', { ...both, detectLocalMode: 'NodeCIDR' }],
  ['flags-5', 'node-0.nocidr.iptables', { version: '1.36' }],
  ['drift-7-round1', 'node-0.after.iptables', both],
  ['drift-7-round1', 'node-0.after.ip6tables', both],
  ['zero-source-range', 'node-0.1.33.iptables', { ...both, version: '1.33' }],
  ['zero-source-range', 'node-0.1.35.iptables', { ...both, version: '1.35' }],
  ['dup-address', 'node.iptables-1.30', { ...both, version: '1.30' }],
  ['dup-address', 'node.iptables-1.35', { ...both, version: '1.35' }],
  ['dup-address', 'node.iptables-1.36', both],
  ['nodeport-addresses', 'node-0.primary.iptables', { ...both, nodePortAddresses: 'primary' }],
])('%s/%s: what is expected of a kube-proxy with %o, rule by rule', (folder, dump, flags) => {
  const cluster = clusterFrom(labPath(`round-2/${folder}/cluster.json`));
  const family = dump.includes('ip6tables') ? 'ipv6' : 'ipv4';
  const checked = checkRequest(cluster, { node: 'node-0', family, ...flags });
  if (!checked.ok) throw new Error(checked.message);
  expect(kubeProxyRules(checked.options.map((options) => runToEnd(expectedText(cluster, options))).join(''))).toEqual(
    kubeProxyRules(readFileSync(labPath(`round-2/${folder}/${dump}`), 'utf8')),
  );
});
