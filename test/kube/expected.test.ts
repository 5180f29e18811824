import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { baseChains } from '../../server/src/kube/expected/base-rules.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import {
  checkRequest,
  type ExpectedRequest,
  type ProxyFlags,
  unknownNodeWarning,
} from '../../server/src/kube/expected/request.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterFrom, clusterOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { kubeProxyRules } from '../support/kube-proxy-rules.ts';
import { options, rulesFor } from './expected-support.ts';
import { clusterWith, node, service, slice } from './objects.ts';

describe("kube-proxy's own chains", () => {
  it.each([
    [24, ['KUBE-MARK-DROP']],
    [26, ['KUBE-PROXY-FIREWALL']],
    [34, ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL']],
  ] as const)('of version 1.%i are made whatever Services there are', (version, some) => {
    const { filter, nat } = baseChains(options({ version }));
    const all = [...filter, ...nat];
    expect(['KUBE-FIREWALL', 'KUBE-MARK-DROP', 'KUBE-PROXY-FIREWALL'].filter((chain) => all.includes(chain))).toEqual(some);
    expect(nat).toEqual(expect.arrayContaining(['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-SERVICES']));
  });
});

describe("kube-proxy's own rules", () => {
  function base(more: Partial<ProxyOptions>): readonly string[] {
    const tables = expectedRules(clusterWith(node('node-a')), options(more));
    return [...tables.filter.values(), ...tables.nat.values()].flat().map(ruleText);
  }

  it('differ by version', () => {
    const localnet =
      '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP';
    expect(base({ version: 27 })).toContain(localnet);
    expect(base({ version: 26 })).not.toContain(localnet);
    expect(base({ family: 'ipv6' })).not.toContain(localnet);
    expect(base({ version: 31 })).toContain(
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
    );
    expect(base({ version: 30 })).toContain('-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP');
    expect(base({ dropsInvalid: false }).filter((rule) => rule.includes('INVALID'))).toEqual([]);
    expect(base({ version: 24 }).filter((rule) => rule.includes('KUBE-PROXY-FIREWALL'))).toEqual([]);
    expect(base({ version: 25 }).filter((rule) => rule.includes('KUBE-PROXY-FIREWALL'))).toHaveLength(3);
  });

  it('lead NodePorts in last, but not where loopback cannot work', () => {
    const last = (more: Partial<ProxyOptions>): readonly string[] =>
      base(more).filter((rule) => rule.endsWith('-j KUBE-NODEPORTS') && rule.startsWith('-A KUBE-SERVICES'));
    const note = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
    expect(last({})).toEqual([`-A KUBE-SERVICES ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`]);
    expect(last({ family: 'ipv6' })).toEqual([
      `-A KUBE-SERVICES ! -d ::1/128 ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ family: 'ipv6', version: 25 })).toEqual([
      `-A KUBE-SERVICES ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ localhostNodePorts: false })).toEqual([
      `-A KUBE-SERVICES ! -d 127.0.0.0/8 ${note} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    ]);
    expect(last({ nodePortAddresses: ['172.18.0.2'] })).toEqual([`-A KUBE-SERVICES -d 172.18.0.2/32 ${note} -j KUBE-NODEPORTS`]);
  });

  it('masquerade by what tells Pods apart', () => {
    const cluster = clusterWith(service('shop/web', { ip: '10.96.0.9' }), slice('shop/web', { '10.244.0.5': {} }));
    const masquerade = (more: Partial<ProxyOptions>): readonly string[] =>
      rulesFor(cluster, more).filter((rule) => rule.includes('-A KUBE-SVC') && rule.includes('KUBE-MARK-MASQ'));
    const to = '-p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ';
    expect(masquerade({})).toEqual([`nat: -A KUBE-SVC ! -s 10.244.0.0/16 -d 10.96.0.9/32 ${to}`]);
    expect(masquerade({ podTraffic: { by: 'interface', name: 'cni0' } })).toEqual([
      `nat: -A KUBE-SVC -d 10.96.0.9/32 ! -i cni0 ${to}`,
    ]);
    expect(masquerade({ masqueradeAll: true })).toEqual([`nat: -A KUBE-SVC -d 10.96.0.9/32 ${to}`]);
    expect(masquerade({ podTraffic: null })).toEqual([]);
  });
});

function checkedOptions(cluster: Cluster, request: ExpectedRequest): readonly ProxyOptions[] {
  const checked = checkRequest(cluster, request);
  if (!checked.ok) throw new Error(checked.message);
  return checked.options;
}

describe('a request on the command line', () => {
  const withNetwork = clusterWith(
    node('node-a', { podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] }),
    service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'] }),
  );

  const cluster = clusterWith(
    node('node-a', { kubelet: 'v1.31.4+k3s1' }),
    node('node-b'),
    service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'] }),
  );

  it.each<[request: ExpectedRequest, expected: readonly string[]]>([
    // A kube-proxy of a cluster with both families writes both, whatever networks it was given.
    [{ node: 'node-a', clusterCIDR: '10.244.0.0/16' }, ['ipv4 31 10.244.0.0/16', 'ipv6 31 none']],
    [{ node: 'node-a', clusterCIDR: '10.244.0.0/16', family: 'ipv4' }, ['ipv4 31 10.244.0.0/16']],
    [{ node: 'node-a', clusterCIDR: '10.244.7.1/16,fd00::/48', version: '1.30' }, ['ipv4 30 10.244.0.0/16', 'ipv6 30 fd00::/48']],
    [{ node: 'node-b', clusterCIDR: 'fd00::/48' }, ['ipv4 36 none', 'ipv6 36 fd00::/48']],
    [{ node: 'node-b', version: 'v1.24.17' }, ['ipv4 24 none', 'ipv6 24 none']],
    [{ node: 'node-b', clusterCIDR: '10.244.0.0/16, fd00::/48' }, ['ipv4 36 10.244.0.0/16', 'ipv6 36 fd00::/48']],
  ])('%o', (request, expected) => {
    const checked = checkRequest(cluster, request);
    expect(checked.ok).toBe(true);
    if (!checked.ok) return;
    expect(
      checked.options.map(
        ({ family, version, podTraffic }) => `${family} ${version} ${podTraffic?.by === 'source' ? podTraffic.cidr : 'none'}`,
      ),
    ).toEqual(expected);
  });

  it.each([
    ['v1.20.15', 24],
    ['v1.24.0', 24],
    ['v1.99.0', 36],
    ['', 36],
  ])('takes the version of a kubelet %s for one that is known', (kubelet, version) => {
    const [written] = checkedOptions(clusterWith(node('node-a', { kubelet })), { node: 'node-a' });
    expect(written).toMatchObject({ version, family: 'ipv4' });
  });

  it.each<[flags: ProxyFlags, started: Partial<ProxyOptions>]>([
    [{}, {}],
    [{ nodePortAddresses: '172.18.0.0/16' }, {}],
    [{ nodePortAddresses: '::1/128' }, { nodePortAddresses: ['::1'], localhostNodePorts: false }],
    [{ nodePortAddresses: 'fc00::/7' }, { nodePortAddresses: ['fc00::2'], localhostNodePorts: false }],
    [{ nodePortAddresses: 'primary' }, { nodePortAddresses: ['fc00::2'], localhostNodePorts: false }],
    [{ detectLocalMode: 'NodeCIDR' }, { podTraffic: { by: 'source', cidr: 'fd00:10:244::/64' } }],
  ])('kube-proxy for IPv6 started with %o', (flags, started) => {
    const dual = clusterWith(
      node('node-a', { ips: ['172.18.0.2', 'fc00::2'], podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] }),
      service('shop/web', { ip: ['10.96.0.1', 'fd00:10:96::1'] }),
    );
    const [, ipv6] = checkedOptions(dual, { node: 'node-a', version: '1.36', ...flags });
    expect(ipv6).toEqual(proxyOptions({ node: 'node-a', family: 'ipv6', version: 36, ...started }));
  });

  it('without Nodes is answered where the flags need none', () => {
    const unknown = (nodePortAddresses: string) =>
      checkRequest(clusterWith(service('shop/web')), { node: 'node-a', nodePortAddresses });
    expect(unknown('127.0.0.0/8')).toMatchObject({ ok: true, options: [{ nodePortAddresses: ['127.0.0.1'] }] });
    expect(unknown('0.0.0.0/0')).toMatchObject({ ok: true, options: [{ nodePortAddresses: null }] });
    expect(unknown('127.0.0.0/8,10.0.0.0/8')).toMatchObject({ ok: false });
  });

  it('for a node that is not there names five of those that are', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => node(name));
    const told = (count: number) => checkRequest(clusterWith(...nodes.slice(0, count)), { node: 'x' });
    expect(told(5)).toMatchObject({ message: 'cluster.json has no node "x"; it has a, b, c, d, e' });
    expect(told(7)).toMatchObject({ message: 'cluster.json has no node "x"; it has a, b, c, d, e and 2 more' });
  });

  it.each<[flags: ProxyFlags, started: Partial<ProxyOptions>]>([
    [{}, {}],
    [{ masqueradeBit: '0' }, { masqueradeMark: 1 }],
    [
      { detectLocalMode: 'BridgeInterface', bridgeInterface: 'fifteen-letters' },
      { podTraffic: { by: 'interface', name: 'fifteen-letters' } },
    ],
    [{ masqueradeAll: true }, { masqueradeAll: true }],
    [{ masqueradeBit: '20' }, { masqueradeMark: 0x100000 }],
    [{ masqueradeBit: '31' }, { masqueradeMark: 0x80000000 }],
    [{ localhostNodePorts: false }, { localhostNodePorts: false }],
    [{ nodePortAddresses: '0.0.0.0/0,10.0.0.0/8' }, {}],
    [{ nodePortAddresses: 'fd00::/8' }, {}],
    [{ nodePortAddresses: '172.18.0.0/16' }, { nodePortAddresses: ['172.18.0.2'], localhostNodePorts: false }],
    [{ nodePortAddresses: '172.18.0.0/16, 127.0.0.0/8' }, { nodePortAddresses: ['172.18.0.2', '127.0.0.1'] }],
    [{ nodePortAddresses: '0.0.0.0/1' }, { nodePortAddresses: ['127.0.0.1'] }],
    [{ nodePortAddresses: '10.0.0.0/8' }, { nodePortAddresses: [], localhostNodePorts: false }],
    [{ nodePortAddresses: 'primary' }, { nodePortAddresses: ['172.18.0.2'], localhostNodePorts: false }],
    [{ detectLocalMode: 'ClusterCIDR', clusterCIDR: '10.0.0.0/8' }, { podTraffic: { by: 'source', cidr: '10.0.0.0/8' } }],
    [{ detectLocalMode: 'NodeCIDR' }, { podTraffic: { by: 'source', cidr: '10.244.0.0/24' } }],
    [{ detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' }, { podTraffic: { by: 'interface', name: 'cni0' } }],
    [{ detectLocalMode: 'InterfaceNamePrefix', interfacePrefix: 'veth' }, { podTraffic: { by: 'interface', name: 'veth+' } }],
  ])('kube-proxy started with %o', (flags, started) => {
    const [ipv4] = checkedOptions(withNetwork, { node: 'node-a', version: '1.36', ...flags });
    expect(ipv4).toEqual(proxyOptions({ node: 'node-a', family: 'ipv4', version: 36, ...started }));
  });

  it.each<[request: ExpectedRequest, message: string]>([
    [{ node: 'node-x' }, 'cluster.json has no node "node-x"; it has node-a, node-b'],
    [{ node: 'node-a', version: '1.23' }, '"1.23" is no version of kube-proxy that is known; 1.24 to 1.36 are'],
    [{ node: 'node-a', version: 'latest' }, '"latest" is no version of kube-proxy that is known; 1.24 to 1.36 are'],
    [{ node: 'node-a', clusterCIDR: '10.244/16' }, '"10.244/16" is no network; 10.244.0.0/16 is one'],
    [{ node: 'node-a', clusterCIDR: '10.0.0.0/8, eth0 ' }, '"eth0" is no network; 10.244.0.0/16 is one'],
    [
      { node: 'node-a', clusterCIDR: 'fd00::/8,fc00::/7' },
      '"fd00::/8,fc00::/7" has two IPv6 networks; one of each family can be given',
    ],
    [{ node: 'node-a', masqueradeBit: 'one' }, '"one" is no bit of a mark; 0 to 31 are'],
    [
      { node: 'node-a', clusterCIDR: '10.0.0.0/8,10.1.0.0/16' },
      '"10.0.0.0/8,10.1.0.0/16" has two IPv4 networks; one of each family can be given',
    ],
    [{ node: 'node-a', masqueradeBit: '32' }, '"32" is no bit of a mark; 0 to 31 are'],
    [{ node: 'node-a', masqueradeBit: '-1' }, '"-1" is no bit of a mark; 0 to 31 are'],
    [
      { node: 'node-a', nodePortAddresses: '10.0.0.0/8,eth0' },
      '"eth0" is no network for --nodeport-addresses; 10.0.0.0/8 is one, or "primary"',
    ],
    [{ node: 'node-a', nodePortAddresses: '10.0.0.1' }, '"10.0.0.1" is no network for --nodeport-addresses; 10.0.0.1/32 is one'],
    [{ node: 'node-a', nodePortAddresses: 'primary', version: '1.30' }, '--nodeport-addresses primary is known since 1.31'],
    [
      { node: 'node-a', detectLocalMode: 'clustercidr' },
      '"clustercidr" is no --detect-local-mode; ClusterCIDR, NodeCIDR, BridgeInterface and InterfaceNamePrefix are',
    ],
    [
      { node: 'node-b', detectLocalMode: 'NodeCIDR' },
      '--detect-local-mode NodeCIDR needs the node’s podCIDRs, which the cluster does not have',
    ],
    [{ node: 'node-a', detectLocalMode: 'BridgeInterface' }, '--detect-local-mode BridgeInterface needs --bridge-interface'],
    [{ node: 'node-a', bridgeInterface: 'cni0' }, '--bridge-interface needs --detect-local-mode BridgeInterface'],
    [{ node: 'node-a', interfacePrefix: 'veth' }, '--interface-prefix needs --detect-local-mode InterfaceNamePrefix'],
    [
      { node: 'node-a', detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0 -j DROP' },
      '"cni0 -j DROP" is no name of an interface for --bridge-interface: 1 to 15 letters, digits and ._-@ are',
    ],
    ...['', '.', '..'].map((name): [ExpectedRequest, string] => [
      { node: 'node-a', detectLocalMode: 'BridgeInterface', bridgeInterface: name },
      `"${name}" is no name of an interface for --bridge-interface: 1 to 15 letters, digits and ._-@ are`,
    ]),
    [
      { node: 'node-a', detectLocalMode: 'InterfaceNamePrefix', interfacePrefix: 'fifteen-letters' },
      '"fifteen-letters" is no name of an interface for --interface-prefix: 1 to 14 letters, digits and ._-@ are',
    ],
  ])('%o is refused', (request, message) => {
    expect(checkRequest(cluster, request)).toEqual({ ok: false, message });
  });
});

it.each(['primary', '10.0.0.0/8'])('--nodeport-addresses %s needs the node', (nodePortAddresses) => {
  expect(checkRequest(clusterWith(service('shop/web')), { node: 'node-a', nodePortAddresses })).toEqual({
    ok: false,
    message: '--nodeport-addresses needs the node’s addresses, which the cluster does not have',
  });
});

describe('a cluster without the node', () => {
  const ranged = service('shop/lb', { spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] } });
  const hinted = slice('shop/web', { '10.244.0.1': { zones: ['z1'] } });
  it.each([
    [[service('shop/web')], undefined],
    [[node('node-a'), ranged, hinted], undefined],
    [[slice('shop/web', { '10.244.0.1': { zones: [] } })], undefined],
    [[ranged], 'cluster.json has no Node node-a, whose zone and addresses are needed: rules by source ranges may be others'],
    [
      [ranged, hinted],
      'cluster.json has no Node node-a, whose zone and addresses are needed: rules by topology hints and source ranges may be others',
    ],
  ])('%#', (objects, warning) => {
    expect(unknownNodeWarning(clusterWith(...objects), 'node-a')).toBe(warning);
  });
});

describe('what real kube-proxies wrote', () => {
  it.each([
    ['shop/node-a.iptables', 'shop/cluster.json', 'node-a', '10.244.0.0/16', '1.34'],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 'node-a', 'fd00:10:244::/48', '1.34'],
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json', 'node-a', '10.244.0.0/16', '1.34'],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json', 'node-a', '10.244.0.0/16', '1.30'],
    ['large-600x10/node-0.iptables', 'large-600x10/cluster.json', 'node-0', '10.128.0.0/9', '1.34'],
  ])('%s', (dump, clusterPath, name, clusterCIDR, version) => {
    const cluster = clusterFrom(labPath(clusterPath));
    const family = dump.endsWith('.ip6tables') ? 'ipv6' : 'ipv4';
    const checked = checkRequest(cluster, { node: name, clusterCIDR, version, family });
    if (!checked.ok) throw new Error(checked.message);
    expect(kubeProxyRules(checked.options.map((own) => runToEnd(expectedText(cluster, own))).join(''))).toEqual(
      kubeProxyRules(readFileSync(labPath(dump), 'utf8')),
    );
  });

  it('is also said of the snapshot in YAML', () => {
    const from = (path: string): string => runToEnd(expectedText(clusterOf(readFileSync(labPath(path), 'utf8')), options()));
    expect(from('shop/cluster.yaml')).toBe(from('shop/cluster.json'));
  });
});
