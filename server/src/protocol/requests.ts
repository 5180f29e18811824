/**
 * What client and server say to each other beyond the Language Server Protocol. Types and method names only, for both sides.
 * Lines are 0-based here, as in LSP; only the data inside a FlowGraph has the command line's 1-based lines.
 */
import type { FlowGraph } from '../kube/flow/graph.ts';

/** An address or Service that a flow can be asked for. */
export interface FlowTarget {
  /** What `iptables/flow` takes as `to`: "10.96.20.10:80/tcp" or "shop/web:http". */
  readonly to: string;
  /** For a pick list: "shop/web:http". */
  readonly label: string;
  /** "10.96.20.10:80/tcp ClusterIP". */
  readonly description: string;
}

export const flowTargetsRequest = 'iptables/flowTargets';
export interface FlowTargetsParams {
  readonly textDocument: { readonly uri: string };
}
export interface FlowTargetsResult {
  readonly targets: readonly FlowTarget[];
  /** Why there are none, in a sentence; empty otherwise. */
  readonly reason: string;
}

export const flowRequest = 'iptables/flow';
/**
 * Either `to`, or the place of a chain or an address in the dump; with `chain`, the graph of the chain there. With `statesLater` a map comes at
 * once, its Services not looked at yet.
 */
export interface FlowParams {
  readonly textDocument: { readonly uri: string };
  readonly to?: string;
  readonly position?: { readonly line: number; readonly character: number };
  readonly chain?: boolean;
  readonly statesLater?: boolean;
}
export type FlowResult =
  | {
      readonly kind: 'flow';
      readonly graph: FlowGraph;
      /** What to ask again with after an edit. */
      readonly to: string;
      readonly documentVersion: number;
    }
  | { readonly kind: 'nothing'; readonly reason: string };

/** Sent when a dump's ruleset or the cluster behind it has changed, so that an open flow asks again. */
export const rulesetChangedNotification = 'iptables/rulesetChanged';
export interface RulesetChangedParams {
  readonly uri: string;
  readonly version: number;
}

/** Where names come from for a document: the language status item shows it. */
export const clusterStatusNotification = 'iptables/clusterStatus';
export interface ClusterStatusParams {
  readonly kind: 'none' | 'snapshot' | 'live';
  /** "cluster.json", "kind-dev (context)", "comments of the dump". */
  readonly label: string;
  /** One line more: "12 Services, 40 endpoints, read at 10:02". */
  readonly detail: string;
  readonly severity: 'ok' | 'warning' | 'error';
  /** When the data were last current, in milliseconds since 1970; left out where they are now, or where there are none. */
  readonly asOf?: number;
  /** A connection is being made. */
  readonly busy?: boolean;
  /** What is known of each kind of a live cluster. */
  readonly resources?: readonly ClusterResourceStatus[];
}

export interface ClusterResourceStatus {
  readonly kind: 'Service' | 'EndpointSlice' | 'Node' | 'Pod';
  readonly state: 'off' | 'syncing' | 'live' | 'stale' | 'waiting' | 'forbidden' | 'unauthorized' | 'offline';
  readonly count: number;
  /** When they were last current, in milliseconds since 1970; 0 for never. */
  readonly currentAt: number;
  /** What is wrong, in a sentence that names a missing permission; empty for nothing. */
  readonly problem: string;
  /** The one namespace that was read, where all of them may not be; empty otherwise. */
  readonly namespace: string;
  /** While `waiting`: since when, and until when it is not asked again; in milliseconds since 1970. */
  readonly wait?: { readonly since: number; readonly until: number };
}

/** The contexts that a live cluster can be chosen from. No connection is made for it. */
export const contextsRequest = 'iptables/contexts';
export interface ContextsResult {
  readonly contexts: readonly {
    readonly name: string;
    readonly cluster: string;
    readonly server: string;
    readonly user: string;
    /** The kubeconfig's `current-context`. */
    readonly current: boolean;
    /** The program that is run for credentials; empty for none. */
    readonly program: string;
  }[];
  /** The kubeconfig files they come from. */
  readonly origin: string;
  /** Why there are none, in a sentence; empty otherwise. */
  readonly problem: string;
  /** The context in use; empty for none. */
  readonly selected: string;
}

/** Connects to a context's cluster and leaves the one before. */
export const selectContextRequest = 'iptables/selectContext';
export interface SelectContextParams {
  /** Empty for no live cluster; null for what the setting `iptables.cluster.context` says. */
  readonly context: string | null;
}

