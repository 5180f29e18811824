import { command } from '../../base/shell-text.ts';
import { listens } from '../../node/look-ups/listening.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { endText } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** What is for the node itself needs a program there. */
export const nothingListens: NodeFinding = {
  codes: { 'nothing-listens': 'The packet is for the node itself, and no program of it listens there: the kernel refuses it.' },
  look: atOnce(look),
};

/** Whether a packet comes to the node, where nobody takes it; undefined where that is not known. */
function isUnheard({ facts }: Subject, { end, isDelivered }: Journey): boolean | undefined {
  const { destination, dport, protocol, isCaught } = end;
  if (!isDelivered || isCaught || dport === null || destination.standsIn === true) return false;
  if (isOwn(facts, destination.text) !== true) return false;
  const told = listens(facts, protocol, destination.text, dport);
  return told === undefined ? undefined : !told;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const { sockets } = subject.facts;
  const delivered = accepted(asked).filter((journey) => isUnheard(subject, journey) !== undefined && journey.isDelivered);
  const journeys = delivered.filter((journey) => isUnheard(subject, journey) === true);
  const [journey] = journeys;
  if (journey === undefined || sockets === null)
    return { ...nothing, fine: sockets !== null && delivered.length > 0 ? ['A program of the node listens there.'] : [] };
  const { protocol, dport } = journey.end;
  const cause = {
    code: 'nothing-listens',
    message: `The packet is for the node itself (${endText(journey)}/${protocol}), and no program of it listens there: the kernel refuses it.`,
    evidence: [
      { file: sockets.file, line: 1, text: `none of ${sockets.records.length} sockets has ${protocol} port ${dport ?? ''}` },
    ],
    confirm: [command`ss -lntu | grep -w ${dport ?? ''}`],
    mend: [command`start the program that should listen there, or let it listen on that address (not on 127.0.0.1 alone)`],
  };
  const found: Found = { ...foundCause(cause, { ends: journeys, as: 'refused' }), isSymptom: true };
  return { ...nothing, found: [found] };
}
