/** What becomes of packets that nftables' maps send to endpoints: they are followed as if they were sent there. */
import { hostPort } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import type { NftService } from '../node/look-ups/nft-services.ts';
import { bridgedSkipsRules, linkOfRoute } from './bridges.ts';
import type { Cause, Diagnosis, Fate } from './diagnosis.ts';
import { type Asked, askedSteps, type DiagnoseQuestion } from './journey.ts';
import type { Subject } from './subject.ts';

type Diagnose = (
  subject: Subject,
  question: DiagnoseQuestion,
) => Steps<{ readonly ok: true; readonly diagnosis: Diagnosis } | { readonly ok: false; readonly message: string }>;

export interface EndpointFates {
  /** The worst that happens to some of the packets. */
  readonly fate: Fate;
  readonly causes: readonly Cause[];
  /** Empty where nothing was followed. */
  readonly texts: readonly string[];
}

const mostEndpoints = 20;
const worstFirst: readonly Fate[] = ['lost', 'refused', 'unknown', 'arrives'];
/** Causes that hang on what the maps do to the source, or to the answer. */
const ofTranslation = /^(?:answer|source-|mark-cleared|hairpin|bridge-nf)/;

/** Whether the two ends are on a bridge that keeps packets from rules, or are one: the maps' translation decides then. */
function* hangsOnTranslation(subject: Subject, { packet }: Asked, question: DiagnoseQuestion, ip: string): Steps<boolean> {
  if (packet.source === null || packet.source.text === ip) return true;
  const answer = yield* askedSteps(subject, question);
  if (!answer.ok) return true;
  return answer.asked.journeys.some(
    ({ isBridged, start, route }) => isBridged && bridgedSkipsRules(subject, start.family, linkOfRoute(route) ?? ''),
  );
}

/**
 * The fates of packets for a Service, by way of its endpoints.
 * @param diagnose what follows a question's packets
 */
export function* endpointFates(
  subject: Subject,
  asked: Asked,
  endpoints: NftService['endpoints'],
  diagnose: Diagnose,
): Steps<EndpointFates> {
  const fates = new Set<Fate>();
  const causes: Cause[] = [];
  for (const { ip, port } of endpoints.slice(0, mostEndpoints)) {
    const question = { from: asked.question.from, to: hostPort(ip, port), protocol: asked.packet.protocol };
    const answer = (yield* hangsOnTranslation(subject, asked, question, ip)) ? undefined : yield* diagnose(subject, question);
    const outcome = answer?.ok === true ? (answer.diagnosis.outcome ?? 'unknown') : 'unknown';
    const [first] = answer?.ok === true ? answer.diagnosis.causes : [];
    const isSure = outcome === 'arrives' || (first !== undefined && !ofTranslation.test(first.code));
    fates.add(isSure ? outcome : 'unknown');
    if (
      isSure &&
      outcome !== 'arrives' &&
      first !== undefined &&
      !causes.some(({ code, message }) => code === first.code && message === first.message)
    )
      causes.push(first);
  }
  if (endpoints.length > mostEndpoints) fates.add('unknown');
  const fate = worstFirst.find((each) => fates.has(each)) ?? 'unknown';
  const text =
    'Packets to its endpoints were followed as if they were sent there: what the maps do to their source is not known.';
  return { fate, causes, texts: fate === 'unknown' ? [] : [text] };
}
