import { command } from '../../base/shell-text.ts';
import { type BridgePort, linkNamed, portBehind, portsOf } from '../../node/look-ups/links.ts';
import { bridgeNamed, linkOfRoute, routeTo } from '../bridges.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** A port of a bridge may be up, and pass nothing. */
export const portBlocked: NodeFinding = {
  codes: {
    'port-blocked':
      'A port of a bridge passes no packets: it is disabled or blocked (STP), or locked to addresses that it does not have.',
  },
  look: atOnce(look),
};

const passing: ReadonlySet<string> = new Set(['forwarding', '']);

interface Blocked {
  readonly port: BridgePort;
  readonly ip: string;
  /** Whether it is known that the address is behind that port. */
  readonly isSure: boolean;
}

function isBlocked({ facts }: Subject, port: BridgePort): boolean {
  // That it is disabled comes of its being down, which is said by itself.
  const link = linkNamed(facts, port.name);
  if (link !== undefined && !(link.isUp && link.hasCarrier)) return false;
  if (!passing.has(port.state)) return true;
  // A locked port takes what the table has for it, which it does not learn.
  if (port.isLocked !== true || facts.forwarding === null || facts.forwarding.skipped > 0) return false;
  const own = facts.links?.records.find(({ name }) => name === port.name)?.mac;
  return !facts.forwarding.records.some((entry) => entry.port === port.name && entry.mac !== own && !isGroup(entry.mac));
}

/** Whether a link address is one of a group: each port has some. */
function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** A blocked port that an end of the packet is, or may be, behind. */
function blockedFor(subject: Subject, ip: string): Blocked | undefined {
  const { facts } = subject;
  const bridge = bridgeNamed(subject, linkOfRoute(routeTo(subject, ip)));
  if (bridge === undefined) return undefined;
  const blocked = portsOf(facts, bridge).filter((port) => isBlocked(subject, port));
  if (blocked.length === 0) return undefined;
  const behind = portBehind(facts, bridge, ip);
  const own = blocked.find(({ name }) => name === behind);
  if (own !== undefined) return { port: own, ip, isSure: true };
  const neighbour = facts.neighbours?.records.find((each) => each.ip === ip && each.interface === bridge);
  const [first] = blocked;
  if (behind !== undefined || first === undefined) return undefined;
  if (neighbour?.mac === '') return { port: first, ip, isSure: true };
  return passing.has(first.state) ? { port: first, ip, isSure: false } : undefined;
}

function causeOf(subject: Subject, { port, ip, isSure }: Blocked): Cause {
  const why = passing.has(port.state)
    ? 'is locked, and the bridge has no entry of whom it may take packets from'
    : `is ${port.state}, and passes nothing`;
  return {
    code: 'port-blocked',
    message: `Port ${port.name} of the bridge ${why}; ${isSure ? '' : 'it is not known behind which port '}${whoHas(subject, ip)}${isSure ? ' is behind it' : ' is, and it may be this one'}.`,
    evidence: [
      {
        file: port.file,
        line: port.line,
        text: `${port.name}: state ${port.state || '?'}${port.isLocked === true ? ', locked' : ''}`,
      },
    ],
    confirm: [command`bridge -d link show dev ${port.name}`, command`bridge fdb show brport ${port.name}`],
    mend: [
      passing.has(port.state)
        ? command`bridge link set dev ${port.name} locked off`
        : command`bridge link set dev ${port.name} state 3`,
    ],
  };
}

function blockedOn(subject: Subject, { start, end, isDelivered }: Journey): Blocked | undefined {
  const from = start.isFromHere || start.source === null ? undefined : blockedFor(subject, start.source.text);
  const to = isDelivered || end.destination.standsIn === true ? undefined : blockedFor(subject, end.destination.text);
  return from?.isSure === true ? from : to?.isSure === true ? to : (from ?? to);
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found = accepted(asked).flatMap((journey) => {
    const blocked = blockedOn(subject, journey);
    if (blocked === undefined) return [];
    const more = blocked.isSure ? { as: 'lost' as const, isBeforeRules: true } : { as: 'unknown' as const };
    return [foundCause(causeOf(subject, blocked), { ends: [journey], ...more })];
  });
  return { ...nothing, found };
}
