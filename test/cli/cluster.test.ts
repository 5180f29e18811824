import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../../server/src/cli/check-report.ts';
import type { DriftReport } from '../../server/src/kube/drift/report.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import type { TraceReport } from '../../server/src/netfilter/trace-report.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

const dump = fixturePath('sample/worker-1.iptables');
const cluster = fixturePath('sample/cluster.json');
const withCluster = ['--cluster', cluster];

function json<T>(args: readonly string[]): T {
  const { stdout, stderr } = inspect([...args, '--format', 'json']);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as T;
}

describe('flow', () => {
  it.each([
    ['mailer', 'booking/mailer'],
    ['expected:seatmap:8080', 'expected:booking/seatmap:8080'],
    ['seatmapp', 'booking/seatmap'],
  ])('of %s, which has no namespace, proposes %s', (to, proposed) => {
    for (const command of ['flow', ...(to.includes(':') ? [] : ['reach'])]) {
      const { stderr, status } = inspect([command, dump, '--to', to, ...withCluster]);
      expect(stderr).toContain(`Did you mean ${proposed}?`);
      expect(status).toBe(2);
    }
  });

  it("draws a NodePort of the dump's node and of no other, as its file's name or --node says", () => {
    const args = ['flow', fixturePath('flow/worker-1.iptables'), '--cluster', fixturePath('flow/booking.cluster.json')];
    expect(inspect([...args, '--to', '192.168.50.11:30180']).stdout).toContain('Entry NodePort 30180/tcp');
    const other = inspect([...args, '--to', '192.168.50.12:30180']);
    expect(other.stderr).toContain('192.168.50.12 is node worker-2, and the dump is of worker-1');
    expect(other.status).toBe(2);
    expect(inspect([...args, '--to', '192.168.50.12:30180', '--node', 'worker-2']).status).toBe(0);
  });

  it('takes nothing from a cluster that the dump is not of, and says so; so does resolve', () => {
    const elsewhere = ['--cluster', labPath('round-2/random-11/cluster.json')];
    const drawn = inspect(['flow', dump, '--to', 'booking/frontend', ...elsewhere]);
    expect(drawn.stdout).toContain('warning: The dump seems to be of another cluster than');
    expect(drawn.stdout).not.toContain('missing: in the cluster');
    const named = inspect(['resolve', dump, ...elsewhere]);
    expect(named.stderr).toContain('The dump seems to be of another cluster than');
    expect(named.stdout).toBe(inspect(['resolve', dump]).stdout);
  });

  it('prints entries, nodes and edges with 1-based lines and the share of each endpoint', () => {
    const graph = json<FlowGraph>(['flow', dump, '--to', '10.96.40.10:80/tcp', ...withCluster]);
    expect(graph.entries.map(({ label }) => label)).toContain('10.96.40.10:80/tcp');
    const shares = graph.nodes.filter(({ kind }) => kind === 'endpoint').map(({ share }) => share?.toFixed(4));
    expect(shares).toEqual(['0.3333', '0.3333', '0.3333']);
    const lines = readFileSync(dump, 'utf8').split('\n');
    for (const edge of graph.edges) if (edge.line !== null) expect(lines[edge.line - 1]).toMatch(/^-A /);
  });

  it.each([
    ['text', /33\.3 %/],
    ['svg', /^<\?xml[^>]*>\n<svg /],
    ['mermaid', /^(?:---|%%|flowchart)/],
    ['dot', /^digraph /],
    ['html', /^<!DOCTYPE html>/],
  ])('prints %s', (format, beginning) => {
    const { stdout, status } = inspect(['flow', dump, '--to', 'booking/frontend:http', '--format', format, ...withCluster]);
    expect(stdout).toMatch(beginning);
    expect(stdout).toContain('KUBE-SVC-3MGBTRC5ATFFL7T7');
    expect(status).toBe(0);
  });

  it('says what differs in the flow of another dump, as text and as pictures', () => {
    const folder = mkdtempSync(join(tmpdir(), 'iptables-flow-'));
    const other = join(folder, 'other.iptables');
    const gone = /^-A KUBE-SVC-3MGBTRC5ATFFL7T7 .*probability 0\.3333.*\n/m;
    writeFileSync(other, readFileSync(dump, 'utf8').replace(gone, ''));
    const args = ['flow', dump, '--to', 'booking/frontend:http', '--with', other, ...withCluster];
    const said = inspect(args);
    expect(said.stdout).toContain(`2 differences: 1 endpoint only in ${dump}, changed shares in 1 chain.`);
    expect(said.stdout).toMatch(/≠ Service chain of booking\/frontend:http: 2 targets get 33\.3 % in .*, 50 % in /);
    expect(said.status).toBe(0);
    expect(inspect([...args, '--format', 'svg']).stdout).toMatch(/^<\?xml[^>]*>\n<svg .*≠ only here/s);
    expect(inspect([...args, '--format', 'html']).stdout).toMatch(/^<!DOCTYPE html>.*≠ Endpoint /s);
    const { differences } = json<{ readonly differences: readonly { readonly kind: string }[] }>(args);
    expect(differences.map(({ kind }) => kind)).toEqual(['share', 'only']);
    const same = inspect(['flow', dump, '--to', 'booking/frontend:http', '--with', dump, ...withCluster]);
    expect(same.stdout).toContain('No differences: ');
    const refused = inspect([...args, '--format', 'dot']);
    expect(refused.stderr).toContain('--with: two flows are printed as text, json, svg or html, not as dot');
    expect(refused.status).toBe(2);
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['nonsense', /neither an address nor namespace\/service/],
    ['10.96.40.10:80/icmp', /no protocol of Services/],
    ['booking/fronted', /Did you mean booking\/frontend/],
    ['10.1.2.3:80', /10\.1\.2\.3/],
  ])('says what is wrong with --to %s', (to, says) => {
    const { stdout, stderr, status } = inspect(['flow', dump, '--to', to, ...withCluster]);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('trace', () => {
  it('prints every outcome with its steps, and probabilities that add up', () => {
    const report = json<TraceReport>(['trace', dump, '--from', '10.244.0.99:40000', '--to', '10.96.40.10:80', '--in', 'cni0']);
    const accepted = report.outcomes.filter(({ verdict }) => verdict === 'accept');
    expect(new Set(accepted.map(({ packet }) => packet.dst))).toEqual(new Set(['10.244.0.17', '10.244.1.9', '10.244.2.14']));
    const [first] = accepted;
    expect(first?.steps[0]).toMatchObject({ table: 'nat', chain: 'PREROUTING', action: 'jump KUBE-SERVICES' });
  });

  it("knows with a cluster which addresses are the node's, and tells no ways apart by it", () => {
    const packet = ['trace', dump, '--from', '10.244.0.99:40000', '--to', '10.96.40.10:80', '--in', 'cni0'];
    const { outcomes } = json<TraceReport>([...packet, ...withCluster]);
    const assumed = outcomes.flatMap(({ assuming }) => assuming.filter((text) => text.includes('address of this node')));
    expect(assumed).toEqual([]);
    expect(json<TraceReport>(packet).outcomes.length).toBeGreaterThan(outcomes.length);
  });

  it("is told the node's addresses, and follows the answer", () => {
    const packet = ['trace', dump, '--from', '10.244.0.99:40000', '--to', '10.96.40.50:25', '--local', '192.0.2.10,10.244.0.1'];
    const { outcomes } = json<TraceReport>(packet);
    expect(outcomes.map(({ verdict, assuming }) => [verdict, assuming])).toEqual([['reject', []]]);
    const answers = json<TraceReport>([...packet, '--reply']);
    expect(answers.packet.kind).toBe('answer');
    expect(answers.assumptions.join()).toContain('The rules let no first packet through');
    expect(inspect([...packet.slice(0, -1), 'here']).stderr).toContain('--local "here" is no address');
    expect(inspect([...packet, '--reply', '--established']).status).toBe(2);
    expect(inspect([...packet, '--ttl', 'x']).stderr).toContain('--ttl "x" is no number from 0 to 255.');
  });

  it('takes the chains of an excerpt to be hooked in as flow does, and says it', () => {
    const excerpt = '*nat\n-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.9:8080\n';
    const { stdout } = inspect(['trace', '-', '--from', '10.244.0.8', '--to', '10.96.0.1:80', '--local', '192.0.2.1'], {
      input: excerpt,
    });
    expect(stdout).toContain('nat KUBE-SERVICES, line 2: dnat to 10.244.0.9:8080');
    expect(stdout).toContain('taken to be hooked in as kube-proxy does it');
  });

  it('takes NodePorts of an excerpt to be for addresses of the node, says it, and asks none for others that are known', () => {
    const excerpt =
      '-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-A\n-A KUBE-SVC-A -p tcp -j DNAT --to-destination 10.244.0.9:80\n';
    const ask = (...more: readonly string[]): string =>
      inspect(['trace', '-', '--from', '10.244.0.8', '--to', '192.0.2.9:30080', ...more], { input: excerpt }).stdout;
    expect(ask()).toContain('dnat to 10.244.0.9:80');
    expect(ask()).toContain('a packet that a rule there is for is taken to go to one.');
    expect(ask('--local', '192.0.2.9')).toContain('dnat to 10.244.0.9:80');
    expect(ask('--local', '192.0.2.1')).not.toContain('dnat');
  });

  it('says what is wrong with an address', () => {
    const { stderr, status } = inspect(['trace', dump, '--from', 'here', '--to', '10.96.40.10:80']);
    expect(stderr).toMatch(/"here"/);
    expect(status).toBe(2);
  });
});

describe('expected', () => {
  it('prints what check finds nothing wrong with, and resolve names', () => {
    const args = ['expected', ...withCluster, '--node', 'worker-1', '--cluster-cidr', '10.244.0.0/16', '--version', '1.34'];
    const { stdout, status } = inspect(args);
    expect(status).toBe(0);
    const checked = inspect(['check', '--fail-on', 'warning', '-'], { input: stdout });
    expect(checked.stdout).toContain('nothing found');
    expect(inspect(['drift', '-', ...withCluster, '--node', 'worker-1'], { input: stdout }).status).toBe(0);
  });

  it.each([
    [['--node', 'nowhere'], /no node "nowhere"; it has worker-1/],
    [['--node', 'worker-1', '--cluster-cidr', '10.244.0.0/99'], /"10\.244\.0\.0\/99" is no network/],
    [['--node', 'worker-1', '--version', '1.2'], /"1\.2" is no version of kube-proxy/],
  ])('says what is wrong with %s', (args, says) => {
    const { stderr, status } = inspect(['expected', ...withCluster, ...args]);
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
  });

  it('needs a cluster', () => {
    expect(inspect(['expected', '--node', 'worker-1'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--cluster FILE'),
    });
  });
});

describe('expected with the flags of kube-proxy', () => {
  const args = ['expected', '--cluster', labPath('round-2/flags-5/cluster.json'), '--node', 'node-0', '--family', 'ipv4'];

  it.each([
    ['', 'no Pod network'],
    ['--cluster-cidr 10.42.0.0/16 --masquerade-all', 'Pods in 10.42.0.0/16, masquerading all'],
    ['--masquerade-all=false --masquerade-bit 20', 'no Pod network, mark 0x100000'],
    ['--localhost-nodeports=false', 'no Pod network, no NodePorts on 127.0.0.1'],
    ['--nodeport-addresses primary', 'no Pod network, NodePorts on 172.18.0.2, no NodePorts on 127.0.0.1'],
    ['--nodeport-addresses 127.0.0.0/8,fd00::/8', 'no Pod network, NodePorts on 127.0.0.1'],
    ['--detect-local-mode NodeCIDR', 'Pods in 10.42.0.0/24'],
    ['--detect-local-mode BridgeInterface --bridge-interface cni0', 'Pods behind cni0'],
    ['--detect-local-mode InterfaceNamePrefix --interface-prefix veth', 'Pods behind veth+'],
  ])('%s', (flags, started) => {
    const { stdout, stderr, status } = inspect([...args, ...flags.split(' ').filter((word) => word !== '')]);
    expect([stdout.split('\n')[0], stderr, status]).toEqual([
      `# What kube-proxy 1.36 would write on "node-0": IPv4, ${started}`,
      '',
      0,
    ]);
  });

  it.each([
    ['--masquerade-all=x', /expected true or false/],
    ['--masquerade-bit 40', /"40" is no bit of a mark/],
    ['--detect-local-mode BridgeInterface', /needs --bridge-interface/],
    ['--nodeport-addresses eth0', /"eth0" is no network/],
  ])('%s is refused in one line', (flags, says) => {
    const { stdout, stderr, status } = inspect([...args, ...flags.split(' ')]);
    expect([stdout, stderr.trim().split('\n').length, status]).toEqual(['', 1, 2]);
    expect(stderr).toMatch(says);
  });
});

describe('drift', () => {
  it('is where the sample dump and its cluster disagree', () => {
    const report = json<DriftReport>(['drift', dump, ...withCluster, '--node', 'worker-1']);
    const drifted = report.services
      .filter(({ status }) => status !== 'in-sync')
      .map(({ service, status }) => `${service} ${status}`);
    expect(drifted.length).toBe(report.summary.missing + report.summary.stale + report.summary.differs);
  });
});

describe('drift that has nothing to compare', () => {
  const recorded = (name: string): string => readFileSync(labPath(`round-2/${name}`), 'utf8');
  const snapshot = ['--cluster', labPath('round-2/nftables-m3/cluster.json'), '--node', 'node-0'];
  const filter = (text: string): string => text.slice(text.indexOf('*filter'), text.indexOf('*nat'));
  const emptyNat = '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT';

  it.each([
    ['where the node is in nftables mode', recorded('nftables-m3/node.iptables'), 1, 'absent', /nft list tables/],
    ['where only kubelet has chains', recorded('nftables-mode/kubelet-only.iptables'), 1, 'absent', /nft list tables/],
    [
      'where nat was flushed',
      recorded('flags-5/node-0.nocidr.iptables').replace(/\*nat.*?COMMIT/s, emptyNat),
      1,
      'flushed',
      /No Service works on this node: .* restarted/,
    ],
    ['of filter alone', filter(recorded('flags-5/node-0.nocidr.iptables')), 2, 'iptables', /no nat table/],
    ['of something else', '*mangle\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n', 2, 'unknown', /no nat table/],
    ['of another cluster', readFileSync(labPath('shop/node-a.iptables'), 'utf8'), 2, 'iptables', /another cluster/],
  ])('%s says so, and is no success', (_, text, status, kind, says) => {
    const result = inspect(['drift', '-', ...snapshot, '--format', 'json'], { input: text });
    const report = JSON.parse(result.stdout) as DriftReport;
    expect([result.status, report.services, report.summary.dumps[0]?.proxy.kind]).toEqual([status, [], kind]);
    expect(report.summary.notes.join(' ')).toMatch(says);
    if (status === 2) expect(result.stderr).toMatch(says);
    const plain = inspect(['drift', '-', ...snapshot], { input: text });
    expect([plain.status, plain.stdout]).toEqual([status, expect.stringMatching(says)]);
  });

  it('is no fault of a family that the cluster does not use', () => {
    const ipv4 = readFileSync(labPath('large-600x10/node-0.iptables'), 'utf8');
    const ipv6 = recorded('nftables-m3/node.iptables').replaceAll('iptables-save', 'ip6tables-save');
    const args = ['--cluster', labPath('large-600x10/cluster.json'), '--node', 'node-0'];
    expect(inspect(['drift', '-', ...args], { input: ipv4 + ipv6 })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('601 in sync, 0 missing'),
    });
  });
});

it('what is in sync of an excerpt is so as far as it is shown', () => {
  const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
  const args = ['--cluster', fixturePath('sample/cluster.json')];
  const cut = dump.split('\n').slice(0, 100).join('\n');
  expect(inspect(['drift', '-', ...args], { input: cut }).stdout).toContain('\n2 in sync as far as shown, 0 missing');
  expect(inspect(['drift', '-', ...args], { input: dump }).stdout).toContain('\n6 in sync, 0 missing');
  const { summary } = JSON.parse(inspect(['drift', '-', ...args, '--format', 'json'], { input: cut }).stdout);
  expect(summary.dumps).toMatchObject([{ compared: true, whole: false }]);
});

it('a dump of a family that no Service of the cluster has cannot be compared', () => {
  const ipv6 = readFileSync(labPath('round-2/nftables-m3/node.iptables'), 'utf8').replaceAll('iptables-save', 'ip6tables-save');
  const args = ['--cluster', labPath('large-600x10/cluster.json'), '--node', 'node-0'];
  expect(inspect(['drift', '-', ...args], { input: ipv6 })).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/nothing could be compared: cluster\.json has no Service with an IPv6 address/),
  });
});

describe('a snapshot without EndpointSlices', () => {
  const services = JSON.stringify({
    kind: 'List',
    apiVersion: 'v1',
    items: JSON.parse(readFileSync(cluster, 'utf8')).items.filter(({ kind }: { kind: string }) => kind === 'Service'),
  });

  it('cannot be compared with a dump', () => {
    const { status, stdout, stderr } = inspect(['drift', dump, '--cluster', '-', '--node', 'worker-1'], { input: services });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'iptables-inspect: <stdin>: has no EndpointSlices, without which nothing can be compared; expected Services and EndpointSlices\n',
    );
  });

  it('gives rules that refuse everything, and a word about it', () => {
    const { status, stdout, stderr } = inspect(['expected', '--cluster', '-', '--node', 'worker-1'], { input: services });
    expect(status).toBe(0);
    expect(stdout).not.toContain('KUBE-SEP-');
    expect(stderr).toContain('has no EndpointSlices: every Service is written as one without endpoints');
  });
});

