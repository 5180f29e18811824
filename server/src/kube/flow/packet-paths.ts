/**
 * Sends packets to a frontend through the ruleset and gathers which chains they pass, by which rules, with what probability. What the rules do
 * behind the choice of an endpoint is asked once for all endpoints that no rule tells apart, so that thousands of them cost little.
 */

import type { Steps } from '../../base/steps.ts';
import type { Hook } from '../../catalog/types.ts';
import type { Fact } from '../../netfilter/answer.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { Assumption, Enumeration, Outcome, TraceStep, Unshown, Verdict } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { NodeFacts } from '../../node/facts.ts';
import { type NodeKnowledge, nodeKnowledge } from '../../node/knowledge.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { assumedHooks } from '../proxy/assumed-hooks.ts';
import { type ChainVisit, type PathSoFar, type PathsBySteps, pathTo, usedVisits } from './chain-visits.ts';
import { drawnKind } from './drawn-kind.ts';
import type { TargetClasses } from './endpoint-classes.ts';
import { isMarkChain } from './frontends.ts';
import { hiddenInNat, isHiddenInNat, saysNoEndpoints } from './hidden-in-nat.ts';
import type { PacketSource } from './packet-sources.ts';

/** Where a path ends: at an address, redirected; with a verdict of a rule or policy; where it was sent to, unchanged; or nobody knows where. */
export type PathEnd =
  | { readonly kind: 'address'; readonly packet: Packet; readonly chain: Chain; readonly line: number | null }
  | {
      readonly kind: 'verdict';
      readonly verdict: Verdict;
      readonly chain: Chain;
      readonly line: number | null;
      readonly isPolicy: boolean;
    }
  | { readonly kind: 'unchanged'; readonly packet: Packet; readonly dump: Dump }
  /** Nobody knows where, as the dump, an excerpt, does not show something that decides. `what` says what, in a few words. */
  | { readonly kind: 'not-shown'; readonly what: string };

export interface PacketPath {
  readonly probability: number;
  readonly visits: readonly ChainVisit[];
  readonly end: PathEnd;
  /** The drawn chain that it ends from; null from the entry. */
  readonly from: Chain | null;
  /** The last rule of that chain that had a say in it, 0-based; null where none had, or the chain redirects by itself. */
  readonly endLine: number | null;
  /** Whether the client has been sent the same way before (`-m recent`). */
  readonly isReturning: boolean;
  readonly isMasqueraded: boolean;
}

export interface PathsFound {
  readonly paths: readonly PacketPath[];
  /** Rules that matched, 0-based, whether they stand on a drawn edge or not. */
  readonly matched: ReadonlySet<number>;
  /** Chains that were taken to be hooked in, as the dump does not have the built-in chains. */
  readonly hooked: ReadonlySet<Chain>;
  readonly assumptions: readonly string[];
  /** Parts of the rules that the packet would meet and the text does not show. */
  readonly unshown: readonly Unshown[];
  /** Whether some rule on the way asks for an interface. */
  readonly asksInterface: boolean;
}

export interface PathContext {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly isLocal: (address: string) => boolean | undefined;
  /** A chain of nat at which the packet starts, as nothing leads there; null to start at the hooks. */
  readonly start: Chain | null;
  /** What a bundle says of the node. */
  readonly facts?: NodeFacts | undefined;
  /** Also paths of a packet that uses an interface which some rule asks for; without it, it uses none of them. */
  readonly withInterfaces?: boolean;
}

/** What happens to a packet behind the routing decision, one of several possibilities. */
interface AfterRouting {
  readonly probability: number;
  readonly verdict: Verdict;
  /** The last steps of its parts, one after the other. */
  readonly lasts: readonly (TraceStep | null)[];
  readonly isMasqueraded: boolean;
}

/** What is gathered while one packet is sent. */
interface Search {
  readonly context: PathContext;
  readonly options: Parameters<typeof enumerateSteps>[2];
  readonly matched: Set<number>;
  readonly assumptions: Set<string>;
  readonly unshown: Map<string, Unshown>;
  readonly hooked: Set<Chain>;
  /** By what the rules behind the routing decision tell apart. */
  readonly afterRouting: Map<string, readonly AfterRouting[]>;
  readonly pathsBySteps: PathsBySteps;
  /** Steps whose rules are in `matched`. */
  readonly noted: Set<TraceStep>;
  /** By the last thing assumed: whether anything up to it is that the client has been here before. */
  readonly returning: Map<Assumption, boolean>;
  asksInterface: boolean;
}

