/**
 * Every path that a packet can take through a ruleset, with its probability. What the rules leave to chance (`-m statistic`) splits the
 * probability; what they leave to facts outside of them (sets, interfaces, which addresses are the node's) splits the paths, each of which
 * says what it takes to be so.
 */

import type { Steps } from '../base/steps.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { compiledRule, isForAnother } from './compile-rule.ts';
import { perform } from './enumeration/jumps.ts';
import { matches } from './enumeration/matching.ts';
import type { EnumerateOptions } from './enumeration/options.ts';
import { newBranch, outcomesBelow, type Path } from './enumeration/path.ts';
import { enterStage, passEnd } from './enumeration/stages.ts';
import { assume, newRun, type Run } from './enumeration/state.ts';
import { output, prerouting } from './hooks.ts';
import { isOwnAddress } from './local-address.ts';
import type { Enumeration } from './outcome.ts';
import type { Packet } from './packet.ts';

const defaultMostOutcomes = 20_000;
const mostRulesAsked = 5_000_000;
const mostSteps = 1_000_000;
const rulesBetweenPauses = 4096;

function startOf(run: Run, packet: Packet): Path {
  const goesToItself = packet.isFromHere && packet.out === null && isOwnAddress(packet.destination, run.knows) === true;
  return {
    branch: newBranch(),
    probability: 1,
    oddity: 0,
    packet: goesToItself ? { ...packet, out: 'lo' } : packet,
    assumed: null,
    last: null,
    stages: packet.isFromHere && !run.isLooped ? output : prerouting,
    // Behind the last one: the routing decision comes next.
    stage: run.options.part === 'after-routing' ? Math.max(prerouting.length, output.length) : 0,
    frame: null,
    at: 0,
    met: false,
  };
}

/** Follows one path to its end or until a likelier one waits; false where too many rules were asked. */
function* follow(run: Run, start: Path, asked: { rules: number }): Steps<boolean> {
  let path: Path | null = start;
  while (path !== null) {
    if (asked.rules >= mostRulesAsked || run.steps >= mostSteps) return false;
    const { frame }: Path = path;
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
    const source = run.ruleset.lines[line];
    const { destination }: Packet = path.packet;
    if (source === undefined || (destination.standsIn !== true && isForAnother(source, destination.text))) continue;
    asked.rules += 1;
    if (asked.rules % rulesBetweenPauses === 0) yield;
    const rule = compiledRule(source, run.family);
    if (rule === null || !matches(run, path, rule)) continue;
    path = perform(run, path, frame, line, rule, source.target);
    if (path !== null && run.waiting.hasLikelierThan(path)) {
      run.waiting.add(path);
      return true;
    }
  }
  return true;
}

/**
 * All paths of a packet, those that take the fewest unlikely things to be so first. Pauses every few thousand rules; never throws.
 * A packet of this node meets OUTPUT and POSTROUTING; one that comes in meets PREROUTING and INPUT or FORWARD and POSTROUTING. One that
 * comes in by lo was sent by this node and has its NAT behind it.
 */
export function* enumerateSteps(ruleset: Ruleset, packet: Packet, options: EnumerateOptions = {}): Steps<Enumeration> {
  const run = newRun(ruleset, packet, options);
  const mostOutcomes = options.mostOutcomes ?? defaultMostOutcomes;
  const asked = { rules: 0 };
  let complete = true;
  const start = startOf(run, packet);
  const root = start.branch;
  run.waiting.add(start);
  for (let path = run.waiting.take(); path !== undefined; path = run.waiting.take()) {
    const isFollowed = yield* follow(run, path, asked);
    complete = isFollowed && (run.ended < mostOutcomes || run.waiting.size === 0);
    if (!complete) {
      assume(run, `There are more ways than these ${run.ended}; the rest is left out.`);
      break;
    }
  }
  const outcomes = outcomesBelow(root).toSorted((one, other) => one.oddity - other.oddity);
  return { outcomes, assumptions: [...run.assumptions], missing: [...run.missing], unshown: [...run.unshown.values()], complete };
}
