/** From where packets are sent to an entry: one place for each that the rules on the way tell apart. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { type Frontend, frontendSteps, frontendsOfRecord } from '../../server/src/kube/flow/frontends.ts';
import { nodeAddress, ownAddresses, packetSources } from '../../server/src/kube/flow/packet-sources.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { DumpOrigin } from '../../server/src/kube/proxy/dump-node.ts';
import { rulesetOf } from '../support/dumps.ts';
import { edgesOf, flow } from './flow-support.ts';
import { clusterWith, node, service } from './objects.ts';

function resolutionOf(text: string, cluster: Cluster = emptyCluster, origin: DumpOrigin = {}): Resolution {
  return resolveChains(rulesetOf(text), cluster, origin);
}

function sourcesOf(resolution: Resolution, at = 0): readonly string[] {
  const frontend = runToEnd(frontendSteps(resolution))[at];
  if (frontend === undefined) throw new Error('no frontend');
  return packetSources(resolution, frontend).map(({ words, packet }) => {
    const by = packet.in ? ` by ${packet.in}` : '';
    return `${words}: ${packet.source?.text}${by} to ${packet.destination.text}`;
  });
}

/** nat with one Service at 10.96.0.9:80, and more rules. */
function nat(...rules: readonly string[]): string {
  const names = new Set(rules.flatMap((rule) => [...rule.matchAll(/(?:-A|-j) (KUBE-\S+)/g)].map((match) => match[1])));
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ...[...names].filter((name) => name !== 'KUBE-SERVICES').map((name) => `:${name} - [0:0]`),
    ...rules,
    'COMMIT',
  ].join('\n');
}

const entry = '-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-FW-AAAAAAAAAAAAAAAA';
const pods = '-A KUBE-SVC-AAAAAAAAAAAAAAAA ! -s 10.244.0.0/16 -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ';

describe('the places that packets to an entry come from', () => {
  it('are a Pod, the node and outside where no rule asks', () => {
    expect(
      sourcesOf(resolutionOf(nat('-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA'))),
    ).toEqual(['a Pod: 10.244.0.254 to 10.96.0.9', 'this node: 198.18.0.1 to 10.96.0.9', 'outside: 198.19.255.1 to 10.96.0.9']);
  });

  it('have an address of each network that a rule on the way asks for, once, and of no other family', () => {
    const rules = ['203.0.113.0/24', '203.0.113.0/24', '198.51.100.7/32', '127.0.0.0/8', '10.244.3.0/24'].map(
      (network) => `-A KUBE-FW-AAAAAAAAAAAAAAAA -s ${network} -j KUBE-SVC-AAAAAAAAAAAAAAAA`,
    );
    expect(sourcesOf(resolutionOf(nat(entry, ...rules, pods)))).toEqual([
      'a Pod: 10.244.255.254 to 10.96.0.9',
      'this node: 198.18.0.1 to 10.96.0.9',
      '203.0.113.0/24: 203.0.113.254 to 10.96.0.9',
      '198.51.100.7/32: 198.51.100.7 to 10.96.0.9',
      'elsewhere: 198.19.255.1 to 10.96.0.9',
    ]);
  });

  it('have an address of a network that a rule which picks an endpoint asks for', () => {
    const endpoint = '-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.0.5:8080';
    const service = '-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA';
    const words = (rule: string): readonly string[] =>
      sourcesOf(resolutionOf(nat(service, `-A KUBE-SVC-AAAAAAAAAAAAAAAA ${rule}-j KUBE-SEP-AAAAAAAAAAAAAAAA`, endpoint)));
    expect(words('-s 203.0.113.0/24 ')).toContain('203.0.113.0/24: 203.0.113.254 to 10.96.0.9');
    expect(words('')).toHaveLength(3);
  });

  it("leave the node's own address and those of endpoints to their own cases", () => {
    const cluster = clusterWith(node('node-a', { ips: ['203.0.113.254'] }));
    const rules = [
      '-A KUBE-FW-AAAAAAAAAAAAAAAA -s 203.0.113.254/32 -j KUBE-SVC-AAAAAAAAAAAAAAAA',
      '-A KUBE-FW-AAAAAAAAAAAAAAAA -s 192.0.2.5/32 -j KUBE-SVC-AAAAAAAAAAAAAAAA',
      '-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-AAAAAAAAAAAAAAAA',
      '-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 192.0.2.5:8080',
    ];
    expect(sourcesOf(resolutionOf(nat(entry, ...rules), cluster))).toEqual([
      'a Pod: 10.244.0.254 to 10.96.0.9',
      'this node: 203.0.113.254 to 10.96.0.9',
      'elsewhere: 198.19.255.1 to 10.96.0.9',
    ]);
  });

  it('come in by the interface that tells Pods', () => {
    const rule = '-A KUBE-SVC-AAAAAAAAAAAAAAAA -d 10.96.0.9/32 ! -i veth+ -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ';
    expect(sourcesOf(resolutionOf(nat(entry, '-A KUBE-FW-AAAAAAAAAAAAAAAA -j KUBE-SVC-AAAAAAAAAAAAAAAA', rule)))[0]).toBe(
      'a Pod: 10.244.0.254 by veth0 to 10.96.0.9',
    );
  });

  it('are sent to the loopback address too where a rule of its own is for it', () => {
    const nodePort = (network: string): string =>
      `-A KUBE-NODEPORTS ${network}-p tcp -m comment --comment "shop/web" -m tcp --dport 30080 -j KUBE-SVC-AAAAAAAAAAAAAAAA`;
    const at = '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS';
    expect(sourcesOf(resolutionOf(nat(at, nodePort('-d 127.0.0.0/8 '), nodePort(''))))).toContain(
      'this node to 127.0.0.1: 127.0.0.1 to 127.0.0.1',
    );
    expect(sourcesOf(resolutionOf(nat(at, nodePort(''))))).toHaveLength(3);
  });
});

