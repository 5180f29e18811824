/**
 * What client and server say to each other about packets that are followed. Types and method names only, as in requests.ts. Lines are 0-based here,
 * as in LSP; only the data inside a TraceReport has the command line's 1-based lines.
 */
import type { PacketQuestion } from '../kube/question/trace.ts';
import type { ConditionReason } from '../netfilter/rule-reasons.ts';
import type { ReportedPacket, TraceReport } from '../netfilter/trace-report.ts';

/** A packet to follow through a dump, as `iptables-inspect trace` takes it: ends by name or address, everything as text. */
export type TraceQuestion = PacketQuestion;
export type TracedOutcome = TraceReport['outcomes'][number];
export type TracedPacket = ReportedPacket;
export type TraceReason = ConditionReason;

/** What of a dump and its cluster a packet can be sent from, and to. */
export const traceEndsRequest = 'iptables/traceEnds';
export interface TraceEndsParams {
  readonly textDocument: { readonly uri: string };
}
export interface TraceEnd {
  /** What a question takes: "shop/web-0", "node:node-a", "outside", "10.96.0.10:53". */
  readonly value: string;
  readonly kind: 'service' | 'entry' | 'pod' | 'node' | 'this-node' | 'outside';
  readonly description: string;
  /** Of an address; left out where the name says it. */
  readonly protocol?: string;
  /** A port has to be added: "shop/web-0:8080". */
  readonly needsPort?: true;
}
export interface TraceEndsResult {
  readonly from: readonly TraceEnd[];
  readonly to: readonly TraceEnd[];
}

/** Follows a packet: what the command line prints for it. */
export const traceRequest = 'iptables/trace';
export interface TraceParams {
  readonly textDocument: { readonly uri: string };
  readonly question: TraceQuestion;
}
export type TraceResult =
  | {
      readonly kind: 'trace';
      readonly documentVersion: number;
      readonly report: TraceReport;
      /** "tcp 10.244.0.9 -> 10.96.0.10:53, NEW, first met in PREROUTING". */
      readonly title: string;
      /** Whose the addresses in it are: "10.244.1.21" to "shop/web-0". */
      readonly owners: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'nothing'; readonly reason: string };

/** The same as text for a ticket. */
export const traceTextRequest = 'iptables/traceText';
export interface TraceTextParams extends TraceParams {
  readonly format: 'text' | 'markdown';
}
export interface TraceTextResult {
  /** Empty where nothing can be followed. */
  readonly text: string;
}

/** The path of one outcome of a trace, table by table. */
export const tracePathRequest = 'iptables/tracePath';
export interface TracePathParams extends TraceParams {
  /** Which one, 0-based, in the order of the report. */
  readonly outcome: number;
}
export interface TracePathResult {
  readonly stages: readonly TraceStage[];
  /** Why there is no path, in a sentence; empty where there is one. */
  readonly reason: string;
}
export interface TraceStage {
  readonly hook: string;
  readonly table: string;
  /** The packet before and after, "10.0.0.9:40000 -> 10.96.0.10:53, mark 0x4000"; `after` is null where nothing changed. */
  readonly before: string;
  readonly after: string | null;
  readonly parts: readonly TracePart[];
}
export type TracePart =
  /** A rule that matched, and what the packet meets in the chain that it jumps to. */
  | {
      readonly kind: 'rule';
      /** Its place among the outcome's steps, from 1. */
      readonly step: number;
      readonly chain: string;
      readonly line: number;
      readonly rule: string;
      readonly action: string;
      readonly reasons: readonly TraceReason[];
      readonly before: string;
      /** null where the rule changed nothing of it. */
      readonly after: string | null;
      readonly parts: readonly TracePart[];
    }
  | {
      readonly kind: 'policy';
      readonly step: number;
      readonly chain: string;
      /** null where the dump does not say it. */
      readonly line: number | null;
      readonly action: string;
    }
  /** Rules that did not match, one after the other. Which ones they are is asked for by `first` and `count`. */
  | { readonly kind: 'passed'; readonly chain: string; readonly first: number; readonly count: number };

/** Rules that an outcome's packet met and that did not match it, and why; 200 at most are given at once. */
export const traceRulesRequest = 'iptables/traceRules';
export interface TraceRulesParams extends TracePathParams {
  /** In the order in which the packet meets them, from 0. */
  readonly first: number;
  readonly count: number;
}
export interface TraceRulesResult {
  readonly rules: readonly { readonly line: number; readonly rule: string; readonly reasons: readonly TraceReason[] }[];
}

/** What stopped an outcome's packet, and the smallest changes with which it passes; each was followed. */
export const traceWhyNotRequest = 'iptables/traceWhyNot';
export interface TraceWhyNotResult {
  readonly changes: readonly {
    /** "for port 443 instead of 8080". */
    readonly words: string;
    readonly question: TraceQuestion;
    /** The rule that it comes from. */
    readonly line: number;
    /** What it takes to be so besides, in sentences. */
    readonly assuming: readonly string[];
  }[];
}

