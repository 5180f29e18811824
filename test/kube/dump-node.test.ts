import { describe, expect, test } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { type DumpOrigin, dumpNode, dumpNodes } from '../../server/src/kube/proxy/dump-node.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { askFlow, flow } from './flow-support.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';

function rules(...lines: readonly string[]): string {
  const chains = new Set(lines.flatMap((line) => [...line.matchAll(/(?:-A|-j) ((?:KUBE|CNI)-\S+)/g)].map((match) => match[1])));
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ...[...chains].map((name) => `:${name} - [0:0]`),
    ...lines,
    'COMMIT',
  ].join('\n');
}

const nodes = [
  node('node-a', { ips: ['172.18.0.2'] }),
  node('node-b', { ips: ['172.18.0.3'] }),
  node('node-b-2', { ips: ['172.18.0.4'] }),
  node('ip-10-0-0-7.ec2.internal', { ips: ['10.0.0.7'] }),
];
const web = [
  service('shop/web'),
  slice('shop/web', { '10.244.0.1': { node: 'node-a', pod: 'web-1' }, '10.244.1.1': { node: 'node-b', pod: 'web-2' } }),
  pod('shop/web-1', { ip: '10.244.0.1', node: 'node-a' }),
  pod('shop/web-2', { ip: '10.244.1.1', node: 'node-b' }),
];
const cluster = clusterWith(...nodes, ...web);

function nodeOfDump(text: string, origin: DumpOrigin = {}, known: Cluster = cluster): string {
  const ruleset = rulesetOf(text);
  return dumpNodes(ruleset, known, origin)
    .map(({ name, reason }) => `${name || '?'}: ${reason}`)
    .join('\n');
}

const nothing = rules('-A PREROUTING -j ACCEPT');
const localEndpoint = rules(
  '-A KUBE-SVL-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB',
  '-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.1:8080',
);

