import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { ResolvedBy } from '../../server/src/kube/identity/chain-identity.ts';
import { type ResolvedChain, resolveReport } from '../../server/src/kube/identity/report.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterFrom, clusterOf, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { chainHash } from './resolved-truth.ts';

interface ApiObject {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly protocol?: string }[] };
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port: number }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string };
  }[];
}

/** What each hash of a cluster's chains stands for, straight from the JSON: "shop/web:http" or "shop/web:http 10.0.0.1:80 shop/web-1". */
function truthOf(clusterPath: string): ReadonlyMap<string, string> {
  const truth = new Map<string, string>();
  const { items } = JSON.parse(readFileSync(clusterPath, 'utf8')) as { readonly items: readonly ApiObject[] };
  for (const { kind, metadata, spec, ports, endpoints } of items) {
    const service = kind === 'Service' ? metadata.name : metadata.labels?.['kubernetes.io/service-name'];
    for (const port of (kind === 'Service' ? spec?.ports : ports) ?? []) {
      const name = `${metadata.namespace}/${service}${port.name ? `:${port.name}` : ''}`;
      const protocol = (port.protocol ?? 'TCP').toLowerCase();
      if (kind === 'Service') truth.set(chainHash(name + protocol), name);
      for (const { addresses, targetRef } of kind === 'EndpointSlice' ? (endpoints ?? []) : []) {
        const ip = addresses[0] ?? '';
        const address = `${ip.includes(':') ? `[${ip}]` : ip}:${'port' in port ? port.port : ''}`;
        const pod = targetRef?.kind === 'Pod' ? `${targetRef.namespace}/${targetRef.name}` : 'no pod';
        truth.set(chainHash(name + protocol + address), `${name} ${address} ${pod}`);
      }
    }
  }
  return truth;
}

function said({ service, endpoint, chain }: ResolvedChain): string | null {
  if (service === null) return null;
  const name = `${service.namespace}/${service.name}${service.port === '' ? '' : `:${service.port}`}`;
  if (!chain.startsWith('KUBE-SEP-')) return name;
  if (endpoint === null) return `${name} ?`;
  const address = `${endpoint.ip.includes(':') ? `[${endpoint.ip}]` : endpoint.ip}:${endpoint.port}`;
  return `${name} ${address} ${endpoint.pod === null ? 'no pod' : `${endpoint.pod.namespace}/${endpoint.pod.name}`}`;
}

const hashed = /^KUBE-(?:SVC|SVL|EXT|FW|XLB|SEP)-([A-Z2-7]{16})$/;

/** Every hashed chain of a dump: how many there are, and those of which we say something else than the cluster's JSON does. */
function compared(
  dump: string,
  clusterPath: string,
  clusterUsed = clusterPath,
): { readonly chains: number; readonly wrong: unknown } {
  const truth = truthOf(clusterPath);
  const ruleset = dump.includes('\n') ? rulesetOf(dump) : rulesetFrom(dump);
  const chains = resolveReport(ruleset, clusterFrom(clusterUsed)).chains.filter(({ chain }) => hashed.test(chain));
  const wrong = chains.filter((chain) => truth.get(hashed.exec(chain.chain)?.[1] ?? '') !== said(chain));
  return { chains: chains.length, wrong: wrong.map((chain) => [chain.chain, said(chain)]) };
}

function withoutComments(text: string): string {
  return text.replaceAll(/ -m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+)/g, '');
}

function count(chains: readonly ResolvedChain[]): Partial<Record<ResolvedBy, number>> {
  const counts: Partial<Record<ResolvedBy, number>> = {};
  for (const { by } of chains) if (by !== null) counts[by] = (counts[by] ?? 0) + 1;
  return counts;
}

const sampleDump = fixturePath('sample/worker-1.iptables');

const sampleCluster = fixturePath('sample/cluster.json');

