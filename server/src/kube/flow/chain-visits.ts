/** Which drawn chains a packet passes, step by step. Paths that begin alike share their beginnings. */
import type { TraceStep } from '../../netfilter/outcome.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { drawnKind } from './drawn-kind.ts';

/** A chain entered on a path. */
export interface ChainVisit {
  readonly chain: Chain;
  /** The drawn chain that it was entered from; null from the entry. */
  readonly from: Chain | null;
  /** The rule that jumps, 0-based. */
  readonly line: number | null;
}

/** A chain that is being passed, and the one that jumped to it. */
interface Level {
  readonly chain: Chain;
  /** The innermost drawn chain from here outwards. */
  readonly drawn: Chain | null;
  readonly outer: Level | null;
}

export interface VisitList {
  readonly visit: ChainVisit;
  readonly previous: VisitList | null;
}

/** The drawn chains of a path up to some step. */
export interface PathSoFar {
  readonly visits: VisitList | null;
  readonly level: Level | null;
  /** The last drawn chain entered that is more than a dispatcher, left again or not. */
  readonly lastDrawn: Chain | null;
}

const emptyPath: PathSoFar = { visits: null, level: null, lastDrawn: null };

/** A dispatcher that another one jumps to takes its place, as both mean "look the destination up". */
function advance(path: PathSoFar, step: TraceStep): PathSoFar {
  let { level } = path;
  if (step.chain.builtin)
    level = level?.chain === step.chain && level.outer === null ? level : { chain: step.chain, drawn: null, outer: null };
  else {
    let at = level;
    while (at !== null && at.chain !== step.chain) at = at.outer;
    // No jump led here: the hook is taken to, as the dump leaves it out.
    if (at === null) return advance(enter({ ...path, level: null }, step.chain, null), step);
    level = at;
  }
  const { target } = step;
  if (step.kind !== 'jump' || target === null) return level === path.level ? path : { ...path, level };
  return enter({ ...path, level }, target, step.line);
}

/** A path with one more chain, as a rule jumps to it. */
function enter(path: PathSoFar, target: Chain, line: number | null): PathSoFar {
  const { level } = path;
  const kind = drawnKind(target);
  const above = level?.drawn ?? null;
  const inner: Level = { chain: target, drawn: kind === null ? above : target, outer: level };
  if (kind === null) return { ...path, level: inner };
  const isHandedOn = kind === 'dispatch' && above !== null && drawnKind(above) === 'dispatch';
  return {
    visits: { visit: { chain: target, from: isHandedOn ? null : above, line }, previous: path.visits },
    level: inner,
    lastDrawn: kind === 'dispatch' ? path.lastDrawn : target,
  };
}

/** Paths by the step they end with. */
export type PathsBySteps = Map<TraceStep, PathSoFar>;

/** The path that ends with a step; those on the way to it are kept in `known`. */
export function pathTo(known: PathsBySteps, last: TraceStep | null): PathSoFar {
  const ahead: TraceStep[] = [];
  let path = emptyPath;
  for (let step = last; step !== null; step = step.previous) {
    const before = known.get(step);
    if (before !== undefined) {
      path = before;
      break;
    }
    ahead.push(step);
  }
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    path = advance(path, step);
    known.set(step, path);
  }
  return path;
}

/** Visits in order, without dispatchers that led nowhere: looked up and not found is no part of a path. */
export function usedVisits(lists: readonly (VisitList | null)[], end: Chain | null): readonly ChainVisit[] {
  const used: ChainVisit[] = [];
  for (const list of lists.toReversed()) {
    for (let at = list; at !== null; at = at.previous) {
      const { visit } = at;
      const isUsed =
        drawnKind(visit.chain) !== 'dispatch' || visit.chain === end || used.some((later) => later.from === visit.chain);
      if (isUsed) used.push(visit);
    }
  }
  return used.reverse();
}