/** A place in a file: lines and characters 0-based, as in LSP. */
export interface TextRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** The expected packets in the text of a `*.packets.yaml`, which need not be open. */
export const expectationsRequest = 'iptables/expectations';
export interface ExpectationsParams {
  readonly text: string;
}
export interface ExpectationsResult {
  /** The node that the file says its dump is of; empty where it does not say it. */
  readonly node: string;
  readonly expectations: readonly { readonly name: string; readonly range: TextRange; readonly question: TraceQuestion }[];
  /** What is wrong with the file, in sentences. */
  readonly problems: readonly { readonly message: string; readonly range: TextRange }[];
}

/** Whether what must come of packets comes of them: what `iptables-inspect test` says. */
export const judgeRequest = 'iptables/judge';
export interface JudgeParams {
  readonly textDocument: { readonly uri: string };
  readonly text: string;
  /** Which of the file's, 0-based; all where absent. */
  readonly only?: readonly number[];
}
export interface JudgedExpectation {
  /** Which of the file's, 0-based. */
  readonly at: number;
  readonly status: 'met' | 'failed' | 'unsure' | 'error';
  /** What stands behind "expect". */
  readonly range: TextRange;
  readonly expected: string;
  readonly actual: string;
  /** Why it is unsure or cannot be asked, in sentences. */
  readonly reasons: readonly string[];
  /** Every path of the packet, as the command line prints it; empty where it is met, or cannot be asked. */
  readonly trace: string;
}
export interface JudgeResult {
  readonly results: readonly JudgedExpectation[];
  /** Why nothing can be judged, in a sentence; empty otherwise. */
  readonly reason: string;
}

/** What is true of a dump now, as the text of a `*.packets.yaml`. */
export const writeExpectationsRequest = 'iptables/writeExpectations';
export interface WriteExpectationsParams {
  readonly textDocument: { readonly uri: string };
}
export interface WriteExpectationsResult {
  /** Empty where nothing can be expected. */
  readonly text: string;
  readonly reason: string;
}

/** The chain at a place of a dump, by which it is expanded. */
export const chainAtRequest = 'iptables/chainAt';
export interface ChainAtParams {
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
}
/** null where none is there. */
export type ChainAtResult = { readonly table: string; readonly chain: string } | null;

/** A chain with all that it jumps to as one text: each end with the conditions of all rules on the way. */
export const expandedChainRequest = 'iptables/expandedChain';
export interface ExpandedChainParams {
  readonly textDocument: { readonly uri: string };
  readonly table: string;
  readonly chain: string;
}
export interface ExpandedChainResult {
  readonly text: string;
  /** Which lines of the text are of which lines of the dump. */
  readonly links: readonly { readonly line: number; readonly target: number }[];
  /** Why there is no text, in a sentence; empty where there is one. */
  readonly reason: string;
}

/** Who reaches a Service by which entry, as Markdown: what `iptables-inspect reach` says. */
export const reachRequest = 'iptables/reach';
export interface ReachParams {
  readonly textDocument: { readonly uri: string };
  /** `namespace/service[:port]` or `IP[:PORT[/PROTO]]`; empty for all Services. */
  readonly to: string;
}
export interface ReachResult {
  /** Empty where there is nothing to say. */
  readonly text: string;
  /** Why there is none, in a sentence; empty otherwise. */
  readonly reason: string;
}

/** Packets that a kernel was seen to take through its rules, in what `xtables-monitor --trace` and its kin print. */
export const seenRequest = 'iptables/seen';
export interface SeenParams {
  readonly textDocument: { readonly uri: string };
  readonly text: string;
}
export interface SeenPacketInfo {
  /** "tcp 192.0.2.1:40000 -> 10.96.0.10:80, NEW, in by eth0". */
  readonly title: string;
  /** null where the trace does not show it to its end. */
  readonly verdict: 'accept' | 'drop' | 'reject' | null;
  /** Whether the dump's rules say the same; null where that cannot be told. */
  readonly agrees: boolean | null;
  readonly steps: readonly {
    readonly table: string;
    readonly chain: string;
    readonly kind: 'rule' | 'return' | 'policy';
    /** null where the dump does not have it, or where it may be several. */
    readonly line: number | null;
    /** Empty where the dump does not have it. */
    readonly rule: string;
  }[];
  /** What would have come instead, in a sentence, and before which step; null behind the last. */
  readonly difference: { readonly step: number | null; readonly message: string } | null;
  readonly notes: readonly string[];
}
export interface SeenResult {
  readonly packets: readonly SeenPacketInfo[];
  readonly notes: readonly string[];
  /** Why there are none, in a sentence; empty otherwise. */
  readonly reason: string;
}

/** What is wrong on a node, by a dump that is open or by a node bundle. */
export const diagnoseRequest = 'iptables/diagnose';
export interface DiagnoseParams {
  /** The URI of an open dump, or of a bundle: a folder, or an archive of it. A dump that lies in a bundle is diagnosed with it. */
  readonly source: string;
  /** Both empty for no question. */
  readonly from: string;
  readonly to: string;
}
export interface DiagnoseResult {
  /** To be read as it is; empty where there is nothing to say. */
  readonly text: string;
  /** The same for a ticket. */
  readonly markdown: string;
  /** The files that its evidence names ("sysctl.txt line 13: ..."), as far as they can be opened. */
  readonly files: readonly { readonly name: string; readonly uri: string }[];
  /** Why there is none, in a sentence; empty otherwise. */
  readonly reason: string;
}
