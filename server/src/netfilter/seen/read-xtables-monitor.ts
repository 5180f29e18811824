/** What `xtables-monitor --trace` prints: the packet at each base chain, then the rules that took it. Source: iptables/xtables-monitor.c. */
import { loggedPacket } from './log-fields.ts';
import { noFields, type SeenEvent, type SeenFields } from './seen-packet.ts';

const packetForm = /^PACKET: (2|10) ([0-9a-f]+) (.*)$/;
const stepForm = /^ ?TRACE: (2|10) ([0-9a-f]+) ([a-z]+):(.*)$/;
const ruleText = /^-[46] -t [a-z]+ (-A .*)$/;

interface Told {
  readonly chain: string;
  readonly kind: 'rule' | 'return' | 'policy';
  readonly verdict: string;
}

/** "KUBE-SERVICES:rule:0x19:JUMP:KUBE-SVC-A", "INPUT:policy:ACCEPT"; a chain's name may have colons. */
function toldOf(place: string): Told | undefined {
  for (const kind of ['rule', 'return', 'policy'] as const) {
    const at = place.lastIndexOf(`:${kind}:`);
    if (at <= 0) continue;
    const words = place.slice(at + kind.length + 2).split(':');
    // A return is printed as the number that nft has for it.
    return { chain: place.slice(0, at), kind, verdict: (kind === 'rule' ? words[1] : words[0]) ?? '' };
  }
  return undefined;
}

/** The packets that were shown so far, by their names. */
export type ShownPackets = Map<string, SeenFields>;

/** The event that a line is; undefined where it is none. @param line its number, 1-based */
export function xtablesMonitorEvent(text: string, line: number, shown: ShownPackets): SeenEvent | undefined {
  const packet = packetForm.exec(text);
  if (packet?.[2] !== undefined && packet[3] !== undefined) {
    shown.set(packet[2], loggedPacket(packet[3]).fields);
    return undefined;
  }
  const step = stepForm.exec(text);
  if (step === null) return undefined;
  const [, family, id = '', table = '', rest = ''] = step;
  const blank = rest.indexOf(' ');
  const told = toldOf(blank < 0 ? rest : rest.slice(0, blank));
  if (told === undefined) return undefined;
  const asText = blank < 0 ? undefined : ruleText.exec(rest.slice(blank).trim())?.[1];
  return {
    ...told,
    format: 'xtables-monitor',
    family: family === '10' ? 'ipv6' : 'ipv4',
    id,
    key: id,
    table,
    rule: told.kind !== 'rule' || asText === undefined ? null : { by: 'text', text: asText.trim() },
    fields: shown.get(id) ?? noFields,
    line,
  };
}
