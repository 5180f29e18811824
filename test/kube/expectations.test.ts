import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { type ExpectationResult, judgeSteps } from '../../server/src/kube/expectation/judge.ts';
import { expectationSchema } from '../../server/src/kube/expectation/keys.ts';
import { readExpectations } from '../../server/src/kube/expectation/read-expectations.ts';
import { writeExpectations } from '../../server/src/kube/expectation/write-expectations.ts';
import { type TreeNode, treeSteps } from '../../server/src/kube/expectation/yaml-tree.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText, labPath } from '../support/fixtures.ts';
import { besideFirewalls, recordedDumps, resolved } from './recorded-dumps.ts';

/** What is wrong with a file, as "line:column message". */
function problemsOf(text: string): readonly string[] {
  return readExpectations(text).problems.map(({ span, message }) => `${span.start.line}:${span.start.column} ${message}`);
}

function judge(resolution: Resolution, text: string): readonly ExpectationResult[] {
  expect(problemsOf(text)).toEqual([]);
  const { expectations, local } = readExpectations(text).file;
  return expectations.map((expectation) => runToEnd(judgeSteps(resolution, expectation, local === null ? {} : { local })));
}

/** Each node of a file's tree that is no word, as "kind from-to" of columns. */
function spansOf(text: string): readonly string[] {
  const answer = runToEnd(treeSteps(text));
  if (!answer.ok) throw new Error(answer.problem.message);
  const below = (tree: TreeNode): readonly string[] => {
    if (tree.kind === 'scalar') return [];
    const { start, end } = tree.span;
    const inner = tree.kind === 'list' ? tree.items : tree.entries.map(({ value }) => value);
    return [`${tree.kind} ${start.line}:${start.column}-${end.line}:${end.column}`, ...inner.flatMap(below)];
  };
  return answer.root === null ? [] : below(answer.root);
}

