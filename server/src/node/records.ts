/**
 * What is known of a node besides its rules, as small readonly records that are checked already. Addresses are as `canonicalIP` gives them,
 * lines are 1-based, absent text is empty and what is not known is null.
 */

/** Where something stands: every record knows its line, and the part that it is of its file. */
export interface Placed {
  readonly line: number;
  /** The file that it stands in, where that is not the part's: of a part that was joined of several. */
  readonly file?: string;
}

/** What one file of a bundle says. */
export interface Part<T> {
  /** As it is called in the bundle: "ip-route.json". */
  readonly file: string;
  readonly records: readonly T[];
  /** How many records or lines were not understood and left out. */
  readonly skipped: number;
  /** How many of them in which file, where it is of several; absent where it is of one. */
  readonly skippedIn?: readonly SkippedIn[];
}

export interface SkippedIn {
  readonly file: string;
  readonly skipped: number;
}

/** An address of the node. */
export interface AddressRecord extends Placed {
  readonly ip: string;
  readonly prefix: number;
  readonly interface: string;
  /** "global", "host", "link"; empty where it is not said. */
  readonly scope: string;
  readonly isSecondary: boolean;
}

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'anycast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'
  /** Where it leads, or for which packets it is, was not understood; `skipped` counts it. Only what it could cover is not known. */
  | 'unclear';

/** One way on of a route. */
export interface NextHop {
  readonly interface: string;
  /** Empty where the destination is on the link. */
  readonly gateway: string;
}

export interface RouteRecord extends Placed {
  /** A network in canonical form: "0.0.0.0/0" for a default route. */
  readonly network: string;
  readonly type: RouteType;
  /** "main", "local", "100". */
  readonly table: string;
  readonly hops: readonly NextHop[];
  /** Empty where none is preferred. */
  readonly source: string;
  readonly metric: number;
  readonly isDown: boolean;
}

/** A rule of policy routing (`ip rule`), not one of iptables. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PolicyRuleRecord extends Placed {
  readonly priority: number;
  /** A network, empty for any. */
  readonly from: string;
  readonly to: string;
  /** null where it does not ask for a mark. */
  readonly mark: { readonly value: number; readonly mask: number } | null;
  /** Empty for any interface. */
  readonly in: string;
  readonly out: string;
  /** A protocol as `ip rule` names it ("tcp"); empty for any. */
  readonly protocol: string;
  /** Both ends are within; null for any. */
  readonly sport: PortRange | null;
  readonly dport: PortRange | null;
  /** The table that it looks in; empty for a rule that does something else. */
  readonly table: string;
  /** The priority of the rule that is asked next (`goto`); null for a rule that goes nowhere. */
  readonly goesTo: number | null;
  /** Whether it looks in the table of the VRF that a packet belongs to (`l3mdev`). */
  readonly isOfVRF: boolean;
  /** "blackhole", "unreachable", "prohibit"; empty for one that looks in a table. */
  readonly refuses: string;
  readonly isNegated: boolean;
  /** Routes with a prefix of that many bits or fewer are not taken; null where it takes all. */
  readonly suppressedPrefix: number | null;
  /** The users whose programs' packets it is for; null for all. */
  readonly uids: PortRange | null;
  /** Whether it asks for something else that is not followed: a TOS. */
  readonly hasMore: boolean;
}

export interface LinkRecord extends Placed {
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly isUp: boolean;
  /** False where its other end, or its cable, is down (NO-CARRIER): it is up itself, and passes nothing. */
  readonly hasCarrier: boolean;
  /** Whether it neither asks nor answers for link addresses (NOARP), as tunnels do that have none. */
  readonly isWithoutArp: boolean;
  /** "bridge", "veth", "vxlan", ...; empty for a physical one or where it is not said. */
  readonly kind: string;
  /** The bridge or bond that it is a port of; empty for none. */
  readonly master: string;
  /** In lower case. */
  readonly mac: string;
  /** Of a tunnel, the interface that it sends by; empty where it is not said. */
  readonly lower: string;
  /** Of a bridge, whether its own switch makes bridged packets meet iptables; null where it is not said. */
  readonly callsIptables: boolean | null;
  /** Of a bridge's port, whether a frame may leave by the port that it came in by; null where it is not said. */
  readonly hairpin: boolean | null;
  /** Of a bridge's port, whether it passes nothing to other isolated ports; null where it is not said. */
  readonly isIsolated: boolean | null;
  readonly isPromiscuous: boolean;
  /** Of a VRF, its table of routes; empty for others, and where it is not said. */
  readonly table: string;
  /** Of a tunnel over UDP, the port that it sends to; null for others. */
  readonly tunnelPort: number | null;
}

