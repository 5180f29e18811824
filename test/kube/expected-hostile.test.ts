/** Whatever a snapshot holds, what is written is kube-proxy's rules and nothing else: no text of it becomes a line, an option or a chain. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { unsoundServices } from '../../server/src/kube/expected/sound-service.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { clusterWith, node } from './objects.ts';

/** Text that would do harm where it is not what the field must be. */
const hostile = fc.oneof(
  fc.constantFrom(
    'tcp\n-A INPUT -j DROP',
    'tcp -j ACCEPT\n-A KUBE-SERVICES',
    'x\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n#',
    'a" -j ACCEPT -m comment --comment "b',
    'a\\',
    'a\r\n-F',
    "a' b",
    'a b',
    '-j',
    '--flush',
    '$(reboot)',
    '`reboot`',
    '\u2028-A INPUT -j DROP',
    '\u202Etcp',
    '',
    'UPPER',
    'x'.repeat(300),
    '10.0.0.1\n-F',
    '10.0.0.1/0 -j ACCEPT',
    '10.0.0.1%eth0',
    '::ffff:10.0.0.1',
    '0x0a.0.0.1',
    'fd00::1%1',
    '0',
    '80 -j DROP',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** Mostly what it should be. */
function mostly(sound: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(sound) },
    { weight: 2, arbitrary: hostile },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 7, -1, 65536, 1e99, true, [], {}, ['tcp'], Number.NaN) },
  );
}

function mostlyNumber(sound: number): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom<unknown>('80', '80\n-F', -1, 0, 65536, 1.5, 1e21, null, [80], {});
  return fc.oneof({ weight: 6, arbitrary: fc.constant<unknown>(sound) }, { weight: 1, arbitrary: odd });
}

const servicePort = fc.record({
  name: mostly('http'),
  protocol: mostly('TCP'),
  port: mostlyNumber(80),
  nodePort: mostlyNumber(30080),
});

const serviceObject = fc
  .record({
    namespace: mostly('shop'),
    name: mostly('web'),
    type: fc.constantFrom<unknown>('ClusterIP', 'NodePort', 'LoadBalancer', 'LoadBalancer\n-F', 7),
    clusterIP: mostly('10.96.0.1'),
    ports: fc.array(servicePort, { minLength: 1, maxLength: 2 }),
    externalIP: mostly('192.0.2.1'),
    range: mostly('203.0.113.0/24'),
    ingress: mostly('198.51.100.1'),
    seconds: mostlyNumber(60),
    policy: fc.constantFrom<unknown>('Local', 'Cluster', 'Local -j DROP'),
    health: mostlyNumber(32000),
    endpoint: mostly('10.244.0.5'),
    endpointNode: mostly('node-a'),
    slicePort: mostlyNumber(8080),
  })
  .map((words) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: words.namespace, name: words.name },
      spec: {
        type: words.type,
        clusterIP: words.clusterIP,
        ports: words.ports,
        externalIPs: [words.externalIP],
        loadBalancerSourceRanges: [words.range],
        externalTrafficPolicy: words.policy,
        internalTrafficPolicy: words.policy,
        healthCheckNodePort: words.health,
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: words.seconds } },
      },
      status: { loadBalancer: { ingress: [{ ip: words.ingress }] } },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: words.namespace, name: 'slice', labels: { 'kubernetes.io/service-name': words.name } },
      addressType: 'IPv4',
      ports: words.ports.map((port) => ({ ...port, port: words.slicePort })),
      endpoints: [{ addresses: [words.endpoint], conditions: { ready: true }, nodeName: words.endpointNode }],
    },
  ]);

/** The first objects are there so that a snapshot is never without a sound one. */
const hostileCluster: fc.Arbitrary<Cluster> = fc
  .array(serviceObject, { minLength: 1, maxLength: 4 })
  .map((objects) => clusterOf(JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [node('node-a'), ...objects.flat()] })));

