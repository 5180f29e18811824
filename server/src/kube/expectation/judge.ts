/** Judges expectations by what `trace` says of their packets. Plain data that survives JSON; lines and columns are 1-based. */
import { percentText } from '../../base/percent.ts';
import type { Steps } from '../../base/steps.ts';
import type { Fact } from '../../netfilter/answer.ts';
import type { Followed } from '../../netfilter/follow-connection.ts';
import { stoppingStep } from '../../netfilter/outcome.ts';
import { notShownTexts, type TraceReport } from '../../netfilter/trace-report.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { type Alternative, endingOf, type Fate, type Fates, fatesOf } from '../question/fates.ts';
import type { AskOptions } from '../question/node-knowledge.ts';
import { endpointText } from '../question/reach-answer.ts';
import { followQuestion, questionReport } from '../question/trace.ts';
import type { Assumed, Expectation, Expected, ExpectedEndpoint } from './read-expectations.ts';
import type { Span } from './yaml-tree.ts';

/** 'unsure' is neither met nor failed, as it depends on what nobody knows; 'error' is a packet that cannot be sent. */
export type ExpectationStatus = 'met' | 'failed' | 'unsure' | 'error';

export interface ExpectationResult {
  readonly name: string;
  readonly status: ExpectationStatus;
  /** The packet in the file, and what stands behind "expect". */
  readonly span: Span;
  readonly expectSpan: Span;
  /** "to 10.244.0.11:8080, masqueraded". */
  readonly expected: string;
  /** The same of what came; empty for an error. */
  readonly actual: string;
  /** Why it is unsure or an error, in sentences. */
  readonly reasons: readonly string[];
  /** Every path of the packet; null where it is met, and for an error. */
  readonly trace: TraceReport | null;
}

/** The answers that a file takes to be so. */
export function decisions({ usual, sentences }: Assumed): AskOptions['decide'] {
  if (!usual && sentences.size === 0) return undefined;
  const said = (text: string): boolean | undefined => (text === '' ? undefined : sentences.get(text));
  const opposite = (holds: boolean | undefined): boolean | undefined => (holds === undefined ? undefined : !holds);
  return (fact: Fact): boolean | undefined => said(fact.yes) ?? opposite(said(fact.no)) ?? (usual ? fact.likely : undefined);
}

/** What comes of a packet, and what of the rules on its way is not shown. */
export interface Judged {
  readonly fates: Fates;
  readonly unknown: readonly string[];
}

/** What came of a packet that was followed. @param assumed what the file takes to be so, which needs no saying */
export function judgedOf({ outcomes, missing, unshown, complete }: Followed, { usual, sentences }: Assumed): Judged {
  const notShown = [
    ...notShownTexts({ missing, unshown }),
    ...(complete ? [] : ['There are more outcomes than could be followed.']),
  ];
  return {
    fates: fatesOf(outcomes.map(endingOf)),
    unknown: usual ? [] : notShown.filter((text) => sentences.get(text) !== true),
  };
}

function isEndpoint({ cluster }: Resolution, expected: ExpectedEndpoint, { ip, port }: NonNullable<Fate['endpoint']>): boolean {
  if (expected.port !== null && expected.port !== port) return false;
  if (expected.kind === 'address') return expected.ip === ip;
  return ip !== null && cluster.pod(expected.namespace, expected.name)?.podIPs.includes(ip) === true;
}

type End = Pick<Fate, 'verdict' | 'endpoint' | 'isRewritten'>;

/** Whether one end is among those that are expected. */
function fits(resolution: Resolution, { verdict, endpoints, isMasqueraded }: Expected, end: End): boolean {
  if (verdict !== end.verdict) return false;
  if (verdict !== 'accept') return true;
  if (isMasqueraded !== null && isMasqueraded !== end.isRewritten) return false;
  if (endpoints === null) return true;
  const { endpoint } = end;
  if (endpoint === null) return endpoints.length === 0;
  return endpoints.some((each) => isEndpoint(resolution, each, endpoint));
}

/** Whether what usually comes of a packet is what is expected: nothing else, and every endpoint that is named. */
function isMet(resolution: Resolution, expected: Expected, { fates }: Fates): boolean {
  if (fates.length === 0 || !fates.every((fate) => fits(resolution, expected, fate))) return false;
  const reached = fates.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]));
  return (expected.endpoints ?? []).every((each) => reached.some((endpoint) => isEndpoint(resolution, each, endpoint)));
}

const verdictWords = { accept: 'accepted', drop: 'dropped', reject: 'rejected' } as const;

function masqueradedWords(isMasqueraded: boolean | null): string {
  return isMasqueraded === null ? '' : isMasqueraded ? ', masqueraded' : ', not masqueraded';
}