/** What is drawn is true of any client, whoever is on a list just now and wherever routes lead. */
function withoutLists({
  isListed,
  listedTimes,
  time,
  routed,
  ...knowledge
}: NodeKnowledge): Omit<NodeKnowledge, 'isListed' | 'listedTimes' | 'time' | 'routed'> {
  return knowledge;
}

function startSearch(context: PathContext): Search {
  const { ruleset, dump, isLocal, start, facts, withInterfaces } = context;
  const assumptions = new Set<string>();
  const hooked = new Set<Chain>();
  const options = {
    ...(facts === undefined ? {} : withoutLists(nodeKnowledge(facts))),
    dump,
    isLocal,
    hooked: (table: Table, hook: Hook, base: Chain | undefined) => {
      if (start !== null && start.table === table && (hook === 'PREROUTING' || hook === 'OUTPUT')) return [start];
      const assumed = assumedHooks(ruleset, table, hook);
      for (const chain of assumed) hooked.add(chain);
      return base === undefined ? assumed : [base, ...assumed];
    },
    decide: (fact: Fact): boolean | undefined => {
      if (fact.about === 'recent') return undefined;
      // That a packet does not use some interface goes without saying.
      if (fact.about !== 'interface') assumptions.add(fact.likely ? fact.yes : fact.no);
      else search.asksInterface = true;
      return withInterfaces === true && fact.about === 'interface' ? undefined : fact.likely;
    },
  };
  const search: Search = {
    context,
    options,
    matched: new Set(),
    assumptions,
    unshown: new Map(),
    hooked,
    afterRouting: new Map(),
    pathsBySteps: new Map(),
    noted: new Set(),
    returning: new Map(),
    asksInterface: false,
  };
  return search;
}

function note(search: Search, last: TraceStep | null): void {
  for (let step = last; step !== null && !search.noted.has(step); step = step.previous) {
    search.noted.add(step);
    if (step.line !== null && step.kind !== 'policy') search.matched.add(step.line);
  }
}

function noteAssumptions({ assumptions, unshown }: Search, enumeration: Enumeration): void {
  for (const text of enumeration.assumptions) assumptions.add(text);
  for (const each of enumeration.unshown) unshown.set(`${each.what} ${each.table} ${each.chain}`, each);
  for (const chain of enumeration.missing) {
    // A drawn chain shows that it is missing; what a mark is for is known without its chain.
    if (drawnKind(chain) !== null || isMarkChain(chain.name)) continue;
    assumptions.add(`${chain.name} is not in the dump, and is taken to let packets pass.`);
  }
}

/** What happens to a packet behind the routing decision. What this node sends to itself comes back in by lo and meets INPUT. */
function* behindRouting(search: Search, packet: Packet): Steps<readonly AfterRouting[]> {
  const { options, context } = search;
  const after = yield* enumerateSteps(context.ruleset, packet, { ...options, part: 'after-routing' });
  noteAssumptions(search, after);
  const found: AfterRouting[] = [];
  for (const outcome of after.outcomes) {
    const { probability, verdict, packet: sent } = outcome;
    const once = { probability, verdict, lasts: [outcome.last], isMasqueraded: sent.snat };
    const isLooped = packet.isFromHere && verdict === 'accept' && context.isLocal(sent.destination.text) === true;
    if (!isLooped) {
      found.push(once);
      continue;
    }
    const back = yield* enumerateSteps(context.ruleset, { ...sent, in: 'lo', out: '' }, options);
    for (const again of back.outcomes) {
      const lasts = [...once.lasts, again.last];
      found.push({ ...once, lasts, verdict: again.verdict, probability: probability * again.probability });
    }
  }
  return found;
}

function* afterRoutingOf(search: Search, key: string, packet: Packet): Steps<readonly AfterRouting[]> {
  const known = search.afterRouting.get(key);
  if (known !== undefined) return known;
  const found = yield* behindRouting(search, packet);
  for (const each of found) for (const last of each.lasts) note(search, last);
  search.afterRouting.set(key, found);
  return found;
}

