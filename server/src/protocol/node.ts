/** What client and server say of a node whose rules, or whose bundle, are read through the API. */

/** The nodes that a dump can be read from. */
export const nodesRequest = 'iptables/nodes';
export interface NodesResult {
  readonly context: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    /** "v1.34.1"; empty where it is not known. */
    readonly kubeletVersion: string;
  }[];
}

/** Where on a node `iptables-save` can be run. */
export const nodeReadersRequest = 'iptables/nodeReaders';
export interface NodeReadersParams {
  readonly node: string;
}
export type NodeReader =
  | {
      readonly kind: 'pod';
      readonly isKubeProxy: boolean;
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  | { readonly kind: 'debug-pod'; readonly namespace: string; readonly image: string };
export interface NodeReadersResult {
  readonly context: string;
  readonly server: string;
  /** Running containers, kube-proxy's first; a Pod made for it is always possible and the last. */
  readonly readers: readonly NodeReader[];
  /** What is run: "iptables-nft-save -c". */
  readonly commands: readonly string[];
  /** What is run for a bundle. */
  readonly bundleCommands: readonly string[];
}

/** Runs `iptables-save` on a node. Only after the user has seen what will be run where. */
export const nodeDumpRequest = 'iptables/nodeDump';
export interface NodeDumpParams {
  readonly context: string;
  readonly node: string;
  readonly reader: NodeReader;
}
export interface NodeDumpResult {
  readonly dumps: readonly {
    readonly family: 'ipv4' | 'ipv6';
    readonly backend: 'nft' | 'legacy' | 'default';
    readonly command: string;
    /** Whole: a dump that was cut short is a problem and not here. */
    readonly text: string;
  }[];
  /** What could not be read, in sentences. */
  readonly problems: readonly string[];
  /** Milliseconds since 1970. */
  readonly readAt: number;
}

/** Collects the bundle of a node in a container that runs there. Only after the user has seen what will be run where. */
export const nodeBundleRequest = 'iptables/nodeBundle';
export interface NodeBundleParams {
  readonly context: string;
  readonly node: string;
  /** No debug pod. */
  readonly reader: NodeReader;
}
export interface NodeBundleResult {
  /** Each under the name that a bundle has for it: "ip-addr.json". */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What could not be collected, in sentences. */
  readonly problems: readonly string[];
}

/** What a node's dump or bundle waits for, in a few words, while it is read. */
export const nodeDumpProgressNotification = 'iptables/nodeDumpProgress';
export interface NodeDumpProgressParams {
  readonly node: string;
  readonly text: string;
}
