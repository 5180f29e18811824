/** The text must be what iptables-save prints of it: restored into a namespace's kernel and saved again it is the same. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { describeWith } from '../support/requirements.ts';
import { clusterWith, node, service, slice } from './objects.ts';

const cluster = clusterWith(
  node('node-a', { ips: ['172.18.0.2', 'fc00::2'], zone: 'z1' }),
  service('shop/web', {
    ip: ['10.96.20.10', 'fd00:10:96::10'],
    ports: [
      { name: 'http', port: 80, nodePort: 30080 },
      { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 },
      { name: 'm3ua', protocol: 'SCTP', port: 2905 },
    ],
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32000,
      externalIPs: ['192.0.2.50', '2001:db8::50'],
      loadBalancerSourceRanges: ['0.0.0.0/0', '203.0.113.0/24', '::/0', '2001:db8:1::/48'],
      sessionAffinity: 'ClientIP',
    },
    ingress: [{ ip: '192.0.2.100' }, { ip: '2001:db8::100' }],
  }),
  ...(['10.244.0', 'fd00:10:244:'] as const).map((prefix) =>
    slice(
      'shop/web',
      Object.fromEntries(
        Array.from({ length: 7 }, (_, index) => [
          prefix.includes(':') ? `${prefix}:${index + 1}` : `${prefix}.${index + 1}`,
          { node: index < 2 ? 'node-a' : 'node-b' },
        ]),
      ),
      [
        { name: 'http', port: 8080 },
        { name: 'dns', protocol: 'UDP', port: 5353 },
        { name: 'm3ua', protocol: 'SCTP', port: 2905 },
      ],
    ),
  ),
  service('shop/cart', {
    ip: ['10.96.20.40', 'fd00:10:96::40'],
    ports: [{ port: 80, nodePort: 30081 }],
    spec: { type: 'NodePort' },
  }),
  service('shop/agent', { ip: ['10.96.20.50', 'fd00:10:96::50'], spec: { internalTrafficPolicy: 'Local' } }),
  slice('shop/agent', { '10.244.1.9': { node: 'node-b' } }),
  slice('shop/agent', { 'fd00:10:244:1::9': { node: 'node-b' } }),
);

/** The rules of a saved dump by table and chain, in order; what the kernel adds to the text is left out. */
function rulesOf(text: string): readonly string[] {
  let table = '';
  const rules: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line;
    if (line.startsWith('-A ') || line.startsWith(':KUBE-')) rules.push(`${table} ${line}`);
  }
  // One back end prints chains in the order of their names, the other in that of their making.
  return rules.toSorted((a, b) => {
    const [chainA = '', chainB = ''] = [a, b].map((rule) => rule.replace(/^(\S+) (?:-A |:)(\S+).*/, '$1 $2'));
    return chainA < chainB ? -1 : chainA > chainB ? 1 : 0;
  });
}

describeWith(['root', 'iptables'], 'what kube-proxy would write, restored and saved again', () => {
  it.each<[string, Partial<ProxyOptions> & Pick<ProxyOptions, 'family'>]>([
    ['iptables-nft', { family: 'ipv4', version: 34 }],
    ['iptables-nft', { family: 'ipv4', version: 24, masqueradeAll: true }],
    ['iptables-nft', { family: 'ipv4', version: 30, podTraffic: { by: 'interface', name: 'cni0' }, localhostNodePorts: false }],
    ['iptables-legacy', { family: 'ipv4', version: 36, nodePortAddresses: ['172.18.0.2', '127.0.0.1'] }],
    ['ip6tables-nft', { family: 'ipv6', version: 34 }],
    ['ip6tables-legacy', { family: 'ipv6', version: 25, masqueradeMark: 0x8000, dropsInvalid: false }],
  ])('%s %o', (program, more) => {
    const cidr = more.family === 'ipv6' ? 'fd00:10:244::/48' : '10.244.0.0/16';
    // The counters of nfacct must be made before, by a program that few machines have.
    const options = proxyOptions({ node: 'node-a', podTraffic: { by: 'source', cidr }, nfacct: false, ...more });
    const text = runToEnd(expectedText(cluster, options));
    const script = `${program}-restore && ${program}-save`;
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    const run = spawnSync('unshare', ['-n', 'sh', '-c', script], {
      input: text,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    });
    expect(run.stderr.replaceAll(/^# .*\n/gm, '')).toBe('');
    expect(rulesOf(run.stdout)).toEqual(rulesOf(text));
    expect(rulesOf(text).length).toBeGreaterThan(40);
  });
});
