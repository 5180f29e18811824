/**
 * Sends packets to a door through the ruleset and gathers which chains they pass, by which rules, with what probability. What the rules do
 * behind the choice of an endpoint is asked once for all endpoints that no rule tells apart, so that thousands of them cost little.
 */
import { enumerateSteps, type Outcome, type TraceStep, type Verdict } from '../netfilter/enumerate.ts';
import type { Packet } from '../netfilter/packet.ts';
import type { Chain, Dump, Ruleset } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import type { FlowNodeKind } from './flow-graph.ts';
import type { Origin } from './flow-origins.ts';
import type { TargetClasses } from './flow-target-classes.ts';
import { roleOf } from './roles.ts';

/** Where a way ends: at an address, redirected; with a verdict of a rule or policy; or where it was sent to, unchanged. */
export type WayEnd =
  | { readonly kind: 'address'; readonly packet: Packet; readonly chain: Chain; readonly line: number | null }
  | {
      readonly kind: 'verdict';
      readonly verdict: Verdict;
      readonly chain: Chain;
      readonly line: number | null;
      readonly isPolicy: boolean;
    }
  | { readonly kind: 'unchanged'; readonly packet: Packet };

/** A chain entered on a way, in order. */
export interface Visit {
  readonly chain: Chain;
  /** The drawn chain that it was entered from; null from the entry. */
  readonly from: Chain | null;
  /** The rule that jumps, 0-based. */
  readonly line: number | null;
}

export interface WalkedWay {
  readonly probability: number;
  readonly visits: readonly Visit[];
  readonly end: WayEnd;
  /** The drawn chain that it ends from; null from the entry. */
  readonly from: Chain | null;
  /** The last rule of that chain that had a say in it, 0-based; null where none had, or the chain redirects by itself. */
  readonly endLine: number | null;
  /** Whether the client has been sent the same way before (`-m recent`). */
  readonly isReturning: boolean;
  readonly isMasqueraded: boolean;
  /** Whether some rule set a mark. */
  readonly isMarked: boolean;
}

export interface WalkResult {
  readonly ways: readonly WalkedWay[];
  /** Rules that matched, 0-based, whether they stand on a drawn edge or not. */
  readonly matched: ReadonlySet<number>;
  readonly assumptions: readonly string[];
}

/** What a chain is drawn as; null for one that is left out: marks, hooks, postrouting, chains that are not kube-proxy's. */
export function drawnKind(chain: Chain): FlowNodeKind | null {
  switch (roleOf(chain.table.name, chain.name, chain.builtin)) {
    case 'services':
    case 'nodeports':
    case 'external-services':
      return 'dispatch';
    case 'external':
    case 'xlb':
      return 'external';
    case 'firewall':
      return 'firewall';
    case 'service':
      return 'service';
    case 'service-local':
      return 'service-local';
    case 'endpoint':
      return 'endpoint';
    case 'cni-hostport':
      if (chain.name === 'CNI-HOSTPORT-DNAT' || chain.name === 'KUBE-HOSTPORTS') return 'dispatch';
      return /^(?:CNI-DN-|KUBE-HP-)/.test(chain.name) ? 'endpoint' : null;
    default:
      return null;
  }
}

function stepsOf(last: TraceStep | null): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  for (let step = last; step !== null; step = step.previous) steps.push(step);
  return steps.reverse();
}

interface Trail {
  readonly visits: readonly Visit[];
  /** The innermost drawn chain at the last rule. */
  readonly innermost: Chain | null;
  /** The last drawn chain entered that is more than a dispatcher, left again or not. */
  readonly tip: Chain | null;
}

/** The drawn chains of a way. A dispatcher that another one jumps to takes its place, as both mean "look the destination up". */
function trailOf(steps: readonly TraceStep[]): Trail {
  const visits: Visit[] = [];
  let stack: { readonly chain: Chain; readonly drawn: Chain | null }[] = [];
  let tip: Chain | null = null;
  const innermostOf = (): Chain | null => stack.findLast((frame) => frame.drawn !== null)?.drawn ?? null;
  for (const step of steps) {
    if (step.chain.builtin) stack = [{ chain: step.chain, drawn: null }];
    else {
      const at = stack.findLastIndex((frame) => frame.chain === step.chain);
      if (at >= 0) stack.length = at + 1;
    }
    if (step.kind !== 'jump' || step.target === null) continue;
    const kind = drawnKind(step.target);
    if (kind !== null) {
      const above = innermostOf();
      const isHandedOn = kind === 'dispatch' && above !== null && drawnKind(above) === 'dispatch';
      visits.push({ chain: step.target, from: isHandedOn ? null : above, line: step.line });
      if (kind !== 'dispatch') tip = step.target;
    }
    stack.push({ chain: step.target, drawn: kind === null ? null : step.target });
  }
  return { visits, innermost: innermostOf(), tip };
}

function isReturning(outcome: Outcome): boolean {
  for (let settled = outcome.settled; settled !== null; settled = settled.previous) {
    if (settled.holds && settled.fact.key.startsWith('recent ')) return true;
  }
  return false;
}

function usedVisits(visits: readonly Visit[], end: Chain | null): readonly Visit[] {
  // Looked up and not found is no part of the way.
  return visits.filter(
    (visit) => drawnKind(visit.chain) !== 'dispatch' || visit.chain === end || visits.some((other) => other.from === visit.chain),
  );
}

/** The rule that an edge to an end stands for: the deciding one where it is the chain's own, else the last that the chain had a say with. */
function endLineOf(end: WayEnd, from: Chain | null, steps: readonly TraceStep[]): number | null {
  if (end.kind === 'address') return end.chain === from ? null : end.line;
  if (end.kind === 'verdict' && (from === null || from === end.chain)) return end.line;
  return steps.findLast((step) => step.chain === from)?.line ?? null;
}