describe("the node's addresses", () => {
  const cluster = clusterWith(node('node-a', { ips: ['172.18.0.2', 'fc00::2'] }), node('node-b', { ips: ['172.18.0.3'] }));
  const text = nat(
    '-A KUBE-SERVICES -d 172.18.0.9/32 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web" -m tcp --dport 30080 -j KUBE-SVC-AAAAAAAAAAAAAAAA',
  );

  it('are those that NodePorts listen on, else those that the cluster says, else one of a benchmark network', () => {
    const addressOf = (resolution: Resolution): string | undefined => {
      const [dump] = resolution.ruleset.dumps;
      return dump && nodeAddress(resolution, dump).text;
    };
    expect(addressOf(resolutionOf(text, cluster, { node: 'node-a' }))).toBe('172.18.0.9');
    expect(addressOf(resolutionOf(nat(entry), cluster, { node: 'node-b' }))).toBe('172.18.0.3');
    expect(addressOf(resolutionOf(nat(entry), cluster))).toBe('198.18.0.1');
  });

  it('are told from those of other machines', () => {
    const resolution = resolutionOf(nat(entry), cluster, { node: 'node-a' });
    const [dump] = resolution.ruleset.dumps;
    if (dump === undefined) throw new Error('no dump');
    const isOwn = ownAddresses(resolution, dump);
    expect(['172.18.0.2', 'fc00::2', '127.0.0.1', '::1', '172.18.0.3', '10.0.0.1'].map(isOwn)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the entries that a cluster says a Service has', () => {
  const labels = (record: object): readonly string[] => {
    const cluster = clusterWith(record);
    const resolution = resolutionOf(nat(entry), cluster);
    const [known] = cluster.services;
    return (known === undefined ? [] : frontendsOfRecord(resolution, known)).map(
      ({ kind, ip, port }: Frontend) => `${kind} ${ip ?? '*'}:${port}`,
    );
  };

  it("are those of the dump's family, and of load-balancer addresses those that kube-proxy handles", () => {
    const balanced = service('shop/web', {
      ip: ['10.96.0.9', 'fd00::9'],
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.1', '2001:db8::1'] },
      ingress: [{ ip: '198.51.100.1', ipMode: 'VIP' }, { ip: '198.51.100.2', ipMode: 'Proxy' }, { ip: '2001:db8::2' }],
    });
    expect(labels(balanced)).toEqual([
      'cluster-ip 10.96.0.9:80',
      'external-ip 192.0.2.1:80',
      'load-balancer-ip 198.51.100.1:80',
      'node-port *:30080',
    ]);
  });

  it('are none where kube-proxy leaves the Service alone', () => {
    expect(labels(service('shop/web', { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } }))).toEqual([]);
    expect(labels(service('shop/web', { labels: { 'service.kubernetes.io/headless': '' } }))).toEqual([]);
  });
});

describe('rules behind the choice of an endpoint that tell endpoints apart', () => {
  const dump = (rule: string, sets = ''): string => `${sets}*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "shop/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.0.1:8080
-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.1:8080
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD ${rule} -j DROP
COMMIT
`;
  const dropped = (rule: string, sets = ''): readonly string[] =>
    edgesOf(flow(dump(rule, sets), 'shop/web')).filter((edge) => edge.includes('DROP'));

  it.each([
    ['an address', '-d 10.244.1.1/32'],
    ['several', '-d 10.244.9.9/32,10.244.1.1/32'],
    ['a network', '-d 10.244.1.0/24'],
    ['all but a network', '! -d 10.244.0.0/24'],
    ['a range', '-m iprange --dst-range 10.244.1.1-10.244.1.9'],
    ['the source of the answers', '-m conntrack --ctreplsrc 10.244.1.1/32'],
  ])('by %s', (_, rule) => {
    expect(dropped(rule).map((edge) => edge.split(' ').slice(0, 3).join(' '))).toEqual(['KUBE-SEP-BBBBBBBBBBBBBBBB -> DROP']);
  });

  it('by a set whose members are known', () => {
    const set = 'create blocked hash:ip family inet\nadd blocked 10.244.1.1\n';
    expect(dropped('-m set --match-set blocked dst', set).map((edge) => edge.split(' ')[0])).toEqual([
      'KUBE-SEP-BBBBBBBBBBBBBBBB',
    ]);
    // Without members it is the same for all.
    expect(dropped('-m set --match-set blocked dst')).toEqual([]);
  });
});
