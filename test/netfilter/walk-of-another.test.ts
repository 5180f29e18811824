import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import type { Outcome, TraceStep } from '../../server/src/netfilter/outcome.ts';
import type { Packet } from '../../server/src/netfilter/packet.ts';
import { followRequest } from '../../server/src/netfilter/trace-report.ts';
import { type Walk, type WalkPart, walkSteps } from '../../server/src/netfilter/walk.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { packet, ruleset } from './support.ts';

const notLocal: EnumerateOptions = { isLocal: () => false };

function outcomes(rules: Ruleset, start: Packet, options: EnumerateOptions = notLocal): readonly Outcome[] {
  return runToEnd(enumerateSteps(rules, start, options)).outcomes;
}

function walk(rules: Ruleset, start: Packet, outcome: Outcome, options: EnumerateOptions = notLocal): Walk | undefined {
  return runToEnd(walkSteps(rules, start, outcome, options));
}

function stepsOf({ last }: Outcome): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  for (let step = last; step !== null; step = step.previous) steps.unshift(step);
  return steps;
}

/** An outcome with other steps. */
function by(outcome: Outcome, steps: readonly TraceStep[]): Outcome {
  return { ...outcome, last: steps.reduce<TraceStep | null>((previous, step) => ({ ...step, previous }), null) };
}

/** A walk in words: what the packet meets in each table, with lines as a text editor counts them. */
function told(gone: Walk | undefined): readonly string[] {
  const text = (part: WalkPart): string => {
    if (part.kind === 'passed') return `past ${part.lines.map((line) => line + 1).join(' ')}`;
    const inner = part.kind === 'rule' && part.inner.length > 0 ? ` (${part.inner.map(text).join(', ')})` : '';
    return `${part.kind === 'policy' ? 'policy ' : ''}${part.step.words}${inner}`;
  };
  return gone?.stages.map(({ stage, parts }) => `${stage.table} ${stage.hook}: ${parts.map(text).join(', ')}`) ?? ['none'];
}

const rules = ruleset(`*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -s 203.0.113.0/24 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:A - [0:0]
-A INPUT -p udp -j ACCEPT
-A FORWARD -p tcp -j A
-A FORWARD -p udp -j RETURN
-A FORWARD -j ACCEPT
-A A -p tcp -m tcp --dport 22 -j REJECT
-A A -p tcp -m tcp --dport 80 -j RETURN
COMMIT
`);

describe('the way of an outcome', () => {
  const start = packet();
  const [outcome] = outcomes(rules, start);
  if (outcome === undefined) throw new Error('no outcome');
  const steps = stepsOf(outcome);

  it('is gone rule by rule, in chains within chains', () => {
    expect(told(walk(rules, start, outcome))).toEqual([
      'mangle PREROUTING: mark 0x1/0xffffffff, policy accept',
      'filter FORWARD: jump A (past 13, return), past 11, accept',
    ]);
  });

  it('cannot be gone by another packet', () => {
    const others = [{ to: '10.0.0.2' }, { dport: 22 }, { dport: 443 }, { protocol: 'udp' }, { from: '10.0.0.9' }];
    const gone = others.map((other) => walk(rules, packet(other), outcome) !== undefined);
    // What no rule asks for makes no difference.
    expect(gone).toEqual([true, false, false, false, false]);
  });

  it.each<readonly [name: string, steps: readonly TraceStep[]]>([
    ['without its first rule', steps.slice(1)],
    ['without the policy behind it', steps.filter(({ kind }) => kind !== 'policy')],
    ['without a rule in between', steps.filter(({ words }) => words !== 'return')],
    ['without its end', steps.slice(0, -1)],
    ['without any', []],
    ['with its last rule twice', [...steps, ...steps.slice(-1)]],
    ['with the policy of another line', steps.map((step) => (step.kind === 'policy' ? { ...step, line: 6 } : step))],
    [
      'with the policy of another chain',
      steps.map((step) => (step.kind === 'policy' ? { ...step, chain: steps.at(-1)?.chain ?? step.chain } : step)),
    ],
  ])('cannot be gone %s', (_name, other) => {
    expect(told(walk(rules, start, by(outcome, other)))).toEqual(['none']);
  });

  it('ends with the policy that a rule returns to', () => {
    const udp = packet({ protocol: 'udp' });
    const [dropped] = outcomes(rules, udp);
    if (dropped === undefined) throw new Error('no outcome');
    expect(told(walk(rules, udp, dropped)).at(-1)).toBe('filter FORWARD: past 10, return, policy drop');
    const policy = stepsOf(dropped).at(-1);
    const toAnother = stepsOf(dropped).map((step) => (step === policy ? { ...step, line: 5 } : step));
    expect(walk(rules, udp, by(dropped, toAnother))).toBeUndefined();
    expect(walk(rules, udp, by(dropped, stepsOf(dropped).slice(0, -1)))).toBeUndefined();
  });

  it('has what a rule does besides only where it matched', () => {
    const listing = ruleset(`*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m statistic --mode random --probability 0.5 -m recent --name X --set
-A FORWARD -m recent --name X --rcheck -j DROP
COMMIT
`);
    const all = outcomes(listing, start, { ...notLocal, isListed: () => false });
    const gone = all.map((each) => told(walk(listing, start, each, { ...notLocal, isListed: () => false })));
    expect(gone.map((each) => each.join('; '))).toEqual(['filter FORWARD: continue, drop', 'filter FORWARD: past 3 4']);
  });

  it('has the packet as it was until it was taken to be otherwise', () => {
    const byInterface = ruleset(`*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -i eth0 -j MARK --set-xmark 0x1/0xffffffff
-A FORWARD -i eth0 -j DROP
COMMIT
`);
    const dropped = outcomes(byInterface, start).find(({ verdict }) => verdict === 'drop');
    const [stage] = dropped === undefined ? [] : (walk(byInterface, start, dropped)?.stages ?? []);
    expect([stage?.before.in, stage?.before.mark, stage?.after.mark]).toEqual([null, 0, 1]);
  });
});

it('of a table the packet is shown as it left the table, before conntrack changes it behind', () => {
  const dump = ruleset(`*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.0.0.1/32 -j DNAT --to-destination 10.244.0.9
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp -j MARK --set-xmark 0x1/0xffffffff
COMMIT
`);
  const answer = runToEnd(followRequest(dump, { from: '203.0.113.9', to: '10.0.0.1:80', kind: 'answer' }, notLocal));
  if (!answer.ok) throw new Error(answer.message);
  const { found, options } = answer.traced;
  const [outcome] = found.outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  const gone = walk(dump, outcome.start, outcome, { ...options, ...notLocal });
  const filter = gone?.stages.find(({ stage }) => stage.table === 'filter');
  expect([filter?.before.source?.text, filter?.after.source?.text, filter?.after.mark]).toEqual(['10.244.0.9', '10.244.0.9', 1]);
  expect(outcome.packet.source?.text).toBe('10.0.0.1');
});
