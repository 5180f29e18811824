/** Who does Services on a node, told by its dump and by the cluster; and where neither tells, nothing is claimed. */
import { describe, expect, it } from 'vitest';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { dumpNotes } from '../../server/src/kube/flow/dump-notes.ts';
import { otherProxyNote } from '../../server/src/kube/flow/resolve-target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type ServiceProxy, serviceProxyOf, serviceProxyText } from '../../server/src/kube/proxy/mode.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, pod } from './objects.ts';

/** A whole table of a save. */
function table(name: string, ...lines: readonly string[]): string {
  const builtins = name === 'filter' ? ['INPUT', 'FORWARD', 'OUTPUT'] : ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
  return [`*${name}`, ...builtins.map((chain) => `:${chain} ACCEPT [0:0]`), ...lines, 'COMMIT', ''].join('\n');
}

function proxyOf(text: string, cluster: Cluster = emptyCluster, node = ''): ServiceProxy {
  const ruleset = rulesetOf(text, 'node.iptables');
  const [dump] = ruleset.dumps;
  if (dump === undefined) throw new Error('no dump');
  return serviceProxyOf(ruleset, dump, cluster, node);
}

/** "kind: reason (line)", 1-based. */
function told(text: string, cluster?: Cluster, node?: string): string {
  const { kind, reason, line } = proxyOf(text, cluster, node);
  return `${kind}: ${reason}${line === null ? '' : ` (${line + 1})`}`;
}

function configMap(mode: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'kube-proxy' },
    data: { 'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: "${mode}"\n` },
  };
}

function daemonPod(name: string, node: string, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'kube-system',
      name: `${name}-x7x2p`,
      ownerReferences: [{ kind: 'DaemonSet', name, controller: true }],
    },
    spec: { nodeName: node, ...more },
  };
}

const empty = table('filter') + table('nat');
const forwarding = [
  ':KUBE-FORWARD - [0:0]',
  '-A FORWARD -j KUBE-FORWARD',
  '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
];

describe('the dump shows', () => {
  it('iptables mode, by a chain of a Service or by what leads to NodePorts', () => {
    expect(told('-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y')).toBe(
      'iptables: Services have chains of their own. (1)',
    );
    expect(told(table('nat', '-N KUBE-SERVICES', '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'))).toBe(
      'iptables: KUBE-SERVICES looks addresses up in no ipset. (6)',
    );
  });

  it('ipvs mode, in nat or in filter alone', () => {
    expect(told(table('nat', '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT'))).toBe(
      'ipvs: KUBE-SERVICES looks addresses up in an ipset. (6)',
    );
    expect(told(table('filter', ':KUBE-IPVS-FILTER - [0:0]'))).toBe('ipvs: KUBE-IPVS-FILTER is one of its chains. (5)');
  });

  it('nftables mode, by what nft printed beside it', () => {
    expect(told(`${empty}$ nft list ruleset\ntable ip kube-proxy {\n\tcomment "rules for kube-proxy"\n}\n`)).toBe(
      'nftables: nft has a table kube-proxy. (13)',
    );
    expect(told(`# Table \`kube-proxy' is incompatible, use 'nft' tool.\n${empty}`)).toBe(
      'nftables: nft has a table kube-proxy. (1)',
    );
  });

  it('a flushed nat, by chains without rules or by what kube-proxy still has in other tables', () => {
    expect(told(table('nat', ':KUBE-SERVICES - [0:0]', ':KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]'))).toBe(
      'flushed: KUBE-SVC-ERIFXISQEP7F7OF4 has no rules: nat was flushed. (7)',
    );
    expect(proxyOf(table('nat', ':KUBE-SERVICES - [0:0]', ':KUBE-POSTROUTING - [0:0]')).kind).toBe('flushed');
    expect(proxyOf(table('nat', ':KUBE-SERVICES - [0:0]', '-A KUBE-POSTROUTING -j MASQUERADE')).kind).toBe('iptables');
    expect(told(table('filter', ...forwarding) + table('nat'))).toBe(
      'flushed: filter has kube-proxy’s KUBE-FORWARD, but nat has no KUBE-SERVICES: nat was flushed. (5)',
    );
    const canary = ':KUBE-PROXY-CANARY - [0:0]';
    expect(proxyOf(table('mangle', canary) + empty).kind).toBe('flushed');
    // Where the canary is left in nat too, kube-proxy itself may have taken its chains away.
    expect(proxyOf(table('mangle', canary) + table('nat', canary)).kind).toBe('absent');
  });

  it('nothing where nat is not whole', () => {
    expect(told(table('filter'))).toBe('unknown: The dump has no nat table, where kube-proxy’s Services are.');
    expect(told('*nat\n-A PREROUTING -j MYCHAIN\n')).toBe('unknown: The dump shows a part of nat only.');
    expect(
      proxyOf('*nat\n-A PREROUTING -j MYCHAIN\n', clusterWith(configMap('nftables'), pod('a/b', { ip: '10.0.0.1' }))).kind,
    ).toBe('nftables');
  });

  it('none, where nat is whole and empty; kubelet’s chains are not kube-proxy’s', () => {
    expect(proxyOf(empty).kind).toBe('absent');
    const kubelet = table('mangle', ':KUBE-IPTABLES-HINT - [0:0]', ':KUBE-KUBELET-CANARY - [0:0]');
    expect(proxyOf(kubelet + empty).kind).toBe('absent');
    expect(proxyOf(empty).advice).toContain('nft list tables');
  });

  it('another program, by its chains', () => {
    expect(told(table('nat', ':CILIUM_PRE_nat - [0:0]'))).toBe(
      'other: Nothing in nat is kube-proxy’s, and CILIUM_PRE_nat is Cilium’s, which can do Services in kube-proxy’s place. (6)',
    );
    // Beside kube-proxy's chains they are a network plugin's.
    expect(proxyOf(table('nat', ':CILIUM_PRE_nat - [0:0]', '-A KUBE-SERVICES -j KUBE-SVC-NPX46M4PTMTKRN6Y')).kind).toBe(
      'iptables',
    );
  });
});