describe('the chains of a node', () => {
  it('are named by their comments, and their Pods by the cluster', () => {
    const { chains, wrong } = compared(sampleDump, sampleCluster);
    expect(chains).toBe(26);
    // The Pod of the first is gone and its chain an orphan; the second chain was deleted and its Service too.
    expect(wrong).toEqual([
      ['KUBE-SEP-YMMDN24UIRGMOLTR', 'booking/frontend:http 10.244.1.8:8080 no pod'],
      ['KUBE-SVC-S5UHGVGWUT2PPRZN', 'booking/invoices:http'],
    ]);
  });

  it('are named by their hashes where there is no comment', () => {
    const { chains, wrong } = compared(withoutComments(readFileSync(sampleDump, 'utf8')), sampleCluster);
    expect(chains).toBe(26);
    expect(wrong).toEqual([
      ['KUBE-SEP-YMMDN24UIRGMOLTR', null],
      ['KUBE-SVC-S5UHGVGWUT2PPRZN', null],
    ]);
  });

  it('are named by their comments alone where no cluster is known', () => {
    const report = resolveReport(rulesetFrom(sampleDump), emptyCluster);
    const chains = report.chains.filter(({ chain }) => hashed.test(chain));
    expect(chains.filter(({ service }) => service === null)).toEqual([]);
    expect(count(chains)).toEqual({ comment: 26 });
    expect(report.chains.find(({ chain }) => chain === 'KUBE-SVC-GIDN5GX2W3BVX2DS')).toMatchObject({
      table: 'nat',
      line: 78,
      role: 'service',
      service: { namespace: 'booking', name: 'seatmap', port: '', portNumber: 8080, protocol: 'tcp', clusterIP: '10.96.40.40' },
    });
  });
});

describe('a hash alone', () => {
  const ports = [
    ['http', 'TCP', 80],
    ['', 'TCP', 81],
    ['dns', 'UDP', 53],
    ['dns-tcp', 'TCP', 53],
    ['m3ua', 'SCTP', 2905],
  ] as const;
  const services = ports.map(([name, protocol, port]) => ({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { namespace: 'ns', name: `on-${port}-${protocol.toLowerCase()}` },
    spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00:96::1'], ports: [{ name, protocol, port }] },
  }));
  const slices = ports.flatMap(([name, protocol, port]) =>
    ['10.244.1.7', 'fd00:244:1::7'].map((address) => ({
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: {
        namespace: 'ns',
        name: `on-${port}-${protocol.toLowerCase()}-${address.length}`,
        labels: { 'kubernetes.io/service-name': `on-${port}-${protocol.toLowerCase()}` },
      },
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      ports: [{ name, protocol, port: port + 8000 }],
      endpoints: [{ addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace: 'ns', name: 'p' } }],
    })),
  );
  const cluster = clusterOf(JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [...services, ...slices] }));

  const cases = ports.flatMap(([name, protocol, port]) => {
    const service = `ns/on-${port}-${protocol.toLowerCase()}`;
    // The last is what versions before about 1.20 wrote for an unnamed port.
    const written = name === '' ? [service, `${service}:`] : [`${service}:${name}`];
    return written.flatMap((full) =>
      [`10.244.1.7:${port + 8000}`, `[fd00:244:1::7]:${port + 8000}`].map((address) => ({
        full,
        address,
        port: name,
        service,
        protocol: protocol.toLowerCase(),
      })),
    );
  });

  it.each(cases)('$full $protocol $address', ({ full, address, port, service, protocol }) => {
    const serviceChain = `KUBE-SVC-${chainHash(full + protocol)}`;
    const endpointChain = `KUBE-SEP-${chainHash(full + protocol + address)}`;
    const dump = ['*nat', ':PREROUTING ACCEPT [0:0]', `:${serviceChain} - [0:0]`, `:${endpointChain} - [0:0]`, 'COMMIT'];
    const chains = resolveReport(rulesetOf(dump.join('\n')), cluster).chains.slice(1);
    expect(chains.map((chain) => [said(chain), chain.by, chain.service?.protocol])).toEqual([
      [port === '' ? service : `${service}:${port}`, 'hash', protocol],
      [`${port === '' ? service : `${service}:${port}`} ${address} ns/p`, 'hash', protocol],
    ]);
  });
});

