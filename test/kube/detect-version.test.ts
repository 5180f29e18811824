import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { layoutText, type ProxyLayout, proxyLayout } from '../../server/src/kube/proxy/layout.ts';
import { proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { clusterWith, node, service, slice } from './objects.ts';

function layoutOf(text: string, fileName = 'node.iptables'): ProxyLayout {
  const ruleset = rulesetOf(text, fileName);
  const [dump] = ruleset.dumps;
  if (dump === undefined) throw new Error('no dump');
  return proxyLayout(ruleset, dump);
}

function nat(...rules: readonly string[]): string {
  return ['*nat', ':PREROUTING ACCEPT [0:0]', ...rules, 'COMMIT'].join('\n');
}

/** The reasons about one thing, with the text of the line that shows it. */
function reasons(text: string, about: string): readonly (readonly [reason: string, line: string])[] {
  const lines = text.split('\n');
  return layoutOf(text)
    .reasons.filter((reason) => reason.about === about)
    .map((reason) => [reason.text, reason.line === null ? '' : (lines[reason.line] ?? '')]);
}

describe('the versions of kube-proxy that a layout fits', () => {
  it.each([
    ['-A KUBE-SVC-XXXX -m comment --comment "a/b:c -> 10.0.0.1:80" -j KUBE-SEP-XXXX', '1.24 or later'],
    ['-A KUBE-SVC-XXXX -m comment --comment "a/b:c" -j KUBE-SEP-XXXX', '1.23 or earlier'],
    ['-A KUBE-SVC-XXXX -m comment --comment "a/b:" -j KUBE-SEP-XXXX', '1.19 or earlier'],
    ['-A KUBE-SVC-XXXX -m statistic --mode random --probability 0.33332999982 -j KUBE-SEP-XXXX', '1.16 or earlier'],
    ['-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-MARK-MASQ', '1.20 or earlier'],
    ['-A KUBE-SVC-XXXX ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-MARK-MASQ', '1.21 or later'],
    [
      '-A KUBE-XLB-XXXX -m comment --comment "a/b has no local endpoints" -j KUBE-MARK-DROP\n-A KUBE-SVC-X -j KUBE-SEP-X',
      '1.23 or earlier',
    ],
    [
      '-A KUBE-EXT-XXXX -j KUBE-SVC-XXXX\n-A KUBE-SVL-XXXX -m comment --comment "a/b has no local endpoints" -j KUBE-MARK-DROP\n-A KUBE-SVC-X -j KUBE-SEP-X',
      '1.24',
    ],
    [
      '-A KUBE-EXT-XXXX -j KUBE-SVC-XXXX\n-A KUBE-FW-XXXX -s 10.0.0.0/8 -j KUBE-EXT-XXXX\n-A KUBE-SVC-X -j KUBE-SEP-X',
      '1.24 to 1.26',
    ],
    [
      '-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m tcp --dport 30080 -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT-X\n-A KUBE-SVC-X -j KUBE-SEP-X',
      '1.31 or later',
    ],
    // Left behind by an upgrade that did not clean up.
    [
      '-A KUBE-XLB-XXXX -j KUBE-SEP-XXXX\n-A KUBE-EXT-XXXX -j KUBE-SVC-XXXX\n-A KUBE-SVC-X -j KUBE-SEP-X',
      'of more than one version',
    ],
    ['-A KUBE-SVC-XXXX -j KUBE-SEP-XXXX', ''],
  ])('%s', (rules, version) => {
    expect(layoutText(layoutOf(nat(...rules.split('\n'))))).toBe(
      `kube-proxy${version === '' ? '' : ` ${version}`} in iptables mode`,
    );
  });

  it('are told with the line that shows it', () => {
    const counted =
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP';
    expect(reasons(`*filter\n:FORWARD ACCEPT [0:0]\n:KUBE-FORWARD - [0:0]\n${counted}`, 'version')).toEqual([
      ['Since 1.31: packets are counted with -m nfacct.', counted],
    ]);
  });

  it('contain the one that wrote the rules, whichever it was and however it was started', () => {
    const cluster = clusterWith(
      node('node-a', { ips: ['172.18.0.2', 'fc00::2'] }),
      service('shop/lb', {
        ip: ['10.96.0.1', 'fd00:96::1'],
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: {
          type: 'LoadBalancer',
          externalTrafficPolicy: 'Local',
          loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32'],
        },
        ingress: [{ ip: '192.0.2.100' }, { ip: '2001:db8::100' }],
      }),
      slice('shop/lb', { '10.244.1.5': { node: 'node-b' }, '10.244.1.6': { node: 'node-b' } }),
      slice('shop/lb', { 'fd00:244:1::5': { node: 'node-b' } }),
    );
    for (const family of ['ipv4', 'ipv6'] as const) {
      for (let version = 24; version <= 36; version += 1) {
        const podTraffic = { by: 'source', cidr: family === 'ipv4' ? '10.244.0.0/16' : 'fd00:244::/48' } as const;
        const options = proxyOptions({ node: 'node-a', family, version, podTraffic });
        const layout = layoutOf(runToEnd(expectedText(cluster, options)), family === 'ipv6' ? 'rules.v6' : 'rules.v4');
        expect(layout).toMatchObject({
          mode: 'iptables',
          podTraffic,
          masqueradeAll: false,
          localhostNodePorts: family === 'ipv4' ? true : null,
          nfacct: version >= 31,
          masqueradeMark: 0x4000,
        });
        expect(layout.oldest ?? 0).toBeLessThanOrEqual(version);
        expect(layout.newest ?? 99).toBeGreaterThanOrEqual(version);
      }
    }
  });
});

describe('how kube-proxy was started', () => {
  const cluster = clusterWith(
    node('node-a'),
    service('shop/web', { ports: [{ name: 'http', port: 80, nodePort: 30080 }], spec: { type: 'NodePort' } }),
    slice('shop/web', { '10.244.0.5': {} }),
  );
  it.each([
    { masqueradeAll: true, podTraffic: null },
    { podTraffic: { by: 'interface', name: 'cni0' } },
    { podTraffic: { by: 'interface', name: 'veth+' }, localhostNodePorts: false },
    { podTraffic: null },
    {
      podTraffic: { by: 'source', cidr: '10.0.0.0/8' },
      nodePortAddresses: ['172.18.0.2', '10.1.2.3'],
      localhostNodePorts: false,
    },
    { masqueradeMark: 0x10000, randomFully: false, dropsInvalid: false, nfacct: false },
  ] as const)('%o', (started) => {
    const options = proxyOptions({
      node: 'node-a',
      family: 'ipv4',
      ...started,
      localhostNodePorts: started.localhostNodePorts ?? true,
    });
    expect(layoutOf(runToEnd(expectedText(cluster, options)))).toMatchObject(started);
  });

  it('is told in a sentence', () => {
    const started = proxyOptions({ node: 'node-a', family: 'ipv4', masqueradeAll: true, localhostNodePorts: false });
    const text = runToEnd(expectedText(cluster, started));
    expect(layoutText(layoutOf(text))).toBe(
      'kube-proxy 1.31 or later in iptables mode, masquerading all, no NodePorts on 127.0.0.1',
    );
    expect(reasons(text, 'masquerade-all')).toEqual([
      ['--masquerade-all: all traffic to a clusterIP is masqueraded.', expect.stringContaining('-j KUBE-MARK-MASQ')],
    ]);
    expect(reasons(text, 'localhost-node-ports')).toEqual([
      [
        '--iptables-localhost-nodeports=false: NodePorts cannot be reached by 127.0.0.1.',
        expect.stringContaining('! -d 127.0.0.0/8'),
      ],
    ]);
  });
});

it('tells Pods apart by policy Local’s short cut too, where all is masqueraded or nothing is shown', () => {
  const local = clusterWith(
    node('node-a'),
    service('shop/web', {
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      spec: { type: 'NodePort', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' },
    }),
    slice('shop/web', { '10.244.0.5': { node: 'node-a' }, '10.244.1.5': { node: 'node-b' } }),
  );
  const podTraffic = { by: 'source', cidr: '10.244.0.0/16' } as const;
  for (const name of ['node-a', 'node-c']) {
    for (const masqueradeAll of [true, false]) {
      const text = runToEnd(expectedText(local, proxyOptions({ node: name, family: 'ipv4', podTraffic, masqueradeAll })));
      // Without an endpoint on the node there is no rule that would show it.
      expect(layoutOf(text)).toMatchObject({ podTraffic, masqueradeAll: masqueradeAll && name === 'node-a' });
    }
  }
});

describe('the mode', () => {
  it('is ipvs where addresses are looked up in an ipset, even beside chains that iptables mode left', () => {
    const set =
      '-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ';
    expect(reasons(nat(set), 'mode')).toEqual([['ipvs mode: KUBE-SERVICES looks addresses up in an ipset.', set]]);
    expect(reasons(nat(set, '-A KUBE-SVC-XXXX -j KUBE-SEP-XXXX'), 'mode')).toEqual([
      ['ipvs mode: KUBE-SERVICES looks addresses up in an ipset. KUBE-SVC- chains beside it were left by iptables mode.', set],
    ]);
    expect(layoutOf(nat(':KUBE-NODE-PORT - [0:0]')).mode).toBe('ipvs');
  });

  it('is userspace with its portals', () => {
    expect(layoutOf(nat(':KUBE-PORTALS-HOST - [0:0]')).mode).toBe('userspace');
  });

  it('is none where nothing is kube-proxy’s', () => {
    const layout = layoutOf('*filter\n:INPUT DROP [0:0]\n-A INPUT -j KUBE-FIREWALL\nCOMMIT');
    expect([layout.mode, layoutText(layout), layout.reasons]).toEqual([null, '', []]);
  });
});

it('tells the sample', () => {
  const ruleset = rulesetFrom(fixturePath('sample/worker-1.iptables'));
  expect(ruleset.dumps.map((dump) => layoutText(proxyLayout(ruleset, dump)))).toEqual([
    'kube-proxy 1.31 or later in iptables mode',
  ]);
});

describe('the layout of recorded dumps', () => {
  it.each([
    ['shop/node-a.iptables', 'kube-proxy 1.31 or later in iptables mode'],
    ['shop/node-a.counters.iptables', 'kube-proxy 1.31 or later in iptables mode'],
    ['shop/node-a.ip6tables', 'kube-proxy 1.31 or later in iptables mode'],
    ['shop-1.30/node-a.iptables', 'kube-proxy 1.27 or later in iptables mode'],
    ['shop-1.23/node-a.iptables', 'kube-proxy 1.21 to 1.23 in iptables mode'],
    ['large-600x10/node-0.iptables', 'kube-proxy 1.31 or later in iptables mode, large cluster'],
  ])('%s', (path, text) => {
    const ruleset = rulesetFrom(labPath(path));
    expect(ruleset.dumps.map((dump) => layoutText(proxyLayout(ruleset, dump)))).toEqual([text]);
  });
});
