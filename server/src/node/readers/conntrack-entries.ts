/** Connections that the kernel knows: `conntrack -L`, with or without `-o extended`, or /proc/net/nf_conntrack. */
import { canonicalIP } from '../../base/ip.ts';
import type { ConntrackEnds, ConntrackEntry } from '../records.ts';
import { numberedLines } from './lines.ts';

function portOf(text: string | undefined): number | null {
  return text === undefined || !/^\d{1,5}$/.test(text) ? null : Number(text);
}

function endsOf(said: ReadonlyMap<string, string>): ConntrackEnds | undefined {
  const source = canonicalIP(said.get('src') ?? '');
  const destination = canonicalIP(said.get('dst') ?? '');
  if (source === undefined || destination === undefined) return undefined;
  return { source, destination, sport: portOf(said.get('sport')), dport: portOf(said.get('dport')) };
}

/** "zone=7", or "zone-orig=7" where it counts for one direction alone. */
function zoneOf(text: string): number {
  return text.includes(' zone') ? Number(/ zone(?:-orig|-reply)?=(\d{1,5})/.exec(text)?.[1] ?? 0) : 0;
}

/** What nearly all entries of IPv4 look like: both directions with ports, and nothing between them. */
const plain =
  /^(?:ipv4 +\d+ +)?([a-z]\w*) +\d+ (\d+) (?:([A-Z][A-Z_0-9]*) )?src=([\d.]+) dst=([\d.]+) sport=(\d{1,5}) dport=(\d{1,5}) (\[UNREPLIED\] )?src=([\d.]+) dst=([\d.]+) sport=(\d{1,5}) dport=(\d{1,5})(?: |$)/;
/** An address of IPv4 as the kernel prints it, which is the canonical form. */
const printed = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/** One entry of a line of the plain form; undefined for another one. */
function readPlain(text: string, line: number): ConntrackEntry | undefined {
  const found = plain.exec(text);
  if (found === null) return undefined;
  const [, protocol = '', timeout = '', state = '', source = '', destination = '', sport = '', dport = '', unreplied] = found;
  const [, , , , , , , , , from = '', to = '', back = '', own = ''] = found;
  if (!printed.test(source) || !printed.test(destination) || !printed.test(from) || !printed.test(to)) return undefined;
  return {
    line,
    protocol,
    timeout: Number(timeout),
    state,
    asked: { source, destination, sport: Number(sport), dport: Number(dport) },
    answered: { source: from, destination: to, sport: Number(back), dport: Number(own) },
    isUnreplied: unreplied !== undefined,
    isAssured: text.includes('[ASSURED]'),
    zone: zoneOf(text),
  };
}

/** One entry of a line; undefined for a line that is none. */
export function readConntrackEntry(text: string, line: number): ConntrackEntry | undefined {
  return readPlain(text, line) ?? readAny(text, line);
}

function readAny(text: string, line: number): ConntrackEntry | undefined {
  const words = text.trim().split(/\s+/);
  // "ipv4 2 tcp 6 119 TIME_WAIT ...", "tcp 6 119 TIME_WAIT ...".
  const at = words[0] === 'ipv4' || words[0] === 'ipv6' ? 2 : 0;
  const protocol = words[at];
  if (protocol === undefined || !/^[a-z][\w-]*$/.test(protocol)) return undefined;
  const asked = new Map<string, string>();
  const answered = new Map<string, string>();
  let current = asked;
  let timeout: number | null = null;
  let state = '';
  for (const word of words.slice(at + 2)) {
    const equals = word.indexOf('=');
    if (equals > 0) {
      const key = word.slice(0, equals);
      if (key === 'src' && current.has('src')) current = answered;
      if (!current.has(key)) current.set(key, word.slice(equals + 1));
    } else if (asked.size > 0) continue;
    else if (/^\d+$/.test(word)) timeout = Number(word);
    else if (/^[A-Z][A-Z_0-9]*$/.test(word)) state = word;
  }
  const one = endsOf(asked);
  const other = endsOf(answered);
  if (one === undefined || other === undefined) return undefined;
  return {
    line,
    protocol,
    timeout,
    state,
    asked: one,
    answered: other,
    isUnreplied: text.includes('[UNREPLIED]'),
    isAssured: text.includes('[ASSURED]'),
    zone: zoneOf(text),
  };
}

/**
 * All entries one after the other, none of them kept: there may be hundreds of thousands. Lines that are none are left out.
 * @param word only lines that have it are read
 */
export function* conntrackEntries(text: string, word = ''): Generator<ConntrackEntry, void, void> {
  for (const { line, text: source } of numberedLines(text)) {
    if (!source.includes(word)) continue;
    const entry = readConntrackEntry(source, line);
    if (entry !== undefined) yield entry;
  }
}