it('is said with what to collect instead', () => {
  const said = (text: string): string => serviceProxyText(proxyOf(text));
  expect(said(table('nat', ':KUBE-NODE-PORT - [0:0]'))).toBe(
    'kube-proxy in ipvs mode does the Services of this node: KUBE-NODE-PORT is one of its chains. Collect "ipvsadm -Ln" and "ipset save" on the node: they hold the Services.',
  );
  // Beside a packet's path, too, where no cluster says that it is a node of Kubernetes, but its chains do.
  const resolution = resolveChains(rulesetOf(table('nat', ':KUBE-NODE-PORT - [0:0]')), emptyCluster);
  expect(otherProxyNote(resolution)).toBe(said(table('nat', ':KUBE-NODE-PORT - [0:0]')));
  expect(otherProxyNote(resolveChains(rulesetOf(empty), emptyCluster))).toBe('');
  // Whose chains they are is known, but not that nobody else does Services.
  expect(said(table('nat', ':cali-PREROUTING - [0:0]'))).toMatch(
    /^Calico seems to do the Services of this node: Nothing in nat is kube-proxy’s, .* Collect "calico-node .* If it is not Calico: Collect "curl /,
  );
  expect(said(table('filter'))).toMatch(/^The dump has no nat table, .* Collect the whole output of "iptables-save"/);
});

describe('the cluster says', () => {
  it('the mode, in kube-proxy’s ConfigMap', () => {
    expect(told(empty, clusterWith(configMap('nftables'), pod('a/b', { ip: '10.0.0.1' })))).toBe(
      'nftables: ConfigMap kube-system/kube-proxy says mode nftables; the dump has nothing of kube-proxy’s in iptables mode.',
    );
    expect(told(empty, clusterWith(configMap(''), pod('a/b', { ip: '10.0.0.1' })))).toBe(
      'flushed: ConfigMap kube-system/kube-proxy says mode "", which is iptables, but nat has nothing of kube-proxy’s: it was flushed, or kube-proxy has not run here.',
    );
  });

  it('the mode, in the arguments of the node’s Pod', () => {
    const container = { containers: [{ name: 'kube-proxy', command: ['/usr/local/bin/kube-proxy', '--proxy-mode=ipvs'] }] };
    const cluster = clusterWith(daemonPod('kube-proxy', 'node-a', container));
    expect(proxyOf(empty, cluster, 'node-a').kind).toBe('ipvs');
  });

  it('less than the dump does', () => {
    const rules = table('nat', '-A KUBE-SERVICES -j KUBE-SVC-NPX46M4PTMTKRN6Y');
    expect(proxyOf(rules, clusterWith(configMap('nftables'), pod('a/b', { ip: '10.0.0.1' }))).kind).toBe('iptables');
  });

  it('another program, by its Pods, unless kube-proxy has some too', () => {
    expect(proxyOf(empty, clusterWith(daemonPod('cilium', 'node-a'))).name).toBe('Cilium');
    expect(proxyOf(empty, clusterWith(daemonPod('cilium', 'node-a'), daemonPod('kube-proxy', 'node-a'))).kind).toBe('absent');
    // On this node, and by the DaemonSet alone.
    expect(proxyOf(empty, clusterWith(daemonPod('cilium', 'node-b')), 'node-a').kind).toBe('absent');
    expect(proxyOf(empty, clusterWith(daemonPod('cilium', 'node-a')), 'node-a').kind).toBe('other');
    const own = pod('kube-system/cilium', { ip: '10.0.0.1' });
    expect(proxyOf(empty, clusterWith(own), 'node-a').kind).toBe('absent');
  });
});

describe('a drawing of a dump whose Services are elsewhere', () => {
  const messagesOf = (text: string): readonly string[] => {
    const resolution = resolveChains(rulesetOf(text), emptyCluster);
    return dumpNotes(resolution, resolution.ruleset.dumps).map(({ message }) => message);
  };

  it('says that nat was flushed, and nothing of hooks that went with it', () => {
    const text = table('nat', ':KUBE-SERVICES - [0:0]', ':KUBE-POSTROUTING - [0:0]') + table('filter');
    expect(messagesOf(text)[0]).toMatch(/^No Service works on this node: .* nat was flushed\./);
    expect(messagesOf(text).join(' ')).not.toContain('not hooked');
  });

  it('names ipvs mode beside what iptables mode left', () => {
    const ipvs = [
      ':KUBE-SERVICES - [0:0]',
      ':KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]',
      '-A PREROUTING -j KUBE-SERVICES',
      '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
    ];
    expect(messagesOf(table('nat', ...ipvs))[0]).toMatch(/^kube-proxy in ipvs mode does the Services of this node: /);
  });
});