export interface WalkContext {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly isLocal: (address: string) => boolean | undefined;
}

interface Rest {
  readonly probability: number;
  readonly verdict: Verdict;
  readonly steps: readonly TraceStep[];
  readonly isMasqueraded: boolean;
}

/** All ways of one packet, in rule order. */
export function* walkSteps(context: WalkContext, origin: Origin, classes: TargetClasses): Steps<WalkResult> {
  const { ruleset, dump, isLocal } = context;
  const matched = new Set<number>();
  const assumptions = new Set<string>();
  const ways: WalkedWay[] = [];
  const options = {
    dump,
    isLocal,
    decide: (fact: { readonly key: string; readonly likely: boolean }) =>
      fact.key.startsWith('recent ') ? undefined : fact.likely,
  };
  const rests = new Map<string, readonly Rest[]>();

  function note(steps: readonly TraceStep[]): void {
    for (const step of steps) if (step.line !== null && step.kind !== 'policy') matched.add(step.line);
  }

  /** What happens to a packet behind the routing decision. What this node sends to itself comes back in by lo and meets INPUT. */
  function* fateOf(packet: Packet): Steps<readonly Rest[]> {
    const after = yield* enumerateSteps(ruleset, packet, { ...options, part: 'after-routing' });
    for (const text of after.assumptions) assumptions.add(text);
    const fates: Rest[] = [];
    for (const outcome of after.outcomes) {
      const { probability, verdict, packet: sent } = outcome;
      const rest = { probability, verdict, steps: stepsOf(outcome.last), isMasqueraded: sent.snat };
      const isLooped = packet.isFromHere && verdict === 'accept' && isLocal(sent.destination.text) === true;
      if (!isLooped) {
        fates.push(rest);
        continue;
      }
      const back = yield* enumerateSteps(ruleset, { ...sent, in: 'lo', out: '' }, options);
      for (const again of back.outcomes) {
        const steps = [...rest.steps, ...stepsOf(again.last)];
        fates.push({ ...rest, steps, verdict: again.verdict, probability: probability * again.probability });
      }
    }
    return fates;
  }

  function* restOf(packet: Packet): Steps<readonly Rest[]> {
    const key = classes.keyOf(packet, isLocal(packet.destination.text));
    let rest = rests.get(key);
    if (rest === undefined) {
      rest = yield* fateOf(packet);
      for (const each of rest) note(each.steps);
      rests.set(key, rest);
    }
    return rest;
  }

  const before = yield* enumerateSteps(ruleset, origin.packet, { ...options, part: 'before-routing' });
  for (const text of before.assumptions) assumptions.add(text);
  for (const outcome of before.outcomes) {
    const steps = stepsOf(outcome.last);
    note(steps);
    const trail = trailOf(steps);
    const base = { isReturning: isReturning(outcome), isMarked: outcome.packet.mark !== origin.packet.mark };
    if (outcome.verdict !== 'accept') {
      const { last } = outcome;
      if (last === null) continue;
      const { innermost: from } = trail;
      const isPolicy = last.kind === 'policy';
      const end: WayEnd = { kind: 'verdict', verdict: outcome.verdict, chain: last.chain, line: last.line, isPolicy };
      ways.push({
        ...base,
        probability: outcome.probability,
        visits: usedVisits(trail.visits, from),
        end,
        from,
        endLine: endLineOf(end, from, steps),
        isMasqueraded: false,
      });
      continue;
    }
    const redirect = outcome.packet.dnat ? steps.findLast((step) => step.kind === 'dnat' || step.kind === 'redirect') : undefined;
    for (const rest of yield* restOf(outcome.packet)) {
      ways.push({ ...base, ...wayOf(outcome, steps, trail, redirect, rest) });
    }
  }
  return { ways, matched, assumptions: [...assumptions] };
}

/** How a way goes on behind the routing decision. */
function wayOf(
  outcome: Outcome,
  steps: readonly TraceStep[],
  trail: Trail,
  redirect: TraceStep | undefined,
  rest: Rest,
): Pick<WalkedWay, 'probability' | 'visits' | 'end' | 'from' | 'endLine' | 'isMasqueraded'> {
  const probability = outcome.probability * rest.probability;
  const { isMasqueraded } = rest;
  const last = rest.steps.at(-1);
  const later = trailOf(rest.steps);
  const decided = rest.steps.findLast((step) => step.kind === 'accept');
  // The health check's ACCEPT stands in a dispatcher of the filter table.
  const accepted = decided !== undefined && drawnKind(decided.chain) === 'dispatch' ? decided : undefined;
  const stop = rest.verdict === 'accept' ? (redirect === undefined ? accepted : undefined) : last;
  if (stop !== undefined) {
    const inLater = later.visits.findLast((visit) => visit.chain === stop.chain)?.chain ?? null;
    const from = trail.tip ?? inLater;
    const visits = trail.tip === null && inLater !== null ? [...trail.visits, ...later.visits] : trail.visits;
    const end: WayEnd = {
      kind: 'verdict',
      verdict: rest.verdict,
      chain: stop.chain,
      line: stop.line,
      isPolicy: stop.kind === 'policy',
    };
    return { probability, visits: usedVisits(visits, from), end, from, endLine: endLineOf(end, from, steps), isMasqueraded };
  }
  const end: WayEnd =
    redirect === undefined
      ? { kind: 'unchanged', packet: outcome.packet }
      : { kind: 'address', packet: outcome.packet, chain: redirect.chain, line: redirect.line };
  const from = redirect === undefined ? trail.tip : trail.innermost;
  return { probability, visits: usedVisits(trail.visits, from), end, from, endLine: endLineOf(end, from, steps), isMasqueraded };
}