/** Whether an outcome takes the client to be known to some `-m recent` list. What outcomes assume alike is looked through once. */
function isReturning({ returning }: Search, { assumed: last }: Outcome): boolean {
  const ahead: Assumption[] = [];
  let answer = false;
  for (let assumed = last; assumed !== null; assumed = assumed.previous) {
    const known = returning.get(assumed);
    if (known !== undefined) {
      answer = known;
      break;
    }
    ahead.push(assumed);
  }
  for (let assumed = ahead.pop(); assumed !== undefined; assumed = ahead.pop()) {
    answer ||= assumed.holds && assumed.fact.about === 'recent';
    returning.set(assumed, answer);
  }
  return answer;
}

/** All paths of one packet, in rule order. */
export function* pathSteps(context: PathContext, source: PacketSource, classes: TargetClasses): Steps<PathsFound> {
  const search = startSearch(context);
  const { matched, assumptions, hooked, pathsBySteps } = search;
  const paths: PacketPath[] = [];
  const before = yield* enumerateSteps(context.ruleset, source.packet, { ...search.options, part: 'before-routing' });
  noteAssumptions(search, before);
  for (const outcome of before.outcomes) {
    const { last } = outcome;
    note(search, last);
    const soFar = pathTo(pathsBySteps, last);
    const base = { isReturning: isReturning(search, outcome) };
    if (outcome.verdict !== 'accept') {
      if (last !== null) paths.push({ ...base, ...stoppedPath(outcome, last, soFar) });
      continue;
    }
    const { destination } = outcome.packet;
    // Where routes are known, each destination may have a way out of its own.
    const ownRoute = context.facts === undefined ? '' : ` ${destination.text}`;
    const key = classes.keyOf(outcome.packet, context.isLocal(destination.text)) + ownRoute;
    for (const after of yield* afterRoutingOf(search, key, outcome.packet))
      paths.push({ ...base, ...wholePath(context, outcome, soFar, pathsBySteps, after) });
  }
  const { unshown, asksInterface } = search;
  return { paths, matched, hooked, assumptions: [...assumptions], unshown: [...unshown.values()], asksInterface };
}

type PathWithoutClient = Omit<PacketPath, 'isReturning'>;

/** A path that ends before the routing decision. */
function stoppedPath(outcome: Outcome, last: TraceStep, soFar: PathSoFar): PathWithoutClient {
  const from = soFar.level?.drawn ?? null;
  const end = verdictAt(outcome.verdict, last);
  return {
    probability: outcome.probability,
    visits: usedVisits([soFar.visits], from),
    end,
    from,
    endLine: endLineOf(end, from, last),
    isMasqueraded: false,
  };
}

function findStep(last: TraceStep | null, wanted: (step: TraceStep) => boolean): TraceStep | undefined {
  for (let step = last; step !== null; step = step.previous) if (wanted(step)) return step;
  return undefined;
}

/** The rule that an edge to an end stands for: the deciding one where it is the chain's own, else the last that the chain had a say with. */
function endLineOf(end: PathEnd, from: Chain | null, last: TraceStep | null): number | null {
  if (end.kind === 'address') return end.chain === from ? null : end.line;
  if (end.kind === 'verdict' && (from === null || from === end.chain)) return end.line;
  return findStep(last, (step) => step.chain === from)?.line ?? null;
}

function verdictAt(verdict: Verdict, step: TraceStep): PathEnd {
  return { kind: 'verdict', verdict, chain: step.chain, line: step.line, isPolicy: step.kind === 'policy' };
}

function isRedirect(step: TraceStep): boolean {
  return step.kind === 'dnat' || step.kind === 'redirect' || step.kind === 'netmap';
}

/** Why nobody knows where a DNAT leads: its address could not be read, or it keeps the one of a packet that no address is known of. */
function unknownTarget({ start }: PathContext, { kind, line, words }: TraceStep): PathEnd | undefined {
  if (kind !== 'dnat' || line === null) return undefined;
  if (words === 'dnat') return { kind: 'not-shown', what: `line ${line + 1} does not say to which address` };
  const keepsAddress = start !== null && words.startsWith('dnat to :');
  return keepsAddress ? { kind: 'not-shown', what: `line ${line + 1} changes the port alone` } : undefined;
}

function isMissing(chain: Chain): boolean {
  return chain.declarations.length === 0 && chain.rules.length === 0;
}

