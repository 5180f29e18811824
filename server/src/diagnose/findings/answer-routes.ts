import { command, part } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { interfacesOf } from '../../node/look-ups/route.ts';
import { routeTo } from '../bridges.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { decidedBy, isByPolicy, wayText } from '../route-words.ts';
import { endText, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';

/** Routes and policy rules that answers meet: they may be others than those of the packet, by their source, interface and mark. */
export const answerRoutes: NodeFinding = {
  codes: {
    'answer-no-route': 'The packet arrives, and the node has no route for the answer: a policy rule or a route refuses it.',
    'answer-misrouted': 'The packet arrives, and a policy rule sends the answer another way, on which it is lost.',
  },
  look,
};

function withoutRoute(subject: Subject, journey: Journey, answer: NonNullable<Journey['answer']>): Cause {
  const { route } = answer;
  const why =
    route.kind !== 'none'
      ? ''
      : route.route !== null
        ? `: a route of type ${route.route.type} (table ${route.route.table}) refuses it`
        : route.rule !== null && route.rule.refuses !== ''
          ? `: policy rule ${route.rule.priority} refuses it (${route.rule.refuses})`
          : '';
  const by = answer.isFromHere ? command`` : command` iif ${answer.in ?? 'cni0'}`;
  return {
    code: 'answer-no-route',
    message: `The packet arrives at ${endText(journey)}, and the node has no route for the answer to ${whoHas(subject, answer.destination)}${why}. Answers are routed by their own source and interface, which policy rules may ask for.`,
    evidence: decidedBy(subject, route),
    confirm: [command`ip route get ${answer.destination} from ${journey.end.destination.text}${part(by)}`, command`ip rule`],
    mend: [command`take the rule or route away, or give its table a route back to those who ask`],
  };
}

/** The way that a policy rule gives answers, where it is another than that of all other packets. */
function otherWay(
  subject: Subject,
  answer: NonNullable<Journey['answer']>,
): { readonly own: string; readonly plain: string } | undefined {
  const { route, destination } = answer;
  if (route.kind !== 'route' || !isByPolicy(route)) return undefined;
  const plain = routeTo(subject, destination);
  if (plain.kind !== 'route' || wayText(plain) === wayText(route)) return undefined;
  return { own: wayText(route), plain: wayText(plain) };
}

function misrouted(subject: Subject, journey: Journey, answer: NonNullable<Journey['answer']>, lost: readonly Evidence[]): Cause {
  const { own, plain } = otherWay(subject, answer) ?? { own: '', plain: '' };
  const rule = answer.route.kind === 'route' ? answer.route.rule : null;
  return {
    code: 'answer-misrouted',
    message: `The packet arrives at ${endText(journey)}, and policy rule ${rule?.priority ?? ''} (table ${rule?.table ?? ''}) sends the answer to ${whoHas(subject, answer.destination)} ${own}, where all other packets go ${plain}. The answer is lost on that way: conntrack has tries that were answered and never went on (SYN_RECV).`,
    evidence: [...decidedBy(subject, answer.route), ...lost],
    confirm: [
      command`ip route get ${answer.destination} from ${journey.end.destination.text}${part(answer.isFromHere ? command`` : command` iif ${answer.in ?? ''}`)}`,
      command`ip rule`,
    ],
    mend: [
      command`take the policy rule away, or let it look in table main for those who ask from there (ip rule add to NETWORK lookup main)`,
    ],
  };
}

/** Whether answers leave by another interface than their packets come in by, in words; undefined where that is not so, or not known. */
function otherInterface(journey: Journey): { readonly came: string; readonly goes: string } | undefined {
  const { start, answer } = journey;
  if (answer === null || answer.route.kind !== 'route' || start.in === null || start.in === '') return undefined;
  return interfacesOf(answer.route.route).includes(start.in) ? undefined : { came: start.in, goes: wayText(answer.route) };
}

function asymmetric(
  subject: Subject,
  journey: Journey,
  answer: NonNullable<Journey['answer']>,
  lost: readonly Evidence[],
): Cause | undefined {
  const other = otherInterface(journey);
  if (other === undefined) return undefined;
  return {
    code: 'answer-misrouted',
    message: `The packet comes in by ${other.came} and arrives at ${endText(journey)}, and its answer to ${whoHas(subject, answer.destination)} leaves ${other.goes}. The answer is lost on that way: conntrack has tries that were answered and never went on (SYN_RECV).`,
    evidence: [...decidedBy(subject, answer.route), ...lost],
    confirm: [
      command`ip route get ${answer.destination} from ${journey.end.destination.text}`,
      command`ip rule`,
      command`ip route show table all default`,
    ],
    mend: [
      command`give answers the way by which their packets come in (a route to ${answer.destination} by ${other.came}, or a policy rule), or take the other default route away`,
    ],
  };
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found: Found[] = [];
  const fine = new Set<string>();
  for (const journey of accepted(asked)) {
    const { answer, end } = journey;
    if (answer === null) continue;
    const other = otherWay(subject, answer);
    const lost = tries.get(tryKey(end.destination.text, end.dport))?.halfOpen ?? [];
    if (answer.route.kind === 'none') found.push(foundCause(withoutRoute(subject, journey, answer), { ends: [journey] }));
    else if (other !== undefined && lost.length > 0)
      found.push(foundCause(misrouted(subject, journey, answer, lost), { ends: [journey] }));
    else if (lost.length > 0 && otherInterface(journey) !== undefined) {
      const cause = asymmetric(subject, journey, answer, lost);
      if (cause !== undefined) found.push(foundCause(cause, { ends: [journey] }));
    } else if (other !== undefined)
      fine.add(
        `A policy rule sends answers to ${answer.destination} ${other.own}, where other packets go ${other.plain}: they are lost if that way does not lead there.`,
      );
    else if (answer.route.kind === 'route') fine.add(`There is a route for answers to ${answer.destination}.`);
  }
  return { found, fine: [...fine].slice(0, 3) };
}
