/** The trace view's questions: the outcomes of a packet, the path of one of them rule by rule, and what would let it pass. */
import { createMemory } from '../base/memory.ts';
import { visibleLines } from '../base/safe-text.ts';
import type { Steps } from '../base/steps.ts';
import { type QuestionTrace, traceQuestion } from '../kube/question/trace.ts';
import { whyNot } from '../kube/question/why-not.ts';
import type { Packet } from '../netfilter/packet.ts';
import { ruleReasons } from '../netfilter/rule-reasons.ts';
import { reportedPacket, type TraceReport } from '../netfilter/trace-report.ts';
import { endsText, questionText, traceMarkdown, traceText } from '../netfilter/trace-text.ts';
import { type Walk, type WalkPart, type WalkStage, walkSteps } from '../netfilter/walk.ts';
import type {
  TracePart,
  TracePathResult,
  TraceQuestion,
  TraceResult,
  TraceRulesResult,
  TraceStage,
  TraceTextResult,
  TraceWhyNotResult,
} from '../protocol/trace.ts';
import { ruleText } from '../syntax/saved-layout.ts';
import type { DumpState } from './support/state.ts';

/** The question that was asked last of a state, and its answer: the view asks several times about one. */
const lastAsked = createMemory<DumpState, { readonly key: string; readonly trace: QuestionTrace }>();

function* asked(state: DumpState, question: TraceQuestion): Steps<QuestionTrace> {
  const key = JSON.stringify(question);
  const last = lastAsked.get(state);
  if (last?.key === key) return last.trace;
  const trace = yield* traceQuestion(state.resolution(), question);
  lastAsked.set(state, { key, trace });
  return trace;
}

function ownerOf({ cluster }: ReturnType<DumpState['resolution']>, ip: string): string | undefined {
  const pod = cluster.podsAt(ip).find((each) => !each.hostNetwork);
  if (pod !== undefined) return `${pod.namespace}/${pod.name}`;
  const node = cluster.nodeAt(ip);
  if (node !== undefined) return node.name;
  const reference = cluster.endpointsAt(ip)[0]?.endpoint.targetRef;
  const service = cluster.servicesAt(ip)[0]?.service;
  if (reference?.kind === 'Pod') return reference.name;
  return service === undefined ? undefined : `${service.namespace}/${service.name}`;
}

function ownersIn(state: DumpState, { packet, outcomes }: TraceReport): Readonly<Record<string, string>> {
  const resolution = state.resolution();
  const addresses = new Set<string>();
  for (const each of [packet, ...outcomes.flatMap((outcome) => [outcome.start, outcome.packet])])
    for (const ip of [each.src, each.dst]) if (ip !== null) addresses.add(ip);
  const owners: Record<string, string> = {};
  for (const ip of addresses) {
    const owner = ownerOf(resolution, ip);
    if (owner !== undefined) owners[ip] = owner;
  }
  return owners;
}

/** The outcomes of a packet: the same report as the command line's. */
export function* traceOf(state: DumpState, question: TraceQuestion): Steps<TraceResult> {
  const trace = yield* asked(state, question);
  if (!trace.ok) return { kind: 'nothing', reason: trace.message };
  const { report } = trace;
  return {
    kind: 'trace',
    documentVersion: state.version,
    report,
    title: questionText(report),
    owners: ownersIn(state, report),
  };
}

const asIs = (text: string): string => text;

/** The report as the command line prints it, or as Markdown. */
export function* traceTextOf(state: DumpState, question: TraceQuestion, format: 'text' | 'markdown'): Steps<TraceTextResult> {
  const trace = yield* asked(state, question);
  if (!trace.ok) return { text: '' };
  if (format === 'markdown') return { text: traceMarkdown(trace.report) };
  return { text: visibleLines(`${traceText(trace.report, { plain: asIs, heading: asIs, verdict: asIs, note: asIs })}\n`) };
}

function* walkOf(state: DumpState, question: TraceQuestion, at: number): Steps<Walk | string> {
  const trace = yield* asked(state, question);
  if (!trace.ok) return trace.message;
  const { found, options } = trace.traced;
  const outcome = found.outcomes[at];
  if (outcome === undefined) return 'The packet has no such outcome any more.';
  const walk = yield* walkSteps(state.ruleset, outcome.start, outcome, options);
  return walk ?? 'This outcome stands for several that end alike: the rules that it met are not gone through one by one.';
}

