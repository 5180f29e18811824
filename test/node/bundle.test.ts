import { describe, expect, it } from 'vitest';
import type { Steps } from '../../server/src/base/steps.ts';
import { bundleSteps, readBundle } from '../../server/src/node/bundle.ts';
import { readNftSteps } from '../../server/src/node/readers/nft.ts';
import { bundleFiles } from '../support/bundles.ts';

/** How often work pauses on its way to the end. */
function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return pauses;
}

describe('a bundle', () => {
  const files = bundleFiles('hairpin-off');
  const facts = readBundle(files);

  it('is read by plain names', () => {
    expect(facts.addresses?.records.find(({ interface: name, ip }) => name === 'cni0' && !ip.includes(':'))).toMatchObject({
      ip: '10.42.0.1',
      prefix: 24,
      scope: 'global',
    });
    expect(facts.routes?.records.find(({ network }) => network === '10.42.1.0/24')).toMatchObject({
      type: 'unicast',
      table: 'main',
      hops: [{ interface: 'eth0', gateway: '172.18.0.3' }],
    });
    expect(facts.policyRules?.records.map(({ priority, table }) => `${priority} ${table}`)).toEqual([
      '0 local',
      '32766 main',
      '32767 default',
    ]);
    expect(facts.links?.records.find(({ name }) => name === 'cni0')).toMatchObject({
      kind: 'bridge',
      mtu: 1500,
      callsIptables: false,
    });
    expect(facts.bridgePorts?.records.filter(({ hairpin }) => hairpin === false).map(({ name }) => name)).toEqual([
      'veth1aa601b0',
    ]);
    expect(facts.sysctls?.values.get('net.ipv4.ip_forward')?.value).toBe('1');
    expect(facts.conntrackCounts?.records).toHaveLength(2);
    expect(facts.counters?.values.get('TcpExtIPReversePathFilter')?.value).toBe('0');
    expect(facts.proxyConfiguration).toMatchObject({ mode: 'iptables', clusterCIDR: '10.42.0.0/16' });
    expect(facts.proxyLog?.records[2]).toMatchObject({ line: 3, severity: 'info', month: 11, day: 25 });
    expect(facts.meta).toMatchObject({ node: 'worker-1', proxyVersion: 'v1.26.0' });
    expect(facts.notes).toEqual([]);
  });

  it('is read by content where names say nothing', () => {
    const renamed = files
      .filter(({ text }) => text.trim() !== '')
      .map(({ path, text }, at) => ({ path: `sos_commands/some/output_${at}_of_${path.length}`, text }));
    const { notes, meta, ...told } = readBundle(renamed);
    for (const part of ['addresses', 'routes', 'policyRules', 'links', 'bridgePorts', 'neighbours', 'sysctls'] as const) {
      const records = (from: typeof told): number => {
        const found = from[part];
        return found === null ? -1 : 'records' in found ? found.records.length : found.values.size;
      };
      expect([part, records(told)]).toEqual([part, records(facts)]);
    }
    expect(told.rules.map(({ family, backEnd }) => `${family} ${backEnd}`).toSorted()).toEqual(['ipv4 nft', 'ipv6 nft']);
    expect(told.proxyLog?.records.length).toBe(facts.proxyLog?.records.length);
    expect(told.conntrackCounts?.records.length).toBe(2);
    expect(told.proxyConfiguration?.mode).toBe('iptables');
    expect(told.cluster?.text.length).toBe(facts.cluster?.text.length);
  });

  it('counts and says what it does not understand', () => {
    const strange = readBundle([
      { path: 'ip-route.json', text: '[{"dst":"default","dev":"eth0"},{"dst":"no network"},{"dst":"10.0.0.0/8","dev":"eth1"' },
      { path: 'sysctl.txt', text: 'net.ipv4.ip_forward = 1\nsysctl: permission denied on key "x"\n' },
      { path: 'holiday.jpg', text: '\u0000\u0001' },
    ]);
    expect(strange.routes?.records.map(({ network }) => network)).toEqual(['0.0.0.0/0']);
    expect(strange.notes).toEqual([
      'ip-route.json: 2 records or lines were not understood and left out.',
      'sysctl.txt: 1 record or line was not understood and left out.',
      'Not understood, and left out: holiday.jpg.',
    ]);
  });

  it('leaves a large list of connections alone until somebody asks for it', () => {
    let asked = 0;
    const facts = readBundle([
      {
        path: 'conntrack.txt',
        isLarge: true,
        get text() {
          asked += 1;
          return 'entries';
        },
      },
    ]);
    expect([facts.conntrack?.file, asked]).toEqual(['conntrack.txt', 0]);
    expect([facts.conntrack?.text, asked]).toEqual(['entries', 1]);
  });

  it('pauses within one long file', () => {
    const neighbours = Array.from({ length: 5000 }, (_, at) => ({
      dst: `10.${at >> 8}.${at & 255}.1`,
      dev: 'cni0',
      state: ['STALE'],
    }));
    const rules = neighbours.map((_, at) => ({ rule: { family: 'inet', table: 't', chain: 'c', handle: at, expr: [] } }));
    expect(pausesOf(bundleSteps([{ path: 'ip-neigh.json', text: JSON.stringify(neighbours) }]))).toBeGreaterThanOrEqual(5);
    expect(pausesOf(readNftSteps('nft.json', JSON.stringify({ nftables: rules })))).toBeGreaterThanOrEqual(2);
  });

  it("tells neighbours of which nobody answers, with ip's statistics, from routes", () => {
    const text =
      '[{"dst":"10.42.0.12","dev":"cni0","used":2,"confirmed":64,"updated":0,"probes":6,"state":["FAILED"]},{"dst":"10.42.0.30","dev":"cni0","refcnt":1,"used":0,"confirmed":60,"updated":0,"probes":4,"state":["INCOMPLETE"]}]\n';
    for (const path of ['ip-neigh.json', 'neighbours of the node']) {
      const { neighbours, routes } = readBundle([{ path, text }]);
      expect([neighbours?.records.map(({ states }) => states.join()), routes]).toEqual([['FAILED', 'INCOMPLETE'], null]);
    }
  });

  it('tells an empty list of something from what is not there', () => {
    expect(readBundle([{ path: 'conntrack.txt', text: '' }]).conntrack).toEqual({ file: 'conntrack.txt', text: '' });
    expect(readBundle([]).conntrack).toBeNull();
    expect(readBundle([{ path: 'xt_recent/KUBE-SEP-A', text: '' }]).recentLists).toEqual([
      { name: 'KUBE-SEP-A', file: 'xt_recent/KUBE-SEP-A', entries: [] },
    ]);
  });
});

