/** The verdict that rules and facts give together: looks at everything there is. */
import type { Steps } from '../base/steps.ts';
import { bridgedSkipsRules, bridgeNamed } from './bridges.ts';
import type { Cause, Diagnosis, Fate } from './diagnosis.ts';
import { endpointFates } from './endpoints-by-nft.ts';
import { type Asked, askedSteps, type DiagnoseQuestion, type Journey } from './journey.ts';
import { missingParts } from './missing-parts.ts';
import { readTables } from './nft-packets.ts';
import type { Found } from './node-finding.ts';
import { nodeFindings } from './registry.ts';
import { serviceByNft } from './service-by-nft.ts';
import { endText, whoHas } from './signs.ts';
import type { Subject } from './subject.ts';

export type DiagnoseAnswer =
  | { readonly ok: true; readonly diagnosis: Diagnosis }
  /** One sentence: what was wrong with the question, and what is expected. */
  | { readonly ok: false; readonly message: string };

function weight({ ends }: Found): number {
  return ends.reduce((sum, { probability }) => sum + probability, 0);
}

/** What explains the outcome first, by how much of it; then what is about the question; then what is wrong elsewhere. Ties keep their order. */
function byLikelihood(found: readonly Found[]): readonly Found[] {
  const rank = (each: Found): number => (each.ends.length > 0 ? 2 : each.concerns ? 1 : 0);
  return found.toSorted((a, b) => rank(b) - rank(a) || weight(b) - weight(a));
}

/** What rules older than the cluster do to packets. */
const ofOldRules: ReadonlySet<string> = new Set(['not-translated', 'endpoint-gone', 'endpoint-port-gone', 'answers-bypass-node']);
/** What they do where they say no. */
const refusals: ReadonlySet<string> = new Set(['rejected-by-rule', 'rejected-service', 'dropped-by-rule', 'forward-drops-pods']);

/** Why rules are older than the cluster explains what they do: it is the cause behind those. */
function withReasons(found: readonly Found[]): readonly Found[] {
  const isBehind = found.some(({ code, concerns }) => code === 'rules-flushed' || (code.startsWith('drift-') && concerns));
  const explained = found.filter(
    ({ code, ends }) => ends.length > 0 && (ofOldRules.has(code) || (isBehind && refusals.has(code))),
  );
  const [first] = explained;
  if (first === undefined) return found;
  const ends = [...new Set(explained.flatMap((each) => each.ends))];
  return found.map((each) => (each.explainsOldRules === true ? { ...each, ends, as: first.as } : each));
}

/** That nat was flushed is one cause, which lint and a look at all tables may both find: the latter says more. */
function withoutRepeatedFlush(found: readonly Found[]): readonly Found[] {
  const isFound = found.some(({ code }) => code === 'rules-flushed');
  return isFound ? found.filter(({ code }) => code !== 'nat-flushed') : found;
}

/** Symptoms are left out for what something else explains. */
function withoutExplained(found: readonly Found[]): readonly Found[] {
  const explained = new Set(found.flatMap(({ isSymptom, ends }) => (isSymptom === true ? [] : ends)));
  return found.flatMap((each) => {
    if (each.isSymptom !== true) return [each];
    const ends = each.ends.filter((journey) => !explained.has(journey));
    return ends.length === 0 ? [] : [{ ...each, ends }];
  });
}

/** One cause that was found for several journeys, as one that ends them all. */
function merged(found: readonly Found[]): readonly Found[] {
  const byKey = new Map<string, Found>();
  for (const each of found) {
    const key = `${keyOf(each)} ${each.as} ${each.isBeforeRules} ${each.ends.length > 0}`;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? each : { ...known, ends: [...new Set([...known.ends, ...each.ends])] });
  }
  return [...byKey.values()];
}

function keyOf({ code, evidence: [first] }: Cause): string {
  return `${code} ${first?.file} ${first?.line}`;
}

/** One cause of the same code, place and words is enough. */
function distinct(found: readonly Found[]): readonly Cause[] {
  const seen = new Set<string>();
  const causes: Cause[] = [];
  for (const { code, message, evidence, confirm, mend } of found) {
    const key = keyOf({ code, message, evidence, confirm, mend });
    if (seen.has(key)) continue;
    seen.add(key);
    causes.push({ code, message, evidence, confirm, mend });
  }
  return causes;
}

/**
 * Whether a refusal does not get to the sender: a reset to what came in by a port of a bridge that asks iptables goes out by the bridge at once, past
 * conntrack, so that a translated packet's has the endpoint's address for a source (nf_reject_ipv4.c, nf_send_reset).
 */
function isAnswerLost(subject: Subject, { last, start, end }: Journey): boolean {
  const isReset = last?.words.includes('tcp-reset') === true;
  const bridge = isReset && end.dnat ? bridgeNamed(subject, start.in) : undefined;
  return bridge !== undefined && !bridgedSkipsRules(subject, start.family, bridge);
}

function fateOf(subject: Subject, journey: Journey, found: readonly Found[]): Fate {
  const before = found.find(({ isBeforeRules, ends }) => isBeforeRules === true && ends.includes(journey));
  if (before !== undefined) return before.as;
  if (journey.verdict === 'reject') return isAnswerLost(subject, journey) ? 'lost' : 'refused';
  if (journey.verdict === 'drop') return 'lost';
  const endings = found.filter(({ ends }) => ends.includes(journey));
  // What one check cannot tell another may.
  const ending = endings.find(({ as }) => as !== 'unknown') ?? endings[0];
  return ending === undefined ? 'arrives' : ending.as;
}

