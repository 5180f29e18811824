import { interfacesOf, routeOf } from '../../node/look-ups/route.ts';
import type { Asked, Journey } from '../journey.ts';
import { marksOn } from '../marks.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** A policy rule (ip rule fwmark) that takes kube-proxy's mark for its own program's. */
export const markRoutes: NodeFinding = {
  codes: {
    'mark-routes': 'A policy rule routes by bits of the mark that kube-proxy sets, so that packets to Services take its table.',
  },
  look: atOnce(look),
};

/** Whether a journey is routed elsewhere for its mark alone. */
function isMisled({ facts }: Subject, journey: Journey): boolean {
  const { route, start, end } = journey;
  if (route.kind === 'unknown' || route.rule?.mark === undefined || route.rule.mark === null) return false;
  if (!marksOn(journey).some(({ chain }) => chain.startsWith('KUBE-'))) return false;
  const plain = routeOf(facts, {
    destination: end.destination.text,
    source: start.source?.text ?? '',
    mark: start.mark,
    in: start.isFromHere ? '' : start.in,
  });
  if (plain.kind !== 'route') return false;
  return route.kind === 'none' || interfacesOf(route.route).join() !== interfacesOf(plain.route).join();
}

function look(subject: Subject, asked: Asked | null): Looked {
  const journeys = leaving(asked).filter((journey) => isMisled(subject, journey));
  const [journey] = journeys;
  const rule = journey === undefined || journey.route.kind === 'unknown' ? null : journey.route.rule;
  if (journey === undefined || rule === null || rule.mark === null) return nothing;
  const step = marksOn(journey).find(({ chain }) => chain.startsWith('KUBE-'));
  const mark = `0x${rule.mark.value.toString(16)}/0x${rule.mark.mask.toString(16)}`;
  const where =
    journey.route.kind === 'none'
      ? 'which has no route for it'
      : `which leads by ${journey.route.kind === 'route' ? interfacesOf(journey.route.route).join(', ') : ''}, where it is not`;
  const { policyRules } = subject.facts;
  const cause = {
    code: 'mark-routes',
    message: `Policy rule ${rule.priority} takes packets with mark ${mark} to table ${rule.table}, and kube-proxy sets that bit for its own ends (KUBE-MARK-MASQ, to masquerade): the packet to ${endText(journey)} is routed by that table, ${where}.`,
    evidence: [
      ...(policyRules === null
        ? []
        : [{ file: policyRules.file, line: rule.line, text: `priority ${rule.priority} fwmark ${mark} lookup ${rule.table}` }]),
      ...(step === undefined ? [] : [ruleEvidence(subject, step.line)]),
    ],
    confirm: ['ip rule', `ip route get ${journey.end.destination.text} mark ${rule.mark.value}`],
    mend: ['give the program with the policy rule another bit, or kube-proxy (iptables.masqueradeBit)'],
  };
  return { ...nothing, found: [foundCause(cause, { ends: journeys })] };
}
