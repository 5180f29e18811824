/**
 * Sends packets to a door through the ruleset and gathers which chains they pass, by which rules, with what probability. What the rules do
 * behind the choice of an endpoint is asked once for all endpoints that no rule tells apart, so that thousands of them cost little.
 */

import type { Steps } from '../../base/steps.ts';
import type { Hook } from '../../catalog/types.ts';
import type { Fact } from '../../netfilter/answer.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { Enumeration, Outcome, TraceStep, Verdict } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { roleOf } from '../identity/roles.ts';
import { assumedHooks } from './assumed-hooks.ts';
import type { TargetClasses } from './endpoint-classes.ts';
import { isMarkChain } from './frontends.ts';
import type { FlowNodeKind } from './graph.ts';
import type { Origin } from './packet-sources.ts';

/** Where a way ends: at an address, redirected; with a verdict of a rule or policy; where it was sent to, unchanged; or nobody knows where. */
export type WayEnd =
  | { readonly kind: 'address'; readonly packet: Packet; readonly chain: Chain; readonly line: number | null }
  | {
      readonly kind: 'verdict';
      readonly verdict: Verdict;
      readonly chain: Chain;
      readonly line: number | null;
      readonly isPolicy: boolean;
    }
  | { readonly kind: 'unchanged'; readonly packet: Packet; readonly dump: Dump }
  /** The dump, an excerpt, does not have the chain that it was sent to. */
  | { readonly kind: 'missing'; readonly chain: Chain };

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
}

export interface WalkResult {
  readonly ways: readonly WalkedWay[];
  /** Rules that matched, 0-based, whether they stand on a drawn edge or not. */
  readonly matched: ReadonlySet<number>;
  /** Chains that were taken to be hooked in, as the dump does not have the built-in chains. */
  readonly hooked: ReadonlySet<Chain>;
  readonly assumptions: readonly string[];
}

const kinds = new WeakMap<Chain, { readonly kind: FlowNodeKind | null }>();

/** What a chain is drawn as; null for one that is left out: marks, hooks, postrouting, chains that are not kube-proxy's. */
export function drawnKind(chain: Chain): FlowNodeKind | null {
  let known = kinds.get(chain);
  if (known === undefined) {
    known = { kind: kindOf(chain) };
    kinds.set(chain, known);
  }
  return known.kind;
}

function kindOf(chain: Chain): FlowNodeKind | null {
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

/** A chain that is being passed, and the one that jumped to it. */
interface Level {
  readonly chain: Chain;
  /** The innermost drawn chain from here outwards. */
  readonly drawn: Chain | null;
  readonly outer: Level | null;
}

interface VisitList {
  readonly visit: Visit;
  readonly previous: VisitList | null;
}

/** The drawn chains of a way up to some step. Ways that begin alike share their beginnings, and so do their trails. */
interface Trail {
  readonly visits: VisitList | null;
  readonly level: Level | null;
  /** The last drawn chain entered that is more than a dispatcher, left again or not. */
  readonly tip: Chain | null;
}

const noTrail: Trail = { visits: null, level: null, tip: null };

/** A dispatcher that another one jumps to takes its place, as both mean "look the destination up". */
function advance(trail: Trail, step: TraceStep): Trail {
  let { level } = trail;
  if (step.chain.builtin)
    level = level?.chain === step.chain && level.outer === null ? level : { chain: step.chain, drawn: null, outer: null };
  else {
    let at = level;
    while (at !== null && at.chain !== step.chain) at = at.outer;
    // No jump led here: the hook is taken to, as the dump leaves it out.
    if (at === null) return advance(enter({ ...trail, level: null }, step.chain, null), step);
    level = at;
  }
  const { target } = step;
  if (step.kind !== 'jump' || target === null) return level === trail.level ? trail : { ...trail, level };
  return enter({ ...trail, level }, target, step.line);
}

/** A trail with one more chain, as a rule jumps to it. */
function enter(trail: Trail, target: Chain, line: number | null): Trail {
  const { level } = trail;
  const kind = drawnKind(target);
  const above = level?.drawn ?? null;
  const inner: Level = { chain: target, drawn: kind === null ? above : target, outer: level };
  if (kind === null) return { ...trail, level: inner };
  const isHandedOn = kind === 'dispatch' && above !== null && drawnKind(above) === 'dispatch';
  return {
    visits: { visit: { chain: target, from: isHandedOn ? null : above, line }, previous: trail.visits },
    level: inner,
    tip: kind === 'dispatch' ? trail.tip : target,
  };
}

/** Trails by the step they end with. */
type Trails = Map<TraceStep, Trail>;

function trailTo(trails: Trails, last: TraceStep | null): Trail {
  const ahead: TraceStep[] = [];
  let trail: Trail = noTrail;
  for (let step = last; step !== null; step = step.previous) {
    const known = trails.get(step);
    if (known !== undefined) {
      trail = known;
      break;
    }
    ahead.push(step);
  }
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    trail = advance(trail, step);
    trails.set(step, trail);
  }
  return trail;
}

