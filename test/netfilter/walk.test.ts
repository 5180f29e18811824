import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import type { Outcome, TraceStep } from '../../server/src/netfilter/outcome.ts';
import type { Packet } from '../../server/src/netfilter/packet.ts';
import { ruleReasons } from '../../server/src/netfilter/rule-reasons.ts';
import { followRequest } from '../../server/src/netfilter/trace-report.ts';
import type { TraceRequest } from '../../server/src/netfilter/trace-request.ts';
import { type Walk, type WalkPart, walkSteps } from '../../server/src/netfilter/walk.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { rulesetFrom } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { enumerated, ownAddresses, packetIn, type Recorded, type RecordedRuleset, sets } from './recorded-traces.ts';
import { ruleset } from './support.ts';

function walk(rules: Ruleset, start: Packet, outcome: Outcome, options: EnumerateOptions): Walk | undefined {
  return runToEnd(walkSteps(rules, start, outcome, options));
}

/** All parts of a walk in the order in which the packet meets them. */
function* partsOf(parts: readonly WalkPart[]): Generator<WalkPart> {
  for (const part of parts) {
    yield part;
    if (part.kind === 'rule') yield* partsOf(part.inner);
  }
}

function stepsIn(gone: Walk): readonly TraceStep[] {
  return gone.stages.flatMap(({ parts }) => [...partsOf(parts)].flatMap((part) => (part.kind === 'passed' ? [] : [part.step])));
}

function stepsOf(outcome: Outcome): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) steps.unshift(step);
  return steps;
}

function texts(steps: readonly TraceStep[]): readonly string[] {
  return steps.map(({ chain, line, words }) => `${chain.table.name} ${chain.name} ${line} ${words}`);
}

/** What is wrong with a walk: steps that differ from the outcome's, rules whose reasons say the opposite of what happened. */
function faults(rules: Ruleset, outcome: Outcome, gone: Walk | undefined): readonly string[] {
  if (gone === undefined) return [`no way of: ${texts(stepsOf(outcome)).join('; ')}`];
  const found: string[] = [];
  const [expected, actual] = [texts(stepsOf(outcome)).join('; '), texts(stepsIn(gone)).join('; ')];
  if (expected !== actual) found.push(`${expected}\nis not\n${actual}`);
  for (const part of gone.stages.flatMap(({ parts }) => [...partsOf(parts)])) {
    if (part.kind === 'policy') continue;
    const [lines, packet] = part.kind === 'rule' ? [[part.step.line ?? -1], part.before] : [part.lines, part.packet];
    for (const at of lines) {
      const line = rules.lines.at(at);
      if (line === undefined) continue;
      const holds = ruleReasons(gone, line, packet).map((reason) => reason.holds);
      const isLikely = part.kind === 'rule' ? !holds.includes(false) : holds.some((each) => each !== true);
      if (!isLikely) found.push(`${part.kind} ${line.text}: ${JSON.stringify(ruleReasons(gone, line, packet))}`);
    }
  }
  return found;
}

describe('the way of an outcome', () => {
  it('has its steps, and reasons that agree, for every outcome of every recorded packet', { timeout: 240_000 }, () => {
    const all = JSON.parse(fixtureText('corpus/round-2/trace-rulesets.json')) as Readonly<Record<string, RecordedRuleset>>;
    const rulesets = new Map(Object.entries(all).map(([name, { text }]) => [name, ruleset(sets + text)]));
    const wrong: string[] = [];
    let walked = 0;
    for (const text of fixtureText('corpus/round-2/traces.jsonl').trim().split('\n')) {
      const recorded = JSON.parse(text) as Recorded;
      const rules = rulesets.get(recorded.ruleset);
      if (rules === undefined || recorded.kind !== 'first') continue;
      const packet = packetIn(recorded, null);
      for (const outcome of enumerated(rules, packet).outcomes) {
        wrong.push(...faults(rules, outcome, walk(rules, packet, outcome, { isLocal: (ip) => ownAddresses.has(ip) })));
        walked += 1;
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(walked).toBeGreaterThan(1777);
  });

  const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));
  const requests: readonly TraceRequest[] = [
    { from: '127.0.0.1:40000', to: '10.96.40.20:9000' },
    { from: '10.244.0.9', to: '10.96.40.10:80' },
    { from: '10.244.0.9', to: '10.96.40.10:80', kind: 'answer' },
    { from: '10.244.0.9', to: '10.96.40.10:80', kind: 'later' },
    { from: '203.0.113.9:40000', to: '10.96.40.50:25', in: 'eth0' },
  ];
  it.each(requests)('has its steps for %j', (request) => {
    const answer = runToEnd(followRequest(sample, request));
    if (!answer.ok) throw new Error(answer.message);
    const { found, options } = answer.traced;
    expect(found.outcomes.length).toBeGreaterThan(0);
    for (const outcome of found.outcomes)
      expect(faults(sample, outcome, walk(sample, outcome.start, outcome, options))).toEqual([]);
  });
});