describe('several files of one part', () => {
  it('are put together; of settings the first counts', () => {
    const neighbour = (ip: string): string => `${ip} dev eth0 lladdr 02:00:00:00:00:01 REACHABLE\n`;
    const facts = readBundle([
      { path: 'ip-neigh.txt', text: neighbour('10.0.0.1') },
      { path: 'ip-6-neigh.txt', text: neighbour('fd00::1') },
      { path: 'sysctl.txt', text: 'net.ipv4.ip_forward = 0\n' },
      { path: 'proc/sys/net/ipv4/ip_forward', text: '1\n' },
      { path: 'proc/sys/net/ipv4/conf/eth0/rp_filter', text: '2\n' },
    ]);
    expect(facts.neighbours?.records.map(({ ip }) => ip)).toEqual(['10.0.0.1', 'fd00::1']);
    const { values } = facts.sysctls ?? { values: new Map<string, { readonly value: string }>() };
    expect(values.get('net.ipv4.ip_forward')?.value).toBe('0');
    expect(values.get('net.ipv4.conf.eth0.rp_filter')?.value).toBe('2');
  });

  it('of the cluster are one stream, of JSON or of YAML as the first one', () => {
    const json = ['{"kind":"List","items":[]}', '{"kind":"Service"}'] as const;
    const yaml = ['kind: Service\n', 'kind: Pod\n'] as const;
    const clusterOf = (...texts: readonly string[]) =>
      readBundle(texts.map((text, at) => ({ path: `cluster-${at}.${text.startsWith('{') ? 'json' : 'yaml'}`, text }))).cluster;
    expect(clusterOf(...json)).toEqual({ file: 'cluster-0.json', text: json.join('\n') });
    expect(clusterOf(...json, yaml[0])).toEqual({ file: 'cluster-0.json', text: json.join('\n') });
    expect(clusterOf(...yaml)).toEqual({ file: 'cluster-0.yaml', text: yaml.join('\n---\n') });
  });

  it('says that a file has more outputs than are read', () => {
    const route = '$ ip route\ndefault via 10.0.0.1 dev eth0\n';
    expect(readBundle([{ path: 'all.log', text: route.repeat(20) }])).toMatchObject({
      routes: { records: { length: 20 } },
      notes: [],
    });
    const { routes, notes } = readBundle([{ path: 'all.log', text: route.repeat(4000) }]);
    expect(routes?.records.length).toBeGreaterThan(1000);
    expect(notes).toContain('all.log: has more outputs than are read; those at its end are left out.');
  });
});
