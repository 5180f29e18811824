import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { bundleFiles, codesOf, diagnosed } from '../support/bundles.ts';

// What people hand in instead of a bundle: text instead of JSON, other names, several outputs in a file, a sosreport, a capture by Retina.

const outputs = bundleFiles('outputs');
const textOf = (name: string): string => {
  const file = outputs.find(({ path }) => path === name || path === `./${name}`);
  if (file === undefined) throw new Error(`${name} was not recorded.`);
  return file.text;
};
const cluster = bundleFiles('healthy').find(({ path }) => path === 'cluster.json')?.text ?? '';

/** Files under their own names, or under others. */
const files = (names: Readonly<Record<string, string>>): readonly BundleFile[] =>
  Object.entries(names).map(([path, name]) => ({ path, text: textOf(name) }));

const texts = files({
  'rules.v4': 'iptables-save',
  'addresses of the node': 'ip_addr',
  'links.txt': 'ip_-d_link',
  routes: 'ip_route',
  'policy.txt': 'ip_rule',
  arp: 'ip_neigh',
  'bridge.txt': 'bridge_-d_link',
  'fdb.txt': 'bridge_fdb',
  'connections.txt': 'conntrack_-L',
  'conntrack-S.out': 'conntrack_-S',
  'sysctl-a.out': 'sysctl_-a',
  'counters.out': 'nstat_-az',
});

const notes = (...commands: readonly string[]): string =>
  commands.map((command) => `[root@worker-1 ~]# ${command}\n${textOf(command.replaceAll(' ', '_'))}`).join('\n');

/** As Retina's capture writes it: a summary of the commands, then each with its output. */
const retina = (outputsOf: Readonly<Record<string, string>>): string =>
  `Summary:\n\n${Object.keys(outputsOf)
    .map((command) => `/usr/sbin/${command}(what it is)\n`)
    .join('')}\nExecute:\n\n${Object.entries(outputsOf)
    .map(([command, name]) => `/usr/sbin/${command}\n\n${textOf(name)}`)
    .join('')}`;

const captures: Readonly<Record<string, readonly BundleFile[]>> = {
  'text under other names': texts,
  'what no option made fuller': files({
    a: 'iptables-save',
    b: 'ip_addr',
    c: 'ip_route_list',
    d: 'sysctl_-a',
    e: 'ip_link',
  }),
  'JSON without -d': files({ a: 'iptables-save', b: 'ip_-j_addr', c: 'ip_route', d: 'sysctl_-a' }),
  'one file of notes': [
    {
      path: 'notes of mine.txt',
      text: notes('iptables-save', 'ip -d addr', 'ip rule', 'conntrack -L', 'sysctl -a', 'bridge -d link'),
    },
    { path: 'more.txt', text: `$ ip route\n${textOf('ip_route')}` },
  ],
  'a sosreport': files({
    'sos_commands/firewall_tables/iptables_-t_filter_-nvL': 'iptables_-vnL',
    'sos_commands/firewall_tables/iptables_-t_nat_-nvL': 'iptables_-t_nat_-nvL',
    'sos_commands/firewall_tables/iptables_-t_mangle_-nvL': 'iptables_-t_mangle_-nvL',
    'sos_commands/networking/ip_-d_address': 'ip_-d_addr',
    'sos_commands/networking/ip_route_show_table_all': 'ip_route',
    'sos_commands/networking/ip_-s_-s_neigh_show': 'ip_-s_-s_neigh_show',
    'sos_commands/networking/netstat_-s': 'netstat_-s',
    'sos_commands/kernel/sysctl_-a': 'sysctl_-a',
  }),
  "Retina's capture": [
    {
      path: 'ip-resources.txt',
      text: retina({ 'ip -d -j addr show': 'ip_-j_addr', 'ip rule list': 'ip_rule', 'ip route show table all': 'ip_route' }),
    },
    {
      path: 'iptables-rules.txt',
      text: retina({
        'iptables-save': 'iptables-save',
        'iptables -vnx -L': 'iptables_-vnL',
        'iptables -vnx -L -t nat': 'iptables_-t_nat_-nvL',
      }),
    },
    ...files({
      'proc-net/nf_conntrack': 'proc_nf_conntrack',
      'proc-net/stat/nf_conntrack': 'proc_stat',
      'proc-net/netstat': 'proc_netstat',
    }),
    { path: 'proc-net/dev', text: 'Inter-|   Receive\n' },
    ...['ip_forward', 'conf/all/route_localnet', 'conf/all/forwarding'].map((name) => ({
      path: `proc-sys-net/ipv4/${name}`,
      text: '1\n',
    })),
  ],
};

const toWeb = { from: '10.42.0.30', to: '10.96.10.80:80' };
const questions = [toWeb, { from: '10.42.0.10', to: '10.96.0.10:53' }, { from: '172.18.0.1', to: '172.18.0.2:30080' }];

