/** What `iptables-inspect diff` prints: how two dumps differ in meaning. */
import type { Family } from '../../catalog/types.ts';

export type DiffChange = 'added' | 'removed' | 'changed';

export interface ServiceDiff {
  /** "shop/web:http". */
  readonly service: string;
  readonly protocol: string;
  readonly family: Family;
  readonly change: DiffChange;
  /** "10.244.0.11:8080", of those that only one dump has. */
  readonly endpointsAdded: readonly string[];
  readonly endpointsRemoved: readonly string[];
  /** null where it is the same in both. */
  readonly clusterIP: { readonly before: string | null; readonly after: string | null } | null;
}

export interface ChainDiff {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** `changed` is another policy. */
  readonly change: DiffChange;
  /** 1-based, in the first and in the second dump; null where it has no such chain. */
  readonly before: number | null;
  readonly after: number | null;
  readonly policy: { readonly before: string | null; readonly after: string | null } | null;
}

export interface RuleDiff {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly change: 'added' | 'removed';
  /** As iptables-save prints it, without counters. */
  readonly rule: string;
  /** 1-based, in the dump that has it; null for what kube-proxy would write. */
  readonly line: number | null;
}

export interface DumpDiff {
  readonly services: readonly ServiceDiff[];
  readonly chains: readonly ChainDiff[];
  readonly rules: readonly RuleDiff[];
  /** What only one of the dumps shows, or shows in part, in sentences; not there where everything was compared. */
  readonly notCompared?: readonly string[];
}
