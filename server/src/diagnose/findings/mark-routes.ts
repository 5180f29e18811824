import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { nftMark } from '../../node/look-ups/nft-changes.ts';
import { interfacesOf, type RouteAnswer, routeOf } from '../../node/look-ups/route.ts';
import { nftRuleText } from '../../node/readers/nft.ts';
import type { PolicyRuleRecord } from '../../node/records.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { type MarkStep, marksOn } from '../marks.ts';
import { firstPacket, nftTables } from '../nft-packets.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { decidedBy, wayText } from '../route-words.ts';
import { endText, podAddressesHere } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';
import { type Tries, triesOf, tryKey } from '../tries.ts';

/** A policy rule (ip rule fwmark) that takes a mark for its own program's: kube-proxy's, or one that rules set for other ends. */
export const markRoutes: NodeFinding = {
  codes: {
    'mark-routes':
      'A policy rule routes by a mark that rules set, so that packets to Services take its table, where they are lost.',
  },
  look,
};

interface Misled {
  readonly journey: Journey;
  readonly rule: PolicyRuleRecord;
  readonly step: MarkStep;
  /** Tries that nobody answered. */
  readonly lost: readonly Evidence[];
}

/** Whether a journey is routed elsewhere for its mark alone. */
function isElsewhere({ facts }: Subject, { route, start, end }: Journey): boolean {
  if (route.kind === 'unknown') return false;
  const plain = routeOf(facts, {
    destination: end.destination.text,
    source: start.source?.text ?? '',
    mark: start.mark,
    in: start.isFromHere ? '' : start.in,
  });
  if (plain.kind !== 'route') return false;
  if (route.kind === 'none' || route.route.type !== plain.route.type) return true;
  return wayText(route) !== wayText(plain);
}

/** A journey that a mark leads to where it is lost; what another program leads away on purpose (egress gateways) may arrive. */
function misled(subject: Subject, journey: Journey, tries: ReadonlyMap<string, Tries>): Misled | undefined {
  const { route, end } = journey;
  const rule = route.kind === 'unknown' ? null : route.rule;
  const steps = marksOn(journey);
  const step = steps.find(({ chain }) => chain.startsWith('KUBE-')) ?? steps.at(-1);
  if (rule === null || rule.mark === null || step === undefined || !isElsewhere(subject, journey)) return undefined;
  const own = tries.get(tryKey(end.destination.text, end.dport));
  const lost = own === undefined || own.well > 0 ? [] : own.unanswered;
  const isSure =
    step.chain.startsWith('KUBE-') ||
    route.kind === 'none' ||
    (route.kind === 'route' && route.route.type === 'local') ||
    podAddressesHere(subject).includes(end.destination.text);
  return isSure || lost.length > 0 ? { journey, rule, step, lost } : undefined;
}

function whereText({ route }: Journey): string {
  if (route.kind !== 'route') return 'which has no route for it';
  if (route.route.type === 'local') return 'which delivers it to this node itself';
  return `which leads by ${interfacesOf(route.route).join(', ')}, where it is not`;
}

/** Where a mark that a rule of another table of nft sets leads a packet; undefined where that is where it goes without, or it is not known. */
function byNft(subject: Subject, journey: Journey, tries: ReadonlyMap<string, Tries>): Found | undefined {
  const { facts } = subject;
  const tables = nftTables(facts);
  const packet = firstPacket(journey);
  const { start, end, route } = journey;
  if (tables === undefined || packet === undefined || route.kind !== 'route' || end.destination.standsIn === true)
    return undefined;
  const marked = end.routedMark ?? end.mark;
  const found = nftMark(facts, tables, packet, marked);
  if (found === undefined) return undefined;
  const { place, mark } = found;
  const routed = (value: number): RouteAnswer =>
    routeOf(facts, {
      destination: end.destination.text,
      source: start.source?.text ?? '',
      mark: value,
      in: start.isFromHere ? '' : start.in,
      ...(start.isFromHere
        ? {}
        : { protocol: start.protocol, sport: start.sport, dport: end.dport, clientPort: 'source' as const }),
    });
  // The first packet has the marks of table nat besides, those after it have not.
  const ways = [routed((mark | marked) >>> 0), routed(mark)];
  const other = ways.find((each) => each.kind === 'none' || (each.kind === 'route' && wayText(each) !== wayText(route)));
  if (other === undefined || other.kind === 'unknown') return undefined;
  const { rule } = other;
  if (rule === null || rule.mark === null) return undefined;
  const own = tries.get(tryKey(end.destination.text, end.dport));
  if (other.kind === 'route' && (own === undefined || own.well > 0 || own.unanswered.length === 0)) return undefined;
  const { chain } = place;
  const where = `${chain.family} ${chain.table} ${chain.name}`;
  const leads = whereText({ ...journey, route: other });
  const cause = {
    code: 'mark-routes',
    message: `A rule of nftables' table ${chain.family} ${chain.table} (chain ${chain.name}) gives the packet mark 0x${mark.toString(16)}, and policy rule ${rule.priority} takes packets with it to ${rule.table === '' ? rule.refuses : `table ${rule.table}`}, ${rule.table === '' ? 'so that they go nowhere' : leads}. iptables shows nothing of that mark.`,
    evidence: [
      { file: chain.file, line: place.rule.line, text: `chain ${where}: ${nftRuleText(place.rule)}` },
      ...decidedBy(subject, other).slice(0, 1),
      ...(own?.unanswered ?? []),
    ],
    confirm: [
      command`ip rule`,
      command`ip route get ${end.destination.text} mark ${mark}`,
      command`nft list chain ${chain.family} ${chain.table} ${chain.name}`,
    ],
    mend: [command`narrow the rule in table ${chain.family} ${chain.table} to what the mark is meant for`],
  };
  return foundCause(cause, { ends: [journey] });
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found = accepted(asked).flatMap((journey) => misled(subject, journey, tries) ?? []);
  const byOthers = accepted(asked).flatMap((journey) => byNft(subject, journey, tries) ?? []);
  const [first] = found;
  if (first === undefined) return { ...nothing, found: byOthers };
  const { journey, rule, step, lost } = first;
  const isProxys = step.chain.startsWith('KUBE-');
  const mark = `0x${(rule.mark?.value ?? 0).toString(16)}/0x${(rule.mark?.mask ?? 0).toString(16)}`;
  const { file, line } = subject.place(step.line);
  const whose = isProxys
    ? 'kube-proxy sets that bit for its own ends (KUBE-MARK-MASQ, to masquerade)'
    : `a rule of ${step.chain} sets it (${file}, line ${line})`;
  const cause = {
    code: 'mark-routes',
    message: `Policy rule ${rule.priority} takes packets with mark ${mark} to table ${rule.table}, and ${whose}: the packet to ${endText(journey)} is routed by that table, ${whereText(journey)}.`,
    evidence: [...decidedBy(subject, journey.route).slice(0, 1), ruleEvidence(subject, step.line), ...lost],
    confirm: [command`ip rule`, command`ip route get ${journey.end.destination.text} mark ${rule.mark?.value ?? 0}`],
    mend: isProxys
      ? [command`give the program with the policy rule another bit, or kube-proxy (iptables.masqueradeBit)`]
      : [
          command`narrow the rule of ${step.chain} to what table ${rule.table} is meant for, or give the table the routes of table main`,
        ],
  };
  return { ...nothing, found: [foundCause(cause, { ends: found.map((each) => each.journey) }), ...byOthers] };
}
