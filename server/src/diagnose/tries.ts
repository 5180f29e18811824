/** What conntrack saw of the question's own packets: tries that were sent on and never answered are the best evidence that there is. */
import { isIPv6 } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import { isOwn } from '../node/look-ups/own-address.ts';
import { readConntrackEntry } from '../node/readers/conntrack-entries.ts';
import { numberedLines } from '../node/readers/lines.ts';
import type { ConntrackEntry } from '../node/records.ts';
import { isForPackets } from './conntrack-zones.ts';
import type { Evidence } from './diagnosis.ts';
import type { Asked } from './journey.ts';
import type { Subject } from './subject.ts';

/** Tries of the question's packets that went to one endpoint. */
export interface Tries {
  /** Tries of which conntrack saw no answer, the latest first. */
  readonly unanswered: readonly Evidence[];
  /** Tries of TCP that were answered, and never went on: the answer did not get to the asker. */
  readonly halfOpen: readonly Evidence[];
  /** How many went on as they should. */
  readonly well: number;
}

const mostShown = 3;
const linesBetweenPauses = 20_000;
const halfOpenStates: ReadonlySet<string> = new Set(['SYN_RECV', 'SYN_RECEIVED']);

/** "10.42.0.10 53" */
export function tryKey(ip: string, port: number | null): string {
  return `${ip} ${port ?? ''}`;
}

function isOfQuestion({ facts, cluster }: Subject, { packet, question }: Asked, entry: ConntrackEntry): boolean {
  const { asked, protocol } = entry;
  if (protocol !== packet.protocol || asked.destination !== packet.destination.text || asked.dport !== packet.dport) return false;
  if (packet.sport !== null && packet.sport !== asked.sport) return false;
  if (question.from !== 'outside') return asked.source === packet.source?.text;
  return isOwn(facts, asked.source) !== true && cluster.podsAt(asked.source).length === 0;
}

const kept = new WeakMap<Asked, ReadonlyMap<string, Tries>>();

/** The tries by the endpoint that conntrack sent them to (`tryKey`); empty where connections are not known. */
export function* triesOf(subject: Subject, asked: Asked): Steps<ReadonlyMap<string, Tries>> {
  const known = kept.get(asked);
  if (known !== undefined) return known;
  const tries = new Map<string, { unanswered: Evidence[]; halfOpen: Evidence[]; well: number }>();
  const { conntrack } = subject.facts;
  const { text: ip } = asked.packet.destination;
  // Addresses of IPv6 are written in several ways.
  const wanted = isIPv6(ip) ? 'dst=' : `dst=${ip} `;
  const source = asked.question.from === 'outside' ? undefined : asked.packet.source?.text;
  const from = source === undefined || isIPv6(source) ? 'src=' : `src=${source} `;
  for (const { line, text } of conntrack === null ? [] : numberedLines(conntrack.text)) {
    if (line % linesBetweenPauses === 0) yield;
    if (!text.includes(wanted) || !text.includes(from)) continue;
    const entry = readConntrackEntry(text, line);
    if (entry === undefined || !isForPackets(subject, entry) || !isOfQuestion(subject, asked, entry)) continue;
    const key = tryKey(entry.answered.source, entry.answered.sport);
    let of = tries.get(key);
    if (of === undefined) {
      of = { unanswered: [], halfOpen: [], well: 0 };
      tries.set(key, of);
    }
    const list = entry.isUnreplied ? of.unanswered : halfOpenStates.has(entry.state) ? of.halfOpen : undefined;
    if (list === undefined) of.well += 1;
    else list.push({ file: conntrack?.file ?? '', line, text: text.trim() });
  }
  for (const of of tries.values()) {
    of.unanswered.splice(mostShown);
    of.halfOpen.splice(mostShown);
  }
  kept.set(asked, tries);
  return tries;
}