const options: fc.Arbitrary<ProxyOptions> = fc
  .record({
    node: fc.oneof(fc.constant('node-a'), hostile),
    version: fc.integer({ min: 24, max: 36 }),
    masqueradeAll: fc.boolean(),
  })
  .map((given) => proxyOptions({ ...given, family: 'ipv4', nfacct: false }));

const targets = /^(?:KUBE-[A-Z2-7-]+|ACCEPT|DROP|REJECT|RETURN|MARK|MASQUERADE|DNAT)$/;
const tableLines =
  /^(?:# [ -~]*|\*(?:nat|filter)|:(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT \[0:0\]|:KUBE-[A-Z0-9-]+ - \[0:0\]|COMMIT)$/;

/** What is wrong with a text as kube-proxy's rules, line by line; empty where nothing is. */
function faultsOf(text: string): readonly string[] {
  const ruleset = rulesetOf(text, 'rules.v4');
  return ruleset.lines.slice().flatMap((line, number) => {
    if (line.problems.length > 0) return [`${line.problems[0]?.message}: ${line.text}`];
    if (line.text === '' || tableLines.test(line.text)) return [];
    const rule = ruleAt(ruleset, number);
    if (rule === undefined || !/^-A (?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING|KUBE-[A-Z0-9-]+) /.test(line.text))
      return [`no rule: ${line.text}`];
    const target = rule.target?.text;
    return target === undefined || targets.test(target) ? [] : [`target ${target}: ${line.text}`];
  });
}

it('only what is meant is written, whatever a snapshot holds', () => {
  fc.assert(
    fc.property(hostileCluster, options, (cluster, own) => {
      const text = runToEnd(expectedText(cluster, own));
      expect(faultsOf(text)).toEqual([]);
      const lines = text.split('\n');
      expect(lines.filter((line) => line === 'COMMIT')).toHaveLength(2);
      // Each rule that is meant is one line, and there are no others.
      const { nat, filter } = expectedRules(cluster, own);
      const meant = [...nat.values(), ...filter.values()].flat().map(ruleText);
      expect(lines.filter((line) => line.startsWith('-')).toSorted()).toEqual(meant.toSorted());
    }),
    { seed: 11, numRuns: 500 },
  );
});

describe('a snapshot with lines of iptables-restore input in its fields', () => {
  it.each(['proto', 'newline', 'quote', 'flush'])('%s', (name) => {
    const cluster = clusterOf(fixtureText(`corpus/hostile/inject-${name}.json`));
    for (let version = 24; version <= 36; version += 1) {
      const own = proxyOptions({ node: 'node-a', family: 'ipv4', version });
      // No rule is for the Service: the text is that of a cluster without it.
      expect(runToEnd(expectedText(cluster, own))).toBe(runToEnd(expectedText(clusterWith(node('node-a')), own)));
    }
    expect(unsoundServices(cluster.services)).toHaveLength(1);
  });

  it('is left out with a reason', () => {
    const reasons = (name: string): readonly string[] =>
      unsoundServices(clusterOf(fixtureText(`corpus/hostile/inject-${name}.json`)).services);
    expect(reasons('proto')).toEqual(['A port of Service "default/web" is left out: the port name "http\\"\\\\" is none']);
    expect(reasons('quote')).toEqual([
      'Service "default/a\\" -j ACCEPT -m comment --comment \\"b" is left out: its name "a\\" -j ACCEPT -m comment --comment \\"b" is none',
    ]);
  });
});

describeWith(['root', 'iptables'], 'what is written for such snapshots', () => {
  it('is loaded by both back ends', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    try {
      const samples = fc.sample(fc.tuple(hostileCluster, options), { seed: 12, numRuns: 40 });
      for (const [index, [cluster, own]] of samples.entries())
        writeFileSync(join(folder, `${index}`), runToEnd(expectedText(cluster, own)));
      const script = 'for f in *; do for b in nft legacy; do iptables-$b-restore < $f || echo "$b $f"; done; done';
      const run = spawnSync('unshare', ['-n', 'sh', '-c', script], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      });
      expect([run.stdout, run.stderr.replaceAll(/^# .*\n/gm, '')]).toEqual(['', '']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
