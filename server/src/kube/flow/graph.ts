/**
 * The paths of packets to a Service as a graph: what `flow` prints, what the drawing shows and what the text form lists.
 * Plain data that survives JSON; the only place that says what it looks like.
 *
 * Lines are 1-based, as on the command line. Probabilities and shares are 0 to 1.
 */
import { count } from '../../base/counted.ts';

/** Where a packet starts; `chain` is a Service's chain that no rule leads to. */
export type FlowEntryKind =
  | 'cluster-ip'
  | 'node-port'
  | 'external-ip'
  | 'load-balancer-ip'
  | 'host-port'
  | 'health-check'
  | 'chain';

/** What an entry is called. */
export const entryKindNames: Readonly<Record<FlowEntryKind, string>> = {
  'cluster-ip': 'clusterIP',
  'node-port': 'NodePort',
  'external-ip': 'external IP',
  'load-balancer-ip': 'load-balancer IP',
  'host-port': 'hostPort',
  'health-check': 'health check port',
  chain: 'chain',
};

/**
 * What a node stands for. The drawing's columns follow from it, in this order: entry; dispatch (KUBE-SERVICES, KUBE-NODEPORTS,
 * CNI-HOSTPORT-DNAT); external (KUBE-EXT-, KUBE-XLB-) and firewall (KUBE-FW-); service (KUBE-SVC-) and service-local (KUBE-SVL-);
 * endpoint (KUBE-SEP-, CNI-DN-); pod, or an address that is no Pod's. A verdict (REJECT, DROP, ACCEPT) stands behind the column it ends.
 * A namespace, a Service as a whole (`listed-service`) and a node of the cluster (`host`) are on maps and in graphs of chains.
 */
export type FlowNodeKind =
  | 'entry'
  | 'dispatch'
  | 'external'
  | 'firewall'
  | 'service'
  | 'service-local'
  | 'endpoint'
  | 'pod'
  | 'address'
  | 'verdict'
  | 'chain'
  | 'namespace'
  | 'listed-service'
  | 'host';

/** What happens to a packet at a node, besides being sent on. */
export type FlowBadgeKind = 'masquerade' | 'affinity' | 'hairpin' | 'mark' | 'source-ranges' | 'local-only';

export interface FlowBadge {
  readonly kind: FlowBadgeKind;
  /** A few words: "affinity 10800 s". */
  readonly label: string;
  /** When it applies: "unless from 10.244.0.0/16"; empty for always. */
  readonly condition: string;
  /** The rule that does it, 1-based; null where no single rule does. */
  readonly line: number | null;
}

export interface FlowServiceRef {
  readonly namespace: string;
  readonly name: string;
  /** The port's name; empty for an unnamed port. */
  readonly port: string;
  readonly portNumber: number | null;
  readonly protocol: string;
  readonly clusterIP: string | null;
}

export interface FlowPodRef {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly zone: string | null;
  /** As EndpointSlices have it, where one that is terminating is not ready; null where the cluster does not say. */
  readonly ready: boolean | null;
  /** It is to end: kube-proxy sends it packets only where no endpoint is ready. */
  readonly terminating: boolean;
}

/** What keeps packets from some of these Pods: "2 not ready", "1 terminating"; of each Pod the one or the other. */
export function unreadyWords(pods: readonly (FlowPodRef | null)[]): readonly string[] {
  const terminating = pods.filter((pod) => pod?.terminating === true).length;
  const unready = pods.filter((pod) => pod?.ready === false).length - terminating;
  return [
    ...(unready > 0 ? [`${count(unready)} not ready`] : []),
    ...(terminating > 0 ? [`${count(terminating)} terminating`] : []),
  ];
}

export interface FlowEntry {
  readonly id: string;
  readonly kind: FlowEntryKind;
  /** null for a NodePort, which is any address of the node, and where it is not known. */
  readonly ip: string | null;
  /** null where it is not known. */
  readonly port: number | null;
  readonly protocol: string;
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp"; the name of a chain. */
  readonly label: string;
}

/** How a part of a flow differs from the flow that it is compared with. */
export interface FlowContrast {
  /** `only`: the other flow has nothing of it. */
  readonly kind: 'only' | 'changed';
  /** "only here", "50 % there"; empty where what it leads to says it. */
  readonly words: string;
}

/** How a node of the dump and the cluster disagree; `missing` is in the cluster and not in the dump. */
export type FlowDrift = 'stale' | 'missing' | 'differs';

export interface FlowNode {
  /** Unique within the graph and the same for the same chain or address after an edit. */
  readonly id: string;
  readonly kind: FlowNodeKind;
  /** The first thing to read: "shop/web:http", "web-7d9c-x2x", "REJECT". */
  readonly label: string;
  /** The second: a chain's name, an address, "on node-a". */
  readonly detail: string;
  readonly table: string | null;
  readonly chain: string | null;
  /** Where it is declared, or its rule (of a Pod or address, the one that sends packets there); 1-based, null where the dump has none. */
  readonly line: number | null;
  readonly service: FlowServiceRef | null;
  readonly pod: FlowPodRef | null;
  /** "10.244.0.11:8080" of an endpoint and of the Pod or address behind it. */
  readonly address: string | null;
  /** For endpoints and what is behind them: the overall probability for a packet of each entry, by entry id. */
  readonly shares: Readonly<Record<string, number>>;
  /** The share for the first entry that reaches it: what `"share"` is on the command line. */
  readonly share: number | null;
  readonly badges: readonly FlowBadge[];
  readonly drift: FlowDrift | null;
  /** Counted packets that entered, where the dump has counters. */
  readonly packets: number | null;
  /** Absent where nothing differs, and where nothing was compared. */
  readonly contrast?: FlowContrast;
  /** What asks for the graph that it stands for: of a Service its flow; absent for what stands for itself. */
  readonly to?: string;
  /** What becomes of packets to it; absent but for a Service as a whole and for its entries on a map. */
  readonly state?: FlowState;
}

