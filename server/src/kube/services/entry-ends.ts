/** What becomes of packets to one entry of a Service, from each place that makes a difference. */
import type { Steps } from '../../base/steps.ts';
import { unshownTexts } from '../../netfilter/trace-report.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { chainRemark } from '../flow/chain-frontends.ts';
import { drawnKind } from '../flow/drawn-kind.ts';
import { targetClasses } from '../flow/endpoint-classes.ts';
import type { Frontend } from '../flow/frontends.ts';
import { type PacketPath, type PathContext, type PathEnd, type PathsFound, pathSteps } from '../flow/packet-paths.ts';
import { ownAddresses, type PacketSource, packetSources, type SourceKind } from '../flow/packet-sources.ts';
import { pathEndAddress } from '../flow/path-collector.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { serviceComment } from '../identity/comments.ts';
import { assumedHooksNotes } from '../proxy/assumed-hooks.ts';
import { commentOf } from '../proxy/rule-values.ts';

/**
 * How packets end: at an endpoint; refused as the port has none (on this node); rejected or dropped by some other rule or policy; redirected by
 * a chain that is no endpoint's; not redirected at all; or nobody knows, as something that decides is not shown.
 */
export type EndKind = 'endpoint' | 'no-endpoints' | 'no-local-endpoints' | 'refused' | 'elsewhere' | 'passed' | 'not-shown';

export interface EntryEnd {
  readonly kind: EndKind;
  /** Of the place's new connections, 0 to 1. */
  readonly share: number;
  /** In a few words: "dropped by the policy of FORWARD", "has no endpoints"; empty for an endpoint. */
  readonly words: string;
  /** The rule that decides, 0-based; null where there is none. */
  readonly line: number | null;
}

export interface PlaceEnds {
  readonly kind: SourceKind;
  /** "a Pod", "this node", "outside", "203.0.113.0/24". */
  readonly words: string;
  /** One for each kind and rule. */
  readonly ends: readonly EntryEnd[];
}

/** The rule that sends packets to an endpoint (0-based; null where there is none), and its chain. */
export interface EndpointEnd {
  readonly chain: Chain;
  readonly line: number | null;
}

export interface EntryEnds {
  readonly places: readonly PlaceEnds[];
  /** By the address of an endpoint that packets are sent to ("10.244.0.11:8080"), in the order in which they are met. */
  readonly endpoints: ReadonlyMap<string, EndpointEnd>;
  /** What is taken to be so, or not shown, in sentences; nothing is sure where there are some. */
  readonly caveats: readonly string[];
  /** Nothing leads to the chain that the entry is. */
  readonly isUnreached: boolean;
}

function verdictEnd(ruleset: Ruleset, end: Extract<PathEnd, { kind: 'verdict' }>): Pick<EntryEnd, 'kind' | 'words'> {
  const { verdict, chain, line, isPolicy } = end;
  const done = verdict === 'drop' ? 'dropped' : 'rejected';
  if (isPolicy) return { kind: 'refused', words: `${done} by the policy of ${chain.name}` };
  const rule = line === null ? undefined : ruleAt(ruleset, line);
  const use = rule === undefined ? undefined : serviceComment(commentOf(rule))?.use;
  if (use === 'no-endpoints') return { kind: use, words: 'no endpoints' };
  if (use === 'no-local-endpoints') return { kind: use, words: 'no endpoints on this node' };
  return { kind: 'refused', words: `${done} in ${chain.name}` };
}

function endOf(ruleset: Ruleset, { end }: PacketPath): Omit<EntryEnd, 'share'> {
  switch (end.kind) {
    case 'address':
      return drawnKind(end.chain) === 'endpoint'
        ? { kind: 'endpoint', words: '', line: null }
        : { kind: 'elsewhere', words: `redirected by ${end.chain.name}`, line: end.line };
    case 'verdict':
      return end.verdict === 'accept'
        ? { kind: 'passed', words: 'not redirected', line: end.line }
        : { ...verdictEnd(ruleset, end), line: end.line };
    case 'unchanged':
      return { kind: 'passed', words: 'not redirected', line: null };
    case 'not-shown':
      return { kind: 'not-shown', words: end.what, line: null };
  }
}

/** The ends of one place's packets. A client that comes back goes where it went before. */
function placeEnds(ruleset: Ruleset, source: PacketSource, { paths }: PathsFound): PlaceEnds {
  const ends = new Map<string, EntryEnd>();
  for (const path of paths) {
    if (path.isReturning) continue;
    const end = endOf(ruleset, path);
    const key = `${end.kind} ${end.words} ${end.line}`;
    ends.set(key, { ...end, share: (ends.get(key)?.share ?? 0) + path.probability });
  }
  return { kind: source.kind, words: source.words, ends: [...ends.values()] };
}

/** That packets which use some interface are refused; what interface the packets use, a dump does not tell. */
function interfaceCaveats(ruleset: Ruleset, { paths }: PathsFound, usual: readonly EntryEnd[]): readonly string[] {
  const caveats = new Set<string>();
  for (const path of paths) {
    const end = endOf(ruleset, path);
    if (end.kind !== 'refused' || usual.some(({ words, line }) => words === end.words && line === end.line)) continue;
    const where = end.line === null ? '' : ` (line ${end.line + 1})`;
    caveats.add(`Packets that use some interface are ${end.words}${where}.`);
  }
  return [...caveats];
}

const mostCaveats = 5;

/** Sends a packet from each place to an entry. Pauses after each. */
export function* entryEnds(resolution: Resolution, frontend: Frontend): Steps<EntryEnds> {
  const { ruleset } = resolution;
  const { dump, target } = frontend;
  const start = frontend.kind === 'chain' ? target : null;
  const context: PathContext = { ruleset, dump, isLocal: ownAddresses(resolution, dump), start, facts: resolution.origin.facts };
  const classes = yield* targetClasses(ruleset, dump);
  const places: PlaceEnds[] = [];
  const endpoints = new Map<string, EndpointEnd>();
  const caveats = new Set<string>();
  const isLed = start === null || mayHaveMoreReferences(ruleset, start);
  if (start !== null && isLed) caveats.add(chainRemark(ruleset, start));
  for (const source of packetSources(resolution, frontend)) {
    const found = yield* pathSteps(context, source, classes);
    const place = placeEnds(ruleset, source, found);
    places.push(place);
    for (const { end } of found.paths) {
      if (end.kind !== 'address' || drawnKind(end.chain) !== 'endpoint') continue;
      const address = pathEndAddress(end);
      if (!endpoints.has(address)) endpoints.set(address, { chain: end.chain, line: end.line });
    }
    for (const text of [...found.assumptions, ...unshownTexts(found.unshown)]) caveats.add(text);
    const hooked = new Set(Array.from(found.hooked, ({ name, table }) => `${name} (${table.name})`));
    for (const text of assumedHooksNotes(hooked)) caveats.add(text);
    if (found.asksInterface && place.ends.some(({ kind }) => kind === 'endpoint')) {
      const every = yield* pathSteps({ ...context, withInterfaces: true }, source, classes);
      for (const text of interfaceCaveats(ruleset, every, place.ends)) caveats.add(text);
    }
    yield;
  }
  return { places, endpoints, caveats: [...caveats].slice(0, mostCaveats), isUnreached: !isLed };
}