/** Reads credentials and everything else of the live cluster anew, what was refused too. Without parameters or result. */
export const refreshClusterRequest = 'iptables/refreshCluster';

/** One Pod of the live cluster, asked for now; null where there is none or it cannot be asked for. */
export const podRequest = 'iptables/pod';
export interface PodParams {
  readonly namespace: string;
  readonly name: string;
}

/** The live cluster's objects as a snapshot file, without secrets and managedFields. */
export const clusterSnapshotRequest = 'iptables/clusterSnapshot';
export interface ClusterSnapshotResult {
  readonly context: string;
  readonly text: string;
  /** "12 Services, 14 EndpointSlices, 40 Pods, 3 Nodes". */
  readonly summary: string;
  /** Kinds that could not be listed, in sentences. */
  readonly problems: readonly string[];
}

/** The Services of a dump, and how each is against the cluster. */
export const driftRequest = 'iptables/drift';
export interface DriftParams {
  readonly textDocument: { readonly uri: string };
}
export type DriftStatus = 'in-sync' | 'missing' | 'stale' | 'differs';
export interface DriftService {
  readonly namespace: string;
  readonly name: string;
  /** null where the dump was not compared with a cluster. */
  readonly status: DriftStatus | null;
  /** 0-based; null where the dump has nothing of it. */
  readonly line: number | null;
  readonly findings: readonly {
    readonly status: DriftStatus;
    readonly message: string;
    /** Empty where it cannot be told. */
    readonly cause: string;
    readonly line: number | null;
  }[];
}
export interface DriftResult {
  /** Namespaces and Services by name. */
  readonly namespaces: readonly { readonly name: string; readonly services: readonly DriftService[] }[];
  /** What it was compared with: "cluster.json", "kind-dev"; empty where nothing was compared. */
  readonly cluster: string;
  /** The node that the dump is taken to be of; empty where that cannot be told. */
  readonly node: string;
  /** What could not be compared, and why, in sentences. */
  readonly notes: readonly string[];
}

/** What a Service has in the dump: its ports, each with its chains and endpoints. */
export const driftPortsRequest = 'iptables/driftPorts';
export interface DriftPortsParams extends DriftParams {
  readonly namespace: string;
  readonly name: string;
}
export interface DriftPort {
  /** "http, tcp/80" */
  readonly title: string;
  readonly chains: readonly {
    readonly name: string;
    /** What the chain is for. */
    readonly explanation: string;
    readonly line: number | null;
  }[];
  readonly endpoints: readonly {
    /** "10.244.0.11:8080" */
    readonly address: string;
    /** "shop/web-1"; empty where no Pod is known. */
    readonly pod: string;
    readonly node: string;
    /** Empty for one that the dump lacks. */
    readonly chain: string;
    readonly line: number | null;
    readonly status: DriftStatus | null;
  }[];
}

/** The Services of a dump, by namespace and name; of those without a known name the namespace is empty, and they come last. */
export const servicesRequest = 'iptables/services';
export interface ServicesParams {
  readonly textDocument: { readonly uri: string };
}
export interface ListedServiceInfo {
  /** What `iptables/flow` and the two requests below take: "shop/web"; an address where no name is known. */
  readonly to: string;
  readonly name: string;
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
  readonly addresses: readonly string[];
  /** Its chain's first rule, else the rule that looks for its address; 0-based, null where the dump has nothing of it. */
  readonly line: number | null;
}
export interface ServicesResult {
  readonly namespaces: readonly { readonly name: string; readonly services: readonly ListedServiceInfo[] }[];
  /** What states were compared with: "cluster.json"; empty where nothing was compared. */
  readonly cluster: string;
  /** Why there are none, in a sentence; empty otherwise. */
  readonly reason: string;
}

/** The states of Services, or of one of their ports ("shop/web:http"); as many at a time as the client has use for. */
export const serviceStatesRequest = 'iptables/serviceStates';
export interface ServiceStatesParams extends ServicesParams {
  readonly targets: readonly string[];
}
export interface ServiceStateInfo {
  readonly kind: 'serves' | 'leads' | 'limited' | 'differs' | 'no-endpoints' | 'refuses' | 'unreached' | 'unknown';
  /** A few words: "3 endpoints", "only from 203.0.113.0/24". */
  readonly words: string;
  /** The rule that decides against it, 0-based; null where there is none. */
  readonly line: number | null;
  /** What is not sure, and what differs, in sentences. */
  readonly remarks: readonly string[];
}
export interface ServiceStatesResult {
  /** In the order of the targets; null for one that the dump does not have. */
  readonly states: readonly (ServiceStateInfo | null)[];
}

