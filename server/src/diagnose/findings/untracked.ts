import { command } from '../../base/shell-text.ts';
import type { FollowedOutcome } from '../../netfilter/follow-connection.ts';
import type { TraceStep } from '../../netfilter/outcome.ts';
import { nftZone } from '../../node/look-ups/nft-changes.ts';
import { nftNotrack } from '../../node/look-ups/nft-verdict.ts';
import { nftRuleText } from '../../node/readers/nft.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { firstPacket, nftTables, packetsAtHooks } from '../nft-packets.ts';
import { accepted, atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { entryRule } from '../service-rules.ts';
import { endText } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** What rules of table raw keep from conntrack is not translated: neither packets to a Service nor their answers. */
export const untracked: NodeFinding = {
  codes: {
    untracked: 'A rule keeps packets to a Service from conntrack (NOTRACK), so that nothing translates them.',
    'answer-untracked':
      "A rule keeps answers from conntrack, or in another zone of it: the Service's address is not put back, and the client drops them.",
  },
  look: atOnce(look),
};

/** The rule of table raw that a journey met: NOTRACK, or CT with a zone. */
function rawStep(last: TraceStep | null): TraceStep | undefined {
  for (let step = last; step !== null; step = step.previous)
    if (step.line !== null && (step.kind === 'notrack' || step.kind === 'template')) return step;
  return undefined;
}

function causeOf(
  subject: Subject,
  code: string,
  said: string,
  step: TraceStep | undefined,
  more: readonly (number | undefined)[],
): Cause {
  const lines = [step?.line ?? undefined, ...more].filter((line) => line !== undefined);
  const chain = step?.chain.name ?? 'PREROUTING';
  return {
    code,
    message: said,
    evidence: lines.map((line) => ruleEvidence(subject, line)),
    confirm: [command`iptables -t raw -L ${chain} -v -n -x --line-numbers`],
    mend: [
      command`take the rule out of table raw, or narrow it to what no Service has to do with; where it gives a zone, give the same one to both directions`,
    ],
  };
}

function placeText(subject: Subject, step: TraceStep | undefined): string {
  if (step === undefined || step.line === null) return 'a rule of table raw';
  const { file, line } = subject.place(step.line);
  return `a rule of ${step.chain.name} (table raw: ${file}, line ${line})`;
}

/** What is not translated stays with this node where it has the address, and nothing listens at a NodePort. */
function whatBecomes({ isDelivered }: Journey): 'lost' | 'refused' {
  return isDelivered ? 'refused' : 'lost';
}

function ofPacket(subject: Subject, journey: Journey): Found | undefined {
  const { start, end, last } = journey;
  if (end.state !== 'UNTRACKED' || end.dnat) return undefined;
  const entry = entryRule(subject, start);
  // A program of the node that has bound the Service's address (NodeLocal DNSCache) wants it untranslated.
  if (entry === undefined || (journey.isDelivered && !entry.isNodePort)) return undefined;
  const step = rawStep(last);
  const said = `The packet to ${entry.service === '' ? 'the Service' : `Service ${entry.service}`} is not translated: ${placeText(subject, step)} keeps it from conntrack, and what is not tracked never meets table nat.`;
  return foundCause(causeOf(subject, 'untracked', said, step, [entry.line]), { ends: [journey], as: whatBecomes(journey) });
}

/** A rule of another table of nft that keeps the packet from conntrack. */
function byNft(subject: Subject, journey: Journey): Found | undefined {
  const packet = firstPacket(journey);
  const tables = nftTables(subject.facts);
  if (tables === undefined || packet === undefined || !journey.end.dnat) return undefined;
  const found = nftNotrack(subject.facts, tables, packet);
  if (found === undefined) return undefined;
  const { chain, rule } = found;
  const where = `${chain.family} ${chain.table} ${chain.name}`;
  const cause = {
    code: 'untracked',
    message: `The packet is not translated: a rule of nftables' table ${chain.family} ${chain.table} (chain ${chain.name}), which iptables does not show, keeps it from conntrack (notrack), and what is not tracked never meets table nat.`,
    evidence: [{ file: chain.file, line: rule.line, text: `chain ${where}: ${nftRuleText(rule)}` }],
    confirm: [command`nft list chain ${chain.family} ${chain.table} ${chain.name}`],
    mend: [command`narrow the rule in table ${chain.family} ${chain.table} to what no Service has to do with`],
  };
  const isOfNode = entryRule(subject, journey.start)?.isNodePort === true;
  return foundCause(cause, { ends: [journey], as: isOfNode ? 'refused' : 'lost' });
}

/** Whether an answer comes through without its translation taken back. */
function keepsAddresses({ verdict, packet, start }: FollowedOutcome): boolean {
  return verdict === 'accept' && packet.state !== 'ESTABLISHED' && start.state === 'ESTABLISHED' && start.translation !== null;
}

function ofAnswers(subject: Subject, asked: Asked): Found | undefined {
  const lost = asked.answers.filter(keepsAddresses);
  const [answer] = lost;
  if (answer === undefined) return undefined;
  const from = new Set(lost.map(({ start }) => start.source?.text));
  const ends = accepted(asked).filter(
    ({ start, end, isDelivered }) =>
      (end.dnat || end.snat) && !(start.isFromHere && isDelivered) && from.has(end.destination.text),
  );
  const [journey] = ends;
  if (journey === undefined) return undefined;
  const step = rawStep(answer.last) ?? rawStep(journey.last);
  const how =
    answer.packet.state === 'UNTRACKED'
      ? `${placeText(subject, step)} keeps it from conntrack`
      : `conntrack does not know it, as ${placeText(subject, step)} gives packets and answers zones of their own`;
  const said = `The packet arrives at ${endText(journey)}, and its answer keeps that address: ${how}, so nobody puts back the one that was asked for. The client gets an answer from a stranger, and drops it.`;
  return foundCause(causeOf(subject, 'answer-untracked', said, step, []), { ends });
}

/** Rules of another table of nft that give a packet a zone that its answer does not get, or the other way round. */
function zonesApart(subject: Subject, asked: Asked, journey: Journey): Found | undefined {
  const { start, end, isDelivered } = journey;
  const tables = nftTables(subject.facts);
  const packet = firstPacket(journey);
  if (tables === undefined || packet === undefined || !end.dnat || isDelivered) return undefined;
  const there = nftZone(subject.facts, tables, packet);
  const answer = packetsAtHooks(subject, journey, asked).find(({ hook, isAnswer }) => hook === 'prerouting' && isAnswer === true);
  const back = answer === undefined ? undefined : nftZone(subject.facts, tables, answer);
  const place = there?.place ?? back?.place;
  if (place === undefined || there?.zone === back?.zone || (answer === undefined && !start.isFromHere)) return undefined;
  const { chain, rule } = place;
  const where = `${chain.family} ${chain.table} ${chain.name}`;
  const cause = {
    code: 'answer-untracked',
    message: `The packet arrives at ${endText(journey)}, and conntrack does not know its answer: a rule of nftables' table ${chain.family} ${chain.table} (chain ${chain.name}) gives ${there === undefined ? 'answers' : 'packets'} a zone of their own (${(there ?? back)?.zone ?? ''}), and the other direction has ${(there === undefined ? there : back)?.zone ?? 'none'}. Nobody puts back the address that was asked for.`,
    evidence: [{ file: chain.file, line: rule.line, text: `chain ${where}: ${nftRuleText(rule)}` }],
    confirm: [
      command`nft list chain ${chain.family} ${chain.table} ${chain.name}`,
      command`conntrack -L -o extended | grep zone`,
    ],
    mend: [command`give the same zone to both directions, or take the rule away`],
  };
  return foundCause(cause, { ends: [journey] });
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (asked === null) return nothing;
  const packets = accepted(asked).flatMap((journey) => ofPacket(subject, journey) ?? byNft(subject, journey) ?? []);
  const zones = accepted(asked).flatMap((journey) => zonesApart(subject, asked, journey) ?? []);
  const answers = ofAnswers(subject, asked);
  return { ...nothing, found: [...packets, ...zones, ...(answers === undefined ? [] : [answers])] };
}
