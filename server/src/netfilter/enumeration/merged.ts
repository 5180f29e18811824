/**
 * The outcomes of a packet that has more paths than can be followed one by one: those that end alike are one, shown by the likeliest of them. Chains
 * are gone through as a whole, each once for a packet; the tables come one after the other as for single paths.
 */
import type { Steps } from '../../base/steps.ts';
import type { Fact } from '../answer.ts';
import { both, complement, type Ranges } from '../ranges.ts';
import { type Exit, type Summaries, summarySteps } from './chain-summary.ts';
import { answerTo, suppose } from './facts.ts';
import { type Frame, type Path, splitOff } from './path.ts';
import { enterStage, leaveChain, nextStage } from './stages.ts';
import { addStep, assume, end, isPauseDue, type Run } from './state.ts';
import type { Answered, Trail } from './worlds.ts';

const mostPaths = 2000;
const mostStepsShown = 5000;

/** The steps of a trail in order. A chain that was gone through the same way before is not shown again. */
function stepsOf(trail: Trail | null): readonly NonNullable<Trail['step']>[] {
  const steps: NonNullable<Trail['step']>[] = [];
  const seen = new Set<Trail>();
  const levels: Trail[][] = [ordered(trail)];
  for (let level = levels.at(-1); level !== undefined && steps.length < mostStepsShown; level = levels.at(-1)) {
    const next = level.pop();
    if (next === undefined) levels.pop();
    else if (next.step !== null) steps.push(next.step);
    else if (next.within !== null && !seen.has(next.within)) {
      seen.add(next.within);
      levels.push(ordered(next.within));
    }
  }
  return steps;
}

/** The parts of a trail, the first of them last, to be taken from the end. */
function ordered(trail: Trail | null): Trail[] {
  const parts: Trail[] = [];
  for (let part = trail; part !== null; part = part.previous) parts.push(part);
  return parts;
}

function isSame(one: Ranges, other: Ranges): boolean {
  return JSON.stringify(one, textOfBig) === JSON.stringify(other, textOfBig);
}

function textOfBig(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** What a chain's summary says of one value, as a fact that a path can take to be so. */
function factOf({ fact, holds, left, among }: Answered): { readonly fact: Fact; readonly holds: boolean } {
  if (fact.value === undefined) return { fact, holds };
  const { within } = fact.value;
  if (isSame(left, both(among, holds ? within : complement(within)))) return { fact, holds };
  const { of } = fact.value;
  const words = holds ? fact.yes : fact.no;
  const key = `${of} in ${JSON.stringify(left, textOfBig)}`;
  return {
    fact: { about: fact.about, key, yes: words, no: '', likely: holds === fact.likely, value: { of, within: left, among } },
    holds: true,
  };
}

/** Lets a path take to be so what a summary says; false where the path says otherwise. */
function takes(run: Run, path: Path, { world }: Exit): boolean {
  for (const answer of world.answers.values()) {
    const { fact, holds } = factOf(answer);
    const known = answerTo(run, path, fact);
    if (known === undefined) suppose(run, path, fact, holds);
    else if (known !== holds) return false;
  }
  return true;
}

/** Goes on behind a chain that a path has gone through; null where the path ends. */
function goOn(run: Run, path: Path, frame: Frame, exit: Exit): Path | null {
  for (const step of stepsOf(exit.world.trail)) addStep(run, path, step);
  path.packet = exit.packet;
  path.probability *= exit.world.probability;
  switch (exit.kind) {
    case 'return':
      return leaveChain(run, path, frame);
    case 'next-table':
      return nextStage(path);
    case 'drop':
    case 'reject':
      return end(run, path, exit.kind);
  }
}

/** Takes a path through the chain that it stands before, and adds what leaves the chain to the paths that wait. */
function* passChain(run: Run, path: Path, frame: Frame, summaries: Summaries): Steps<boolean> {
  const exits = yield* summarySteps(summaries, frame.chain, path.packet);
  if (exits === undefined) return false;
  let rest = path;
  for (const exit of exits) {
    const one = rest;
    rest = splitOff(one);
    if (!takes(run, one, exit)) continue;
    const following = goOn(run, one, frame, exit);
    if (following !== null) run.waiting.add(following);
  }
  return true;
}

/**
 * Follows all paths that wait, chain by chain; false where that would have to leave some out. `rules` is about how many may be asked.
 */
export function* followMerged(run: Run, rules: number): Steps<boolean> {
  const byStage = new Map<string, Summaries>();
  let left = rules;
  let isComplete = true;
  for (let path = run.waiting.take(); path !== undefined; path = run.waiting.take()) {
    if (isPauseDue(run)) yield;
    let current: Path | null = path;
    while (current !== null && current.frame === null) current = enterStage(run, current);
    if (current === null || current.frame === null) continue;
    if (run.ended + run.waiting.size > mostPaths) {
      isComplete = false;
      break;
    }
    const stage = current.stages[current.stage];
    const name = `${stage?.table} ${stage?.hook}`;
    const summaries = byStage.get(name) ?? { run, stage, known: new Map(), left, isPartial: false };
    byStage.set(name, summaries);
    summaries.left = left;
    const isPassed = yield* passChain(run, current, current.frame, summaries);
    left = summaries.left;
    if (!isPassed || summaries.isPartial) isComplete = false;
    if (!isPassed) break;
  }
  assume(run, 'There are more paths than can be shown: those that end alike are shown as one, by the likeliest of them.');
  return isComplete;
}
