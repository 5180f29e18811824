/**
 * What client and server say to each other beyond the Language Server Protocol. Types and method names only, for both sides.
 * Lines are 0-based here, as in LSP; only the data inside a FlowGraph has the command line's 1-based lines.
 */
import type { FlowGraph } from './kube/flow-graph.ts';

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
/** Either `to`, or the place of a chain or an address in the dump. */
export interface FlowParams {
  readonly textDocument: { readonly uri: string };
  readonly to?: string;
  readonly position?: { readonly line: number; readonly character: number };
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
}

/** Settings as the server reads them; the client's `iptables.*` section. */
export interface Settings {
  /** A snapshot file or a glob for it, relative to a workspace folder; empty: found by content. */
  readonly clusterSnapshot: string;
  /** The most diagnostics that are sent for one document. */
  readonly maxDiagnostics: number;
  readonly inlayHints: InlayHintSettings;
}

/** Which hints stand between the words of a rule. */
export interface InlayHintSettings {
  /** The Service or Pod after a jump. */
  readonly chains: boolean;
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
}
