import type { Dump } from '../../ruleset/ruleset.ts';
import type { Severity } from './finding.ts';

/** What the two back ends of iptables make of something: whether each takes it. */
export interface BackEndVerdict {
  readonly legacy: boolean;
  readonly nft: boolean;
}

/**
 * How grave it is that a back end refuses something: an error where both do, or the one that wrote the dump; nothing where that one takes it; a
 * warning where the dump does not say which one it is for.
 */
export function severityFor(dump: Dump, takes: BackEndVerdict): Severity | undefined {
  if (takes.legacy && takes.nft) return undefined;
  if (!takes.legacy && !takes.nft) return 'error';
  const backend = dump.generator?.backend;
  if (backend === undefined) return 'warning';
  return takes[backend] ? undefined : 'error';
}
