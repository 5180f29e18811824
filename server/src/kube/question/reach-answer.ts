/** What comes of one packet to a Service, as plain data. Lines are 1-based, shares 0 to 1. */
import { hostPort } from '../../base/ip.ts';
import { stoppingStep, type TraceStep } from '../../netfilter/outcome.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import { hiddenInNat, saysNoEndpoints } from '../flow/hidden-in-nat.ts';
import type { ChainService, Resolution } from '../identity/chain-identity.ts';
import { endpointOf } from '../identity/pods.ts';
import type { Fate, Fates } from './fates.ts';

/**
 * 'not-redirected' is let through to where it was sent, as no rule sends it elsewhere; 'not-known' may be redirected by a rule that the text does not
 * show; 'mixed' is by chance one or the other.
 */
export type ReachOutcome = 'arrives' | 'dropped' | 'rejected' | 'not-redirected' | 'not-known' | 'mixed';

/**
 * Whether the source address stays what the client's is; 'not-known' where rules that the text does not show may rewrite it, null where the packet
 * does not get through.
 */
export type ReachedSource = 'kept' | 'rewritten' | 'both' | 'not-known' | null;

export interface ReachedEndpoint {
  /** "10.244.0.11:8080"; "an address of the node" where REDIRECT took one that is not known. */
  readonly address: string;
  readonly share: number;
  readonly pod: { readonly namespace: string; readonly name: string; readonly node: string | null } | null;
  /** The rule that sends packets there. */
  readonly line: number | null;
}

/** The rule or policy that ended a packet. */
export interface DecidingRule {
  readonly table: string;
  readonly chain: string;
  readonly line: number | null;
  /** Without counters; "policy FORWARD" for a policy. */
  readonly rule: string;
}

export interface ReachAlternative {
  /** What is so then, in sentences. */
  readonly when: readonly string[];
  readonly outcome: ReachOutcome;
  readonly source: ReachedSource;
  readonly endpoint: string | null;
}

export interface ReachAnswer {
  readonly outcome: ReachOutcome;
  readonly source: ReachedSource;
  /** The share that is let through for certain, as far as the rest is as said. */
  readonly passed: number;
  /** The share of which nobody knows what comes. */
  readonly notKnown: number;
  readonly endpoints: readonly ReachedEndpoint[];
  /** What dropped or rejected it, where something did. */
  readonly decidedBy: DecidingRule | null;
  /** False where it depends on something that neither the text nor the cluster tells. */
  readonly isSure: boolean;
  /** What comes of it where something is so that usually is not. */
  readonly alternatives: readonly ReachAlternative[];
  /** What of the rules on its way is not shown. */
  readonly unknown: readonly string[];
}

/** What comes of a packet, in the words of a flow: where no rule that is shown redirects it and others may, nobody knows. */
function outcomeOf(ruleset: Ruleset, { verdict, endpoint, ending }: Pick<Fate, 'verdict' | 'endpoint' | 'ending'>): ReachOutcome {
  const mayBeRedirected = endpoint === null && ending.lasts.some((last) => hiddenInNat(ruleset, last) !== undefined);
  const decides = ending.lasts.findLast((last) => last !== null);
  if (mayBeRedirected && (verdict === 'accept' || !saysNoEndpoints(ruleset, decides))) return 'not-known';
  if (verdict === 'drop') return 'dropped';
  if (verdict === 'reject') return 'rejected';
  return endpoint === null ? 'not-redirected' : 'arrives';
}

function sourceOf(fates: readonly Pick<Fate, 'verdict' | 'isRewritten'>[], { mayBeRewritten }: NotShown): ReachedSource {
  const passed = fates.filter(({ verdict }) => verdict === 'accept');
  const rewritten = passed.filter(({ isRewritten }) => isRewritten);
  if (passed.length === 0) return null;
  if (rewritten.length === passed.length) return 'rewritten';
  if (mayBeRewritten) return 'not-known';
  return rewritten.length === 0 ? 'kept' : 'both';
}

/** An endpoint's address as text. */
export function endpointText({ ip, port }: NonNullable<Fate['endpoint']>): string {
  if (ip === null) return port === null ? 'an address of the node' : `an address of the node, port ${port}`;
  return port === null ? ip : hostPort(ip, port);
}