describe('a capture', () => {
  it.each(Object.keys(captures))('%s: is understood, and a healthy node is healthy', (name) => {
    const capture = captures[name] ?? [];
    const facts = readBundle(capture);
    expect(facts.notes).toEqual([]);
    expect(facts.addresses?.records.map(({ ip }) => ip)).toEqual(expect.arrayContaining(['10.42.0.1', '172.18.0.2']));
    expect(facts.links?.records.find(({ name: link }) => link === 'cni0')).toMatchObject({
      kind: 'bridge',
      mtu: 1500,
      isUp: true,
      hasCarrier: true,
    });
    for (const question of questions) {
      const diagnosis = diagnosed(capture, question);
      expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['arrives', []]);
    }
    // With a cluster and no word of the node's name: its addresses tell it.
    const { outcome, causes } = diagnosed([...capture, { path: 'objects.json', text: cluster }], toWeb);
    expect([outcome, causes]).toEqual(['arrives', []]);
  });

  it.each(Object.keys(captures))('%s: forwarding that is off is found', (name) => {
    const off = (captures[name] ?? []).map(({ path, text }) =>
      path.endsWith('ip_forward')
        ? { path, text: '0\n' }
        : { path, text: text.replace(/^(net\.ipv4\.(?:ip_forward|conf\.\S+\.forwarding)) = 1$/gm, '$1 = 0') },
    );
    const diagnosis = diagnosed(off, toWeb);
    expect([diagnosis.outcome, codesOf(diagnosis)[0]]).toEqual(['lost', 'forwarding-off']);
    expect(diagnosis.causes[0]?.evidence[0]?.text).toMatch(/= 0$/);
  });

  it('is told by content where a plain name is taken for something else', () => {
    const { proxyLog, sysctls, rules } = readBundle([
      { path: 'kube-proxy.yaml', text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-proxy\n' },
      { path: 'conntrack.txt', text: 'net.netfilter.nf_conntrack_max = 1000\n' },
      { path: 'cluster.json', text: textOf('iptables-save') },
    ]);
    expect(proxyLog).toBeNull();
    expect(sysctls?.values.get('net.netfilter.nf_conntrack_max')).toEqual({ value: '1000', line: 1, file: 'conntrack.txt' });
    expect(rules.map(({ file }) => file)).toEqual(['cluster.json']);
  });

  it('says the ports of bridges, neighbours and tunnels as they were printed for people', () => {
    const { bridgePorts, neighbours, forwarding, links } = readBundle(texts);
    expect(bridgePorts?.records.map(({ name, bridge, hairpin }) => `${name} ${bridge} ${hairpin}`)).toEqual([
      'vethclient0 cni0 true',
      'vethweb1 cni0 true',
      'vethweb2 cni0 true',
      'vethdns cni0 true',
    ]);
    expect(links?.records.filter(({ hairpin }) => hairpin === true)).toHaveLength(4);
    expect(neighbours?.records[0]).toMatchObject({ ip: '10.42.0.10', interface: 'cni0' });
    const mac = neighbours?.records.find(({ ip }) => ip === '10.42.0.10')?.mac;
    expect(forwarding?.records.find((entry) => entry.mac === mac)?.port).toBe('vethdns');
    const tunnel = readBundle([
      {
        path: 'ip link',
        text: '4: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default \n    link/ether 5e:aa:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535 \n    vxlan id 1 local 172.18.0.2 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto\n5: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT\n    link/ipip 0.0.0.0 brd 0.0.0.0\n',
      },
    ]).links?.records;
    expect(tunnel?.map(({ kind, lower, mtu }) => `${kind} ${lower} ${mtu}`)).toEqual(['vxlan eth0 1450', 'ipip  1480']);
  });

  it("reads kube-proxy's log in its JSON form", () => {
    const { proxyLog } = readBundle([
      {
        path: 'proxy.log',
        text: '{"ts":1764104447133.2,"caller":"iptables/proxier.go:1500","msg":"Failed to execute iptables-restore","err":"exit status 1","ipFamily":"IPv4"}\n{"ts":1764104448000,"caller":"x.go:1","msg":"SyncProxyRules complete","v":2,"elapsed":"1ms"}\n',
      },
    ]);
    expect(proxyLog?.records.map(({ severity, month, day }) => `${severity} ${month} ${day}`)).toEqual([
      'error 11 25',
      'info 11 25',
    ]);
    expect(proxyLog?.records[0]?.message).toContain('ipFamily="IPv4"');
  });

  it('puts objects together that lie in a file for each kind', () => {
    const one = (kind: string): string =>
      JSON.stringify({
        kind: 'List',
        items: (JSON.parse(cluster) as { items: { kind: string }[] }).items.filter((each) => each.kind === kind),
      });
    const parts = ['Node', 'Service', 'EndpointSlice', 'Pod'].map((kind) => ({
      path: `must-gather/${kind}s.json`,
      text: one(kind),
    }));
    const diagnosis = diagnosed([...texts, ...parts], { from: 'shop/client-0', to: 'shop/web' });
    expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['arrives', []]);
  });

  describe('of a cluster, with a folder for each node', () => {
    const node = (name: string, change = (text: string): string => text): readonly BundleFile[] =>
      texts.map(({ path, text }) => ({ path: `must-gather/nodes/${name}/${path}`, text: change(text) }));
    const off = (text: string): string => text.replace(/^(net\.ipv4\.(?:ip_forward|conf\.\S+\.forwarding)) = 1$/gm, '$1 = 0');

    it('is read as one of them, and says so', () => {
      const both = [...node('worker-1'), ...node('worker-2', (text) => off(text).replaceAll('172.18.0.2', '172.18.0.7'))];
      const facts = readBundle(both);
      expect(facts.addresses?.records.map(({ ip }) => ip)).not.toContain('172.18.0.7');
      expect(facts.notes.join()).toMatch(/of several nodes: what is said is of worker-1; worker-2 left out/);
      expect(diagnosed(both, toWeb).outcome).toBe('arrives');
      expect(diagnosed([...node('worker-1', off), ...node('worker-2')], toWeb).outcome).toBe('lost');
    });

    it('of which only one has something, is that one', () => {
      const { notes, rules } = readBundle([...node('worker-2'), { path: 'must-gather/nodes/worker-1/kubelet.log', text: 'x\n' }]);
      expect([notes.join().includes('several'), rules.length]).toEqual([false, 1]);
    });
  });
});
