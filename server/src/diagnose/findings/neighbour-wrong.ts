import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { linkNamed, portsOf } from '../../node/look-ups/links.ts';
import type { NeighbourRecord } from '../../node/records.ts';
import { linkOfRoute } from '../bridges.ts';
import type { Asked, Journey } from '../journey.ts';
import { type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';

/** A neighbour entry that somebody wrote, with a link address that is nobody's. */
export const neighbourWrong: NodeFinding = {
  codes: {
    'neighbour-wrong':
      'A permanent neighbour entry has a link address that no port of the bridge has seen: frames to the Pod reach nobody.',
  },
  look,
};

/** The permanent entry of a packet's destination, with an address of which the bridge knows no port. */
function strangeEntry({ facts }: Subject, { route, end }: Journey): NeighbourRecord | undefined {
  const bridge = linkOfRoute(route);
  const { forwarding } = facts;
  if (bridge === null || forwarding === null || linkNamed(facts, bridge)?.kind !== 'bridge') return undefined;
  const entry = facts.neighbours?.records.find(({ ip, interface: name }) => ip === end.destination.text && name === bridge);
  if (entry === undefined || entry.mac === '' || !entry.states.includes('PERMANENT')) return undefined;
  const ports = new Set(portsOf(facts, bridge).map(({ name }) => name));
  return forwarding.records.some(({ mac, port }) => mac === entry.mac && ports.has(port)) ? undefined : entry;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found = leaving(asked).flatMap((journey): readonly Found[] => {
    const entry = strangeEntry(subject, journey);
    const own = tries.get(tryKey(journey.end.destination.text, journey.end.dport));
    // A bridge that has forgotten who is where sends to every port: only that nobody answered shows that the entry is wrong.
    if (entry === undefined || own === undefined || own.well > 0 || own.unanswered.length === 0) return [];
    const { ip, interface: name, mac, line } = entry;
    const cause = {
      code: 'neighbour-wrong',
      message: `Packets to ${endText(journey)} (${whoHas(subject, ip)}) are sent to the link address ${mac}, which a permanent neighbour entry has and no port of ${name} has seen: nobody takes the frames, and conntrack saw no answer.`,
      evidence: [
        { file: entry.file ?? subject.facts.neighbours?.file ?? '', line, text: `${ip} dev ${name} lladdr ${mac} PERMANENT` },
        ...own.unanswered,
      ],
      confirm: [
        command`ip neigh show ${ip}`,
        command`bridge fdb show br ${name} | grep ${mac}`,
        command`kubectl exec POD -- ip link show eth0`,
      ],
      mend: [command`ip neigh del ${ip} dev ${name}   (the kernel asks for the right one then)`],
    };
    return [foundCause(cause, { ends: [journey] })];
  });
  return { ...nothing, found };
}