describe('the chains that real kube-proxies wrote', () => {
  it.each([
    ['shop/node-a.iptables', 'shop/cluster.json', 37],
    ['shop/node-a.counters.iptables', 'shop/cluster.json', 37],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 5],
    ['shop-1.23/node-a.iptables', 'shop-1.23/cluster.json', 34],
    ['shop-1.30/node-a.iptables', 'shop-1.30/cluster.json', 36],
    ['shop-stale/node-a.synced.iptables', 'shop-stale/cluster.json', 36],
    ['large-600x10/node-0.iptables', 'large-600x10/cluster.json', 6600],
  ])('%s', (dump, cluster, chains) => {
    expect(compared(labPath(dump), labPath(cluster))).toEqual({ chains, wrong: [] });
  });

  it('are the same to a snapshot in YAML', () => {
    const result = compared(labPath('shop/node-a.iptables'), labPath('shop/cluster.json'), labPath('shop/cluster.yaml'));
    expect(result).toEqual({ chains: 37, wrong: [] });
  });

  it.each(['shop/node-a.iptables', 'shop/node-a.ip6tables', 'shop-1.23/node-a.iptables'])('%s without comments', (dump) => {
    const text = withoutComments(readFileSync(labPath(dump), 'utf8'));
    expect(compared(text, labPath('shop/cluster.json')).wrong).toEqual([]);
  });

  it('have no comments in large-cluster mode: all 6,000 endpoints are found by hash', () => {
    const { chains } = resolveReport(
      rulesetFrom(labPath('large-600x10/node-0.iptables')),
      clusterFrom(labPath('large-600x10/cluster.json')),
    );
    expect(count(chains.filter(({ role }) => role === 'endpoint'))).toEqual({ hash: 6000 });
  });

  it('have the names of those that lead to them, where no cluster is known either', () => {
    const { chains } = resolveReport(rulesetFrom(labPath('large-600x10/node-0.iptables')), emptyCluster);
    const endpoints = chains.filter(({ role }) => role === 'endpoint');
    expect(endpoints.filter(({ service }) => service === null)).toEqual([]);
    expect(endpoints[0]?.service?.name).toMatch(/^svc-\d+$/);
  });

  it('that outlived what they stood for keep their names, and say whose the address is now', () => {
    const { chains } = resolveReport(
      rulesetFrom(labPath('shop-stale/node-a.iptables')),
      clusterFrom(labPath('shop-stale/cluster.json')),
    );
    const at = (name: string): ResolvedChain | undefined => chains.find(({ chain }) => chain === name);
    expect(at('KUBE-SVC-7KOHCNP5MAJJN6G7')).toMatchObject({ by: 'comment', service: { namespace: 'legacy', name: 'erp' } });
    expect(at('KUBE-SEP-EPVTA2RHFPHQF37H')).toMatchObject({ endpoint: { ip: '10.244.1.11', port: 8080, pod: null } });
    expect(at('KUBE-SEP-YVS75TXHJQCVQJIV')).toMatchObject({
      service: { name: 'api' },
      endpoint: { ip: '10.244.1.21', pod: { namespace: 'shop', name: 'batch-1' } },
    });
  });
});

