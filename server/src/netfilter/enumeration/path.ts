import type { Steps } from '../../base/steps.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { CompiledRule } from '../compiled-rule.ts';
import type { Stage } from '../hooks.ts';
import type { Assumption, Outcome, TraceStep } from '../outcome.ts';
import type { Packet } from '../packet.ts';

/** A chain that a path is in. */
export interface Frame {
  readonly chain: Chain;
  readonly rules: readonly number[];
  /** Who is returned to, and at which of its rules. */
  readonly parent: Frame | null;
  readonly resume: number;
}

/** A place in the order of rules: where a path splits, that on which the rule matches comes first. */
export interface Branch {
  first: Branch | null;
  second: Branch | null;
  outcome: Outcome | null;
}

/** A path in the making. */
export interface Path {
  branch: Branch;
  probability: number;
  /** How many unlikely assumptions it makes. */
  oddity: number;
  packet: Packet;
  assumed: Assumption | null;
  last: TraceStep | null;
  stages: readonly Stage[];
  stage: number;
  frame: Frame | null;
  /** The next rule of the frame. */
  at: number;
  /** Whether a rule of this base chain has matched. */
  met: boolean;
  /** A rule that matches, while likelier paths come first. */
  pending: Matched | null;
}

/** A rule that matches on a path, and is to be done. */
export interface Matched {
  readonly frame: Frame;
  readonly line: number;
  readonly rule: CompiledRule;
  /** The target as the rule names it. */
  readonly target: string;
}

/** A branch that nothing has come to yet. */
export function newBranch(): Branch {
  return { first: null, second: null, outcome: null };
}

/** A second path that has come the same way, and stands behind this one in the order of rules. */
export function splitOff(path: Path): Path {
  const first = newBranch();
  const second = newBranch();
  path.branch.first = first;
  path.branch.second = second;
  path.branch = first;
  return { ...path, branch: second };
}

const branchesBetweenPauses = 2_048;

/** The outcomes below a branch, in the order of rules. Pauses every few thousand branches. */
export function* outcomesBelow(root: Branch): Steps<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting: Branch[] = [root];
  let passed = 0;
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    passed += 1;
    if (passed % branchesBetweenPauses === 0) yield;
    if (branch.outcome !== null) outcomes.push(branch.outcome);
    if (branch.second !== null) waiting.push(branch.second);
    if (branch.first !== null) waiting.push(branch.first);
  }
  return outcomes;
}
