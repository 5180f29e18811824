/** What comes of a packet: its outcomes by how they end, which of them are certain, and what they depend on that nobody knows. */
import type { Fact } from '../../netfilter/answer.ts';
import type { Assumption, Outcome, TraceStep, Verdict } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';

/** An outcome of a packet, put together of the parts of its way. */
export interface Ending {
  /** 0 to 1. Over all endings that take the same to be so, they add up to 1. */
  readonly probability: number;
  readonly oddity: number;
  readonly verdict: Verdict;
  /** As the rules for destinations left it. */
  readonly packet: Packet;
  readonly isRewritten: boolean;
  /** The last step of each part of its way. */
  readonly lasts: readonly (TraceStep | null)[];
  /** What each part takes to be so. */
  readonly assumed: readonly (Assumption | null)[];
}

/** Where packets that end alike end. */
export interface Fate {
  readonly verdict: Verdict;
  /** Where rules sent it: an address is null where it is one of the node's that is not known. null where no rule changed its destination. */
  readonly endpoint: { readonly ip: string | null; readonly port: number | null } | null;
  /** Whether its source was rewritten. */
  readonly isRewritten: boolean;
  /** 0 to 1. */
  readonly share: number;
  /** One that ends so. */
  readonly ending: Ending;
}

/** An ending of another kind, where something is so that usually is not. */
export interface Alternative extends Omit<Fate, 'share'> {
  /** What is so then, in sentences. */
  readonly when: readonly string[];
  /** What these sentences are about. */
  readonly facts: readonly Fact[];
}

export interface Fates {
  /** What comes of it where all is as usual, likeliest first; shares add up to 1. */
  readonly fates: readonly Fate[];
  /** Endings of other kinds than these. */
  readonly alternatives: readonly Alternative[];
}

const mostAlternatives = 20;

/** An outcome of a whole way as an ending. */
export function endingOf({ probability, oddity, verdict, packet, last, assumed }: Outcome): Ending {
  return { probability, oddity, verdict, packet, isRewritten: packet.snat, lasts: [last], assumed: [assumed] };
}

function endpointOfPacket({ dnat, destination, dport }: Packet): Fate['endpoint'] {
  return dnat ? { ip: destination.standsIn === true ? null : destination.text, port: dport } : null;
}

/** What tells endings apart. */
function kindOf({ verdict, packet, isRewritten }: Ending): string {
  const endpoint = verdict === 'accept' ? endpointOfPacket(packet) : null;
  return `${verdict} ${endpoint?.ip} ${endpoint?.port} ${verdict === 'accept' && isRewritten}`;
}

function isUnusual({ fact, holds }: Assumption): boolean {
  return holds !== fact.likely;
}

/** What an ending takes to be so that is not usual; where that cannot be told, all that it takes to be so. */
function unusualIn({ assumed }: Ending): { readonly when: readonly string[]; readonly facts: readonly Fact[] } {
  const all: Assumption[] = [];
  for (const last of assumed) for (let at = last; at !== null; at = at.previous) all.push(at);
  const odd = all.filter(isUnusual);
  const chosen = (odd.length > 0 ? odd : all).toReversed();
  const said = chosen.filter(({ fact, holds }) => (holds ? fact.yes : fact.no) !== '');
  return { when: said.map(({ fact, holds }) => (holds ? fact.yes : fact.no)), facts: chosen.map(({ fact }) => fact) };
}

function fateOf(ending: Ending, share: number): Fate {
  const { verdict, packet, isRewritten } = ending;
  return { verdict, endpoint: endpointOfPacket(packet), isRewritten, share, ending };
}

/** The endings of one packet by how they end. Those with the fewest unusual assumptions count; what others end in is an alternative. */
export function fatesOf(endings: readonly Ending[]): Fates {
  let usual = Number.POSITIVE_INFINITY;
  for (const { oddity } of endings) usual = Math.min(usual, oddity);
  const shares = new Map<string, { readonly ending: Ending; share: number }>();
  for (const ending of endings) {
    if (ending.oddity !== usual) continue;
    const kind = kindOf(ending);
    const known = shares.get(kind);
    if (known === undefined) shares.set(kind, { ending, share: ending.probability });
    else known.share += ending.probability;
  }
  const alternatives = new Map<string, Alternative>();
  for (const ending of endings) {
    if (ending.oddity === usual) continue;
    const kind = kindOf(ending);
    if (shares.has(kind) || alternatives.has(kind)) continue;
    const { share, ...fate } = fateOf(ending, 0);
    alternatives.set(kind, { ...fate, ...unusualIn(ending) });
    if (alternatives.size >= mostAlternatives) break;
  }
  const fates = [...shares.values()].map(({ ending, share }) => fateOf(ending, Math.round(share * 1e12) / 1e12));
  return { fates, alternatives: [...alternatives.values()] };
}
