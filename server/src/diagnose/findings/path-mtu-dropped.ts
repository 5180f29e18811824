import { isIPv6 } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import { ipAddress, packetOf } from '../../netfilter/packet.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import type { LinkRecord } from '../../node/records.ts';
import type { Asked } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { whoHas } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** A packet that is too large for the next link is dropped, and its sender told so; where that message is dropped, too, large packets hang (RFC 2923). */
export const pathMtuDropped: NodeFinding = {
  codes: {
    'path-mtu-dropped':
      'The node drops its own messages that packets are too large for the next link: connections open, and hang at the first large packet.',
  },
  look,
};

/** "fragmentation needed" of ICMP and "packet too big" of ICMPv6. */
const messages = { ipv4: { type: 3, code: 4 }, ipv6: { type: 2, code: 0 } } as const;

/** Who sends what is too large, by which link it came, and by which it has to leave. */
interface Narrowing {
  readonly sender: string;
  readonly from: LinkRecord;
  readonly to: LinkRecord;
}

/** Both directions of a way whose two links take packets of different sizes. */
function narrowings({ facts }: Subject, asked: Asked): readonly Narrowing[] {
  const found: Narrowing[] = [];
  for (const journey of leaving(asked)) {
    const { start, end, isBridged } = journey;
    const [into, out] = [linkNamed(facts, start.in ?? ''), linkNamed(facts, leavesBy(journey) ?? '')];
    if (isBridged || into === undefined || out === undefined || into.mtu <= 0 || out.mtu <= 0) continue;
    if (into.mtu > out.mtu && start.source !== null) found.push({ sender: start.source.text, from: into, to: out });
    if (out.mtu > into.mtu) found.push({ sender: end.destination.text, from: out, to: into });
  }
  return found;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked?.packet.protocol !== 'tcp') return nothing;
  for (const { sender, from, to } of narrowings(subject, asked)) {
    const family = isIPv6(sender) ? 'ipv6' : 'ipv4';
    const own = subject.facts.addresses?.records.find(
      ({ ip, interface: name, scope }) => name === from.name && scope !== 'link' && isIPv6(ip) === (family === 'ipv6'),
    );
    const [source, destination] = [ipAddress(own?.ip ?? ''), ipAddress(sender)];
    if (source === undefined || destination === undefined) continue;
    const protocol = family === 'ipv6' ? 'ipv6-icmp' : 'icmp';
    const message = packetOf({
      source,
      destination,
      protocol,
      icmp: messages[family],
      state: 'RELATED',
      isFromHere: true,
      out: from.name,
    });
    const { outcomes } = yield* enumerateSteps(subject.ruleset, message, asked.options);
    const dropped = outcomes.filter(({ oddity }) => oddity === outcomes[0]?.oddity);
    const line = dropped[0]?.last?.line ?? null;
    if (dropped.length === 0 || line === null || dropped.some(({ verdict }) => verdict === 'accept')) continue;
    const cause = {
      code: 'path-mtu-dropped',
      message: `${from.name} takes packets of ${from.mtu} bytes and ${to.name} of ${to.mtu}, and a rule drops what this node would tell ${whoHas(subject, sender)} of it (${family === 'ipv6' ? 'packet-too-big' : 'fragmentation-needed'}): connections open, and hang at the first packet that is larger than ${to.mtu} bytes.`,
      evidence: [
        ruleEvidence(subject, line),
        { file: subject.facts.links?.file ?? '', line: from.line, text: `${from.name} mtu ${from.mtu}` },
        { file: subject.facts.links?.file ?? '', line: to.line, text: `${to.name} mtu ${to.mtu}` },
      ],
      confirm: [command`tracepath -n ${sender}`, command`ip -d link show ${to.name}`],
      mend: [
        family === 'ipv6'
          ? command`ip6tables -I OUTPUT -p ipv6-icmp --icmpv6-type packet-too-big -j ACCEPT`
          : command`iptables -I OUTPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT`,
      ],
    };
    return { ...nothing, found: [foundCause(cause, { concerns: true })] };
  }
  return nothing;
}