function isReturning(outcome: Outcome): boolean {
  for (let settled = outcome.settled; settled !== null; settled = settled.previous) {
    if (settled.holds && settled.fact.about === 'recent') return true;
  }
  return false;
}

/** Visits in order, without dispatchers that led nowhere: looked up and not found is no part of the way. */
function usedVisits(lists: readonly (VisitList | null)[], end: Chain | null): readonly Visit[] {
  const used: Visit[] = [];
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

function findStep(last: TraceStep | null, wanted: (step: TraceStep) => boolean): TraceStep | undefined {
  for (let step = last; step !== null; step = step.previous) if (wanted(step)) return step;
  return undefined;
}

/** The rule that an edge to an end stands for: the deciding one where it is the chain's own, else the last that the chain had a say with. */
function endLineOf(end: WayEnd, from: Chain | null, last: TraceStep | null): number | null {
  if (end.kind === 'address') return end.chain === from ? null : end.line;
  if (end.kind === 'verdict' && (from === null || from === end.chain)) return end.line;
  return findStep(last, (step) => step.chain === from)?.line ?? null;
}

export interface WalkContext {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly isLocal: (address: string) => boolean | undefined;
}

interface Rest {
  readonly probability: number;
  readonly verdict: Verdict;
  /** The last steps of its parts, one after the other. */
  readonly lasts: readonly (TraceStep | null)[];
  readonly isMasqueraded: boolean;
}

/** All ways of one packet, in rule order. */
export function* walkSteps(context: WalkContext, origin: Origin, classes: TargetClasses): Steps<WalkResult> {
  const { ruleset, dump, isLocal } = context;
  const matched = new Set<number>();
  const assumptions = new Set<string>();
  const hooked = new Set<Chain>();
  const ways: WalkedWay[] = [];
  const options = {
    dump,
    isLocal,
    hooked: (table: Table, hook: Hook) => {
      const chains = assumedHooks(table, hook);
      for (const chain of chains) hooked.add(chain);
      return chains;
    },
    decide: (fact: Fact): boolean | undefined => {
      if (fact.about === 'recent') return undefined;
      // That a packet does not use some interface goes without saying.
      if (fact.about !== 'interface') assumptions.add(fact.likely ? fact.yes : fact.no);
      return fact.likely;
    },
  };
  const rests = new Map<string, readonly Rest[]>();
  const trails: Trails = new Map();
  const noted = new Set<TraceStep>();

  function note(last: TraceStep | null): void {
    for (let step = last; step !== null && !noted.has(step); step = step.previous) {
      noted.add(step);
      if (step.line !== null && step.kind !== 'policy') matched.add(step.line);
    }
  }

  function noteAll(enumeration: Enumeration): void {
    for (const text of enumeration.assumptions) assumptions.add(text);
    for (const chain of enumeration.missing) {
      // A drawn chain shows that it is missing; what a mark is for is known without its chain.
      if (drawnKind(chain) !== null || isMarkChain(chain.name)) continue;
      assumptions.add(`${chain.name} is not in the dump, and is taken to let packets pass.`);
    }
  }

  /** What happens to a packet behind the routing decision. What this node sends to itself comes back in by lo and meets INPUT. */
  function* fateOf(packet: Packet): Steps<readonly Rest[]> {
    const after = yield* enumerateSteps(ruleset, packet, { ...options, part: 'after-routing' });
    noteAll(after);
    const fates: Rest[] = [];
    for (const outcome of after.outcomes) {
      const { probability, verdict, packet: sent } = outcome;
      const rest = { probability, verdict, lasts: [outcome.last], isMasqueraded: sent.snat };
      const isLooped = packet.isFromHere && verdict === 'accept' && isLocal(sent.destination.text) === true;
      if (!isLooped) {
        fates.push(rest);
        continue;
      }
      const back = yield* enumerateSteps(ruleset, { ...sent, in: 'lo', out: '' }, options);
      for (const again of back.outcomes) {
        const lasts = [...rest.lasts, again.last];
        fates.push({ ...rest, lasts, verdict: again.verdict, probability: probability * again.probability });
      }
    }
    return fates;
  }

  function* restOf(key: string, packet: Packet): Steps<readonly Rest[]> {
    const rest = yield* fateOf(packet);
    for (const each of rest) for (const last of each.lasts) note(last);
    rests.set(key, rest);
    return rest;
  }

  const before = yield* enumerateSteps(ruleset, origin.packet, { ...options, part: 'before-routing' });
  noteAll(before);
  for (const outcome of before.outcomes) {
    const { last } = outcome;
    note(last);
    const trail = trailTo(trails, last);
    const base = { isReturning: isReturning(outcome) };
    if (outcome.verdict !== 'accept') {
      if (last === null) continue;
      const from = trail.level?.drawn ?? null;
      const end = verdictAt(outcome.verdict, last);
      ways.push({
        ...base,
        probability: outcome.probability,
        visits: usedVisits([trail.visits], from),
        end,
        from,
        endLine: endLineOf(end, from, last),
        isMasqueraded: false,
      });
      continue;
    }
    const key = classes.keyOf(outcome.packet, isLocal(outcome.packet.destination.text));
    for (const rest of rests.get(key) ?? (yield* restOf(key, outcome.packet)))
      ways.push({ ...base, ...wayOf(dump, outcome, trail, trails, rest) });
  }
  return { ways, matched, hooked, assumptions: [...assumptions] };
}

function verdictAt(verdict: Verdict, step: TraceStep): WayEnd {
  return { kind: 'verdict', verdict, chain: step.chain, line: step.line, isPolicy: step.kind === 'policy' };
}

function isRedirect(step: TraceStep): boolean {
  return step.kind === 'dnat' || step.kind === 'redirect' || step.kind === 'netmap';
}

function isMissing(chain: Chain): boolean {
  return chain.declarations.length === 0 && chain.rules.length === 0;
}

/** Whether a step leads to a drawn chain that the dump does not have. */
function isLost(step: TraceStep): boolean {
  return step.kind === 'jump' && step.target !== null && isMissing(step.target) && drawnKind(step.target) !== null;
}

/** How a way goes on behind the routing decision. */
function wayOf(
  dump: Dump,
  outcome: Outcome,
  trail: Trail,
  trails: Trails,
  rest: Rest,
): Pick<WalkedWay, 'probability' | 'visits' | 'end' | 'from' | 'endLine' | 'isMasqueraded'> {
  const probability = outcome.probability * rest.probability;
  const { isMasqueraded } = rest;
  const { last } = outcome;
  const redirect = outcome.packet.dnat ? findStep(last, isRedirect) : undefined;
  const lost = redirect === undefined ? findStep(last, isLost)?.target : undefined;
  if (lost !== undefined && lost !== null) {
    return {
      probability,
      visits: usedVisits([trail.visits], lost),
      end: { kind: 'missing', chain: lost },
      from: lost,
      endLine: null,
      isMasqueraded,
    };
  }
  const stop = rest.verdict === 'accept' ? (redirect === undefined ? acceptedBy(rest) : undefined) : rest.lasts.at(-1);
  if (stop !== undefined && stop !== null) {
    const later = trailTo(trails, stop);
    const inLater = later.level?.drawn === stop.chain ? stop.chain : null;
    const from = trail.tip ?? inLater;
    const visits = usedVisits(trail.tip === null && inLater !== null ? [trail.visits, later.visits] : [trail.visits], from);
    const end = verdictAt(rest.verdict, stop);
    return { probability, visits, end, from, endLine: endLineOf(end, from, last), isMasqueraded };
  }
  const end: WayEnd =
    redirect === undefined
      ? { kind: 'unchanged', packet: outcome.packet, dump }
      : { kind: 'address', packet: outcome.packet, chain: redirect.chain, line: redirect.line };
  const from = redirect === undefined ? trail.tip : (trail.level?.drawn ?? null);
  return { probability, visits: usedVisits([trail.visits], from), end, from, endLine: endLineOf(end, from, last), isMasqueraded };
}

/** The ACCEPT of a dispatcher of the filter table: health checks have one. */
function acceptedBy(rest: Rest): TraceStep | undefined {
  for (const last of rest.lasts.toReversed()) {
    const step = findStep(last, ({ kind }) => kind === 'accept');
    if (step !== undefined && drawnKind(step.chain) === 'dispatch') return step;
  }
  return undefined;
}