/** The worst that happens to some of the packets: whoever asks has seen one fail. */
function outcomeOf(
  subject: Subject,
  { journeys, hangsOn, notShown }: Asked,
  found: readonly Found[],
  open: ReadonlySet<Journey>,
): Fate {
  const isBefore = (journey: Journey): boolean =>
    found.some(({ isBeforeRules, ends }) => isBeforeRules === true && ends.includes(journey));
  if (hangsOn !== null && !journeys.every(isBefore)) return 'unknown';
  const fates = journeys.map((journey) => fateOf(subject, journey, found));
  if (fates.includes('lost')) return 'lost';
  if (fates.includes('refused')) return 'refused';
  if (fates.includes('unknown') || journeys.some((journey) => open.has(journey))) return 'unknown';
  const isKnown = notShown.length === 0 && (subject.facts.routes !== null || subject.facts.sysctls !== null);
  return fates.length > 0 && isKnown ? 'arrives' : 'unknown';
}

/** Where the question's packets go by the rules, in sentences. */
function passingTexts(subject: Subject, { journeys, notShown }: Asked, outcome: Fate): readonly string[] {
  const accepted = journeys.filter(({ verdict }) => verdict === 'accept');
  const texts = new Map<string, number>();
  for (const journey of accepted) {
    const { start, end, isDelivered, probability } = journey;
    const changed = end.dnat ? `translated to ${endText(journey)}` : `sent to ${endText(journey)} as it is`;
    const source = end.snat ? `, with its source changed to ${end.source?.text ?? 'an address of this node'}` : '';
    const where = isDelivered ? 'delivered to this node' : `handed on to ${whoHas(subject, end.destination.text)}`;
    const text = `${changed}${source}, ${where}${start.out === end.out || end.out === null || end.out === '' ? '' : ` by ${end.out}`}`;
    texts.set(text, (texts.get(text) ?? 0) + probability);
  }
  const passing = [...texts]
    .slice(0, 10)
    .map(([text, share]) => `${share > 0.999 ? '' : `${Math.round(share * 100)} %: `}${text}`);
  if (passing.length === 0) return [];
  const [first] = accepted;
  const target =
    first === undefined ? '' : first.isDelivered ? 'what listens on the node' : whoHas(subject, first.end.destination.text);
  const port = first?.end.dport;
  const advice =
    notShown.length > 0
      ? notShown
      : outcome === 'arrives' || outcome === 'unknown'
        ? [
            `iptables lets it pass; if it fails all the same look at ${target}: whether a program listens on port ${port ?? '?'} (kubectl exec POD -- ss -ltn), whether targetPort is right, and what stands between.`,
          ]
        : [];
  const rules = notShown.length === 0 ? 'The rules' : 'The rules that the text shows';
  return [`${rules} let the packet pass: ${passing.join('; ')}.`, ...advice];
}

function openTexts({ hangsOn }: Asked): readonly string[] {
  return hangsOn === null ? [] : [`Whether this is so decides, and is not known, ${hangsOn.why}: ${hangsOn.assumption}`];
}

/** What is wrong, the likeliest for the question first, what is fine and what could not be looked at. */
export function* diagnoseSteps(subject: Subject, question: DiagnoseQuestion | null): Steps<DiagnoseAnswer> {
  yield* readTables(subject.facts);
  const answer = question === null ? null : yield* askedSteps(subject, question);
  if (answer !== null && !answer.ok) return answer;
  const asked = answer?.asked ?? null;
  const found: Found[] = [];
  const fine: string[] = [];
  const open = new Set<Journey>();
  const byNft = asked === null ? undefined : serviceByNft(subject, asked);
  for (const each of nodeFindings) {
    // Where nftables translates, the journey by iptables' rules alone is not the packet's.
    const looked = yield* each.look(subject, byNft === undefined ? asked : null);
    found.push(...looked.found);
    fine.push(...looked.fine);
    for (const journey of looked.open ?? []) open.add(journey);
  }
  const causes = withoutExplained(merged(withoutRepeatedFlush(found)));
  const byEndpoints =
    asked === null || byNft === undefined ? null : yield* endpointFates(subject, asked, byNft.endpoints, diagnoseSteps);
  const nftFate = byNft?.fate === 'unknown' ? byEndpoints?.fate : byNft?.fate;
  const outcome = asked === null ? null : (nftFate ?? outcomeOf(subject, asked, causes, open));
  const passing =
    asked === null || outcome === null
      ? []
      : byNft !== undefined
        ? [...byNft.texts, ...(byEndpoints?.texts ?? [])]
        : [...passingTexts(subject, asked, outcome), ...openTexts(asked), ...asked.notes];
  return {
    ok: true,
    diagnosis: {
      question: asked?.question ?? null,
      outcome,
      causes: [
        ...(byNft === undefined || byNft.cause === null ? [] : [byNft.cause]),
        ...(byEndpoints?.causes ?? []),
        ...distinct(byLikelihood(withReasons(causes))),
      ],
      looked: [...passing, ...fine, ...subject.facts.notes],
      missing: missingParts(subject.facts, subject.cluster.source.kind !== 'none'),
    },
  };
}
