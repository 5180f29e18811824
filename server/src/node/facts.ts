/** Everything that is known of a node besides the rules at hand. A part that is null was not in the bundle: nothing is claimed of it. */
import type {
  AddressRecord,
  BridgePortRecord,
  BundleMeta,
  ConntrackCounts,
  ForwardingRecord,
  LinkRecord,
  LogRecord,
  NamedValues,
  NeighbourRecord,
  Part,
  PolicyRuleRecord,
  ProxyConfiguration,
  QueueRecord,
  RecentList,
  RouteRecord,
  RulesText,
  SocketRecord,
  TextPart,
} from './records.ts';

export interface NodeFacts {
  /** All that iptables-save printed, of both families and back ends; empty texts too, which say that there is nothing. */
  readonly rules: readonly RulesText[];
  readonly sets: TextPart | null;
  /** What `nft -j list ruleset` printed, as text: `readNft` reads the tables that are not iptables'. */
  readonly nft: TextPart | null;
  /** What nft printed for people. */
  readonly nftText: TextPart | null;
  /** What `ebtables-save` printed. */
  readonly bridgeRules: TextPart | null;
  readonly addresses: Part<AddressRecord> | null;
  readonly routes: Part<RouteRecord> | null;
  readonly policyRules: Part<PolicyRuleRecord> | null;
  readonly links: Part<LinkRecord> | null;
  readonly bridgePorts: Part<BridgePortRecord> | null;
  readonly forwarding: Part<ForwardingRecord> | null;
  readonly neighbours: Part<NeighbourRecord> | null;
  readonly sysctls: NamedValues | null;
  /** As text, as there may be hundreds of thousands of entries: `conntrackEntries` reads them one by one. */
  readonly conntrack: TextPart | null;
  readonly conntrackCounts: Part<ConntrackCounts> | null;
  /** What listens in the node's own network namespace. */
  readonly sockets: Part<SocketRecord> | null;
  /** Queues that programs take packets from (NFQUEUE). */
  readonly queues: Part<QueueRecord> | null;
  /** null where the lists were not looked at; empty where there is none. */
  readonly recentLists: readonly RecentList[] | null;
  readonly proxyConfiguration: ProxyConfiguration | null;
  readonly proxyLog: Part<LogRecord> | null;
  /** The network stack's counters, by nstat. */
  readonly counters: NamedValues | null;
  readonly meta: BundleMeta | null;
  readonly cluster: TextPart | null;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
  /** Those of them that tell of what could not be read: an archive that was cut off, a file that may not be opened. What is not in the facts may be in there. */
  readonly unread: readonly string[];
}

/** Nothing known: a dump alone. */
export const noFacts = {
  rules: [],
  sets: null,
  nft: null,
  nftText: null,
  bridgeRules: null,
  addresses: null,
  routes: null,
  policyRules: null,
  links: null,
  bridgePorts: null,
  forwarding: null,
  neighbours: null,
  sysctls: null,
  conntrack: null,
  conntrackCounts: null,
  sockets: null,
  queues: null,
  recentLists: null,
  proxyConfiguration: null,
  proxyLog: null,
  counters: null,
  meta: null,
  cluster: null,
  notes: [],
  unread: [],
} satisfies NodeFacts;
