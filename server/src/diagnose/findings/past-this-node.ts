import type { Steps } from '../../base/steps.ts';
import type { Asked } from '../journey.ts';
import { accepted, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';
import { triesOf, tryKey } from '../tries.ts';
import { turnsRound } from '../turns-round.ts';

/** Packets between others, which this node need not see at all: a NodePort of another node, a Pod of another node asked from outside. */
export const pastThisNode: NodeFinding = { codes: {}, look };

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  const journeys = accepted(asked).filter((journey) => turnsRound(subject, journey));
  const [journey] = journeys;
  if (asked === null || journey === undefined) return nothing;
  // Conntrack knows what came by here.
  const tries = (yield* triesOf(subject, asked)).get(tryKey(journey.end.destination.text, journey.end.dport));
  if (tries !== undefined && tries.well > 0) return nothing;
  const { start } = journey;
  const text = `Nothing shows that packets from ${start.source?.text ?? 'the sender'} to ${start.destination.text} come by this node: both are on the side of ${start.in ?? ''}. Ask on the node that they go to.`;
  return { ...nothing, fine: [text], open: journeys };
}