describe('the node that a dump is of', () => {
  test.each([
    'root@node-b:~# iptables-save',
    '[root@node-b ~]$ sudo iptables-save',
    '### node-b',
    'node-b:',
    '==> node-b.iptables <==',
    'node-b | CHANGED | rc=0 >>',
    '**node-b**\n```',
    '**worker node-b**\n```',
    'Node: ip-10-0-0-7',
  ])('is the one that the text names above it: %s', (heading) => {
    const name = heading.includes('10-0-0-7') ? 'ip-10-0-0-7.ec2.internal' : 'node-b';
    const other = `root@node-a:~# iptables-save\n${nothing}`;
    expect(
      nodeOfDump(`${other}\n${heading}\n${nothing}`)
        .split('\n')
        .map((each) => each.split(':')[0]),
    ).toEqual(['node-a', name]);
    expect(nodeOfDump(`${heading}\n${nothing}`)).toBe(`${name}: The text names ${name} above the dump.`);
  });

  test.each(['what node-b has:', 'node-c:', 'root@bastion:~# ssh node-b iptables-save', 'compare node-a with node-b'])(
    'is not told by words above it: %s',
    (words) => {
      expect(nodeOfDump(`${words}\n${nothing}`)).toBe('?: Nothing in the dump tells which node it was taken on.');
    },
  );

  test.each<[string, DumpOrigin, string]>([
    ['/tmp/node-a.iptables-save', {}, 'node-a'],
    ['C:\\dumps\\node-b.txt', {}, 'node-b'],
    // The longest name counts, and a name only as a word of its own.
    ['node-b-2.iptables', {}, 'node-b-2'],
    ['node-b-21.iptables', {}, '?'],
    ['my-node-b.iptables', {}, '?'],
    ['node-bb_node-b.iptables', {}, 'node-b'],
    ['Node-A.txt', {}, 'node-a'],
    ['file:///home/me/dumps%20of%20today/node-a.iptables', {}, 'node-a'],
    ['100%.node-a.iptables', {}, 'node-a'],
    ['ip-10-0-0-7.txt', {}, 'ip-10-0-0-7.ec2.internal'],
    ['ip-10-0-0-7.ec2.internal.iptables', {}, 'ip-10-0-0-7.ec2.internal'],
    ['/bundles/node-b/iptables-save.txt', {}, 'node-b'],
    ['/node-a/and/more/iptables-save.txt', {}, '?'],
    ['node-a.iptables', { node: 'node-b' }, 'node-b'],
    ['', {}, '?'],
  ])('%s %j: %s', (fileName, origin, expected) => {
    expect(nodeOfDump(nothing, { fileName, ...origin })).toMatch(new RegExp(`^${expected.replaceAll('?', '\\?')}: `));
  });

  test('a short name that two nodes share names none of them', () => {
    const two = clusterWith(node('n1.east.example'), node('n1.west.example'));
    expect(nodeOfDump(nothing, { fileName: 'n1.iptables' }, two)).toMatch(/^\?: /);
    expect(nodeOfDump(nothing, { fileName: 'n1.west.iptables' }, two)).toMatch(/^\?: /);
    expect(nodeOfDump(nothing, { fileName: 'n1.west.example.iptables' }, two)).toMatch(/^n1\.west\.example: /);
  });

  test('of short names that a name holds, the longest', () => {
    const two = clusterWith(node('node.east.example'), node('node-1.west.example'));
    expect(nodeOfDump(nothing, { fileName: 'node-1 (node).iptables' }, two)).toMatch(/^node-1\.west\.example: /);
  });

  test('the only node there is', () => {
    expect(nodeOfDump(nothing, {}, clusterWith(node('alone')))).toBe("alone: alone is the cluster's only node.");
  });

  test.each<[string, string, string]>([
    ['endpoints of policy Local', localEndpoint, 'node-b'],
    ['the same before 1.24', localEndpoint.replaceAll('KUBE-SVL-', 'KUBE-XLB-'), 'node-b'],
    ['endpoints of policy Cluster tell nothing', localEndpoint.replaceAll('KUBE-SVL-', 'KUBE-SVC-'), '?'],
    [
      'a hostPort',
      rules('-A CNI-DN-0123456789abcdef01234 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.1:80'),
      'node-a',
    ],
    ["a Pod's masquerading", rules('-A POSTROUTING -s 10.244.0.1/32 -j CNI-0123456789abcdef01234567'), 'node-a'],
    [
      'NodePorts on one address',
      rules('-A KUBE-SERVICES -d 172.18.0.3/32 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'),
      'node-b',
    ],
  ])('%s', (_, text, expected) => {
    expect(nodeOfDump(text)).toMatch(new RegExp(`^${expected.replaceAll('?', '\\?')}: `));
  });

  test("the file's name before the rules, the rules before the folder's name", () => {
    expect(nodeOfDump(localEndpoint, { fileName: 'node-a.iptables' })).toMatch(/^node-a: /);
    expect(nodeOfDump(localEndpoint, { fileName: '/node-a/iptables-save.txt' })).toMatch(/^node-b: /);
  });

  test("what tells the node in one family's rules holds for the other's beside them, and for no other dump", () => {
    const six = '# Generated by ip6tables-save v1.8.9 on Wed Nov 25 10:00:00 2026\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT';
    const four = (text: string) => `# Generated by iptables-save v1.8.9 on Wed Nov 25 10:00:00 2026\n${text}`;
    const told = nodeOfDump([four(localEndpoint), six, four(nothing)].join('\n'));
    expect(told.split('\n').map((line) => line.replace(/:.*/, ''))).toEqual(['node-b', 'node-b', '?']);
  });

  test('a node that the cluster does not have has a name and no record', () => {
    const ruleset = rulesetOf(nothing);
    const [dump] = ruleset.dumps;
    expect(dump && dumpNode({ ruleset, cluster, origin: { node: 'elsewhere' } }, dump)).toMatchObject({
      name: 'elsewhere',
      record: null,
    });
  });
});

describe('flow and drift ask the same', () => {
  const booking = clusterFrom(fixturePath('flow/booking.cluster.json'));
  const ruleset = rulesetFrom(fixturePath('flow/worker-1.iptables'));
  const named = { fileName: '/dumps/worker-1.iptables' };

  test("a NodePort of another node's address is not drawn from this one's rules", () => {
    const { dumps } = runToEnd(driftSteps(ruleset, booking, named));
    expect(dumps.map(({ options }) => options.node)).toEqual(['worker-1']);
    expect(flow(ruleset, '192.168.50.11:30180', booking, named).title).toBe('NodePort 30180/tcp');
    expect(askFlow(ruleset, booking, '192.168.50.12:30180', named)).toBe(
      '192.168.50.12 is node worker-2, and the dump is of worker-1: its NodePorts are in its own dump.',
    );
    expect(askFlow(ruleset, booking, '192.168.50.12:30180', { node: 'worker-2' })).not.toBeTypeOf('string');
  });

  test('where nothing tells the node, the drawing says that it takes one', () => {
    const { notes } = flow(ruleset, '192.168.50.12:30180', booking);
    expect(notes.map(({ message }) => message)).toContain(
      '192.168.50.12 is node worker-2, of which the dump is taken to be: nothing in it tells the node.',
    );
  });
});