const dump = `*nat
:PREROUTING ACCEPT [0:0]
:WEB - [0:0]
-A PREROUTING -p udp -j WEB
-A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j WEB
-A WEB -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.0.8:8080
-A WEB -j DNAT --to-destination 10.244.0.9:8080
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i lan+ -j ACCEPT
-A FORWARD ! -s 203.0.113.0/24 -p tcp -m tcp --dport 8080 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;

describe('the reasons of a rule', () => {
  const rules = ruleset(dump);
  const answer = runToEnd(followRequest(rules, { from: '203.0.113.9', to: '10.0.0.1:80' }, { isLocal: () => false }));
  if (!answer.ok) throw new Error(answer.message);
  const { found, options } = answer.traced;
  const outcome = found.outcomes.find(({ verdict, packet }) => verdict === 'drop' && packet.destination.text === '10.244.0.9');
  if (outcome === undefined) throw new Error('no outcome');
  const gone = walk(rules, outcome.start, outcome, options);
  const reasons = (text: string) => {
    const at = rules.lines.slice().findIndex((line) => line.text.includes(text));
    const line = rules.lines.at(at);
    const part = gone?.stages
      .flatMap(({ parts }) => [...partsOf(parts)])
      .find((each) => (each.kind === 'passed' ? each.lines.includes(at) : each.step.line === at));
    if (line === undefined || gone === undefined || part === undefined || part.kind === 'policy')
      throw new Error(`not met: ${text}`);
    return ruleReasons(gone, line, part.kind === 'rule' ? part.before : part.packet);
  };

  it.each([
    ['-p udp', [{ text: '-p udp', holds: false, why: 'the packet is tcp' }]],
    [
      '-d 10.0.0.1/32',
      [
        { text: '-d 10.0.0.1/32', holds: true, why: 'the packet is for 10.0.0.1' },
        { text: '-p tcp', holds: true, why: 'the packet is tcp' },
        { text: '-m tcp --dport 80', holds: true, why: 'the packet is for port 80' },
      ],
    ],
    [
      '-m statistic',
      [{ text: '-m statistic --mode random --probability 0.5', holds: null, why: expect.stringContaining('50 %') }],
    ],
    ['10.244.0.9', []],
    ['-i lan+', [{ text: '-i lan+', holds: false, why: 'The packet does not come in by lan+.' }]],
    [
      '! -s',
      [
        { text: '! -s 203.0.113.0/24', holds: false, why: 'the packet is from 203.0.113.9' },
        { text: '-p tcp', holds: true, why: 'the packet is tcp' },
        { text: '-m tcp --dport 8080', holds: true, why: 'the packet is for port 8080' },
      ],
    ],
    [
      'RELATED',
      [
        {
          text: '-m conntrack --ctstate RELATED,ESTABLISHED',
          holds: false,
          why: 'its connection is NEW, its destination was changed',
        },
      ],
    ],
  ])('"%s" are its conditions, with what the packet has', (text, expected) => {
    expect(reasons(text)).toEqual(expected);
  });

  it('stand in their tables and chains, with the packet before and after a change', () => {
    expect(
      gone?.stages.map(({ stage, before, after }) => [stage.hook, stage.table, before.destination.text, after.destination.text]),
    ).toEqual([
      ['PREROUTING', 'nat', '10.0.0.1', '10.244.0.9'],
      ['FORWARD', 'filter', '10.244.0.9', '10.244.0.9'],
    ]);
    const [passed, jump] = gone?.stages[0]?.parts ?? [];
    expect(passed).toMatchObject({ kind: 'passed', lines: [3] });
    expect(jump).toMatchObject({
      kind: 'rule',
      step: { line: 4 },
      inner: [
        { kind: 'passed', lines: [5] },
        { kind: 'rule', step: { line: 6 } },
      ],
    });
    expect(gone?.stages[1]?.parts.map(({ kind }) => kind)).toEqual(['passed', 'policy']);
  });
});

it('of a long chain the rules that are certainly for others are told, too', () => {
  const long = Array.from(
    { length: 60 },
    (_, at) => `-A KUBE-SERVICES -d 10.96.0.${at + 1}/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-${at}`,
  );
  const rules = ruleset(`*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-30 - [0:0]
-A PREROUTING -j KUBE-SERVICES
${long.join('\n')}
-A KUBE-SVC-30 -j RETURN
COMMIT
`);
  const answer = runToEnd(followRequest(rules, { from: '203.0.113.9', to: '10.96.0.31:80' }, { isLocal: () => false }));
  if (!answer.ok) throw new Error(answer.message);
  const { found, options } = answer.traced;
  const [outcome] = found.outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  const gone = walk(rules, outcome.start, outcome, options);
  expect(faults(rules, outcome, gone)).toEqual([]);
  const parts = gone?.stages.flatMap((stage) => [...partsOf(stage.parts)]) ?? [];
  expect(parts.map((part) => (part.kind === 'passed' ? part.lines.length : part.step.words))).toEqual([
    'jump KUBE-SERVICES',
    30,
    'jump KUBE-SVC-30',
    'return',
    29,
    'accept',
  ]);
});
