import { command, part } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import { ipAddress, packetOf } from '../../netfilter/packet.ts';
import { nodeKnowledge } from '../../node/knowledge.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import { readConntrackEntry } from '../../node/readers/conntrack-entries.ts';
import { numberedLines } from '../../node/readers/lines.ts';
import type { ConntrackEntry } from '../../node/records.ts';
import { isForPackets } from '../conntrack-zones.ts';
import type { Asked } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';

/**
 * UDP has no end that conntrack could see: as long as a client sends, its entry lives, and with it the translation that the first packet got. An
 * entry to an endpoint that is gone makes a black hole for that client (kubernetes/kubernetes#48370, #125467).
 */
export const conntrackStale: NodeFinding = {
  codes: {
    'conntrack-stale':
      'Conntrack still sends a client’s UDP packets for a Service to an endpoint that is gone, whatever the rules say now.',
  },
  look,
};

/** Service addresses whose endpoints are asked for; clusters have few Services of UDP. */
const mostAddresses = 300;
const entriesBetweenPauses = 2000;
const linesBetweenPauses = 20_000;

/** "10.42.0.10 53" of all endpoints that an address leads to now. */
interface Current {
  readonly endpoints: ReadonlySet<string>;
  /** Whether rules or cluster say that it is a Service's address at all. */
  readonly isService: boolean;
}

function key(ip: string, port: number | null): string {
  return `${ip} ${port ?? ''}`;
}

/** The endpoints by the cluster: of a clusterIP, an external address, or a NodePort. */
function byCluster({ cluster, facts }: Subject, { protocol, asked }: ConntrackEntry): Current {
  const { destination, dport } = asked;
  const services = new Map(
    cluster.servicesAt(destination).map(({ service }) => [service, service.ports.filter(({ port }) => port === dport)]),
  );
  if (dport !== null && services.size === 0 && isOwn(facts, destination) === true) {
    for (const service of cluster.services)
      services.set(
        service,
        service.ports.filter(({ nodePort }) => nodePort === dport),
      );
  }
  const endpoints = new Set<string>();
  let isService = false;
  for (const [service, ports] of services) {
    const wanted = new Set(ports.filter((port) => port.protocol === protocol).map(({ name }) => name));
    if (wanted.size === 0) continue;
    isService = true;
    for (const slice of cluster.slicesOf(service.namespace, service.name)) {
      for (const { name, port } of slice.ports) {
        if (!wanted.has(name) || port === null) continue;
        for (const { addresses } of slice.endpoints) for (const ip of addresses) endpoints.add(key(ip, port));
      }
    }
  }
  return { endpoints, isService };
}

/** The endpoints by the rules: where a packet like the entry's first one would be sent now. */
function* byRules(subject: Subject, { protocol, asked }: ConntrackEntry): Steps<Current> {
  const source = ipAddress(asked.source);
  const destination = ipAddress(asked.destination);
  const endpoints = new Set<string>();
  if (source === undefined || destination === undefined) return { endpoints, isService: false };
  const isFromHere = isOwn(subject.facts, asked.source) === true;
  const packet = packetOf({ source, destination, protocol, sport: asked.sport, dport: asked.dport, isFromHere });
  const { outcomes } = yield* enumerateSteps(subject.ruleset, packet, { ...nodeKnowledge(subject.facts), mostOutcomes: 2000 });
  for (const { packet: end } of outcomes) if (end.dnat) endpoints.add(key(end.destination.text, end.dport));
  return { endpoints, isService: endpoints.size > 0 };
}

interface Stale {
  readonly entry: ConntrackEntry;
  /** Empty for an entry without translation. */
  readonly gone: string;
  readonly count: number;
}

/** Entries that lead elsewhere than to a current endpoint; those of one client to one endpoint as one. */
function* staleEntries(subject: Subject, text: string): Steps<readonly Stale[]> {
  const current = new Map<string, Current>();
  const stale = new Map<string, Stale>();
  let looked = 0;
  for (const { line, text: source } of numberedLines(text)) {
    if (line % linesBetweenPauses === 0) yield;
    // Most entries are of TCP.
    const entry = source.includes('udp') ? readConntrackEntry(source, line) : undefined;
    if (entry === undefined || !isForPackets(subject, entry)) continue;
    looked += 1;
    if (looked % entriesBetweenPauses === 0) yield;
    const { protocol, asked, answered } = entry;
    if (protocol !== 'udp') continue;
    const address = key(asked.destination, asked.dport);
    let now = current.get(address);
    if (now === undefined) {
      if (current.size >= mostAddresses) continue;
      const told = byCluster(subject, entry);
      const ruled = yield* byRules(subject, entry);
      now = { endpoints: new Set([...told.endpoints, ...ruled.endpoints]), isService: told.isService || ruled.isService };
      current.set(address, now);
    }
    if (!now.isService || now.endpoints.has(key(answered.source, answered.sport))) continue;
    // A Service without any endpoint refuses; an entry without translation is then no sign of anything.
    const isTranslated = answered.source !== asked.destination;
    if (!isTranslated && now.endpoints.size === 0) continue;
    const gone = isTranslated ? answered.source : '';
    const group = `${asked.source} ${address} ${gone}`;
    stale.set(group, { entry: stale.get(group)?.entry ?? entry, gone, count: (stale.get(group)?.count ?? 0) + 1 });
  }
  return [...stale.values()];
}

