/**
 * Every path that a packet can take through a ruleset, with its probability. What the rules leave to chance (`-m statistic`) splits the
 * probability; what they leave to facts outside of them (sets, interfaces, which addresses are the node's) splits the paths, each of which
 * says what it takes to be so.
 */

import { type Steps, sortedSteps } from '../base/steps.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { setSteps } from '../ruleset/sets.ts';
import type { Fact } from './answer.ts';
import { compiledRule, isForAnother } from './compile-rule.ts';
import { perform } from './enumeration/jumps.ts';
import { matches } from './enumeration/matching.ts';
import { followMerged } from './enumeration/merged.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import { type Branch, newBranch, outcomesBelow, type Path } from './enumeration/path.ts';
import { enterStage, passEnd } from './enumeration/stages.ts';
import { assume, isPauseDue, newRun, type Run } from './enumeration/state.ts';
import { output, prerouting } from './hooks.ts';
import { isOwnAddress } from './local-address.ts';
import { knowLoops } from './loops.ts';
import type { Enumeration } from './outcome.ts';
import type { Packet } from './packet.ts';
import { knowLongChains } from './rule-index.ts';
import { knowOrders } from './rule-order.ts';

const defaultMostOutcomes = 20_000;
const mostWork = 1_000_000;
const mostSteps = 200_000;
/** So many are always allowed, however much other questions took: few questions need more. */
const leastSteps = 5_000;
const mostRulesMerged = 500_000;

/** A packet at the beginning of its way. */
export function startOf(run: Run, packet: Packet): Path {
  // Behind the routing decision the hooks of OUTPUT still see the interface that the packet was to leave by before NAT.
  const isRouted = run.options.part === 'after-routing';
  const isUnrouted = !isRouted && packet.isFromHere && packet.out === null;
  const goesToItself = isUnrouted && isOwnAddress(packet.destination, run.knows) === true;
  const out = goesToItself ? 'lo' : isUnrouted ? (run.options.wayOut?.(packet) ?? null) : packet.out;
  return {
    branch: newBranch(),
    probability: 1,
    oddity: 0,
    packet: out === packet.out ? packet : { ...packet, out },
    assumed: null,
    last: null,
    stages: packet.isFromHere && !run.isLooped ? output : prerouting,
    // Behind the last one: the routing decision comes next.
    stage: isRouted ? Math.max(prerouting.length, output.length) : 0,
    frame: null,
    at: 0,
    met: false,
    pending: null,
  };
}

/** Follows one path to its end or until a likelier one waits; false where too many rules were asked. */
function* follow(run: Run, start: Path, most: number): Steps<boolean> {
  let path: Path | null = start;
  while (path !== null) {
    if (run.work >= mostWork || run.steps >= most) return false;
    if (isPauseDue(run)) yield;
    const { frame, pending }: Path = path;
    if (pending !== null) {
      path.pending = null;
      path = perform(run, path, pending);
      continue;
    }
    if (frame === null) {
      path = enterStage(run, path);
      continue;
    }
    const line = frame.rules[path.at];
    if (line === undefined) {
      path = passEnd(run, path, frame);
      continue;
    }
    path.at += 1;
    const source = run.ruleset.lines.at(line);
    const { destination }: Packet = path.packet;
    if (source === undefined || (destination.standsIn !== true && isForAnother(source, destination.text))) continue;
    run.work += 1;
    const rule = compiledRule(source, run.family);
    if (rule === null || !matches(run, path, rule)) continue;
    path.pending = { frame, line, rule, target: source.target };
    if (run.waiting.hasLikelierThan(path)) {
      run.waiting.add(path);
      return true;
    }
  }
  return true;
}

/** Follows the paths one by one; the second half says whether all came to their end. */
function* singlePaths(
  run: Run,
  packet: Packet,
  mostOutcomes: number,
): Steps<{ readonly root: Branch; readonly complete: boolean }> {
  const start = startOf(run, packet);
  const root = start.branch;
  const { effort } = run.options;
  const most = Math.min(mostSteps, Math.max(leastSteps, effort?.left ?? mostSteps));
  run.waiting.add(start);
  for (let path = run.waiting.take(); path !== undefined; path = run.waiting.take()) {
    const isFollowed = yield* follow(run, path, most);
    if (!isFollowed || (run.ended >= mostOutcomes && run.waiting.size > 0)) return { root, complete: false };
  }
  return { root, complete: true };
}

function* enumerationOf(run: Run, root: Branch, complete: boolean): Steps<Enumeration> {
  if (!complete) assume(run, `There are more outcomes than these ${run.ended}, none of them likelier; they are left out.`);
  return {
    outcomes: yield* sortedSteps(yield* outcomesBelow(root), (one, other) => one.oddity - other.oddity),
    assumptions: [...run.assumptions],
    missing: [...run.missing],
    unshown: [...run.unshown.values()],
    complete,
  };
}

interface Merged {
  readonly run: Run;
  readonly root: Branch;
  readonly complete: boolean;
}

/** Follows all paths at once, those that end alike as one. */
function* mergedPaths(ruleset: Ruleset, packet: Packet, options: EnumerateOptions): Steps<Merged> {
  const run = newRun(ruleset, packet, options);
  const start = startOf(run, packet);
  const root = start.branch;
  run.waiting.add(start);
  const isAll = yield* followMerged(run, mostRulesMerged);
  return { run, root, complete: isAll && !run.isCut };
}

/**
 * All paths of a packet, those of the fewest unlikely assumptions first. Pauses every few hundred rules; never throws.
 * A packet of this node meets OUTPUT and POSTROUTING; one that comes in meets PREROUTING and INPUT or FORWARD and POSTROUTING. One that
 * comes in by lo was sent by this node and has its NAT behind it. Where there are too many, those that end alike are one outcome.
 */
export function* enumerateSteps(ruleset: Ruleset, packet: Packet, options: EnumerateOptions = {}): Steps<Enumeration> {
  const run = newRun(ruleset, packet, options);
  yield* knowLoops(run.tables.values());
  yield* knowOrders(ruleset);
  yield* knowLongChains(ruleset);
  yield* setSteps(ruleset);
  const single = yield* singlePaths(run, packet, options.mostOutcomes ?? defaultMostOutcomes);
  if (options.effort !== undefined) options.effort.left -= run.steps;
  if (single.complete) return yield* enumerationOf(run, single.root, !run.isCut);
  const merged = yield* mergedPaths(ruleset, packet, options);
  // What has come to its end of both is right; the one that is complete says all.
  if (merged.complete || (run.ended === 0 && merged.run.ended > 0))
    return yield* enumerationOf(merged.run, merged.root, merged.complete);
  if (run.ended > 0) return yield* enumerationOf(run, single.root, false);
  const decide = (fact: Fact): boolean => options.decide?.(fact) ?? fact.likely;
  const usual = yield* mergedPaths(ruleset, packet, { ...options, decide });
  assume(usual.run, 'Only the likeliest outcome is shown: every open question is answered with what is usual.');
  return yield* enumerationOf(usual.run, usual.root, false);
}