/** Whether a step leads to a drawn chain that the dump does not have. */
function isLost(step: TraceStep): boolean {
  return step.kind === 'jump' && step.target !== null && isMissing(step.target) && drawnKind(step.target) !== null;
}

/** How a path goes on behind the routing decision. */
function wholePath(
  context: PathContext,
  outcome: Outcome,
  soFar: PathSoFar,
  pathsBySteps: PathsBySteps,
  after: AfterRouting,
): PathWithoutClient {
  const probability = outcome.probability * after.probability;
  const { isMasqueraded } = after;
  const { last } = outcome;
  const redirect = outcome.packet.dnat ? findStep(last, isRedirect) : undefined;
  const lost = redirect === undefined ? findStep(last, isLost)?.target : undefined;
  if (lost !== undefined && lost !== null) {
    return {
      probability,
      visits: usedVisits([soFar.visits], lost),
      end: { kind: 'not-shown', what: `${lost.name} is not in the dump` },
      from: lost,
      endLine: null,
      isMasqueraded,
    };
  }
  const unknown = redirect === undefined ? undefined : unknownTarget(context, redirect);
  if (unknown !== undefined) {
    const from = soFar.level?.drawn ?? null;
    return { probability, visits: usedVisits([soFar.visits], from), end: unknown, from, endLine: null, isMasqueraded };
  }
  const unchanged = redirect === undefined ? unchangedEnd(context, outcome, soFar) : undefined;
  const decides = after.verdict === 'accept' ? (redirect === undefined ? acceptedBy(after) : undefined) : after.lasts.at(-1);
  // What some rule does to a packet that may have been redirected is not known, but for one that says that there is no endpoint.
  const isUnknown = unchanged?.kind === 'not-shown' && after.verdict !== 'accept' && !saysNoEndpoints(context.ruleset, decides);
  const stop = isUnknown ? undefined : decides;
  if (stop !== undefined && stop !== null) {
    const later = pathTo(pathsBySteps, stop);
    const inLater = later.level?.drawn === stop.chain ? stop.chain : null;
    const from = soFar.lastDrawn ?? inLater;
    const isByFilter = soFar.lastDrawn === null && inLater !== null;
    const visits = usedVisits(isByFilter ? [soFar.visits, later.visits] : [soFar.visits], from);
    const end = verdictAt(after.verdict, stop);
    return { probability, visits, end, from, endLine: endLineOf(end, from, last), isMasqueraded };
  }
  const end: PathEnd =
    redirect === undefined
      ? (unchanged ?? unchangedEnd(context, outcome, soFar))
      : { kind: 'address', packet: outcome.packet, chain: redirect.chain, line: redirect.line };
  const from = redirect === undefined ? soFar.lastDrawn : (soFar.level?.drawn ?? null);
  return {
    probability,
    visits: usedVisits([soFar.visits], from),
    end,
    from,
    endLine: endLineOf(end, from, last),
    isMasqueraded,
  };
}

/** The end of a path on which no rule redirects: that it goes on as it was is known only where nat's chains on it are all shown. */
function unchangedEnd({ ruleset, dump, start }: PathContext, { last, packet }: Outcome, { lastDrawn }: PathSoFar): PathEnd {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  if (nat === undefined) return { kind: 'not-shown', what: 'the dump has no nat table' };
  const hook = packet.isFromHere ? 'OUTPUT' : 'PREROUTING';
  const base = start ?? nat.chains.get(hook);
  const passed = hiddenInNat(ruleset, last);
  const hidden = [lastDrawn, passed, base].find(
    (chain) => chain !== null && chain !== undefined && isHiddenInNat(ruleset, chain),
  );
  if (hidden !== undefined && hidden !== null) return { kind: 'not-shown', what: `the dump does not show all of ${hidden.name}` };
  if (base === undefined && !isTableWhole(ruleset, nat))
    return { kind: 'not-shown', what: `the dump does not show ${hook} of nat` };
  return { kind: 'unchanged', packet, dump };
}

/** The ACCEPT of a dispatcher of the filter table: health checks have one. */
function acceptedBy(after: AfterRouting): TraceStep | undefined {
  for (const last of after.lasts.toReversed()) {
    const step = findStep(last, ({ kind }) => kind === 'accept');
    if (step !== undefined && drawnKind(step.chain) === 'dispatch') return step;
  }
  return undefined;
}
