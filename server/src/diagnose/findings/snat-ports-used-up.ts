import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { readConntrackEntry } from '../../node/readers/conntrack-entries.ts';
import { numberedLines } from '../../node/readers/lines.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { endText } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Behind one address there are as many connections to one endpoint as there are ports (nf_nat_l4proto_unique_tuple). */
export const snatPortsUsedUp: NodeFinding = {
  codes: {
    'snat-ports-used-up':
      'All ports that SNAT may give to connections to one endpoint are taken: new connections to it are dropped.',
  },
  look,
};

/** The ports that a packet may leave with, with both ends, and the rule that says so. */
interface Ports {
  readonly address: string;
  readonly first: number;
  readonly last: number;
  /** 0-based */
  readonly line: number;
}

/** What the kernel takes of itself for a port from 1024 on. */
const ownPorts = [1024, 65_535] as const;
/** It tries some hundred ports at random: where few are left it finds none of them now and then. */
const nearlyAll = 0.97;
const linesBetweenPauses = 20_000;

/** Where the source changes to one address: the ports for it. */
function portsOf(subject: Subject, { last, end }: Journey): Ports | undefined {
  let step = last;
  while (step !== null && step.kind !== 'snat' && step.kind !== 'masquerade') step = step.previous;
  const address = end.source === null || end.source.standsIn === true ? '' : end.source.text;
  if (step === null || step.line === null || address === '' || (end.protocol !== 'tcp' && end.protocol !== 'udp'))
    return undefined;
  const { text } = ruleEvidence(subject, step.line);
  const said = / --to-(?:source \S+:|ports )(\d{1,5})(?:-(\d{1,5}))?(?: |$)/.exec(text);
  // A range of addresses has the ports of each.
  if (/ --to-source [^\s:]+-/.test(text)) return undefined;
  const [first, final] = said === null ? ownPorts : [Number(said[1]), Number(said[2] ?? said[1])];
  return { address, first, last: final, line: step.line };
}

/** How many of the ports connections to the same endpoint have, and one of those. */
function* taken(
  subject: Subject,
  { end }: Journey,
  { address, first, last }: Ports,
): Steps<{ readonly count: number; readonly evidence: readonly Evidence[] }> {
  const { conntrack } = subject.facts;
  const evidence: Evidence[] = [];
  const seen = new Set<number>();
  const words = [`src=${end.destination.text} dst=${address} `, `sport=${end.dport ?? ''} `];
  for (const { line, text } of conntrack === null ? [] : numberedLines(conntrack.text)) {
    if (line % linesBetweenPauses === 0) yield;
    if (!words.every((word) => text.includes(word))) continue;
    const entry = readConntrackEntry(text, line);
    const port = entry?.answered.dport ?? null;
    if (entry === undefined || port === null || entry.protocol !== end.protocol || port < first || port > last) continue;
    const { source, destination, sport } = entry.answered;
    if (source !== end.destination.text || destination !== address || sport !== end.dport) continue;
    if (seen.size === 0) evidence.push({ file: conntrack?.file ?? '', line, text: text.trim() });
    seen.add(port);
  }
  return { count: seen.size, evidence };
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  const found: Found[] = [];
  const looked = new Set<string>();
  for (const journey of accepted(asked)) {
    const ports = journey.end.snat ? portsOf(subject, journey) : undefined;
    if (ports === undefined || looked.has(`${endText(journey)} ${ports.line}`)) continue;
    looked.add(`${endText(journey)} ${ports.line}`);
    const { count, evidence } = yield* taken(subject, journey, ports);
    const size = ports.last - ports.first + 1;
    if (count < size * nearlyAll) continue;
    const same = accepted(asked).filter((each) => endText(each) === endText(journey) && each.end.snat);
    found.push(
      foundCause(
        {
          code: 'snat-ports-used-up',
          message: `Connections to ${endText(journey)} leave as ${ports.address}, and ${count} of the ${size} ports that they may have (${ports.first}-${ports.last}) are taken: for a new one the kernel finds none, and drops its packets (insert_failed).`,
          evidence: [...evidence, ruleEvidence(subject, ports.line)],
          confirm: [
            command`conntrack -L -p ${journey.end.protocol} --reply-src ${journey.end.destination.text} | grep -c dst=${ports.address}`,
            command`conntrack -S`,
          ],
          mend: [
            command`give the rule more ports or a range of addresses (--to-source A-B), or take connections past it that need no SNAT`,
            command`let clients keep their connections (HTTP keep-alive), and shorten net.netfilter.nf_conntrack_tcp_timeout_time_wait`,
          ],
        },
        { ends: count >= size || size > 1000 ? same : [], concerns: true },
      ),
    );
  }
  return found.length === 0 ? nothing : { ...nothing, found };
}