/** What is expected, in words. */
export function expectedText({ verdict, endpoints, isMasqueraded }: Expected): string {
  if (verdict !== 'accept') return verdictWords[verdict];
  const masqueraded = masqueradedWords(isMasqueraded);
  if (endpoints === null) return `accepted${masqueraded}`;
  if (endpoints.length === 0) return `accepted and sent nowhere else${masqueraded}`;
  return `to ${endpoints.map(({ text }) => text).join(', ')}${masqueraded}`;
}

function decidedBy({ ending, verdict }: Pick<Fate, 'ending' | 'verdict'>): string {
  const step = stoppingStep(verdict, ending.lasts);
  if (step === null) return ' by no rule';
  const place = `${step.chain.table.name} ${step.chain.name}`;
  return ` by ${step.kind === 'policy' ? `the policy of ${place}` : place}${step.line === null ? '' : `, line ${step.line + 1}`}`;
}

const mostEnds = 12;

/** What came, in words: ends of a kind together, each kind with its share where there are several. */
export function actualText(fates: readonly Fate[]): string {
  const kinds = new Map<string, { share: number; readonly endpoints: string[] }>();
  for (const fate of fates) {
    const { verdict, endpoint, isRewritten, share } = fate;
    const kind =
      verdict === 'accept'
        ? `${endpoint === null ? 'accepted and sent nowhere else' : 'to'}|${masqueradedWords(isRewritten)}`
        : `${verdictWords[verdict]}${decidedBy(fate)}|`;
    const known = kinds.get(kind) ?? { share: 0, endpoints: [] };
    known.share += share;
    if (verdict === 'accept' && endpoint !== null) known.endpoints.push(endpointText(endpoint));
    kinds.set(kind, known);
  }
  return [...kinds]
    .map(([kind, { share, endpoints }]) => {
      const [words = '', masqueraded = ''] = kind.split('|');
      const named = endpoints.slice(0, mostEnds).join(', ');
      const more = endpoints.length > mostEnds ? ` and ${endpoints.length - mostEnds} more` : '';
      const text = `${words}${named === '' ? '' : ` ${named}`}${more}${masqueraded}`;
      return kinds.size === 1 ? text : `${percentText(share)} ${text}`;
    })
    .join('; ');
}

/** What comes of a packet where something is so that usually is not. */
export function alternativeText(alternative: Alternative): string {
  return `unless: ${alternative.when.join(' ')} Then ${actualText([{ ...alternative, share: 1 }])}.`;
}

/** Why nobody can tell whether an expectation is met; empty where that can be told. */
function doubts(resolution: Resolution, { expected }: Expectation, { fates, unknown }: Judged, met: boolean): readonly string[] {
  const other = fates.alternatives.filter((alternative) => fits(resolution, expected, alternative) !== met);
  return [...other.map(alternativeText), ...unknown.map((text) => `not known: ${text}`)];
}

/** Why an endpoint that is named cannot be looked for; empty where all can. */
function unknownPods({ cluster }: Resolution, { endpoints }: Expected): readonly string[] {
  return (endpoints ?? []).flatMap((each) =>
    each.kind === 'pod' && cluster.pod(each.namespace, each.name) === undefined
      ? [`The cluster has no Pod ${each.namespace}/${each.name}: expect its address, or give a cluster that has it.`]
      : [],
  );
}

/** Judges one expectation. @param options what is known of the node: `local` as the file says it, else as the cluster does */
export function* judgeSteps(resolution: Resolution, expectation: Expectation, options: AskOptions): Steps<ExpectationResult> {
  const { name, question, expected, assumed, span, expectSpan } = expectation;
  const base = { name, span, expectSpan, expected: expectedText(expected) };
  const error = (reasons: readonly string[]): ExpectationResult => ({
    ...base,
    status: 'error',
    actual: '',
    reasons,
    trace: null,
  });
  const pods = unknownPods(resolution, expected);
  if (pods.length > 0) return error(pods);
  const followed = yield* followQuestion(resolution, question, { ...options, decide: decisions(assumed) });
  if (!followed.ok) return error([followed.message]);
  const { traced, notes } = followed;
  const judged = judgedOf(traced.found, assumed);
  const met = isMet(resolution, expected, judged.fates);
  const reasons = doubts(resolution, expectation, judged, met);
  const status = reasons.length > 0 ? 'unsure' : met ? 'met' : 'failed';
  return {
    ...base,
    status,
    actual: actualText(judged.fates.fates),
    reasons,
    trace: status === 'met' ? null : yield* questionReport(resolution, traced, notes),
  };
}