/** The entries of one Service with their states, and the endpoints behind each. */
export const serviceEntriesRequest = 'iptables/serviceEntries';
export interface ServiceEntriesParams extends ServicesParams {
  readonly to: string;
}
export interface ServiceEntryInfo {
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
  readonly label: string;
  /** "ClusterIP", "NodePort". */
  readonly use: string;
  readonly state: ServiceStateInfo;
  /** Of the rule that looks for it, 0-based; null where there is none. */
  readonly line: number | null;
  /** From the dump's counters; null where it has none. */
  readonly packets: number | null;
  readonly endpoints: readonly {
    /** "10.244.0.11:8080" */
    readonly address: string;
    /** "shop/web-1"; empty where no Pod is known. */
    readonly pod: string;
    readonly node: string;
    /** Of new connections to the entry, 0 to 1. */
    readonly share: number;
    readonly packets: number | null;
    /** 0-based; null for one that the dump lacks. */
    readonly line: number | null;
  }[];
}

/** Settings as the server reads them; the client's `iptables.*` section. */
export interface Settings {
  /** A snapshot file or a glob for it, relative to a workspace folder; empty: found by content. */
  readonly clusterSnapshot: string;
  /** The context of the live cluster, unless the user has picked another one; empty for none. */
  readonly clusterContext: string;
  /** Kubeconfig files instead of those of KUBECONFIG and ~/.kube/config, separated as there; empty for those. */
  readonly kubeconfig: string;
  /** The image of a debug pod; "{version}" stands for the node's Kubernetes version. */
  readonly debugImage: string;
  readonly debugNamespace: string;
  /** The most diagnostics that are sent for one document. */
  readonly maxDiagnostics: number;
  /** Whether what the cluster says differs is underlined in the dump. */
  readonly drift: boolean;
  /** How grave findings are to be, by code, where not as they are; `off` for none of them. */
  readonly severities: ReadonlyMap<string, 'off' | 'hint' | 'info' | 'warning' | 'error'>;
  readonly inlayHints: InlayHintSettings;
}

/** The client's command that copies commands for a node: one argument, the text. */
export const copyNodeCommandsCommand = 'iptables.copyNodeCommands';

/** A dump with the names of its chains as comments. */
export const annotateRequest = 'iptables/annotate';
export interface AnnotateParams {
  readonly textDocument: { readonly uri: string };
}
export type AnnotateResult =
  | { readonly kind: 'text'; readonly text: string; readonly comments: number }
  | { readonly kind: 'nothing'; readonly reason: string };

/** Which hints stand between the words of a rule. */
export interface InlayHintSettings {
  /** The Service or Pod of a chain that is jumped to. */
  readonly chains: boolean;
  /** Where that of a jump stands: behind it, or at the beginning of the rule, where it is seen without scrolling. */
  readonly jumpPlace: 'jump' | 'rule';
  /** The Service or Pod of a chain where it is declared. */
  readonly declarations: boolean;
  /** The same at the first of its rules. */
  readonly rules: boolean;
  /** The real share after a probability. */
  readonly shares: boolean;
  /** Whose an address is. */
  readonly addresses: boolean;
}

/** Sent, without parameters, when the user has come to trust the workspace. */
export const trustNotification = 'iptables/trust';

export interface InitializationOptions {
  /** False in an untrusted workspace: then no path from settings is read and no cluster contacted. */
  readonly trusted: boolean;
  /** The client has the command "iptables.showFlow", which takes a document's URI and what `iptables/flow` takes as `to`. */
  readonly hasShowFlow: boolean;
  /** The client has the command `copyNodeCommandsCommand`, which takes a text for the clipboard. */
  readonly hasCopyNodeCommands: boolean;
  /** Diagnostics are sent although the client can ask for them: what the cluster says follows what the text says, without being asked twice. */
  readonly pushesDiagnostics: boolean;
  /** The client has the command "iptables.tracePacket", which takes a document's URI and what a question takes as `to`. */
  readonly hasTracePacket: boolean;
  /** The same of "iptables.showReach". */
  readonly hasShowReach: boolean;
  /** The context that the user has picked for this workspace, empty for none; left out where nothing was picked. */
  readonly context?: string;
}