/** A port of a bridge, by `bridge link`. */
export interface BridgePortRecord extends Placed {
  readonly name: string;
  readonly bridge: string;
  readonly hairpin: boolean | null;
  readonly isIsolated: boolean | null;
  /** "forwarding", "disabled", "blocking", ...; empty where it is not said. */
  readonly state: string;
  /** Whether it takes only what the bridge's table has for it; null where it is not said. */
  readonly isLocked: boolean | null;
}

/** Which MAC address a bridge has seen at which port, by `bridge fdb`. */
export interface ForwardingRecord extends Placed {
  readonly mac: string;
  readonly port: string;
  /** Of a tunnel, the machine that it is sent to; empty for others. */
  readonly remote: string;
}

export interface NeighbourRecord extends Placed {
  readonly ip: string;
  readonly interface: string;
  /** Empty where none is known. */
  readonly mac: string;
  /** "REACHABLE", "FAILED", ... */
  readonly states: readonly string[];
  /** How often it was asked for without an answer (`ip -s neigh`); null where that is not said. */
  readonly probes: number | null;
}

/** One direction of a connection. */
export interface ConntrackEnds {
  readonly source: string;
  readonly destination: string;
  /** null for protocols without ports. */
  readonly sport: number | null;
  readonly dport: number | null;
}

export interface ConntrackEntry extends Placed {
  readonly protocol: string;
  /** Seconds until it is forgotten; null where it is not said. */
  readonly timeout: number | null;
  /** "ESTABLISHED", ... of TCP and SCTP; empty for others. */
  readonly state: string;
  readonly asked: ConntrackEnds;
  readonly answered: ConntrackEnds;
  readonly isUnreplied: boolean;
  readonly isAssured: boolean;
  /** The zone of conntrack that it is in, for one direction at least; 0 for that of packets that no rule gives one. */
  readonly zone: number;
}

/** A socket of the node that waits for packets. */
export interface SocketRecord extends Placed {
  /** "tcp", "udp" */
  readonly protocol: string;
  /** Empty for all addresses. */
  readonly ip: string;
  readonly port: number;
}

/** A queue of NFQUEUE that a program has opened. */
export interface QueueRecord extends Placed {
  readonly number: number;
}

/** What conntrack counted on one processor. */
export interface ConntrackCounts extends Placed {
  readonly counts: ReadonlyMap<string, number>;
}

/** An address on a list of `-m recent`. */
export interface RecentEntry extends Placed {
  readonly ip: string;
  /** In the kernel's ticks, of which nobody says how long they are. */
  readonly lastSeen: number;
  /** All times that it was put there, of those that are kept, in such ticks. */
  readonly times: readonly number[];
}

export interface RecentList {
  /** The list's name, which is the file's. */
  readonly name: string;
  readonly file: string;
  readonly entries: readonly RecentEntry[];
}

/** A line of a klog log. */
export interface LogRecord extends Placed {
  readonly severity: 'info' | 'warning' | 'error' | 'fatal';
  /** Month 1 to 12, day, and seconds since midnight: the log says no year. */
  readonly month: number;
  readonly day: number;
  readonly seconds: number;
  /** With the lines that follow it and have no head of their own, cut after some. */
  readonly message: string;
}

export interface ProxyConfiguration {
  readonly file: string;
  /** "iptables", "ipvs", "nftables"; empty where it is not said. */
  readonly mode: string;
  readonly clusterCIDR: string;
  /** null where it is not said, which stands for true. */
  readonly localhostNodePorts: boolean | null;
  readonly masqueradeAll: boolean | null;
}

export interface NamedValue extends Placed {
  readonly value: string;
  /** Where it stands: settings may come from several files. */
  readonly file: string;
}

/** Values by name. */
export interface NamedValues {
  /** The first file of them. */
  readonly file: string;
  readonly values: ReadonlyMap<string, NamedValue>;
  readonly skipped: number;
}

/** What is said of the bundle itself. */
export interface BundleMeta {
  readonly file: string;
  readonly node: string;
  /** Milliseconds since 1970; null where it is not said. */
  readonly time: number | null;
  readonly kernel: string;
  readonly iptables: string;
  /** "v1.30.5"; empty where it is not said. */
  readonly proxyVersion: string;
  readonly proxyMode: string;
}

/** A text that is read by others: rules, sets, the cluster's objects, conntrack's entries. */
export interface TextPart {
  readonly file: string;
  readonly text: string;
}

export type BackEnd = 'nft' | 'legacy';

/** What one iptables-save printed. */
export interface RulesText extends TextPart {
  readonly family: 'ipv4' | 'ipv6';
  readonly backEnd: BackEnd;
  /** Of a listing of one table, the command that printed it, by its file's name: "iptables -t nat -nvL"; empty for other texts. */
  readonly command: string;
}
