import type { Steps } from '../../base/steps.ts';
import { interfacesOf, type RouteAnswer } from '../../node/look-ups/route.ts';
import { routeTo } from '../bridges.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
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

/** Where a route or a policy rule that decides stands. */
function decidedBy({ facts }: Subject, answer: RouteAnswer): readonly Evidence[] {
  if (answer.kind === 'unknown') return [];
  const { rule, route } = answer;
  const { policyRules, routes } = facts;
  const byRule =
    rule === null || policyRules === null
      ? []
      : [
          {
            file: policyRules.file,
            line: rule.line,
            text: `priority ${rule.priority}${rule.from === '' ? '' : ` from ${rule.from}`}${rule.to === '' ? '' : ` to ${rule.to}`}${rule.in === '' ? '' : ` iif ${rule.in}`} ${rule.refuses === '' ? `lookup ${rule.table}` : rule.refuses}`,
          },
        ];
  const byRoute =
    route === null || routes === null
      ? []
      : [{ file: routes.file, line: route.line, text: `${route.type} ${route.network}, table ${route.table}` }];
  return [...byRule, ...byRoute];
}

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
  const by = answer.isFromHere ? '' : ` iif ${answer.in ?? 'cni0'}`;
  return {
    code: 'answer-no-route',
    message: `The packet arrives at ${endText(journey)}, and the node has no route for the answer to ${whoHas(subject, answer.destination)}${why}. Answers are routed by their own source and interface, which policy rules may ask for.`,
    evidence: decidedBy(subject, route),
    confirm: [`ip route get ${answer.destination} from ${journey.end.destination.text}${by}`, 'ip rule'],
    mend: ['take the rule or route away, or give its table a route back to those who ask'],
  };
}

/** Tables that every node has. */
const usual: ReadonlySet<string> = new Set(['local', 'main', 'default', '']);

function wayText({ route }: Extract<RouteAnswer, { readonly kind: 'route' }>): string {
  const [hop] = route.hops;
  const gateway = hop?.gateway ?? '';
  return `by ${interfacesOf(route).join(', ')}${gateway === '' ? '' : ` to ${gateway}`}`;
}

/** The way that a policy rule gives answers, where it is another than that of all other packets. */
function otherWay(
  subject: Subject,
  answer: NonNullable<Journey['answer']>,
): { readonly own: string; readonly plain: string } | undefined {
  const { route, destination } = answer;
  if (route.kind !== 'route' || route.rule === null || usual.has(route.rule.table)) return undefined;
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
      `ip route get ${answer.destination} from ${journey.end.destination.text}${answer.isFromHere ? '' : ` iif ${answer.in ?? ''}`}`,
      'ip rule',
    ],
    mend: [
      'take the policy rule away, or let it look in table main for those who ask from there (ip rule add to NETWORK lookup main)',
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
    else if (other !== undefined)
      fine.add(
        `A policy rule sends answers to ${answer.destination} ${other.own}, where other packets go ${other.plain}: they are lost if that way does not lead there.`,
      );
    else if (answer.route.kind === 'route') fine.add(`There is a route for answers to ${answer.destination}.`);
  }
  return { found, fine: [...fine].slice(0, 3) };
}
