import { command, part } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';
import { type Tries, triesOf, tryKey } from '../tries.ts';
import { turnsRound } from '../turns-round.ts';

/**
 * What conntrack says of tries that nothing else explains: a packet that was sent on and not answered is lost behind the rules, one whose answer
 * was not acknowledged on the way back.
 */
export const neverAnswered: NodeFinding = {
  codes: {
    'never-answered': "The node sent the packets on, and conntrack saw no answer: they are lost behind this node's rules.",
    'answer-lost': 'The answer came to this node, and the asker did not go on: it is lost on its way back.',
  },
  look,
};

/** Protocols without answers that must come, as syslog, have entries that look the same. */
function mustAnswer({ protocol, dport }: Journey['start']): boolean {
  return protocol === 'tcp' || protocol === 'sctp' || dport === 53;
}

function unansweredCause(subject: Subject, journey: Journey, { unanswered }: Tries): Cause {
  const out = leavesBy(journey) ?? '';
  const ip = journey.end.destination.text;
  return {
    code: 'never-answered',
    message: `Conntrack has tries of this that were sent on to ${endText(journey)} and never answered ([UNREPLIED]): the rules let them pass${out === '' ? '' : `, they left by ${out}`}, and no answer came back to this node. They are lost at ${whoHas(subject, ip)} or before it: its link or bridge port, a filter of the bridge (ebtables, nft tables of family bridge), a firewall or the network between, or a Pod that is silent or answers by another way.`,
    evidence: unanswered,
    confirm: [
      command`tcpdump -ni ${out === '' ? 'any' : out} host ${ip}`,
      command`ip neigh show ${ip}`,
      command`bridge -d link; bridge fdb`,
      command`nft list ruleset bridge; ebtables -L`,
    ],
    mend: [
      command`look where tcpdump sees the packet last: at the link of ${part(whoHas(subject, ip))}, and in its own network namespace`,
    ],
  };
}

function halfOpenCause(subject: Subject, journey: Journey, { halfOpen }: Tries): Cause {
  const asker = journey.start.source?.text ?? '';
  return {
    code: 'answer-lost',
    message: `Conntrack has tries of this that ${endText(journey)} answered and that never went on (SYN_RECV): the answer came to this node, and ${whoHas(subject, asker)} did not get it, or dropped it. Its way back is not the one that the packet came by, or somebody drops it there.`,
    evidence: halfOpen,
    confirm: [command`ip route get ${asker}`, command`ip rule`, command`tcpdump -ni any host ${asker}`],
    mend: [command`give answers the route by which their packets came in (ip rule, ip route), or look at what stands between`],
  };
}

function straightText(journey: Journey): string {
  return `Conntrack saw no answer to tries of this. The packet leaves by ${journey.start.in ?? ''}, by which it came in, so that answers may go straight to ${journey.start.source?.text ?? 'the sender'} and need not come by this node: whether they do is not known here.`;
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  const found: Found[] = [];
  const fine: string[] = [];
  const open: Journey[] = [];
  for (const [key, of] of tries) {
    const journeys = accepted(asked).filter(({ end }) => tryKey(end.destination.text, end.dport) === key);
    const [journey] = journeys;
    if (journey === undefined || of.well > 0 || !mustAnswer(journey.start)) continue;
    if (of.halfOpen.length === 0 && of.unanswered.length > 0 && journeys.every((each) => turnsRound(subject, each))) {
      fine.push(straightText(journey));
      open.push(...journeys);
      continue;
    }
    const cause =
      of.halfOpen.length > 0
        ? halfOpenCause(subject, journey, of)
        : of.unanswered.length > 0
          ? unansweredCause(subject, journey, of)
          : undefined;
    if (cause !== undefined) found.push({ ...foundCause(cause, { ends: journeys }), isSymptom: true });
  }
  return { found, fine, open };
}
