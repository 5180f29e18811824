/**
 * The way of one outcome, gone again: which rules were looked at and did not match, and the packet before and after each that did. An enumeration
 * keeps no more of a path than the rules that matched; here they lead, and everything between them is found out again.
 */
import type { Steps } from '../base/steps.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { compiledRule, isForAnother } from './compile-rule.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { startOf } from './enumerate.ts';
import { suppose } from './enumeration/facts.ts';
import { perform } from './enumeration/jumps.ts';
import { matches } from './enumeration/matching.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import type { Frame, Matched, Path } from './enumeration/path.ts';
import { enterStage, passEnd } from './enumeration/stages.ts';
import { newRun, type Run } from './enumeration/state.ts';
import { isAboutFirst } from './follow-connection.ts';
import type { Stage } from './hooks.ts';
import type { Assumption, Outcome, TraceStep } from './outcome.ts';
import type { Packet } from './packet.ts';
import { rulesInOrder } from './rule-order.ts';

/** What stands in a chain, in the order in which the packet meets it. */
export type WalkPart =
  /** A rule that matched; `inner` is what the packet meets in the chain that it jumps to. */
  | {
      readonly kind: 'rule';
      readonly step: TraceStep;
      readonly before: Packet;
      readonly after: Packet;
      readonly inner: readonly WalkPart[];
    }
  /** Rules that did not match, one after the other (0-based lines), and the packet as they saw it. */
  | { readonly kind: 'passed'; readonly chain: Chain; readonly lines: readonly number[]; readonly packet: Packet }
  | { readonly kind: 'policy'; readonly step: TraceStep };

/** A table at a hook. */
export interface WalkStage {
  readonly stage: Stage;
  readonly before: Packet;
  /** As it leaves the table. */
  readonly after: Packet;
  readonly parts: readonly WalkPart[];
}