/** What rows of a path are numbered by. */
interface Numbers {
  step: number;
  passed: number;
}

function packetText(packet: Packet): string {
  return endsText(reportedPacket(packet));
}

function changedText(before: Packet, after: Packet): string | null {
  const text = packetText(after);
  return text === packetText(before) ? null : text;
}

function partOf(state: DumpState, walk: Walk, part: WalkPart, numbers: Numbers): TracePart {
  if (part.kind === 'passed') {
    const first = numbers.passed;
    numbers.passed += part.lines.length;
    return { kind: 'passed', chain: part.chain.name, first, count: part.lines.length };
  }
  const { line, chain, words } = part.step;
  numbers.step += 1;
  const { step } = numbers;
  const source = line === null ? undefined : state.ruleset.lines.at(line);
  if (part.kind === 'policy' || source === undefined || line === null)
    return { kind: 'policy', step, chain: chain.name, line, action: words };
  return {
    kind: 'rule',
    step,
    chain: chain.name,
    line,
    rule: ruleText(source),
    action: words,
    reasons: ruleReasons(walk, source, part.before),
    before: packetText(part.before),
    after: changedText(part.before, part.after),
    parts: part.inner.map((inner) => partOf(state, walk, inner, numbers)),
  };
}

function stageOf(state: DumpState, walk: Walk, { stage, before, after, parts }: WalkStage, numbers: Numbers): TraceStage {
  return {
    hook: stage.hook,
    table: stage.table,
    before: packetText(before),
    after: changedText(before, after),
    parts: parts.map((part) => partOf(state, walk, part, numbers)),
  };
}

/** The path of one outcome, with how many rules did not match where. */
export function* tracePathOf(state: DumpState, question: TraceQuestion, outcome: number): Steps<TracePathResult> {
  const walk = yield* walkOf(state, question, outcome);
  if (typeof walk === 'string') return { stages: [], reason: walk };
  const numbers: Numbers = { step: 0, passed: 0 };
  // A built-in chain without rules does nothing.
  const stages = walk.stages.filter(({ parts }) => parts.length > 0);
  return { stages: stages.map((stage) => stageOf(state, walk, stage, numbers)), reason: '' };
}

const mostRules = 200;

/** The rules that did not match, in the order in which the packet met them, each with the packet as it was. */
function* passedRules(parts: readonly WalkPart[]): Generator<{ readonly lines: readonly number[]; readonly packet: Packet }> {
  for (const part of parts) {
    if (part.kind === 'passed') yield part;
    else if (part.kind === 'rule') yield* passedRules(part.inner);
  }
}

/** Some of the rules that did not match, and why. */
export function* traceRulesOf(
  state: DumpState,
  question: TraceQuestion,
  outcome: number,
  first: number,
  count: number,
): Steps<TraceRulesResult> {
  const walk = yield* walkOf(state, question, outcome);
  if (typeof walk === 'string') return { rules: [] };
  const last = first + Math.min(count, mostRules);
  const rules: TraceRulesResult['rules'][number][] = [];
  let at = 0;
  for (const { lines, packet } of passedRules(walk.stages.flatMap(({ parts }) => parts))) {
    for (const line of lines.slice(Math.max(first - at, 0), Math.max(last - at, 0))) {
      const source = state.ruleset.lines.at(line);
      if (source !== undefined) rules.push({ line, rule: ruleText(source), reasons: ruleReasons(walk, source, packet) });
    }
    at += lines.length;
    if (at >= last) break;
  }
  return { rules };
}

/** What would let the packet of an outcome pass that does not. */
export function* traceWhyNotOf(state: DumpState, question: TraceQuestion, outcome: number): Steps<TraceWhyNotResult> {
  const found = yield* whyNot(state.resolution(), question, outcome);
  return {
    changes: (found?.changes ?? []).map(({ words, question: changed, line, assuming }) => ({
      words,
      question: changed,
      line: line - 1,
      assuming,
    })),
  };
}
