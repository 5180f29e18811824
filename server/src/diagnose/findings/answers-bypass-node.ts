import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { isLoopback } from '../../netfilter/packet.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import { routeOf } from '../../node/look-ups/route.ts';
import { linkOfRoute, routeTo } from '../bridges.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { clearingStep, type MarkStep } from '../marks.ts';
import { type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { podAddressesHere } from '../signs.ts';
import { nodeName, ruleEvidence, type Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';

/** Translated packets whose answers do not come back by this node: nobody puts the Service's address back. */
export const answersBypassNode: NodeFinding = {
  codes: {
    'answers-bypass-node':
      'A packet to a Service is not masqueraded where it must be: its answers go past this node, with the wrong source.',
    'source-not-here': 'A rule gives packets a source that is no address of this node: answers go there, and do not come back.',
    'mark-cleared':
      'A rule of another program changes the mark by which kube-proxy masquerades, so that answers go past this node.',
  },
  look,
};

/** Whether a Pod of this node has an address, as the cluster or the routes say; undefined where nobody does. */
function isHere(subject: Subject, ip: string, journey?: Journey): boolean | undefined {
  if (podAddressesHere(subject).includes(ip) || isOwn(subject.facts, ip) === true) return true;
  const answer = journey?.route ?? routeTo(subject, ip);
  if (answer.kind !== 'route') return undefined;
  // On a link of the node, and of a Pod of which nobody says where it is, or whose node is not known to be another.
  if (linkOfRoute(answer) !== null && nodeName(subject) === '') return undefined;
  const pods = subject.cluster.podsAt(ip);
  if (pods.length > 0) return false;
  return linkOfRoute(answer) === null ? false : undefined;
}

/** A packet that comes in, is sent on to another node, and keeps its source, which is no Pod of this node. */
function isBypassed(subject: Subject, journey: Journey): boolean {
  const { start, end } = journey;
  // What keeps a loopback address is dropped wherever it comes in (a martian source).
  if (start.isFromHere && start.source !== null && isLoopback(start.source)) return end.source !== null && isLoopback(end.source);
  if (!end.dnat || end.snat || start.isFromHere || start.source === null) return false;
  // A Pod's own packet that comes back to it is answered within the Pod.
  if (end.destination.text === start.source.text) return true;
  if (isHere(subject, end.destination.text, journey) !== false) return false;
  if (turnsRound(subject, journey)) return true;
  return isHere(subject, start.source.text) === false || isOutside(subject, start.source.text);
}

/** Whether a packet leaves to a router by the interface that it came in by, where its sender is a direct neighbour: both reach each other without this node. */
function turnsRound({ facts }: Subject, { start, route }: Journey): boolean {
  if (route.kind !== 'route' || start.source === null || start.in === null || start.in === '') return false;
  if (!route.route.hops.every((hop) => hop.interface === start.in && hop.gateway !== '')) return false;
  const back = routeOf(facts, { destination: start.source.text, source: '', mark: 0, in: '' });
  return linkOfRoute(back) === start.in && linkNamed(facts, start.in)?.kind !== 'bridge';
}

/** Whether a source is no Pod's and reached by another way than a link of Pods. */
function isOutside(subject: Subject, ip: string): boolean {
  const { cluster } = subject;
  return cluster.nodes.length > 0 && cluster.podsAt(ip).length === 0 && cluster.endpointsAt(ip).length === 0;
}

function evidenceOf(subject: Subject, journey: Journey): readonly Evidence[] {
  const evidence: Evidence[] = [];
  for (let step = journey.last; step !== null; step = step.previous) {
    if ((step.kind === 'dnat' || step.kind === 'mark') && step.line !== null) evidence.unshift(ruleEvidence(subject, step.line));
  }
  return evidence;
}

/** That somebody else's rule changed the mark which kube-proxy had set, in a sentence; empty where nobody did. */
function clearedBy(subject: Subject, step: MarkStep | undefined): string {
  if (step === undefined) return '';
  const { file, line } = subject.place(step.line);
  return ` kube-proxy had marked it to be masqueraded (KUBE-MARK-MASQ), and a rule of ${step.chain} (${file}, line ${line}) changed the mark before KUBE-POSTROUTING looked at it.`;
}

/** Packets whose new source is not the node's, and that nobody answered: a floating address may well be led here by others. */
function* strangeSource(subject: Subject, asked: Asked): Steps<Found | undefined> {
  const tries = yield* triesOf(subject, asked);
  const lostOf = ({ end }: Journey): readonly Evidence[] => {
    const own = tries.get(tryKey(end.destination.text, end.dport));
    return own === undefined || own.well > 0 ? [] : own.unanswered;
  };
  const journeys = leaving(asked).filter(
    (journey) =>
      journey.end.snat &&
      journey.end.source !== null &&
      journey.end.source.standsIn !== true &&
      isOwn(subject.facts, journey.end.source.text) === false &&
      lostOf(journey).length > 0,
  );
  const [journey] = journeys;
  if (journey === undefined) return undefined;
  let line: number | null = null;
  for (let step = journey.last; step !== null && line === null; step = step.previous) if (step.kind === 'snat') line = step.line;
  const place = line === null ? '' : ` (${subject.place(line).file}, line ${subject.place(line).line})`;
  const cause = {
    code: 'source-not-here',
    message: `The packet is sent on to ${journey.end.destination.text} with the source ${journey.end.source?.text ?? ''}, which a rule gave it${place} and which is no address of this node: answers are sent there, and conntrack saw none.`,
    evidence: [...(line === null ? [] : [ruleEvidence(subject, line)]), ...lostOf(journey)],
    confirm: [command`ip -br addr`, command`iptables -t nat -L POSTROUTING -v -n -x`],
    mend: [command`give the rule an address that this node has (or -j MASQUERADE), or the node that address`],
  };
  return foundCause(cause, { ends: journeys });
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const strange = yield* strangeSource(subject, asked);
  const bypassing = bypassed(subject, asked);
  return { ...nothing, found: [...(bypassing === undefined ? [] : [bypassing]), ...(strange === undefined ? [] : [strange])] };
}

function bypassed(subject: Subject, asked: Asked): Found | undefined {
  const journeys = leaving(asked).filter((journey) => isBypassed(subject, journey));
  const [journey] = journeys;
  if (journey === undefined) return undefined;
  const step = clearingStep(journey);
  const itself = journey.end.destination.text === journey.start.source?.text;
  const cause = {
    code: step === undefined ? 'answers-bypass-node' : 'mark-cleared',
    message: `The packet is sent on to ${journey.end.destination.text} with its source ${journey.start.source?.text ?? ''} as it was: ${
      itself
        ? 'the Pod gets a packet from itself, and drops it'
        : 'the answer goes straight from there to the client, which does not know that address and drops it'
    }.${clearedBy(subject, step)}`,
    evidence: [...(step === undefined ? [] : [ruleEvidence(subject, step.line)]), ...evidenceOf(subject, journey)],
    confirm: [command`iptables -t nat -L POSTROUTING -v -n -x`, command`iptables -t nat -L KUBE-POSTROUTING -v -n -x`],
    mend: [
      command`put KUBE-POSTROUTING first in POSTROUTING of nat, and give rules that set marks a mask that leaves 0x4000 alone`,
    ],
  };
  return foundCause(cause, { ends: journeys });
}
