import { command } from '../../base/shell-text.ts';
import { type BridgePort, linkNamed, portBehind, portsOf } from '../../node/look-ups/links.ts';
import { conntrackEntries } from '../../node/readers/conntrack-entries.ts';
import { bridgeNamed } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { podInterfaces, whoHas } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** A bridge sends no frame out by the port that it came in by, unless that port is in hairpin mode (br_forward.c, should_deliver). */
export const hairpinOff: NodeFinding = {
  codes: { 'hairpin-off': 'A Pod cannot reach itself through a Service: its port of the bridge is not in hairpin mode.' },
  look: atOnce(look),
};

/** Whether conntrack has seen a Pod reach itself by a Service, with an answer. */
function hasReachedItself({ facts }: Subject, ip: string): boolean {
  if (facts.conntrack === null) return false;
  for (const { asked, answered, isUnreplied, state } of conntrackEntries(facts.conntrack.text, `src=${ip} `)) {
    const isItself = asked.source === ip && answered.source === ip && asked.destination !== ip;
    if (isItself && !isUnreplied && state !== 'SYN_SENT') return true;
  }
  return false;
}

/** The ports that may be the Pod's and are not in hairpin mode: its own where that is known. */
function portsInTheWay(subject: Subject, bridge: string, ip: string): readonly BridgePort[] {
  const ports = portsOf(subject.facts, bridge);
  const own = portBehind(subject.facts, bridge, ip);
  const off = ports.filter(({ hairpin, name }) => hairpin === false && (own === undefined || name === own));
  // Where some ports are in hairpin mode, which one is the Pod's decides: that it was seen to reach itself tells.
  if (own === undefined && off.length < ports.length && hasReachedItself(subject, ip)) return [];
  return off;
}

/** Whether a port is up on both ends, as far as that is known. */
function isAtWork({ facts }: Subject, port: string): boolean {
  const link = linkNamed(facts, port);
  return link === undefined || (link.isUp && link.hasCarrier);
}

function isHairpin({ start, end }: Journey): boolean {
  return end.dnat && end.destination.text === start.source?.text;
}

/** The last rule of a journey that belongs to an endpoint. */
function endpointLine({ last }: Journey): number | undefined {
  for (let step = last; step !== null; step = step.previous) {
    if (step.kind === 'dnat' && step.line !== null) return step.line;
  }
  return undefined;
}

function messageOf(subject: Subject, ip: string | undefined, bridge: string, ports: readonly BridgePort[]): string {
  const names = ports
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ');
  const more = ports.length > 5 ? ` and ${ports.length - 5} more` : '';
  const which = `${ports.length === 1 ? 'Port' : 'Ports'} ${names}${more} of ${bridge} ${ports.length === 1 ? 'is' : 'are'} not in hairpin mode`;
  if (ip === undefined) return `${which}, as others are: a Pod there cannot reach itself through a Service.`;
  return `${which}: ${whoHas(subject, ip)} is the endpoint that its own packet is sent to, so the frame would have to leave by the port that it came in by, and the bridge drops it. From any other Pod the Service works.`;
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (subject.facts.links === null && subject.facts.bridgePorts === null) return nothing;
  const journeys = leaving(asked).filter(isHairpin);
  const [journey] = journeys;
  const ip = journey?.start.source?.text;
  const bridges = journey === undefined ? podInterfaces(subject) : [leavesBy(journey)];
  for (const name of bridges) {
    const bridge = bridgeNamed(subject, name);
    if (bridge === undefined || linkNamed(subject.facts, bridge)?.isPromiscuous === true) continue;
    // A port that is down, as a Pod that is gone leaves it, keeps nobody from anything.
    const all = portsOf(subject.facts, bridge).filter(({ name: port }) => isAtWork(subject, port));
    const off = ip === undefined ? all.filter(({ hairpin }) => hairpin === false) : portsInTheWay(subject, bridge, ip);
    // A bridge without any port in that mode is one that nobody wanted it of, unless a Pod is to reach itself there.
    if (off.length === 0 || (ip === undefined && off.length === all.length)) continue;
    const line = journey === undefined ? undefined : endpointLine(journey);
    const cause = {
      code: 'hairpin-off',
      message: messageOf(subject, ip, bridge, off),
      evidence: [
        ...off
          .slice(0, 5)
          .map(({ file, line: at, name: port }) => ({ file, line: at, text: `${port}: master ${bridge}, hairpin false` })),
        ...(line === undefined ? [] : [ruleEvidence(subject, line)]),
      ],
      confirm: [command`bridge -d link show | grep -A1 ${`master ${bridge}`}`],
      mend: off.slice(0, 5).map(({ name: port }) => command`bridge link set dev ${port} hairpin on`),
    };
    return { ...nothing, found: [foundCause(cause, { ends: journeys })] };
  }
  return { ...nothing, fine: journeys.length > 0 ? ["The Pod's port of the bridge is in hairpin mode."] : [] };
}
