import { command } from '../../base/shell-text.ts';
import { interfaceSetting, type Setting, setting } from '../../node/look-ups/sysctl.ts';
import { bridgeNamed, linkOfRoute } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { hasServices, settingEvidence } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** The kernel drops what comes in and is for others (ip_forward, IN_DEV_FORWARD; ip6_forward). */
export const forwardingOff: NodeFinding = {
  codes: { 'forwarding-off': 'The kernel does not forward packets: what comes in for Pods is dropped.' },
  look: atOnce(look),
};

const names = { ipv4: 'net.ipv4.ip_forward', ipv6: 'net.ipv6.conf.all.forwarding' } as const;

/** What decides whether a packet that came in by an interface is forwarded: for IPv4 that interface's own switch. */
function decidingFor({ facts }: Subject, family: 'ipv4' | 'ipv6', name: string | null): Setting | undefined {
  const own = family === 'ipv4' && name !== null ? interfaceSetting(facts, 'ipv4', name, 'forwarding') : undefined;
  return own ?? setting(facts, names[family]);
}

/** What switches off that a packet is forwarded, or the answer to it; undefined where nothing does. */
function switchedOff(subject: Subject, journey: Journey): Setting | undefined {
  const { start, answer } = journey;
  if (isPassedByBridge(subject, journey)) return undefined;
  const there = isForwarded(journey) ? decidingFor(subject, start.family, start.in) : undefined;
  const back =
    answer !== null && !answer.isFromHere && answer.in !== null ? decidingFor(subject, start.family, answer.in) : undefined;
  return [there, back].find((each) => each?.value === 0);
}

/** Whether a packet that came in met FORWARD, or would have: the kernel looks at the switch before. */
function isForwarded({ start, end, isDelivered, isBridged }: Journey): boolean {
  return !start.isFromHere && !isDelivered && !isBridged && end.hook !== 'PREROUTING';
}

/**
 * Whether a bridge passes a translated packet of IPv6 from port to port by itself: it asks routes alone, which do not look at the switch
 * (br_nf_pre_routing_finish_ipv6). Of IPv4 they do.
 */
function isPassedByBridge(subject: Subject, { start, route }: Journey): boolean {
  return start.family === 'ipv6' && start.in !== null && bridgeNamed(subject, linkOfRoute(route)) === start.in;
}

function causeOf(off: Setting, ends: readonly Journey[]): Found {
  const isOne = !Object.values(names).some((name) => name === off.name);
  return foundCause(
    {
      code: 'forwarding-off',
      message: `${off.name} is 0: the kernel drops every packet that ${isOne ? 'comes in there and ' : ''}is to be forwarded, to Pods and from them, before FORWARD. kubelet and CNI plugins need it to be 1; a sysctl file of the distribution or a hardening profile sets it back.`,
      evidence: [settingEvidence(off)],
      confirm: [command`sysctl ${off.name}`],
      mend: [command`sysctl -w ${off.name}=1`],
    },
    { ends, isBeforeRules: true },
  );
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (subject.facts.sysctls === null) return nothing;
  const found: Found[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const whole = setting(subject.facts, names[family]);
    if (whole === undefined) continue;
    const forwarded = (asked?.journeys ?? []).filter((journey) => isForwarded(journey) && journey.start.family === family);
    const ended = forwarded.filter((journey) => switchedOff(subject, journey) !== undefined);
    const [first] = ended;
    const decides = first === undefined ? undefined : switchedOff(subject, first);
    if (decides !== undefined) found.push(causeOf(decides, ended));
    else if (
      whole.value === 0 &&
      hasServices(subject, family) &&
      forwarded.every((journey) => isPassedByBridge(subject, journey))
    )
      found.push(causeOf(whole, []));
  }
  return { ...nothing, found, fine: found.length === 0 ? ['The kernel forwards packets (net.ipv4.ip_forward).'] : [] };
}
