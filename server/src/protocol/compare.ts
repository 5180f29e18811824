/** What client and server say of dumps that are compared: types and names only. */

/** Compares two dumps by meaning. */
export const compareRequest = 'iptables/compare';

/** A dump to compare: an open document, or a text with the URI that it is of. */
export interface CompareSide {
  readonly uri: string;
  /** Left out for an open document. */
  readonly text?: string;
}

export interface CompareParams {
  /** Null for what kube-proxy would write on the node of `after`. */
  readonly before: CompareSide | null;
  readonly after: CompareSide;
}

/** What only one of the dumps has, or both in another form. */
export type CompareChange = 'added' | 'removed' | 'changed';

/** Lines are those (0-based) of the canonical text that has it: of the second one, for what was removed of the first. */
export interface ComparedRule {
  readonly change: 'added' | 'removed';
  readonly rule: string;
  readonly line: number;
}

export interface ComparedChain {
  readonly name: string;
  /** The Service or Pod that it stands for; empty for none. */
  readonly title: string;
  readonly change: CompareChange;
  /** "policy ACCEPT -> DROP"; empty for nothing. */
  readonly detail: string;
  readonly line: number;
  readonly rules: readonly ComparedRule[];
}

export interface ComparedTable {
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly chains: readonly ComparedChain[];
}

export interface ComparedService {
  /** "shop/web:http" */
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly change: CompareChange;
  /** What differs, a few words each: "clusterIP 10.96.0.1 -> 10.96.0.2", "+10.244.0.5:8080". */
  readonly details: readonly string[];
}

export type CompareResult =
  | {
      readonly kind: 'compared';
      /** Both in one order, without counters. */
      readonly before: string;
      readonly after: string;
      readonly services: readonly ComparedService[];
      readonly tables: readonly ComparedTable[];
      /** What was not compared, and why, in sentences. */
      readonly notes: readonly string[];
    }
  /** `reason` is a sentence for the user. */
  | { readonly kind: 'nothing'; readonly reason: string };