function redirectOf({ ending }: Pick<Fate, 'ending'>): TraceStep | undefined {
  for (const last of ending.lasts)
    for (let step = last; step !== null; step = step.previous)
      if (step.kind === 'dnat' || step.kind === 'redirect' || step.kind === 'netmap') return step;
  return undefined;
}

function endpointFor(asked: AskedService, fate: Fate, endpoint: NonNullable<Fate['endpoint']>): ReachedEndpoint {
  const step = redirectOf(fate);
  const { ip, port } = endpoint;
  const pod = ip === null ? null : endpointOf(asked.resolution, asked.service, { ip, port }).pod;
  return {
    address: endpointText(endpoint),
    share: fate.share,
    pod: pod === null ? null : { namespace: pod.namespace, name: pod.name, node: pod.node },
    line: step?.line === undefined || step.line === null ? null : step.line + 1,
  };
}

/** The rule or policy that a packet met last. */
function decidedBy(ruleset: Ruleset, { ending, verdict }: Fate): DecidingRule | null {
  const step = verdict === 'accept' ? ending.lasts.findLast((last) => last !== null) : stoppingStep(verdict, ending.lasts);
  if (step === undefined || step === null) return null;
  const line = step.line === null ? undefined : ruleset.lines.at(step.line);
  return {
    table: step.chain.table.name,
    chain: step.chain.name,
    line: step.line === null ? null : step.line + 1,
    rule: step.kind === 'policy' || line === undefined ? `policy ${step.chain.name}` : ruleText(line),
  };
}

/** Whose endpoints packets are sent to; undefined where nothing names a Service. */
export interface AskedService {
  readonly resolution: Resolution;
  readonly service: ChainService | undefined;
}

function shareOf(share: number): number {
  return Math.round(share * 1e9) / 1e9;
}

/** What of the rules on a packet's way is not shown. */
export interface NotShown {
  /** In sentences. */
  readonly unknown: readonly string[];
  /** Whether rules that would rewrite its source, or mark it for that, may be among it. */
  readonly mayBeRewritten: boolean;
}

/** The answer to one packet. */
export function reachAnswer(asked: AskedService, { fates, alternatives }: Fates, notShown: NotShown): ReachAnswer {
  const { unknown } = notShown;
  const { ruleset } = asked.resolution;
  const isKnown = (fate: Fate): boolean => outcomeOf(ruleset, fate) !== 'not-known';
  const outcomes = new Set(fates.map((fate) => outcomeOf(ruleset, fate)));
  const [only] = outcomes;
  const endpoints = new Map<string, ReachedEndpoint>();
  let stoppedShare = 0;
  let unknownShare = 0;
  for (const fate of fates) {
    if (!isKnown(fate)) unknownShare += fate.share;
    else if (fate.verdict !== 'accept') stoppedShare += fate.share;
    if (fate.verdict !== 'accept' || fate.endpoint === null) continue;
    // One that is reached with either source is there twice.
    const endpoint = endpointFor(asked, fate, fate.endpoint);
    const known = endpoints.get(endpoint.address);
    endpoints.set(endpoint.address, known === undefined ? endpoint : { ...known, share: known.share + endpoint.share });
  }
  const stopped = fates.find((fate) => fate.verdict !== 'accept' && isKnown(fate));
  return {
    outcome: outcomes.size === 1 && only !== undefined ? only : 'mixed',
    source: sourceOf(fates.filter(isKnown), notShown),
    passed: shareOf(1 - stoppedShare - unknownShare),
    notKnown: shareOf(unknownShare),
    endpoints: [...endpoints.values()],
    decidedBy: stopped === undefined ? null : decidedBy(ruleset, stopped),
    isSure: alternatives.length === 0 && unknown.length === 0,
    alternatives: alternatives.map((alternative) => ({
      when: alternative.when,
      outcome: outcomeOf(ruleset, alternative),
      source: sourceOf([alternative], notShown),
      endpoint: alternative.endpoint === null || alternative.verdict !== 'accept' ? null : endpointText(alternative.endpoint),
    })),
    unknown,
  };
}