/** A node of which nothing is known yet but what it stands for. */
export function emptyNode(id: string, kind: FlowNode['kind'], label: string, detail = ''): FlowNode {
  return {
    id,
    kind,
    label,
    detail,
    table: null,
    chain: null,
    line: null,
    service: null,
    pod: null,
    address: null,
    shares: {},
    share: null,
    badges: [],
    drift: null,
    packets: null,
  };
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  /** The rule that makes the jump, 1-based; null from an endpoint to its Pod. */
  readonly line: number | null;
  /** That rule as the dump has it, without counters, for a reader who points at the edge; absent or null where there is none. */
  readonly rule?: string | null;
  /** That a packet which is at `from` goes this way, all earlier rules considered; null where a condition decides. */
  readonly probability: number | null;
  /** In words, escaped by nobody: "from 203.0.113.0/24", "first packet"; empty for always. */
  readonly condition: string;
  /** From the dump's counters; null where it has none. */
  readonly packets: number | null;
  /** As that of a node. */
  readonly contrast?: FlowContrast;
}

/** Something a reader should know before believing the picture: "KUBE-SERVICES is not hooked from OUTPUT". */
export interface FlowNote {
  readonly severity: 'info' | 'warning';
  readonly message: string;
  readonly line: number | null;
}

/** A place that packets come from, as far as the rules tell places apart. */
export interface FlowOrigin {
  /** After "from": "a Pod", "this node", "outside", "203.0.113.0/24", "elsewhere". */
  readonly words: string;
  /** The share of its packets that is masqueraded, 0 to 1; a Pod that reaches itself aside. */
  readonly masqueraded: number;
}

/** Where packets to an entry end, for those places from which they end alike. */
export interface FlowRoute {
  /** An entry's id. */
  readonly entry: string;
  readonly origins: readonly FlowOrigin[];
  /** By the id of the node (Pod, address or verdict) that they end at, the share; null where it is what the nodes' `shares` say. */
  readonly ends: Readonly<Record<string, number>> | null;
}

/**
 * `serves`: every new connection to each of its entries, from each place that makes a difference, comes to an endpoint, and all that decides is
 * shown. `leads`: the same as far as the dump shows, or with something taken to be so. `limited`: some do. `differs`: they do, or the dump has
 * nothing of it, and the cluster says otherwise. `no-endpoints`: refused as there are none. `refuses`: rejected or dropped by other rules.
 * `unreached`: nothing leads to its chains, or nothing redirects its packets. `unknown`: what decides is not shown. `pending`: nobody has looked yet.
 */
export type FlowStateKind =
  | 'serves'
  | 'leads'
  | 'limited'
  | 'differs'
  | 'no-endpoints'
  | 'refuses'
  | 'unreached'
  | 'unknown'
  | 'pending';

/** The state of a Service at a glance. */
export interface FlowState {
  readonly kind: FlowStateKind;
  /** A few words: "3 endpoints", "only from 203.0.113.0/24", "rejected in FORWARD". */
  readonly words: string;
  /** The rule that decides against it, 1-based; null where there is none. */
  readonly line: number | null;
  /** What is not sure, in sentences. */
  readonly remarks: readonly string[];
}

/** An entry of a Service on a map. */
export interface MapEntry {
  readonly kind: FlowEntryKind;
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
  readonly label: string;
  readonly state: FlowState;
  /** The rule that looks for it, 1-based; null where the dump has none. */
  readonly line: number | null;
}

/** What packets to a Service are sent to. */
export interface MapEndpoint {
  /** "10.244.0.11:8080". */
  readonly address: string;
  readonly pod: FlowPodRef | null;
  /** The rule that sends packets there, 1-based; null where there is none. */
  readonly line: number | null;
}

export interface MapService {
  /** What asks for its flow; unique on a map. */
  readonly to: string;
  /** Empty where no name is known. */
  readonly namespace: string;
  readonly name: string;
  readonly state: FlowState;
  readonly entries: readonly MapEntry[];
  /** Of all its entries together, in the order in which the rules lead to them. */
  readonly endpoints: readonly MapEndpoint[];
  /** Its first rule, 1-based; null where the dump has none. */
  readonly line: number | null;
}

/** The Services of a dump, by namespace and name. */
export interface ServiceMap {
  readonly services: readonly MapService[];
}

/** Endpoints of the cluster that kube-proxy sends no packets to on this node, by why: how many of them. */
export interface FlowLeftOut {
  readonly notReady: number;
  readonly terminating: number;
  /** Hints say that other zones or nodes use them. */
  readonly elsewhere: number;
}

export interface FlowGraph {
  /** What was asked for, as a reader would say it: "shop/web:http". */
  readonly title: string;
  readonly entries: readonly FlowEntry[];
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  readonly notes: readonly FlowNote[];
  /** For each entry, first the route that the nodes' `shares` are of, then those of other origins that end otherwise. */
  readonly routes?: readonly FlowRoute[];
  /** Absent where there are none, or nothing is known of them. */
  readonly leftOut?: FlowLeftOut;
  /** What becomes of new connections; absent where nobody asked, and for chains. */
  readonly state?: FlowState;
  /** All Services of the dump, of a map; it has no nodes and edges then: whoever draws it makes those that are seen. */
  readonly map?: ServiceMap;
  /** Where names come from: "cluster.json, read 2 minutes ago", "the dump's comments". */
  readonly source: string;
}