describe('other chains', () => {
  const report = (text: string, cluster = emptyCluster): readonly ResolvedChain[] =>
    resolveReport(rulesetOf(text), cluster).chains;

  it('of hostPorts have the endpoint behind them, and the chain that hands out has none', () => {
    const chains = report(
      `*nat
:PREROUTING ACCEPT [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-DN-2f1b3c4d5e6f708192a3b - [0:0]
-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8081 -j CNI-DN-2f1b3c4d5e6f708192a3b
-A CNI-DN-2f1b3c4d5e6f708192a3b -s 10.244.0.0/24 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-2f1b3c4d5e6f708192a3b -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.244.0.11:8080
COMMIT
`,
      clusterFrom(fixturePath('sample/cluster.json')),
    );
    expect(chains.map(({ role, endpoint, by }) => [role, endpoint?.ip ?? null, by])).toEqual([
      ['builtin', null, null],
      ['cni-hostport', null, null],
      ['cni-hostport', '10.244.0.11', null],
      ['cni-hostport', null, null],
    ]);
  });

  it('stand where they are first named, if nothing declares them', () => {
    const chains = report('-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-N OWN\n-A FORWARD -j OWN\n-A FORWARD -j OTHER\n');
    expect(chains.map(({ chain, line }) => `${chain} ${line}`)).toEqual(['INPUT 1', 'FORWARD 2', 'OWN 3', 'OTHER 5']);
  });

  it("of an endpoint have its address by the hairpin rule where this iptables could not print kube-proxy's DNAT", () => {
    const chains = report(
      '*nat\n:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.5/32 -m comment --comment "shop/web" -j KUBE-MARK-MASQ\n-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web" -m tcp -j DNAT [unsupported revision]\nCOMMIT\n',
    );
    expect(chains[0]?.endpoint).toEqual({ ip: '10.244.0.5', port: null, pod: null });
  });

  it('of endpoints that are no Pods have none, whatever the EndpointSlice refers to', () => {
    const cluster = (kind: string) =>
      clusterOf(
        JSON.stringify({
          kind: 'List',
          items: [
            {
              kind: 'Service',
              metadata: { namespace: 'shop', name: 'web' },
              spec: { clusterIP: '10.96.0.7', ports: [{ port: 80 }] },
            },
            {
              kind: 'EndpointSlice',
              metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
              addressType: 'IPv4',
              ports: [{ name: '', protocol: 'TCP', port: 80 }],
              endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true }, targetRef: { kind, name: 'it' } }],
            },
          ],
        }),
      );
    const dump =
      '*nat\n:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web" -m tcp -j DNAT --to-destination 192.0.2.7:80\nCOMMIT\n';
    const podOf = (kind: string) => report(dump, cluster(kind))[0]?.endpoint?.pod?.name ?? null;
    expect([podOf('Pod'), podOf('VirtualMachine'), podOf('Node')]).toEqual(['it', null, null]);
    // The Service of the chain is gone: whoever has the address now would get its packets.
    const podNow = (kind: string) => report(dump.replace('shop/web', 'shop/gone'), cluster(kind))[0]?.endpoint?.pod?.name ?? null;
    expect([podNow('Pod'), podNow('VirtualMachine'), podNow('Node')]).toEqual(['it', null, null]);
  });
});

describe("a chain's name and its comment", () => {
  const mismatchOf = (chain: string, ...rules: readonly string[]): string | null | undefined => {
    const ruleset = rulesetOf(`*nat\n:${chain} - [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
    const found = ruleset.tables[0]?.chains.get(chain);
    return found === undefined ? undefined : resolveChains(ruleset, emptyCluster).chain(found).mismatch;
  };
  const entry = (chain: string, name: string): string =>
    `-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j ${chain}`;
  const endpoint = (chain: string, name: string): string =>
    `-A ${chain} -p tcp -m comment --comment "${name}" -m tcp -j DNAT --to-destination 10.244.0.1:8080`;

  it.each([
    ['ns/web', 'ns/web'],
    // Versions before about 1.20 kept the colon of an unnamed port, in the hash and in the comment.
    ['ns/web:', 'ns/web:'],
    ['ns/web:', 'ns/web'],
    ['ns/web:http', 'ns/web:http'],
  ])('agree: made of %s, with %s in the comment', (hashed, said) => {
    const service = `KUBE-SVC-${chainHash(`${hashed}tcp`)}`;
    expect(mismatchOf(service, entry(service, said))).toBeNull();
    const chain = `KUBE-SEP-${chainHash(`${hashed}tcp10.244.0.1:8080`)}`;
    expect(mismatchOf(chain, endpoint(chain, said))).toBeNull();
  });

  it('are said to disagree where somebody changed one of them', () => {
    const service = `KUBE-SVC-${chainHash('ns/web:httptcp')}`;
    expect(mismatchOf(service, entry(service, 'ns/other:http'))).toBe(
      "The comment says ns/other:http, of which kube-proxy would make another chain name: it, or the Service's name, was changed.",
    );
    const chain = `KUBE-SEP-${chainHash('ns/web:httptcp10.244.0.2:8080')}`;
    expect(mismatchOf(chain, endpoint(chain, 'ns/web:http'))).toBe(
      "The chain's name is not made of ns/web:http and 10.244.0.1:8080: a name or an address was changed.",
    );
    expect(mismatchOf('KUBE-SVC-SHORTENED', entry('KUBE-SVC-SHORTENED', 'ns/web:http'))).toBe(
      'KUBE-SVC-SHORTENED is not a name that kube-proxy makes; the comment says ns/web:http.',
    );
  });
});
