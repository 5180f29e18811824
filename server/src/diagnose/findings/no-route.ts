import { command, part } from '../../base/shell-text.ts';
import { type RouteAnswer, routeOf } from '../../node/look-ups/route.ts';
import type { PolicyRuleRecord } from '../../node/records.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import { type Asked, type Journey, senderOf } from '../journey.ts';
import { accepted, atOnce, type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { ruleText } from '../route-words.ts';
import { endText, failedNeighbour, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** The way that routes say: none, a refusal, or a router that does not answer. */
export const noRoute: NodeFinding = {
  codes: {
    'no-route': 'The node has no route to where its rules send the packet.',
    'next-hop-silent': 'The next machine on the way does not answer: its neighbour entry failed.',
  },
  look: atOnce(look),
};

function evidenceOf({ facts }: Subject, { route, end }: Journey): readonly Evidence[] {
  const { routes, policyRules } = facts;
  if (route.kind !== 'none' || routes === null) return [];
  const refused = route.route;
  if (refused !== null)
    return [
      {
        file: refused.file ?? routes.file,
        line: refused.line,
        text: `${refused.type} ${refused.network}, table ${refused.table}`,
      },
    ];
  if (route.rule !== null && policyRules !== null)
    return [
      {
        file: route.rule.file ?? policyRules.file,
        line: route.rule.line,
        text: `priority ${route.rule.priority} ${route.rule.refuses}`,
      },
    ];
  return [{ file: routes.file, line: 1, text: `none of ${routes.records.length} routes is for ${end.destination.text}` }];
}

function withoutRoute(subject: Subject, journeys: readonly Journey[]): Cause | undefined {
  const [journey] = journeys;
  if (journey?.route.kind !== 'none') return undefined;
  const { rule, route } = journey.route;
  const why =
    route !== null
      ? `: a route of type ${route.type} refuses it`
      : rule !== null && rule.refuses !== ''
        ? `: policy rule ${rule.priority} refuses it`
        : '';
  return {
    code: 'no-route',
    message: `The node has no route to ${endText(journey)}, where the rules send the packet (${whoHas(subject, journey.end.destination.text)})${why}. A node's routes to the Pods of others are made by the network plugin.`,
    evidence: evidenceOf(subject, journey),
    confirm: [command`ip route get ${journey.end.destination.text}`, command`ip rule`],
    mend: [command`restart the network plugin's Pod on this node, and look into its log`],
  };
}

/** The router of a journey whose neighbour entry failed. */
function silentHop(subject: Subject, route: RouteAnswer): (Evidence & { readonly ip: string }) | undefined {
  if (route.kind !== 'route') return undefined;
  const gateways = route.route.hops.map(({ gateway }) => gateway).filter((gateway) => gateway !== '');
  const [only, ...others] = gateways;
  const failed = only === undefined || others.length > 0 ? undefined : failedNeighbour(subject, only);
  if (failed === undefined) return undefined;
  return {
    ip: failed.ip,
    file: failed.file ?? subject.facts.neighbours?.file ?? '',
    line: failed.line,
    text: `${failed.ip} dev ${failed.interface} ${failed.states.join(' ')}`,
  };
}

function silentCause(subject: Subject, what: string, hop: NonNullable<ReturnType<typeof silentHop>>): Cause {
  const { ip, ...evidence } = hop;
  return {
    code: 'next-hop-silent',
    message: `${what} go by ${whoHas(subject, ip)}, which does not answer on the link (ARP, neighbour discovery): that machine or the network between is down.`,
    evidence: [evidence],
    confirm: [command`ip neigh show ${ip}`, command`ping -c 3 ${ip}`],
    mend: [command`look at ${part(whoHas(subject, ip))} and the network between, or at the route by it`],
  };
}

/** Ways of what the node itself sends that end before OUTPUT: a program's first packet is routed by the address that it asks for. */
function withoutFirstRoute(subject: Subject, asked: Asked | null): Found | undefined {
  const { facts } = subject;
  const sent = (asked?.journeys ?? []).filter(({ start, end }) => start.isFromHere && end.dnat);
  const [journey] = sent;
  if (journey === undefined || facts.routes === null) return undefined;
  const { text: destination } = journey.start.destination;
  const { mark, protocol, sport, dport } = journey.start;
  const uid = senderOf(journey.start);
  const route = routeOf(facts, { destination, source: '', mark, in: '', protocol, sport, dport, clientPort: 'source', uid });
  if (route.kind !== 'none') return undefined;
  const users = route.rule?.uids ?? null;
  const whose =
    users === null ? '' : ` The policy rule is for programs of users ${users.from} to ${users.to}, and root is taken to ask.`;
  const cause: Cause = {
    code: 'no-route',
    message: `The node has no route to ${destination}, the address that its program asks for: the kernel wants one before any rule of OUTPUT translates the packet, so nothing is sent (network is unreachable). A default route is enough. Pods are not concerned: theirs come in.${whose}`,
    evidence: evidenceOf(subject, { ...journey, route, end: journey.start }),
    confirm: [command`ip route get ${destination}`],
    mend: [command`give the node a default route, or one to the Services' network (ip route add CIDR dev eth0)`],
  };
  return foundCause(cause, { ends: sent, isBeforeRules: true });
}

/** Answers to what arrives, by a router that does not answer. */
function silentBack(subject: Subject, asked: Asked | null): readonly Found[] {
  const hopOf = ({ answer }: Journey): ReturnType<typeof silentHop> =>
    answer === null ? undefined : silentHop(subject, answer.route);
  const journeys = accepted(asked).filter((journey) => hopOf(journey) !== undefined);
  const [journey] = journeys;
  const hop = journey === undefined ? undefined : hopOf(journey);
  if (journey === undefined || hop === undefined || journey.answer === null) return [];
  const what = `The packet arrives at ${endText(journey)}, and its answers to ${whoHas(subject, journey.answer.destination)}`;
  return [foundCause(silentCause(subject, what, hop), { ends: journeys })];
}

/** The policy rule that would lead a journey's packet or its answer elsewhere, and may be for it; null where none is. */
function undecidedRule({ route, answer, isDelivered }: Journey): PolicyRuleRecord | null {
  if (route.kind === 'unknown' && route.rule !== null && !isDelivered) return route.rule;
  return answer?.route.kind === 'unknown' ? answer.route.rule : null;
}

function undecidedTexts({ facts }: Subject, journeys: readonly Journey[]): readonly string[] {
  const rules = new Set(journeys.map(undecidedRule).filter((rule) => rule !== null));
  return [...rules].map(
    (rule) =>
      `Whether a policy rule is for the packet or its answer decides, and could not be told (${rule.file ?? facts.policyRules?.file ?? ''}, line ${rule.line}: ${ruleText(rule)}); look with: ip rule, and ip route get ADDRESS from ADDRESS iif INTERFACE ipproto PROTOCOL dport PORT`,
  );
}

function look(subject: Subject, asked: Asked | null): Looked {
  const journeys = leaving(asked);
  const found: Found[] = [];
  const first = withoutFirstRoute(subject, asked);
  if (first !== undefined) found.push(first);
  const none = journeys.filter(({ route }) => route.kind === 'none');
  const cause = withoutRoute(subject, none);
  if (cause !== undefined) found.push(foundCause(cause, { ends: none }));
  const silent = journeys.filter(({ route }) => silentHop(subject, route) !== undefined);
  const [journey] = silent;
  const hop = journey === undefined ? undefined : silentHop(subject, journey.route);
  if (journey !== undefined && hop !== undefined)
    found.push(foundCause(silentCause(subject, `Packets to ${endText(journey)}`, hop), { ends: silent }));
  found.push(...silentBack(subject, asked));
  const undecided = accepted(asked).filter((journey) => undecidedRule(journey) !== null);
  const routed = journeys.some(({ route }) => route.kind === 'route');
  const fine = found.length === 0 && routed ? ['There is a route to where the packet is sent.'] : [];
  return { ...nothing, found, fine: [...fine, ...undecidedTexts(subject, undecided)], open: undecided };
}