describe('a file that nobody wrote', () => {
  it.each([
    ['characters', '\0'.repeat(16_000_001), '1:1 the file has more than 16 million characters: make several of it'],
    ['keys', 'a:\n'.repeat(1_000_001), '1:1 the file has more than 2 million keys, values and lists: make several of it'],
  ])('of too many %s is refused before it takes memory', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe('where lists and maps of a file stand', () => {
  it.each([
    ['a: {}', ['map 1:1-1:5', 'map 1:4-1:5']],
    ['a: []', ['map 1:1-1:5', 'list 1:4-1:5']],
    ['- a\n- b: c\n', ['list 1:1-2:7', 'map 2:3-2:7']],
  ])('%j', (text, spans) => {
    expect(spansOf(text)).toEqual(spans);
  });
});

const cluster = clusterFrom(fixturePath('sample/cluster.json'));

function sample(change: (text: string) => string = (text) => text, known: Cluster = cluster): Resolution {
  return resolveChains(rulesetOf(change(fixtureText('sample/worker-1.iptables'))), known, { fileName: 'worker-1.iptables' });
}

/** The status, and what came or why nobody can tell. */
function verdict({ status, actual, reasons }: ExpectationResult): string {
  return [status, actual, ...reasons].filter((part) => part !== '').join(': ');
}

function judged(packet: string, resolution = sample()): string {
  return judge(resolution, `packets:\n  - {${packet}}\n`).map(verdict).join('\n');
}

describe('a file of expectations', () => {
  it('is read with the place of each packet, and names those that have no name', () => {
    const { file, problems } = readExpectations(
      [
        'node: worker-1',
        'local: [192.0.2.10, "fd00::1"]',
        'packets:',
        '  # closed to the world',
        '  - name: closed',
        '    from: outside',
        '    to: booking/frontend',
        '    port: http',
        '    entry: node-port',
        '    expect: drop',
        '  - from: 10.244.0.9',
        '    to: 10.96.40.10',
        '    port: 80',
        '    protocol: udp',
        '    packet: reply',
        '    expect:',
        '      - 10.244.0.17:8080',
        '      - booking/frontend-1',
        '    masqueraded: false',
        '',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(file.node).toBe('worker-1');
    expect(file.local).toEqual(new Set(['192.0.2.10', 'fd00::1']));
    expect(file.expectations).toMatchObject([
      {
        name: 'closed',
        question: { from: 'outside', to: 'booking/frontend:http', entry: 'node-port' },
        expected: { verdict: 'drop', endpoints: null, isMasqueraded: null },
        span: { start: { line: 5, column: 5 } },
        expectSpan: { start: { line: 10, column: 13 }, end: { line: 10, column: 17 } },
      },
      {
        name: '10.244.0.9 to 10.96.40.10:80',
        question: { kind: 'answer', protocol: 'udp' },
        expected: {
          verdict: 'accept',
          endpoints: [
            { kind: 'address', ip: '10.244.0.17', port: 8080 },
            { kind: 'pod', namespace: 'booking', name: 'frontend-1', port: null },
          ],
          isMasqueraded: false,
        },
      },
    ]);
  });

  it('may be JSON, and may name endpoints as the tables of kube-proxy do', () => {
    const text = JSON.stringify({
      packets: [{ from: '10.0.0.2', to: '172.30.0.44:80', expect: '10.180.0.4:80, 10.180.0.5:80' }],
    });
    const [expectation] = readExpectations(text).file.expectations;
    expect(expectation?.expected.endpoints?.map((each) => each.text)).toEqual(['10.180.0.4:80', '10.180.0.5:80']);
  });

  it.each([
    ['', '1:1 expected the key packets with a list of packets, and the file is empty'],
    ['- a', '1:1 expected the key packets with a list of packets'],
    ['packets:\n  a: b', '2:3 packets is keys with values; expected a list'],
    ['packet:\n  - a', '1:1 there is no key "packet"; did you mean packets?'],
    ['packets: [\n', '2:1 this is no YAML: deficient indentation'],
    ['packets: [3]', '1:11 a packet is one value here; expected the keys from, to and expect'],
    ['packets:\n  - from: a\n    too: b', '3:5 there is no key "too"; did you mean to?'],
    ['packets:\n  - from: a\n    to: b', '2:5 this packet lacks expect'],
    ['packets:\n  - from: a\n    from: b', '3:5 "from" stands here twice'],
    ['packets:\n  - from:\n    to: b\n    expect: drop', '2:9 from has no value'],
    ['packets:\n  - {from: a, to: b, expect: dorp}', '2:30 expect "dorp" is neither accept, drop or reject nor an endpoint'],
    ['packets:\n  - {from: a, to: b, expect: dorp}', 'did you mean drop?'],
    ['packets:\n  - {from: a, to: b, expect: drop, masqueraded: "yes"}', '2:49 masqueraded "yes" is neither true nor false'],
    ['packets:\n  - {from: a, to: b, expect: drop, masqueraded: true}', '2:30 a packet that ends in drop leaves with no source'],
    ['packets:\n  - {from: a, to: b, expect: drop, entry: nodeport}', '2:43 entry "nodeport" is none of cluster-ip, node-port'],
    ['packets:\n  - {from: a, to: b, expect: {x: 1}}', '2:30 expect holds keys; expected accept, drop, reject or endpoints'],
    ['local: here\npackets: []', '1:8 local "here" is no address'],
    ['packets: &a []\nassume: *a', '2:10 an alias stands for what is elsewhere'],
    ['packets: []\n---\npackets: []', 'a second document begins here'],
  ])('%j is refused with the place and what would be right', (text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  it('never throws, whatever stands in it', () => {
    const texts = [
      'packets: [{[a]: b}]',
      '!!binary x',
      'packets: !!set {a}',
      '? a\n: b',
      '%YAML 9',
      'packets: "\\x"',
      '\t- a',
      '\0',
    ];
    for (const text of [...texts, `${'['.repeat(5000)}`, `packets:\n${'  - {from: a}\n'.repeat(2000)}`])
      expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(problemsOf(`packets:\n${'  - {from: a}\n'.repeat(2000)}`)).toHaveLength(100);
  });

  it('has a schema with the keys that the reader takes', () => {
    const schema = expectationSchema() as { properties: { packets: { items: { properties: object } } } };
    const known = Object.keys(schema.properties.packets.items.properties);
    for (const key of known) {
      const text = `packets:\n  - {from: a, to: b, expect: accept, ${key}: }`;
      expect(problemsOf(text).filter((problem) => problem.includes('there is no key'))).toEqual([]);
    }
    expect(known).toContain('icmp-type');
  });
});

describe('an expectation', () => {
  const frontends = '[10.244.0.17:8080, 10.244.1.9:8080, 10.244.2.14:8080]';

  it('is met by endpoints, all of them and no others, in any order', () => {
    expect(judged(`from: 10.244.0.4, to: "booking/frontend:http", expect: ${frontends}, masqueraded: false`)).toMatch(/^met/);
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", expect: [10.244.0.17:8080, 10.244.1.9:8080]')).toBe(
      'failed: to 10.244.0.17:8080, 10.244.1.9:8080, 10.244.2.14:8080, not masqueraded',
    );
    expect(judged(`from: 10.244.0.4, to: "booking/frontend:http", expect: ${frontends.replace(']', ', 10.0.0.1:80]')}`)).toMatch(
      /^failed/,
    );
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", expect: accept')).toMatch(/^met/);
  });

  it('is met by Pods by their names', () => {
    const pods = ['10.244.0.17', '10.244.1.9', '10.244.2.14'].map((ip) => cluster.podsAt(ip)[0]);
    const names = pods.map((pod) => `"${pod?.namespace}/${pod?.name}:8080"`);
    expect(judged(`from: 10.244.0.4, to: "booking/frontend:http", expect: [${names.join(', ')}]`)).toMatch(/^met/);
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", expect: booking/nobody')).toContain(
      'error: The cluster has no Pod booking/nobody',
    );
  });

  it('tells whether the source is rewritten', () => {
    expect(judged(`from: outside, to: "booking/frontend:http", expect: ${frontends}, masqueraded: true`)).toMatch(/^met/);
    expect(judged(`from: outside, to: "booking/frontend:http", expect: ${frontends}, masqueraded: false`)).toMatch(/^failed/);
  });

  it('tells rejecting from dropping, and what decided', () => {
    expect(judged('from: 10.244.0.4, to: "booking/mailer:smtp", expect: reject')).toMatch(/^met/);
    expect(judged('from: 10.244.0.4, to: "booking/mailer:smtp", expect: drop')).toBe(
      'failed: rejected by filter KUBE-SERVICES, line 43',
    );
  });

  it('of nothing that sends a packet elsewhere is an empty list', () => {
    expect(judged('from: 10.244.0.4, to: 10.244.2.14:8080, expect: []')).toMatch(/^met/);
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", expect: []')).toMatch(/^failed/);
  });

  it('is about the answer and later packets too', () => {
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", packet: reply, expect: accept')).toMatch(/^met/);
    expect(judged('from: 10.244.0.4, to: "booking/frontend:http", packet: established, expect: accept')).toMatch(/^met/);
  });

  it('that cannot be asked says why, with the place in the file', () => {
    const [result] = judge(sample(), 'packets:\n  - from: 10.244.0.4\n    to: booking/fronted\n    expect: accept\n');
    expect(result).toMatchObject({ status: 'error', reasons: [expect.stringContaining('booking/frontend')], trace: null });
    expect(result?.span.start).toEqual({ line: 2, column: 5 });
  });

  it('that fails has every path of its packet', () => {
    const [result] = judge(sample(), 'packets:\n  - {from: 10.244.0.4, to: booking/mailer, expect: accept}\n');
    expect(result?.trace?.outcomes[0]?.steps.at(-1)).toMatchObject({ table: 'filter', chain: 'KUBE-SERVICES', line: 43 });
  });
});

describe('what nobody knows', () => {
  const withSet = (): Resolution =>
    sample((text) =>
      text.replace(':KUBE-EXTERNAL-SERVICES - [0:0]', (line) => `${line}\n-A FORWARD -m set --match-set blocked src -j DROP`),
    );
  const packet = 'from: 10.244.0.4, to: "booking/seatmap", expect: 10.244.2.40:8080';

  it('leaves an expectation that depends on it unsure, whatever usually comes', () => {
    expect(judged(packet, withSet())).toBe(
      'unsure: to 10.244.2.40:8080, not masqueraded: unless: The set blocked has 10.244.0.4. Then dropped by filter FORWARD, line 19.',
    );
    expect(judged(packet.replace('10.244.2.40:8080', 'drop'), withSet())).toMatch(/^unsure/);
    expect(judged(packet.replace('10.244.2.40:8080', 'reject'), withSet())).toMatch(/^failed/);
  });

  it('is answered by what the file assumes', () => {
    expect(judged(`${packet}, assume: usual`, withSet())).toMatch(/^met/);
    expect(judged(`${packet}, assume: ["not: The set blocked has 10.244.0.4."]`, withSet())).toMatch(/^met/);
    expect(judged(`${packet}, assume: "The set blocked has 10.244.0.4."`, withSet())).toMatch(/^failed: dropped/);
    const [result] = judge(withSet(), `assume: usual\npackets:\n  - {${packet}}\n`);
    expect(result?.status).toBe('met');
  });

  it('is what the text does not show, too', () => {
    const nat = '*nat\n-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.9:80\n';
    const excerpt = resolveChains(rulesetOf(nat), emptyCluster);
    const asked = 'from: 10.244.0.4, to: 10.96.0.1:80, expect: 10.244.0.9:80';
    expect(judged(asked, excerpt)).toMatch(/^unsure: .*not known: The text does not show/);
    expect(judged(`${asked}, assume: usual`, excerpt)).toMatch(/^met/);
  });
});

describe('what is true now', () => {
  it('is written without what cannot be seen', () => {
    const hidden = 'worker-1\u202e\u200b\u{e0041}';
    const snapshot = readSnapshot(fixtureText('sample/cluster.json').replaceAll('worker-1', hidden), 'cluster.json', 0);
    if (!snapshot.ok) throw new Error(snapshot.error.message);
    const written = runToEnd(
      writeExpectations(resolveChains(rulesetOf(fixtureText('sample/worker-1.iptables')), snapshot.cluster), null),
    );
    if (!written.ok) throw new Error(written.message);
    expect(written.text).toContain('worker-1\\u202e\\u200b\\udb40\\udc41');
    expect(written.text).not.toMatch(/[\u202e\u200b\u{e0041}]/u);
    expect(readExpectations(written.text).problems).toEqual([]);
  });

  const expectMet = (resolution: Resolution, most = 200): number => {
    const written = runToEnd(writeExpectations(resolution, null));
    if (!written.ok) throw new Error(written.message);
    const { file, problems } = readExpectations(written.text);
    expect(problems).toEqual([]);
    expect(file.expectations).toHaveLength(written.count);
    expect(written.left.filter((text) => !text.includes('left to chance'))).toEqual([]);
    // Written with the cluster's knowledge, and met without it.
    const alone = resolveChains(resolution.ruleset, emptyCluster);
    const step = Math.max(1, Math.floor(file.expectations.length / most));
    for (const [at, expectation] of file.expectations.entries()) {
      if (at % step !== 0) continue;
      for (const known of [resolution, alone]) {
        const result = runToEnd(judgeSteps(known, expectation, { local: file.local ?? new Set() }));
        expect(`${result.name}: ${verdict(result)}`).toMatch(/: met: [^:]/);
      }
    }
    return written.count;
  };

  it.each(recordedDumps('sample', 'flow', 'lab', 'corpus/kube-proxy-tests', 'pasted'))('in %s is met at once', (name) => {
    expectMet(resolved(name), name.includes('large') ? 50 : 100);
  });

  it.each(besideFirewalls())('beside the firewall of %s is met at once', (_name, text) => {
    const known = clusterFrom(labPath('shop/cluster.json'));
    expect(expectMet(resolveChains(rulesetOf(text), known, { node: 'node-a' }), 60)).toBeGreaterThan(50);
  });

  it('fails where a rule is changed, at the packets that it changes', () => {
    const target = parseFlowTarget('booking/frontend');
    const written = target.ok ? runToEnd(writeExpectations(sample(), target.target)) : target;
    if (!('text' in written)) throw new Error('nothing written');
    const changed = sample((text) => text.replaceAll('--to-destination 10.244.1.9:8080', '--to-destination 10.244.1.99:8080'));
    const results = judge(changed, written.text);
    expect(results.length).toBeGreaterThan(5);
    for (const result of results) expect(verdict(result)).toMatch(/^failed: to .*10\.244\.1\.99:8080/);
  });

  it('names the clients, with the Pod or node where words do not have it already', () => {
    const written = runToEnd(writeExpectations(sample(), null));
    const text = written.ok ? written.text : '';
    expect(Array.from(text.matchAll(/name: "booking\/tickets:grpc by \S+ from (.*)"/g), ([, who]) => who)).toEqual([
      'a Pod on worker-1 (kube-system/coredns-5d78c9869d-h2kfw)',
      'a Pod on another node (kube-system/coredns-5d78c9869d-tq9vn)',
      'worker-1',
      'another node (worker-2)',
      'outside',
    ]);
  });

  it('may be of one Service, and says why there is none', () => {
    const of = (to: string) => {
      const target = parseFlowTarget(to);
      if (!target.ok) throw new Error(target.message);
      return runToEnd(writeExpectations(sample(), target.target));
    };
    expect(of('booking/nobody')).toMatchObject({ ok: false });
    const one = of('booking/tickets');
    expect(one.ok && one.text.match(/name: .*/g)?.every((line) => line.includes('booking/tickets'))).toBe(true);
  });
});

describe("kube-proxy's own tables", () => {
  interface Case {
    readonly test: string;
    readonly subtest: string | null;
    readonly ipFamily: string;
    readonly localIPs: readonly string[];
    readonly expectedRules: string | null;
    readonly flows: readonly {
      readonly name: string;
      readonly source: string;
      readonly dest: string;
      readonly port: number;
      readonly protocol: string;
      readonly output: string;
      readonly masq: boolean;
    }[];
  }
  const { cases } = JSON.parse(fixtureText('corpus/kube-proxy-tests/cases.json')) as { readonly cases: readonly Case[] };
  const withRules = cases.filter(({ expectedRules, flows }) => expectedRules !== null && flows.length > 0);

  it.each(withRules.map((each) => [`${each.test} ${each.subtest ?? ''}`, each] as const))('%s is met', (_name, each) => {
    // Written by hand, some of them without the quotes that iptables-restore needs around a comment.
    const text = fixtureText(`corpus/kube-proxy-tests/${each.expectedRules}`).replace(
      /--comment (kubernetes [a-z -]+?) (?=-[jm] )/g,
      '--comment "$1" ',
    );
    const ruleset = rulesetOf(text);
    const isV6 = each.ipFamily === 'IPv6';
    const local = each.localIPs.filter((ip) => ip.includes(':') === isV6);
    const packets = each.flows.map(({ source, dest, port, protocol, output, masq, name }) => ({
      name,
      from: source === '' ? '10.0.0.2' : source,
      to: dest,
      port,
      protocol: protocol === '' ? 'tcp' : protocol.toLowerCase(),
      ...(local.includes(source) ? { hook: 'output' } : {}),
      // Their table has the built-in chains' rules only as far as kube-proxy writes them.
      assume: 'usual',
      ...(['ACCEPT', 'DROP', 'REJECT'].includes(output)
        ? { expect: output.toLowerCase() }
        : { expect: output === '' ? [] : output.split(', '), masqueraded: masq }),
    }));
    const results = judge(resolveChains(ruleset, emptyCluster), JSON.stringify({ local, packets }));
    expect(results.map((result) => `${result.name}: ${verdict(result)}`).filter((text) => !/: met(?:: |$)/.test(text))).toEqual(
      [],
    );
  });
});