function serviceText({ cluster }: Subject, { asked }: ConntrackEntry): string {
  const service = cluster.servicesAt(asked.destination)[0]?.service;
  const address = `${asked.destination}:${asked.dport}/udp`;
  return service === undefined ? address : `${service.namespace}/${service.name} (${address})`;
}

function causeOf(
  subject: Subject,
  file: string,
  lines: ReadonlyMap<number, string>,
  { entry, gone, count }: Stale,
): Omit<Found, 'ends' | 'as' | 'concerns'> {
  const { asked } = entry;
  const entries = count === 1 ? 'an entry' : `${count} entries`;
  const what =
    gone === ''
      ? `is from before the Service had rules, and its packets are not translated at all`
      : `leads to ${gone}:${entry.answered.sport ?? ''}, which is no endpoint of it any more`;
  const narrowed = gone === '' ? command`` : command` --dst-nat ${gone}`;
  return {
    code: 'conntrack-stale',
    message: `Conntrack has ${entries} for UDP from ${asked.source} to ${serviceText(subject, entry)} that ${what}. The rules are asked for the first packet of a connection alone, so packets from the same port go astray for as long as the client keeps sending.`,
    evidence: [{ file, line: entry.line, text: lines.get(entry.line) ?? '' }],
    confirm: [command`conntrack -L -p udp --orig-dst ${asked.destination} --orig-port-dst ${asked.dport ?? ''}`],
    mend: [command`conntrack -D -p udp --orig-dst ${asked.destination} --orig-port-dst ${asked.dport ?? ''}${part(narrowed)}`],
  };
}

/** The texts of some lines, 1-based. */
function linesOf(text: string, wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  let line = 0;
  for (let start = 0; start < text.length && found.size < wanted.size; ) {
    const end = text.indexOf('\n', start);
    line += 1;
    if (wanted.has(line)) found.set(line, text.slice(start, end < 0 ? text.length : end).trim());
    if (end < 0) break;
    start = end + 1;
  }
  return found;
}

const cut =
  'The list of connections ends in the middle: an entry that leads to an endpoint that is gone can be missing (conntrack -L -o extended).';

/** Whether a list of entries ends within one: each ends with its number of users. */
function isCut(text: string): boolean {
  const end = text.trimEnd();
  const last = end.slice(Math.max(0, end.lastIndexOf('\n') + 1, end.length - 1000));
  return last.includes('src=') && !/ use=\d+$/.test(last);
}

const mostCauses = 10;

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  const { conntrack } = subject.facts;
  if (conntrack === null) return nothing;
  const stale = yield* staleEntries(subject, conntrack.text);
  const packet = asked?.packet;
  const isAsked = ({ entry }: Stale): boolean =>
    packet !== undefined &&
    packet.protocol === 'udp' &&
    entry.asked.destination === packet.destination.text &&
    entry.asked.dport === packet.dport &&
    entry.asked.source === packet.source?.text &&
    (packet.sport === null || entry.asked.sport === packet.sport);
  const lines = linesOf(conntrack.text, new Set(stale.map(({ entry }) => entry.line)));
  const found = stale
    .toSorted((a, b) => Number(isAsked(b)) - Number(isAsked(a)))
    .slice(0, mostCauses)
    .map((each) => {
      const isSameService = packet?.destination.text === each.entry.asked.destination;
      return foundCause(causeOf(subject, conntrack.file, lines, each), {
        ends: isAsked(each) ? accepted(asked) : [],
        concerns: isSameService,
      });
    });
  if (packet?.protocol === 'udp' && isCut(conntrack.text) && !found.some(({ ends }) => ends.length > 0))
    return { found, fine: [cut], open: accepted(asked) };
  return { found, fine: found.length === 0 ? ['No connection of UDP leads to an endpoint that is gone.'] : [] };
}
