import type { Hook } from '../../catalog/types.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Fact, Knowledge } from '../answer.ts';
import type { IPAddress, Packet } from '../packet.ts';

/** How many steps of single paths are left; a question that finds too few left follows its paths merged, which is always quick. */
export interface Effort {
  left: number;
}

export interface EnumerateOptions {
  readonly isLocal?: Knowledge['isLocal'];
  /** Whether a packet is likely to be for the node, of which that is not known: its path then comes first. */
  readonly seemsLocal?: (packet: Packet) => boolean;
  /** Whether an address is that of everybody in a network of the node's; undefined where that is not known. */
  readonly isBroadcast?: Knowledge['isBroadcast'];
  /** Where the node's routes lead a packet that came in: to the node, on, nowhere; undefined where that is not known. */
  readonly routed?: (packet: Packet) => 'here' | 'on' | 'nowhere' | undefined;
  /** The address that REDIRECT gives a packet that came in: the first of its interface. null where that has none, undefined where nobody knows it. */
  readonly redirectAddress?: (packet: Packet) => IPAddress | null | undefined;
  /** A text that has the members of sets, where the dump's own does not: what `ipset save` printed. */
  readonly sets?: Ruleset;
  /** Whether an address is on a list of `-m recent`; undefined where that is not known. */
  readonly isListed?: Knowledge['isListed'];
  /** How often an address was put on a list of `-m recent`; undefined where that is not known. */
  readonly listedTimes?: Knowledge['listedTimes'];
  /** When the node was looked at, in milliseconds since 1970. */
  readonly time?: number;
  /** The ports of a bridge that a packet crosses; undefined where it crosses none, or nothing is known of bridges. */
  readonly bridgePorts?: Knowledge['bridgePorts'];
  /** The link address that a packet's frame came from, in lower case; undefined where that is not known. */
  readonly frameSource?: Knowledge['frameSource'];
  /** Whether routes lead back to a packet's source; undefined where that is not known. */
  readonly hasWayBack?: Knowledge['hasWayBack'];
  /** The interface that a packet is routed to, after its destination is certain; null where that is not known. */
  readonly wayOut?: (packet: Packet) => string | null;
  /** The address that MASQUERADE gives what leaves by an interface; undefined where that is not known. */
  readonly masqueradeAddress?: (packet: Packet) => IPAddress | undefined;
  /** An answer that is to be taken for every path; undefined to follow both. */
  readonly decide?: (fact: Fact) => boolean | undefined;
  /** Of several dumps in one file. By default the first of the packet's family. */
  readonly dump?: Dump;
  readonly mostOutcomes?: number;
  /** What many questions may take together for following each path by itself. */
  readonly effort?: Effort;
  /**
   * A part of the way: up to the routing decision, behind which the destination is certain (PREROUTING; raw, mangle and nat of OUTPUT), or
   * what comes after it. By default all of it.
   */
  readonly part?: 'before-routing' | 'after-routing';
  /**
   * The chains whose rules a hook is taken to go through, one after the other, with its base chain among them where the dump has one: an excerpt
   * may leave rules out. By default the base chain alone.
   */
  readonly hooked?: (table: Table, hook: Hook, base: Chain | undefined) => readonly Chain[];
}
