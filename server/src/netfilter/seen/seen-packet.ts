/** Packets as a kernel's traces tell of them: what each rule that took one saw, in the order in which they did. */
import type { Family } from '../../catalog/types.ts';

/** Which program printed a trace; 'kernel-log' is what TRACE of the legacy back end writes. */
export type SeenFormat = 'xtables-monitor' | 'nft-monitor' | 'kernel-log';

/** A packet as a line of a trace shows it. What is null is not told. */
export interface SeenFields {
  /** Empty for none. */
  readonly in: string;
  readonly out: string;
  readonly src: string | null;
  readonly dst: string | null;
  /** As iptables-save names it. */
  readonly protocol: string | null;
  readonly sport: number | null;
  readonly dport: number | null;
  /** TCP flags as bits, FIN 1 to URG 32. */
  readonly flags: number | null;
  readonly icmp: { readonly type: number; readonly code: number } | null;
  readonly ttl: number | null;
  readonly length: number | null;
  readonly tos: number | null;
  /** What its sender numbered it by (the ID of IPv4), which stays the same on its way. */
  readonly ident: number | null;
  readonly mark: number;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** By what a line names a rule: its number in the chain (1-based), its text as iptables prints it, or as nft does. */
export type SeenRule =
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'text'; readonly text: string }
  | { readonly by: 'nft'; readonly text: string; readonly verdict: string };

export interface SeenStep {
  readonly table: string;
  readonly chain: string;
  readonly kind: 'rule' | 'return' | 'policy';
  /** null where the line names none. */
  readonly rule: SeenRule | null;
  /** "DROP" of a policy, in capitals; empty where the line does not say it. */
  readonly verdict: string;
  /** The packet as it came to the rule, as far as was told by then. */
  readonly fields: SeenFields;
  /** Where it stands in the text, 1-based. */
  readonly line: number;
}

export interface SeenPacket {
  readonly format: SeenFormat;
  readonly family: Family;
  /** What the program calls it; empty where it has no name. */
  readonly id: string;
  readonly steps: readonly SeenStep[];
}

/** One line of a trace, before lines are put together. */
export interface SeenEvent extends SeenStep {
  readonly format: SeenFormat;
  readonly family: Family;
  /** What lines about one packet have in common. */
  readonly key: string;
  readonly id: string;
}

export const noFields: SeenFields = {
  in: '',
  out: '',
  src: null,
  dst: null,
  protocol: null,
  sport: null,
  dport: null,
  flags: null,
  icmp: null,
  ttl: null,
  length: null,
  tos: null,
  ident: null,
  mark: 0,
  uid: null,
  gid: null,
};