describe('a cluster that moved on while kube-proxy was down', () => {
  const stale = labPath('shop-stale/node-a.iptables');
  const args = ['--cluster', labPath('shop-stale/cluster.json')];

  it('drifts in six Services', () => {
    const report = json<DriftReport>(['drift', stale, ...args, '--node', 'node-a']);
    const drifted = report.services
      .filter(({ status }) => status !== 'in-sync')
      .map(({ service, status }) => `${service} ${status}`);
    expect(drifted).toEqual([
      'legacy/erp stale',
      'shop/api stale',
      'shop/cart missing',
      'shop/orders differs',
      'shop/search missing',
      'shop/web stale',
    ]);
    expect(inspect(['drift', stale, ...args, '--node', 'node-a']).status).toBe(1);
  });

  it('is in sync once kube-proxy is back', () => {
    const synced = ['drift', labPath('shop-stale/node-a.synced.iptables'), ...args, '--node', 'node-a'];
    expect(inspect(synced).status).toBe(0);
    expect(json<DriftReport>(synced).services.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('is underlined by check when it is told of the cluster', () => {
    const { files } = json<CheckReport>(['check', stale, ...args]);
    const drift = files[0]?.findings.filter(({ rule }) => rule.startsWith('drift-')) ?? [];
    expect(new Set(drift.map(({ rule }) => rule))).toEqual(new Set(['drift-missing', 'drift-stale', 'drift-differs']));
    expect(json<CheckReport>(['check', stale]).files[0]?.findings).toEqual([]);
  });
});
