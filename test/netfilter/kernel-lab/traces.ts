/** The kernel's own messages about traced packets (nft_trace.c), put together to the way of each packet. */
import { type SeenPacket, seenPacket } from './packets.ts';

interface TraceEvent {
  /** The same for all of one packet in one hook. */
  readonly skb: number;
  readonly table: string;
  readonly chain: string;
  readonly kind: 'policy' | 'return' | 'rule';
  /** "0" for none. */
  readonly handle: string;
  /** "accept", "jump", ...; of a policy too. */
  readonly verdict: string;
  readonly into: string;
  readonly packet: SeenPacket | undefined;
  readonly isFromLo: boolean;
  readonly out: number;
  readonly mark: number;
}

/** A rule that took a packet: of a table and chain, by its handle. */
export interface TracedStep {
  readonly table: string;
  readonly chain: string;
  readonly handle: string;
}

/** The way of one packet: from where it came in or was made to where it left, was delivered or was dropped. */
export interface TracedPacket {
  readonly steps: readonly TracedStep[];
  /** Built-in chains with their tables in order, each once: "nat PREROUTING". */
  readonly chains: readonly string[];
  /** The packet behind all rules; undefined where it did not come to their end. */
  readonly left:
    | (SeenPacket & { readonly hook: 'INPUT' | 'POSTROUTING'; readonly out: number; readonly mark: number })
    | undefined;
}

const trace = {
  table: 1,
  chain: 2,
  handle: 3,
  type: 4,
  verdict: 5,
  id: 6,
  network: 8,
  transport: 9,
  iif: 10,
  oif: 12,
  mark: 14,
  policy: 16,
};
const kinds = ['', 'policy', 'return', 'rule'] as const;
const verdicts: Readonly<Record<number, string>> = {
  0: 'drop',
  1: 'accept',
  [-1]: 'continue',
  [-2]: 'break',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
};

function attributesOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += Math.max(4, (length + 3) & ~3);
  }
  return found;
}

const text = (bytes: Buffer | undefined): string => bytes?.toString('latin1').replace(/\0$/, '') ?? '';
const number = (bytes: Buffer | undefined): number => bytes?.readInt32BE() ?? 0;

/** The number of lo, the first interface of every namespace. */
export const lo = 1;

function eventOf(message: Buffer): TraceEvent | undefined {
  // Behind the header of netlink and that of nfnetlink.
  const found = attributesOf(message.subarray(20));
  const kind = kinds[number(found.get(trace.type))];
  if (kind === undefined || kind === '') return undefined;
  const verdict = attributesOf(found.get(trace.verdict) ?? Buffer.alloc(0));
  const network = found.get(trace.network);
  const code = number(kind === 'policy' ? found.get(trace.policy) : verdict.get(1));
  return {
    skb: number(found.get(trace.id)),
    table: text(found.get(trace.table)),
    chain: text(found.get(trace.chain)),
    kind,
    handle: String(found.get(trace.handle)?.readBigUInt64BE() ?? 0),
    verdict: verdicts[code] ?? String(code),
    into: text(verdict.get(2)),
    packet: network === undefined ? undefined : seenPacket(network, found.get(trace.transport) ?? Buffer.alloc(0)),
    isFromLo: number(found.get(trace.iif)) === lo,
    out: number(found.get(trace.oif)),
    mark: number(found.get(trace.mark)) >>> 0,
  };
}

interface Gathered extends TracedPacket {
  readonly steps: TracedStep[];
  readonly chains: string[];
  left: TracedPacket['left'];
}

/** The table that watches packets before and behind all others (lab.ts). */
export const observer = 'observer';

/** The key of a packet among `tracedPackets`: what a node sent to itself comes back by lo, which is a way of its own. */
export function packetKey(id: number, step: string, isFromLo = false): string {
  return `${id} ${step}${isFromLo ? ' lo' : ''}`;
}

const builtIn = /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;

/** The ways of all packets of which these messages (hexadecimal) are, by `packetKey`. */
export function tracedPackets(messages: readonly string[]): ReadonlyMap<string, TracedPacket> {
  const packets = new Map<string, Gathered>();
  const current = new Map<number, string>();
  for (const message of messages) {
    const event = eventOf(Buffer.from(message, 'hex'));
    if (event === undefined) continue;
    const { skb, table, chain, kind, packet, out, mark } = event;
    if (packet !== undefined) current.set(skb, packetKey(packet.id, packet.step, event.isFromLo));
    const key = current.get(skb);
    if (key === undefined) continue;
    const gathered = packets.get(key) ?? { steps: [], chains: [], left: undefined };
    packets.set(key, gathered);
    if (table === observer) {
      if (packet !== undefined && chain === 'behind_input') gathered.left = { ...packet, hook: 'INPUT', out, mark };
      if (packet !== undefined && chain === 'behind_postrouting') gathered.left = { ...packet, hook: 'POSTROUTING', out, mark };
      continue;
    }
    // The end of a chain is a rule without a handle to newer kernels.
    if (kind === 'rule' && event.handle !== '0') gathered.steps.push({ table, chain, handle: event.handle });
    const place = `${table} ${chain}`;
    if (builtIn.test(chain) && gathered.chains.at(-1) !== place) gathered.chains.push(place);
  }
  return packets;
}
