/** What a flow's picture answers first: whether the Service serves, whom, by which endpoints, and what is wrong. */
import { count, counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type {
  FlowBadgeKind,
  FlowEntry,
  FlowGraph,
  FlowNode,
  FlowRoute,
  FlowState,
  FlowStateKind,
} from '../../../server/src/kube/flow/graph.ts';
import { alikeTogether } from './answer-entries.ts';
import type { AnswerRoute, AnswerTone, AnswerWords } from './answer-words.ts';
import { groupBy } from './collect.ts';
import { badgeName, bounded, driftText, entryKindName, kindName, podKey, readyPods } from './format.ts';
import type { GraphIndex } from './graph-index.ts';
import { type RouteEnd, routeEnds } from './routes.ts';

export interface FlowAnswer {
  /** "Serves", "Refuses everything", "Serves in part"... */
  readonly state: AnswerWords;
  /** Endpoints by node, and how many are ready: each a few words. */
  readonly facts: readonly AnswerWords[];
  /** Affinity, policies, source ranges, what comes when no endpoint is left. */
  readonly details: readonly AnswerWords[];
  readonly routes: readonly AnswerRoute[];
  /** What is wrong, the first first; empty for nothing known. */
  readonly faults: readonly AnswerWords[];
}

const mostNodes = 6;
const mostFaults = 5;
/** So few endpoints are named, more are counted by node. */
const mostNamed = 3;
/** So many packets must have been expected before an endpoint without one is worth a word: chance leaves it out once in 10^8. */
const enoughPackets = 20;

function words(text: string, tone: AnswerTone = 'plain', about: { node?: string; line?: number | null } = {}): AnswerWords {
  return { text: drawingText(text), tone, node: about.node ?? null, line: about.line ?? null };
}

/** How packets end: at an endpoint, refused, dropped, accepted as they are, or nobody knows. */
type Fate = 'served' | 'refused' | 'dropped' | 'not-redirected' | 'unknown';

function fateOf(node: FlowNode): Fate {
  if (node.kind !== 'verdict') return 'served';
  if (node.label === 'REJECT') return 'refused';
  if (node.label === 'DROP') return 'dropped';
  return node.label === 'not redirected' || node.label === 'ACCEPT' ? 'not-redirected' : 'unknown';
}

function shareOf(ends: readonly RouteEnd[], fate: Fate): number {
  return ends.reduce((sum, { node, share }) => sum + (fateOf(node) === fate ? share : 0), 0);
}

interface RouteWithEnds {
  readonly route: FlowRoute;
  readonly ends: readonly RouteEnd[];
}

const whole = 1 - 1e-6;

const fateWords: Readonly<Record<Exclude<Fate, 'served'>, readonly [all: string, tone: AnswerTone]>> = {
  refused: ['Refuses everything', 'bad'],
  dropped: ['Drops everything', 'bad'],
  'not-redirected': ['Redirects nothing', 'warning'],
  unknown: ['Not known', 'unsure'],
};

const stateWords: Readonly<Record<FlowStateKind, readonly [text: string, tone: AnswerTone]>> = {
  serves: ['Serves', 'good'],
  leads: ['Serves', 'unsure'],
  limited: ['Serves some', 'warning'],
  differs: ['Differs', 'warning'],
  'no-endpoints': ['Refuses', 'bad'],
  refuses: ['Refuses', 'bad'],
  unreached: ['Not reached', 'bad'],
  unknown: ['Not known', 'unsure'],
  pending: ['Not looked at yet', 'unsure'],
};

/** What the words of a state end in that hold for what the dump shows; others say what it does not show. */
const asFarAsShown = 'as far as shown';

/** What the server says of the whole, with the box of the verdict that decides against it. */
function knownState(
  { kind, words: why, line }: FlowState,
  routes: readonly RouteWithEnds[],
  faults: readonly AnswerWords[],
): AnswerWords {
  const wrong = faults.filter(({ tone }) => tone === 'bad' || tone === 'warning').length;
  if (kind === 'serves') {
    const endpoints = endpointsOf(routes);
    const { ready, known } = readyPods(endpoints);
    // Rules lead there all the same: the last ones of a Service as they terminate.
    const ending = endpoints.every(({ pod }) => pod?.terminating === true);
    const none = known > 0 && ready === 0 ? (ending ? ', by terminating Pods alone' : ', no endpoint ready') : '';
    const what = wrong === 0 ? none : `, with ${counted(wrong, 'fault')}`;
    return what === '' ? words('Serves', 'good') : words(`Serves${what}`, 'warning');
  }
  const [said, tone] = stateWords[kind];
  const text = kind === 'leads' && !why.includes(asFarAsShown) ? `${said}, ${asFarAsShown}` : said;
  const verdict = routes.flatMap(({ ends }) => ends).find(({ node }) => node.kind === 'verdict' && node.line === line)?.node;
  return words(`${text}: ${why}`, tone, { line, ...(verdict === undefined ? {} : { node: verdict.id }) });
}

/** Of a flow whose whole nobody looked at: what its routes show, and never that all is well. */
function drawnState(routes: readonly RouteWithEnds[]): AnswerWords {
  const all = routes.flatMap(({ ends }) => ends);
  for (const fate of ['refused', 'dropped', 'not-redirected', 'unknown'] as const) {
    const end = all.find(({ node }) => fateOf(node) === fate)?.node;
    if (end === undefined || routes.some(({ ends }) => shareOf(ends, fate) < whole)) continue;
    const [text, tone] = fateWords[fate];
    return words(end.detail === '' ? text : `${text}: ${end.detail}`, tone, { node: end.id, line: end.line });
  }
  const isServed = routes.every(({ ends }) => shareOf(ends, 'served') >= whole);
  return isServed ? words('Serves, as far as is drawn', 'unsure') : words('Serves some, as far as is drawn', 'unsure');
}

/** Endpoints that some packet may end at. */
function endpointsOf(routes: readonly RouteWithEnds[]): readonly FlowNode[] {
  const nodes = new Set<FlowNode>();
  for (const { ends } of routes) for (const { node } of ends) if (node.kind !== 'verdict') nodes.add(node);
  return [...nodes];
}

function placeOf(node: FlowNode): string {
  return node.pod === null ? 'no known Pod' : (node.pod.node ?? 'node not known');
}

function endpointFacts(endpoints: readonly FlowNode[], routes: readonly RouteWithEnds[]): readonly AnswerWords[] {
  if (endpoints.length === 0) {
    // What is not shown may lead to some.
    const isUnsure = routes.some(({ ends }) => shareOf(ends, 'unknown') > 0);
    return [isUnsure ? words('endpoints not known', 'unsure') : words('no endpoint is reached', 'bad')];
  }
  const places = [...groupBy(endpoints, placeOf)];
  const shown = places.slice(0, mostNodes).map(([place, nodes]) => `${place} ${count(nodes.length)}`);
  const more = places.length > mostNodes ? `, ${counted(places.length - mostNodes, 'more node')}` : '';
  const pods = new Set(endpoints.flatMap(({ pod }) => (pod === null ? [] : [podKey(pod)]))).size;
  const named = endpoints.filter(({ pod }) => pod !== null).length;
  // A Pod has an endpoint for each port.
  const of = pods < named ? ` of ${counted(pods, 'Pod')}` : '';
  const { ready, known } = readyPods(endpoints);
  const facts = [words(`${counted(endpoints.length, 'endpoint')}${of}: ${shown.join(', ')}${more}`)];
  if (ready < known) facts.push(words(`${count(ready)} of ${count(known)} ready`, 'warning'));
  const terminating = new Set(endpoints.flatMap(({ pod }) => (pod?.terminating === true ? [podKey(pod)] : []))).size;
  if (terminating > 0) facts.push(words(`${count(terminating)} terminating`, 'warning'));
  return facts;
}

/** What the Service has besides, and no packet goes to. */
function leftOutFacts({ leftOut }: FlowGraph): readonly AnswerWords[] {
  if (leftOut === undefined) return [];
  const { notReady, terminating, elsewhere } = leftOut;
  const parts = [
    notReady > 0 ? `${count(notReady)} not ready` : '',
    terminating > 0 ? `${count(terminating)} terminating` : '',
    elsewhere > 0 ? `${count(elsewhere)} for other zones or nodes` : '',
  ];
  return [words(`not used: ${parts.filter((part) => part !== '').join(', ')}`)];
}

const toldBadges: ReadonlySet<FlowBadgeKind> = new Set(['affinity', 'source-ranges', 'local-only']);

/** For whose packets only endpoints of this node count: those that come by the chain for external traffic, or those that come straight to it. */
function localText(index: GraphIndex, { id, kind }: FlowNode): string {
  const name = badgeName('local-only').toLowerCase();
  const external = kind === 'external' || index.in(id).every(({ from }) => index.nodes.get(from)?.kind === 'external');
  return external ? `${name} from outside` : name;
}

const sayNothingYet: ReadonlySet<FlowStateKind> = new Set(['unknown', 'pending', 'leads', 'unreached']);

/**
 * What no rule says yet: that a client comes to any endpoint each time, and what kube-proxy writes in place of its chains once no endpoint is
 * left. Only where the whole is shown, and where kube-proxy's chains serve.
 */
function unsaidFacts({ graph }: GraphIndex): readonly AnswerWords[] {
  const kind = graph.state?.kind;
  const own = graph.nodes.filter((node) => node.kind === 'service' || node.kind === 'service-local');
  if (own.length === 0 || kind === undefined || sayNothingYet.has(kind)) return [];
  const badges = graph.nodes.flatMap((node) => node.badges);
  const isLocal = badges.some((badge) => badge.kind === 'local-only');
  const last = isLocal ? 'no endpoint left: rejected; none on this node: dropped' : 'no endpoint left: rejected';
  return badges.some((badge) => badge.kind === 'affinity') ? [words(last)] : [words('no affinity'), words(last)];
}

function badgeFacts(index: GraphIndex): readonly AnswerWords[] {
  const facts = new Map<string, AnswerWords>();
  for (const node of index.graph.nodes) {
    for (const badge of node.badges) {
      if (!toldBadges.has(badge.kind)) continue;
      const text = badge.kind === 'local-only' ? localText(index, node) : badge.label;
      if (!facts.has(text)) facts.set(text, words(text, 'plain', { node: node.id, line: badge.line ?? node.line }));
    }
  }
  return [...facts.values()];
}

/** An endpoint without a packet, where chance alone would hardly have left it out. */
function starved(index: GraphIndex, node: FlowNode): readonly AnswerWords[] {
  return [...new Set(index.in(node.id).map(({ from }) => from))].flatMap((from) => {
    const picks = index.out(from).filter(({ probability, packets }) => probability !== null && packets !== null);
    const own = picks.filter(({ to }) => to === node.id);
    const total = picks.reduce((sum, { packets }) => sum + (packets ?? 0), 0);
    const expected = total * own.reduce((sum, { probability }) => sum + (probability ?? 0), 0);
    if (expected < enoughPackets || own.some(({ packets }) => packets !== 0)) return [];
    const text = `${node.label} got no packet of ${counted(total, 'packet')}, where ${percentText(expected / total)} were expected`;
    return [words(text, 'warning', { node: node.id, line: own[0]?.line ?? null })];
  });
}

/** A Pod's or an address's difference is that of the endpoint's chain before it, where there is one. */
function isToldByItsChain(index: GraphIndex, { id, kind }: FlowNode): boolean {
  if (kind !== 'pod' && kind !== 'address') return false;
  return index.in(id).some(({ from }) => (index.nodes.get(from)?.drift ?? null) !== null);
}

function faultsOf(index: GraphIndex): readonly AnswerWords[] {
  const { graph } = index;
  const noted = graph.notes
    .filter(({ severity }) => severity === 'warning')
    .map(({ message, line }) => words(message, 'bad', { line }));
  const toldLines = new Set(noted.map(({ line }) => line));
  const drifted = graph.nodes
    .filter((node) => node.drift !== null && !toldLines.has(node.line) && !isToldByItsChain(index, node))
    .map((node) => words(`${kindName(node.kind)} ${node.label} ${driftText(node)}`, 'bad', { node: node.id, line: node.line }));
  const idle = graph.nodes.filter(({ kind }) => kind === 'endpoint').flatMap((node) => starved(index, node));
  const all = [...noted, ...drifted, ...idle];
  if (all.length <= mostFaults) return all;
  return [...all.slice(0, mostFaults), words(`and ${counted(all.length - mostFaults, 'more')}`, 'bad')];
}

/** @param isSure whether all is shown that may rewrite it */
function sourceWords(masqueraded: number, isSure: boolean): string {
  if (masqueraded <= 0) return isSure ? "client's address kept" : `client's address kept, ${asFarAsShown}`;
  return masqueraded >= whole ? 'source rewritten' : `source rewritten for ${percentText(masqueraded)}`;
}

function percentPart(share: number): string {
  return share >= whole ? '' : ` ${percentText(share)}`;
}

function namedEnds(served: readonly RouteEnd[]): readonly AnswerWords[] {
  const parts = new Set(served.map(({ share }) => percentPart(share)));
  const isEqual = served.length > 1 && parts.size === 1;
  const names = served.map(({ node, share }) => {
    const where = node.pod?.node == null ? '' : ` on ${node.pod.node}`;
    const tone = node.drift === null ? 'plain' : 'bad';
    return words(`${bounded(node.label)}${where}${isEqual ? '' : percentPart(share)}`, tone, { node: node.id });
  });
  return isEqual ? [...names, words(`${[...parts].join('').trim()} each`)] : names;
}

/** Whether packets end at each of so many endpoints alike. */
function isEven(ends: readonly RouteEnd[], all: number): boolean {
  const served = ends.filter(({ node }) => node.kind !== 'verdict');
  return served.length === all && new Set(served.map(({ share }) => percentPart(share))).size === 1;
}

/** By node; as one where all of a flow's endpoints get as much, and it was said by node before or would be a long list. */
function countedEnds(served: readonly RouteEnd[], all: number, isTold: boolean): readonly AnswerWords[] {
  const groups = [...groupBy(served, ({ node }) => placeOf(node))];
  if (isEven(served, all) && (isTold || groups.length > mostNodes)) {
    return [words(`all ${counted(all, 'endpoint')},${percentPart(served[0]?.share ?? 0)} each`)];
  }
  const places = groups.map(([place, group]) => {
    const share = group.reduce((sum, end) => sum + end.share, 0);
    return words(`${place}: ${counted(group.length, 'endpoint')}${percentPart(share)}`);
  });
  if (places.length <= mostNodes) return places;
  return [...places.slice(0, mostNodes), words(`and ${counted(places.length - mostNodes, 'more node')}`)];
}

function verdictWords({ node, share }: RouteEnd, isHealthCheck: boolean): AnswerWords {
  const fate = fateOf(node);
  const tone =
    fate === 'refused' || fate === 'dropped' ? 'bad' : fate === 'unknown' ? 'unsure' : isHealthCheck ? 'plain' : 'warning';
  // Kubernetes' documentation of healthCheckNodePort.
  if (isHealthCheck && node.label === 'ACCEPT')
    return words('kube-proxy itself: HTTP 200 with a ready endpoint on this node, else 503', tone, { node: node.id });
  const why = node.detail === '' ? '' : ` (${node.detail})`;
  return words(`${node.label}${percentPart(share)}${why}`, tone, { node: node.id });
}

function endWords(ends: readonly RouteEnd[], isHealthCheck: boolean, all: number, isTold: boolean): readonly AnswerWords[] {
  if (ends.length === 0) return [words('nowhere', 'unsure')];
  const served = ends.filter(({ node }) => node.kind !== 'verdict');
  const verdicts = ends.filter(({ node }) => node.kind === 'verdict');
  return [
    ...(served.length <= mostNamed ? namedEnds(served) : countedEnds(served, all, isTold)),
    ...verdicts.map((end) => verdictWords(end, isHealthCheck)),
  ];
}

function entryWords(entry: FlowEntry): AnswerWords {
  // One of any address of the node says itself what it is.
  const text = entry.ip === null ? entry.label : `${entryKindName(entry.kind)} ${entry.label}`;
  return words(text, 'plain', { node: entry.id });
}

function routesOf(
  entries: ReadonlyMap<string, FlowEntry>,
  { route, ends }: RouteWithEnds,
  all: number,
  isTold: boolean,
  isSure: boolean,
): readonly AnswerRoute[] {
  const entry = entries.get(route.entry);
  if (entry === undefined) return [];
  const arrives = shareOf(ends, 'served') > 0;
  return [...groupBy(route.origins, ({ masqueraded }) => (arrives ? masqueraded : 0))].map(([masqueraded, origins], at) => ({
    entries: [entryWords(entry)],
    from: origins.map((origin) => drawingText(origin.words)).join(', '),
    ends: endWords(ends, entry.kind === 'health-check', all, isTold || at > 0),
    source: arrives ? sourceWords(masqueraded, isSure) : '',
  }));
}

/** Where packets end at every endpoint, as other packets before, the endpoints are not named again. */
function withoutRepeats(routes: readonly AnswerRoute[], endpoints: readonly FlowNode[]): readonly AnswerRoute[] {
  const ids = new Set(endpoints.map(({ id }) => id));
  let isTold = false;
  return routes.map((route) => {
    const named = route.ends.filter(({ node }) => node !== null && ids.has(node)).length;
    const isAll = named > 1 && named === ids.size && route.ends.every(({ node }) => node === null || ids.has(node));
    if (!isAll) return route;
    const shares = route.ends.filter(({ node }) => node === null);
    if (isTold && shares.length === 1)
      return { ...route, ends: [words(named === 2 ? 'both endpoints' : `all ${counted(named, 'endpoint')}`), ...shares] };
    isTold = true;
    return route;
  });
}

/** The answer of a flow; null for a graph that says nothing of where packets end (a chain's). */
export function flowAnswer(index: GraphIndex): FlowAnswer | null {
  const { graph } = index;
  const routes = (graph.routes ?? []).map((route): RouteWithEnds => ({ route, ends: routeEnds(graph, route) }));
  if (routes.length === 0) return null;
  const faults = faultsOf(index);
  const all = endpointsOf(routes);
  const first = routes.find(({ ends }) => isEven(ends, all.length));
  const isSure = graph.state?.kind !== 'leads' && graph.state?.kind !== 'unknown';
  const entries = new Map(graph.entries.map((entry) => [entry.id, entry]));
  return {
    state: graph.state === undefined ? drawnState(routes) : knownState(graph.state, routes, faults),
    facts: [...endpointFacts(all, routes), ...leftOutFacts(graph)],
    details: [...badgeFacts(index), ...unsaidFacts(index)],
    routes: withoutRepeats(
      alikeTogether(routes.flatMap((route) => routesOf(entries, route, all.length, route !== first, isSure))),
      all,
    ),
    faults,
  };
}