export interface Walk {
  readonly stages: readonly WalkStage[];
  /** What the path knows and takes to be so, for asking a rule again. */
  readonly run: Run;
  readonly path: Path;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
type RulePart = Extract<WalkPart, { readonly kind: 'rule' }>;

/** A walk in the making. */
interface Walking {
  readonly run: Run;
  path: Path;
  /** The steps of the outcome that are still to come, the next one last. */
  readonly ahead: TraceStep[];
  readonly stages: (Mutable<WalkStage> & { readonly parts: WalkPart[] })[];
  /** Where what a frame meets is put: in its table, or in the rule that jumped there. */
  readonly places: Map<Frame, WalkPart[]>;
  /** All rules of a frame's chain, those too that are certainly for other packets, and how many of them are behind the packet. */
  readonly met: Map<Frame, { readonly rules: readonly number[]; at: number }>;
}

const rulesBetweenPauses = 256;

function stepsOf(outcome: Outcome): TraceStep[] {
  const steps: TraceStep[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) steps.push(step);
  return steps;
}

/** Lets the path take to be so what the outcome does, from its start. What is said of another packet, before it, does not concern it. */
function supposeAll(run: Run, path: Path, assumed: Assumption | null): void {
  const { packet } = path;
  const inOrder: Assumption[] = [];
  for (let at = assumed; at !== null; at = at.previous) inOrder.push(at);
  for (const { fact, holds } of inOrder.reverse()) if (!isAboutFirst(fact)) suppose(run, path, fact, holds);
  path.packet = packet;
}

function currentStage({ path }: Walking): Stage | undefined {
  return path.stages[path.stage];
}

/** Where the next part of a frame is put. */
function placeOf(walking: Walking, frame: Frame): WalkPart[] {
  return walking.places.get(frame) ?? [];
}

function addPassed(walking: Walking, frame: Frame, line: number): void {
  const { packet } = walking.path;
  const parts = placeOf(walking, frame);
  const last = parts.at(-1);
  if (last?.kind === 'passed' && last.packet === packet && last.chain === frame.chain) (last.lines as number[]).push(line);
  else parts.push({ kind: 'passed', chain: frame.chain, lines: [line], packet });
}

/** Whether the policy that the path came to is what comes next in the outcome; then that is behind it. */
function takesPolicy(walking: Walking, { chain, line }: TraceStep): boolean {
  const next = walking.ahead.pop();
  // Two chains of which no line says the policy differ in their names alone.
  return next !== undefined && next.chain === chain && next.line === line;
}

/** Notes the rules that were not even asked up to one, or to the end of the chain, and takes that one to be met. */
function skipTo(walking: Walking, frame: Frame, line: number | undefined): void {
  let met = walking.met.get(frame);
  if (met === undefined) {
    met = { rules: rulesInOrder(walking.run.ruleset, frame.chain), at: 0 };
    walking.met.set(frame, met);
  }
  for (let next = met.rules[met.at]; next !== undefined && next !== line; next = met.rules[met.at]) {
    addPassed(walking, frame, next);
    met.at += 1;
  }
  met.at += 1;
}

/** The path as it goes on: where chance decides, the way that the outcome took. Undefined where the outcome cannot have come this way. */
function decided(walking: Walking, line: number, rule: CompiledRule): boolean | undefined {
  const { run, path } = walking;
  const isMatch = matches(run, path, rule);
  let other = run.waiting.take();
  const first = other;
  while (other !== undefined) other = run.waiting.take();
  if (walking.ahead.at(-1)?.line === line) return isMatch ? true : undefined;
  if (first !== undefined) walking.path = first;
  else if (isMatch) return undefined;
  return false;
}

/** Goes on with the next table; false at the end of the way. */
function goToStage(walking: Walking): boolean {
  const { run } = walking;
  const next = enterStage(run, walking.path);
  while (run.waiting.take() !== undefined);
  const stage = next === null ? undefined : currentStage(walking);
  if (stage === undefined) return false;
  const { packet } = walking.path;
  const parts: WalkPart[] = [];
  for (let { frame } = walking.path; frame !== null; frame = frame.parent) walking.places.set(frame, parts);
  walking.stages.push({ stage, before: packet, after: packet, parts });
  return true;
}

/** Leaves a chain behind its last rule; undefined where the outcome did otherwise, null at the end of the way. */
function leave(walking: Walking, frame: Frame): Path | null | undefined {
  const { run, path } = walking;
  skipTo(walking, frame, undefined);
  const { last } = path;
  const next = passEnd(run, path, frame);
  if (path.last === last || path.last === null) return next;
  if (!takesPolicy(walking, path.last)) return undefined;
  walking.stages.at(-1)?.parts.push({ kind: 'policy', step: path.last });
  return next;
}

/** Does what a rule says that matched, which saw the packet as it was `before`; the same answers as `leave`. */
function performRule(walking: Walking, frame: Frame, before: Packet, matched: Omit<Matched, 'frame'>): Path | null | undefined {
  const { run, path } = walking;
  const parts = placeOf(walking, frame);
  const next = perform(run, path, { frame, ...matched }, walking.ahead.at(-1)?.words);
  while (run.waiting.take() !== undefined);
  walking.ahead.pop();
  // A rule that returns from a base chain has the policy behind it.
  const policy = path.last?.kind === 'policy' ? path.last : null;
  const step = policy === null ? path.last : policy.previous;
  if (step === null) return undefined;
  const inner: WalkPart[] = [];
  const part: RulePart = { kind: 'rule', step, before, after: path.packet, inner };
  parts.push(part);
  if (policy !== null) {
    if (!takesPolicy(walking, policy)) return undefined;
    walking.stages.at(-1)?.parts.push({ kind: 'policy', step: policy });
  }
  if (path.frame !== null && !walking.places.has(path.frame)) walking.places.set(path.frame, inner);
  return next;
}

/** One rule; the same answers as `leave`. */
function pass(walking: Walking, frame: Frame, line: number): Path | null | undefined {
  const { run, path } = walking;
  const source = run.ruleset.lines.at(line);
  if (source === undefined) return path;
  skipTo(walking, frame, line);
  const { destination } = path.packet;
  const rule = destination.standsIn !== true && isForAnother(source, destination.text) ? null : compiledRule(source, run.family);
  if (rule === null) {
    addPassed(walking, frame, line);
    return path;
  }
  const matched = { rule, target: source.target };
  const { packet } = path;
  const decision = decided(walking, line, rule);
  if (decision === undefined) return undefined;
  if (decision) return performRule(walking, frame, packet, { line, ...matched });
  const changed = walking.path.packet;
  walking.path.packet = packet;
  addPassed(walking, frame, line);
  walking.path.packet = changed;
  return walking.path;
}

/**
 * Goes the way of an outcome again. Undefined where it cannot be gone: outcomes that are shown by the likeliest of many paths leave out what they
 * met twice. Pauses every few hundred rules; never throws.
 * @param start the packet that the outcome is of, as it started
 */
export function* walkSteps(
  ruleset: Ruleset,
  start: Packet,
  outcome: Outcome,
  options: EnumerateOptions,
): Steps<Walk | undefined> {
  const run = newRun(ruleset, start, options);
  const path = startOf(run, start);
  supposeAll(run, path, outcome.assumed);
  const walking: Walking = { run, path, ahead: stepsOf(outcome), stages: [], places: new Map(), met: new Map() };
  let asked = 0;
  for (;;) {
    asked += 1;
    if (asked % rulesBetweenPauses === 0) yield;
    const { frame } = walking.path;
    if (frame === null) {
      if (goToStage(walking)) continue;
      break;
    }
    const line = frame.rules[walking.path.at];
    const isAtEnd = line === undefined;
    if (!isAtEnd) walking.path.at += 1;
    const next = isAtEnd ? leave(walking, frame) : pass(walking, frame, line);
    if (next === undefined) return undefined;
    if (next !== null) walking.path = next;
    const stage = walking.stages.at(-1);
    if (stage !== undefined) stage.after = walking.path.packet;
    if (next === null) break;
  }
  return walking.ahead.length > 0 ? undefined : { stages: walking.stages, run, path: walking.path };
}
